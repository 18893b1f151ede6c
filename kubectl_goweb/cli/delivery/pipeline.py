"""pipeline: vet, test, build, scan, stage, accept and release a commit; a failed stage stops the rest."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from kubectl_goweb.cli.delivery.pipeline_table import Board, board, history_lines
from kubectl_goweb.cli.delivery.releasing import access_of
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.desk import forget_typed_ahead
from kubectl_goweb.cli.driven import Driven, declare_events
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.delivery.pipeline.history import History
from kubectl_goweb.delivery.pipeline.prediction import kind_of, predict
from kubectl_goweb.delivery.pipeline.reports import json_report, junit
from kubectl_goweb.delivery.pipeline.results import Outcome, RunResult, StageResult
from kubectl_goweb.delivery.pipeline.running import Stage
from kubectl_goweb.delivery.pipeline.stages import IMAGE, Job, Setup, between, jobs
from kubectl_goweb.delivery.service import read
from kubectl_goweb.delivery.source import Source, changed_paths, source
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.settings import Settings

_LINTERS = ("staticcheck", "golangci-lint")
_FORWARDED = ("kubeconfig", "context")
_NOT_FORWARDED = ("server", "token", "cluster", "user", "as_user")


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--from", dest="first", metavar="STAGE", default="", help="begin with this stage")
    parser.add_argument("--until", dest="last", metavar="STAGE", default="", help="end after this stage")
    parser.add_argument("--image", default="", help="the image for --from scan or later; the last run's when not given")
    parser.add_argument("-y", "--yes", action="store_true", help="go on to production without asking")
    parser.add_argument("--load", action="store_true", help="load the image into the nodes instead of pushing it")
    parser.add_argument("--containerd", metavar="SOCKET", default="", help="with --load: a node's containerd socket")
    parser.add_argument("--govulndb", metavar="URL", default="", help="vulnerability database for govulncheck")
    parser.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML")
    parser.add_argument("-o", "--output", choices=("json",), help="print the results as goweb/v1")
    declare_events(parser)
    parser.add_argument("--history", action="store_true", help="show earlier runs and what a next one would take")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    history = History(here.folder)
    runs = history.runs()
    if args.history:
        on = paper(environment.stdout, environment.environ, settings)
        for line in history_lines(runs, on):
            write(environment.stdout, line + "\n")
        return Exit.OK
    found = source(here.folder)
    wanted = between(jobs(_setup(args, here, found, settings, environment)), args.first, args.last)
    last_good = next((one.revision for one in reversed(runs) if one.revision), "")
    begun = RunResult(
        id=environment.now().strftime("%Y%m%dT%H%M%SZ"),
        at=environment.now(),
        service=here.reading.file.name,
        revision=found.revision,
        subject=found.subject,
        change=kind_of(changed_paths(here.folder, last_good)) if last_good else "everything",
        image=args.image or (_last_image(runs) if args.first else ""),
    )
    done = _Run(args, here, begun, history, runs, settings, environment).run(wanted)
    return _exit(done)


def _exit(done: RunResult) -> Exit:
    match done.outcome:
        case Outcome.CANCELLED:
            return Exit.INTERRUPTED
        case Outcome.TIMED_OUT:
            return Exit.TIMEOUT
        case Outcome.PASSED:
            return Exit.OK
        case _:
            return Exit.FAILING


def _setup(args: Arguments, here: Here, found: Source, settings: Settings, environment: Environment) -> Setup:
    given = vars(args)
    for name in _NOT_FORWARDED:
        if given.get(name):
            flag = {"as_user": "as"}.get(name, name)
            raise UsageError(f"a pipeline takes its cluster from a kubeconfig, not from --{flag}", hint="use --context")
    cluster = tuple(word for name in _FORWARDED if given.get(name) for word in (f"--{name}", given[name]))
    text = here.path.read_text("utf-8")
    readings = {name: read(text, environment=name) for name in ("", *here.reading.environments)}
    reached = {
        name: access_of(args, Here(here.path, reading), environment, prefer_file=True)
        for name, reading in readings.items()
    }
    context = next(iter(reached.values())).context  # one cluster for all of them
    subject = f": {plain(found.subject, 120)}" if found.subject else ""
    return Setup(
        file=here.reading.file,
        environments=here.reading.environments,
        source=str(here.path.resolve()),
        program=(sys.executable, "-m", "kubectl_goweb"),
        cluster=cluster,
        namespaces={name: access.namespace for name, access in reached.items()},
        tag=found.tag,
        cause=f"{found.tag}{subject}" if found.tag else "",
        linters=frozenset(
            name for name in _LINTERS if shutil.which(name, path=environment.environ.get("PATH")) is not None
        ),
        publish="load" if args.load or args.containerd else "push",
        publish_flags=(f"--containerd={args.containerd}",) if args.containerd else (),
        scan_flags=(f"--govulndb={args.govulndb}",) if args.govulndb else (),
        protected=context if settings.context(context).protected else "",
        has_module=(here.folder / "go.mod").exists(),
    )


def _last_image(runs: tuple[RunResult, ...]) -> str:
    return next((one.image for one in reversed(runs) if one.image), "")


class _Run:
    """One run, from its first stage to its reports."""

    def __init__(
        self,
        args: Arguments,
        here: Here,
        begun: RunResult,
        history: History,
        runs: tuple[RunResult, ...],
        settings: Settings,
        environment: Environment,
    ) -> None:
        self._args = args
        self._here = here
        self._begun = begun
        self._history = history
        self._runs = runs
        self._settings = settings
        self._environment = environment
        self._known = {IMAGE: begun.image} if begun.image else {}

    def run(self, wanted: tuple[Job, ...]) -> RunResult:
        folder = self._history.folder(self._begun.id)
        expected = {job.name: predict(job.name, self._begun.change, self._runs) for job in wanted}
        results: list[StageResult] = []
        with board(
            self._environment, self._settings, [job.name for job in wanted], expected, driven=self._args.events
        ) as shown:
            for job in wanted:
                results.append(self._stage(job, results, folder, shown))
                shown.ended(results[-1])
        done = RunResult(
            id=self._begun.id,
            at=self._begun.at,
            service=self._begun.service,
            revision=self._begun.revision,
            subject=self._begun.subject,
            change=self._begun.change,
            image=self._known.get(IMAGE, ""),
            stages=tuple(results),
        )
        self._report(done, folder)
        return done

    def _stage(self, job: Job, before: list[StageResult], folder: Path, shown: Board) -> StageResult:
        if any(not one.outcome.goes_on for one in before):
            return StageResult(job.name, Outcome.NOT_RUN)
        if job.skipped:
            return StageResult(job.name, Outcome.SKIPPED, note=job.skipped)
        needs_image = any(IMAGE in command.words for command in job.commands)
        if needs_image and IMAGE not in self._known:
            return StageResult(job.name, Outcome.FAILED, note="there is no image: begin with build, or give --image")
        if job.confirms and not self._args.yes:
            shown.paused()
            if not self._confirmed(job):
                return StageResult(job.name, Outcome.REFUSED, note="it was not confirmed")
        shown.begins(job.name)
        environ = {**self._environment.environ, "SERVICE_IMAGE": self._known.get(IMAGE, "")}
        stage = Stage(
            job, self._here.folder.resolve(), environ, (folder / f"{job.name}.log").resolve(), self._known, shown.heard
        )
        try:
            result = stage.run()
        except KeyboardInterrupt:
            return StageResult(job.name, Outcome.CANCELLED, note="interrupted", log=str(folder / f"{job.name}.log"))
        self._known = stage.known
        return result

    def _confirmed(self, job: Job) -> bool:
        environment = self._environment
        if self._args.events:
            return Driven(environment).asks(f"{job.confirms}?", job.protected or "y")
        if not (environment.stdin.isatty() and environment.stderr.isatty()):
            write(environment.stderr, f"goweb: {job.name} has to be confirmed, and there is no terminal: add --yes\n")
            return False
        how = f": type {job.protected} to do it: " if job.protected else "? [y/N] "
        write(environment.stderr, f"{job.confirms}{how}")
        forget_typed_ahead(environment.stdin)
        given = environment.stdin.readline().strip()
        return given == job.protected if job.protected else given.lower() in ("y", "yes")

    def _report(self, done: RunResult, folder: Path) -> None:
        environment = self._environment
        document, xml = json_report(done), junit(done)
        (folder / "report.json").write_text(document, "utf-8")
        (folder / "junit.xml").write_text(xml, "utf-8")
        self._history.add(done)
        if self._args.junit:
            try:
                Path(self._args.junit).write_text(xml, "utf-8")
            except OSError as error:
                raise GowebError(f"cannot write {self._args.junit}: {error.strerror}") from error
        if self._args.output == "json":
            write(environment.stdout, document)
        else:
            write(environment.stdout, f"{done.service} {done.outcome} after {done.seconds:.0f} s, logs in {folder}\n")
