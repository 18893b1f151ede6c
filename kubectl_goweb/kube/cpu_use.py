"""How much of the processor a container has used since it started, from its kubelet's `/metrics/resource`, and how
often it was held back at its limit, from `/metrics/cadvisor`.

https://kubernetes.io/docs/reference/instrumentation/node-metrics/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects.facts import CpuUse, Throttling

_LINE = re.compile(
    r'^(?P<metric>container_cpu_usage_seconds_total|container_start_time_seconds)\{container="(?P<container>[^"]*)",'
    r'namespace="(?P<namespace>[^"]*)",pod="(?P<pod>[^"]*)"\} (?P<value>\S+)(?: (?P<at>\d+))?$',
    re.MULTILINE,
)


_PERIODS = re.compile(
    r'^container_cpu_cfs_(?P<metric>periods|throttled_periods)_total\{container="(?P<container>[^"]*)",[^}]*'
    r'namespace="(?P<namespace>[^"]*)",pod="(?P<pod>[^"]*)"\} (?P<value>\S+)(?: (?P<at>\d+))?$',
    re.MULTILINE,
)


def path(node: str) -> str:
    """Where the API server passes the question on."""
    return f"/api/v1/nodes/{node}/proxy/metrics/resource"


def throttling_path(node: str) -> str:
    """The same for the kernel's counters."""
    return f"/api/v1/nodes/{node}/proxy/metrics/cadvisor"


def throttling(text: str, key: str, container: str, now: datetime) -> Throttling:
    """What the text tells of a container, else of its Pod as a whole, whose counters outlive the container's runs.
    ServerError when it tells nothing: without a limit nothing is counted.
    """
    found: dict[str, dict[str, int]] = {}
    at = now
    for one in _PERIODS.finditer(text):
        if f"{one['namespace']}/{one['pod']}" == key and one["container"] in ("", container):
            found.setdefault(one["container"], {})[one["metric"]] = int(float(one["value"]))
            at = datetime.fromtimestamp(int(one["at"]) / 1000, UTC) if one["at"] else now
    counted = max(found.values(), key=lambda each: each.get("periods", 0), default={})
    if "periods" not in counted:
        raise ServerError(f"the kubelet counts no throttling of container {container}")
    return Throttling(counted["periods"], counted.get("throttled_periods", 0), at)


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
