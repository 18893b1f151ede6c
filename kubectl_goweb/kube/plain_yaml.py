"""The plain part of YAML in which kubectl and every cloud's tool write kubeconfigs, read in a millisecond.

Importing a YAML library costs a sixth of the time that `status` may take. So the plain part (block maps and lists,
scalars that can only be strings, quoted ones without escapes, true, false, small numbers, empty {} and []) is read
here, and at the first sign of anything else the answer is None: then the real library reads the whole file. This must
never read a text differently from the library, which a test checks with thousands of them; nothing may be added here
for its own sake.
"""

from __future__ import annotations

_Line = tuple[int, str]
"""How far it is indented, and what it says."""
Plain = dict[str, "Plain"] | list["Plain"] | str | int | bool | None

_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None, "{}": {}, "[]": [], '""': "", "''": ""}
_AMBIGUOUS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_KEY_SIGNS = _LETTERS | frozenset("0123456789-_./")
"""What may follow the first letter of a key."""


def read_plain_yaml(text: str) -> tuple[Plain] | None:
    """The document's content in a tuple of one; None when it is not plain, or not YAML at all."""
    if not text.isascii() or "\t" in text or "\r" in text:
        return None
    lines: list[_Line] = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        if content and not content.startswith("#"):
            lines.append((len(line) - len(content), content.rstrip(" ")))
    reader = _Reader(lines)
    try:
        document = reader.node(0)
    except _NotPlainError:
        return None
    return (document,) if reader.is_at_end else None


class _NotPlainError(Exception):
    """Something that only the real library may read."""


class _Reader:
    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._lines)

    def node(self, least: int) -> Plain:
        """The map or list that starts here, indented by at least so much."""
        line = self._line()
        if line is None or line[0] < least:
            raise _NotPlainError
        return self._list(line[0]) if _is_item(line[1]) else self._map(line[0])

    def _line(self) -> _Line | None:
        return self._lines[self._at] if self._at < len(self._lines) else None

    def _map(self, indent: int) -> Plain:
        found: dict[str, Plain] = {}
        while (line := self._line()) is not None and line[0] == indent and not _is_item(line[1]):
            key, separator, rest = line[1].partition(":")
            if not separator or key in found or not _is_key(key) or (rest and rest[0] != " "):
                raise _NotPlainError
            self._at += 1
            found[key] = self._value(rest.lstrip(" "), indent)
        return found

    def _list(self, indent: int) -> Plain:
        found: list[Plain] = []
        while (line := self._line()) is not None and line[0] == indent and _is_item(line[1]):
            rest = line[1][1:].lstrip(" ")
            if not rest:
                raise _NotPlainError
            if _is_item(rest) or _starts_map(rest):
                # The item's map begins on the line of its dash, indented by what stands before it.
                self._lines[self._at] = (indent + len(line[1]) - len(rest), rest)
                found.append(self.node(indent + 1))
            else:
                self._at += 1
                found.append(_scalar(rest))
            self._no_deeper(indent)
        return found

    def _value(self, rest: str, indent: int) -> Plain:
        if rest:
            value = _scalar(rest)
            self._no_deeper(indent)
            return value
        line = self._line()
        if line is not None and (line[0] > indent or (line[0] == indent and _is_item(line[1]))):
            value = self.node(indent)
            self._no_deeper(indent)
            return value
        return None

    def _no_deeper(self, indent: int) -> None:
        """What is indented deeper here goes on with a value over several lines."""
        line = self._line()
        if line is not None and line[0] > indent:
            raise _NotPlainError


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _starts_map(text: str) -> bool:
    return text.endswith(":") or ": " in text


def _is_key(key: str) -> bool:
    return key[:1] in _LETTERS and _KEY_SIGNS.issuperset(key) and key.lower() not in _AMBIGUOUS


def _scalar(text: str) -> Plain:
    if text in _WORDS:
        value = _WORDS[text]
        return value.copy() if isinstance(value, dict | list) else value
    quote = text[0]
    if quote in "\"'":
        inner = text[1:-1]
        if len(text) < 2 or text[-1] != quote or quote in inner or "\\" in inner:
            raise _NotPlainError
        return inner
    if text.isdigit() and (text[0] != "0" or text == "0"):
        return int(text)
    is_word = quote in _LETTERS and text.lower() not in _AMBIGUOUS
    is_path_or_flag = quote == "/" or (text[:2] == "--" and text[2:3] in _LETTERS and len(text) > 2)
    if not (is_word or is_path_or_flag) or ": " in text or " #" in text or text[-1] == ":":
        raise _NotPlainError
    return text
