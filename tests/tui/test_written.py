"""Which rows are written to the terminal again."""

from __future__ import annotations

import random
import re

import pytest
from rich.cells import get_character_cell_size

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


def test_a_row_is_the_same_in_whatever_pieces_it_comes() -> None:
    written = Written()
    written.fresh(frame(row(1, "left"), row(2, "x"), row(1, "right", 5)), 0)
    assert written.fresh(frame(row(1, "leftright"), row(2, "x")), 0) == CURSOR
    assert written.fresh(frame(row(1, "right", 5)), 0) == CURSOR
    assert written.fresh(frame(row(1, "left"), row(1, "X", 3)), 0) == frame(row(1, "X", 3)), (
        "what comes later lies above"
    )


def test_breaks_between_rows_are_not_needed() -> None:
    written = Written()
    assert written.fresh(f"{row(1, 'a')}\n{row(2, 'b')}\x1b[2m\x1b[0m\n", 0) == row(1, "a") + row(2, "b")


def test_only_cells_that_are_others_are_written() -> None:
    written = Written()
    written.fresh(frame(row(1, "all namespaces          10:14:31"), row(2, "Running"), row(2, "5m", 30)), 0)
    assert written.fresh(frame(row(1, "all namespaces          10:14:32")), 0) == frame(row(1, "2", 32))
    assert written.fresh(frame(row(1, "All namespaces          10:15:02")), 0) == frame(row(1, "A"), row(1, "5:0", 29))
    assert written.fresh(frame(row(2, "running"), row(2, "6m", 30)), 0) == frame(row(2, "r"), row(2, "6", 30))
    other = "\x1b[1;1H\x1b[1mA\x1b[0m\x1b[2ml\x1b[0m"
    assert written.fresh(frame(other), 0) == frame("\x1b[1;2H\x1b[2ml\x1b[0m"), "the style is another"


def test_a_row_whose_cells_are_not_certain_is_written_whole_and_once() -> None:
    written = Written()
    for text in ("読み込み中", "e\u0301", "\x1b]8;;http://a\x1b\\", "tab\t"):
        assert written.fresh(frame(row(1, text)), 0) == frame(row(1, text))
        assert written.fresh(frame(row(1, text)), 0) == CURSOR
        assert written.fresh(frame(row(1, "a")), 0) == frame(row(1, "a")), "it may stand beside where it stood"
        assert written.fresh(frame(row(1, text)), 0) == frame(row(1, text))


class Terminal:
    """As much of one as painting needs."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], tuple[str, str]] = {}

    def write(self, data: str) -> None:
        line = column = 0
        style = ""
        for move, codes, character in re.findall(r"\x1b\[(\d+;\d+)H|\x1b\[([\d;]+)m|([^\x1b])", data):
            if move:
                line, column = map(int, move.split(";"))
            elif codes:
                style = "" if codes == "0" else codes
            else:
                self.cells[line, column] = (character, style)
                column += get_character_cell_size(character)


@pytest.mark.parametrize("seed", range(20))
def test_the_terminal_shows_what_it_would_show_if_all_was_written(seed: int) -> None:
    dice = random.Random(seed)
    written, all_of_it, little = Written(), Terminal(), Terminal()
    sizes = [0, 0]
    for turn in range(60):
        pieces = []
        for _ in range(dice.randint(1, 6)):
            text = "".join(dice.choices("ab ─●" + "日" * (dice.random() < 0.1), k=dice.randint(0, 30)))
            styled = f"\x1b[{dice.choice(('1', '38;5;1'))}m{text}\x1b[0m" if text and dice.random() < 0.8 else text
            pieces.append(f"\x1b[{dice.randint(1, 3)};{dice.randint(1, 40)}H{styled}")
        data = frame(*pieces)
        fresh = written.fresh(data, turn * 1.1)
        all_of_it.write(data)
        little.write(fresh)
        sizes[0] += len(data)
        sizes[1] += len(fresh)
        assert little.cells == all_of_it.cells
    assert sizes[1] < sizes[0]


def test_what_was_written_long_ago_is_written_again() -> None:
    written = Written()
    written.fresh(frame(row(1, "a")), 0)
    assert written.fresh(frame(row(1, "ab")), 9) == frame(row(1, "b", 2))
    assert written.fresh(frame(row(1, "ab")), 11) == frame(row(1, "ab")), "a message to all terminals is gone by it"


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
