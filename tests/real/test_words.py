"""What is seldom seen, found on a real cluster: see words.py and rarer.py for what is made and played."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.kube.pki import Pki

from .conftest import namespaces
from .harness import bad_registry, build, images, postgres
from .harness.cluster import Cluster
from .program import Goweb
from .quarrels import Played, play
from .rarer import out_of_memory, rarer
from .telling import CLUSTER_WIDE, check, create, until_told
from .words import words

pytestmark = pytest.mark.timeout(420)
NAMES = [one.name for one in [*words("", ""), *rarer(*("",) * 6), out_of_memory("", Path(), "")]]


@pytest.fixture(scope="module")
def cases(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Played]]:
    """While the registries serve."""
    layout = cluster.layout
    image = images.publish_program(layout, build.sick(print))
    pair = Pki(tmp_path_factory.mktemp("registry")).signed("registry", names=f"IP:{layout.node_ip}")
    with (
        bad_registry.started_in(layout.name, "401", layout.node_ip, pair.certificate, pair.key) as untrusted,
        bad_registry.started_in(layout.name, "429") as throttled,
    ):
        own = f"words-{uuid.uuid4().hex[:6]}"
        bare, unloadable = images.publish_bare(layout), images.publish_unloadable(layout)
        made = [*words(image, postgres.publish_postgres(layout, print)),
                *rarer(image, own, untrusted.host, throttled.host, bare, unloadable),
                out_of_memory(image, tmp_path_factory.mktemp("host"), layout.name)]  # fmt: skip
        yield {one.name: one for one in made}


@pytest.fixture(scope="module")
def told(cluster: Cluster, cases: dict[str, Played]) -> Iterator[dict[str, tuple[Any, float]]]:
    """What triage tells when everything is made and played."""
    kubectl = cluster.kubectl
    objects = [one for case in cases.values() for one in case.objects]
    common = [f"{one['kind'].lower()}/{one['metadata']['name']}" for one in objects if one["kind"] in CLUSTER_WIDE]
    with namespaces(cluster, "words") as make:
        namespace = make()
        try:
            create(cluster, namespace, objects)
            began = time.monotonic()
            with ThreadPoolExecutor(1) as hand:
                played = hand.submit(play, cases, kubectl, namespace)
                yield until_told(Goweb(kubectl.kubeconfig), namespace, cases, began, "words")
                played.result()
        finally:
            kubectl("delete", "--wait=false", "--ignore-not-found", *common)


@pytest.mark.parametrize("name", NAMES)
def test_the_root_is_what_was_provoked(name: str, told: dict[str, tuple[Any, float]], cases: dict[str, Played]) -> None:
    check(cases[name], told)


def test_nothing_else_is_told(told: dict[str, tuple[Any, float]]) -> None:
    assert set(told) == set(NAMES)


def test_what_follows_from_a_fault_hangs_below_it(told: dict[str, tuple[Any, float]]) -> None:
    def below(name: str) -> set[tuple[str, str]]:
        return {(one["reason"] or one["code"], one["object"]["name"]) for one in told[name][0]["below"]}

    assert below("ledger") == {("alias-port", "asks-ledger")}
    assert below("broken") == {("GW-ROLLOUT-DEADLINE", "broken")}
    assert ("claim-deleting", "comes-late") in below("given-up")
    assert below("no-way-in") == {("dependency-timeout", "kept-out")}
