"""Which columns a table shows in a given width, and how wide each is."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from msgspec import Struct

from kubectl_goweb.objects.text import cell_width, fit
from kubectl_goweb.tables.model import Column, Row

GAP = 2
"""Cells between two columns."""
_ELASTIC_LEAST = 30
"""Cells below which the elastic column is not squeezed while another column can be left out."""


class Layout(Struct, frozen=True, gc=False):
    """The columns shown, by their index in the table, and the cells that each takes."""

    shown: tuple[int, ...]
    widths: tuple[int, ...]


def arrange(columns: Sequence[Column], rows: Iterable[Row], width: int | None, *, wide: bool = False) -> Layout:
    """Fit the columns into `width` cells; None means that nothing is ever cut.

    Columns for `wide` are shown when asked for. A column that says nothing in any row is left out when it is elastic or
    wide.
    """
    return fit_columns(columns, natural_widths(columns, rows), width, wide=wide)


def natural_widths(columns: Sequence[Column], rows: Iterable[Row]) -> tuple[int, ...]:
    """How many cells the longest text of each column takes, not counting its title."""
    rows = tuple(rows)
    return tuple(_widest([row.cells[index].text for row in rows]) for index in range(len(columns)))


def _widest(texts: list[str]) -> int:
    measure = len if "".join(texts).isascii() else cell_width
    return max(map(measure, texts), default=0)


def fit_columns(
    columns: Sequence[Column],
    natural: Sequence[int],
    width: int | None,
    *,
    wide: bool = False,
    roomy: bool = False,
    without: Container[str] = (),
    needed: Container[str] = (),
) -> Layout:
    """As `arrange`, from natural widths.

    With `roomy`, columns for `wide` come in, in their order, as long as no other column has to give up anything for
    them. The columns whose keys are in `without` are never shown, those in `needed` are never left out.
    """
    possible = [
        index
        for index, column in enumerate(columns)
        if column.key not in without and (natural[index] or not (column.elastic or column.wide))
    ]
    widths = {index: max(natural[index], cell_width(columns[index].title)) for index in possible}
    shown = [index for index in possible if wide or not columns[index].wide]
    if width is not None:
        _squeeze(columns, shown, widths, width, needed)
        if roomy and not any(columns[index].spare for index in possible if index not in shown):
            _extend(columns, shown, widths, width, possible)
    return Layout(tuple(shown), tuple(widths[index] for index in shown))


def _extend(
    columns: Sequence[Column], shown: list[int], widths: dict[int, int], width: int, possible: Sequence[int]
) -> None:
    for index in possible:
        if columns[index].wide and index not in shown and _total([*shown, index], widths) <= width:
            shown.append(index)
    shown.sort()


def _squeeze(
    columns: Sequence[Column], shown: list[int], widths: dict[int, int], width: int, needed: Container[str]
) -> None:
    elastic = next((index for index in shown if columns[index].elastic), None)
    least = {index: min(widths[index], _ELASTIC_LEAST) if index == elastic else widths[index] for index in shown}
    while _total(shown, least) > width:
        spare = max(
            (index for index in shown if columns[index].spare and columns[index].key not in needed),
            key=lambda index: columns[index].spare,
            default=None,
        )
        if spare is None:
            break
        shown.remove(spare)
    over = _total(shown, widths) - width
    # What is still too wide is cut: first the elastic column, then the widest, down to a word's beginning.
    for index in sorted(shown, key=lambda index: (index != elastic, -widths[index])):
        if over <= 0:
            return
        taken = min(over, widths[index] - min(widths[index], 4))
        widths[index] -= taken
        over -= taken


def _total(shown: Sequence[int], widths: dict[int, int]) -> int:
    return sum(widths[index] for index in shown) + GAP * (len(shown) - 1)


def padded(text: str, width: int, *, right: bool) -> str:
    """The text in exactly `width` cells, cut with an ellipsis when it is longer."""
    text = fit(text, width)
    room = " " * (width - cell_width(text))
    return room + text if right else text + room
