"""What may be shown of a Pod template: the one rule by which values are hidden from plans, diffs and the journal.

The `value` of an environment variable, and an annotation, is shown unless its name looks like a secret's or the value
itself does. Values that come from elsewhere (`valueFrom`) are references and hide nothing. Hiding one too many costs
little.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "(hidden)"
_NAME = re.compile(
    r"pass|pwd|secret|token|key|cred|auth|cert|private|dsn|cookie|session|salt|sign|license|conn|webhook", re.IGNORECASE
)
_VALUE = re.compile(r"-----BEGIN|\beyJ[\w-]{8,}\.|\bAKIA[0-9A-Z]{12,}|\bgh[pousr]_\w{16,}|\bxox[abprs]-")
_USERINFO = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_WORDS = "pass|pwd|secret|token|key|cred|auth|dsn"
_ASSIGNED = re.compile(rf"([\w.-]*(?:{_WORDS})[\w.-]*=)[^\s&;,]+", re.IGNORECASE)
"""`--db-password=x`, `API_TOKEN=x ./run`, `?key=x`"""
_FLAG = re.compile(rf"-{{1,2}}[\w.-]*(?:{_WORDS})[\w.-]*", re.IGNORECASE)
"""`--db-password`, whose value is the next argument."""


def looks_secret(name: str) -> bool:
    """Whether something of this name is likely to be a secret: `DB_PASSWORD`, `API_KEY`."""
    return bool(_NAME.search(name))


def shown(value: str) -> str:
    """A text as it may be shown: hidden when it looks like a key or token, else without passwords in it."""
    if _VALUE.search(value):
        return HIDDEN
    return _ASSIGNED.sub(rf"\1{HIDDEN}", _USERINFO.sub(HIDDEN, value))


def without_secrets(value: Any) -> Any:
    """A JSON value, at any depth, as it may be shown."""
    if isinstance(value, dict):
        if value.get("kind") == "Secret":
            return {key: _hidden(each) if key in ("data", "stringData") else each for key, each in value.items()}
        # a variable by its name, an operation of a JSON patch by the end of its path
        name = value.get("name") or str(value.get("path", "")).rpartition("/")[2]
        if isinstance(name, str) and isinstance(value.get("value"), str) and looks_secret(name):
            return {**value, "value": HIDDEN}
        return {
            key: _annotations(each) if key == "annotations" else without_secrets(each) for key, each in value.items()
        }
    if isinstance(value, list):
        after_flag = [False, *(isinstance(each, str) and bool(_FLAG.fullmatch(each)) for each in value)]
        return [
            HIDDEN if is_told and isinstance(each, str) else without_secrets(each)
            for each, is_told in zip(value, after_flag, strict=False)
        ]
    return shown(value) if isinstance(value, str) else value


def _hidden(values: Any) -> Any:
    return dict.fromkeys(values, HIDDEN) if isinstance(values, dict) else HIDDEN


def _annotations(value: Any) -> Any:
    if not isinstance(value, dict):
        return without_secrets(value)
    return {key: HIDDEN if looks_secret(key) else without_secrets(each) for key, each in value.items()}
