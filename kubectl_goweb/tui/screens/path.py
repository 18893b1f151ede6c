"""The way of a request to an object, hop by hop: by the objects and as it answers, asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.live_paths import Checked, Traced, disagreements, live_answer
from kubectl_goweb.status.paths import Hop, HopState, answer
from kubectl_goweb.tables import Tone
from kubectl_goweb.tables.paths import deciding, hop_tone, in_order, path_hops
from kubectl_goweb.tui.asking_again import AskingAgainScreen
from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.words import hanging, line


class PathScreen(AskingAgainScreen):
    every = 10.0

    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage, key)
        self._summary = Summary()
        self._panel = stage.panel("Hops", "all-problems")
        self._details = Details("Hop", id="details")
        self._found: tuple[Traced, ...] = ()
        self._is_first = True

    def body(self) -> Iterable[Widget]:
        return (self._summary, Container(self._panel, self._details, id="halves"))

    def ask(self) -> Callable[[], None]:
        found = self.stage.source.trace(self.ref)
        rows = path_hops(found, signs=not self.stage.ascii_only)
        none = "" if found else f"no Service and no Ingress leads to {plain(self.ref.short)}"

        def paint() -> None:
            self._found = found
            self._summary.show(self._summarized)
            self._panel.show(rows, notice=none)
            if self._is_first:
                self._is_first = False
                marked = [row for row in rows.rows if row.cells[2].text]
                # What the objects say is mended in the objects; what answers follows from it.
                marked.sort(key=lambda row: row.cells[1].text.startswith(" "))
                if broken := next((row.key for row in marked), ""):
                    self._panel.table.select(broken)
            self._tell()

        return paint

    def failed(self, sentence: str) -> None:
        self._panel.show(path_hops((), signs=not self.stage.ascii_only), notice=plain(sentence))

    def on_live_table_selected(self) -> None:
        self.refresh_bindings()
        self._tell()

    def _summarized(self, width: int) -> Iterator[Content]:
        for told in self._found:
            static, live = answer(told.hops), live_answer(told.live)
            asked = ", ".join(one.what for one in told.live if one.state is HopState.OK)
            yield line(
                (plain(told.route.title), "bold"),
                ("  by the objects ", Tone.FAINT),
                (_word(static.state, static.what, "every hop is right"), hop_tone(static.state)),
                ("   live ", Tone.FAINT),
                ("nothing could be asked", Tone.WARN)
                if live is None
                else (_word(live.state, live.what, f"right: {asked}"), hop_tone(live.state)),
            )

    def _tell(self) -> None:
        where, _, place = self._panel.table.selected.partition("#")[2].partition(".")
        if not where or int(where) >= len(self._found):
            return
        told = self._found[int(where)]
        hops = list(in_order(told))
        one = hops[int(place)] if place and int(place) < len(hops) else None
        self._details.show(lambda width: self._written(told, one, width))

    def _written(self, told: Traced, one: Hop | Checked | None, width: int) -> Iterator[Content]:
        if one is not None:
            head = one.what if isinstance(one, Hop) else f"{one.what}, live"
            yield line((head, "bold"), "  ", (one.state, hop_tone(one.state)))
            yield hanging(line("  "), line(plain(one.text)), width)
            if isinstance(one, Checked) and one.way:
                yield line(("  asked  ", Tone.FAINT), plain(one.way))
            if one.object is not None:
                where = f" in {plain(one.object.namespace)}" if one.object.namespace else ""
                yield line(
                    ("  object ", Tone.FAINT), plain(one.object.short), where, ("  Enter goes to it", Tone.FAINT)
                )
            yield Content("")
        for broken in deciding(told):
            said = "by the objects" if isinstance(broken, Hop) else "live"
            yield hanging(
                line((f"{said}: ", Tone.FAINT)), line((f"{broken.what}: {plain(broken.text)}", Tone.BAD)), width
            )
        for sentence in disagreements(told):
            yield hanging(line(("they disagree: ", Tone.FAINT)), line((plain(sentence), Tone.WARN)), width)


def _word(state: HopState, what: str, right: str) -> str:
    return {HopState.OK: right, HopState.BROKEN: f"broken: {what}", HopState.UNKNOWN: f"not known: {what}"}[state]
