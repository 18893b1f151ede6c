"""Bytes to Structs: a page of a list, a line of a watch. A malformed item is set aside, never the list with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects.feed import Malformed
from kubectl_goweb.objects.kinds import Kind
from kubectl_goweb.objects.meta import Object


class ListMeta(Struct, frozen=True, gc=False, rename="camel"):
    resource_version: str = ""
    cont: str = field(default="", name="continue")
    remaining_item_count: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `cont` is the token of the next one, empty on the last."""

    items: tuple[Object, ...]
    malformed: tuple[Malformed, ...]
    resource_version: str
    cont: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch.

    `type` is ADDED, MODIFIED, DELETED, BOOKMARK or ERROR. `object` is there for the first three unless it was
    malformed; `code` and `message` are an ERROR's (410: list again).
    """

    type: str
    resource_version: str = ""
    object: Object | None = None
    malformed: Malformed | None = None
    code: int = 0
    message: str = ""


class _RawItems(Struct, frozen=True, gc=False):
    metadata: ListMeta = ListMeta()
    items: tuple[Raw, ...] | None = ()


class _RawEvent(Struct, frozen=True, gc=False):
    type: str
    object: Raw


class _Identity(Struct, frozen=True, gc=False, rename="camel"):
    name: str = "?"
    namespace: str = ""
    resource_version: str = ""


class _Identified(Struct, frozen=True, gc=False):
    metadata: _Identity = _Identity()


class _Failure(Struct, frozen=True, gc=False):
    code: int = 0
    message: str = ""


@cache
def _page_decoder(kind: Kind) -> msgspec.json.Decoder[Any]:
    items = tuple[kind.resource.struct, ...] | None  # type: ignore[name-defined]  # the item type is a run-time value
    fields = [("metadata", ListMeta, ListMeta()), ("items", items, ())]
    return msgspec.json.Decoder(msgspec.defstruct(f"{kind}Page", fields, frozen=True, gc=False))


@cache
def _item_decoder(kind: Kind) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind.resource.struct)


def decode_page(kind: Kind, body: bytes) -> Page:
    """Decode a list answer. Items that do not fit are in `malformed`; an answer that is no list raises ServerError."""
    try:
        page = _page_decoder(kind).decode(body)
    except msgspec.ValidationError:
        return _decode_one_by_one(kind, body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the list of {kind.resource.group_plural} is not JSON: {error}") from error
    return Page(page.items or (), (), page.metadata.resource_version, page.metadata.cont)


def _decode_one_by_one(kind: Kind, body: bytes) -> Page:
    try:
        page = msgspec.json.decode(body, type=_RawItems)
    except msgspec.DecodeError as error:
        raise ServerError(f"the answer is no list of {kind.resource.group_plural}: {error}") from error
    good: list[Object] = []
    bad: list[Malformed] = []
    for raw in page.items or ():
        decoded = _decode_item(kind, raw)
        if isinstance(decoded, Malformed):
            bad.append(decoded)
        else:
            good.append(decoded)
    return Page(tuple(good), tuple(bad), page.metadata.resource_version, page.metadata.cont)


def _decode_item(kind: Kind, raw: Raw) -> Object | Malformed:
    try:
        item: Object = _item_decoder(kind).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        identity = _identity(raw)
        name = f"{identity.namespace}/{identity.name}" if identity.namespace else identity.name
        return Malformed(name, str(error))
    return item


def _identity(raw: Raw) -> _Identity:
    try:
        return msgspec.json.decode(raw, type=_Identified).metadata
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Identity()


def decode_event(kind: Kind, line: bytes) -> WatchEvent:
    """Decode one line of a watch. A line that is no event at all raises ServerError; a malformed object does not."""
    try:
        event = msgspec.json.decode(line, type=_RawEvent)
        if event.type == "ERROR":
            failure = msgspec.json.decode(event.object, type=_Failure)
            return WatchEvent(event.type, code=failure.code, message=failure.message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the watch of {kind.resource.group_plural} sent a line that is no event: {error}") from error
    if event.type == "BOOKMARK":
        return WatchEvent(event.type, _identity(event.object).resource_version)
    decoded = _decode_item(kind, event.object)
    if isinstance(decoded, Malformed):
        return WatchEvent(event.type, _identity(event.object).resource_version, malformed=decoded)
    return WatchEvent(event.type, decoded.metadata.resource_version, decoded)
