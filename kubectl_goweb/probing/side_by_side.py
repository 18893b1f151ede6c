"""New Pods and old ones asked the same at the same time, by the same way: what a canary is compared by.

    pair = Pair(sender, wish, interval=2.0)
    pair.begin(new, old)
    pair.sides()            new and old, as far as they have answered
    pair.rest()

Declared probes are replayed unless the wish says otherwise; what of them only the kubelet can ask is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.objects import Pod
from kubectl_goweb.probing.prober import Assignment, Prober
from kubectl_goweb.probing.selecting import Wish, pod_targets
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.probing.ways import reaches_pods, way_to
from kubectl_goweb.status.probes.results import ProbeKind, ProbeResult
from kubectl_goweb.status.probes.sides import Side, side
from kubectl_goweb.status.probes.targets import Target

_MOST = 5
"""Pods of each side: more would tell the same, and load what is looked at."""


class Pair:
    """Thread-safe as far as one caller at a time is."""

    def __init__(self, sender: Sender, wish: Wish, *, interval: float) -> None:
        """`interval` in seconds between two probes of the same Pod by the same request."""
        self._sender = sender
        self._wish = wish
        self._interval = interval
        self._prober: Prober | None = None
        self._new: tuple[Target, ...] = ()
        self._old: tuple[Target, ...] = ()
        self._is_direct: bool | None = None

    def begin(self, new: Sequence[Pod], old: Sequence[Pod]) -> None:
        """From now on these; results of before are forgotten."""
        self.rest()
        self._new, self._old = self._targets(new), self._targets(old)
        targets = (*self._new, *self._old)
        if not targets:
            return
        if self._is_direct is None:
            self._is_direct = reaches_pods(self._old or self._new, self._sender)
        ways = {one.key: way_to(one, asked=None, is_direct=self._is_direct is True) for one in targets}
        self._prober = Prober(self._sender, interval=self._interval)
        self._prober.probe({one.key: Assignment(one, ways[one.key]) for one in targets})

    def sides(self) -> tuple[Side, Side] | None:
        """New and old so far; None when there is nothing to ask."""
        if self._prober is None:
            return None
        histories = self._prober.snapshot().histories

        def of(targets: Sequence[Target]) -> Side:
            asked: dict[str, list[ProbeResult]] = {}
            for one in targets:
                asked.setdefault(one.ref.name if one.ref else one.key, []).extend(histories[one.key].results)
            return side(asked, [one.request.says for one in targets])

        return of(self._new), of(self._old)

    def rest(self) -> None:
        """Ask nobody any more."""
        if self._prober is not None:
            self._prober.close()
            self._prober = None

    def _targets(self, pods: Sequence[Pod]) -> tuple[Target, ...]:
        chosen = sorted(pods, key=lambda pod: pod.name)[:_MOST]
        found = [one for pod in chosen for one in pod_targets(pod, self._wish)]
        return tuple(one for one in found if one.request.kind is not ProbeKind.EXEC and one.request.port)
