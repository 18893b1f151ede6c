"""New Pods beside old ones, as they were measured in the same time by the same way: as good, worse, or not known. Pure.

What the old Pods do is the measure, not an absolute one: a dependency that is slow or down is so for both. The margins
and their reasons: docs/decisions/0010.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.probes.sides import Side
from kubectl_goweb.status.service_metrics import ServiceMetrics
from kubectl_goweb.status.verdicts import Answer

_MARGIN = 0.05
"""Of the share that goes well: so much less is worse."""
_FEW = 3
"""Probes that have to tell before anything is concluded, and that have to be bad: less is a hiccup."""
_SLOWER, _LATER = 2.0, 0.1
"""Times, and seconds: what is beyond both of the old Pods' p95 is slow."""
_SLOW = 0.1
"""The share of new Pods' answers that has to be slow."""
_REQUESTS = 20
"""Requests that a Prometheus has to know of, in its five minutes."""
_WINDOW = 300.0
"""Seconds: those five minutes."""
_CERTAIN = 5
"""Probes that all failed, while old Pods answer, need no more time."""
_BASELINE = 0.5
"""Old Pods that answer less often are no measure."""


class Standing(StrEnum):
    """How new Pods are beside old ones."""

    FINE = "fine"
    WORSE = "worse"
    UNKNOWN = "unknown"


class Measure(Answer, frozen=True, gc=False):
    """One thing that was compared."""

    what: str
    standing: Standing
    sentence: str
    """With the numbers of both, and where they are from."""


class Comparison(Answer, frozen=True, gc=False):
    """All of it."""

    standing: Standing
    sentence: str
    measures: tuple[Measure, ...] = ()
    pods: tuple[str, ...] = ()
    """Names of the new Pods that are worse, where it is known."""
    is_certain: bool = False
    """More time would change nothing."""


class Measured(Struct, frozen=True):
    """What was measured so far."""

    new: Side | None = None
    old: Side | None = None
    why: str = ""
    """Why nothing is probed."""
    metrics: tuple[ServiceMetrics, ServiceMetrics] | None = None
    """New and old, of a Prometheus."""
    no_metrics: str = ""
    """Why there are none; empty when nobody expects any."""
    needs_metrics: bool = False
    """A Prometheus was named: without its word nothing is known."""


def compare(measured: Measured, ends: int) -> Comparison:
    """The comparison. `ends` is how often containers of new Pods have ended so far."""
    new, old = measured.new, measured.old
    measures = [_probes(measured), *_slowness(new, old), *_metrics(measured)]
    if ends:
        measures.append(Measure("restarts", Standing.FINE, f"containers of new Pods have ended {ends} times before"))
    worse = [one for one in measures if one.standing is Standing.WORSE]
    told = [one for one in measures if one.standing is Standing.FINE and one.what in _DECIDING]
    is_missing = measured.needs_metrics and any(
        one.standing is Standing.UNKNOWN and one.what == "errors" for one in measures
    )
    if worse:
        standing, shown = Standing.WORSE, worse
    elif told and not is_missing:
        standing, shown = Standing.FINE, [one for one in measures if one.standing is Standing.FINE]
    else:
        standing, shown = Standing.UNKNOWN, [one for one in measures if one.standing is Standing.UNKNOWN]
    return Comparison(
        standing,
        "; ".join(one.sentence for one in shown),
        tuple(measures),
        (new.failing or new.names) if new is not None and worse else (),
        is_certain=bool(worse) and _is_hopeless(new, old),
    )


_DECIDING = ("probes", "errors")
"""Without one of them nothing is known: that Pods are fast says nothing of how often they fail."""


def _is_hopeless(new: Side | None, old: Side | None) -> bool:
    if new is None or old is None or old.share is None:
        return False
    return new.well == 0 and new.failed >= _CERTAIN and old.told >= _CERTAIN and old.share >= 1 - _MARGIN


def _probes(measured: Measured) -> Measure:
    new, old = measured.new, measured.old

    def said(standing: Standing, sentence: str) -> Measure:
        return Measure("probes", standing, sentence)

    if new is None or old is None:
        return said(Standing.UNKNOWN, f"nothing is probed: {plain(measured.why)}")
    if new.share is None or new.told < _FEW:
        return said(Standing.UNKNOWN, f"probes tell nothing of new Pods: {plain(new.why) or _count(new)}")
    if old.share is None or old.told < _FEW:
        return said(Standing.UNKNOWN, f"probes tell nothing of old Pods: {plain(old.why) or _count(old)}")
    asked = ", ".join((*(plain(one) for one in new.requests), new.way))
    both = f"{_count(new)} on new Pods, {_count(old)} on old ones ({asked})"
    if old.share < _BASELINE:
        return said(Standing.UNKNOWN, f"old Pods fail as well: {both}")
    if new.failed >= _FEW and old.share - new.share > _MARGIN:
        return said(Standing.WORSE, f"{both}: {plain(new.why)}")
    return said(Standing.FINE, both)


def _count(one: Side) -> str:
    return f"{one.well} of {one.told} probes went well" if one.told else f"{one.unknown} probes, none tells"


def _slowness(new: Side | None, old: Side | None) -> Iterator[Measure]:
    """A tenth of the answers and three of them at least: one that is late is a hiccup of the way."""
    if new is None or old is None or new.way != old.way or min(new.well, old.well) < _FEW:
        return
    if new.p95 is None or old.p95 is None:
        return
    limit = _limit(old.p95)
    slow = sum(one > limit for one in new.durations)
    is_worse = slow >= _FEW and slow >= len(new.durations) * _SLOW
    sentence = f"p95 of probes {_seconds(new.p95)} on new Pods, {_seconds(old.p95)} on old ones"
    if is_worse:
        sentence += f": {slow} of {len(new.durations)} took more than {_seconds(limit)}"
    yield Measure("latency", Standing.WORSE if is_worse else Standing.FINE, sentence)


def _limit(old: float) -> float:
    return max(old * _SLOWER, old + _LATER)


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _metrics(measured: Measured) -> Iterator[Measure]:
    if measured.metrics is None:
        if measured.no_metrics:
            yield Measure("errors", Standing.UNKNOWN, f"no metrics: {plain(measured.no_metrics)}")
        return
    new, old = measured.metrics
    source = f" (Prometheus {plain(new.source)}, last {new.window})"
    few = [one.request_rate * _WINDOW for one in (new, old) if one.request_rate is not None]
    if few and min(few) < _REQUESTS:
        yield Measure("errors", Standing.UNKNOWN, f"metrics know of too few requests: {min(few):.0f}{source}")
        return
    if new.error_ratio is None or old.error_ratio is None:
        side, absent = ("new", new.absent) if new.error_ratio is None else ("old", old.absent)
        why = next((one for one in absent if "error ratio" in one), "no error ratio")
        yield Measure("errors", Standing.UNKNOWN, f"metrics tell nothing of {side} Pods: {plain(why)}{source}")
    else:
        is_worse = new.error_ratio - old.error_ratio > _MARGIN
        sentence = f"{new.error_ratio:.1%} errors on new Pods, {old.error_ratio:.1%} on old ones{source}"
        yield Measure("errors", Standing.WORSE if is_worse else Standing.FINE, sentence)
    if new.p95 is not None and old.p95 is not None:
        standing = Standing.WORSE if new.p95 > _limit(old.p95) else Standing.FINE
        sentence = f"p95 of requests {_seconds(new.p95)} on new Pods, {_seconds(old.p95)} on old ones{source}"
        yield Measure("latency of requests", standing, sentence)
