"""Which stages a run has, and what each does: command lines, which the runner starts one after another. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.delivery.service import durations
from kubectl_goweb.delivery.service.model import ServiceFile, Stage, StageName
from kubectl_goweb.errors import UsageError

ORDER: tuple[StageName, ...] = ("vet", "test", "build", "scan", "staging", "acceptance", "production")
_DEPLOYING = ("staging", "production")
IMAGE, VERDICT = "{image}", "{verdict}"
"""Stand in a command for what the build and the scan stage gave; a word with one that is not known is left out."""
_LINTERS = (("staticcheck", ("staticcheck", "./...")), ("golangci-lint", ("golangci-lint", "run")))
_STAGING = ("staging", "test", "testing")
_PRODUCTION = ("production", "prod", "live")


class Output(StrEnum):
    """What a command's standard output is, besides text for the log."""

    TEXT = "text"
    GO_TEST = "go-test"
    """Of `go test -json`."""
    IMAGE = "image"
    """Its last line is the image."""
    VERDICT = "verdict"
    """Its last line is the verdict of the gate."""


class Command(Struct, frozen=True):
    words: tuple[str, ...]
    output: Output = Output.TEXT


class Job(Struct, frozen=True):
    """One stage of one run."""

    name: str
    commands: tuple[Command, ...]
    timeout: float
    """Seconds for all its commands."""
    skipped: str = ""
    """Why there is nothing to do."""
    confirms: str = ""
    """What is asked before it begins; empty when nothing is."""
    protected: str = ""
    """The name that has to be typed as the answer, where the context is protected."""


class Setup(Struct, frozen=True, kw_only=True):
    """What the jobs are made from."""

    file: ServiceFile
    environments: tuple[str, ...]
    source: str
    """The service file, as it was named."""
    program: tuple[str, ...]
    """How this program is started."""
    cluster: tuple[str, ...]
    """Flags that choose the cluster."""
    namespaces: dict[str, str]
    """By environment; of the file itself by the empty name."""
    tag: str = ""
    cause: str = ""
    """For `kubectl rollout history`."""
    linters: frozenset[str] = frozenset()
    """Those that are installed."""
    publish: str = "push"
    """The verb that brings the image to the nodes: `push` or `load`."""
    publish_flags: tuple[str, ...] = ()
    scan_flags: tuple[str, ...] = ()
    protected: str = ""
    """The context, when its changes want a name typed."""
    has_module: bool = True
    """Whether there is Go source to vet and test."""


def jobs(setup: Setup) -> tuple[Job, ...]:
    """The stages of the file in their order; the usual ones when it names none. UsageError when staging would be
    production.
    """
    wanted = setup.file.pipeline.stages or tuple(Stage(name=name) for name in ORDER)
    places = {one.name: setup.namespaces[_environment(one, setup)] for one in wanted if one.name in _DEPLOYING}
    if len(set(places.values())) < len(places) and _environment_of("staging", wanted, setup):
        raise UsageError(
            f"staging and production are both namespace {places['staging']}",
            hint="give one of them a namespace of its own in goweb.yaml: environments.NAME.namespace",
        )
    return tuple(_job(stage, setup) for stage in wanted)


def _environment_of(name: str, stages: Sequence[Stage], setup: Setup) -> str:
    return next((_environment(one, setup) for one in stages if one.name == name), "")


def _environment(stage: Stage, setup: Setup) -> str:
    """The environment of the file that a stage works in; empty for the file itself."""
    usual = _PRODUCTION if stage.name == "production" else _STAGING
    return stage.environment or next((one for one in usual if one in setup.environments), "")


def between(all_jobs: Sequence[Job], first: str, last: str) -> tuple[Job, ...]:
    """From one stage to another, both with. UsageError when there is no such stage, or they are the wrong way round."""
    names = [job.name for job in all_jobs]
    for name in (first, last):
        if name and name not in names:
            raise UsageError(f"there is no stage {name!r}", hint=f"there are: {', '.join(names)}")
    start = names.index(first) if first else 0
    end = names.index(last) if last else len(names) - 1
    if start > end:
        raise UsageError(f"{first} comes after {last}", hint=f"the order is: {', '.join(names)}")
    return tuple(all_jobs[start : end + 1])


def _job(stage: Stage, setup: Setup) -> Job:
    commands, skipped = _work(stage, setup)
    if stage.command and not skipped:
        own = Command(stage.command)
        commands = (*commands, own) if stage.name == "acceptance" else (own,)
    confirms = protected = ""
    if (stage.name == "production" or (stage.name == "staging" and setup.protected)) and not skipped:
        namespace = setup.namespaces[_environment(stage, setup)]
        on = f" of context {setup.protected}, which is protected" if setup.protected else ""
        confirms = f"deploy {setup.file.name} to {stage.name}, namespace {namespace}{on}"
        protected = setup.file.name if setup.protected else ""
    return Job(stage.name, commands, durations.seconds(stage.timeout), skipped, confirms, protected)


def _work(stage: Stage, setup: Setup) -> tuple[tuple[Command, ...], str]:
    """The usual commands of a stage, and why there are none."""
    here = ("-f", setup.source)
    match stage.name:
        case "vet" | "test" if not setup.has_module:
            return (), "there is no go.mod"
        case "vet":
            linters = tuple(Command(words) for name, words in _LINTERS if name in setup.linters)
            return (Command(("go", "vet", "./...")), *linters), ""
        case "test":
            return (Command(("go", "test", "-json", "./..."), Output.GO_TEST),), ""
        case "build":
            words = (*setup.program, setup.publish, *here, *setup.publish_flags, *setup.cluster)
            return (Command(words, Output.IMAGE),), ""
        case "scan":
            words = (*setup.program, "scan", *here, "--image", IMAGE, *setup.scan_flags)
            return (Command(words, Output.VERDICT),), ""
        case "staging" | "acceptance":
            environment = _environment(stage, setup)
            if not environment:
                return (), f"goweb.yaml has no environment for it: {', '.join(_STAGING)}"
            if stage.name == "staging":
                return (_deploy(setup, environment),), ""
            where = ("-n", setup.namespaces[environment])
            return (Command((*setup.program, "probe", f"deploy/{setup.file.name}", *where, *setup.cluster)),), ""
        case "production":
            return (_deploy(setup, _environment(stage, setup)),), ""


def _deploy(setup: Setup, environment: str) -> Command:
    env = ("-e", environment) if environment else ()
    told = ("--tag", setup.tag, "--cause", setup.cause, f"--annotate=kubectl-goweb/scan={VERDICT}")
    where = ("-n", setup.namespaces[environment], *setup.cluster)
    return Command((*setup.program, "deploy", "-f", setup.source, *env, "--image", IMAGE, *told, "--yes", *where))
