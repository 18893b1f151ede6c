"""A job as lines of text: its stages, what is under way, what became of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from textual.content import Content

from kubectl_goweb.delivery.image.context import megabytes
from kubectl_goweb.delivery.image.events import Transfer
from kubectl_goweb.delivery.jobs.job import Picture, Stand
from kubectl_goweb.delivery.jobs.story import Stage
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.words import hanging, line, table_lines

_COLUMNS = (
    Column("stage", "STAGE"),
    Column("outcome", "OUTCOME"),
    Column("time", "TIME", right=True),
    Column("expected", "EXPECTED", spare=1),
    Column("note", "NOTE", elastic=True),
)
_LOOKS = {
    "waiting": ("○", "o", Tone.FAINT),
    "not run": ("○", "o", Tone.FAINT),
    "running": ("◐", "~", Tone.BUSY),
    "passed": ("✔", "+", Tone.GOOD),
    "failed": ("✖", "x", Tone.BAD),
    "blocked": ("✖", "x", Tone.BAD),
    "timed out": ("✖", "x", Tone.BAD),
}
_OTHER = ("▲", "!", Tone.WARN)
_GOOD = ("passed", "skipped")
_STEPS = 3


def job_lines(title: str, picture: Picture, width: int, *, ascii_only: bool) -> Iterator[Content]:
    """What a job's screen says above what the job prints."""
    tone = job_tone(picture)
    verb = "after" if picture.stand.is_over else "for"
    yield line((plain(title), "bold"), "   ", (str(picture.stand), tone), f" {verb} {picture.seconds:.0f} s")
    rows = tuple(_row(one, picture.now, ascii_only=ascii_only) for one in picture.stages)
    yield from table_lines(Table(_COLUMNS, rows), width, ellipsis="~" if ascii_only else "…")
    for step, seconds in picture.steps[-_STEPS:]:
        yield line(("  now ", Tone.FAINT), plain(step.name, 200), (f"  {seconds:.0f} s", Tone.BUSY))
    if told := transfer_words(picture.transfers):
        yield line(("  now ", Tone.FAINT), told)
    if picture.question is not None:
        yield hanging(line("  "), line((plain(picture.question.question), Tone.WARN)), width)
    if picture.result:
        yield hanging(line("  "), line((plain(picture.result), tone)), width)


def job_tone(picture: Picture) -> Tone:
    """How good it is. What is done with a stage that could not tell, as a scan without a scanner, is not all good."""
    match picture.stand:
        case Stand.DONE:
            is_good = all(one.outcome in _GOOD for one in picture.stages)
            return Tone.GOOD if is_good else Tone.WARN
        case Stand.FAILED:
            return Tone.BAD
        case Stand.ASKING | Stand.CANCELLED | Stand.DECLINED:
            return Tone.WARN
        case Stand.RUNNING | Stand.CANCELLING:
            return Tone.BUSY
        case _:
            assert_never(picture.stand)


def _row(stage: Stage, now: float, *, ascii_only: bool) -> Row:
    sign, ascii_sign, tone = _LOOKS.get(stage.outcome, _OTHER)
    seconds = now - stage.began if stage.outcome == "running" else stage.seconds
    return Row(
        stage.name,
        (
            Cell(f"  {plain(stage.name)}"),
            Cell(f"{ascii_sign if ascii_only else sign} {plain(stage.outcome)}", tone),
            Cell(f"{seconds:.1f} s" if seconds else ""),
            Cell(f"expected: {plain(stage.expected)}" if stage.expected else "", Tone.FAINT),
            Cell(plain(stage.note)),
        ),
    )


def transfer_words(transfers: tuple[Transfer, ...]) -> str:
    """All transfers as one: how many bytes of how many; empty when no length is known."""
    known = [one for one in transfers if one.total]
    if not known:
        return ""
    done, total = sum(min(one.current, one.total) for one in known), sum(one.total for one in known)
    return f"{plain(known[-1].state)} {megabytes(done)} of {megabytes(total)} ({done * 100 // max(1, total)} %)"
