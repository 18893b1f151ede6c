"""Which rows are written to the terminal again."""

from __future__ import annotations

from kubectl_goweb.tui.written import Written

CURSOR = "\x1b[1;2H"


def row(number: int, text: str, column: int = 1) -> str:
    return f"\x1b[{number};{column}H\x1b[1m{text}\x1b[0m"


def frame(*rows: str) -> str:
    return "".join((*rows, CURSOR))


def test_a_row_that_is_there_is_not_written_again() -> None:
    written = Written()
    assert written.fresh(frame(row(1, "a"), row(2, "b")), 0) == frame(row(1, "a"), row(2, "b"))
    assert written.fresh(frame(row(1, "a"), row(2, "B")), 1) == frame(row(2, "B"))
    assert written.fresh(frame(row(1, "a"), row(2, "b")), 1) == frame(row(2, "b"))


def test_a_row_of_several_pieces_is_one() -> None:
    written = Written()
    pieces = (row(1, "left"), row(2, "x"), row(1, "right", 40))
    written.fresh(frame(*pieces), 0)
    assert written.fresh(frame(*pieces), 0) == CURSOR
    assert written.fresh(frame(row(1, "right", 40)), 0) == frame(row(1, "right", 40)), "it may lie under the left one"


def test_what_was_written_long_ago_is_written_again() -> None:
    written = Written()
    written.fresh(frame(row(1, "a")), 0)
    assert written.fresh(frame(row(1, "a")), 10) == frame(row(1, "a")), "a message to all terminals is gone by it"


def test_another_size_and_another_screen_forget_everything() -> None:
    written = Written()
    written.fresh(frame(row(1, "a")), 0)
    written.forget()
    assert written.fresh(frame(row(1, "a")), 0) == frame(row(1, "a"))
    assert written.fresh("\x1b[?1049h", 0) == "\x1b[?1049h"
    assert written.fresh(frame(row(1, "a")), 0) == frame(row(1, "a"))


def test_what_is_no_painting_is_left_as_it_is() -> None:
    written = Written()
    written.fresh(frame(row(1, "a")), 0)
    for data in ("\x1b[?2026h", "\x1b]52;c;eA==\x07", CURSOR):
        assert written.fresh(data, 0) == data
    assert written.fresh(row(1, "a"), 0) == "", "and nothing was forgotten by it"
    assert written.fresh("a line that something prints\n", 0)
    assert written.fresh(row(1, "a"), 0) == row(1, "a"), "but by that"
