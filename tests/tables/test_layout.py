from __future__ import annotations

import pytest

from kubectl_goweb.objects.text import cell_width
from kubectl_goweb.tables import Cell, Column, Row, arrange
from kubectl_goweb.tables.layout import GAP, padded

COLUMNS = (
    Column("name", "NAME"),
    Column("image", "IMAGE", spare=2),
    Column("age", "AGE", right=True, spare=1),
    Column("node", "NODE", wide=True),
    Column("why", "WHY", elastic=True),
)
ROW = Row("Pod/shop/web", tuple(Cell(text) for text in ("web-1", "registry/web:1", "5m", "worker-1", "w" * 60)))


def total(width: int | None, *, wide: bool = False) -> tuple[tuple[int, ...], int]:
    layout = arrange(COLUMNS, [ROW], width, wide=wide)
    return layout.shown, sum(layout.widths) + GAP * (len(layout.widths) - 1)


def test_without_a_width_nothing_is_cut() -> None:
    layout = arrange(COLUMNS, [ROW], None)
    assert layout.shown == (0, 1, 2, 4)
    assert layout.widths == (5, 14, 3, 60)


def test_wide_columns_are_shown_when_asked_for() -> None:
    assert total(None, wide=True)[0] == (0, 1, 2, 3, 4)


def test_the_elastic_column_gives_up_room_before_a_column_is_left_out() -> None:
    shown, cells = total(70)
    assert shown == (0, 1, 2, 4)
    assert cells == 70


def test_the_most_spare_column_is_left_out_first() -> None:
    assert total(50)[0] == (0, 2, 4)
    assert total(38)[0] == (0, 4)


@pytest.mark.parametrize("width", range(10, 120))
def test_a_table_never_exceeds_its_width(width: int) -> None:
    assert total(width)[1] <= width


def test_an_elastic_column_that_says_nothing_is_left_out() -> None:
    quiet = Row("x", (*ROW.cells[:4], Cell("")))
    assert arrange(COLUMNS, [quiet], None).shown == (0, 1, 2)


def test_padding_counts_cells_and_not_characters() -> None:
    assert padded("日本", 6, right=False) == "日本  "
    assert padded("日本", 6, right=True) == "  日本"
    assert cell_width(padded("日本語日本語", 6, right=False)) == 6
