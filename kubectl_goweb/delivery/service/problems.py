"""What is wrong with a service file, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from kubectl_goweb.errors import Exit, GowebError


class Problem(Struct, frozen=True):
    line: int
    """From 1."""
    key: str
    """`healthCheck.interval`, `scan.waivers[0].owner`; empty for the file itself."""
    says: str

    def told(self, source: str) -> str:
        """`goweb.yaml:12: port: must be ...`, as editors and people find it."""
        return f"{source}:{self.line}: {self.key + ': ' if self.key else ''}{self.says}"


class ServiceFileError(GowebError):
    """The file cannot be used; every problem with its line."""

    exit_code = Exit.USAGE

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda one: one.line))
        first, *rest = (one.told(source) for one in self.problems)
        super().__init__("\n  ".join((first, *rest)), hint="see what a key may be: kubectl goweb explain-file KEY")


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean port?`, or what there is."""
    known = list(known)
    found = difflib.get_close_matches(word, known, 1) or [one for one in known if one.lower() == word.lower()]
    return f"; did you mean {found[0]}?" if found else f"; there are: {', '.join(known)}"
