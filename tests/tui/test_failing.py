"""A mistake of the program itself ends it at once; who started it tells it. A key that finds nothing is no mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from textual.widget import Widget

from kubectl_goweb.tui.details import Details
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from tests.tui.shop import snapshot
from tests.tui.sources import Given, program, screen_text, shown, until


class Texts(ViewScreen):
    """A screen without a table."""

    AUTO_FOCUS = "Details"

    def body(self) -> Iterable[Widget]:
        return (Details("Story", id="details"),)

    def prepare(self, view: View) -> Callable[[], None]:
        return lambda: None

    def action_copy(self) -> None:
        raise RuntimeError("boom [/]")


async def test_a_mistake_ends_what_is_waited_for_and_is_kept_for_the_log() -> None:
    source = Given(snapshot())
    app = program(source)

    async def fails() -> None:
        async with app.run_test(size=(100, 30)) as pilot:
            await shown(pilot, source)
            first = app.screen
            assert isinstance(first, ViewScreen)
            app.push_screen(Texts(first.stage))
            await pilot.pause()
            await pilot.press("slash")  # there are no rows to filter
            assert "Filter" not in screen_text(app).splitlines()[-1]
            assert not app.screen.query_one("#filter").display
            await pilot.press("c")

    with pytest.raises(RuntimeError, match="boom"):
        await fails()
    assert isinstance(app.failure, RuntimeError)
    assert source.is_closed


async def test_a_dialog_that_is_done_closes_itself_and_nothing_that_lies_on_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(100, 30)) as pilot:
        await shown(pilot, source)
        first, answers = app.screen, list[str | None]()
        assert isinstance(first, ViewScreen)
        dialog: Dialog[str | None] = Dialog()
        app.push_screen(dialog, answers.append)
        app.push_screen(above := Texts(first.stage))
        await pilot.pause()
        dialog.dismiss("done")
        await pilot.pause()
        assert app.screen is above

        await pilot.press("escape")
        await until(pilot, lambda: app.screen is first)
        assert answers == ["done"]
        dialog.dismiss("once more")  # it is gone: what lies there now stays
        await pilot.press("escape", "escape")
        assert app.screen is first


async def test_a_clock_that_ticks_after_the_last_screen_has_gone_is_no_mistake() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test() as pilot:
        await shown(pilot, source)
    assert not app.screen_stack

    app._tick()

    assert app.failure is None
