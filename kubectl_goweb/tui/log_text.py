"""The line above a log: whose it is, from when, how many lines, how far it can be trusted. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content

from kubectl_goweb.kube.log_tail import LogState, Stream, Target
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui.log_view import LogView
from kubectl_goweb.tui.words import line

_TONES = {
    LogState.CONNECTING: Tone.BUSY,
    LogState.FOLLOWING: Tone.GOOD,
    LogState.WAITING: Tone.BUSY,
    LogState.ENDED: Tone.FAINT,
    LogState.LOST: Tone.WARN,
    LogState.DENIED: Tone.BAD,
}


def state_line(
    view: LogView,
    *,
    title: str,
    part: str,
    states: Mapping[LogState, int],
    trouble: tuple[Target, Stream] | None,
    left_out: int,
    width: int,
    ascii_only: bool,
) -> Content:
    """One line, and a second one for what is wrong with a stream."""
    gap = (" | " if ascii_only else " · ", Tone.FAINT)
    told = line(("logs of ", Tone.FAINT), (title, "bold"), gap, (part, Tone.FAINT))
    containers = [(f"{count} {state}", _TONES[state]) for state, count in states.items()]
    if not containers:
        containers = [("no containers", Tone.FAINT)]
    for one in containers:
        told += line(gap, one)
    if left_out:
        told += line(gap, (f"{left_out} more are not read", Tone.WARN))
    kept, shown = len(view.buffer.lines), len(view.lines)
    count = f"{kept:,} lines" if shown == kept else f"{shown:,} of {kept:,} lines"
    told += line(gap, count)
    if view.buffer.dropped:
        told += line(gap, (f"{view.buffer.dropped:,} older ones dropped", Tone.WARN))
    if view.filter.typed.strip():
        told += line(gap, (f"{'around' if view.shows_all else 'with'} {view.filter.typed.strip()!r}", Tone.WARN))
    if view.filter.problem:
        told += line(gap, (plain(view.filter.problem), Tone.BAD))
    if not view.is_following and view.lines:
        told += line(gap, (f"stopped at {view.seen[1]:,}; f follows", Tone.HELD))
    told = told.truncate(width, ellipsis=not ascii_only)
    if trouble is not None:
        target, stream = trouble
        why = line((f"{plain(target.pod)}: {plain(stream.why)}", _TONES[stream.state]))
        told += "\n" + why.truncate(width, ellipsis=not ascii_only)
    return told
