"""An API object described for people: its fields in words, conditions and events as tables. Pure.

Any kind is described by the same rules, so that nothing the API has is left out; secrets are hidden as in the YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kubectl_goweb.objects import Event
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age
from kubectl_goweb.tables import Cell, Column, Row, Table
from kubectl_goweb.tables.layout import arrange
from kubectl_goweb.tui.cells import fitted
from kubectl_goweb.tui.document import cleaned

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_INDENT = 2
_LABEL = 20
_WIDTH = 400
_LONGEST = 300
_TOLD_ABOVE = ("name", "namespace", "creationTimestamp", "labels", "annotations", "ownerReferences", "managedFields")
_VERBATIM = frozenset({"labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "stringData"})
"""Maps whose keys are somebody's names and no fields of the API."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CONDITIONS = (
    Column("type", "TYPE"),
    Column("status", "STATUS"),
    Column("age", "SINCE", right=True),
    Column("reason", "REASON"),
    Column("message", "MESSAGE"),
)
_EVENTS = (
    Column("age", "LAST", right=True),
    Column("times", "TIMES", right=True),
    Column("type", "TYPE"),
    Column("reason", "REASON"),
    Column("message", "MESSAGE"),
)


def description(found: dict[str, Any], kind: str, events: Iterable[Event] | None, now: datetime) -> tuple[str, ...]:
    """The object's lines; `events` about it, None when they could not be read."""
    told = cleaned(found, kind)
    meta = told.get("metadata") or {}
    lines = [*_head(kind, meta, now)]
    for key, value in told.items():
        if key not in ("kind", "apiVersion", "metadata"):
            lines += ["", *_field(key, value, 0, now)]
    lines += ["", *_events(events, now)]
    return tuple(plain(line, 4000) for line in lines)


def _head(kind: str, meta: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield _line("Name", meta.get("name", "?"), 0)
    if meta.get("namespace"):
        yield _line("Namespace", meta["namespace"], 0)
    yield _line("Kind", kind, 0)
    yield _line("Created", _scalar(meta.get("creationTimestamp", "?"), now), 0)
    for key in ("labels", "annotations"):
        yield from _pairs(key.title(), meta.get(key) or {}, 0)
    for owner in meta.get("ownerReferences") or ():
        word = "Controlled by" if owner.get("controller") else "Owned by"
        yield _line(word, f"{owner.get('kind')}/{owner.get('name')}", 0)
    for key, value in meta.items():
        if key not in _TOLD_ABOVE:
            yield from _field(key, value, 0, now)


def _pairs(name: str, pairs: Mapping[str, Any], depth: int) -> Iterator[str]:
    yield _line(name, "" if pairs else "<none>", depth)
    for key, value in pairs.items():
        shown = f"({len(str(value))} characters)" if key == _APPLIED else _cut(str(value))
        yield f"{' ' * (_INDENT * (depth + 1))}{key}={shown}"


def _field(key: str, value: object, depth: int, now: datetime) -> Iterator[str]:
    """A key with its value: on its line, or indented below it."""
    name = words(key)
    is_flat = isinstance(value, dict) and not any(isinstance(one, (dict, list)) for one in value.values())
    if isinstance(value, dict) and key in _VERBATIM and is_flat:
        yield from _pairs(name, value, depth)
    elif isinstance(value, dict) and value:
        yield _line(name, "", depth)
        for inner, one in value.items():
            yield from _field(inner, one, depth + 1, now)
    elif isinstance(value, list) and value:
        yield from _list(name, key, value, depth, now)
    else:
        yield _line(name, _scalar(value, now), depth)


def _list(name: str, key: str, value: list[Any], depth: int, now: datetime) -> Iterator[str]:
    if key == "conditions" and all(isinstance(one, dict) for one in value):
        yield _line(name, "", depth)
        yield from _table(_CONDITIONS, [_condition(one, now) for one in value], depth + 1)
        return
    if all(not isinstance(one, (dict, list)) for one in value):
        yield _line(name, ", ".join(_scalar(one, now) for one in value), depth)
        return
    yield _line(name, "", depth)
    for number, one in enumerate(value, 1):
        if not isinstance(one, dict):
            yield _line(str(number), _scalar(one, now), depth + 1)
            continue
        label = str(one.get("name") or one.get("type") or one.get("ip") or number)
        rest = {inner: field for inner, field in one.items() if not (inner == "name" and field == label)}
        flat = all(not isinstance(field, (dict, list)) for field in rest.values())
        if flat:
            said = ", ".join(f"{words(inner).lower()} {_scalar(field, now)}" for inner, field in rest.items())
            yield _line(label, said, depth + 1)
            continue
        yield _line(label, "", depth + 1)
        for inner, field in rest.items():
            yield from _field(inner, field, depth + 2, now)


def words(key: str) -> str:
    """`terminationGracePeriodSeconds` as `Termination grace period seconds`; what is no such name stays as it is."""
    if not key.isalnum() or not key[:1].islower():
        return key
    parts = _WORDS.split(key)
    told = " ".join(part if part[:2].isupper() and len(part) > 1 else part.lower() for part in parts)
    return told[:1].upper() + told[1:]


def _line(name: str, value: str, depth: int) -> str:
    label = f"{name}:"
    return f"{' ' * (_INDENT * depth)}{label:<{max(_LABEL - _INDENT * depth, 1)}} {value}".rstrip()


def _scalar(value: object, now: datetime) -> str:
    if value is None or value in ({}, []):
        return "<none>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if _STAMP.fullmatch(text):
        return f"{text} ({age(datetime.fromisoformat(text), now)} ago)"
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _condition(one: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    since = str(one.get("lastTransitionTime") or one.get("lastUpdateTime") or "")
    told = age(datetime.fromisoformat(since), now) if _STAMP.fullmatch(since) else "?"
    return (
        str(one.get("type", "?")),
        str(one.get("status", "?")),
        told,
        str(one.get("reason") or ""),
        str(one.get("message") or ""),
    )


def _events(events: Iterable[Event] | None, now: datetime) -> Iterator[str]:
    if events is None:
        yield _line("Events", "could not be read", 0)
        return
    found = sorted(events, key=lambda one: one.last_seen.timestamp() if one.last_seen else 0.0, reverse=True)
    if not found:
        yield _line("Events", "<none> in the time that they are kept", 0)
        return
    yield _line("Events", "", 0)
    rows = [
        (age(one.last_seen, now) if one.last_seen else "?", str(one.times), one.type, one.reason, one.message)
        for one in found
    ]
    yield from _table(_EVENTS, rows, 1)


def _table(columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]], depth: int) -> Iterator[str]:
    cells = [tuple(Cell(plain(text)) for text in row) for row in rows]
    head = tuple(Cell(column.title) for column in columns)
    table = Table(columns, tuple(Row(str(number), row) for number, row in enumerate([head, *cells])))
    layout = arrange(table.columns, table.rows, _WIDTH)
    for row in table.rows:
        parts = [
            fitted(row.cells[index].text, width, right=columns[index].right, ellipsis="…")
            for index, width in zip(layout.shown, layout.widths, strict=True)
        ]
        yield f"{' ' * (_INDENT * depth)}{'  '.join(parts)}".rstrip()
