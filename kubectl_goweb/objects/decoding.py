"""Bytes to Structs: a page of a list, a line of a watch. A malformed item is set aside, never the list with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects.feed import Malformed
from kubectl_goweb.objects.kinds import Kind
from kubectl_goweb.objects.meta import Object
from kubectl_goweb.objects.sharing import share


class ListMeta(Struct, frozen=True, gc=False, rename="camel"):
    resource_version: str = ""
    cont: str = field(default="", name="continue")
    remaining_item_count: int = 0


class Page(Struct, frozen=True):
    """One page of a list; `cont` is the token of the next one, empty on the last."""

    items: tuple[Object, ...]
    malformed: tuple[Malformed, ...]
    resource_version: str
    cont: str


class WatchEvent(Struct, frozen=True):
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


class Decoders(Struct, frozen=True):
    """How one kind is read."""

    page: msgspec.json.Decoder[Any]
    item: msgspec.json.Decoder[Any]


def decoders(
    kind: Kind, dec_hook: Callable[[type, Any], Any] | None = None, *, struct: type[Object] | None = None
) -> Decoders:
    """`struct` where it is not to be the kind's own.

    To be called while a module is imported, which only one thread does at a time: two threads that make decoders of
    the same Struct at once crash the interpreter (msgspec 0.22 fills a class's type information in while it runs Python
    code, unlocked).
    """
    made = struct or kind.struct
    items = tuple[made, ...] | None  # type: ignore[valid-type]  # the item type is a run-time value
    fields = [("metadata", ListMeta, ListMeta()), ("items", items, ())]
    page = msgspec.defstruct(f"{kind}Page", fields, frozen=True, gc=False)
    return Decoders(msgspec.json.Decoder(page, dec_hook=dec_hook), msgspec.json.Decoder(made, dec_hook=dec_hook))


_COMMON = {kind: decoders(kind) for kind in Kind if not kind.is_rare}


def decoders_of(kind: Kind) -> Decoders:
    """How a kind is read."""
    common = _COMMON.get(kind)
    if common is not None:
        return common
    from kubectl_goweb.objects.rare import DECODERS  # 10 ms that only suspects and plans are worth

    return DECODERS[kind]


_RAW_ITEMS = msgspec.json.Decoder(_RawItems)
_RAW_EVENT = msgspec.json.Decoder(_RawEvent)
_IDENTIFIED = msgspec.json.Decoder(_Identified)
_FAILURE = msgspec.json.Decoder(_Failure)


def decode_page(kind: Kind, body: bytes, read_as: Decoders | None = None) -> Page:
    """Decode a list answer. Items that do not fit are in `malformed`; an answer that is no list raises ServerError.

    `read_as` is for another Struct than the kind's own (`rare.FULL`).
    """
    by = read_as or decoders_of(kind)
    try:
        page = by.page.decode(body)
    except msgspec.ValidationError:
        return _decode_one_by_one(kind, body, by)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the list of {kind.resource.group_plural} is not JSON: {error}") from error
    if kind is Kind.POD:
        share(page.items or ())
    return Page(page.items or (), (), page.metadata.resource_version, page.metadata.cont)


def _decode_one_by_one(kind: Kind, body: bytes, by: Decoders) -> Page:
    try:
        page = _RAW_ITEMS.decode(body)
    except msgspec.DecodeError as error:
        raise ServerError(f"the answer is no list of {kind.resource.group_plural}: {error}") from error
    good: list[Object] = []
    bad: list[Malformed] = []
    for raw in page.items or ():
        decoded = _decode_item(by, raw)
        if isinstance(decoded, Malformed):
            bad.append(decoded)
        else:
            good.append(decoded)
    return Page(tuple(good), tuple(bad), page.metadata.resource_version, page.metadata.cont)


def _decode_item(by: Decoders, raw: Raw) -> Object | Malformed:
    try:
        item: Object = by.item.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        identity = _identity(raw)
        name = f"{identity.namespace}/{identity.name}" if identity.namespace else identity.name
        return Malformed(name, str(error))
    return item


def _identity(raw: Raw) -> _Identity:
    try:
        return _IDENTIFIED.decode(raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Identity()


def decode_event(kind: Kind, line: bytes) -> WatchEvent:
    """Decode one line of a watch. A line that is no event at all raises ServerError; a malformed object does not."""
    try:
        event = _RAW_EVENT.decode(line)
        if event.type == "ERROR":
            failure = _FAILURE.decode(event.object)
            return WatchEvent(event.type, code=failure.code, message=failure.message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the watch of {kind.resource.group_plural} sent a line that is no event: {error}") from error
    if event.type == "BOOKMARK":
        return WatchEvent(event.type, _identity(event.object).resource_version)
    decoded = _decode_item(decoders_of(kind), event.object)
    if isinstance(decoded, Malformed):
        return WatchEvent(event.type, _identity(event.object).resource_version, malformed=decoded)
    return WatchEvent(event.type, decoded.metadata.resource_version, decoded)
