"""What nodes do to Pods, on the real controllers: a node that falls silent, one under pressure, one whose clock is
wrong, a volume that is attached elsewhere.

The nodes are fake, with nobody on them but their Pods: the test writes what a kubelet or a CSI attacher would.
Everything that is concluded from that is real: the node controller's marks and
taints, the attach-detach controller's refusal, the scheduler's words.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import namespaces
from .harness import kwok
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .node_faults import (
    COUNTING,
    EVICTIONS,
    PREEMPTED,
    SHUTDOWN,
    UNKILLED,
    cling,
    counted,
    fail,
    overfill,
    press,
    run,
    stamp,
)
from .nodes_of_ours import deployment, node, pod
from .program import Goweb
from .sickness import Json, Sick
from .telling import check, create, until_told

pytestmark = pytest.mark.timeout(420)
DRIVER = "csi.goweb.test"
EVERY = 8.0
"""Seconds after which the test renews the leases of those nodes that have no kubelet at all."""
AHEAD = timedelta(seconds=90)
"""By how much the clocks of two nodes are wrong."""


WORDS = ("lost", "press", "clock", "late", "here", "there", "numb", "full")


def names(suffix: str) -> dict[str, str]:
    return {word: f"why-{word}-{suffix}" for word in WORDS}


def ready_node(name: str) -> Json:
    """A node that no kubelet and no kwok keeps: it is what the test writes."""
    one = node(name, name)
    del one["metadata"]["annotations"][kwok.ANNOTATION]
    one["metadata"]["annotations"]["volumes.kubernetes.io/controller-managed-attach-detach"] = "true"
    now = stamp(datetime.now(UTC))
    one["status"]["conditions"] = [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                                    "lastHeartbeatTime": now, "lastTransitionTime": now}]  # fmt: skip
    return one


def lease(name: str, at: datetime) -> Json:
    spec = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": spec}  # fmt: skip


def renew(kubectl: Kubectl, fakes: dict[str, str]) -> None:
    """What kubelets do every ten seconds, each by its own clock; that of the lost node did it once."""
    now = datetime.now(UTC)
    right = (lease(fakes[word], now) for word in ("press", "here", "there", "numb", "full"))
    kubectl.apply(lease(fakes["clock"], now + AHEAD), lease(fakes["late"], now - AHEAD), *right)


def storage(suffix: str, namespace: str) -> list[Json]:
    """A disk that one node may have at a time, and its claim, already bound."""
    claim = {"name": "disk", "namespace": namespace}
    common = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    fakes = names(suffix)
    return [
        {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": DRIVER},
         "spec": {"attachRequired": True}},
        *({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": fakes[word]},
           "spec": {"drivers": [{"name": DRIVER, "nodeID": word, "topologyKeys": []}]}} for word in ("here", "there")),
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"why-{suffix}"},
         "spec": {**common, "capacity": {"storage": "1Gi"}, "claimRef": claim,
                  "csi": {"driver": DRIVER, "volumeHandle": suffix}}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": claim,
         "spec": {**common, "volumeName": f"why-{suffix}", "resources": {"requests": {"storage": "1Gi"}}}},
    ]  # fmt: skip


def misplaced(suffix: str, namespace: str) -> list[Json]:
    """A Pod of one node that wants what is on the disk of another."""
    fakes = names(suffix)
    common = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    there = {"key": "kubernetes.io/hostname", "operator": "In", "values": [fakes["there"]]}
    where = {"required": {"nodeSelectorTerms": [{"matchExpressions": [there]}]}}
    size = {"storage": "1Gi"}
    data = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    return [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"why-{suffix}-local"},
         "spec": {**common, "capacity": size, "local": {"path": "/data"}, "nodeAffinity": where,
                  "claimRef": {"name": "data", "namespace": namespace}}},
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": namespace},
         "spec": {**common, "volumeName": f"why-{suffix}-local", "resources": {"requests": size}}},
        deployment(namespace, "misplaced", fakes["here"], 1, volumes=data),
    ]  # fmt: skip


def attach(kubectl: Kubectl, namespace: str, suffix: str) -> None:
    """The disk goes to the first node, as an attacher would report; the second Pod then comes too late."""
    disk = [{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]
    fakes = names(suffix)
    kubectl.create(pod(namespace, "first", fakes["here"], volumes=disk))
    query = f"jsonpath={{.items[?(@.spec.source.persistentVolumeName=='why-{suffix}')].metadata.name}}"
    attachment = until(lambda: kubectl("get", "volumeattachments", "-o", query), what="an attachment")
    kubectl("patch", "volumeattachment", attachment, "--subresource=status", "-p", '{"status": {"attached": true}}',
            "--type=merge")  # fmt: skip
    kubectl("wait", f"node/{fakes['here']}", "--for=jsonpath={.status.volumesAttached}", "--timeout=60s")
    kubectl.create(deployment(namespace, "second", fakes["there"], 1, volumes=disk))


def come_too_late(kubectl: Kubectl, namespace: str, node: str) -> None:
    """A Pod for a node that is lost already."""
    unknown = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}=Unknown'
    kubectl("wait", f"node/{node}", f"--for={unknown}", "--timeout=120s")
    kubectl.create(deployment(namespace, "latecomer", node, 1))


@pytest.fixture(scope="module")
def suffix() -> str:
    return uuid.uuid4().hex[:6]


@pytest.fixture(scope="module")
def cases(suffix: str) -> dict[str, Sick]:
    fakes = names(suffix)
    found = [
        Sick(fakes["lost"], "GW-NODE-NOT-READY", "", "stopped"),
        Sick(fakes["press"], "GW-NODE-PRESSURE", "", "MemoryPressure"),
        Sick(fakes["clock"], "GW-NODE-CLOCK", "ahead", "ahead of"),
        Sick(fakes["late"], "GW-NODE-CLOCK", "behind", "behind"),
        Sick("unkilled", "GW-POD-STUCK-TERMINATING", "kubelet", "error killing pod"),
        Sick("downed", "GW-POD-ENDED", "", "imminent node shutdown"),
        Sick("displaced", "GW-POD-EVICTED", "preempted", "critical pod"),
        Sick("overfull", "GW-POD-UNSCHEDULABLE", "too-many-volumes", "max volume count"),
        Sick("endless", "GW-POD-STUCK-TERMINATING", "unkillable", "long after SIGKILL"),
        Sick("shut-out", "GW-POD-UNSCHEDULABLE", "cordoned", "cordoned"),
        Sick("misplaced", "GW-POD-UNSCHEDULABLE", "volume-elsewhere", "PersistentVolume's node affinity"),
        Sick("second", "GW-POD-VOLUME", "multi-attach", "another node"),
    ]
    return {one.name: one for one in found}


@pytest.fixture(scope="module")
def told(cluster: Cluster, suffix: str, cases: dict[str, Sick]) -> Iterator[dict[str, tuple[Any, float]]]:
    """What triage tells of these nodes and what stands on them."""
    kubectl, fakes = cluster.kubectl, names(suffix)
    over = threading.Event()

    def keep() -> None:
        while not over.wait(EVERY):
            renew(kubectl, fakes)

    with namespaces(cluster, "why-nodes") as make:
        namespace = make()
        keeper = threading.Thread(target=keep, daemon=True)
        try:
            kubectl.create(*(ready_node(name) for name in fakes.values()))
            kubectl.apply(lease(fakes["lost"], datetime.now(UTC)))
            renew(kubectl, fakes)
            keeper.start()
            kubectl.create(*storage(suffix, namespace))
            began = time.monotonic()
            pressed = [deployment(namespace, app, fakes["press"], 1) for app in EVICTIONS]
            stranded = deployment(namespace, "stranded", fakes["lost"], 2)
            ended = [deployment(namespace, app, fakes["here"], 1) for app in ("downed", "displaced")]
            create(cluster, namespace, [stranded, *ended, *pressed])
            run(kubectl, namespace, "stranded", 2)
            kubectl.create(*misplaced(suffix, namespace), *counted(suffix, namespace, fakes["full"]))
            cling(kubectl, namespace, "unmourned", fakes["lost"])
            cling(kubectl, namespace, "endless", fakes["numb"])
            cling(kubectl, namespace, "unkilled", fakes["numb"], UNKILLED)
            kubectl("cordon", fakes["numb"])
            kubectl.create(deployment(namespace, "shut-out", fakes["numb"], 1))
            attach(kubectl, namespace, suffix)
            press(kubectl, namespace, fakes["press"])
            for app, reason, said in (("downed", "Terminated", SHUTDOWN), ("displaced", "Preempting", PREEMPTED)):
                (name,) = run(kubectl, namespace, app, 1)
                fail(kubectl, namespace, name, reason, said)
            overfill(kubectl, namespace, fakes["full"])
            with ThreadPoolExecutor(1) as hand:
                placed = hand.submit(come_too_late, kubectl, namespace, fakes["lost"])
                told = until_told(Goweb(kubectl.kubeconfig), namespace, cases, began, "nodes")
                placed.result()
            yield told
        finally:
            over.set()
            keeper.join()
            kubectl("-n", namespace, "delete", "pod", "--all", "--force", "--grace-period=0")
            kubectl("delete", "--wait=false", "--ignore-not-found", "node", *fakes.values())
            disks = (fakes[word] for word in ("here", "there", "full"))
            kubectl("delete", "--wait=false", "--ignore-not-found", "csinode", *disks)
            kubectl("delete", "--wait=false", "--ignore-not-found", "csidriver", DRIVER, COUNTING)
            volumes = (f"why-{suffix}{end}" for end in ("", "-local", "-filler", "-overfull"))
            kubectl("delete", "--wait=false", "--ignore-not-found", "pv", *volumes)


@pytest.mark.parametrize("what", ["lost", "press", "clock", "late"])
def test_a_node_is_the_root_of_what_it_does(
    what: str, suffix: str, told: dict[str, tuple[Any, float]], cases: dict[str, Sick]
) -> None:
    check(cases[names(suffix)[what]], told)


@pytest.mark.parametrize(
    "name", ["second", "endless", "unkilled", "downed", "displaced", "shut-out", "misplaced", "overfull"]
)
def test_what_is_bound_to_a_node_is_the_root(
    name: str, told: dict[str, tuple[Any, float]], cases: dict[str, Sick]
) -> None:
    check(cases[name], told)


def test_what_stands_on_a_node_hangs_below_it(suffix: str, told: dict[str, tuple[Any, float]]) -> None:
    below = {word: {f"{one['code']} {one['reason']} {one['object']['name']}"
                    for one in told[names(suffix)[word]][0]["below"]} for word in ("lost", "press")}  # fmt: skip
    evicted = {"memory crowded", "disk stuffed", "pids forked"}
    assert {f"GW-POD-EVICTED {one}" for one in evicted} <= below["press"]
    assert "GW-POD-UNSCHEDULABLE node-pressure crowded" in below["press"]
    assert any(one.endswith(" stranded") for one in below["lost"]), below
    assert "GW-POD-STUCK-TERMINATING node unmourned" in below["lost"]
    assert "GW-POD-UNSCHEDULABLE node-not-ready latecomer" in below["lost"]


def test_nothing_else_is_told(told: dict[str, tuple[Any, float]], cases: dict[str, Sick]) -> None:
    assert set(told) == set(cases)
