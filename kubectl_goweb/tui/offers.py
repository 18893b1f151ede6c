"""Which verbs can be offered for what is selected, and why not. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_goweb.actions.verbs import VERBS, Rights, Subject, Verb, offered
from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.tui.source import Session
from kubectl_goweb.tui.view import View

_KINDS = frozenset(kind for one in VERBS for kind in one.kinds) & frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Offer:
    subject: Subject
    verb: Verb | None
    why_not: str
    """Empty when there is a verb."""
    title: str
    """Of the verb, or of the one that it would be."""


def subject(view: View, key: str) -> Subject | None:
    """The workload or node of a row's key, as far as verbs are concerned."""
    kind, _, rest = key.partition("#")[0].partition("/")
    if kind not in _KINDS:
        return None
    namespace, _, name = rest.partition("/")
    if kind == "Node":
        return next((one for one in view.overview.nodes if one.name == name), None)
    wanted = (kind, namespace, name)
    return next(
        (one for one in view.overview.workloads if (one.ref.kind, one.ref.namespace, one.ref.name) == wanted), None
    )


def rights(view: View, session: Session, denied: frozenset[str], kind: str) -> Rights:
    """What stands between the user and a verb for such an object."""
    feed = view.snapshot.feeds.get(Kind(kind))
    stale = ""
    if feed is not None and feed.state is not FeedState.LIVE:
        stale = f"what is shown is {feed.state}" + (f" ({feed.why})" if feed.why else "")
    read_only = f"read-only: {session.read_only}" if session.read_only else ""
    return Rights(read_only=read_only, stale=stale, denied=denied)


def forbidden(denied: frozenset[str]) -> tuple[str, ...]:
    """The verbs that the user cannot use on any kind."""
    return tuple(
        one.id for one in VERBS if one.key and {one.needs(kind) for kind in one.kinds} <= denied and one.is_write
    )


def offer(
    view: View,
    session: Session,
    denied: frozenset[str],
    key: str,
    object_key: str,
    guarded: frozenset[str] = frozenset(),
) -> Offer | None:
    """What a verb's key does to an object; None when no verb of that key is for such an object at all. Of what is
    `guarded`, or was, the guard can be looked at whatever else holds.
    """
    found = subject(view, object_key)
    if found is None:
        return None
    kind = object_key.partition("/")[0]
    mine = [one for one in VERBS if one.key == key and kind in one.kinds]
    if not mine:
        return None
    if mine[0].id == "guard" and object_key in guarded:
        return Offer(found, mine[0], "", mine[0].title)
    verb, why_not = offered(key, found, rights(view, session, denied, kind))
    return Offer(found, verb, why_not, (verb or mine[0]).title)
