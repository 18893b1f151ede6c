"""The last lines of a container: of a dump of all goroutines the beginning, for that says what happened."""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_goweb.kube.reading import log_tail

GOROUTINE = ["", "goroutine 7 [chan receive]:", "main.wait(...)", "\t/src/main.go:200 +0x1d"]
HEAD = ["fatal error: concurrent map writes", "", "goroutine 6 [running]:", "main.race()", "\t/src/main.go:242 +0x5"]


class Kubelet:
    """Answers with the last lines that are asked for."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines
        self.asked: list[int] = []

    def get(self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "") -> bytes:
        assert query is not None
        count = int(query["tailLines"])
        self.asked.append(count)
        return "\n".join(self._lines[-count:]).encode()


def lines(kubelet: Kubelet) -> tuple[str, ...]:
    told = log_tail(kubelet, "shop", "web-1", "web")
    assert told is not None
    return told.lines


def test_of_a_dump_its_head_is_asked_for() -> None:
    kubelet = Kubelet("starting", "listening", *HEAD, *GOROUTINE * 50)
    assert lines(kubelet)[:4] == ("starting", "listening", *HEAD[:2])
    assert len(kubelet.asked) == 2


def test_a_head_that_is_there_is_enough() -> None:
    kubelet = Kubelet("starting", *HEAD, *GOROUTINE)
    assert lines(kubelet) == ("starting", *HEAD, *GOROUTINE)
    assert len(kubelet.asked) == 1


def test_of_a_dump_without_end_the_last_lines_are_what_there_is() -> None:
    kubelet = Kubelet(*HEAD, *GOROUTINE * 2000)
    assert len(lines(kubelet)) == 60


def test_other_last_words_are_not_asked_for_twice() -> None:
    kubelet = Kubelet(*(f"line {number}" for number in range(100)))
    assert len(lines(kubelet)) == 60
    assert len(kubelet.asked) == 1
