"""What poor terminals get: sixteen colours, 256, only ASCII."""

from __future__ import annotations

import re

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.color import Color, ColorSystem
from rich.color_triplet import ColorTriplet
from textual.theme import Theme

from kubectl_goweb.settings import Settings
from kubectl_goweb.tui import theme
from tests.tui.shop import snapshot
from tests.tui.sources import Given, program, screen_text, shown, until

SIXTEEN = theme.themes("standard")


def colours(one: Theme) -> set[str]:
    fields = (one.primary, one.secondary, one.accent, one.success, one.warning, one.error)
    backs = (one.foreground, one.background, one.surface, one.panel)
    return {text for text in (*fields, *backs, *one.variables.values()) if text and text.startswith("#")}


@pytest.mark.parametrize("one", SIXTEEN, ids=lambda one: str(one.name))
def test_with_sixteen_colours_each_is_one_that_the_terminal_has(one: Theme) -> None:
    for text in colours(one):
        triplet = ColorTriplet(*(int(part, 16) for part in re.findall("..", text[1:])))
        number = Color.from_triplet(triplet).downgrade(ColorSystem.STANDARD).number
        assert number is not None
        assert STANDARD_PALETTE[number] == triplet, "it would become another one"


@pytest.mark.parametrize("one", SIXTEEN, ids=lambda one: str(one.name))
def test_with_sixteen_colours_good_warn_and_bad_differ_from_each_other_and_from_plain_text(one: Theme) -> None:
    tones = [one.variables[f"tone-{name}"] for name in ("good", "warn", "bad", "held")]
    assert len({*tones, one.foreground}) == 5
    assert not {*tones} & {one.background, one.panel, one.variables["row-cursor"]}


@pytest.mark.parametrize("of", ["standard", "256", "truecolor"])
def test_every_terminal_has_the_same_themes_with_the_same_variables(of: str) -> None:
    full = {one.name: set(one.variables) for one in theme.themes()}
    assert {one.name: set(one.variables) for one in theme.themes(of)} == full


async def test_with_ascii_alone_long_texts_are_there_in_a_small_terminal() -> None:
    source = Given(snapshot())
    app = program(source, settings=Settings(ascii=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter")
        await until(pilot, lambda: "GW-POD-CRASHLOOP" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "danger" in screen_text(app))
        assert screen_text(app).isascii()
