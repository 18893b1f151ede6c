"""An API object as text to read: YAML without what nobody reads, and without what nobody may. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.secrets import without_secrets

_LONGEST = 4000


def document(found: dict[str, Any], kind: str) -> tuple[str, ...]:
    """The object's lines as YAML, `cleaned`."""
    text: str = yaml.safe_dump(cleaned(found, kind), sort_keys=False, allow_unicode=True, width=1_000_000)
    return tuple(plain(line, _LONGEST) for line in text.splitlines())


def cleaned(found: dict[str, Any], kind: str) -> dict[str, Any]:
    """The managed fields are folded to their managers; a Secret's values, and what looks like one elsewhere, are hidden
    as in Plans.
    """
    told: dict[str, Any] = {"kind": kind, **found}
    meta = dict(told.get("metadata") or {})
    if managers := meta.pop("managedFields", None):
        names = dict.fromkeys(str(one.get("manager", "?")) for one in managers if isinstance(one, dict))
        meta["managedFields"] = f"(folded: {', '.join(names)})"
    meta["annotations"] = _annotations(meta.get("annotations"), told["kind"])
    told["metadata"] = {key: value for key, value in meta.items() if value is not None}
    clean: dict[str, Any] = without_secrets(told)
    return clean


def _annotations(found: object, kind: str) -> object:
    """What was applied last holds a Secret's values once more."""
    if not isinstance(found, dict):
        return None
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    return {key: "(hidden)" if key == applied and kind == "Secret" else value for key, value in found.items()}
