"""Which values of a ConfigMap its last writes changed: for some minutes the API server can still list what was before.

managedFields say who wrote a key last, and not whether that changed its value: who owns the values and changes a label
moves that time, too. https://kubernetes.io/docs/reference/using-api/api-concepts/#resourceversion-in-metadata
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Raw, Struct, field

from kubectl_goweb.errors import ExpiredError, ServerError
from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.facts import Rewritten
from kubectl_goweb.objects.meta import WrittenMeta

_STEPS = 4
"""Writes that are looked at, the newest first."""


class _Getter(Protocol):
    def get(self, path: str, query: Mapping[str, str] = ...) -> bytes: ...


class _Version(Struct, frozen=True, rename="camel"):
    """The values as they came, to be compared and forgotten."""

    metadata: WrittenMeta
    data: dict[str, Raw] | None = None
    binary_data: dict[str, Raw] | None = None

    @property
    def values(self) -> dict[str, bytes]:
        return {key: bytes(value) for key, value in {**(self.data or {}), **(self.binary_data or {})}.items()}

    @property
    def at(self) -> datetime | None:
        write = self.metadata.last_write
        return write.time if write else None


class _ListMeta(Struct, frozen=True):
    version: str = field(default="", name="resourceVersion")


class _List(Struct, frozen=True):
    metadata: _ListMeta
    items: tuple[_Version, ...] = ()


# Made at import, in one thread; see objects.decoding.decoders.
_VERSION, _VERSIONS = msgspec.json.Decoder(_Version), msgspec.json.Decoder(_List)


def rewritten(connection: _Getter, kind: Kind, namespace: str, name: str) -> Rewritten:
    """When each key got another value last, as far back as the server can tell. ServerError where it cannot at all."""
    newer = _VERSION.decode(connection.get(kind.resource.path(namespace, name)))
    changed: dict[str, datetime] = {}
    until, since = newer.at, None
    for _ in range(_STEPS):
        try:
            older = _before(connection, kind.resource.path(namespace), newer)
        except ExpiredError:
            break
        since = newer.at
        values, were = newer.values, older.values if older else {}
        for key in values.keys() | were.keys():
            if values.get(key) != were.get(key) and since is not None:
                changed.setdefault(key, since)
        if older is None:
            break
        newer = older
    if since is None or until is None:
        raise ServerError("what it was before its last write is not kept any more")
    return Rewritten(changed, since, until)


def _before(connection: _Getter, path: str, newer: _Version) -> _Version | None:
    """What it was just before its last write; None where it was not there."""
    version = newer.metadata.resource_version
    if not version.isdecimal():
        raise ServerError(f"its version is no number: {version}")
    wanted = str(int(version) - 1)
    query = {"fieldSelector": f"metadata.name={newer.metadata.name}", "resourceVersion": wanted,
             "resourceVersionMatch": "Exact"}  # fmt: skip
    found = _VERSIONS.decode(connection.get(path, query))
    if found.metadata.version != wanted:
        raise ServerError("the server lists no state but the present one")
    return found.items[0] if found.items else None
