"""Logs on the screen: whose they are, what is shown of them, and what moves."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len
from textual.widgets import Input

from kubectl_goweb.kube.log_tail import LogState, Target
from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.log_buffer import LogBuffer, read_lines
from kubectl_goweb.tui.log_view import LogView
from kubectl_goweb.tui.screens.logs import LogScreen
from tests.tui.shop import items, pod, snapshot
from tests.tui.sources import Given, program, screen_text, shown, until

WIDE = (120, 36)
A, B = Target("shop", "web-a", "1", "web"), Target("shop", "web-b", "2", "web")


def at(second: float) -> str:
    return f"2026-11-25T03:{int(second) // 60:02}:{second % 60:012.9f}Z"


def log(app: GowebApp) -> LogView:
    return app.screen.query_one(LogView)


def body(app: GowebApp) -> list[str]:
    """The rows of the log on the screen."""
    return [log(app).render_line(y).text.rstrip() for y in range(log(app).size.height)]


async def test_l_follows_every_pod_of_a_workload_and_those_that_come() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "l")
        assert isinstance(app.screen, LogScreen)
        await until(pilot, lambda: len(source.reader.runs) > 1)
        before = {one.pod for one in source.reader.runs}

        new = pod("web", "7965", "fresh", "web:2.4.1", created="2026-11-25T03:07:40Z")
        source.give(snapshot({Kind.POD: [*items()[Kind.POD], new]}))
        await shown(pilot, source)

        assert {one.pod for one in source.reader.runs} - before == {"web-7965-fresh"}
        assert "logs of deploy/web" in screen_text(app)


async def test_lines_of_several_pods_are_merged_by_time_and_bear_their_names() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await shown(pilot, source)
        await pilot.press("end", "l")
        await until(pilot, lambda: len(source.reader.runs) > 1)
        one, other = list(source.reader.runs)[:2]
        source.reader.write((one, at(3), '{"level":"ERROR","msg":"third","n":3}'), (other, at(1), "first"))
        await until(pilot, lambda: "2 lines" in screen_text(app))
        source.reader.write((other, at(2), "second"))
        await until(pilot, lambda: "3 lines" in screen_text(app))

        assert [row.split(maxsplit=1) for row in body(app)[:3]] == [
            [other.pod.removeprefix("web-"), "first"],
            [other.pod.removeprefix("web-"), "second"],
            [one.pod.removeprefix("web-"), "ERROR third  n=3"],
        ]


async def opened(app: GowebApp, source: Given, pilot: object, *lines: str) -> Target:
    """The log of one Pod with these lines."""
    await shown(pilot, source)  # type: ignore[arg-type]
    await pilot.press("P", "l")  # type: ignore[attr-defined]
    await until(pilot, lambda: bool(source.reader.runs))  # type: ignore[arg-type]
    target = next(iter(source.reader.runs))
    source.reader.write(*((target, at(number), text) for number, text in enumerate(lines)))
    await until(pilot, lambda: len(log(app).buffer.lines) == len(lines))  # type: ignore[arg-type]
    return target


async def test_what_is_looked_at_stays_while_lines_come_and_the_end_follows_again() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        target = await opened(app, source, pilot, *(f"line {number}" for number in range(200)))
        assert body(app)[-1] == "line 199"

        await pilot.press("k")
        before = body(app)
        source.reader.write((target, at(500), "line 200"), (target, at(0.5), "an old line that came late"))
        await until(pilot, lambda: len(log(app).buffer.lines) == 202)
        assert body(app) == before
        assert "stopped at" in screen_text(app)

        await pilot.press("G")
        assert body(app)[-1] == "line 200"
        source.reader.write((target, at(501), "line 201"))
        await until(pilot, lambda: body(app)[-1] == "line 201")


async def test_filter_shows_only_what_it_finds_or_all_around_it() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        target = await opened(app, source, pilot, *(f"line {number}" for number in range(200)))
        await pilot.press("slash", *"/7$", "enter")
        assert body(app)[:3] == ["line 7", "line 17", "line 27"]
        source.reader.write((target, at(300), "line 207"), (target, at(301), "line 208"))
        await until(pilot, lambda: "line 207" in body(app))
        assert "line 208" not in body(app)

        await pilot.press("a", "g", "n", "n")
        assert "line 17" in body(app)
        assert "line 18" in body(app)

        await pilot.press("escape")
        assert log(app).filter.typed == ""
        assert isinstance(app.screen, LogScreen)


async def test_half_an_expression_is_told_and_hides_nothing() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, source, pilot, "one", "two")
        await pilot.press("slash", "slash", "(")

        assert "no expression yet" in screen_text(app)
        assert body(app)[:2] == ["one", "two"]


async def test_long_lines_are_wrapped_or_shifted_and_wide_characters_stay_whole() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=(60, 20)) as pilot:
        text = "日本語のとても長い行" * 8
        await opened(app, source, pilot, text)
        wrapped = "".join(row.rstrip() for row in body(app))
        assert wrapped == text
        assert all(cell_len(row) <= 60 for row in body(app))

        await pilot.press("w")
        assert body(app)[0].endswith("…")
        await pilot.press("right")
        assert body(app)[0][:3] == text[10:13]


async def test_hostile_lines_and_names_come_out_as_text() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, source, pilot, "\x1b[2J[bold]a[/]", '{"msg":"\\u001b]0;x\\u0007b\\u202e"}', "\x9b31mc")
        for mode in ("", "v", "w"):
            if mode:
                await pilot.press(mode)
            assert body(app)[0] == "[bold]a[/]"
            assert all(row.isprintable() for row in body(app))


async def test_previous_run_and_how_far_back_are_asked_for_anew() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, source, pilot, "now")
        await pilot.press("p")
        await until(pilot, lambda: source.reader.ask.previous)
        assert log(app).buffer.lines == []

        await pilot.press("p", "s")
        await until(pilot, lambda: source.reader.ask.since == 300)


async def test_trouble_of_a_stream_is_told() -> None:
    source = Given(snapshot())
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        target = await opened(app, source, pilot, "now")
        source.reader.write(**{target.pod: LogState.DENIED})
        await until(pilot, lambda: "1 denied" in screen_text(app))


async def test_saved_file_holds_the_lines_as_they_were_written(tmp_path: Path) -> None:
    source, path = Given(snapshot()), tmp_path / "saved.log"
    app = program(source)
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, source, pilot, '{"level":"INFO","msg":"a"}', "b")
        await pilot.press("ctrl+s")
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        assert path.read_text() == f'{at(0)} {{"level":"INFO","msg":"a"}}\n{at(1)} b\n'

        await pilot.press("ctrl+s")
        app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in screen_text(app))


def test_full_buffer_drops_the_oldest_lines_and_counts_them() -> None:
    buffer = LogBuffer(most=100)
    change = buffer.add(read_lines((A, at(number), str(number)) for number in range(90)))
    assert change == (0, 0)
    change = buffer.add(read_lines((B, at(number), str(number)) for number in range(90, 110)))

    assert change == (10, 80)
    assert (buffer.dropped, len(buffer.lines), buffer.lines[0].raw) == (10, 100, "10")


def test_full_buffer_counts_characters_too() -> None:
    buffer = LogBuffer(most_characters=1000)
    buffer.add(read_lines((A, at(number), "x" * 100) for number in range(50)))

    assert (len(buffer.lines), buffer.dropped) == (10, 40)


def test_late_lines_go_where_they_belong_and_each_pods_own_keep_their_order() -> None:
    buffer = LogBuffer()
    buffer.add(read_lines([(A, at(1), "a1"), (A, at(5), "a5"), (A, at(5), "a5 again")]))
    change = buffer.add(read_lines([(B, at(2), "b2"), (B, at(5), "b5")]))

    assert change.first == 1
    assert [line.raw for line in buffer.lines] == ["a1", "b2", "a5", "a5 again", "b5"]
