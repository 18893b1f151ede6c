"""Starts the commands of a stage, one after another, keeps what they print, and ends them when the time is up or nobody
wants them any more.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Timer
from typing import TextIO

from kubectl_goweb.delivery.image.failures import lines_of
from kubectl_goweb.delivery.pipeline.go_tests import GoTestReader
from kubectl_goweb.delivery.pipeline.results import Outcome, StageResult
from kubectl_goweb.delivery.pipeline.stages import IMAGE, VERDICT, Command, Job, Output
from kubectl_goweb.delivery.processes import end
from kubectl_goweb.delivery.scan.gate import Outcome as Gate
from kubectl_goweb.objects.text import plain

_GRACE = 15.0
"""Seconds that a command has to end by itself: a deploy under guard says what it leaves behind."""
_TAIL = 40
_SHORT = 12

Heard = Callable[[str], None]
"""Is given every line that a command prints."""


class Stage:
    """One job under way: run() once."""

    def __init__(
        self, job: Job, folder: Path, environ: Mapping[str, str], log: Path, known: Mapping[str, str], heard: Heard
    ) -> None:
        self._job = job
        self._folder = folder
        self._environ = environ
        self._log = log
        self._heard = heard
        self._tests = GoTestReader()
        self._tail: list[str] = []
        self._is_late = False
        self.known = dict(known)
        """What earlier stages gave, by its place in commands; with what this one gives."""

    def run(self) -> StageResult:
        """Never raises for what a command does; KeyboardInterrupt after its command has ended."""
        began = time.monotonic()
        with self._log.open("w", encoding="utf-8") as log:
            code, note = 0, ""
            for command in self._job.commands:
                left = self._job.timeout - (time.monotonic() - began)
                code, note = self._command(command, log, left)
                if code != 0:
                    break
        took = time.monotonic() - began
        outcome = Outcome.PASSED if code == 0 else Outcome.FAILED
        if self._is_late:
            outcome, note = Outcome.TIMED_OUT, f"not done after {self._job.timeout:.0f} s"
        elif outcome is Outcome.PASSED and _could_not_tell(self._job, note):
            outcome, note = Outcome.UNKNOWN, note.partition(": ")[2]
        return StageResult(self._job.name, outcome, round(took, 2), note, str(self._log), tuple(self._tests.cases))

    def _command(self, command: Command, log: TextIO, left: float) -> tuple[int, str]:
        words = _filled(command.words, self.known)
        log.write(f"$ {' '.join(words)}\n")
        self._tail = []
        try:
            process = subprocess.Popen(
                words,
                cwd=self._folder,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            return 127, f"{words[0]}: {error.strerror}"
        clock = Timer(max(0.0, left), self._too_late, [process])
        clock.start()
        try:
            for line in process.stdout or ():
                self._line(line, command.output, log)
            process.wait()
        except BaseException:
            end(process, _GRACE)
            raise
        finally:
            clock.cancel()
            if process.stdout is not None:
                process.stdout.close()
        if process.returncode == 0 and self._tail:
            if command.output is Output.IMAGE:
                self.known[IMAGE] = self._tail[-1]
            elif command.output is Output.VERDICT:
                outcome, _, sentence = self._tail[-1].partition(": ")
                self.known[VERDICT] = f"{outcome} {self.known.get(IMAGE, '').rpartition('@')[2]}: {sentence}"
        return process.returncode, self._note(command.output, process.returncode)

    def _too_late(self, process: subprocess.Popen[str]) -> None:
        self._is_late = True
        end(process, _GRACE)

    def _line(self, line: str, output: Output, log: TextIO) -> None:
        text = self._tests.feed(line) if output is Output.GO_TEST else line.rstrip("\n")
        if not text:
            return
        log.write(text + "\n")
        log.flush()
        for each in lines_of(text):
            self._tail = [*self._tail[-_TAIL:], plain(each)]
            self._heard(plain(each))

    def _note(self, output: Output, code: int) -> str:
        if output is Output.GO_TEST:
            return self._tests.summary
        if output is Output.IMAGE and code == 0:
            name, _, digest = self.known.get(IMAGE, "").rpartition("/")[2].partition("@sha256:")
            return f"{name}@{digest[:_SHORT]}" if digest else name
        if output is Output.VERDICT and code == 0 and self._tail:
            return self._tail[-1]
        if code == 0:
            return ""
        said = [line for line in self._tail if line.startswith("goweb: ")] or self._tail
        return said[-1].removeprefix("goweb: ") if said else f"exit code {code}"


def _could_not_tell(job: Job, note: str) -> bool:
    """Whether the gate let pass what no scanner could judge."""
    return job.commands[-1].output is Output.VERDICT and note.startswith(f"{Gate.UNKNOWN}:")


def _filled(words: tuple[str, ...], known: Mapping[str, str]) -> list[str]:
    filled = []
    for word in words:
        for place in (IMAGE, VERDICT):
            if place in word and place in known:
                word = word.replace(place, known[place])  # both may stand in one word
        if IMAGE not in word and VERDICT not in word:
            filled.append(word)
    return filled
