"""Which way leads to a target. Directly when a Pod of the same network was seen to answer directly; otherwise through
the API server, which needs no route but adds its own time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_goweb.probing.sockets import connected, resolved
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import ProbeKind, Way
from kubectl_goweb.status.probes.targets import Target

_TRIED = 3
_TRY_SECONDS = 0.5


def reaches_pods(targets: Iterable[Target]) -> bool:
    """Whether this machine reaches Pods directly: one of a few accepts a connection. A refused one proves nothing: at
    home, the same address may be somebody else's.
    """
    tried = [one for one in targets if one.ref is not None and not _is_outside(one) and one.host and not one.unready]
    for target in tried[:_TRIED]:
        watch = Stopwatch(_TRY_SECONDS)
        try:
            family, address = resolved(target.host, target.request.port, watch)
            connected(family, address, target.request.port, watch).close()
        except OSError:
            continue
        return True
    return False


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


def ways(targets: Sequence[Target], asked: Way | None) -> dict[str, Way]:
    """The way to each target, by its key."""
    is_direct = asked is None and reaches_pods(targets)
    return {target.key: way_to(target, asked=asked, is_direct=is_direct) for target in targets}
