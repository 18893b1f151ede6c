"""Containers that are held at their CPU limit: known from what they used or from the kernel's count, never guessed from
the limit alone.
"""

from __future__ import annotations

from fractions import Fraction

from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.quantities import cpu_text, quantity
from kubectl_goweb.status.verdicts import Evidence

_AT_LIMIT = 0.85
"""Share of its limit from which on a container must have been throttled: the kernel counts in tenths of a second, and
an average over the whole run hides pauses.
"""
_OFTEN = 0.25
"""Share of the kernel's periods from which on the pauses are felt: each may be most of a tenth of a second."""
_COUNTED = 30
"""Periods before which that share says little."""
_LEAST = 3.0
"""Seconds of running before which an average says little."""
REASON = "cpu-throttled"


def cpu_limit(group: Group) -> Fraction | None:
    raw = group.case.raw.get(group.pod.name)
    slim = next((one for one in raw.spec.containers if one.name == group.pod.container), None) if raw else None
    return quantity(slim.resources.limits.cpu) if slim and slim.resources.limits.cpu != "" else None


def cpu_fact(group: Group) -> str:
    """How facts name what its container used."""
    return named("cpu", f"{group.pod.namespace}/{group.pod.name}/{group.pod.container}")


def throttled(group: Group) -> Evidence | None:
    """That the container used all it may; None when it did not, or when that is not known."""
    limit = cpu_limit(group)
    if not limit:
        return None
    used = group.case.snapshot.facts.cpu.get(cpu_fact(group))
    if used is None or (used.at - used.started).total_seconds() < _LEAST:
        return _held_back(group, limit)
    share = used.cores / float(limit)
    if share < _AT_LIMIT:
        return _held_back(group, limit)
    since = duration((used.at - used.started).total_seconds())
    text = f"{min(share, 1.0) * 100:.0f} % of its CPU limit of {cpu_text(limit)} used for {since}: it is throttled"
    return Evidence("kubelet /metrics/resource", text + f"; {_go(group)}", used.at)


def _held_back(group: Group, limit: Fraction) -> Evidence | None:
    """By the kernel's own count, which also tells of runs that are over."""
    pod = group.pod
    counted = group.case.snapshot.facts.throttling.get(
        named("throttling", f"{pod.namespace}/{pod.name}/{pod.container}")
    )
    if counted is None or counted.periods < _COUNTED or counted.throttled / counted.periods < _OFTEN:
        return None
    share = round(100 * counted.throttled / counted.periods)
    text = f"held back at its CPU limit of {cpu_text(limit)} in {share} % of the {counted.periods} periods it ran in"
    return Evidence("kubelet /metrics/cadvisor", text + f": it is throttled; {_go(group)}", counted.at)


def _go(group: Group) -> str:
    """What Go was told of it. https://go.dev/doc/go1.25#container-aware-gomaxprocs"""
    container = group.container
    env = next((one for one in container.env if one.name == "GOMAXPROCS"), None) if container else None
    if env is not None:
        return plain(f"GOMAXPROCS is {env.value or 'taken from the Pod'}")
    return "GOMAXPROCS is not set, and Go before 1.25 does not know of the limit"
