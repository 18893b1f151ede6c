"""The three kinds of patch, as the API server reads them."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.demo.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patched
from kubectl_goweb.demo.resources import StatusError

BODY: dict[str, Any] = {
    "metadata": {"name": "web", "annotations": {"a": "1", "b/c": "2"}},
    "spec": {
        "replicas": 3,
        "containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "1"}]}, {"name": "side"}],
        "finalizers": ["x", "y"],
    },
}


@pytest.mark.parametrize(
    ("kind", "patch", "path", "expected"),
    [
        (MERGE_PATCH, {"spec": {"replicas": 5}}, "spec.replicas", 5),
        (MERGE_PATCH, {"metadata": {"annotations": {"a": None}}}, "metadata.annotations", {"b/c": "2"}),
        (MERGE_PATCH, {"spec": {"containers": [{"name": "new"}]}}, "spec.containers", [{"name": "new"}]),
        (STRATEGIC_PATCH, {"spec": {"paused": True}}, "spec.paused", True),
        (
            STRATEGIC_PATCH,
            {"spec": {"containers": [{"name": "web", "image": "web:2"}]}},
            "spec.containers.0.image",
            "web:2",
        ),
        (
            STRATEGIC_PATCH,
            {"spec": {"containers": [{"name": "web", "image": "web:2"}]}},
            "spec.containers.1",
            {"name": "side"},
        ),
        (
            STRATEGIC_PATCH,
            {
                "spec": {
                    "$setElementOrder/containers": [{"name": "web"}],
                    "containers": [{"name": "side", "$patch": "delete"}],
                }
            },
            "spec.containers",
            BODY["spec"]["containers"][:1],
        ),
        (
            STRATEGIC_PATCH,
            {"spec": {"containers": [{"name": "web", "env": [{"name": "B", "value": "2"}]}]}},
            "spec.containers.0.env",
            [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        ),
        (STRATEGIC_PATCH, {"spec": {"$patch": "replace", "replicas": 1}}, "spec", {"replicas": 1}),
        (STRATEGIC_PATCH, {"spec": {"$deleteFromPrimitiveList/finalizers": ["x"]}}, "spec.finalizers", ["y"]),
        (JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 9}], "spec.replicas", 9),
        (JSON_PATCH, [{"op": "remove", "path": "/metadata/annotations/b~1c"}], "metadata.annotations", {"a": "1"}),
        (JSON_PATCH, [{"op": "add", "path": "/spec/finalizers/-", "value": "z"}], "spec.finalizers", ["x", "y", "z"]),
        (JSON_PATCH, [{"op": "add", "path": "/spec/finalizers/0", "value": "w"}], "spec.finalizers", ["w", "x", "y"]),
        (JSON_PATCH, [{"op": "move", "from": "/spec/replicas", "path": "/spec/size"}], "spec.size", 3),
        (JSON_PATCH, [{"op": "copy", "from": "/metadata/name", "path": "/spec/name"}], "spec.name", "web"),
        (JSON_PATCH, [{"op": "test", "path": "/spec/replicas", "value": 3}], "spec.replicas", 3),
    ],
)
def test_a_patch_changes_what_it_says(kind: str, patch: Any, path: str, expected: Any) -> None:
    before = repr(BODY)
    found: Any = patched(BODY, kind, patch)
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]

    assert found == expected
    assert repr(BODY) == before


@pytest.mark.parametrize(
    ("kind", "patch", "code"),
    [
        (JSON_PATCH, [{"op": "test", "path": "/spec/replicas", "value": 4}], 422),
        (JSON_PATCH, [{"op": "replace", "path": "/spec/nope", "value": 4}], 422),
        (JSON_PATCH, [{"op": "add", "path": "/spec/finalizers/9", "value": "z"}], 422),
        (JSON_PATCH, {"op": "test"}, 400),
        (JSON_PATCH, [{"op": "bend", "path": "/spec"}], 400),
        (MERGE_PATCH, [1], 400),
        ("text/plain", {}, 415),
    ],
)
def test_a_patch_that_cannot_be_is_refused(kind: str, patch: Any, code: int) -> None:
    with pytest.raises(StatusError) as refused:
        patched(BODY, kind, patch)

    assert refused.value.code == code
