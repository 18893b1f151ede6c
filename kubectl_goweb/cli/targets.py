"""The workloads that a command line names for a change: `deploy/web`, `deployment web`, or `web` alone; or several of
them, or those with some labels, where the verb takes several.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.cli.looking import is_kind, parse_name
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.errors import ForbiddenError, GowebError, NotFoundError, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.objects import Kind, decode_page
from kubectl_goweb.status.verdicts import Ref


def named(words: Sequence[str]) -> tuple[str, list[str]]:
    """The name and the words after it; kubectl's `deployment web` counts as `deployment/web`."""
    if len(words) > 1 and is_kind(words[0]):
        return f"{words[0]}/{words[1]}", list(words[2:])
    return words[0], list(words[1:])


def one_target(args: Arguments, given: str, kinds: Sequence[str], connection: Connection) -> Ref:
    """Which object is meant. UsageError when it may be several, NotFoundError when there is none."""
    if getattr(args, "all_namespaces", False) or getattr(args, "selector", ""):
        raise UsageError("a change is made to one workload, named", hint="use -n NAMESPACE and NAME, without -A and -l")
    namespace = connection.access.namespace
    name = parse_name(given)
    if name.kind is not None:
        if name.kind not in kinds:
            raise UsageError(f"{args.verb} is for {' and '.join(kinds)}s, not for {given!r}")
        return Ref(name.kind, name.name, namespace)
    found = [kind for kind in kinds if _is_there(connection, Kind(kind), namespace, name.name)]
    if len(found) > 1:
        words = " and a ".join(found)
        raise UsageError(f"{given!r} is a {words}", hint=f"name the kind: {Ref(found[0], name.name).short}")
    if not found:
        raise NotFoundError(
            f"no workload {given!r} in namespace {namespace}",
            hint=f"see what is there: kubectl goweb status -n {namespace}",
        )
    return Ref(found[0], name.name, namespace)


def several_targets(
    args: Arguments, words: Sequence[str], kinds: Sequence[str], connection: Connection
) -> tuple[list[Ref], list[GowebError]]:
    """Which objects are meant, each once, and what is wrong with names that stand for none. UsageError when nothing, or
    all namespaces, are named.
    """
    if getattr(args, "all_namespaces", False):
        raise UsageError("a change is made in one namespace", hint="use -n NAMESPACE, without -A")
    labels = getattr(args, "selector", "")
    kind, names = (words[0], words[1:]) if words and is_kind(words[0]) else ("", words)
    if labels and names:
        raise UsageError("either names or -l, not both")
    if labels:
        wanted = [parse_name(f"{kind}/x").kind or ""] if kind else kinds
        return _labelled(args, labels, wanted, kinds, connection)
    if not names:
        raise UsageError("no workload is named", hint="as in: web, deploy/web, or -l app=web")
    found: dict[Ref, None] = {}
    problems: list[GowebError] = []
    for name in names:
        try:
            found[one_target(args, f"{kind}/{name}" if kind and "/" not in name else name, kinds, connection)] = None
        except NotFoundError as error:
            problems.append(error)
    return list(found), problems


def _labelled(
    args: Arguments, labels: str, wanted: Sequence[str], kinds: Sequence[str], connection: Connection
) -> tuple[list[Ref], list[GowebError]]:
    """By their labels. NotFoundError when there is none."""
    namespace = connection.access.namespace
    for kind in wanted:
        if kind not in kinds:
            raise UsageError(f"{args.verb} is for {' and '.join(kinds)}s, not for a {kind}")
    found = [
        Ref(kind, one.name, namespace)
        for kind in wanted
        for page in connection.pages(Kind(kind).resource.path(namespace), {"labelSelector": labels})
        for one in decode_page(Kind(kind), page).items
    ]
    if not found:
        raise NotFoundError(f"no workload in namespace {namespace} has the labels {labels}")
    return found, []


def _is_there(connection: Connection, kind: Kind, namespace: str, name: str) -> bool:
    try:
        connection.get(kind.resource.path(namespace, name))
    except NotFoundError:
        return False
    except ForbiddenError:
        if kind is Kind.DEPLOYMENT:
            raise
        return False  # who may not even see its kind means another one
    return True
