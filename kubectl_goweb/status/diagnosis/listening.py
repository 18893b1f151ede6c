"""Where a program says that it listens, and where a probe looks."""

from __future__ import annotations

import re

from kubectl_goweb.objects.core import Probe
from kubectl_goweb.objects.template import FullContainer
from kubectl_goweb.status.diagnosis.case import Group

_LISTENING = re.compile(
    r"(?i)(?:listen|serv|start|bound|addr|bind)\w*[^\n]*?(?P<host>127\.0\.0\.1|localhost|\[::1\]|0\.0\.0\.0|\[::\]|)"
    r":(?P<port>\d{2,5})\b"
)


def listening(group: Group) -> list[tuple[str, int, str]]:
    """Where the program says it listens, newest line first."""
    found = []
    for line in reversed(group.lines):
        match = _LISTENING.search(line)
        if match and int(match["port"]) > 0:
            found.append((match["host"], int(match["port"]), line))
    return found[:3]


def probed_port(container: FullContainer | None, probe: Probe | None) -> int | None:
    if probe is None:
        return None
    handler = probe.http_get or probe.tcp_socket or probe.grpc
    port = handler.port if handler else None
    if isinstance(port, str) and not port.isdecimal():
        return next((one.container_port for one in container.ports if one.name == port), None) if container else None
    return int(port) if port is not None else None
