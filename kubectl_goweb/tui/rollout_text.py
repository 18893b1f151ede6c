"""Where a workload's rollout stands, drawn: phase, old and new Pods as bars, limits, deadline. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from textual.content import Content

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.eta import about, eta
from kubectl_goweb.status.verdicts import Phase
from kubectl_goweb.status.weight import weight
from kubectl_goweb.status.workloads import Revision, Workload
from kubectl_goweb.tables import ASCII_SIGNS, SIGNS, Tone, phase_tone, short_image, verdict_tone
from kubectl_goweb.tui.feeds import clock
from kubectl_goweb.tui.words import line

_BAR_LEAST, _BAR_MOST = 10, 60


def summary(
    workload: Workload, now: datetime, width: int, zone: tzinfo | None, *, ascii_only: bool
) -> tuple[Content, ...]:
    """The lines above everything else that is told of a workload, for a screen of `width` cells."""
    sign = (ASCII_SIGNS if ascii_only else SIGNS)[workload.verdict]
    tone = verdict_tone(workload.verdict)
    head = line(
        (plain(workload.ref.short), "bold"),
        ("  in ", Tone.FAINT),
        plain(workload.ref.namespace),
        "   ",
        (f"{sign} {workload.verdict}", tone),
        (f"  {plain(workload.why)}" if workload.why else "", tone),
    )
    return (
        head,
        _phase(workload, now, zone, ascii_only=ascii_only),
        *_end(workload, now, ascii_only=ascii_only),
        *_bars(workload, width, ascii_only=ascii_only),
        *_held(workload),
        _counts(workload),
    )


def _phase(workload: Workload, now: datetime, zone: tzinfo | None, *, ascii_only: bool) -> Content:
    rollout, gap = workload.rollout, " | " if ascii_only else " · "
    message = "" if rollout.message in workload.why else plain(rollout.message)
    told = line(
        ("rollout ", Tone.FAINT),
        f"of revision {rollout.revision}  " if rollout.revision else "",
        (str(rollout.phase), phase_tone(rollout.phase)),
        f": {message}" if message else "",
    )
    if rollout.started is not None:
        told += line((gap, Tone.FAINT), f"started {clock(rollout.started, zone)} ({age(rollout.started, now)} ago)")
    return told


def _end(workload: Workload, now: datetime, *, ascii_only: bool) -> Iterable[Content]:
    """When it will be done and how that is known; how long the controller will wait for progress."""
    found, until, gap = eta(workload, now), workload.rollout.deadline, (" | " if ascii_only else " · ", Tone.FAINT)
    if found is None:
        return
    if found.at is not None:
        told = line(
            ("done ", Tone.FAINT), (about((found.at - now).total_seconds()), "bold"), (f"  {found.why}", Tone.FAINT)
        )
    elif workload.rollout.phase is Phase.UPDATING:
        told = line(("done ", Tone.FAINT), "not known yet", (f"  {found.why}", Tone.FAINT))
    else:
        told = line(("done ", Tone.FAINT), ("not to be expected", Tone.BAD))
    if until is not None:
        told += line(gap) + deadline(until, now)
        if found.misses_deadline:
            told += line(", ", ("will miss it", Tone.BAD))
    yield told


def deadline(at: datetime, now: datetime) -> Content:
    """How long until the controller gives up."""
    left = int((at - now).total_seconds())
    if left < 0:
        return line(("deadline passed", Tone.BAD))
    return line(f"deadline in {left // 60}:{left % 60:02}")


def _bars(workload: Workload, width: int, *, ascii_only: bool) -> Iterable[Content]:
    """A bar for the current revision and for every other one that still has Pods, newest first, on one scale."""
    shown = [one for one in workload.revisions if one.is_current or one.existing]
    if not shown:
        return
    counts, limits = workload.counts, workload.rollout.limits
    scale = max(limits.at_most(counts.desired) if limits else counts.desired, sum(one.existing for one in shown), 1)
    several = len(shown) > 1
    labels = [_label(one, several=several) for one in shown]
    label_width = max(len(label) for label in labels)
    told = [f"{_pods(one.existing)}, {one.ready} ready, {one.available} available" for one in shown]
    room = min(max(width - label_width - max(map(len, told)) - 4, _BAR_LEAST), _BAR_MOST)
    for one, label, text in zip(shown, labels, told, strict=True):
        tone = Tone.FAINT if several and not one.is_current else Tone.PLAIN
        unready = phase_tone(workload.rollout.phase) if one.is_current else Tone.WARN
        drawn = bar(one, scale, room, unready=unready, ascii_only=ascii_only)
        yield line((label.ljust(label_width), tone), "  ") + drawn + f"  {text}"
    if limits is not None and workload.rollout.phase is not Phase.SUCCEEDED:
        marks = (limits.at_least(counts.desired), limits.at_most(counts.desired))
        yield line(
            ("limits".ljust(label_width), Tone.FAINT),
            "  ",
            (_marks(marks, scale, room, ascii_only=ascii_only), Tone.FAINT),
        )


def _marks(limits: tuple[int, int], scale: int, room: int, *, ascii_only: bool) -> str:
    """Where the least that must be available and the most that may exist lie below the bars."""
    cells = [" "] * room
    for count in limits:
        place = min(round(count * room / scale), room) - 1
        if place >= 0:
            cells[place] = "^" if ascii_only else "╵"
    return f"{''.join(cells)}  at least {limits[0]}, at most {limits[1]} Pods"


def _label(one: Revision, *, several: bool) -> str:
    word = ("new  " if one.is_current else "old  ") if several else ""
    images = ", ".join(short_image(image) for image in one.images)
    return plain(f"{word}rev {one.number}  {images}")


def bar(one: Revision, scale: int, room: int, *, unready: Tone, ascii_only: bool) -> Content:
    """A revision's Pods in `room` cells, of which `scale` Pods would fill all: available, only ready, not ready."""
    full, half, weak, empty = "#+-." if ascii_only else "█▓░·"
    edges = [
        round(min(count, scale) * room / scale)
        for count in (one.available, max(one.ready, one.available), max(one.existing, one.ready, one.available))
    ]
    return line(
        (full * edges[0], Tone.GOOD),
        (half * (edges[1] - edges[0]), Tone.BUSY),
        (weak * (edges[2] - edges[1]), unready),
        (empty * (room - edges[2]), Tone.FAINT),
    )


def _held(workload: Workload) -> Iterable[Content]:
    """How much a rollout carries that is held on its way, as a canary is."""
    carried = weight(workload) if workload.paused else None
    if carried is not None:
        yield line(("held ", Tone.HELD), carried.words)


def _counts(workload: Workload) -> Content:
    counts, limits = workload.counts, workload.rollout.limits
    told = f"{counts.desired} desired, {counts.updated} updated, {counts.ready} ready, {counts.available} available"
    if limits is None or workload.rollout.phase is not Phase.SUCCEEDED:
        return line(told)  # limits are drawn below the bars
    least, most = limits.at_least(counts.desired), limits.at_most(counts.desired)
    return line(told, (f" (at least {least} available, at most {most} Pods)", Tone.FAINT))


def _pods(count: int) -> str:
    return "1 Pod" if count == 1 else f"{count} Pods"
