"""The colours, all of them as theme variables; which tone gets which one is said in goweb.tcss."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console
from textual import constants
from textual.theme import Theme

DARK, LIGHT, COLORBLIND = "goweb-dark", "goweb-light", "goweb-colorblind"
_BY_SETTING = {"light": LIGHT, "colorblind": COLORBLIND}


def chosen(setting: str) -> str:
    """The theme of a setting; dark when nothing is said."""
    return _BY_SETTING.get(setting, DARK)


def after(name: str) -> str:
    """The theme that follows when they are gone through."""
    order = (DARK, LIGHT, COLORBLIND)
    return order[(order.index(name) + 1) % len(order)] if name in order else DARK


def colours() -> str:
    """What this terminal can show, by Rich's word for it, as Textual finds out itself."""
    found = Console(color_system=constants.COLOR_SYSTEM)  # type: ignore[arg-type]  # Textual reads it from a variable
    return found.color_system or "truecolor"


def themes(colours: str = "truecolor") -> tuple[Theme, ...]:
    """As many colours as the terminal has, by Rich's word for it: `truecolor`, `256`, `standard` (16).

    Good, warn and bad differ in lightness too, not in hue alone. The last one keeps to colours that people who see
    red and green alike can tell apart (after Okabe and Ito, https://jfly.uni-koeln.de/color/).
    """
    if colours == "standard":
        return _of_16()
    full = _full()
    return tuple(_of_256(one) for one in full) if colours == "256" else full


def _full() -> tuple[Theme, ...]:
    return (
        Theme(
            name=DARK,
            primary="#6ea8fe",
            secondary="#9aa7b8",
            accent="#c7a0ff",
            success="#5fd38d",
            warning="#f2c14e",
            error="#ff6b6b",
            foreground="#d7dde5",
            background="#11151b",
            surface="#171c24",
            panel="#232b36",
            dark=True,
            variables=_tones("#5fd38d", "#6ea8fe", "#c7a0ff", "#f2c14e", "#ff7b7b", "#7f8b9a")
            | _pods("#56c8d8", "#d8a657", "#b48ead", "#8fbf6f", "#e08fa8", "#8aa9e8")
            | {"match": "#6b5b1e", "protected": "#4a1d24"}
            | {"row-cursor": "#2d4263", "rule": "#2f3a48", "rule-focus": "#6ea8fe"},
        ),
        Theme(
            name=COLORBLIND,
            primary="#7fb6ff",
            secondary="#a9b4c2",
            accent="#e39ac6",
            success="#41c9ff",
            warning="#f0e442",
            error="#ff8a3d",
            foreground="#e2e7ee",
            background="#0f1319",
            surface="#161b23",
            panel="#232b36",
            dark=True,
            variables=_tones("#41c9ff", "#9db8e8", "#e39ac6", "#f0e442", "#ff8a3d", "#8a95a5")
            | _pods("#56b4e9", "#e69f00", "#cc79a7", "#f0e442", "#9ad0c2", "#c9d1dc")
            | {"match": "#5a5413", "protected": "#4f2a10"}
            | {"row-cursor": "#2d4263", "rule": "#2f3a48", "rule-focus": "#7fb6ff"},
        ),
        Theme(
            name=LIGHT,
            primary="#1f5fbf",
            secondary="#52606d",
            accent="#7a3fc2",
            success="#1a7f45",
            warning="#9a6200",
            error="#c22f2f",
            foreground="#1c232b",
            background="#fbfcfd",
            surface="#f3f5f8",
            panel="#e6eaf0",
            dark=False,
            variables=_tones("#17703d", "#1f5fbf", "#7a3fc2", "#8a5800", "#bb2525", "#6a7684")
            | _pods("#0b7285", "#8a5a00", "#7b3f7a", "#3f6b1d", "#a13a5c", "#2f55a4")
            | {"match": "#ffe58f", "protected": "#f6d0d0"}
            | {"row-cursor": "#cfe0fb", "rule": "#cdd5de", "rule-focus": "#1f5fbf"},
        ),
    )


_DARK_256 = {"row-cursor": "#005f87", "rule": "#444444", "match": "#5f5f00", "protected": "#5f0000"}
_LIGHT_256 = {"row-cursor": "#afd7ff", "rule": "#bcbcbc", "match": "#ffd787", "protected": "#ffd7d7"}


def _of_256(full: Theme) -> Theme:
    """With backgrounds that such a terminal has: the nearest to dark greys are blue and green otherwise."""
    greys = ("#121212", "#1c1c1c", "#303030") if full.dark else ("#ffffff", "#eeeeee", "#e4e4e4")
    background, surface, panel = greys
    return replace(
        full,
        background=background,
        surface=surface,
        panel=panel,
        variables={**full.variables, **(_DARK_256 if full.dark else _LIGHT_256)},
    )


_BLACK, _GREY, _SILVER, _WHITE = "#000000", "#555555", "#aaaaaa", "#ffffff"
_RED, _GREEN, _BROWN, _BLUE, _PURPLE, _TEAL = "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa"
_PINK, _LIME, _YELLOW, _SKY, _MAGENTA, _CYAN = "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff"


def _of_16() -> tuple[Theme, ...]:
    """Only the colours that every terminal has, as Rich knows them: whatever lies between goes to grey otherwise, and
    signs and words are all that is left to tell tones apart.
    """
    dark = {"row-cursor": _BLUE, "rule": _GREY, "rule-focus": _CYAN, "match": _BROWN, "protected": _RED}
    light = {"row-cursor": _CYAN, "rule": _SILVER, "rule-focus": _BLUE, "match": _YELLOW, "protected": _PINK}
    bright = _pods(_CYAN, _YELLOW, _MAGENTA, _LIME, _PINK, _SILVER)
    return (
        _simple(DARK, _tones(_LIME, _CYAN, _MAGENTA, _YELLOW, _PINK, _SILVER) | bright | dark, dark=True),
        _simple(COLORBLIND, _tones(_CYAN, _SILVER, _MAGENTA, _YELLOW, _BROWN, _SILVER) | bright | dark, dark=True),
        _simple(
            LIGHT,
            _tones(_GREEN, _BLUE, _PURPLE, _BROWN, _RED, _GREY)
            | _pods(_TEAL, _BROWN, _PURPLE, _GREEN, _RED, _BLUE)
            | light,
            dark=False,
        ),
    )


def _simple(name: str, variables: dict[str, str], *, dark: bool) -> Theme:
    back, text, panel = (_BLACK, _WHITE, _GREY) if dark else (_WHITE, _BLACK, _SILVER)
    return Theme(
        name=name,
        primary=variables["tone-busy"],
        secondary=variables["tone-faint"],
        accent=variables["tone-held"],
        success=variables["tone-good"],
        warning=variables["tone-warn"],
        error=variables["tone-bad"],
        foreground=text,
        background=back,
        surface=back,
        panel=panel,
        dark=dark,
        variables=variables,
    )


def _tones(good: str, busy: str, held: str, warn: str, bad: str, faint: str) -> dict[str, str]:
    return {
        "tone-good": good,
        "tone-busy": busy,
        "tone-held": held,
        "tone-warn": warn,
        "tone-bad": bad,
        "tone-faint": faint,
    }


def _pods(*colours: str) -> dict[str, str]:
    """Colours that only tell several apart."""
    return {f"pod-{number}": colour for number, colour in enumerate(colours)}
