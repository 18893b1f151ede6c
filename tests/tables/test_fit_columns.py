"""How room is shared between columns."""

from __future__ import annotations

import pytest

from kubectl_goweb.tables import Cell, Column, Row
from kubectl_goweb.tables.layout import fit_columns, natural_widths

COLUMNS = (
    Column("name", "NAME"),
    Column("ready", "READY", right=True),
    Column("updated", "UPDATED", right=True, spare=1),
    Column("ip", "IP", wide=True),
    Column("why", "WHY", elastic=True),
)
NATURAL = (10, 5, 1, 12, 80)


def shown(width: int, *without: str, why: int = 80) -> dict[str, int]:
    layout = fit_columns(COLUMNS, (*NATURAL[:-1], why), width, roomy=True, without=without)
    return {COLUMNS[index].key: cells for index, cells in zip(layout.shown, layout.widths, strict=True)}


def test_elastic_column_gives_up_room_first() -> None:
    assert shown(70) == {"name": 10, "ready": 5, "updated": 7, "why": 42}


def test_spare_column_goes_before_the_elastic_one_gets_too_narrow() -> None:
    assert shown(50) == {"name": 10, "ready": 5, "why": 31}


def test_wide_column_comes_in_where_no_other_gives_up_anything_for_it() -> None:
    assert "ip" not in shown(100, why=60)
    assert shown(102, why=60) == {"name": 10, "ready": 5, "updated": 7, "ip": 12, "why": 60}


def test_elastic_column_that_says_nothing_is_left_out() -> None:
    assert "why" not in shown(102, why=0)


@pytest.mark.parametrize("width", range(20, 130, 3))
def test_the_line_never_gets_longer_than_the_room(width: int) -> None:
    layout = shown(width)

    assert sum(layout.values()) + 2 * (len(layout) - 1) <= width


def test_column_left_out_on_purpose_never_comes_back() -> None:
    assert list(shown(300, "name", "ip")) == ["ready", "updated", "why"]


def test_widths_are_counted_in_cells() -> None:
    rows = (Row("1", (Cell("日本語"),)), Row("2", (Cell("ab"),)))

    assert natural_widths((Column("a", "A"),), rows) == (6,)


def test_needed_column_is_not_spared() -> None:
    layout = fit_columns(COLUMNS, NATURAL, 50, needed=("updated",))

    assert [COLUMNS[index].key for index in layout.shown] == ["name", "ready", "updated", "why"]
