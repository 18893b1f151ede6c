"""Where a variable that a program misses was to come from, by its template: a key of a ConfigMap or Secret; and why one
that it has is not what was meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.template import Env, FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import Case, Group
from kubectl_goweb.status.verdicts import Evidence

_REFERENCE = re.compile(r"\$\((?P<name>[A-Za-z_][A-Za-z0-9_]*)\)")
_LINK = re.compile(r"\btcp://(?P<address>[\d.]+|\[[0-9a-f:]+\]):\d+")


def declared(group: Group, variable: str) -> Evidence | None:
    """Why a variable is not set, as far as the template and what it names tell."""
    container = group.container
    if container is None or not variable:
        return None
    one = next((env for env in container.env if env.name == variable), None)
    return _missing(group.case, container, variable) if one is None else _of_source(group.case, one)


def misread(group: Group, words: str) -> Evidence | None:
    """Why a variable has a value that the program cannot use, when its words show a value that Kubernetes made:
    a reference that was not expanded, or a link to a Service.

    https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    """
    container = group.container
    if container is None:
        return None
    found = _REFERENCE.search(words)
    if found is not None:
        return _unexpanded(container, found["name"])
    link = _LINK.search(words)
    return _linked(group.case, container, link["address"], link[0]) if link else None


def _unexpanded(container: FullContainer, name: str) -> Evidence | None:
    """In a variable only those above it are expanded, in the command and its arguments all of them."""
    names = [one.name for one in container.env]
    holder = next((one for one in container.env if _refers(one.value, name)), None)
    in_words = any(_refers(word, name) for word in (*container.command, *container.args))
    known = names[: names.index(holder.name)] if holder is not None else names
    if container.env_from or name in known or (holder is None and not in_words):
        return None
    why = "is set only below it" if name in names else f"is not set{_near(name, names)}"
    text = f"has $({name}), which stays as it is written: {name} {why}"
    return Evidence(f"env {holder.name}" if holder is not None else "the command line", plain(text))


def _refers(text: str, name: str) -> bool:
    return f"$({name})" in text and f"$$({name})" not in text


def _linked(case: Case, container: FullContainer, address: str, value: str) -> Evidence | None:
    service = next((one for one in case.snapshot.services.values() if one.spec.cluster_ip == address), None)
    if service is None or service.namespace != case.ref.namespace:
        return None
    name = f"{service.name.upper().replace('-', '_')}_PORT"
    if any(one.name == name for one in container.env):
        return None
    text = (
        f"makes Kubernetes set {name}={value} in every Pod of its namespace, and the program takes that for a setting"
    )
    return Evidence(f"Service {service.name}", plain(f"{text}: enableServiceLinks: false, or another name for it"))


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
