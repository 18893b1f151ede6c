"""The cause, found on a real cluster: every fault is provoked by real containers, and none is seen where none is.

All services are deployed at once; each is waited for until its own fault is told.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.kube.pki import Pki

from . import healthy
from .beside import beside, open_walls, pulls, unplaced, walls
from .conftest import namespaces
from .harness import bad_registry, build, images
from .harness.cluster import Cluster
from .harness.denier import denying
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .program import Goweb
from .sickness import Json, Sick, around, more_pods, pods, refused
from .telling import check, create, record_namespaces, record_one, triage, until_told

pytestmark = pytest.mark.timeout(420)


def everything(image: str, registry: str, strict: str, mute: str) -> list[Sick]:
    """`strict` is a registry that knows nobody, `mute` one that does not answer."""
    of_pods = [*pods(image, registry), *more_pods(image), *pulls(strict, mute)]
    return [*of_pods, *around(image, registry), *walls(image), *beside(image), *unplaced(image)]


NAMES = [one.name for one in everything("image", "registry", "strict", "mute")]


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@pytest.fixture(scope="module")
def image(cluster: Cluster) -> str:
    return images.publish_program(cluster.layout, build.sick(print))


@pytest.fixture(scope="module")
def sick(cluster: Cluster, image: str) -> Iterator[tuple[str, dict[str, Sick], float]]:
    """A namespace with every ill service and every one that only looks so, and when they were made."""
    netns = cluster.layout.name
    with (
        namespaces(cluster, "why") as make,
        bad_registry.started_in(netns, "401") as strict,
        bad_registry.started_in(netns, "mute") as mute,
    ):
        namespace = make()
        found = everything(image, cluster.layout.registry, strict.host, mute.host)
        objects = [one for case in found for one in case.objects] + healthy.healthy(image) + open_walls(image)
        create(cluster, namespace, objects)
        cluster.kubectl("-n", namespace, "delete", "pod", "held", "--wait=false")
        with ThreadPoolExecutor(1) as hand:
            played = hand.submit(healthy.play, cluster.kubectl, namespace, image)
            yield namespace, {one.name: one for one in found}, time.monotonic()
            played.result()
        freed = [{"op": "remove", "path": "/metadata/finalizers"}]
        cluster.kubectl("-n", namespace, "patch", "pod", "held", "--type=json", "-p", json.dumps(freed))


@pytest.fixture(scope="module")
def told(goweb: Goweb, sick: tuple[str, dict[str, Sick], float]) -> dict[str, tuple[Any, float]]:
    """The problem of each ill object by its name, as triage tells it when all are told or the time is up, and after how
    many seconds each was.
    """
    namespace, cases, began = sick
    return until_told(goweb, namespace, cases, began, "why")


@pytest.mark.parametrize("name", NAMES)
def test_the_root_is_the_fault_that_was_made(
    name: str, sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    check(sick[1][name], told)


def test_triage_names_every_root_and_nothing_else(
    sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    assert set(told) == set(sick[1])


def test_what_follows_from_a_fault_hangs_below_it(told: dict[str, tuple[Any, float]]) -> None:
    below = {f"{one['code']} {one['object']['name']}" for one in told["database"][0]["below"]}
    assert {"GW-POD-CRASHLOOP needs-database", "GW-SERVICE-NO-ENDPOINTS database"} <= below
    assert [one["code"] for one in told["lost-class"][0]["below"]] == ["GW-POD-UNSCHEDULABLE"]
    assert "GW-HPA-BLIND blind" in {
        f"{one['code']} {one['object']['name']}" for one in told["metrics.k8s.io"][0]["below"]
    }


def test_services_that_only_look_ill_are_told_as_well(
    goweb: Goweb, sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    document = goweb.document("-n", sick[0])
    suspicious = [one for one in document["workloads"] if one["ref"]["name"].startswith("near-")]
    assert {one["ref"]["name"]: one["findings"] for one in suspicious} == {one["ref"]["name"]: [] for one in suspicious}
    assert len(suspicious) >= 16


def test_a_change_that_no_pod_has_read_yet_is_told_of_the_workload_that_is_asked_about(
    cluster: Cluster, goweb: Goweb, sick: tuple[str, dict[str, Sick], float], told: dict[str, tuple[Any, float]]
) -> None:
    def why() -> list[Any]:
        ran = goweb("why", "deploy/near-late", "-n", sick[0], "-o", "json", "--deep")
        assert ran.code == 0
        return [(one["code"], one["reason"], one["confidence"]) for one in json.loads(ran.out)["findings"]]

    def write(change: str) -> None:
        """By who made it, so that this one's time is that of the values, too."""
        owner = "--field-manager=kubectl-create"
        cluster.kubectl("-n", sick[0], "patch", "configmap", "near-late", "-p", change, owner)

    assert why() == []
    write('{"metadata": {"labels": {"team": "a"}}}')
    assert why() == [], "no value has changed"
    write('{"data": {"LEVEL": "debug"}}')
    began = time.monotonic()
    assert why() == [("GW-CONFIG-STALE", "changed-since-start", "certain")]
    record_one(goweb, sick[0], "near-late", "stale", {"near-late": time.monotonic() - began})


