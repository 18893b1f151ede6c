"""What the API server's own endpoints and metrics say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from kubectl_goweb.errors import ForbiddenError, UnreachableError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.health_endpoints import check, component_health, measured
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects import Pod
from kubectl_goweb.objects.facts import ServerFacts
from kubectl_goweb.objects.meta import Meta

METRICS = b"""\
# TYPE apiserver_storage_size_bytes gauge
apiserver_storage_size_bytes{storage_cluster_id="etcd-0"} 3.75e+07
apiserver_flowcontrol_rejected_requests_total{flow_schema="a",priority_level="low",reason="queue-full"} 2
apiserver_flowcontrol_rejected_requests_total{flow_schema="b",priority_level="low",reason="time-out"} 3
apiserver_admission_webhook_admission_duration_seconds_sum{name="w.test",operation="CREATE",rejected="false"} 3
apiserver_admission_webhook_admission_duration_seconds_count{name="w.test",operation="CREATE",rejected="false"} 1
apiserver_admission_webhook_admission_duration_seconds_sum{name="w.test",operation="UPDATE",rejected="false"} 1
apiserver_admission_webhook_admission_duration_seconds_count{name="w.test",operation="UPDATE",rejected="false"} 3
"""


class Server:
    def __init__(self, metrics: bytes | Exception = b"", head: Head | Exception = Head(200, "", {})) -> None:  # noqa: B008
        self.metrics = metrics
        self.head = head

    def get(self, path: str, *, accept: str) -> bytes:
        if isinstance(self.metrics, Exception):
            raise self.metrics
        return self.metrics

    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
        if isinstance(self.head, Exception):
            raise self.head
        return Relayed(self.head, b"[+]ping ok", 0.5, 0.0)


def test_size_refusals_and_slow_webhooks_are_read_from_its_metrics() -> None:
    known = ServerFacts(throttled=1)

    assert measured(Server(METRICS), known) == ServerFacts(
        throttled=1, storage=37.5e6, refused=5.0, webhooks={"w.test": 1.0}
    )
    assert measured(Server(b"up 1\n"), known) == ServerFacts(throttled=1, refused=0)
    assert measured(Server(ForbiddenError("you may not")), known) == known


@pytest.mark.parametrize(
    ("head", "status", "at"),
    [
        (Head(200, "", {"date": "Sun, 01 Mar 2026 12:00:00 GMT"}), 200, datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (Head(500, "", {"date": "yesterday"}), 500, None),
        (TimeoutError(), 0, None),
        (UnreachableError("connection refused"), 0, None),
    ],
)
def test_a_check_tells_its_time_by_the_servers_clock(head: Head | Exception, status: int, at: datetime | None) -> None:
    told = check(Server(head=head), "/readyz")

    assert (told.status, told.at) == (status, at)
    assert told.text


def test_controllers_and_schedulers_of_kubeadm_are_asked_through_the_proxy_and_nobody_else() -> None:
    class Kept(Server):
        def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed:
            asked.append(path)
            return super().relay(path, query, timeout=timeout, most=most)

    def pod(name: str, component: str, tier: str = "control-plane", namespace: str = "kube-system") -> Pod:
        return Pod(metadata=Meta(name=name, namespace=namespace, labels={"component": component, "tier": tier}))

    asked: list[str] = []
    pods = [
        pod("kube-scheduler-n1", "kube-scheduler"),
        pod("kube-controller-manager-n1", "kube-controller-manager"),
        pod("kube-apiserver-n1", "kube-apiserver"),
        pod("mine", "kube-scheduler", tier="web"),
        pod("theirs", "kube-scheduler", namespace="shop"),
    ]

    told = component_health(Kept(), pods)

    assert {key: one.status for key, one in told.items()} == {
        "kube-system/kube-scheduler-n1": 200,
        "kube-system/kube-controller-manager-n1": 200,
    }
    assert sorted(asked) == [
        "/api/v1/namespaces/kube-system/pods/https:kube-controller-manager-n1:10257/proxy/healthz",
        "/api/v1/namespaces/kube-system/pods/https:kube-scheduler-n1:10259/proxy/healthz",
    ]
    assert component_health(Kept(), ()) == {}
