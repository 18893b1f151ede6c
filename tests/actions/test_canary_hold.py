"""Whose change it is while a canary holds a Deployment, and what becomes of a pause whose answer gets lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.apply import Applied, DryRun
from kubectl_goweb.actions.canary.owning import Hold
from kubectl_goweb.actions.guard.following import Moment
from kubectl_goweb.actions.guard.judging import Judgement, Memory, Outcome
from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.actions.guard.telling import Step
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.requests import Pause, Resume
from kubectl_goweb.errors import ForbiddenError, NotFoundError, RefusedError, ServerError, UnansweredError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.status.overview import overview
from tests.actions.made import UID, deployment, template
from tests.status.objects import NOW
from tests.tui.shop import snapshot

WORKLOAD = overview(snapshot(), NOW).workloads[0]
WEB = WORKLOAD.ref
NEW = template("web:2")
DOWN = ServerError("it failed")
LOST = "the connection was lost: was it done?"
Json = dict[str, Any]


def is_(generation: int, made_from: Json = NEW, **more: Any) -> Json:
    return deployment(made_from, generation=generation, **more)


class Server:
    """Reads give the next of what is there, the last one again and again; writes what they are answered."""

    def __init__(self, *there: Any, answers: tuple[Any, ...] = ()) -> None:
        self.access: Access = ACCESS
        self.there = list(there)
        self.answers = list(answers)
        self.sent: list[Any] = []

    def get(self, path: str, *, accept: str = "") -> bytes:
        return self._given(self.there.pop(0) if len(self.there) > 1 else self.there[0])

    def pages(self, path: str, query: Mapping[str, str] = {}, *, limit: int = 0) -> Iterable[bytes]:
        raise NotImplementedError

    def send(
        self, method: str, path: str, body: bytes = b"", *, content_type: str = "", query: Mapping[str, str] = {}
    ) -> bytes:
        self.sent.append(msgspec.json.decode(body)[-1])
        return self._given(self.answers.pop(0))

    @staticmethod
    def _given(one: Any) -> bytes:
        if isinstance(one, Exception):
            raise one
        return msgspec.json.encode(one)


ACCESS = resolve(Overrides(server="http://127.0.0.1:1"), {}, Path("/nonexistent"))


class Voice:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.waited = 0

    def say(self, step: Step, sentence: str) -> None:
        self.said.append(sentence)

    def pause(self, seconds: float) -> None:
        self.waited += 1


def holding(server: Server, *, paused: bool = False) -> tuple[Hold, Voice]:
    """Ours since generation 7."""
    voice = Voice()
    hold = Hold(server, WEB, voice, now=lambda: NOW, journal=None)
    plan = Plan(verb="set-image", target=WEB, uid=UID, context="prod", sentence="", done="")
    hold.take(Applied(plan, DryRun.NONE, 7))
    hold.look()
    hold.is_paused = paused
    return hold, voice


def look(generation: int) -> Moment:
    seen = Sight(NOW, WEB, workload=WORKLOAD, generation=generation, is_observed=True)
    return Moment(Snapshot(), seen, Memory(), Memory(), Judgement(Outcome.GOING, "as it was"))


@pytest.mark.parametrize(
    ("paused", "now", "outcome", "words"),
    [
        (True, is_(8, paused=True, replicas=9), Outcome.GOING, "waiting for the controller"),
        (True, is_(8, template("web:3"), paused=True), Outcome.SUPERSEDED, "changed its Pod template"),
        (True, is_(8), Outcome.SUPERSEDED, "somebody else has resumed it"),
        (False, is_(8, paused=True), Outcome.PAUSED, "somebody else has paused it"),
        (True, {**is_(8), "metadata": {**is_(8)["metadata"], "uid": "other"}}, Outcome.SUPERSEDED, "made anew"),
        (True, ServerError("it failed"), Outcome.BLIND, "it failed"),
        (True, NotFoundError("gone"), Outcome.GOING, "as it was"),
    ],
    ids=["scaled", "another template", "resumed", "paused", "another object", "not told", "deleted"],
)
def test_whose_change_it_is(paused: bool, now: Any, outcome: Outcome, words: str) -> None:
    hold, _ = holding(Server(is_(7), now), paused=paused)
    found = hold.checked(look(8)).judged
    assert (found.outcome, words in found.sentence) == (outcome, True), found
    assert hold.checked(look(7)).judged.sentence == "as it was", "what we left so is ours"


def test_what_was_done_with_another_command_of_this_program_is_not_called_somebody_elses() -> None:
    write = {"manager": "kubectl-goweb", "operation": "Update", "time": "2026-11-25T12:00:00Z"}
    resumed = is_(8)
    resumed["metadata"]["managedFields"] = [write]
    hold, _ = holding(Server(is_(7), resumed), paused=True)
    assert hold.checked(look(8)).judged.sentence == "another kubectl goweb has resumed it: it goes on by itself"


def test_what_is_scaled_stays_ours() -> None:
    hold, voice = holding(Server(is_(7), is_(8, replicas=9)))
    hold.checked(look(8))
    assert hold.generation == 8
    assert voice.said == ["somebody else changed it, but not its Pod template: going on"]


def test_a_template_that_changed_before_it_was_looked_at_is_not_taken_for_ours() -> None:
    hold, _ = holding(Server(is_(8, template("web:3"))))
    assert hold.checked(look(8)).judged.outcome is Outcome.SUPERSEDED


def test_a_server_that_does_not_tell_at_first_is_asked_until_it_does() -> None:
    hold, voice = holding(Server(ServerError("it failed"), is_(7)))
    assert (hold.generation, voice.waited) == (7, 1)


@pytest.mark.parametrize(
    ("there", "answer", "done", "waited"),
    [
        ([is_(7)], is_(8, paused=True), True, 0),
        ([is_(9)], None, False, 0),
        ([is_(7)], ServerError("it failed"), False, 1),
        ([is_(7), is_(8, paused=True)], UnansweredError(LOST), True, 0),
        (
            [is_(7), ServerError("it failed"), ServerError("it failed"), is_(8, paused=True)],
            UnansweredError(LOST),
            True,
            2,
        ),
        ([is_(7), DOWN, is_(7)], UnansweredError(LOST), False, 1),
    ],
    ids=["done", "changed", "failed", "lost, seen at once", "lost, seen later", "lost and not done"],
)
def test_a_pause_is_done_once_or_looked_for(there: list[Any], answer: Any, done: bool, waited: int) -> None:
    server = Server(is_(7), *there, answers=(answer,))
    hold, voice = holding(server)
    assert hold.written(Pause(WEB)) is done
    assert (hold.is_paused, hold.generation, voice.waited) == (done, 8 if done else 7, waited)
    assert len(server.sent) == (answer is not None), "never sent twice"


@pytest.mark.parametrize(
    ("request_", "paused", "words"),
    [
        (Pause(WEB), False, "not paused, so the rollout goes on by itself: you may not"),
        (Resume(WEB), True, "not resumed, so it stays paused: you may not"),
    ],
)
def test_a_no_of_the_server_says_what_becomes_of_it(request_: Pause | Resume, paused: bool, words: str) -> None:
    hold, _ = holding(Server(is_(7, paused=paused), answers=(ForbiddenError("you may not"),)), paused=paused)
    with pytest.raises(RefusedError, match=words):
        hold.written(request_)
