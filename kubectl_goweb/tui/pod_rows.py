"""The rows of many Pods, made anew only where they would read differently: 10,000 Pods are told four times a second.

The words are those of `status` and `tables`; what lives here is only the memory of the last time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from kubectl_goweb import tables
from kubectl_goweb.objects import Pod
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.pods import PodHealth, pod_health
from kubectl_goweb.tables import Row, Table
from kubectl_goweb.tables.rows import POD_COLUMNS

_LOOK_AHEAD = tuple(timedelta(seconds=seconds) for seconds in (60, 15, 4))
"""Ages that read the same now and so much later read the same all the while. Tried in this order."""


class _Told(Struct, frozen=True, gc=False):
    """A row, the Pod that it was made from, and until when it comes out the same."""

    pod: Pod
    until: float
    row: Row


class PodRows:
    """Remembers what it told; one for each screen. Calls may not overlap."""

    def __init__(self, node: str = "") -> None:
        """With `node`, only the Pods on it."""
        self._node = node
        self._keys: list[str] = []
        self._told: list[_Told] = []

    def table(self, pods: Mapping[str, Pod], now: datetime) -> Table:
        """The same table as `tables.pods` gives, by namespace and name."""
        if self._node:
            pods = {key: pod for key, pod in pods.items() if pod.spec.node_name == self._node}
        if len(pods) == len(self._keys) and pods.keys() >= set(self._keys):
            found = [pods[key] for key in self._keys]
        else:
            found = self._sort(pods, now)
        stamp = now.timestamp()
        for place, (pod, one) in enumerate(zip(found, self._told, strict=True)):
            if one.pod is not pod or one.until < stamp:
                self._told[place] = _tell(pod, now, one)
        return Table(POD_COLUMNS, tuple([one.row for one in self._told]))

    def _sort(self, pods: Mapping[str, Pod], now: datetime) -> list[Pod]:
        """Other Pods than before: put them in order, and bring along what is still known."""
        known = dict(zip(self._keys, self._told, strict=True))
        keys = sorted(pods, key=lambda key: (pods[key].namespace, pods[key].name))
        self._told = [known.get(key) or _tell(pods[key], now, None) for key in keys]
        self._keys = keys
        return [pods[key] for key in keys]


def _tell(pod: Pod, now: datetime, before: _Told | None) -> _Told:
    health = pod_health(pod, now)
    row = tables.pods((health,), now).rows[0]
    if before is not None and before.row == row:
        row = before.row  # the very same row is not measured, filtered or painted again
    return _Told(pod, _until(health, now).timestamp(), row)


def _until(pod: PodHealth, now: datetime) -> datetime:
    """What is judged of a Pod that is not ready may change with time, of a ready one only the ages."""
    if pod.is_ready:
        for ahead in _LOOK_AHEAD:
            if _reads_alike(pod, now, now + ahead):
                return now + ahead
    return now


def _reads_alike(pod: PodHealth, now: datetime, later: datetime) -> bool:
    return age(pod.created, now) == age(pod.created, later) and pod.restarts_text(now) == pod.restarts_text(later)
