"""The cause, found on a real cluster: every fault is provoked by real containers, and none is seen where none is.

All services are deployed at once; each is waited for until its own fault is told.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import namespaces
from .harness import build, images
from .harness.cluster import Cluster
from .program import Goweb
from .sickness import Sick, healthy, pods

PATIENCE = 120.0
"""Seconds in which every fault must have been told; a crash loop needs some to be one."""
NAMES = [one.name for one in pods("image", "registry")]


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> str:
    return images.publish_program(cluster.layout, build.sick(print))


@pytest.fixture(scope="module")
def sick(cluster: Cluster, image: str) -> Iterator[tuple[str, dict[str, Sick], float]]:
    """A namespace with every ill service and every one that only looks so, and when they were made."""
    with namespaces(cluster, "why") as make:
        namespace = make()
        found = pods(image, cluster.layout.registry)
        objects = [one for case in found for one in case.objects] + healthy(image)
        for one in objects:
            one["metadata"]["namespace"] = namespace
        cluster.kubectl.create(*objects)
        yield namespace, {one.name: one for one in found}, time.monotonic()


@pytest.fixture(scope="module")
def told(goweb: Goweb, sick: tuple[str, dict[str, Sick], float]) -> dict[str, tuple[Any, float]]:
    """What is said of each ill service when its fault is first told, or last of all, and after how many seconds."""
    namespace, cases, began = sick
    seen: dict[str, tuple[Any, float]] = {}
    missing = set(cases)
    while missing and time.monotonic() < began + PATIENCE:
        for name in sorted(missing):
            (workload,) = goweb.document(name, "-n", namespace)["workloads"]
            seen[name] = workload, time.monotonic() - began
            roots = [one for one in workload["findings"] if not one["explainedBy"]]
            case = cases[name]
            if roots and (roots[0]["code"], roots[0]["reason"]) == (case.code, case.reason):
                missing.discard(name)
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_the_root_is_the_fault_that_was_made(
    name: str, sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    case, (workload, _) = sick[1][name], told[name]
    roots = [one for one in workload["findings"] if not one["explainedBy"]]
    assert [(one["code"], one["reason"]) for one in roots] == [(case.code, case.reason)], workload["findings"]
    root = roots[0]
    assert case.says in json.dumps([root["title"], root["cause"]]), root
    assert root["evidence"]
    assert root["next"].startswith("kubectl ")


def test_services_that_only_look_ill_are_told_as_well(
    goweb: Goweb, sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    document = goweb.document("-n", sick[0])
    suspicious = [one for one in document["workloads"] if one["ref"]["name"].startswith("near-")]
    assert {one["ref"]["name"]: one["findings"] for one in suspicious} == {one["ref"]["name"]: [] for one in suspicious}
    assert len(suspicious) >= 6
