"""Commands, back and forth, digits, copying: finding the way."""

from __future__ import annotations

import weakref
from datetime import timedelta

import pytest
from textual.screen import Screen

from kubectl_goweb.errors import SettingsError
from kubectl_goweb.settings import Settings
from kubectl_goweb.tui import keys, theme
from kubectl_goweb.tui.clipboard import sequence
from kubectl_goweb.tui.commands import Call, Choices, call, completions
from kubectl_goweb.tui.live_table import LiveTable
from kubectl_goweb.tui.remembered import Memory, Remembered
from kubectl_goweb.tui.screens.logs import LogScreen
from kubectl_goweb.tui.screens.nodes import NodesScreen
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.pods import PodsScreen
from kubectl_goweb.tui.screens.workload import WorkloadScreen
from kubectl_goweb.tui.trail import Place, Trail
from tests.tui.shop import snapshot
from tests.tui.sources import Clock, Given, program, screen_text, shown, until

WIDE = (120, 36)
CHOICES = Choices(namespace=("shop", "staging", "kube-system"), column=("age", "name"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (":pods", Call("pods")),
        ("po kube-system", Call("pods", "kube-system")),
        ("ns", Call(problem=":ns needs a namespace")),
        ("ns all", Call("ns", "all")),
        ("no", Call("nodes")),
        ("ov", Call("overview")),
        ("nodes x", Call(problem=":nodes takes nothing behind it")),
        ("  ", Call()),
    ],
)
def test_commands_are_read_as_they_are_meant(typed: str, read: Call) -> None:
    assert call(typed) == read


def test_unknown_command_names_those_that_begin_alike() -> None:
    assert "there is no :pots; there is: pods" in call("pots").problem


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("po", ("pods",)),
        ("ns s", ("ns shop", "ns staging", "ns kube-system")),
        ("pods kube", ("pods kube-system",)),
        ("sort a", ("sort age", "sort name")),
        ("nodes x", ()),
    ],
)
def test_completion_offers_what_begins_so_then_what_contains_it(typed: str, found: tuple[str, ...]) -> None:
    assert completions(typed, CHOICES) == found


def test_trail_goes_back_and_forth_and_forgets_what_lay_ahead() -> None:
    trail = Trail()
    a, b, c = (Place("shop", name) for name in "abc")
    for place in (a, b, b, c):
        trail.visit(place)

    assert trail.go(-1) == b
    trail.visit(b)
    assert (trail.go(1), trail.go(1)) == (c, None)
    assert (trail.go(-2), trail.go(-1)) == (a, None)
    trail.visit(c)
    assert trail.go(1) is None


def test_copying_passes_through_tmux_and_screen() -> None:
    plain = "\x1b]52;c;d2Vi\a"
    assert sequence("web", {}) == plain
    assert sequence("web", {"TMUX": "x"}) == plain + "\x1bPtmux;\x1b\x1b]52;c;d2Vi\a\x1b\\"
    assert sequence("web", {"STY": "x"}) == f"\x1bP{plain}\x1b\\"


async def test_forward_goes_first_to_where_the_context_was_left_the_last_time() -> None:
    source, memory = Given(snapshot()), Memory(None)
    memory.keep("prod-eu", Remembered("infra", "pods", ()))
    app = program(source, memory=memory)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        assert isinstance(app.screen, OverviewScreen), "the first look is at what is wrong"
        await pilot.press("]")
        assert isinstance(app.screen, PodsScreen)
        assert source.restarts == ["infra"]
        await pilot.press("[")
        assert isinstance(app.screen, OverviewScreen)
        assert source.restarts == ["infra", "shop"]


async def test_a_namespace_is_a_place_to_go_back_to_also_before_anything_was_heard_of_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("colon", *"ns infra", "enter", "P", "[", "[")
        assert isinstance(app.screen, OverviewScreen)
        assert source.restarts == ["infra", "shop"]
        await pilot.press("]", "]")
        assert isinstance(app.screen, PodsScreen)
        assert source.restarts == ["infra", "shop", "infra"]
        await pilot.press("colon", *"ns shop", "enter")
        assert source.restarts[3:] == ["shop"], "although nothing was seen of another one yet"