@pytest.fixture(scope="module")
def refusals(
    cluster: Cluster, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[str, Sick]]]:
    """Each refused workload with the namespace that refuses it."""
    address = cluster.layout.host_ip
    pki = Pki(tmp_path_factory.mktemp("denier"))
    pair = pki.signed("denier", names=f"IP:{address}")
    with namespaces(cluster, "why-not") as make, denying(address, pair.certificate, pair.key) as url:
        made, laws_made = {}, []
        try:
            for case, laws, labels in refused(image, url, pki.authority("ca").certificate_data):
                namespace = make()
                for key, value in labels.items():
                    cluster.kubectl("label", "namespace", namespace, f"{key}={value}")
                for law in laws:
                    if "metadata" in law:
                        create(cluster, namespace, [law])
                    else:
                        cluster.kubectl.create(narrowed(law, namespace))
                        laws_made.append((law["kind"].lower(), namespace))
                if any("metadata" in law and law["metadata"]["name"] == namespace for law in laws):
                    until(partial(refuses, cluster.kubectl, namespace), what=f"{case.name}'s law in force")
                create(cluster, namespace, case.objects)
                made[case.name] = namespace, case
            yield made
        finally:
            for kind, name in laws_made:
                cluster.kubectl("delete", kind, name)


def refuses(kubectl: Kubectl, namespace: str) -> bool:
    """Whether the API server knows of the law already: it learns of new ones a moment later."""
    return kubectl.run("-n", namespace, "run", "try", "--image=try", "--dry-run=server").returncode != 0


def narrowed(law: Json, namespace: str) -> Json:
    """A law of the whole cluster's that holds for one namespace alone, and is named after it."""
    only = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    law["metadata"] = {"name": namespace}
    for webhook in law.get("webhooks", ()):
        webhook["namespaceSelector"] = only
    if "validationActions" in law.get("spec", {}):
        law["spec"] |= {"policyName": namespace, "matchResources": {"namespaceSelector": only}}
    return law


@pytest.fixture(scope="module")
def told_refusals(goweb: Goweb, refusals: dict[str, tuple[str, Sick]]) -> dict[str, tuple[Any, float]]:
    """The problem of each refused workload by its name, and after how many seconds all were made it was told."""
    began, found = time.monotonic(), dict[str, tuple[Any, float]]()

    def root(name: str) -> Any:
        namespace, case = refusals[name]
        problem = triage(goweb, namespace).get(name)
        return problem if problem and problem["finding"]["code"] == case.code else None

    for name in refusals:
        problem = until(partial(root, name), what=f"a refusal of {name}", timeout=60)
        found[name] = problem, time.monotonic() - began
    after = {name: seconds for name, (_, seconds) in found.items()}
    record_namespaces(goweb, [namespace for namespace, _ in refusals.values()], "refusals", after)
    return found


@pytest.mark.parametrize("name", [case.name for case, _, _ in refused("image")])
def test_a_refusal_is_told_with_what_refuses(
    name: str, refusals: dict[str, tuple[str, Sick]], told_refusals: dict[str, tuple[Any, float]]
) -> None:
    check(refusals[name][1], told_refusals)
