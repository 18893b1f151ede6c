"""Where a variable that a program misses was to come from, by its template: a key of a ConfigMap or Secret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.template import Env, FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.verdicts import Evidence


def declared(group: Group, variable: str) -> Evidence | None:
    """Why a variable is not set, as far as the template and what it names tell."""
    container = group.container
    if container is None or not variable:
        return None
    one = next((env for env in container.env if env.name == variable), None)
    return _missing(group.case, container, variable) if one is None else _of_source(group.case, one)


def _of_source(case: Case, one: Env) -> Evidence | None:
    """Of a variable that the template sets."""
    if one.value_from is None:
        return None if one.value else Evidence("env", f"the template sets {one.name} to nothing")
    of_map, of_secret = one.value_from.config_map_key_ref, one.value_from.secret_key_ref
    source = of_map or of_secret
    if source is None:
        return None
    kind = Kind.CONFIG_MAP if of_map else Kind.SECRET
    text = f"is to give {one.name} by its key {source.key}"
    keys = _keys(case, kind, source.name)
    if case.snapshot.facts.is_absent(kind, f"{case.ref.namespace}/{source.name}"):
        text += ", and is not there"
    elif keys is not None and source.key not in keys:
        text += ", which it has not" + _near(source.key, keys)
    return Evidence(f"{kind} {source.name}", plain(text + ("; it is optional" if source.optional else "")))


def _missing(case: Case, container: FullContainer, variable: str) -> Evidence:
    """Of a variable that only envFrom could bring."""
    for one in container.env_from:
        source = one.config_map_ref or one.secret_ref
        if source is None or not variable.startswith(one.prefix):
            continue
        kind = Kind.CONFIG_MAP if one.config_map_ref else Kind.SECRET
        key, keys = variable.removeprefix(one.prefix), _keys(case, kind, source.name)
        if case.snapshot.facts.is_absent(kind, f"{case.ref.namespace}/{source.name}"):
            return Evidence(f"{kind} {source.name}", "of envFrom is not there; it is optional")
        if keys is not None and key not in keys:
            return Evidence(f"{kind} {source.name}", plain(f"of envFrom has no key {key}{_near(key, keys)}"))
    others = ", ".join(
        ref.name for one in container.env_from if (ref := one.config_map_ref or one.secret_ref) is not None
    )
    near = _near(variable, [one.name for one in container.env])
    rest = f"; envFrom names {others}" if others else near
    return Evidence("env", plain(f"the template does not set {variable}{rest}"))


def _keys(case: Case, kind: Kind, name: str) -> frozenset[str] | None:
    one = case.snapshot.facts.objects.get(named(kind, f"{case.ref.namespace}/{name}"))
    return one.keys if isinstance(one, ConfigMap | Secret) else None


def _near(wanted: str, names: Iterable[str]) -> str:
    found = difflib.get_close_matches(wanted, list(names), 1)
    return f"; {found[0]} was probably meant" if found else ""
