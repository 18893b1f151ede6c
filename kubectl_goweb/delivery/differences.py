"""What an apply would change: the object that is there against the one the server would keep. Pure.

Both come from the server, so that its defaults are no differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

_SERVERS_OWN = frozenset(
    {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "ownerReferences"}
)
_BOOKKEEPING = frozenset({"deployment.kubernetes.io/revision"})


class Difference(Struct, frozen=True):
    field: str
    """`spec.template.spec.containers[shop].image`."""
    before: Any
    """None: it is new."""
    after: Any
    """None: it goes."""


def differences(live: Any, wanted: Any) -> tuple[Difference, ...]:
    """Every field that differs, apart from what the server keeps for itself."""
    return tuple(_between(_spoken(live), _spoken(wanted), ""))


def _spoken(body: Any) -> Any:
    """The object without status and bookkeeping."""
    kept = {key: value for key, value in body.items() if key != "status"}
    metadata = {key: value for key, value in kept.get("metadata", {}).items() if key not in _SERVERS_OWN}
    annotations = {key: value for key, value in metadata.pop("annotations", {}).items() if key not in _BOOKKEEPING}
    return {**kept, "metadata": {**metadata, **({"annotations": annotations} if annotations else {})}}


def _between(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            name = f"[{key}]" if "." in key or "/" in key else f".{key}" if path else key
            yield from _between(before.get(key), after.get(key), path + name)
    elif isinstance(before, list) and isinstance(after, list) and (names := _named(before, after)):
        one, other = names
        for key in dict.fromkeys([*one, *other]):
            yield from _between(one.get(key), other.get(key), f"{path}[{key}]")
    else:
        yield Difference(path, before, after)


def _named(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Lists whose items have names, by name; in these the order means nothing."""
    found = []
    for items in (before, after):
        if not all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in items):
            return None
        by_name = {one["name"]: one for one in items}
        if len(by_name) != len(items):
            return None
        found.append(by_name)
    return found[0], found[1]


def text(value: Any) -> str | None:
    """A value as one line."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
