"""What the answer to a probe says, in the kubelet's words, and how long a probe lets a container start."""

from __future__ import annotations

import re

from kubectl_goweb.objects.core import Probe

_ASKED = re.compile(r"Get \"(?P<url>(?P<scheme>https?)://(?:\[[^\]]*\]|[^\s\"/:]*)(?::(?P<port>\d+))?[^\"]*)\"")
_STATUS = re.compile(r"statuscode: (?P<code>\d{3})")


def budget(probe: Probe) -> float:
    """Seconds from a container's start until this probe has failed as often as it may."""
    return probe.initial_delay_seconds + probe.period_seconds * probe.failure_threshold


def answered(said: str, probe: Probe | None) -> tuple[str, str] | None:
    """The mechanism and the likely cause, when something answered, and not as it should; None when nothing did."""
    if (url := redirected(said, probe)) and probe is not None and probe.http_get is not None:
        words = f"{probe.http_get.path} is answered with a redirect to {url}, which the kubelet follows in vain"
        return "probe-redirect", f"{words} ({said}): probe a path that answers by itself"
    status = _STATUS.search(said)
    if status is not None:
        return _by_status(int(status["code"]), probe)
    if "HTTP response to HTTPS client" in said or "malformed HTTP" in said or "first record does not look like" in said:
        return "probe-scheme", f"the probe speaks HTTPS and the program HTTP, or the other way round ({said})"
    return _by_grpc(said) if probe is not None and probe.grpc is not None else None


def redirected(said: str, probe: Probe | None) -> str:
    """The address at which the kubelet failed, when it is another one than it is told to probe: it follows redirects
    that stay on the Pod. Empty when it is the probed one.
    """
    asked, found = probe.http_get if probe else None, _ASKED.search(said)
    if asked is None or found is None:
        return ""
    scheme = found["scheme"].upper()
    port = found["port"] or {"HTTP": "80", "HTTPS": "443"}.get(scheme, "")
    is_same = scheme == (asked.scheme or "HTTP").upper() and (
        not str(asked.port).isdecimal() or str(asked.port) == port
    )
    return "" if is_same else found["url"]


def _by_grpc(said: str) -> tuple[str, str] | None:
    """In the words of grpc_health_probe, which the kubelet's gRPC probe has taken over."""
    if "unknown service" in said or "Unimplemented" in said or "does not implement" in said:
        return "probe-scheme", f"the program does not serve grpc.health.v1.Health, which the probe asks ({said})"
    if "failed to connect service" in said and "connection refused" not in said:
        return "probe-scheme", f"what listens there does not speak gRPC, or speaks it with TLS ({said})"
    return None


def _by_status(code: int, probe: Probe | None) -> tuple[str, str]:
    path = f" {probe.http_get.path}" if probe and probe.http_get else ""
    if code in (404, 405):
        return "probe-path", f"the program does not know the probed path{path} (HTTP {code})"
    if code in (401, 403):
        return "probe-login", f"the probed path{path} wants a login, and the kubelet has none (HTTP {code})"
    if code == 400:
        return "probe-scheme", f"HTTP 400 at{path}: plain HTTP to a TLS port is answered so, or a host name it refuses"
    if code == 421:
        return "probe-host", (
            f"the program answers only for host names of its own (HTTP 421 at{path}), and the kubelet asks for the "
            "Pod's address: give the probe the header Host (httpGet.httpHeaders)"
        )
    if code == 429:
        return "probe-status", f"the program limits how often it may be asked, and counts the probe (HTTP 429 at{path})"
    return "probe-status", f"the program itself says that it is not ready (HTTP {code} at{path})"
