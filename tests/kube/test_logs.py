"""Logs followed at a small server that cuts, repeats and refuses on purpose: which lines come out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.log_tail import LONGEST_LINE, LogAsk, LogState, Stream, Target
from kubectl_goweb.kube.logs import Logs
from kubectl_goweb.kube.resuming import stamped
from kubectl_goweb.kube.watching import Timing
from tests.kube.tiny_server import STREAM, Answer, Asked, TinyServer, chunk, refusal, response

WEB = Target("shop", "web-1", "uid-1", "web")


def at(second: float) -> str:
    return f"2026-11-25T03:07:{second:012.9f}Z"


def written(*lines: tuple[float, str]) -> bytes:
    return chunk("".join(f"{at(second)} {text}\n" for second, text in lines).encode())


END = chunk(b"")
NONE_BEFORE = refusal(400, "BadRequest", "previous terminated container not found")


class Reader:
    """Follows the logs that `answers` tells, one for each request; afterwards the stream stays open and silent."""

    def __init__(self, answers: Iterable[Answer], previous: Iterable[Answer] = (), ask: LogAsk | None = None) -> None:
        self._answers, self._previous = iter(answers), iter(previous)
        self.queries: list[dict[str, str]] = []
        self.lines: list[str] = []
        self.streams: list[Stream] = []
        self._server = TinyServer(self._respond)
        timing = Timing(wait=lambda event, seconds: event.wait(min(seconds, 0.02)), idle_timeout=5)
        self._connection = Connection(Access(server=self._server.url), silence=5)
        self.logs = Logs(self._connection, ask or LogAsk(tail=100), timing=timing)

    def _respond(self, asked: Asked) -> Answer:
        query = {key: values[0] for key, values in parse_qs(urlsplit(asked.target).query).items()}
        self.queries.append(query)
        if "previous" in query:
            return next(self._previous, NONE_BEFORE)
        return next(self._answers, self._silent(asked))

    def _silent(self, asked: Asked) -> Iterator[bytes]:
        yield STREAM
        asked.ending.wait(30)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.logs.close()
        self._connection.close()
        self._server.__exit__()

    def until(self, met: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not met():
            assert time.monotonic() < deadline, f"never came; {self.lines} {self.streams[-1:]}"
            batch = self.logs.next(0.05)
            if batch is not None:
                self.lines += [text for _, _, text in batch.lines]
                self.streams += [batch.streams[WEB]] if WEB in batch.streams else []

    @property
    def state(self) -> LogState | None:
        return self.streams[-1].state if self.streams else None


def test_a_stream_that_is_cut_goes_on_without_a_lost_or_doubled_line() -> None:
    first = [
        STREAM,
        written((1, "a"), (2.1, "b"), (2.1, "b")),
        chunk(f"{at(2.1)} b\n{at(2.5)} cut in the mid".encode()),
    ]
    second = [STREAM, written((1, "a"), (2.1, "b"), (2.1, "b"), (2.1, "b"), (2.1, "b"), (2.5, "cut in the middle"))]
    with Reader([first, second]) as reader:
        reader.logs.follow({WEB: "1 running"})
        reader.until(lambda: "cut in the middle" in reader.lines)

        assert reader.lines == ["a", "b", "b", "b", "b", "cut in the middle"]
        assert LogState.LOST in {one.state for one in reader.streams}
        assert reader.queries[0]["tailLines"] == "100"
        assert reader.queries[-1]["sinceTime"] == "2026-11-25T03:07:01Z"
        assert "tailLines" not in reader.queries[-1], "what comes after a cut is wanted whole"


def test_lines_from_before_the_part_that_was_asked_for_do_not_come_after_a_cut() -> None:
    with Reader([[STREAM, written((2.2, "b"))], [STREAM, written((2.1, "a"), (2.2, "b"), (2.3, "c"))]]) as reader:
        reader.logs.follow({WEB: "1 running"})
        reader.until(lambda: "c" in reader.lines)

        assert reader.lines == ["b", "c"]


def test_a_restart_loses_no_line_of_the_run_that_ended() -> None:
    first, second = [STREAM, written((1, "a")), END], [STREAM, written((9, "started again"))]
    last_words = STREAM + written((1, "a"), (1.5, "panic: at the very end")) + END
    with Reader([first, second], previous=[last_words]) as reader:
        reader.logs.follow({WEB: "0 running"})
        reader.until(lambda: "a" in reader.lines)
        reader.logs.follow({WEB: "1 running"})
        reader.until(lambda: len(reader.lines) >= 3)

        assert reader.lines == ["a", "panic: at the very end", "started again"]


def test_a_container_that_has_not_started_is_waited_for() -> None:
    waiting = refusal(400, "BadRequest", 'container "web" in pod "web-1" is waiting to start: ContainerCreating')
    was_seen = threading.Event()

    def started() -> Iterator[bytes]:
        was_seen.wait(10)
        yield STREAM + written((1, "hello"))

    with Reader([waiting, started()]) as reader:
        reader.logs.follow({WEB: "0 waiting"})
        reader.until(lambda: any("ContainerCreating" in one.why for one in reader.streams))
        assert reader.state is LogState.WAITING

        was_seen.set()
        reader.until(lambda: reader.lines == ["hello"])


def test_what_is_forbidden_is_told() -> None:
    with Reader([refusal(403, "Forbidden", 'pods "web-1" is forbidden: User "eve" cannot get')] * 50) as reader:
        reader.logs.follow({WEB: "0 running"})
        reader.until(lambda: reader.state is LogState.DENIED)

        assert "eve may not get pods/log web-1 in namespace shop" in reader.streams[-1].why


def test_a_pod_that_is_gone_ends_its_log_after_the_last_line() -> None:
    held = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield STREAM + written((1, "ending"))
        held.wait(10)
        yield written((2, "ended")) + END

    gone = refusal(404, "NotFound", 'pods "web-1" not found')
    with Reader([slowly(), gone]) as reader:
        reader.logs.follow({WEB: "0 running"})
        reader.until(lambda: reader.lines == ["ending"])
        reader.logs.follow({})
        held.set()
        reader.until(lambda: reader.state is LogState.ENDED)

        assert reader.lines == ["ending", "ended"]


def test_pods_that_are_gone_and_read_to_their_end_are_forgotten() -> None:
    gone = refusal(404, "NotFound", 'pods "web-1" not found')
    later = Target("shop", "web-2", "uid-2", "web")
    with Reader([[STREAM, written((1, "a")), END], gone], previous=[gone]) as reader:
        reader.logs.follow({WEB: "1 running"})
        reader.until(lambda: "a" in reader.lines)

        reader.logs.follow({later: "1 running"})
        reader.until(lambda: reader.state is LogState.ENDED)
        known: set[Target] = {WEB}

        def is_forgotten() -> bool:
            reader.logs.follow({later: "1 running"})
            if (batch := reader.logs.next(0.05)) is not None:
                known.clear()
                known.update(batch.streams)
            return WEB not in known

        reader.until(is_forgotten)


def test_the_previous_run_is_read_once_with_a_last_line_that_has_no_end() -> None:
    log = STREAM + written((1, "a")) + chunk(f"{at(2)} no line break".encode()) + END
    with Reader([], previous=[log], ask=LogAsk(previous=True)) as reader:
        reader.logs.follow({WEB: "3 running"})
        reader.until(lambda: reader.state is LogState.ENDED)

        assert reader.lines == ["a", "no line break"]
        assert len(reader.queries) == 1


def test_a_container_without_a_previous_run_says_so() -> None:
    with Reader([], ask=LogAsk(previous=True)) as reader:
        reader.logs.follow({WEB: "0 running"})
        reader.until(lambda: reader.state is LogState.WAITING)

        assert "previous terminated container not found" in reader.streams[-1].why


def test_a_long_line_is_cut_and_the_next_one_is_whole() -> None:
    long = chunk(f"{at(1)} ".encode() + b"x" * 40_000) + chunk(b"y" * 40_000 + b"\n")
    with Reader([[STREAM, long, written((2, "next"))]]) as reader:
        reader.logs.follow({WEB: "0 running"})
        reader.until(lambda: len(reader.lines) == 2)

        assert reader.lines[0] == "x" * (LONGEST_LINE - len(at(1)) - 1)
        assert reader.lines[1] == "next"


def test_the_kubelets_own_words_are_not_taken_for_a_line() -> None:
    said = b"unable to retrieve container logs for containerd://4bc1"
    with Reader([response(said)]) as reader:
        reader.logs.follow({WEB: ""})
        reader.until(lambda: reader.state is LogState.ENDED)

        assert reader.lines == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("2026-11-25T03:07:41.000000001Z hello world", ("2026-11-25T03:07:41.000000001Z", "hello world")),
        ("2026-11-25T03:07:41.5+08:00 hello", ("2026-11-24T19:07:41.5Z", "hello")),
        ("2026-11-25T03:07:41Z", ("2026-11-25T03:07:41Z", "")),
        ("hello 2026-11-25T03:07:41Z", ("", "hello 2026-11-25T03:07:41Z")),
    ],
)
def test_a_lines_time_is_taken_from_its_head_in_utc(line: str, told: tuple[str, str]) -> None:
    assert stamped(line) == told
