"""Ten different faults at once, in several namespaces of a whole cluster: ten roots, in every format the same."""

import json
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from .conftest import namespaces
from .harness import build, images
from .harness.cluster import Cluster
from .harness.waiting import until
from .program import PROGRAM, Goweb
from .sickness import Json, Sick, around, deployment, more_pods, pods, probe, refused, service
from .telling import create
from .terminal import terminal

pytestmark = pytest.mark.timeout(300)
SHOP = ("nil-pointer", "no-secret", "no-image", "memory")
FRONT = ("selects-nobody", "to-nowhere", "port-name", "wrong-port")
BATCH, POOR = ("too-big",), ("over-quota",)
"""The latter in a namespace with a quota."""


@pytest.fixture(scope="module")
def made(cluster: Cluster) -> Iterator[dict[tuple[str, str], Sick]]:
    """The ten faults by namespace and object, and healthy services beside them."""
    image = images.publish_program(cluster.layout, build.sick(print))
    registry = cluster.layout.registry
    known = {one.name: one for one in pods(image, registry) + more_pods(image) + around(image, registry)}
    steady = deployment("near-steady", image, "serve", ready=probe(), ports=[{"containerPort": 8080, "name": "http"}])
    over, laws, _ = refused(image)[0]
    known[over.name] = over
    with namespaces(cluster, "triage") as make:
        found: dict[tuple[str, str], Sick] = {}
        parts: list[tuple[tuple[str, ...], list[Json]]] = [
            (SHOP, []), (FRONT, [steady, service("near-steady", "near-steady")]), (BATCH, []), (POOR, laws)
        ]  # fmt: skip
        for names, beside in parts:
            namespace = make()
            objects = beside + [one for name in names for one in known[name].objects]
            for one in objects:
                if one["kind"] == "Ingress":  # else two namespaces of tests claim one route
                    one["spec"]["rules"][0]["host"] = f"{namespace}.example"
            create(cluster, namespace, objects)
            found |= {(namespace, name): known[name] for name in names}
        yield found


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


def everything(goweb: Goweb) -> Any:
    ran = goweb("triage", "-A", "--deep", "-o", "json")
    document = json.loads(ran.out)
    assert document["exitCode"] == ran.code
    return document


def ours(document: Any, made: dict[tuple[str, str], Sick]) -> list[Any]:
    """The problems of the test's own namespaces: others use the cluster, too."""
    mine = {namespace for namespace, _ in made}
    return [one for one in document["problems"] if one["finding"]["object"]["namespace"] in mine]


def test_ten_faults_in_a_cluster_are_ten_roots_and_nothing_else(
    goweb: Goweb, made: dict[tuple[str, str], Sick]
) -> None:
    expected = {where: (case.code, case.reason) for where, case in made.items()}
    assert len(expected) == 10

    def told() -> Any:
        found = ours(everything(goweb), made)
        roots = {}
        for one in found:
            root = one["finding"]
            roots[root["object"]["namespace"], root["object"]["name"]] = root["code"], root["reason"]
        return found if roots == expected and len(found) == 10 else None

    began = time.monotonic()
    found = until(told, what="ten roots", timeout=150, every=2)
    print(f"ten roots after {time.monotonic() - began:.0f} s")
    ranks = ["unavailable", "degrading", "risk"]
    impacts = [ranks.index(one["impact"]) for one in found]
    assert impacts == sorted(impacts)


def test_text_names_and_exit_code_agree_with_the_document(goweb: Goweb, made: dict[tuple[str, str], Sick]) -> None:
    def answers() -> tuple[list[str], list[str], list[str], list[int]]:
        """What each format tells of the test's own namespaces, as `CODE NAME`, and the exit codes."""
        document, ran = everything(goweb), goweb("triage", "-A", "--all", "--deep")
        names = goweb("triage", "-A", "-o", "name", "--deep")
        found = ours(document, made)
        told = [
            (head.split()[0], tail.split()[0].rstrip(","))
            for head, tail in pairwise(ran.out.splitlines())
            if tail.startswith("    GW-")
        ]
        mine = {namespace for namespace, _ in made}
        text = [f"{code} {head.rpartition('/')[2]}" for head, code in told if head.split("/")[0] in mine]
        # Names have no namespace, and others may have some that are the same.
        parts = [goweb("triage", "-n", namespace, "-o", "name", "--deep").out.splitlines() for namespace in mine]
        listed = sorted(line.partition("/")[2] for lines in parts for line in lines)
        roots = [f"{one['finding']['code']} {one['finding']['object']['name']}" for one in found]
        return roots, text, listed, [document["exitCode"], ran.code, names.code]

    def agreeing() -> bool:
        """They are asked one after the other, and the cluster may have moved meanwhile."""
        roots, text, listed, codes = answers()
        return roots == text and listed == sorted(one.split()[1] for one in roots) and codes == [1, 1, 1]

    try:
        until(agreeing, what="the same in every format", timeout=90, every=1)
    except TimeoutError:
        roots, text, listed, codes = answers()
        assert (roots, roots, codes) == (text, listed, [1, 1, 1])


def test_problems_of_the_cockpit_are_those_of_triage(goweb: Goweb, made: dict[tuple[str, str], Sick]) -> None:
    def row(one: Any) -> str:
        root = one["finding"]
        return f"{root['code']} {root['object']['namespace']} {root['object']['name']}"

    def shown(screen: str) -> list[str]:
        found = re.findall(r"(GW-[A-Z-]+) +(triage-\S+) +\w+/(\S+)", screen)
        return [" ".join(parts) for parts in found if parts[1] in mine]

    mine = {namespace for namespace, _ in made}
    with terminal([*PROGRAM, "-A"], goweb.environ, columns=200, lines=60) as screen:
        screen.shows("Workloads", "● live")
        screen.press("X")
        screen.shows("Evidence")
        screen.press("/")
        screen.press("triage-")
        screen.press("Enter")
        screen.shows(*(name for _, name in made), timeout=60)

        def agreeing() -> bool:
            """They are asked one after the other, and the cluster may have moved meanwhile."""
            return sorted(shown(screen.screen())) == sorted(row(one) for one in ours(everything(goweb), made))

        until(agreeing, what="the same in the cockpit", timeout=60, every=1)
        screen.press("q")
