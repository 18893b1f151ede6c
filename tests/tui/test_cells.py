"""Text in terminal cells."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from kubectl_goweb.tui.cells import fitted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "abcdefghij",
        "日本語テキスト",
        "a日b本c語d",
        "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301",
        "👩‍👩‍👧 family",
    ],
)
@pytest.mark.parametrize("width", [1, 2, 5, 6, 7])
def test_fitted_text_takes_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fitted(text, width)) == width


def test_cut_text_ends_in_an_ellipsis() -> None:
    assert fitted("abcdefgh", 5) == "abcd…"
    assert fitted("日本語", 5) == "日本…"
    assert fitted("日本語", 4, ellipsis="~") == "日 ~"
