"""Where somebody has been, to go back and forth as in a browser. Pure, but for the memory itself."""

from __future__ import annotations

from typing import NamedTuple

_LONGEST = 100


class Place(NamedTuple):
    namespace: str
    screen: str
    """As `screens.make` takes it; empty for the overview."""


class Trail:
    def __init__(self, *places: Place) -> None:
        """Somebody begins at the first of these; the others lie ahead."""
        self._places = list(places)
        self._at = 0 if places else -1

    def visit(self, place: Place) -> None:
        """Somebody is here now. What lay ahead is forgotten, unless it is where they went back or forth to."""
        if 0 <= self._at < len(self._places) and self._places[self._at] == place:
            return
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-_LONGEST]
        self._at = len(self._places) - 1

    def go(self, step: int) -> Place | None:
        """The place before or behind this one; None when there is none."""
        if not 0 <= self._at + step < len(self._places):
            return None
        self._at += step
        return self._places[self._at]
