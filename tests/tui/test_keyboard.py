"""Keys that come faster than they are done."""

from __future__ import annotations

from textual.events import Key

from kubectl_goweb.actions.requests import Scale
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.screens.pods import PodsScreen
from tests.tui.shop import snapshot
from tests.tui.sources import Given, program, screen_text, shown, until


def type_at_once(app: GowebApp, *keys: str) -> None:
    for key in keys:
        app.post_message(Key(key, key if len(key) == 1 else ":" if key == "colon" else None))


async def test_a_command_that_comes_at_once_is_done() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, source)
        type_at_once(app, "colon", *"pods", "enter")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))


async def test_what_is_typed_for_a_dialog_before_it_is_there_goes_into_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, source)
        type_at_once(app, "home", "s", "1", "2", "enter")
        await until(pilot, lambda: bool(source.requests))
        assert source.requests == [Scale(Ref("Deployment", "api", "shop"), 12)]
        assert not source.restarts, "elsewhere a digit is a namespace"


async def test_a_key_held_down_moves_as_often_as_it_came() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, source)
        type_at_once(app, "colon", *"pods", "enter", *"jjj", "k", "enter")
        await until(pilot, lambda: "Containers" in screen_text(app))
