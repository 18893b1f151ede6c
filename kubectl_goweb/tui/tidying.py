"""Throwing away what nobody refers to any more: screens that were left, and what Textual remembers of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

from textual._styles_cache import StylesCache
from textual.css.scalar import Scalar
from textual.geometry import Region
from textual.strip import Strip

from kubectl_goweb import memory

_TICKS = 60
"""Ticks after which it is done in any case."""
_SCREENS = 5
"""Screens left after which it is done at the next tick: each holds up to a megabyte of painted lines."""
_REMEMBERING = (Region, Scalar, Strip, StylesCache)
"""Textual's classes that remember what they were asked: thousands of places and styles each, most of them of screens
and sizes that are gone, and by the style cache that asked all of its lines.
"""


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
            for forget in _forgetting():
                forget()
            gc.collect()  # screens that were left refer to themselves; what is frozen is not walked
            memory.give_back()


def _forgetting() -> Iterator[Callable[[], None]]:
    """What empties each of their memories (functools.lru_cache)."""
    for kind in _REMEMBERING:
        for member in vars(kind).values():
            function = getattr(member, "__func__", member)
            if (forget := getattr(function, "cache_clear", None)) is not None:
                yield forget
