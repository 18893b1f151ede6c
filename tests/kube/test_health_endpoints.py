"""What the API server's own endpoints and metrics say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from kubectl_goweb.errors import ForbiddenError, UnreachableError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.health_endpoints import check, measured
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects.facts import ServerFacts

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
