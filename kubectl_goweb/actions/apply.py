"""The one door through which anything is written to the cluster: a Plan goes in, what became of it comes out.

    try:
        applied = apply(plan, connection, journal=journal, now=environment.now)
    except ConflictError:
        ...prepare again, show again, ask again; never sent twice by itself

Raises ConflictError when what the Plan was made from is not so any more, RefusedError for every other no of the server
(exit code 4), LostError when the answer got lost and a look afterwards does not show it as done. Nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.actions.plan import JSON_PATCH, Plan, Write
from kubectl_goweb.actions.pointers import MISSING, at, fingerprint, marks
from kubectl_goweb.errors import (
    ApiError,
    ForbiddenError,
    RefusedError,
    ServerError,
    UnansweredError,
    UnreachableError,
)

MANAGER = "kubectl-goweb"
"""Whom the server writes down as the author of what is changed."""
_CONFLICT = 409
_UNPROCESSABLE = 422


class DryRun(StrEnum):
    """kubectl's words."""

    NONE = "none"
    CLIENT = "client"
    """Nothing is sent."""
    SERVER = "server"
    """The server does everything but keep it."""


class Applied(Struct, frozen=True):
    """What became of a Plan."""

    plan: Plan
    dry_run: DryRun
    generation: int = 0
    """metadata.generation as the server answered: the rollout to follow is this one or a later one. 0: not said."""
    entry: Entry | None = None
    """Its line in the journal; None for a dry run, or when it could not be written."""
    unrecorded: str = ""
    """Why it is not in the journal although it was done."""
    lost: str = ""
    """That the server's answer got lost, and a look afterwards shows that it was done; empty when it answered."""

    @property
    def is_done(self) -> bool:
        """Whether anything was changed."""
        return self.dry_run is DryRun.NONE and not self.plan.is_nothing


class ConflictError(RefusedError):
    """It changed since the Plan was made; nothing was written."""


class LostError(UnreachableError):
    """The connection was lost before the answer. `was_done`: what a look afterwards told; None when that failed too, or
    cannot tell. `seen` is what was looked at.
    """

    def __init__(self, sentence: str, *, hint: str = "", was_done: bool | None = None, seen: Any = None) -> None:
        super().__init__(sentence, hint=hint)
        self.was_done = was_done
        self.seen = seen


class Door(Protocol):
    """What is needed of a connection."""

    def get(self, path: str) -> bytes: ...

    def send(
        self, method: str, path: str, body: bytes = ..., *, content_type: str = ..., query: Mapping[str, str] = ...
    ) -> bytes: ...


def apply(
    plan: Plan,
    connection: Door,
    *,
    journal: Journal | None,
    now: Callable[[], datetime],
    dry_run: DryRun = DryRun.NONE,
) -> Applied:
    """Send the Plan's writes in order and write it down in the journal; a Plan without writes is done already."""
    if dry_run is DryRun.CLIENT or plan.is_nothing:
        return Applied(plan, dry_run)
    answers: list[Any] = []
    lost = ""
    for write in plan.writes:
        try:
            answers.append(_answer(_send(write, connection, dry_run)))
        except ApiError as error:
            if isinstance(error, LostError) and error.was_done and dry_run is DryRun.NONE:
                answers.append(error.seen)
                lost = error.sentence
                continue
            if dry_run is DryRun.NONE:
                _record_part(plan, answers, error, journal, now)
            raise _with_part(error, len(answers), len(plan.writes)) from error
    if dry_run is DryRun.SERVER:
        return Applied(plan, dry_run)
    return msgspec.structs.replace(_record(plan, answers, "done", journal, now), lost=lost)


