"""What the images of the demo do when they run: how long they need, whether they crash, what they log and answer.

Pure answers about an image and a Pod. That something happens at a time is the kubelet's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from kubectl_goweb.demo.bodies import JSON, condition, is_ready, moment
from kubectl_goweb.demo.dice import fnv32

REGISTRY = "registry.example.com/shop"

WEB_PANIC = """\
panic: assignment to entry in nil map

goroutine 1 [running]:
main.(*Store).Load(0xc000012120, {0x6c2a41, 0x9})
\t/src/web/store.go:14 +0x4c
main.main()
\t/src/web/main.go:31 +0x1a5"""


@dataclass(frozen=True, slots=True)
class App:
    """The life of one container. Durations are in seconds."""

    pull: float = 2.0
    """To fetch the image when the node does not have it."""
    start: float = 4.0
    """From the start of the process to the first successful answer."""
    stop: float = 1.5
    """From the stop signal to the end of the process."""
    crash_after: float | None = None
    """From the start of the process to its crash; None for one that does not."""
    exit_code: int = 2
    last_words: str = ""
    """What the crash leaves in the log."""
    size: int = 9_214_118
    """Bytes of the image."""


_PLAIN = App()
_CART = App(start=14.0, stop=3.0)
_POSTGRES = App(pull=6.0, start=5.0, stop=4.0, size=161_233_901)
_WEB_BROKEN = App(crash_after=0.6, last_words=WEB_PANIC)
_SYSTEM = ("registry.k8s.io/", "registry.example.com/infra/")


def app(image: str) -> App | None:
    """What this image does, or None if no registry has it.

    Known are the shop's names with numeric tags, and the system's images.
    """
    name, _, tag = image.rpartition(":")
    if image.startswith(_SYSTEM):
        return _PLAIN
    if image == f"{REGISTRY}/web:2.4.1":
        return _WEB_BROKEN
    if name == "docker.io/library/postgres":
        return _POSTGRES
    if not name.startswith(f"{REGISTRY}/") or not re.fullmatch(r"\d+(\.\d+)*", tag):
        return None
    return _CART if name.endswith("/cart") else _PLAIN


def is_broken_inside(pod: JSON) -> bool:
    """Runs, but its health check answers 500: the kubelet has seen it running and not ready."""
    containers = condition(pod, "ContainersReady")
    return containers is not None and containers["status"] == "False" and pod["status"].get("phase") == "Running"


def health(pod: JSON) -> tuple[int, JSON]:
    """HTTP status and body of GET /api/health."""
    name, _, version = pod["spec"]["containers"][0]["image"].rpartition("/")[2].partition(":")
    if is_ready(pod):
        return 200, {"status": "ok", "service": name, "version": version}
    return 500, {"status": "failing", "service": name, "version": version, "error": "search index: stale for 3m"}


def log_lines(pod: JSON, begin: datetime, end: datetime, *, crashed: bool, most: int) -> list[tuple[datetime, str]]:
    """The newest `most` lines of one run of the container, each with its time. They depend on the Pod alone."""
    container = pod["spec"]["containers"][0]
    service, _, version = container["image"].rpartition("/")[2].partition(":")
    head = [(begin, f"level=INFO msg=starting service={service} version={version} pid=1")]
    if crashed:
        what = app(container["image"])
        words = what.last_words if what else ""
        return [*head, *((end, line) for line in words.split("\n"))][-most:]
    head.append((begin + timedelta(seconds=1), f"level=INFO msg=listening service={service} addr=:8080"))
    interval = 2 + fnv32(pod["metadata"]["uid"].encode()) % 3
    count = max(0, int((end - begin).total_seconds() - 2) // interval)
    first = max(0, count - most)
    lines = [_request_line(pod, begin, number, interval) for number in range(first, count)]
    return [*head, *lines][-most:]


def _request_line(pod: JSON, begin: datetime, number: int, interval: int) -> tuple[datetime, str]:
    when = begin + timedelta(seconds=2 + number * interval)
    throw = fnv32(f"{pod['metadata']['uid']}/{number}".encode())
    ready = condition(pod, "Ready")
    broken = is_broken_inside(pod) and ready is not None and when >= moment(ready["lastTransitionTime"])
    if broken and number % 3 == 0:
        return (
            when,
            'level=ERROR msg="health check failed" path=/api/health status=500 error="search index: stale for 3m"',
        )
    path = ("/api/items", "/api/orders", "/api/health", "/api/users")[throw % 4]
    return when, f"level=INFO msg=request method=GET path={path} status=200 duration={1 + throw % 90 / 10:.1f}ms"
