"""The rows that a filter leaves: the same whether it was typed letter by letter, and whatever came in between."""

from __future__ import annotations

import random

import pytest

from kubectl_goweb.tables import Cell, Column, Row, Table
from kubectl_goweb.tui.row_choice import RowChoice

COLUMNS = (Column("name", "NAME"), Column("status", "STATUS"))


def row(number: int) -> Row:
    return Row(f"Pod/shop/{number}", (Cell(f"Web-{number:03}"), Cell("Running" if number % 3 else "Straße")))


ROWS = tuple(row(number) for number in range(60))


def fresh(typed: str, rows: tuple[Row, ...]) -> list[str]:
    choice = RowChoice()
    choice.narrow(typed)
    return [one.key for one in choice.rows(Table(COLUMNS, rows))]


@pytest.mark.parametrize("typed", ["web-01", "WEB", "!web-0", "/w.b-0[12]/", "~wb3", "strasse", "/(", "-0", "01 "])
def test_typed_letter_by_letter_or_at_once_the_same_rows_are_left(typed: str) -> None:
    choice, dice, rows = RowChoice(), random.Random(1), list(ROWS)
    choice.prepare(Table(COLUMNS, ROWS))
    for end in (*range(1, len(typed) + 1), *range(len(typed), 0, -1), *range(1, len(typed) + 1)):
        choice.narrow(typed[:end])
        if dice.random() < 0.5:  # a row changes while somebody types
            rows[dice.randrange(60)] = row(dice.randrange(100))
        table = Table(COLUMNS, tuple(rows))
        left = [one.key for one in choice.rows(table)]
        if not choice.filter.problem:
            assert left == fresh(typed[:end], table.rows), typed[:end]
        assert [one.key for one in choice.rows(table)] == left


@pytest.mark.parametrize(
    ("typed", "left"),
    [("/^web-007/", 1), ("/^run/", 40), ("/7$/", 6), ("/web-007.*running/", 1), ("!/^w/", 0), ("~w7r", 0), ("~w07", 6)],
)
def test_an_expression_is_anchored_at_cells_and_reaches_over_them_and_fuzzy_stays_within_a_word(
    typed: str, left: int
) -> None:
    assert len(fresh(typed, ROWS)) == left
