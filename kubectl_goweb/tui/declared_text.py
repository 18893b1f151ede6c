"""What a Pod's containers declare: their probes, and what they ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from textual.content import Content

from kubectl_goweb.objects import Pod
from kubectl_goweb.objects.core import Quantities
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.probes.declared import declared
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.detail_text import heading
from kubectl_goweb.tui.words import hanging, line


def probes(pod: Pod, width: int) -> Iterable[Content]:
    """Each probe in one line, and how long the kubelet bears with failing ones."""
    found = declared(pod)
    yield heading("Probes as declared")
    if not found:
        yield line(("  none declared: it counts as ready once it runs", Tone.WARN))
    several = len({one.container for one in found}) > 1
    for one in found:
        who = f"{plain(one.container)} " if several else ""
        act = "unready" if one.role == "readiness" else "restarted"
        told = (
            f"{plain(one.says)} every {one.period:g} s, {one.failures} tries, {one.timeout:g} s each"
            f"; {act} {one.reaction:g} s after it stops answering"
        )
        if one.initial_delay:
            told += f"; first after {one.initial_delay:g} s"
        yield hanging(line((f"  {who}{one.role:<10} ", Tone.FAINT)), line(told), width)
    yield Content("")


def resources(pod: Pod) -> Iterable[Content]:
    """Requests and limits of each container."""
    yield heading("Resources")
    for container in chain(pod.spec.init_containers, pod.spec.containers):
        asked, most = _amounts(container.resources.requests), _amounts(container.resources.limits)
        yield line(
            (f"  {plain(container.name)}  ", Tone.FAINT),
            ("requests ", Tone.FAINT),
            asked or "none",
            ("   limits ", Tone.FAINT),
            most or "none",
        )
    yield Content("")


def _amounts(found: Quantities) -> str:
    parts = (("cpu", found.cpu), ("memory", found.memory))
    return plain(" ".join(f"{name} {amount}" for name, amount in parts if amount != ""))
