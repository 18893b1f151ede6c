"""Both builders' words as one stream of events, and every failure as one sentence."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb.delivery.image.classic import ClassicReader
from kubectl_goweb.delivery.image.context import context
from kubectl_goweb.delivery.image.engine import dead
from kubectl_goweb.delivery.image.events import BuildEvent, CompileError, Output, Step, StepState, Transfer
from kubectl_goweb.delivery.image.failures import BuildError, build_failure, push_failure
from kubectl_goweb.delivery.image.naming import Name, labels, loaded_tag, tag_of
from kubectl_goweb.delivery.image.publishing import import_command
from kubectl_goweb.delivery.image.rawjson import RawJsonReader
from kubectl_goweb.delivery.source import Source
from kubectl_goweb.errors import UsageError

DATA = Path(__file__).parent / "data"


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def classic(messages: Iterable[dict[str, Any]], events: list[BuildEvent]) -> ClassicReader:
    """Feeds all messages, of which each takes a second; what came before an error is in `events` too."""
    reader = ClassicReader()
    now = 0.0
    for message in messages:
        now += 1
        events.extend(reader.feed(message, now))
    events.extend(reader.end(now))
    return reader


def test_a_classic_build_is_told_step_by_step_and_ends_with_its_image() -> None:
    events: list[BuildEvent] = []
    reader = classic(recorded("classic-built.jsonl"), events)
    over = [one for one in events if isinstance(one, Step) and one.state is not StepState.RUNNING]
    assert [one.number for one in over] == [1, 2, 3, 4, 5, 6, 7]
    assert over[4].name == "RUN go build -o /out/app ."
    assert over[1].state is StepState.CACHED
    assert over[4].state is StepState.DONE
    assert reader.image.startswith("sha256:")


def test_a_compile_error_is_told_as_the_places_in_the_code() -> None:
    with pytest.raises(BuildError) as caught:
        classic(recorded("classic-compile-error.jsonl"), [])
    assert caught.value.compile_errors == (
        CompileError("main.go", 3, 32, "undefined: nam"),
        CompileError("main.go", 5, 26, 'cannot use "x" (untyped string constant) as int value in return statement'),
    )
    assert caught.value.sentence == "the Go code does not compile: main.go:3:32: undefined: nam (and 1 more)"


def test_the_step_that_fails_is_told_before_the_error() -> None:
    events: list[BuildEvent] = []
    with pytest.raises(BuildError):
        classic(recorded("classic-compile-error.jsonl"), events)
    assert isinstance(events[-1], Step)
    assert events[-1].state is StepState.FAILED


def test_a_base_image_that_cannot_be_pulled_is_named() -> None:
    with pytest.raises(BuildError, match=r"^base image golang:0.0 cannot be pulled: its registry does not answer$"):
        classic(recorded("classic-missing-base.jsonl"), [])


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "dockerfile parse error line 5: unknown instruction: RUM",
            "the Dockerfile is wrong in line 5: unknown instruc",
        ),
        (
            "COPY failed: file not found in build context or excluded by .dockerignore: stat go.sum: file",
            "the Dockerfile copies what is not in the context: go.sum",
        ),
        (
            "write /var/lib/docker/tmp/x: no space left on device",
            "the image was not built: the Docker Engine's disk is",
        ),
        (
            "the --mount option requires BuildKit. Refer to ...",
            "the Dockerfile uses RUN --mount, which the engine's classic builder cannot do",
        ),
        ("pull access denied for nothere, repository does not", "base image nothere:1 does not exist, or may not be"),
        ("manifest for nothere:1 not found: manifest unknown", "base image nothere:1 does not exist, or may not be"),
        (
            "go: go.mod requires go >= 1.26 (running go 1.24.1; GOTOOLCHAIN=local)",
            "the Dockerfile's Go 1.24.1 is too old: go.mod requires 1.26",
        ),
        (
            "main.go:4:2: no required module provides package example.com/x; to add it:\n\tgo get example.com/x",
            "the code imports a package that go.mod does not have: example.com/x",
        ),
        ("something else", "the image was not built: it failed at FROM nothere:1: something else"),
    ],
)
def test_every_failure_of_a_build_has_its_sentence(message: str, told: str) -> None:
    assert build_failure(message, "FROM nothere:1", ()).sentence.startswith(told)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("no basic auth credentials", "r.io does not know who pushes to r.io/shop (no basic auth credentials)"),
        ("denied: requested access to the resource is denied", "r.io does not let you push to r.io/shop"),
        ("received unexpected HTTP status: 500 Internal", "r.io failed while r.io/shop was pushed"),
        ("write tcp 1.2.3.4: write: connection reset by peer", "r.io cut the upload to r.io/shop"),
        ("http: server gave HTTP response to HTTPS client", "r.io speaks http, not https"),
        ("dial tcp 1.2.3.4:5000: connect: connection refused", "r.io does not answer"),
        ("write tcp 1.2.3.4->5.6.7.8: use of closed network connection", "r.io cut the upload to r.io/shop"),
        ("Put ...: EOF", "r.io cut the upload to r.io/shop"),
        ("a new word", "cannot push to r.io/shop: a new word"),
    ],
)
def test_every_failure_of_a_push_has_its_sentence(message: str, told: str) -> None:
    assert push_failure(message, "r.io/shop").sentence.startswith(told)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied"), "you may not use the Docker Engine at unix:///x"),
        (FileNotFoundError(2, "No such file or directory"), "the Docker Engine at unix:///x is not there"),
        (ConnectionRefusedError(111, "Connection refused"), "the Docker Engine at unix:///x does not run"),
        (ConnectionResetError(104, "Connection reset by peer"), "the Docker Engine at unix:///x went away meanwhile"),
    ],
)
def test_an_engine_that_cannot_be_used_says_why(error: OSError, told: str) -> None:
    wrapped = RuntimeError("the package's own words")
    wrapped.__cause__ = error
    assert dead("unix:///x", wrapped).sentence.startswith(told)


def rawjson(*messages: dict[str, Any] | str) -> tuple[RawJsonReader, list[BuildEvent]]:
    reader, events = RawJsonReader(), []
    for one in messages:
        events += list(reader.feed(one if isinstance(one, str) else json.dumps(one)))
    return reader, events


def vertex(digest: str, name: str, **more: Any) -> dict[str, Any]:
    return {"vertexes": [{"digest": digest, "name": name, **more}]}


def log(digest: str, text: str) -> dict[str, Any]:
    return {"logs": [{"vertex": digest, "data": base64.b64encode(text.encode()).decode()}]}


BEGAN, ENDED = "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:02Z"


def test_buildkit_is_told_by_the_same_events_with_its_own_times() -> None:
    _, events = rawjson(
        vertex("a", "[build 1/2] FROM golang"),
        vertex("a", "[build 1/2] FROM golang", started=BEGAN, completed=BEGAN, cached=True),
        vertex("b", "[build 2/2] RUN go build", started=BEGAN),
        log("b", "half a "),
        log("b", "line\nand more"),
        {"statuses": [{"id": "x", "vertex": "b", "name": "transferring", "current": 5, "total": 9}]},
        vertex("b", "[build 2/2] RUN go build", started=BEGAN, completed=ENDED),
    )
    assert events == [
        Step(1, "[build 1/2] FROM golang", StepState.CACHED),
        Step(2, "[build 2/2] RUN go build", StepState.RUNNING),
        Output("half a line"),
        Transfer("transferring", "", 5, 9),
        Step(2, "[build 2/2] RUN go build", StepState.DONE, 1.5),
    ]


def test_a_compile_error_in_buildkit_is_told_as_in_the_classic_builder() -> None:
    reader, events = rawjson(
        vertex("b", "RUN go build", started=BEGAN),
        log("b", "# web\n./main.go:17:16: undefined: time.Noww\n"),
        vertex("b", "RUN go build", started=BEGAN, completed=ENDED, error="exit code: 1"),
        "ERROR: failed to solve: process did not complete successfully: exit code: 1",
    )
    assert isinstance(events[-1], Step)
    assert events[-1].state is StepState.FAILED
    assert reader.failure(1).sentence == "the Go code does not compile: main.go:17:16: undefined: time.Noww"


def test_secrets_and_history_are_kept_out_of_the_context_whatever_dockerignore_says(tmp_path: Path) -> None:
    for name in ("Dockerfile", "main.go", ".env", ".env.local", ".git/HEAD", "sub/.env", "id_rsa", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x" * 2000)
    (tmp_path / ".dockerignore").write_text("*.md\n!.env\n")

    sent = context(tmp_path, "Dockerfile")

    assert set(sent.files) == {".dockerignore", "Dockerfile", "id_rsa", "main.go"}
    assert sent.warnings == (
        ".git (2 kB) is kept out of the context; add it to .dockerignore",
        ".env (2 kB) is kept out of the context; add it to .dockerignore",
        "id_rsa looks like a key and is sent to the builder; add it to .dockerignore",
    )


def test_a_missing_dockerfile_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no .*/Dockerfile"):
        context(tmp_path, "Dockerfile")


def test_the_same_sources_have_the_same_digest(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    first = context(tmp_path, "Dockerfile").digest
    assert context(tmp_path, "Dockerfile").digest == first
    (tmp_path / "Dockerfile").write_text("FROM y\n")
    assert context(tmp_path, "Dockerfile").digest != first


def test_an_image_is_named_by_commit_digest_or_content() -> None:
    assert tag_of(Source(tag="v1.2-3-gabc"), "0123456789abcdef") == "v1.2-3-gabc"
    assert tag_of(Source(), "0123456789abcdef") == "src-0123456789ab"
    assert Name("r/shop", "1").at("sha256:ab") == "r/shop@sha256:ab"
    assert loaded_tag("1", "sha256:0123456789abcdef") == "1-0123456789ab"


def test_labels_are_those_of_the_commit_so_that_nothing_new_is_no_new_image() -> None:
    made = labels(Source("v1", "abc", "2026-01-01T00:00:00Z", "https://example.com/shop"), "shop", "v1")
    assert made["org.opencontainers.image.created"] == "2026-01-01T00:00:00Z"
    dirty = labels(Source("v1-dirty", "abc", is_dirty=True), "shop", "v1-dirty")
    assert dirty["org.opencontainers.image.revision"] == "abc-dirty"
    assert "org.opencontainers.image.created" not in dirty


@pytest.mark.parametrize(
    ("context", "program"), [("kind-dev", "kind"), ("k3d-dev", "k3d"), ("minikube", "minikube"), ("prod", None)]
)
def test_clusters_without_a_registry_are_known_by_their_context(context: str, program: str | None) -> None:
    command = import_command(context)
    assert (command[0] if command else None) == program
