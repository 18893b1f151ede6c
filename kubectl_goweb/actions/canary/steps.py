"""The steps of a canary: how many Pods each asks for, and what the Deployment controller makes of it. Pure.

The controller knows no steps. It makes new Pods and takes old ones away as far as maxSurge and maxUnavailable let it,
then waits for new Pods to be available; only there can it be held. What it makes at once cannot be made smaller.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kubectl_goweb.errors import UsageError
from kubectl_goweb.status.verdicts import Answer
from kubectl_goweb.status.workloads import Limits

_HINT = "write them as 1,50%: Pods or a share of them, less than all"


class Step(Struct, frozen=True):
    """How many new Pods there are to be before they are compared."""

    said: str
    """As it was written: `1`, `50%`."""
    count: int = 0
    percent: int = 0
    """Instead of a count."""

    def pods(self, desired: int) -> int:
        """Of so many; a share is rounded up, and at least one."""
        return max(1, -(-self.percent * desired // 100)) if self.percent else self.count


class Numbers(Answer, frozen=True, gc=False):
    """Pods of both revisions."""

    new: int
    old: int


class Stop(Struct, frozen=True):
    """Where the controller will stand when a step is reached."""

    said: str
    """The steps that are reached there: `1`, or `1, 20%`."""
    wanted: int
    """New Pods the first of them asks for."""
    numbers: Numbers


def parse_steps(text: str) -> tuple[Step, ...]:
    """`1,50%`. UsageError for what is no number, is nothing, is all, or does not grow."""
    found = tuple(_step(one.strip()) for one in text.split(","))
    for kind in ("count", "percent"):
        values = [getattr(one, kind) for one in found if getattr(one, kind)]
        if values != sorted(set(values)):
            raise UsageError(f"the steps {text!r} do not grow", hint=_HINT)
    return found


def _step(said: str) -> Step:
    number = said.removesuffix("%")
    is_share = number != said
    if not (number.isascii() and number.isdecimal()) or not int(number):
        raise UsageError(f"a step cannot be {said!r}", hint=_HINT)
    if is_share and int(number) >= 100:
        raise UsageError(f"a step cannot be {said!r}: all Pods are what comes after the last one", hint=_HINT)
    return Step(said, percent=int(number)) if is_share else Step(said, count=int(number))


def following(steps: Iterable[Step], desired: int, new: int) -> int | None:
    """Which step comes next when so many new Pods are there; None when all of them are reached."""
    return next((index for index, one in enumerate(steps) if one.pods(desired) > new), None)


def waits_at(desired: int, limits: Limits, numbers: Numbers, available: int) -> Numbers:
    """Where the controller comes to wait for new Pods, of which so many are available now.

    One pass either makes new Pods or takes old ones away (reconcileNewReplicaSet, reconcileOldReplicaSets of
    k8s.io/kubernetes/pkg/controller/deployment/rolling.go).
    """
    new, old = numbers.new, numbers.old
    while True:
        more = min(limits.at_most(desired) - new - old, desired - new)
        if more > 0:
            new += more
            continue
        least = limits.at_least(desired)
        fewer = min(old, new + old - least - (new - available), old + available - least)
        if fewer <= 0:
            return Numbers(new, old)
        old -= fewer


def course(steps: Iterable[Step], desired: int, limits: Limits) -> tuple[Stop, ...]:
    """Where it will be held, step by step, as far as that can be told before; steps that are reached together are one.
    A step that leaves no old Pod is not held: nothing could be compared.
    """
    known = tuple(steps)
    numbers, available, stops = Numbers(0, desired), 0, list[Stop]()
    while (index := following(known, desired, numbers.new)) is not None:
        before, wanted = numbers, known[index].pods(desired)
        numbers = waits_at(desired, limits, numbers, available)
        available = numbers.new
        if numbers == before or not numbers.old:
            break
        if numbers.new >= wanted:
            reached = [one for one in known[index:] if one.pods(desired) <= numbers.new]
            stops.append(Stop(", ".join(one.said for one in reached), wanted, numbers))
    return tuple(stops)
