"""The Deployment as a canary left it: pausing and resuming it, and noticing whose change it is that was not ours.

Scaling is nobody's business here, as an autoscaler does it all the time; another Pod template, and a pause that was
begun or ended, are somebody else's decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import structs

from kubectl_goweb.actions.apply import MANAGER, Applied, ConflictError, LostError, apply
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.guard.acting import AGAIN
from kubectl_goweb.actions.guard.following import Moment
from kubectl_goweb.actions.guard.judging import Judgement, Outcome
from kubectl_goweb.actions.guard.telling import Step
from kubectl_goweb.actions.journal import Journal
from kubectl_goweb.actions.plan import Refusal
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.prepare import seen
from kubectl_goweb.actions.recorded import same_template
from kubectl_goweb.actions.requests import Pause, Resume
from kubectl_goweb.errors import ApiError, ForbiddenError, NotFoundError, RefusedError, UnauthorizedError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.status.verdicts import Ref


class Server(Protocol):
    """What is needed of a connection."""

    access: Access

    def get(self, path: str, *, accept: str = ...) -> bytes: ...

    def pages(self, path: str, query: Mapping[str, str] = ..., *, limit: int = ...) -> Iterable[bytes]: ...

    def send(
        self, method: str, path: str, body: bytes = ..., *, content_type: str = ..., query: Mapping[str, str] = ...
    ) -> bytes: ...


class Voice(Protocol):
    """What is needed of a Follower."""

    def say(self, step: Step, sentence: str) -> None: ...

    def pause(self, seconds: float) -> None: ...


class Hold:
    """What holds a Deployment, and lets it go on."""

    def __init__(
        self,
        connection: Server,
        ref: Ref,
        eyes: Voice,
        *,
        now: Callable[[], datetime],
        journal: Journal | None,
    ) -> None:
        self.generation = 0
        """metadata.generation as we left it."""
        self.is_paused = False
        """As we left it."""
        self._template: Json = {}
        self._uid = ""
        self._connection = connection
        self._ref = ref
        self._eyes = eyes
        self._now = now
        self._journal = journal

    def take(self, applied: Applied) -> None:
        """It is ours since this write."""
        self._uid, self.generation = applied.plan.uid, applied.generation

    def look(self) -> None:
        """Remember how the first write left it: as soon as the server tells, for what goes on has to be held."""
        while True:
            try:
                known = seen(self._connection, self._ref)
                break
            except NotFoundError:
                return  # the watch will tell
            except ApiError as error:
                self._eyes.say(Step.AGAIN, f"cannot look yet: {error.sentence}")
                self._eyes.pause(AGAIN)
        self.generation = self.generation or known.meta["generation"]
        if known.meta["generation"] == self.generation:
            self._template = known.template  # else nobody can tell any more whose it is, and it counts as theirs

    def checked(self, moment: Moment) -> Moment:
        """The same look, with somebody else's change as its verdict when there is one."""
        if moment.seen.workload is None or moment.seen.generation <= self.generation:
            return moment
        try:
            known = seen(self._connection, self._ref)
        except NotFoundError:
            return moment  # the watch will tell in a moment
        except ApiError as error:
            return structs.replace(moment, judged=Judgement(Outcome.BLIND, error.sentence))
        found = self._theirs(known)
        if found is None:
            said = f"somebody else changed it, but not its Pod template{_by(known)}: going on"
            self._eyes.say(Step.AGAIN, said)
            self.generation = known.meta["generation"]
            found = Judgement(Outcome.GOING, "waiting for the controller to see somebody else's change")
        return structs.replace(moment, judged=found)

    def _theirs(self, known: Facts) -> Judgement | None:
        """Why what is there now is somebody else's; None when it is still ours."""
        who, by = _who(known), _by(known)
        if known.uid != self._uid:
            return Judgement(Outcome.SUPERSEDED, f"{self._ref.short} was deleted and made anew by somebody else")
        if not same_template(known.template, self._template):
            return Judgement(Outcome.SUPERSEDED, f"{who} has changed its Pod template{by}")
        if self.is_paused and not known.is_paused:
            return Judgement(Outcome.SUPERSEDED, f"{who} has resumed it{by}: it goes on by itself")
        if known.is_paused and not self.is_paused:
            return Judgement(Outcome.PAUSED, f"{who} has paused it{by}")
        return None

    def written(self, request: Pause | Resume) -> bool:
        """Whether it is done now; when it is not, the next look tells why. RefusedError when the server says no."""
        is_paused = isinstance(request, Pause)
        try:
            known = seen(self._connection, self._ref)
            if known.meta["generation"] != self.generation or known.uid != self._uid:
                return False
            planned = plan(request, known, self._now())
            if isinstance(planned, Refusal):
                raise RefusedError(planned.why)
            applied = apply(planned, self._connection, journal=self._journal, now=self._now)
        except ConflictError as error:
            self._eyes.say(Step.AGAIN, error.sentence)
            return False
        except (RefusedError, ForbiddenError, UnauthorizedError) as error:
            left = "so the rollout goes on by itself" if is_paused else "so it stays paused"
            what = "paused" if is_paused else "resumed"
            raise RefusedError(f"not {what}, {left}: {error.sentence}") from error
        except ApiError as error:
            self._eyes.say(Step.AGAIN, f"not done yet: {error.sentence}")
            is_in_doubt = isinstance(error, LostError) and error.was_done is None
            return self._was_done_after_all(is_paused=is_paused) if is_in_doubt else self._not_yet()
        self._left_as(applied.generation or self.generation + 1, is_paused=is_paused)
        return True

    def _not_yet(self) -> bool:
        self._eyes.pause(AGAIN)
        return False

    def _was_done_after_all(self, *, is_paused: bool) -> bool:
        """Of a write whose answer got lost, and the look after it too: as soon as the server tells."""
        while True:
            self._eyes.pause(AGAIN)
            try:
                known = seen(self._connection, self._ref)
            except NotFoundError:
                return False
            except ApiError:
                continue  # as long as it takes: the pause above ends when somebody leaves
            if known.meta["generation"] == self.generation or known.is_paused is not is_paused:
                return False
            self._left_as(known.meta["generation"], is_paused=is_paused)
            return self._theirs(known) is None

    def _left_as(self, generation: int, *, is_paused: bool) -> None:
        self.generation, self.is_paused = generation, is_paused


def _who(known: Facts) -> str:
    return "another kubectl goweb" if (known.last_write or "").startswith(f"{MANAGER} ") else "somebody else"


def _by(known: Facts) -> str:
    """Who wrote last, when that was not us: the server keeps no time of what is scaled."""
    last = known.last_write
    return f" (last written by {last})" if last and not last.startswith(f"{MANAGER} ") else ""
