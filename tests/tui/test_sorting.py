"""The order of rows by what their cells mean."""

from __future__ import annotations

import pytest

from kubectl_goweb.tables import Cell, Row
from kubectl_goweb.tui.sorting import Order, Sorter, beside, turned, value


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
        ("✖ failing", "▲ degraded", "? unknown", "‖ isolated", "◐ progressing", "○ idle", "✔ healthy"),
        ("critical", "warning", "info"),
    ],
)
def test_cells_sort_by_what_they_mean(ordered: tuple[str, ...]) -> None:
    backwards = ordered[::-1]
    assert sorted(backwards, key=value) == list(ordered)


def test_a_column_is_sorted_the_way_one_looks_for_first_then_the_other_way_then_not_at_all() -> None:
    largest, smallest = Order("restarts", is_descending=True), Order("restarts")
    assert [turned(None, "restarts"), turned(largest, "restarts")] == [largest, smallest]
    assert [turned(None, "age"), turned(Order("age"), "age")] == [Order("age"), Order("age", is_descending=True)]
    assert turned(smallest, "restarts") is None
    assert turned(Order("age", is_descending=True), "age") is None
    assert beside(None, ("restarts", "age"), 1) == largest


def test_what_says_nothing_stays_last_in_both_directions() -> None:
    found = rows("?", "2", "10")

    assert [row.key for row in Sorter(Order("a"), 0).sort(found)] == ["2", "10", "?"]
    assert [row.key for row in Sorter(Order("a", is_descending=True), 0).sort(found)] == ["10", "2", "?"]


def test_a_row_that_was_made_anew_is_read_anew() -> None:
    sorter = Sorter(Order("a"), 0)
    first = (Row("x", (Cell("1"),)), Row("y", (Cell("2"),)))
    sorter.sort(first)

    assert [row.key for row in sorter.sort((Row("x", (Cell("3"),)), first[1]))] == ["y", "x"]
