"""How much of the processor a container has used since it started, from its kubelet's `/metrics/resource`.

https://kubernetes.io/docs/reference/instrumentation/node-metrics/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects.facts import CpuUse

_LINE = re.compile(
    r'^(?P<metric>container_cpu_usage_seconds_total|container_start_time_seconds)\{container="(?P<container>[^"]*)",'
    r'namespace="(?P<namespace>[^"]*)",pod="(?P<pod>[^"]*)"\} (?P<value>\S+)(?: (?P<at>\d+))?$',
    re.MULTILINE,
)


def path(node: str) -> str:
    """Where the API server passes the question on."""
    return f"/api/v1/nodes/{node}/proxy/metrics/resource"


def cpu_use(text: str, key: str, container: str, now: datetime) -> CpuUse:
    """What the text tells of one container. ServerError when it tells nothing: the container does not run."""
    used = started = None
    at = now
    for found in _LINE.finditer(text):
        if f"{found['namespace']}/{found['pod']}" != key or found["container"] != container:
            continue
        if found["metric"] == "container_start_time_seconds":
            started = datetime.fromtimestamp(float(found["value"]), UTC)
        else:
            used = float(found["value"])
            at = datetime.fromtimestamp(int(found["at"]) / 1000, UTC) if found["at"] else now
    if used is None or started is None or at <= started:
        raise ServerError(f"the kubelet tells nothing of container {container}")
    return CpuUse(used, started, at)
