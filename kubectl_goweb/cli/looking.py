"""What `status` lists, narrowed on the server as far as names and selectors allow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct, structs

from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.reading import Ask, Lister, read
from kubectl_goweb.objects import Kind, Object, Snapshot
from kubectl_goweb.objects.apps import LabelSelector

AnyObject = TypeVar("AnyObject", bound=Object)

WORKLOADS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)
_WARNINGS = "type!=Normal"
_MANY = 50
"""Values in one `in (...)` selector beyond which the list is not narrowed: the server would walk all of them anyway."""

_KINDS = {
    alias: kind
    for kind, aliases in (
        (Kind.DEPLOYMENT, ("deploy", "deployment", "deployments", "deployment.apps", "deployments.apps")),
        (Kind.STATEFUL_SET, ("sts", "statefulset", "statefulsets", "statefulset.apps", "statefulsets.apps")),
        (Kind.DAEMON_SET, ("ds", "daemonset", "daemonsets", "daemonset.apps", "daemonsets.apps")),
    )
    for alias in aliases
}


class Name(Struct, frozen=True):
    """A workload as named on the command line: `web`, `deploy/web`."""

    name: str
    kind: Kind | None
    given: str

    def names(self, kind: str, name: str) -> bool:
        return name == self.name and (self.kind is None or self.kind == kind)


def parse_name(given: str) -> Name:
    """UsageError for a kind that is no workload."""
    kind, slash, name = given.rpartition("/")
    if not slash:
        return Name(given, None, given)
    if kind.lower() not in _KINDS or not name:
        raise UsageError(f"{given!r} names no workload", hint="use NAME, deploy/NAME, sts/NAME or ds/NAME")
    return Name(name, _KINDS[kind.lower()], given)


def is_kind(word: str) -> bool:
    """Whether it names a kind of workload, as kubectl takes it: `deployment`, `sts`."""
    return word.lower() in _KINDS


class Look(Struct, frozen=True):
    """What to look at."""

    namespace: str
    """Empty for all namespaces."""
    names: tuple[Name, ...] = ()
    labels: str = ""
    detail: bool = False
    """With Services, endpoints, nodes and warnings."""

    @property
    def is_narrow(self) -> bool:
        return bool(self.names or self.labels)


def look(connection: Lister, want: Look, now: Callable[[], datetime]) -> Snapshot:
    """List what is wanted. Whole namespaces in one round; named or selected workloads in two, the second round
    narrowed by the workloads' own selectors.
    """
    if not want.is_narrow:
        return read(connection, [*_looked_at(want, ""), *_workloads(want)], now, namespace=want.namespace)
    first, labels = _first(connection, want, now)
    if labels is None:
        return first
    rest = read(connection, _looked_at(want, labels), now, namespace=want.namespace)
    return structs.replace(
        rest,
        deployments=first.deployments,
        stateful_sets=first.stateful_sets,
        daemon_sets=first.daemon_sets,
        feeds={**first.feeds, **rest.feeds},
    )


def with_warnings(
    connection: Lister, found: Snapshot, namespaces: Collection[str], now: Callable[[], datetime]
) -> Snapshot:
    """The same, with the warning events of these namespaces.

    They only tell more about what is known to ail, and are asked for when something does: the server finds warnings
    by reading all events there are, which are more than Pods.
    """
    namespace = next(iter(namespaces)) if len(namespaces) == 1 else found.namespace
    warnings = read(connection, [Ask(Kind.EVENT, namespace, fields=_WARNINGS)], now)
    return structs.replace(found, events=warnings.events, feeds={**found.feeds, **warnings.feeds})


def asks(connection: Lister, want: Look, now: Callable[[], datetime]) -> list[Ask]:
    """What has to be watched to go on seeing what is wanted. What belongs to named workloads is narrowed by their
    selectors, which never change; a label may be given to another workload at any time.
    """
    if not want.names:
        return whole(want)
    _, labels = _first(connection, want, now)
    return [*_workloads(want), *_parts(want, labels or "")]


def whole(want: Look) -> list[Ask]:
    """Everything there is in the namespace; labels narrow the workloads only."""
    return [*_workloads(want), *_parts(want, "")]


def _first(connection: Lister, want: Look, now: Callable[[], datetime]) -> tuple[Snapshot, str | None]:
    """The workloads alone, and the selector of what belongs to them; None when there is no workload."""
    found = only(read(connection, _workloads(want), now, namespace=want.namespace), want.names)
    selectors = [one.spec.selector for one in found.deployments.values()]
    selectors += [one.spec.selector for one in found.stateful_sets.values()]
    selectors += [one.spec.selector for one in found.daemon_sets.values()]
    return found, common_selector(selectors) if selectors else None


def _workloads(want: Look) -> list[Ask]:
    fields = f"metadata.name={want.names[0].name}" if len(want.names) == 1 else ""
    kinds = {name.kind for name in want.names if name.kind}
    all_named = bool(want.names) and all(name.kind for name in want.names)
    return [Ask(kind, want.namespace, want.labels, fields) for kind in WORKLOADS if not all_named or kind in kinds]


def _parts(want: Look, labels: str) -> list[Ask]:
    """Everything but the workloads themselves, the longest list first."""
    asks = [
        Ask(Kind.POD, want.namespace, labels),
        Ask(Kind.REPLICA_SET, want.namespace, labels),
        Ask(Kind.EVENT, want.namespace, fields=_WARNINGS),
        Ask(Kind.CONTROLLER_REVISION, want.namespace, labels),
    ]
    if want.detail:
        asks += [Ask(Kind.NODE), Ask(Kind.SERVICE, want.namespace), Ask(Kind.ENDPOINT_SLICE, want.namespace)]
    return asks


def _looked_at(want: Look, labels: str) -> list[Ask]:
    return [ask for ask in _parts(want, labels) if want.detail or ask.kind is not Kind.EVENT]


def only(found: Snapshot, names: Sequence[Name]) -> Snapshot:
    """Without the workloads that were not named."""
    if not names:
        return found

    def named(kind: Kind, objects: Mapping[str, AnyObject]) -> Mapping[str, AnyObject]:
        return {key: one for key, one in objects.items() if any(n.names(kind, key.rpartition("/")[2]) for n in names)}

    return structs.replace(
        found,
        deployments=named(Kind.DEPLOYMENT, found.deployments),
        stateful_sets=named(Kind.STATEFUL_SET, found.stateful_sets),
        daemon_sets=named(Kind.DAEMON_SET, found.daemon_sets),
    )


def common_selector(selectors: Iterable[LabelSelector]) -> str:
    """A label selector that every Pod of these workloads matches: the whole selector of a single one, else one key that
    all of them match by value, as `app in (api,web)`; empty when there is none.
    """
    selectors = list(selectors)
    if len(selectors) == 1:
        return ",".join(f"{key}={value}" for key, value in selectors[0].match_labels.items())
    for key in selectors[0].match_labels:
        values = {selector.match_labels.get(key, "") for selector in selectors}
        if "" not in values and len(values) <= _MANY:
            return f"{key} in ({','.join(sorted(values))})"
    return ""


def missing(found: Snapshot, names: Iterable[Name]) -> tuple[Name, ...]:
    """The names that stand for nothing."""
    objects = (
        (Kind.DEPLOYMENT, found.deployments),
        (Kind.STATEFUL_SET, found.stateful_sets),
        (Kind.DAEMON_SET, found.daemon_sets),
    )
    return tuple(
        name
        for name in names
        if not any(name.names(kind, key.rpartition("/")[2]) for kind, some in objects for key in some)
    )
