"""What is done to services by several hands, found on a real cluster; see quarrels.py for what is made and played."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.kube.pki import Pki

from .conftest import namespaces
from .halves import halves
from .harness import build, images
from .harness.cluster import Cluster
from .harness.images import web_image
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .program import Goweb
from .quarrels import Played, kept_laws, play, quarrels, tls_secret
from .sickness import Json, Sick, deployment
from .telling import check, create, record_namespaces, triage, until_told

pytestmark = pytest.mark.timeout(420)
DATES = ("expired", "misnamed", "expiring", "early", "near-sound")
NAMES = [one.name for one in [*quarrels("image", "other", "foreign", {name: {} for name in DATES}), *halves("image")]]


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """One that has expired, one for another name, one that is soon over, one that is not valid yet."""
    pki = Pki(tmp_path_factory.mktemp("pki"))
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 3 * 86_400))
    later = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 40 * 86_400))
    pairs = {
        "expired": pki.signed("expired", names="DNS:expired.example", end="20250101000000Z"),
        "misnamed": pki.signed("misnamed", names="DNS:elsewhere.example"),
        "expiring": pki.signed("expiring", names="DNS:*.example", end=soon),
        "near-sound": pki.signed("near-sound", names="DNS:*.example"),
        "early": pki.signed("early", names="DNS:*.example", start=soon, end=later),
    }
    return {
        name: tls_secret(name, Path(pair.certificate).read_bytes(), Path(pair.key).read_bytes())
        for name, pair in pairs.items()
    }


@pytest.fixture(scope="module")
def cases(cluster: Cluster, certificates: dict[str, Json]) -> dict[str, Played]:
    layout = cluster.layout
    image = images.publish_program(layout, build.sick(print))
    foreign = images.publish_program(layout, build.foreign(print))
    images.publish_index(layout, foreign, build.FOREIGN.architecture)
    made = [*quarrels(image, web_image(layout, "1"), foreign, certificates), *halves(image)]
    return {one.name: one for one in made}


@pytest.fixture(scope="module")
def told(cluster: Cluster, goweb: Goweb, cases: dict[str, Played]) -> Iterator[dict[str, tuple[Any, float]]]:
    """What triage tells when everything is made and played."""
    with namespaces(cluster, "quarrels") as make:
        namespace = make()
        create(cluster, namespace, [one for case in cases.values() for one in case.objects])
        began = time.monotonic()
        try:
            with ThreadPoolExecutor(1) as hand:
                played = hand.submit(play, cases, cluster.kubectl, namespace)
                told = until_told(goweb, namespace, cases, began, "quarrels")
                played.result()
            yield told
        finally:
            free(cluster.kubectl, namespace)


def free(kubectl: Kubectl, namespace: str) -> None:
    """Let go of the Pods that finalizers hold, and see that no more are made."""
    kubectl("-n", namespace, "delete", "deployments", "--all", "--cascade=orphan")
    kubectl("-n", namespace, "delete", "replicasets", "--all", "--cascade=orphan")
    for one in kubectl.json("-n", namespace, "get", "pods")["items"]:
        if one["metadata"].get("finalizers"):
            change = '[{"op": "remove", "path": "/metadata/finalizers"}]'
            kubectl("-n", namespace, "patch", "pod", one["metadata"]["name"], "--type=json", "-p", change)


@pytest.fixture(scope="module")
def leaving(cluster: Cluster) -> Iterator[tuple[str, str, str, float]]:
    """Three namespaces that were deleted, and when: one with a ConfigMap that a finalizer holds, one with a ConfigMap
    that nobody may delete, one whose Pod takes its time.
    """
    kubectl, image = cluster.kubectl, images.publish_program(cluster.layout, build.sick(print))
    with namespaces(cluster, "leaving") as make:
        stuck, kept, slow = make(), make(), make()
        held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held"}}
        create(cluster, kept, [held])
        laws = kept_laws(kept)
        kubectl.create(*laws)
        tried = ("-n", kept, "delete", "configmap", "held", "--dry-run=server")
        until(lambda: kubectl.run(*tried).returncode != 0, what="the law in force")
        held["metadata"] = {"name": "held", "finalizers": ["goweb.test/held"]}
        create(cluster, stuck, [held])
        create(cluster, slow, [deployment("slow", image, "deaf", pod={"terminationGracePeriodSeconds": 400})])
        kubectl("-n", slow, "rollout", "status", "deployment/slow", "--timeout=120s")
        kubectl("delete", "namespace", stuck, kept, slow, "--wait=false")
        yield stuck, kept, slow, time.monotonic()
        freed = '[{"op": "remove", "path": "/metadata/finalizers"}]'
        kubectl("-n", stuck, "patch", "configmap", "held", "--type=json", "-p", freed)
        kubectl("-n", slow, "delete", "pods", "--all", "--force", "--grace-period=0")
        kubectl("delete", *(f"{law['kind'].lower()}/{kept}" for law in laws))


def test_a_namespace_that_does_not_go_is_told_and_one_that_takes_its_time_is_not(
    leaving: tuple[str, str, str, float], told: dict[str, tuple[Any, float]], goweb: Goweb
) -> None:
    """The others have taken the minute that a namespace is given."""
    stuck, kept, slow, began = leaving
    after: dict[str, float] = {}
    for case in (
        Sick(stuck, "GW-NAMESPACE-STUCK", "finalizer", "goweb.test/held"),
        Sick(kept, "GW-NAMESPACE-STUCK", "content", "it is to be kept"),
    ):
        found = until(partial(triage, goweb, case.name), what="a stuck namespace", timeout=120, every=1)
        check(case, {name: (problem, 0.0) for name, problem in found.items()})
        assert set(found) == {case.name}
        after[case.name] = time.monotonic() - began
    assert triage(goweb, slow) == {}
    record_namespaces(goweb, (stuck, kept, slow), "leaving", after)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_done_is_the_root(name: str, told: dict[str, tuple[Any, float]], cases: dict[str, Played]) -> None:
    check(cases[name], told)


def test_nothing_else_is_told(told: dict[str, tuple[Any, float]]) -> None:
    assert set(told) == set(NAMES)
