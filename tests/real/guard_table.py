"""The measured table in docs/guard.md. A run writes it: `WRITE_GUARD_TABLE=1 pytest tests/real/test_guard.py`."""

from collections.abc import Iterable
from pathlib import Path

from .guard_play import PROMISED, Played

PAGE = Path(__file__).parents[2] / "docs" / "guard.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_TITLES = (
    "scenario",
    "verdict",
    "exit",
    "told after",
    "`kubectl rollout status` then",
    "what is done",
    "available again after",
    "lowest available",
)


def write(played: Iterable[Played]) -> None:
    """Put the rows of this run between the marks; the rest of the page is written by people."""
    head, rest = PAGE.read_text().split(BEGIN)
    _, tail = rest.split(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(played)}\n{END}{tail}")


def table(played: Iterable[Played]) -> str:
    """One row a scenario."""
    rows = [_TITLES, tuple("---" for _ in _TITLES), *(_row(one) for one in played)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(one: Played) -> tuple[str, ...]:
    report = one.report
    note = f" ({one.scenario.why})" if one.scenario.why else ""
    verdict = f"{report['outcome']} `{report['code']}`" if report["code"] else str(report["outcome"])
    if report["timedOut"]:
        verdict = "timed out"
    back = f"{report['wayBackTook']:.1f} s" if report["action"] == "rolled-back" else ""
    return (
        f"{one.scenario.name}{note}",
        verdict,
        str(one.code),
        f"{one.verdict_after:.1f} s",
        _kubectl(one),
        {"none": "nothing", "refused": "rollback refused"}.get(report["action"], report["action"]),
        back,
        f"{one.lowest} of {PROMISED} promised",
    )


def _kubectl(one: Played) -> str:
    said = one.kubectl_said.removeprefix('Waiting for deployment "web" rollout to finish: ').rstrip(".")
    if one.kubectl_was_waiting:
        ends = ""
        if one.kubectl_after is not None and one.scenario.action != "rolled-back":
            ends = f"; ends after {one.kubectl_after:.1f} s with exit {one.kubectl_code}"
        return f"waits: {said}{ends}"
    return f"had said: {said} (exit {one.kubectl_code})"
