"""Which way leads to a target. Directly when a Pod is known to be reached by its address; otherwise through the API
server, which needs no route but adds its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from kubectl_goweb.status.probes.results import ProbeKind, Way
from kubectl_goweb.status.probes.targets import Target

_TRIED = 3


class Comparing(Protocol):
    """What is needed of a sender."""

    def answers_alike(self, target: Target) -> bool | None: ...


def reaches_pods(targets: Iterable[Target], sender: Comparing) -> bool | None:
    """Whether this machine reaches Pods by their addresses: one of a few answers the same directly as through the API
    server. That something answers there proves nothing: at home, the same address may be somebody else's. None when
    none of them answers well, so that nothing can be said.
    """
    tried = (one for one in targets if one.ref is not None and one.ref.kind == "Pod" and one.host and not one.unready)
    asked = [one for one in tried if one.request.kind is ProbeKind.HTTP][:_TRIED]
    is_known = None
    for target in asked:
        if (alike := sender.answers_alike(target)) is not None:
            is_known = alike
        if alike:
            break
    return is_known


def way_to(target: Target, *, asked: Way | None, is_direct: bool) -> Way:
    """The way to take to a target: the one asked for, or the one that works."""
    if target.ref is None:
        return Way.DIRECT
    if asked is not None:
        return asked
    if is_direct or _is_outside(target):
        return Way.DIRECT
    request = target.request
    if request.kind is not ProbeKind.HTTP:
        return Way.PORT_FORWARD
    # The API server takes every certificate, so verifying one needs a connection of our own.
    verifies = request.tls and target.rules.verify_tls and target.ref.kind == "Pod"
    return Way.PORT_FORWARD if verifies else Way.API_PROXY


def _is_outside(target: Target) -> bool:
    """An Ingress is asked at its own address, by which everybody comes: it says nothing about the Pods' network."""
    return target.ref is not None and target.ref.kind == "Ingress"


def ways(targets: Sequence[Target], asked: Way | None, sender: Comparing) -> dict[str, Way]:
    """The way to each target, by its key."""
    is_direct = asked is None and reaches_pods(targets, sender) is True
    return {target.key: way_to(target, asked=asked, is_direct=is_direct) for target in targets}
