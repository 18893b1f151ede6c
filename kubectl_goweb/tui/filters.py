"""What somebody types to see only a part: a text, `/an expression/`, `~fuzzy`, `-l label=value`, each turned round by a
`!` before it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Labels = Callable[[], Mapping[str, str]]
"""Gives the labels of what is looked at, when they are asked for."""

_PAIR = re.compile(r"([^\s=!,]+)\s*(==|=|!=)?\s*([^\s=,]*)")


def _no_labels() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Filter:
    """What passes is decided for the text in cells, or for a line of a log."""

    typed: str
    test: Callable[[str, Labels], bool] | None = None
    """None lets everything pass."""
    find: re.Pattern[str] | None = None
    """What to make visible in a text that passes."""
    problem: str = ""
    """Why what was typed cannot be used yet; everything passes then."""
    by_label: bool = False
    part: str = ""
    """What has to be in the text without regard to case, where that is all that is asked."""

    def passes(self, text: str, labels: Labels = _no_labels) -> bool:
        return self.test is None or self.test(text, labels)

    @property
    def is_active(self) -> bool:
        return self.test is not None


def parse(typed: str) -> Filter:
    """Never an error: half an expression is a `problem` while it is typed on."""
    wanted = typed.strip()
    is_inverse = wanted.startswith("!")
    wanted = wanted[1:].lstrip() if is_inverse else wanted
    if not wanted or wanted in ("/", "~", "-", "-l"):
        return Filter(typed)
    if wanted.startswith(("-l ", "-l=")):
        found = _labels(typed, wanted[3:])
    elif wanted.startswith("/"):
        found = _expression(typed, wanted[1:].removesuffix("/"))
    elif wanted.startswith("~"):
        found = _fuzzy(typed, wanted[1:])
    else:
        found = _part(typed, wanted)
    if is_inverse and (test := found.test) is not None:
        return Filter(typed, lambda text, labels: not test(text, labels), by_label=found.by_label)
    return found


def _part(typed: str, wanted: str) -> Filter:
    part = wanted.casefold()
    expression = re.compile(re.escape(wanted), re.IGNORECASE)
    return Filter(typed, lambda text, _: part in text.casefold(), expression, part=part)


def _expression(typed: str, wanted: str) -> Filter:
    try:
        expression = re.compile(wanted, re.IGNORECASE | re.MULTILINE | re.DOTALL)  # cells are lines of one text
    except re.error as error:
        return Filter(typed, problem=f"no expression yet: {error}")
    return Filter(typed, lambda text, _: expression.search(text) is not None, expression)


def _fuzzy(typed: str, wanted: str) -> Filter:
    """The characters in this order, with others between them, in one word."""
    expression = re.compile(r"\S*?".join(map(re.escape, wanted.replace(" ", ""))), re.IGNORECASE)
    return Filter(typed, lambda text, _: expression.search(text) is not None, expression)


def _labels(typed: str, wanted: str) -> Filter:
    """`app=web,tier!=back,canary,!old`: all of it must hold, as kubectl takes it."""
    tests: list[Callable[[Mapping[str, str]], bool]] = []
    for one in filter(None, (part.strip() for part in wanted.split(","))):
        found = _PAIR.fullmatch(one.removeprefix("!"))
        if found is None:
            return Filter(typed, problem=f"no label selector yet: {one}")
        tests.append(_label(found[1], found[2] or "", found[3], is_absent=one.startswith("!")))
    if not tests:
        return Filter(typed)
    return Filter(typed, lambda _, labels: (found := labels(), all(test(found) for test in tests))[1], by_label=True)


def _label(key: str, sign: str, value: str, *, is_absent: bool) -> Callable[[Mapping[str, str]], bool]:
    if is_absent:
        return lambda labels: key not in labels
    if not sign:
        return lambda labels: key in labels
    if sign == "!=":
        return lambda labels: labels.get(key) != value
    return lambda labels: labels.get(key) == value
