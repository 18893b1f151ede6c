"""Which row of a live table is selected: an object, wherever its row is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.tables import Row


class Selection:
    """`key` is empty, and `place` None, only while there are no rows."""

    def __init__(self) -> None:
        self.key = ""
        self.place: int | None = None
        """Where the row is."""

    def find(self, rows: Sequence[Row], key: str) -> int | None:
        """Where the row with this key is; that of the selected one is mostly where it was."""
        near = self.place
        if near is not None and near < len(rows) and rows[near].key == key:
            return near
        return next((place for place, row in enumerate(rows) if row.key == key), None)

    def move(self, rows: Sequence[Row], place: int) -> None:
        self.key, self.place = rows[place].key, place

    def settle(self, rows: Sequence[Row], old_rows: Sequence[Row]) -> None:
        """These rows have come in place of the old ones: stay on the object; where it has gone, go to its nearest old
        neighbour, else to the first row.
        """
        if rows:
            self.move(rows, self._survivor(rows, old_rows))
        else:
            self.key, self.place = "", None

    def _survivor(self, rows: Sequence[Row], old_rows: Sequence[Row]) -> int:
        old_place = self.place
        if old_place is None:
            return 0
        place = self.find(rows, self.key)
        if place is not None:
            return place
        places = {row.key: place for place, row in enumerate(rows)}
        neighbours = (*old_rows[old_place + 1 :], *reversed(old_rows[:old_place]))
        return next((places[row.key] for row in neighbours if row.key in places), 0)