async def test_commands_go_to_screens_namespaces_and_logs() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("colon", *"no", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, NodesScreen))

        await pilot.press("colon", *"logs web", "enter")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until(pilot, lambda: "logs of deploy/web" in screen_text(app))

        await pilot.press("colon", *"pods infra", "enter")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))
        assert source.restarts == ["infra"]


async def test_command_that_is_not_there_is_told_and_escape_gives_it_up() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("colon", *"xyz", "enter")
        assert "there is no :xyz" in screen_text(app)

        await pilot.press("escape")
        assert app.focused is app.screen.query_one("#workloads LiveTable")


async def test_brackets_go_back_to_where_one_was_and_forth_again() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "enter")
        await pilot.press("P")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, WorkloadScreen))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, OverviewScreen))
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, PodsScreen))


async def test_digits_look_at_all_namespaces_and_at_those_looked_at_before() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("0")
        assert source.restarts == [""]
        await pilot.press("7")
        assert source.restarts == [""]


async def test_sorted_rows_keep_the_selection_and_the_order_while_snapshots_come() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P", "j", "j")
        table = app.screen.query_one(LiveTable)
        selected, before = table.selected, [row.key for row in table.rows]
        await pilot.press("A")
        by_age = [row.key for row in table.rows]
        assert by_age != before
        assert sorted(by_age) == sorted(before)
        assert table.selected == selected

        source.give(snapshot())
        await shown(pilot, source)
        assert [row.key for row in table.rows] == by_age

        await pilot.press("A")
        assert table.rows[0].key == by_age[-1]
        await pilot.press("P")
        assert "▼AGE" in screen_text(app), "the place is still sorted when one comes back"


async def test_click_on_a_title_sorts_and_on_a_row_selects() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("P")
        table = app.screen.query_one(LiveTable)
        await pilot.click(LiveTable, offset=(4, 0))
        assert table.choice.order is not None
        assert table.choice.order.column == "name"
        await pilot.click(LiveTable, offset=(4, 3))
        assert table.selected == table.rows[2].key


async def test_palette_does_what_is_chosen() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("ctrl+p", *"all nodes", "enter")
        await until(pilot, lambda: isinstance(app.screen, NodesScreen))


def test_key_that_is_not_there_is_told_with_the_nearest_one() -> None:
    keys.check(["go.pods", "verb.scale"])
    with pytest.raises(SettingsError, match="no key of the cockpit is called") as raised:
        keys.check(["go.pod"])
    assert raised.value.hint == "did you mean go.pods?"


async def test_header_tells_how_old_the_newest_data_is_once_it_is_quiet() -> None:
    source, clock = Given(snapshot()), Clock()
    app = program(source, clock=clock)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        clock.time += timedelta(seconds=42)
        await until(pilot, lambda: "● live, newest 42s old" in screen_text(app).splitlines()[0])


async def test_themes_are_gone_through() -> None:
    source = Given(snapshot())
    app = program(source, settings=Settings(theme="colorblind"))
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        seen = [app.theme]
        for _ in range(3):
            await pilot.press("t")
            seen.append(app.theme)
        assert seen == [theme.COLORBLIND, theme.DARK, theme.LIGHT, theme.COLORBLIND]


async def test_screens_that_were_left_are_let_go_with_their_lines() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        left: list[weakref.ref[Screen[object]]] = []
        for _ in range(6):
            await pilot.press("X")
            left.append(weakref.ref(app.screen))
            await pilot.press("escape")
        await until(pilot, lambda: sum(one() is not None for one in left) <= 1)


async def test_the_footer_tells_the_way_on_first_and_no_key_that_would_be_typed_into_a_field() -> None:
    source = Given(snapshot())
    app = program(source)

    def footer() -> str:
        return " ".join(screen_text(app).splitlines()[-1].split())

    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, source)
        assert footer().startswith("Enter Open l Logs u Abort")
        await pilot.press("enter")
        await until(pilot, lambda: footer().startswith("Enter Open Esc Back l Logs"))
        await pilot.press("colon")
        await until(pilot, lambda: footer().startswith("Up Before Tab Complete Esc Cancel"))
        assert "Filter" not in footer()
        assert "Quit" not in footer()
        await pilot.press("escape", "slash")
        await until(pilot, lambda: footer().startswith("Esc Back"))
        assert "Logs" not in footer()
        await pilot.press("escape", "r")
        await until(pilot, lambda: footer() == "y Do it g Guard Esc Cancel")  # the dialog's own
