"""How far what is shown can be trusted, in words, for the header and for the place of what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import assert_never

from kubectl_goweb.objects import Feed, FeedState, Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Tone

_NAMED = 4
"""Kinds that are named one by one in the header."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know about the feeds: a sign, a sentence, and how much it matters."""

    sign: str
    text: str
    tone: Tone
    is_live: bool = False


def told_at(feeds: Mapping[Kind, Feed], now: datetime) -> datetime:
    """The instant for which ages hold: now, or when the first feed that is stale was last heard of."""
    return min((feed.since for feed in feeds.values() if feed.state is FeedState.STALE), default=now)


def is_moving(feeds: Mapping[Kind, Feed]) -> bool:
    """Whether time passes for what is shown: nothing is stale, and something is here."""
    states = {feed.state for feed in feeds.values()}
    return FeedState.STALE not in states and bool(states & {FeedState.LIVE, FeedState.POLLED, FeedState.LISTING})


def notes(feeds: Mapping[Kind, Feed], now: datetime, zone: tzinfo | None, *, ascii_only: bool) -> tuple[Note, ...]:
    """What the header says of the feeds, the worst first; one that all is live when nothing else is to be said."""
    if not feeds:
        return (Note("~" if ascii_only else "◌", "connecting", Tone.BUSY),)
    found = [
        note
        for state in (FeedState.STALE, FeedState.FAILED, FeedState.DENIED, FeedState.POLLED, FeedState.LISTING)
        if (note := _note(state, feeds, now, zone, ascii_only)) is not None
    ]
    malformed = sum(len(feed.malformed) for feed in feeds.values())
    if malformed:
        objects = "object" if malformed == 1 else "objects"
        found.append(Note("!" if ascii_only else "▲", f"{malformed} {objects} cannot be read", Tone.WARN))
    if any(feed.state is FeedState.LIVE for feed in feeds.values()) and all(
        feed.state in (FeedState.LIVE, FeedState.DENIED) for feed in feeds.values()
    ):
        found.insert(0, Note("*" if ascii_only else "●", "live", Tone.GOOD, is_live=True))
    return tuple(found)


def _note(
    state: FeedState, feeds: Mapping[Kind, Feed], now: datetime, zone: tzinfo | None, ascii_only: bool
) -> Note | None:
    among = {kind: feed for kind, feed in feeds.items() if feed.state is state}
    if not among:
        return None
    first = min(among.values(), key=lambda feed: feed.since)
    allowed = sum(feed.state is not FeedState.DENIED for feed in feeds.values())
    part = "" if len(among) == allowed else f"{_names(among)} "
    match state:
        case FeedState.STALE:
            text = f"{part}stale since {clock(first.since, zone)}{_because(first)}{_retry(among.values(), now)}"
            return Note("~" if ascii_only else "◌", text, Tone.WARN)
        case FeedState.FAILED:
            text = f"cannot read {part.rstrip() or 'the cluster'}{_because(first)}{_retry(among.values(), now)}"
            return Note("x" if ascii_only else "✖", text, Tone.BAD)
        case FeedState.DENIED:
            return Note("x" if ascii_only else "✖", f"forbidden: {_names(among)}", Tone.BAD)
        case FeedState.POLLED:
            text = f"{part}as of {clock(first.since, zone)}: may not be watched{_retry(among.values(), now)}"
            return Note("~" if ascii_only else "◌", text, Tone.WARN)
        case FeedState.LISTING:
            return Note("~" if ascii_only else "◌", f"loading {part.rstrip()}".rstrip(), Tone.BUSY)
        case FeedState.LIVE:
            return None
        case _:
            assert_never(state)


def notice(feeds: Mapping[Kind, Feed], kinds: Iterable[Kind], *, count: int, none: str) -> str:
    """What stands in a panel above its rows, or instead of them: why some are missing; `none` when there are none.

    `count` is how many rows there are. Nothing is concluded from a kind that is not complete.
    """
    missing: dict[tuple[FeedState, str], list[tuple[str, str]]] = {}
    unreadable: list[str] = []
    complete = True
    for kind in kinds:
        feed = feeds.get(kind)
        name = kind.resource.plural
        if feed is None:
            complete = False
            continue
        unreadable.extend(f"{name}: {plain(bad.name)} cannot be read ({plain(bad.why)})" for bad in feed.malformed)
        if not (feed.state.is_current or feed.state is FeedState.STALE):
            complete = False
            # The same for several kinds but for their names is said once.
            why = feed.why.replace(kind.resource.group_plural, "them")
            missing.setdefault((feed.state, why), []).append((name, feed.why))
    said = [
        _missing(state, why if len(found) > 1 else found[0][1], ", ".join(name for name, _ in found))
        for (state, why), found in missing.items()
        if not (count and state is FeedState.LISTING)
    ]
    if not count and complete:
        said.append(none)
    return "\n".join(said + unreadable)


def _missing(state: FeedState, why: str, names: str) -> str:
    because = f" ({plain(why)})" if why else ""
    match state:
        case FeedState.LISTING:
            return f"loading {names}"
        case FeedState.DENIED:
            return f"{names}: forbidden{because}"
        case FeedState.FAILED:
            return f"{names}: cannot be read{because}"
        case FeedState.LIVE | FeedState.POLLED | FeedState.STALE:
            return ""
        case _:
            assert_never(state)


def clock(at: datetime, zone: tzinfo | None) -> str:
    """The time of day in this zone, the machine's own when None."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def _names(among: Mapping[Kind, Feed]) -> str:
    names = [kind.resource.plural for kind in among]
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _because(feed: Feed) -> str:
    return f" ({plain(feed.why)})" if feed.why else ""


def _retry(among: Iterable[Feed], now: datetime) -> str:
    times = [feed.retry_at for feed in among if feed.retry_at is not None]
    if not times:
        return ""
    ahead = [seconds for at in times if (seconds := (at - now).total_seconds()) >= 1]
    return f", retry in {min(ahead):.0f} s" if ahead else ", trying again"
