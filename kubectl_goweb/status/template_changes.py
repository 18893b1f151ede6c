"""The readable difference of two Pod templates, field by field, without their secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.secrets import HIDDEN, looks_secret, shown, without_secrets
from kubectl_goweb.status.verdicts import Answer

Json = dict[str, Any]


class Change(Answer, frozen=True, gc=False):
    """One line of the readable diff. Values are shown texts: secrets are taken out."""

    field: str
    """As `spec.replicas`, or within the Pod template as `containers[web].image`."""
    before: str | None
    """None where the field is new."""
    after: str | None
    """None where the field goes."""


class _Missing:
    """What is found where nothing is."""


_MISSING = _Missing()
_LONGEST = 200
_MAPS = ("annotations", "labels", "nodeSelector")
"""Fields whose keys are names of the user's."""


def changes(before: Json, after: Json) -> tuple[Change, ...]:
    """What differs, in the order of the fields' names; `spec.` is left out, as in `containers[web].image`."""
    return tuple(
        Change(field.removeprefix("spec."), _text(field, old), _text(field, new, changed=old))
        for field, old, new in _differences("", before, after)
    )


def annotation_change(key: str, before: str | None, after: str | None) -> Change:
    """An annotation of the workload itself."""
    field = f"workload annotations[{key}]"
    return Change(field, _text(field, before), _text(field, after, changed=before))


def _differences(field: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if old == new or (old in (_MISSING, None) and new in (_MISSING, None)):
        return
    if field.endswith(_MAPS):
        old, new = ({} if each in (_MISSING, None) else each for each in (old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            inner = f"{field}[{key}]" if field.endswith(_MAPS) else _dotted(field, key)
            yield from _differences(inner, old.get(key, _MISSING), new.get(key, _MISSING))
    elif (olds := _by_name(old)) is not None and (news := _by_name(new)) is not None and (olds or news):
        for name in [*olds, *(name for name in news if name not in olds)]:
            yield from _differences(f"{field}[{name}]", olds.get(name, _MISSING), news.get(name, _MISSING))
    else:
        yield field, old, new


def _dotted(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key


def _by_name(value: Any) -> dict[str, Any] | None:
    """A list of things with names of their own (containers, variables, volumes), by name; None for any other."""
    if value is _MISSING:
        return {}
    if not isinstance(value, list) or not all(isinstance(one, dict) and "name" in one for one in value):
        return None
    found = {str(one["name"]): one for one in value}
    return found if len(found) == len(value) else None


def _text(field: str, value: Any, *, changed: Any = _MISSING) -> str | None:
    if value is _MISSING or value is None:
        return None
    if _is_secret(field):
        return HIDDEN if changed in (_MISSING, None) else "(hidden, another value)"
    if isinstance(value, str):
        return plain(shown(value), _LONGEST)
    return plain(msgspec.json.encode(without_secrets(value)).decode(), _LONGEST)


def _is_secret(field: str) -> bool:
    """A variable's value, or an annotation, of a name that looks secret."""
    if field.endswith("].value"):
        return looks_secret(field.rpartition(".env[")[2].removesuffix("].value"))
    return looks_secret(field.partition("annotations[")[2])
