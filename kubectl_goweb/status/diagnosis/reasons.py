"""What an error's words mean, by mechanism: a dependency that does not answer, a file, a variable, a port."""

from __future__ import annotations

import re

from msgspec import Struct

from kubectl_goweb.status.diagnosis.error_words import RULES
from kubectl_goweb.status.diagnosis.mechanisms import Reason


class Told(Struct, frozen=True, gc=False):
    """What the words say."""

    reason: Reason
    sentence: str
    """The likely cause."""
    target: str = ""
    """The other side: `db:5432`, `10.0.0.5:5432`, a host, a file, a variable."""
    host: str = ""
    """The host of the URL that was asked for, when the words have one: Go then tells the address besides."""


_URL = re.compile(r"\bhttps?://(?P<host>[\w.-]+)")
_COMPILED: tuple[tuple[re.Pattern[str], Reason, str], ...] = tuple(
    (re.compile(pattern), reason, sentence) for reason, sentence, patterns in RULES for pattern in patterns
)


def reason_of(text: str) -> Told | None:
    """What the words say; None when nothing known is in them."""
    for pattern, reason, sentence in _COMPILED:
        found = pattern.search(text)
        if found is not None:
            target = _bare(next((value for value in found.groupdict().values() if value), "").replace("\\", ""))
            target = target.replace('"', "") if reason is Reason.RIGHTS else target
            words = sentence.format(target=target) if target or "{target}" not in sentence else _plainly(reason)
            url = _URL.search(text)
            return Told(reason, words, target, url["host"] if url else "")
    return None


def _bare(target: str) -> str:
    """Without the quotes around it, and the sign of a variable; quotes around a part of it stay."""
    bare = re.sub(r"^\$(?=\w)", "", target.strip("\"'`"))
    return target if any(bare.count(quote) % 2 for quote in "\"'`") else bare


def _plainly(reason: Reason) -> str:
    return str(reason).replace("-", " ")
