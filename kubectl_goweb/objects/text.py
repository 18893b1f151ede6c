"""Text from the cluster is data: nothing in it may steer a terminal or reorder what is read."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls, DEL, bidirectional embeddings, overrides, isolates and marks, zero-width characters,
# line and paragraph separators, the byte order mark, and lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_ESCAPE = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[PX^_][^\x1b]*(?:\x1b\\\\)?|[@-_])")

_PASSWORD = re.compile(
    r"(?P<head>[a-z][\w+.-]*://[^\s/:@\"'\\]*:)[^\s/@\"']+(?=@)"
    r"|(?P<name>\b(?i:password|passwd|pwd)=)(?:\"[^\"]*\"|'[^']*'|[^\s&,;\"']+)"
)
"""In an address, `postgres://shop:secret@db`, and in a connection's settings, `user=shop password=secret`."""


def plain(text: str, limit: int = 2000) -> str:
    """One line of printable text: escape sequences and invisible controls taken out, line breaks turned into spaces.

    Longer than `limit` characters, it is cut and ends in an ellipsis.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE.sub("", text)
    text = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _UNSAFE.sub("", text)


def masked(text: str) -> str:
    """The text without the passwords that programs write into their errors with the address they could not use."""
    if "@" not in text and "=" not in text:
        return text
    return _PASSWORD.sub(lambda found: f"{found['head'] or found['name']}***", text)


def cell_width(text: str) -> int:
    """How many terminal cells the text takes: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, width: int) -> str:
    """The text in at most `width` cells; when cut it ends in an ellipsis, and no wide character is halved."""
    if cell_width(text) <= width:
        return text
    if width <= 0:
        return ""
    used, kept = 0, []
    for char in text:
        used += _char_width(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def short_image(image: str) -> str:
    """The image without its registry and path; a digest is cut to 12 characters."""
    name = image.rsplit("/", 1)[-1]
    head, at, digest = name.partition("@")
    return f"{head}@{digest.removeprefix('sha256:')[:12]}" if at else head
