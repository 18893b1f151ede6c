"""The door: what is sent, and what becomes of every answer. A server that says what the test has it say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions.apply import Applied, ConflictError, DryRun, LostError, apply
from kubectl_goweb.actions.journal import Journal, Who
from kubectl_goweb.actions.plan import Plan, Write
from kubectl_goweb.actions.planning import plan
from kubectl_goweb.actions.requests import Pause, Resume, Scale
from kubectl_goweb.errors import ForbiddenError, RefusedError, ServerError, UnansweredError, UnreachableError
from kubectl_goweb.status.verdicts import Ref
from tests.actions.made import deployment, facts, template

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
WEB = Ref("Deployment", "web", "shop")
ONE = deployment(template())
LOST = "10.0.0.1 was asked to patch it, then the connection was lost: was it done?"


class Server:
    """Answers writes with what it is given, one after another, and reads with `now`."""

    def __init__(self, *answers: Any, now: Any = None) -> None:
        self._answers = list(answers)
        self._now = now
        self.sent: list[tuple[str, str, dict[str, str]]] = []

    def get(self, path: str) -> bytes:
        if isinstance(self._now, Exception):
            raise self._now
        return msgspec.json.encode(self._now)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = "",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        self.sent.append((method, path, dict(query or {})))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return msgspec.json.encode(answer)


def pause() -> Plan:
    made = plan(Pause(WEB), facts(ONE), NOW)
    assert isinstance(made, Plan)
    return made


def paused(**more: Any) -> Any:
    found = deployment(template(), paused=True, generation=8)
    return {**found, **more}


def journal(folder: Path) -> Journal:
    return Journal(folder / "state" / "journal.jsonl", Who("ana", "ana@laptop", "https://prod:6443"))


def done(server: Server, folder: Path, made: Plan | None = None, dry_run: DryRun = DryRun.NONE) -> Applied:
    return apply(made or pause(), server, journal=journal(folder), now=lambda: NOW, dry_run=dry_run)


def test_what_was_done_is_in_the_journal_as_the_server_answered_it(tmp_path: Path) -> None:
    server = Server(paused())
    applied = done(server, tmp_path)
    assert server.sent == [
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", {"fieldManager": "kubectl-goweb"})
    ]
    (entry,), unread = journal(tmp_path).entries()
    assert (applied.generation, applied.entry, unread) == (8, entry, 0)
    assert (entry.before, entry.after, entry.outcome) == ({"/spec/paused": "absent"}, {"/spec/paused": "true"}, "done")
    assert (entry.user, entry.context, entry.at) == ("ana", "prod", NOW)


def test_a_scale_to_none_is_recorded_as_0_although_the_api_leaves_it_out(tmp_path: Path) -> None:
    made = plan(Scale(WEB, 0), facts(ONE), NOW)
    assert isinstance(made, Plan)
    scale = {"kind": "Scale", "metadata": {"name": "web"}, "spec": {}}
    entry = done(Server(scale), tmp_path, made).entry
    assert entry is not None
    assert entry.after == {"/spec/replicas": "0"}


def test_a_dry_run_is_not_written_down_and_a_clients_not_even_sent(tmp_path: Path) -> None:
    server = Server(paused())
    done(server, tmp_path, dry_run=DryRun.CLIENT)
    assert server.sent == []
    done(server, tmp_path, dry_run=DryRun.SERVER)
    assert server.sent[0][2] == {"fieldManager": "kubectl-goweb", "dryRun": "All"}
    assert journal(tmp_path).entries() == ((), 0)


def test_a_failed_test_of_the_patch_says_what_is_different(tmp_path: Path) -> None:
    changed = deployment(template(), generation=9)
    server = Server(RefusedError("the server rejected it", status=422), now=changed)
    with pytest.raises(ConflictError, match=r"metadata\.generation is 9 and was 7; nothing was written"):
        done(server, tmp_path)
    assert len(server.sent) == 1, "never sent twice by itself"
    assert journal(tmp_path).entries() == ((), 0)


def test_a_patch_that_is_wrong_in_itself_is_no_conflict(tmp_path: Path) -> None:
    server = Server(RefusedError("spec.replicas is invalid", status=422), now=ONE)
    with pytest.raises(RefusedError, match="is invalid") as told:
        done(server, tmp_path)
    assert not isinstance(told.value, ConflictError)


def test_a_409_is_a_conflict_even_when_nothing_is_seen_to_differ(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="in the same moment"):
        done(Server(RefusedError("conflict", status=409), now=ONE), tmp_path)


def test_a_forbidden_write_is_a_refused_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="ana may not") as told:
        done(Server(ForbiddenError("ana may not patch it", hint="ask")), tmp_path)
    assert told.value.exit_code == 4


@pytest.mark.parametrize(
    ("now", "was_done", "words"),
    [
        (ONE, False, "A look afterwards does not show it"),
        (UnreachableError("gone"), None, "was it done?"),
    ],
)
def test_after_a_lost_connection_a_look_tells_whether_it_was_done(
    tmp_path: Path, now: Any, was_done: bool | None, words: str
) -> None:
    with pytest.raises(LostError, match=words) as told:
        done(Server(UnansweredError(LOST), now=now), tmp_path)
    assert told.value.was_done is was_done
    entries, _ = journal(tmp_path).entries()
    assert [one.outcome for one in entries] == ([] if was_done is False else ["unknown"])


def test_what_a_look_shows_as_done_after_a_lost_connection_is_done(tmp_path: Path) -> None:
    server = Server(UnansweredError(LOST), now=paused())
    applied = done(server, tmp_path)
    assert (applied.is_done, applied.generation) == (True, 8)
    assert applied.lost.endswith("was it done? It was: a look afterwards shows it")
    assert len(server.sent) == 1, "never sent twice by itself"
    (entry,), _ = journal(tmp_path).entries()
    assert (entry.outcome, entry.after) == ("done", {"/spec/paused": "true"}), "so that it can be taken back"


def test_what_goes_is_looked_for_as_well_as_what_comes(tmp_path: Path) -> None:
    made = plan(Resume(WEB), facts(paused()), NOW)
    assert isinstance(made, Plan)
    assert done(Server(UnansweredError(LOST), now=ONE), tmp_path, made).lost
    with pytest.raises(LostError, match="does not show it"):
        done(Server(UnansweredError(LOST), now=paused()), tmp_path, made)


def test_a_server_that_fails_over_a_write_may_have_done_it(tmp_path: Path) -> None:
    assert done(Server(ServerError("the server failed with 504"), now=paused()), tmp_path).lost


def test_without_any_connection_nothing_was_done(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="refused") as told:
        done(Server(UnreachableError("connection refused"), now=ONE), tmp_path)
    assert not isinstance(told.value, LostError)
    assert journal(tmp_path).entries() == ((), 0)


def test_half_of_a_plan_is_told_and_written_down(tmp_path: Path) -> None:
    made = pause()
    two = msgspec.structs.replace(made, writes=(*made.writes, Write("PATCH", "/other", b"[]")))
    with pytest.raises(RefusedError, match="no; 1 of 2 writes had been done"):
        done(Server(paused(), RefusedError("no", status=403)), tmp_path, two)
    (entry,), _ = journal(tmp_path).entries()
    assert entry.outcome == "partly: 1 of 2 writes"


def test_a_journal_that_cannot_be_written_does_not_stop_what_is_urgent(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, no folder")
    applied = done(Server(paused()), tmp_path)
    assert applied.entry is None
    assert "cannot be written" in applied.unrecorded


def test_a_plan_without_writes_sends_nothing(tmp_path: Path) -> None:
    made = msgspec.structs.replace(pause(), writes=(), nothing="it is paused already")
    server = Server()
    assert done(server, tmp_path, made).entry is None
    assert server.sent == []


def test_entries_of_several_programs_at_once_are_numbered_one_after_another(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda _: journal(tmp_path).append(pause(), {}, 0, "done", NOW), range(24)))
    entries, unread = journal(tmp_path).entries()
    assert ([one.id for one in entries], unread) == (list(range(1, 25)), 0)


def test_another_object_of_the_same_name_is_not_taken_for_the_target(tmp_path: Path) -> None:
    """A release writes a Service, an Ingress and a Deployment called alike."""
    made = pause()
    ingress = {"kind": "Ingress", "metadata": {"name": "web", "generation": 99}, "spec": {"paused": "no"}}
    two = msgspec.structs.replace(made, writes=(*made.writes, Write("PATCH", "/other", b"[]")))
    applied = done(Server(paused(), ingress), tmp_path, two)
    assert applied.generation == 8
    assert applied.entry is not None
    assert applied.entry.after == {"/spec/paused": "true"}
