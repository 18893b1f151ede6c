"""The order of rows by what their cells mean."""

from __future__ import annotations

import pytest

from kubectl_goweb.tables import Cell, Row
from kubectl_goweb.tui.sorting import Order, Sorter, value


def rows(*texts: str) -> tuple[Row, ...]:
    return tuple(Row(text, (Cell(text),)) for text in texts)


@pytest.mark.parametrize(
    "ordered",
    [
        ("5s", "90s", "2m5s", "119m", "3h", "2d", "1y2d", "<unknown>"),
        ("0", "7 (3m ago)", "12", "?"),
        ("0/3", "1/2", "2/3", "1/1", "2/2"),
        ("3 %", "12 %", "100 %", "-"),
        ("web-9", "web-10", "Web-11"),
        ("2", "alpha", ""),
    ],
)
def test_cells_sort_by_what_they_mean(ordered: tuple[str, ...]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=value) == list(ordered)


def test_what_says_nothing_stays_last_in_both_directions() -> None:
    found = rows("?", "2", "10")

    assert [row.key for row in Sorter(Order("a"), 0).sort(found)] == ["2", "10", "?"]
    assert [row.key for row in Sorter(Order("a", is_descending=True), 0).sort(found)] == ["10", "2", "?"]


def test_a_row_that_was_made_anew_is_read_anew() -> None:
    sorter = Sorter(Order("a"), 0)
    first = (Row("x", (Cell("1"),)), Row("y", (Cell("2"),)))
    sorter.sort(first)

    assert [row.key for row in sorter.sort((Row("x", (Cell("3"),)), first[1]))] == ["y", "x"]
