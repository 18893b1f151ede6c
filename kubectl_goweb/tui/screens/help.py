"""The keys that work on the screen below, read from its bindings."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from kubectl_goweb.status.verdicts import Verdict
from kubectl_goweb.tables import ASCII_SIGNS, SIGNS, Tone, verdict_tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.words import hanging, line, lines

_WIDTH = 72
"""Cells in the box; narrower terminals wrap once more."""
_VERDICTS = {
    Verdict.HEALTHY: "all that is wanted is available",
    Verdict.IDLE: "scaled to 0",
    Verdict.PROGRESSING: "on its way, nothing is known to be wrong",
    Verdict.PAUSED: "held back on purpose",
    Verdict.UNKNOWN: "what would have to be known is missing",
    Verdict.DEGRADED: "serves, with less than it should have",
    Verdict.FAILING: "does not serve, or its rollout cannot succeed",
}


class HelpScreen(Dialog[None]):
    BINDINGS = keys.bindings((*keys.HELP, *keys.SCROLL))
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, below: Screen[object], *, ascii_only: bool) -> None:
        super().__init__()
        self._told = lines(_help(below, ascii_only=ascii_only))

    def compose(self) -> ComposeResult:
        box = VerticalScroll(Static(self._told, markup=False), id="help", classes="dialog")
        box.border_title = "Keys"
        yield box


def _help(screen: Screen[object], *, ascii_only: bool) -> Iterable[Content]:
    active: dict[str, list[str]] = {}
    for one in screen.active_bindings.values():
        if one.binding.id is not None:
            shown = screen.app.get_key_display(one.binding)
            displays = active.setdefault(one.binding.id, [])
            if shown not in displays:
                displays.append(shown)
    for title, group in keys.GROUPS:
        here = [key for key in group if key.id in active]
        if here:
            yield line((title, "bold $tone-faint"))
            said: dict[str, list[str]] = {}
            for key in here:
                said.setdefault(key.says, []).extend(active[key.id])
            for says, found in said.items():
                shown = " ".join(found) if len(found) < 6 else f"{found[0]} to {found[-1]}"
                yield hanging(line((f"  {shown:<10}", "$tone-busy bold"), " "), line(says), _WIDTH)
            yield Content("")
    yield line(("verdicts", "bold $tone-faint"))
    for verdict, sign in (ASCII_SIGNS if ascii_only else SIGNS).items():
        yield line("  ", (f"{sign} {verdict:<12}", verdict_tone(verdict)), _VERDICTS[verdict])
    yield line("  ", ("faint rows  ", Tone.FAINT), "what was known when the API server was last heard of")
