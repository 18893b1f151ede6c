"""JSON pointers into API objects (RFC 6901), and fingerprints of what they point at.

A fingerprint tells whether a value is still the one that was seen, without keeping it: a Pod template may hold secrets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Json = dict[str, Any]
"""An object as the server sent it. A write must give back every field, also those this program knows nothing of."""

ABSENT = "absent"


class _Missing:
    """What is found where nothing is."""


MISSING = _Missing()


def pointer(*keys: str) -> str:
    """`pointer("metadata", "annotations", "a/b")` is `/metadata/annotations/a~1b`."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def at(document: Any, path: str) -> Any:
    """The value at a pointer, or MISSING."""
    for step in path.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and key in document:
            document = document[key]
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return MISSING
    return document


def fingerprint(value: Any) -> str:
    """Scalars as they stand, anything that may hold secrets as 16 hex digits of its hash."""
    if value is MISSING or value is None:
        return ABSENT
    if isinstance(value, bool | int | float):
        return msgspec.json.encode(value).decode()
    text = msgspec.json.encode(value, order="deterministic")
    return "sha256:" + hashlib.sha256(text).hexdigest()[:16]


def marks(document: Any, paths: Iterable[str]) -> Mapping[str, str]:
    """The fingerprints at these pointers."""
    return {path: fingerprint(at(document, path)) for path in paths}
