"""Throwing away what nobody refers to any more: screens that were left, and what Textual remembers of them."""

from __future__ import annotations

import gc

from textual._styles_cache import StylesCache

_TICKS = 60
"""Ticks after which it is done in any case."""
_SCREENS = 5
"""Screens left after which it is done at the next tick: each holds up to a megabyte of painted lines."""


class Tidying:
    def __init__(self) -> None:
        self._ticks = 0
        self._left = 0

    def left(self) -> None:
        """A screen was left."""
        self._left += 1

    def tick(self) -> None:
        """A second has passed."""
        self._ticks += 1
        if self._left >= _SCREENS or self._ticks >= _TICKS:
            self._ticks, self._left = 0, 0
            # Textual 8 remembers colours by the style cache that asked, with all its lines: widgets long gone stay.
            StylesCache.get_inner_outer.cache_clear()
            gc.collect()  # screens that were left refer to themselves; what is frozen is not walked
