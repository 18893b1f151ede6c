from __future__ import annotations

import pytest

from kubectl_goweb.objects.text import cell_width, fit, masked, plain


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain words", "plain words"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\ok", "ok"),
        ("lone \x1b escape", "lone  escape"),
        ("two\nlines\r\nthree\tcells", "two lines three cells"),
        ("bell\x07 null\x00 del\x7f c1\x9b", "bell null del c1"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("iso\u2066lat\u2069ed \u200bzero\ufeff", "isolated zero"),
        ("[/]: [bold]markup", "[/]: [bold]markup"),
        ("日本語 ✔", "日本語 ✔"),
        ("lone \ud800 surrogate", "lone  surrogate"),
    ],
)
def test_cluster_text_cannot_steer_a_terminal(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_a_megabyte_is_cut_before_it_is_looked_at() -> None:
    assert len(plain("\x1b[31m" * 300_000)) <= 2000


def test_wide_characters_take_two_cells_and_combining_ones_none() -> None:
    assert (cell_width("日本"), cell_width("e\u0301"), cell_width("abc")) == (4, 1, 3)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 4, "abc…"),
        ("abc", 3, "abc"),
        ("日本語", 4, "日…"),
        ("日本語", 3, "日…"),
        ("日本", 1, "…"),
        ("ab", 0, ""),
    ],
)
def test_cutting_never_halves_a_wide_character(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown
    assert cell_width(fit(text, width)) <= max(width, 0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dial postgres://shop:pw@db:5432/x failed", "dial postgres://shop:***@db:5432/x failed"),
        ("host=db password=pw user=shop", "host=db password=*** user=shop"),
        ("PASSWORD='p w' PWD=x", "PASSWORD=*** PWD=***"),
        ("http://web:8080/a@b", "http://web:8080/a@b"),
        ("ana@example.com wrote a=b", "ana@example.com wrote a=b"),
        ("password is not set", "password is not set"),
    ],
)
def test_passwords_in_addresses_and_settings_are_not_repeated(text: str, shown: str) -> None:
    assert masked(text) == shown
