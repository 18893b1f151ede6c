"""Where jobs are begun: which service file, which cluster, one at a time; the last one is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from kubectl_goweb.delivery.jobs.job import Job, Work
from kubectl_goweb.errors import RefusedError, UsageError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref

_PATIENCE = 25.0
"""Seconds for which leaving the program waits for a job to end."""


class Choice(Struct, frozen=True):
    """One way to do a job."""

    id: str
    says: str
    flags: tuple[str, ...] = ()


class Desk:
    """`program` is how this program is started, `cluster` what verbs that need one are told of it; `refused` says why
    those cannot be run, and is empty when they can.
    """

    def __init__(
        self,
        file: Path,
        environ: Mapping[str, str],
        program: tuple[str, ...],
        *,
        cluster: tuple[str, ...] = (),
        refused: str = "",
    ) -> None:
        self._file = file
        self._environ = environ
        self._program = program
        self._cluster = cluster
        self._refused = refused
        self.newest: Job | None = None

    @property
    def is_busy(self) -> bool:
        return self.newest is not None and not self.newest.picture().stand.is_over

    def why_not(self, work: Work, read_only: str = "") -> str:
        """Why it cannot be begun now; empty when it can. Looks only whether the file is there, if it is for one."""
        if work is not Work.CANARY and not self._file.exists():
            return f"there is no {self._file}; kubectl goweb init writes one, -f FILE names another"
        if work.writes and read_only:
            return f"read-only: {read_only}"
        if work.writes and self._refused:
            return self._refused
        if self.is_busy and self.newest is not None:
            return f"{self.newest.title} is not over yet"
        return ""

    def choices(self, work: Work, context: str) -> tuple[Choice, ...]:
        """In which ways it can be done; ServiceFileError when the file is wrong. Reads the file."""
        from kubectl_goweb.delivery.image.publishing import import_command
        from kubectl_goweb.delivery.service import read

        if not work.writes:
            return (Choice("", ""),)
        try:
            found = read(self._file.read_text("utf-8"), source=str(self._file))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {self._file}: {error}") from error
        environments = ("",) if work is Work.PIPELINE else ("", *found.environments)
        ways: tuple[tuple[str, tuple[str, ...]], ...] = ((f"push to {found.file.image}", ()),)
        if (command := import_command(context)) is not None:
            ways = ((f"load into the nodes with {command[0]}", ("--load",)), *ways)
        return tuple(
            Choice(
                f"{environment}/{number}",
                f"{environment}: {says}" if environment else says,
                (*flags, *(("-e", environment) if environment else ())),
            )
            for environment in environments
            for number, (says, flags) in enumerate(ways)
        )

    def begin(self, work: Work, context: str, choice: Choice, *, read_only: str = "") -> Job:
        """Start it. RefusedError when it cannot be begun."""
        if why := self.why_not(work, read_only):
            raise RefusedError(why)
        needs_cluster = work.writes or (work is Work.SCAN and not self._refused)  # a scan asks what runs
        where = self._where(context) if needs_cluster else ()
        words = (*self._program, *work.words, "-f", str(self._file.resolve()), "--events", *choice.flags, *where)
        folder = self._file.resolve().parent
        title = f"{work} {folder.name}"
        self.newest = Job(work, title, words, folder, self._environ, context=context if where else "")
        return self.newest

    def canary(self, ref: Ref, images: Sequence[str], steps: str, context: str, *, read_only: str = "") -> Job:
        """Release images of a Deployment step by step; `images` and `steps` as the command line takes them.
        RefusedError when it cannot be begun.
        """
        if why := self.why_not(Work.CANARY, read_only):
            raise RefusedError(why)
        what = (ref.short, *images, f"--steps={steps}", f"--namespace={ref.namespace}")
        words = (*self._program, *Work.CANARY.words, *what, "--events", *self._where(context))
        title, key = f"{Work.CANARY} {ref.short}", f"{ref.kind}/{ref.namespace}/{ref.name}"
        self.newest = Job(Work.CANARY, title, words, Path.cwd(), self._environ, context=context, about=key)
        return self.newest

    def _where(self, context: str) -> tuple[str, ...]:
        return (*self._cluster, *(("--context", context) if context else ()))

    def close(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """End what is under way, and see that it has ended, which may take a while: what, is told first."""
        if self.newest is not None and self.is_busy:
            tell(f"{plain(self.newest.title)} is being ended, with everything that it has started")
            self.newest.cancel()
            self.newest.wait(_PATIENCE)
