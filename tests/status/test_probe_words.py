"""What the kubelet got from a probe, and what that says; each with a near miss."""

from __future__ import annotations

import msgspec
import pytest

from kubectl_goweb.objects.core import Probe
from kubectl_goweb.status.diagnosis.probe_words import answered, redirected
from tests.status.objects import Json
from tests.status.worlds import crashing, event, roots

MOVED = 'Readiness probe failed: Get "https://10.0.0.9/healthz": dial tcp 10.0.0.9:443: connect: connection refused'


def probe(**http: object) -> Probe:
    return msgspec.convert({"httpGet": {"path": "/healthz", "port": 8080, **http}}, Probe)


@pytest.mark.parametrize(
    ("said", "asked", "url"),
    [
        (MOVED, probe(), "https://10.0.0.9/healthz"),
        ('Get "http://10.0.0.9:9090/x": EOF', probe(), "http://10.0.0.9:9090/x"),
        ('Get "http://10.0.0.9:8080/healthz": EOF', probe(), ""),
        ('Get "http://10.0.0.9:8080/healthz": EOF', probe(port="http"), ""),
        ('Get "https://10.0.0.9:8443/healthz": EOF', probe(port=8443, scheme="HTTPS"), ""),
        ("dial tcp 10.0.0.9:443: connect: connection refused", probe(), ""),
    ],
)
def test_a_redirect_that_the_kubelet_followed_is_told_from_what_it_was_to_ask(
    said: str, asked: Probe, url: str
) -> None:
    assert redirected(said, asked) == url


@pytest.mark.parametrize(
    ("code", "reason"),
    [(421, "probe-host"), (400, "probe-scheme"), (404, "probe-path"), (403, "probe-login"), (503, "probe-status")],
)
def test_a_status_tells_its_mechanism(code: int, reason: str) -> None:
    told = answered(f"Readiness probe failed: HTTP probe failed with statuscode: {code}", probe())
    assert told is not None
    assert told[0] == reason


def unready(failure: str, ports: list[Json], port: int | str) -> Json:
    pod = crashing("web-1")
    pod["spec"]["containers"] = [
        {"name": "web", "ports": ports, "readinessProbe": {"httpGet": {"port": port, "path": "/healthz"}}}]  # fmt: skip
    pod["status"]["containerStatuses"] = [{"name": "web", "ready": False, "state": {"running": {}}}]
    return {"pod": pod, "event": event("Pod web-1", "Unhealthy", failure, type="Warning")}


def test_nobody_is_said_to_be_missing_at_the_probed_port_when_a_redirect_leads_elsewhere() -> None:
    (found,) = roots(*unready(MOVED, [], 8080).values())
    assert found.reason == "probe-redirect"
    (near,) = roots(
        *unready("Readiness probe failed: dial tcp 10.0.0.9:8080: connect: connection refused", [], 8080).values()
    )
    assert near.reason == "probe-refused"


def test_a_port_by_a_name_that_no_container_has_is_told_with_those_it_has() -> None:
    failure = 'Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing "http": invalid syntax'
    (found,) = roots(*unready(failure, [{"name": "web", "containerPort": 8080}], "http").values())
    assert found.title.endswith("the probe names port http, and container web declares web (8080)")
