"""The table: its selection is an object, and only what changed is repainted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import Screen

from kubectl_goweb.tables import Cell, Column, Row, Table, Tone
from kubectl_goweb.tui.live_table import LiveTable
from tests.tui.shop import snapshot
from tests.tui.sources import Clock, Given, program, shown

COLUMNS = (Column("name", "NAME"), Column("ready", "READY", right=True), Column("why", "WHY", elastic=True))


def row(name: str, ready: str = "1/1", why: str = "", tone: Tone = Tone.PLAIN) -> Row:
    return Row(f"Pod/shop/{name}", (Cell(name), Cell(ready), Cell(why, tone)))


def table(names: Iterable[str]) -> Table:
    return Table(COLUMNS, tuple(row(name) for name in names))


def names(count: int) -> list[str]:
    return [f"web-{number:03}" for number in range(count)]


class Recorded(LiveTable):
    """Notes which of its lines were asked to be repainted; None stands for all."""

    def __init__(self) -> None:
        super().__init__()
        self.repainted: list[int | None] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Recorded:
        if hasattr(self, "repainted") and repaint:
            self.repainted += [region.y for region in regions] or [None]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class Stage(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = Recorded()
        self.opened: list[str] = []
        self.selections: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        self.opened.append(message.key)

    def on_live_table_selected(self, message: LiveTable.Selected) -> None:
        self.selections.append(message.key)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.rstrip() for y in range(self.table.size.height)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_selection_stays_on_its_object_when_rows_are_inserted_above(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["b", "d"]))
        await pilot.press("down")
        assert stage.table.selected == "Pod/shop/d"

        stage.table.show(table(["a", "b", "c", "d"]))
        await pilot.press("enter")

        assert stage.opened == ["Pod/shop/d"]


async def test_selection_stays_on_its_object_when_rows_are_sorted_anew(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["a", "b", "c"]))
        stage.table.show(table(["c", "b", "a"]))
        await pilot.press("enter")

        assert stage.opened == ["Pod/shop/a"]


@pytest.mark.parametrize(
    ("left", "expected"),
    [(["a", "b", "d", "e"], "d"), (["a", "b"], "b"), (["e"], "e"), (["x"], "x"), ([], "")],
)
async def test_nearest_row_is_selected_when_the_object_goes(stage: Stage, left: list[str], expected: str) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["a", "b", "c", "d", "e"]))
        await pilot.press("down", "down")

        stage.table.show(table(left))
        await pilot.pause()

        assert stage.table.selected == (f"Pod/shop/{expected}" if expected else "")
        assert stage.selections[-1] == stage.table.selected


async def test_selected_line_stays_put_on_the_screen_while_rows_come_in_above(stage: Stage) -> None:
    async with stage.run_test(size=(60, 12)) as pilot:
        stage.table.show(table(names(100)))
        stage.table.select("Pod/shop/web-050")
        await pilot.pause()
        line = stage.lines().index("▸ web-050    1/1")

        stage.table.show(table(["web-000a", "web-000b", *names(100)]))
        await pilot.pause()

        assert stage.lines()[line].startswith("▸ web-050")


async def test_table_that_shrinks_under_a_scrolled_view_shows_its_rows(stage: Stage) -> None:
    async with stage.run_test(size=(60, 12)) as pilot:
        stage.table.show(table(names(100)))
        await pilot.press("end")
        stage.table.show(table(names(3)))
        await pilot.pause()

        assert stage.lines()[:4] == [
            "  NAME     READY",
            "  web-000    1/1",
            "  web-001    1/1",
            "▸ web-002    1/1",
        ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["end"], 99), (["G"], 99), (["end", "home"], 0), (["end", "g"], 0), (["pagedown"], 10), (["ctrl+f"], 10),
        (["pagedown", "pagedown", "pageup"], 10), (["j", "j", "k"], 1), (["up"], 0), (["end", "down"], 99),
    ],
)  # fmt: skip
async def test_keys_move_the_selection_and_it_is_always_seen(stage: Stage, keys: list[str], expected: int) -> None:
    async with stage.run_test(size=(60, 12)) as pilot:
        stage.table.show(table(names(100)))
        await pilot.press(*keys)

        assert stage.table.selected == f"Pod/shop/web-{expected:03}"
        assert any(line.startswith(f"▸ web-{expected:03}") for line in stage.lines())


async def test_header_stays_while_rows_scroll(stage: Stage) -> None:
    async with stage.run_test(size=(60, 12)) as pilot:
        stage.table.show(table(names(100)))
        await pilot.press("end")

        assert stage.lines()[0] == "  NAME     READY"
        assert stage.lines()[-1] == "▸ web-099    1/1"


async def test_click_selects_and_double_click_opens(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["a", "b", "c"]))
        await pilot.pause()
        await pilot.click(stage.table, offset=(4, 2))
        assert (stage.table.selected, stage.opened) == ("Pod/shop/b", [])

        await pilot.click(stage.table, offset=(4, 3), times=2)
        assert stage.opened == ["Pod/shop/c"]


async def test_click_on_header_or_below_the_rows_selects_nothing(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["a", "b"]))
        await pilot.pause()
        await pilot.click(stage.table, offset=(4, 0))
        await pilot.click(stage.table, offset=(4, 9))

        assert stage.table.selected == "Pod/shop/a"


async def test_wheel_scrolls_without_touching_the_selection(stage: Stage) -> None:
    async with stage.run_test(size=(60, 12)) as pilot:
        stage.table.show(table(names(100)))
        await pilot.pause()
        stage.table.scroll_to(y=40, animate=False)
        await pilot.pause()

        assert stage.lines()[1].startswith("  web-040")
        assert stage.table.selected == "Pod/shop/web-000"


async def test_filter_keeps_rows_that_contain_the_text_in_any_cell_and_any_case(stage: Stage) -> None:
    async with stage.run_test():
        stage.table.show(Table(COLUMNS, (row("api"), row("web", why="CrashLoopBackOff"), row("crash-test"))))
        stage.table.narrow("CRASH")

        assert [one.key for one in stage.table.rows] == ["Pod/shop/web", "Pod/shop/crash-test"]
        assert stage.table.total == 3


async def test_filter_stays_on_when_rows_change(stage: Stage) -> None:
    async with stage.run_test():
        stage.table.show(table(["api", "web-1"]))
        stage.table.narrow("web")
        stage.table.show(table(["api", "web-1", "web-2"]))
        assert [one.key for one in stage.table.rows] == ["Pod/shop/web-1", "Pod/shop/web-2"]

        stage.table.narrow("")
        assert len(stage.table.rows) == 3


async def test_selection_survives_the_filter(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["api", "mail", "web"]))
        await pilot.press("end")
        stage.table.narrow("web")
        stage.table.narrow("")

        assert stage.table.selected == "Pod/shop/web"


async def test_only_changed_lines_are_repainted(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(Table(COLUMNS, (row("a", why="waits"), row("b"), row("c"))))
        await pilot.pause()
        stage.table.repainted.clear()

        stage.table.show(Table(COLUMNS, (row("a", why="waits"), row("b", "0/1"), row("c"))))

        assert stage.table.repainted == [2]


async def test_nothing_is_repainted_when_nothing_changed(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(names(50)))
        await pilot.pause()
        stage.table.repainted.clear()

        stage.table.show(table(names(50)))

        assert stage.table.repainted == []


async def test_a_second_that_goes_by_paints_no_whole_screen() -> None:
    source, clock = Given(snapshot()), Clock()
    app = program(source, clock=clock)
    async with app.run_test() as pilot:
        await shown(pilot, source)
        painted: list[str] = []
        screen, refresh = app.screen, app.screen.refresh

        def noted(*regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Screen[Any]:
            painted.append(f"{regions} {repaint} {layout}")
            return refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

        screen.refresh = noted  # type: ignore[method-assign]  # Textual's own, on this one screen
        clock.time += timedelta(seconds=1)
        source.give(snapshot())
        await shown(pilot, source)
        assert painted == []


async def test_rows_that_go_while_a_filter_is_typed_lay_no_screen_out_anew() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test() as pilot:
        await shown(pilot, source)
        await pilot.press("P", "/")
        await pilot.pause()
        table = app.screen.query_one(LiveTable)
        laid_out: list[Screen[object]] = []
        app.screen.screen_layout_refresh_signal.subscribe(table, laid_out.append)
        before = len(table.rows)
        await pilot.press("2", "b", "v")

        assert 0 < len(table.rows) < before
        assert laid_out == []


async def test_scrollbar_follows_the_rows_of_a_table_that_keeps_its_place(stage: Stage) -> None:
    async with stage.run_test(size=(40, 10)) as pilot:
        stage.table.styles.height = "1fr"
        seen = []
        for count in (100, 50, 3):
            stage.table.show(table(names(count)))
            await pilot.pause()
            seen.append((stage.table.max_scroll_y, stage.table.show_vertical_scrollbar))

        assert seen == [(91, True), (41, True), (0, False)]
        assert stage.lines()[3] == "  web-002    1/1"


async def test_move_of_the_selection_repaints_two_lines(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(names(5)))
        await pilot.pause()
        stage.table.repainted.clear()

        await pilot.press("down")

        assert stage.table.repainted == [1, 2]


async def test_columns_do_not_wobble_when_texts_get_a_little_shorter(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["api-123", "b"]))
        await pilot.pause()
        before = stage.lines()[0]
        stage.table.show(table(["api-1", "b"]))

        assert stage.lines()[0] == before


async def test_columns_narrow_again_when_a_long_text_has_gone(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table(["a-very-long-name", "b"]))
        await pilot.pause()
        stage.table.show(table(["api", "b"]))

        assert stage.lines()[0] == "  NAME  READY"


async def test_hostile_text_is_shown_as_it_stands(stage: Stage) -> None:
    async with stage.run_test(size=(60, 8)) as pilot:
        stage.table.show(Table(COLUMNS, (row("web", why="[/] [red]not markup[/red] 日本語"),)))
        await pilot.pause()

        assert stage.lines()[1] == "▸ web     1/1  [/] [red]not markup[/red] 日本語"


@pytest.mark.parametrize("width", [8, 13, 20, 21, 38, 39])
async def test_every_line_is_exactly_as_wide_as_the_table(stage: Stage, width: int) -> None:
    async with stage.run_test(size=(width, 8)) as pilot:
        stage.table.show(Table(COLUMNS, (row("日本語-web", why="読み込み中 👩‍👩‍👧 [/]"), row("b" * 50))))
        await pilot.pause()

        assert {stage.table.render_line(y).cell_length for y in range(8)} == {stage.table.size.width}


async def test_an_empty_table_is_blank_and_opens_nothing(stage: Stage) -> None:
    async with stage.run_test() as pilot:
        stage.table.show(table([]))
        await pilot.press("enter", "down", "end", "pageup")

        assert stage.opened == []
        assert set(stage.lines()) == {""}
