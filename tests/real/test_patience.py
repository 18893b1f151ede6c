"""What is told only after minutes, and what nobody may do to a cluster of others: an autoscaler at its limit, an API
that does not answer, a Job held open, a load balancer that nobody makes, a silent node that nobody marks, a volume that
nobody attaches, an Ingress without a class.

Takes six minutes, nearly all of it waiting. So it runs when RECORD_WHY names a folder, and what it saw is judged anew
by the fast tests ever after.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kube.pki import Pki

from .beside import ingress
from .harness import build, controlplane, images, processes
from .harness.cluster import Cluster
from .harness.layout import NODE
from .harness.metrics_server import measuring
from .harness.waiting import until
from .program import Goweb
from .sickness import Json, Sick, deployment, service
from .telling import check, create, until_told
from .test_why_nodes import EVERY, lease, ready_node

pytestmark = [
    pytest.mark.alone,
    pytest.mark.timeout(900),
    pytest.mark.skipif("RECORD_WHY" not in os.environ, reason="takes six minutes: runs when RECORD_WHY names a folder"),
]
MEASURED = ("capped", "unasked")
HERE, METRICS, DEAD, MUTE = "patience", "metrics", "dead.goweb.test", "why-mute"
CASES = {
    one.name: one
    for one in (
        Sick("capped", "GW-HPA-LIMIT", "at-maximum", "its 2 replicas"),
        Sick(DEAD, "GW-API-DOWN", "not-available", "does not answer"),
        Sick("held-open", "GW-JOB-HELD", "container-runs-on", "make proxy a sidecar"),
        Sick("lonely", "GW-SERVICE-BALANCER", "no-address", "nobody has given it one"),
        Sick("endless-init", "GW-POD-INIT", "init-running", "which does not end"),
        Sick("unasked", "GW-HPA-BLIND", "missing-request", "no request for the resource"),
        Sick("unattached", "GW-POD-VOLUME", "attach-timeout", "timed out waiting for"),
        Sick("classless", "GW-INGRESS-CLASS", "no-class", "no IngressClass is the default"),
        Sick(MUTE, "GW-NODE-NOT-READY", "silent", "kube-controller-manager"),
    )
}


def api(group: str, namespace: str, name: str) -> Json:
    spec = {"group": group, "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": True, "service": {"name": name, "namespace": namespace}}  # fmt: skip
    return {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": {"name": f"v1beta1.{group}"}, "spec": spec}  # fmt: skip


def ill(image: str) -> list[Json]:
    """A Job whose proxy goes on, a load balancer, an init container that says nothing."""
    work = [{"name": "work", "image": image, "args": ["exit-0"]}, {"name": "proxy", "image": image, "args": ["serve"]}]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "held-open"},
           "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": work}}}}  # fmt: skip
    lonely = service("lonely", "capped")
    lonely["spec"]["type"] = "LoadBalancer"
    waits = deployment("endless-init", image, "serve")
    waits["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "prepare", "image": image, "args": ["sleep", "3600s"]}
    ]
    return [job, lonely, waits]


def whole(image: str) -> list[Json]:
    """What nobody may make in a cluster of others: a class of Ingresses, a volume whose driver nobody runs."""
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "front"},
            "spec": {"controller": "goweb.test/front"}}  # fmt: skip
    classless = ingress("classless", "lonely")
    size, common = {"storage": "1Gi"}, {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "unattached"},
              "spec": {**common, "capacity": size, "claimRef": {"name": "unattached", "namespace": HERE},
                       "csi": {"driver": "nobody.csi.goweb.test", "volumeHandle": "unattached"}}}  # fmt: skip
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "unattached"},
             "spec": {**common, "volumeName": "unattached", "resources": {"requests": size}}}  # fmt: skip
    pod = {"nodeSelector": {"kubernetes.io/hostname": NODE},
           "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "unattached"}}]}  # fmt: skip
    mounts = [{"name": "data", "mountPath": "/data"}]  # without it the kubelet does not wait
    waits = deployment("unattached", image, "serve", pod=pod, volumeMounts=mounts)
    return [kind, classless, volume, claim, waits]


def scaled(image: str, port: int, address: str) -> list[Json]:
    """Two Deployments with autoscalers, and the Service of the server that measures their Pods."""
    piece = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
             "metadata": {"name": METRICS, "labels": {"kubernetes.io/service-name": METRICS}},
             "ports": [{"port": port, "name": "", "protocol": "TCP"}],
             "endpoints": [{"addresses": [address], "conditions": {"ready": True}}]}  # fmt: skip
    behind = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": METRICS},
              "spec": {"ports": [{"port": 443, "targetPort": port}]}}  # fmt: skip
    usage = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    autoscalers: list[Json] = [
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
         "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                  "maxReplicas": 2, "metrics": [{"type": "Resource", "resource": usage}]}}
        for name in MEASURED
    ]  # fmt: skip
    capped = deployment("capped", image, "serve", resources={"requests": {"cpu": "10m"}})
    return [capped, deployment("unasked", image, "serve"), behind, piece, *autoscalers]


def silence(own: Cluster, is_settled: Any) -> None:
    """A node that is ready until the controllers have done their part; then both it and they are silent."""
    own.kubectl.create(ready_node(MUTE))

    def settled() -> bool:
        own.kubectl.apply(lease(MUTE, datetime.now(UTC)))
        return bool(is_settled())

    until(settled, what="what the controllers have to say", timeout=300, every=EVERY)
    manager = processes.recorded(own.layout)[controlplane.CONTROLLER_MANAGER]
    processes.end(manager.pid, manager.started)


@pytest.fixture(scope="module")
def told(own_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Any, float]]]:
    own, image = own_cluster, images.publish_program(own_cluster.layout, build.sick(print))
    kubectl, address = own.kubectl, own.layout.host_ip
    pair = Pki(tmp_path_factory.mktemp("metrics")).signed("metrics", names="DNS:metrics")

    def pods() -> list[str]:
        query = (
            "-n",
            HERE,
            "get",
            "pods",
            "-l",
            f"app in ({', '.join(MEASURED)})",
            "-o",
            "jsonpath={.items[*].metadata.name}",
        )
        return kubectl(*query).split()

    def settled() -> bool:
        """The autoscaler is at its limit, the namespace is found to wait, and attaching the volume was given up."""
        limited = '{.status.conditions[?(@.type=="ScalingLimited")].reason}'
        waits = '{.status.conditions[?(@.type=="NamespaceDeletionDiscoveryFailure")].status}'
        said = kubectl("-n", HERE, "get", "hpa", "capped", "-o", f"jsonpath={limited}")
        is_limited = said == "TooManyReplicas"
        gives_up = kubectl("-n", HERE, "get", "events", "--field-selector=reason=FailedAttachVolume", "-o", "name")
        left = kubectl("get", "namespace", "leaving", "-o", f"jsonpath={waits}")
        return is_limited and left == "True" and bool(gives_up)

    with measuring(address, pair.certificate, pair.key, pods) as port:
        for name in (HERE, "leaving"):
            kubectl("create", "namespace", name)
            kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=60s")
        began = time.monotonic()
        create(own, HERE, [*ill(image), *scaled(image, port, address), *whole(image)])
        kubectl.create(api("metrics.k8s.io", HERE, METRICS), api(DEAD, HERE, "nobody"))
        kubectl("wait", "apiservice/v1beta1.metrics.k8s.io", "--for=condition=Available", "--timeout=60s")
        kubectl("delete", "namespace", "leaving", "--wait=false")
        silence(own, settled)
        try:
            yield until_told(Goweb(own.layout.kubeconfig), "", CASES, began, "patience", patience=600, every=10)
        finally:
            kubectl("delete", "apiservice", "v1beta1.metrics.k8s.io", f"v1beta1.{DEAD}")
            kubectl("delete", "--wait=false", "namespace", HERE)
            kubectl("delete", "--wait=false", "node", MUTE)
            kubectl("delete", "--wait=false", "ingressclass/front", "pv/unattached")
            processes.stop(own.layout, controlplane.SCHEDULER)
            for process, ready, what in controlplane.start_controllers(own.layout, own.binaries):
                processes.wait_until(own.layout, process, ready, what=what)


@pytest.mark.parametrize("name", CASES)
def test_what_takes_minutes_is_told_in_the_end(name: str, told: dict[str, tuple[Any, float]]) -> None:
    check(CASES[name], told)


def test_nothing_else_is_told(told: dict[str, tuple[Any, float]]) -> None:
    assert set(told) == set(CASES)
    assert [one["code"] for one in told[DEAD][0]["below"]] == ["GW-NAMESPACE-STUCK"], json.dumps(told[DEAD][0])
