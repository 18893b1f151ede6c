"""What nobody refers to any more goes, and what Textual remembers of it."""

from __future__ import annotations

import gc
import weakref

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from kubectl_goweb.tui.tidying import Tidying


class Screen:
    """Refers to itself, as screens do."""

    def __init__(self) -> None:
        self.own = self


def _remembered() -> int:
    told: int = vars(Strip)["render_ansi"].__func__.cache_info().currsize
    return Region.intersection.cache_info().currsize + told


def test_what_was_remembered_of_screens_that_were_left_is_forgotten() -> None:
    tidying, screen = Tidying(), Screen()
    known = weakref.ref(screen)
    for width in range(100):
        Region(0, 0, width, 10).intersection(Region(1, 1, 5, 5))
        Strip.render_ansi(Style(meta={"x": width}), 3)
    gc.disable()
    try:
        del screen
        for _ in range(4):
            tidying.left()
        tidying.tick()
        assert known() is not None
        assert _remembered() >= 200
        tidying.left()
        tidying.tick()
    finally:
        gc.enable()
    assert known() is None
    assert _remembered() == 0


def test_it_is_done_once_a_minute_where_no_screen_is_left() -> None:
    tidying = Tidying()
    Region(0, 0, 7, 10).intersection(Region(1, 1, 5, 5))
    for _ in range(59):
        tidying.tick()
    assert _remembered() > 0
    tidying.tick()
    assert _remembered() == 0
