"""What the last writes of a ConfigMap changed, by the states that the API server can still list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from kubectl_goweb.errors import ExpiredError, ServerError
from kubectl_goweb.kube.rewritten import rewritten
from kubectl_goweb.objects import Kind

PATH = "/api/v1/namespaces/shop/configmaps"


def at(minute: int) -> datetime:
    return datetime(2026, 3, 1, 12, minute, tzinfo=UTC)


def version(number: int, minute: int, **data: str) -> dict[str, Any]:
    """The state that the write of this version, at that minute, made."""
    write = {"manager": "kubectl", "time": at(minute).isoformat(), "fieldsV1": {"f:data": {}}}
    meta = {"name": "web", "namespace": "shop", "resourceVersion": str(number), "managedFields": [write]}
    return {"metadata": meta, "data": data}


class Server:
    """It keeps the states from `kept` on, or takes every version for the present one."""

    def __init__(self, *versions: dict[str, Any], kept: int = 0, exact: bool = True) -> None:
        self._versions, self._kept, self._exact = versions, kept, exact

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        if path == f"{PATH}/web":
            return json.dumps(self._versions[-1]).encode()
        assert path == PATH
        assert query is not None
        assert (query["fieldSelector"], query["resourceVersionMatch"]) == ("metadata.name=web", "Exact")
        wanted = int(query["resourceVersion"])
        if wanted < self._kept:
            raise ExpiredError("gone")
        then = [one for one in self._versions if int(one["metadata"]["resourceVersion"]) <= wanted]
        items, told = (then[-1:], wanted) if self._exact else (self._versions[-1:], 999)
        return json.dumps({"metadata": {"resourceVersion": str(told)}, "items": items}).encode()


def test_a_write_that_changes_a_label_alone_changes_no_value() -> None:
    told = rewritten(Server(version(3, 1, LEVEL="info"), version(8, 5, LEVEL="info")), Kind.CONFIG_MAP, "shop", "web")
    assert (told.changed, told.until) == ({"LEVEL": at(1)}, at(5))


def test_the_newest_write_that_changed_a_key_counts() -> None:
    server = Server(
        version(3, 1, LEVEL="info", MODE="a"),
        version(5, 2, LEVEL="debug", MODE="a"),
        version(8, 5, LEVEL="debug", MODE="a"),
        version(9, 6, LEVEL="warn", MODE="a", NEW="x"),
    )
    told = rewritten(server, Kind.CONFIG_MAP, "shop", "web")
    assert told.changed == {"LEVEL": at(6), "NEW": at(6), "MODE": at(1)}


def test_what_is_not_kept_any_more_ends_what_is_known() -> None:
    versions = [version(3, 1, LEVEL="info"), version(5, 2, LEVEL="debug"), version(8, 5, LEVEL="debug")]
    told = rewritten(Server(*versions, kept=5), Kind.CONFIG_MAP, "shop", "web")
    assert (told.changed, told.since) == ({}, at(5))
    with pytest.raises(ServerError, match="not kept any more"):
        rewritten(Server(*versions, kept=8), Kind.CONFIG_MAP, "shop", "web")


def test_a_server_that_lists_the_present_state_alone_tells_nothing() -> None:
    with pytest.raises(ServerError, match="no state but the present one"):
        rewritten(Server(version(3, 1, LEVEL="info"), exact=False), Kind.CONFIG_MAP, "shop", "web")