def _answer(body: bytes) -> Any:
    """What the server said about a write that it did; nothing when that is not JSON."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None


def _record_part(
    plan: Plan, answers: list[Any], error: ApiError, journal: Journal | None, now: Callable[[], datetime]
) -> None:
    """Write down what was done before a write failed, and that it is not known of one whose answer got lost."""
    if isinstance(error, LostError) and error.was_done is None:
        _record(plan, answers, "unknown", journal, now)
    elif answers:
        _record(plan, answers, f"partly: {len(answers)} of {len(plan.writes)} writes", journal, now)


def _send(write: Write, connection: Door, dry_run: DryRun) -> bytes:
    query = {**write.query, "fieldManager": MANAGER}
    if dry_run is DryRun.SERVER:
        query["dryRun"] = "All"
    try:
        return connection.send(write.method, write.path, write.body, content_type=write.content_type, query=query)
    except ForbiddenError as error:
        raise RefusedError(error.sentence, hint=error.hint) from error
    except RefusedError as error:
        changed = _changed(write, connection) if error.status in (_CONFLICT, _UNPROCESSABLE) else ""
        if changed or (error.status == _CONFLICT and write.method in ("PATCH", "PUT", "DELETE")):
            why = changed or "it was written to in the same moment"
            raise ConflictError(
                f"it has changed since it was looked at: {why}; nothing was written", hint="look again, then repeat"
            ) from error
        raise
    except (UnansweredError, ServerError) as error:
        raise _lost(write, connection, error) from error


def _operations(write: Write) -> list[dict[str, Any]]:
    found = msgspec.json.decode(write.body) if write.content_type == JSON_PATCH else []
    return found if isinstance(found, list) else []


def _changed(write: Write, connection: Door) -> str:
    """Which of a patch's tests does not hold, in words; empty when all hold, or it cannot be seen."""
    try:
        document = msgspec.json.decode(connection.get(write.path))
    except (ApiError, msgspec.DecodeError):
        return ""
    failed = []
    for one in _operations(write):
        found = at(document, one["path"])
        if one["op"] == "test" and not _equal(found, one.get("value")):
            field = one["path"].strip("/").replace("/", ".").replace("~1", "/")
            if fingerprint(found).startswith("sha256:"):
                failed.append(f"{field} is another one")
            else:
                failed.append(f"{field} is {fingerprint(found)} and was {fingerprint(one.get('value'))}")
    return "; ".join(failed)


def _equal(found: Any, wanted: Any) -> bool:
    """As the server compares: null stands for what is not there."""
    return bool((None if found is MISSING else found) == wanted)


def _lost(write: Write, connection: Door, error: ApiError) -> ApiError:
    """What a look tells about a write whose answer did not come, or was that the server failed over it."""
    try:
        document = msgspec.json.decode(connection.get(write.path))
    except (ApiError, msgspec.DecodeError):
        return LostError(error.sentence, hint="look before repeating it")
    effects = [one for one in _operations(write) if one["op"] != "test"]
    if not effects:
        return LostError(error.sentence, hint="look before repeating it")
    if all(_equal(at(document, one["path"]), one.get("value")) for one in effects):
        told = f"{error.sentence} It was: a look afterwards shows it"
        return LostError(told, was_done=True, seen=document)
    told = f"{error.sentence} A look afterwards does not show it"
    return LostError(told, hint="look again in a moment, then repeat it", was_done=False)


def _with_part(error: ApiError, done: int, all_of_them: int) -> ApiError:
    """The same error; when an earlier write was done, it says so."""
    if done:
        error.sentence = f"{error.sentence}; {done} of {all_of_them} writes had been done"
        error.args = (error.sentence,)
    return error


def _is_about(answer: Any, plan: Plan) -> bool:
    """Whether it is the target itself, or its scale; a release writes other objects of the same name too."""
    if not isinstance(answer, dict) or answer.get("kind") not in (plan.target.kind, "Scale"):
        return False
    return bool(answer.get("metadata", {}).get("name") == plan.target.name)


def _record(
    plan: Plan, answers: list[Any], outcome: str, journal: Journal | None, now: Callable[[], datetime]
) -> Applied:
    after: dict[str, str] = {}
    generation = 0
    for answer in answers:
        if not _is_about(answer, plan):
            continue
        if answer.get("kind") == "Scale":
            answer.setdefault("spec", {}).setdefault("replicas", 0)  # which the API leaves out
        after |= {path: found for path, found in marks(answer, plan.before).items() if at(answer, path) is not MISSING}
        generation = answer["metadata"].get("generation", generation)
    after = {path: after.get(path, "absent") for path in plan.before} if answers else {}
    if journal is None:
        return Applied(plan, DryRun.NONE, generation)
    try:
        entry = journal.append(plan, after, generation, outcome, now())
    except OSError as error:
        return Applied(plan, DryRun.NONE, generation, None, f"the journal {journal.path} cannot be written: {error}")
    return Applied(plan, DryRun.NONE, generation, entry)
