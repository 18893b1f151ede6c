"""Takes a journal entry back: its inverse, planned from how it is now, and only while what it changed is as it left it.

    planned = revert(entry, prepare(connection, entry.inverse, now))

Whatever somebody did to it since is theirs to keep: then there is a Refusal that says what is different.
"""

from __future__ import annotations

import msgspec

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.errors import Exit


def why_not(entry: Entry, server: str) -> str:
    """Why it cannot be taken back, whatever the cluster looks like; empty when it may be tried."""
    if entry.server != server:
        return f"it was done on another cluster: context {entry.context}, {entry.server}"
    return why_kept(entry)


def why_kept(entry: Entry) -> str:
    """The same, wherever it was done."""
    if entry.outcome != "done":
        return f"it is not known to be done: {entry.outcome}"
    if entry.inverse is None:
        return entry.one_way or "it has no inverse"
    return ""


def revert(entry: Entry, planned: Plan | Refusal) -> Plan | Refusal:
    """The plan of the inverse as the way back from this entry."""
    if isinstance(planned, Refusal):
        return planned
    if planned.uid != entry.uid:
        why = f"{entry.target.short} is another object than entry {entry.id} changed: it was deleted and made anew"
        return Refusal(planned.verb, entry.target, why, exit_code=Exit.REFUSED)
    if planned.is_nothing:
        return planned
    differs = [
        f"{_field(path)} {_is(planned.before[path])} and was left as {left}"
        if _is_scalar(left)
        else f"{_field(path)} differs"
        for path, left in entry.after.items()
        if path in planned.before and planned.before[path] != left
    ]
    if differs:
        last = f"; last written by {planned.last_write}" if planned.last_write else ""
        why = f"it has changed since entry {entry.id}: {', '.join(differs)}{last}"
        return Refusal(planned.verb, entry.target, why, "look at it: what was done since would be lost")
    notes = (f"entry {entry.id} changed more, which stays as it is: {entry.stays}",) if entry.stays else ()
    return msgspec.structs.replace(
        planned, sentence=f"take back entry {entry.id}: {planned.sentence}", notes=(*notes, *planned.notes)
    )


def _field(path: str) -> str:
    return path.strip("/").replace("/", ".").replace("~1", "/")


def _is_scalar(mark: str) -> bool:
    return not mark.startswith("sha256:")


def _is(mark: str) -> str:
    return f"is {mark}" if _is_scalar(mark) else "is another one"
