"""What placing says of a Pod is what the real scheduler does with it, or says in FailedScheduling."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.objects import Kind, decode_page
from kubectl_goweb.objects.rare import FULL, decode_full_pod
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.placement import Cluster, Placement, cluster_of, demand_of, placement

from .harness.cluster import Cluster as RealCluster
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .nodes_of_ours import Json, node, pod

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def _cpu(amount: str) -> Json:
    return {"container": {"resources": {"requests": {"cpu": amount}}}}


def _spread(**more: Any) -> Json:
    rule = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", **more}
    return {"topologySpreadConstraints": [{**rule, "labelSelector": {"matchLabels": {"app": "spread"}}}]}


def _apart(app: str) -> Json:
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def _near(app: str) -> Json:
    term = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def _label(key: str, operator: str, *values: str) -> Json:
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    }


def _claim(name: str) -> Json:
    return {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]}


def _on(name: str) -> Json:
    return {"nodeSelector": {HOST: name}}


def probes(group: str) -> dict[str, Json]:
    """Pods by name, in the order in which they are made. Those that fit stay, and the later ones meet them."""
    port = {"container": {"ports": [{"containerPort": 80, "hostPort": 8080}]}}
    return {
        "resident": {**_cpu("3"), **_on(f"{group}-1")},
        "lonely": {"labels": {"app": "lonely"}, **_apart("guest"), **_on(f"{group}-2")},
        "holds-port": {**port, **_on(f"{group}-1")},
        "fits": _cpu("2"),
        "too-much-cpu": _cpu("5"),
        "too-much-of-two": {"container": {"resources": {"requests": {"cpu": "5", "memory": "9Gi"}}}},
        "limit-only": {"container": {"resources": {"limits": {"cpu": "5"}}}},
        "big-init": {
            **_cpu("1"),
            "initContainers": [{"name": "init", "image": "web", "resources": {"requests": {"cpu": "4500m"}}}],
        },
        "no-gpu": {"container": {"resources": {"limits": {"example.com/gpu": "2"}}}},
        "one-gpu": {"container": {"resources": {"limits": {"example.com/gpu": "1"}}}},
        "too-much-disk": {"container": {"resources": {"requests": {"ephemeral-storage": "11Gi"}}}},
        "no-such-label": {"nodeSelector": {"disk": "nvme"}},
        "more-cores": _label("cores", "Gt", "8"),
        "most-cores": _label("cores", "Gt", "32"),
        "not-in": _label("disk", "NotIn", "ssd", "hdd"),
        "port-taken": {**port, **_on(f"{group}-1")},
        "port-free": port,
        "tolerates": {"tolerations": [{"key": "dedicated", "operator": "Exists"}], **_on(f"{group}-3")},
        "tolerates-not": _on(f"{group}-3"),
        "cordoned": _on(f"{group}-4"),
        "no-room": {**_on(f"{group}-5")},
        "room-is-full": {**_on(f"{group}-5")},
        "guest": {"labels": {"app": "guest"}, **_on(f"{group}-2")},
        "keeps-off": {"labels": {"app": "keeps-off"}, **_apart("lonely"), **_on(f"{group}-2")},
        "joins": {"labels": {"app": "joins"}, **_near("lonely")},
        "joins-nobody": {"labels": {"app": "joins-nobody"}, **_near("nobody")},
        "first-of-all": {"labels": {"app": "first"}, **_near("first")},
        "spread-0": {"labels": {"app": "spread"}, **_spread(), **_on(f"{group}-1")},
        "spread-1": {"labels": {"app": "spread"}, **_spread(), **_on(f"{group}-1")},
        "spread-2": {"labels": {"app": "spread"}, **_spread()},
        "spread-tainted": {"labels": {"app": "spread"}, **_spread(nodeTaintsPolicy="Honor", minDomains=4)},
        "bound": _claim("bound"),
        "bound-elsewhere": {**_claim("bound"), **_on(f"{group}-1")},
        "no-claim": _claim("absent"),
        "waits-for-volume": _claim("unbound"),
    }


@pytest.fixture
def connection(cluster: RealCluster) -> Iterator[Connection]:
    access = resolve(Overrides(kubeconfig=str(cluster.kubectl.kubeconfig)), {"NO_PROXY": "*"}, Path("/nonexistent"))
    with Connection(access) as opened:
        yield opened


@pytest.fixture
def group(kubectl: Kubectl, namespace: str) -> Iterator[str]:
    """Five nodes: two plain ones in two zones, one tainted, one cordoned, one with room for a single Pod."""
    group = f"p{namespace[-6:]}"
    names = [f"{group}-{number}" for number in range(1, 6)]
    kubectl.create(
        node(names[0], group, zone=f"{group}a", labels={"disk": "ssd"}),
        node(names[1], group, zone=f"{group}b", labels={"cores": "16"}, resources={"example.com/gpu": "1"}),
        node(names[2], group, zone=f"{group}c", taints=[{"key": "dedicated", "value": "x", "effect": "NoSchedule"}]),
        node(names[3], group, zone=f"{group}a"),
        node(names[4], group, zone=f"{group}b", pods="1", cpu="2"),
    )
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": group},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"namespace": namespace, "name": "bound"},
            "hostPath": {"path": "/var/empty"},
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": HOST, "operator": "In", "values": [names[1]]}]}]
                }
            },
        },
    }
    try:
        kubectl("wait", "--for=condition=Ready", "--timeout=60s", *(f"node/{name}" for name in names))
        kubectl("cordon", names[3])
        kubectl.create(volume, _claim_object(namespace, "bound", volumeName=group), _claim_object(namespace, "unbound"))
        kubectl("-n", namespace, "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/bound", "--timeout=30s")
        yield group
    finally:
        kubectl("-n", namespace, "delete", "pods", "--all", "--wait=false", "--grace-period=0", "--force")
        kubectl("delete", "nodes", "--wait=false", *names)
        kubectl("delete", "pv", "--ignore-not-found", "--wait=false", group)


def _claim_object(namespace: str, name: str, **spec: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "storageClassName": "",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            **spec,
        },
    }


def _listed(connection: Connection, kind: Kind) -> list[Any]:
    return [
        one for page in connection.pages(kind.resource.path()) for one in decode_page(kind, page, FULL.get(kind)).items
    ]


def _around(connection: Connection, newcomer: FullPod) -> Cluster:
    """Everything as it is without the newcomer."""
    return cluster_of(
        _listed(connection, Kind.NODE),
        [one for one in _listed(connection, Kind.POD) if one.metadata.uid != newcomer.metadata.uid],
        namespaces={one.name: one.metadata.labels for one in _listed(connection, Kind.NAMESPACE)},
        claims={one.key: one for one in _listed(connection, Kind.PERSISTENT_VOLUME_CLAIM)},
        volumes={one.key: one for one in _listed(connection, Kind.PERSISTENT_VOLUME)},
        storage_classes={one.key: one for one in _listed(connection, Kind.STORAGE_CLASS)},
    )


def _decided(connection: Connection, path: str) -> tuple[FullPod, str] | None:
    """The Pod once the scheduler has said something: where it goes, or why nowhere."""
    one = decode_full_pod(connection.get(path))
    if one.spec.node_name:
        return one, ""
    for said in one.status.conditions:
        if said.type == "PodScheduled" and said.status == "False":
            return one, said.message
    return None


def _agreed(connection: Connection, wanted: Json) -> Placement:
    """What is said of a fresh Pod, once the scheduler has decided the same of it.

    Nodes of other tests come and go; the scheduler thinks again when they do, and so do we.
    """
    path = f"/api/v1/namespaces/{wanted['metadata']['namespace']}/pods"
    name = wanted["metadata"]["name"]
    connection.send("POST", path, json.dumps(wanted).encode())
    disagreements: list[str] = []

    def agreed() -> Placement | None:
        decided = _decided(connection, f"{path}/{name}")
        if decided is None:
            return None
        found, said = decided
        told = placement(demand_of(found), _around(connection, found))
        if found.spec.node_name:
            assert found.spec.node_name in told.fitting, f"{name} is on {found.spec.node_name}, told was {told.fitting}"
            return told
        if said.startswith(told.summary):
            return told
        disagreements.append(f"{name}: {told.summary} / {said}")
        return None

    try:
        return until(agreed, what="the same answer", timeout=20, every=0.02)
    except TimeoutError:
        pytest.fail(disagreements[-1] if disagreements else f"no decision about {name}")


def test_placing_agrees_with_the_scheduler(connection: Connection, namespace: str, group: str) -> None:
    reasons: set[str] = set()
    placed = 0
    for name, wanted in probes(group).items():
        told = _agreed(connection, pod(namespace, name, group, **wanted))
        assert told.unchecked == (), name
        placed += bool(told.fitting)
        if not told.fitting:
            reasons.update(reason for one in told.fits for reason in one.counted)
    assert placed >= 10
    assert len(reasons) >= 10, f"these probes see too few reasons: {reasons}"
