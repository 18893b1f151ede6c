"""Building, pushing and loading the image of a service file, for the verbs that do one of it or all."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kubectl_goweb.cli.delivery.progress import Teller
from kubectl_goweb.cli.delivery.service_file import Here
from kubectl_goweb.cli.driven import declare_events
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.delivery.image.building import Build, Builder, Order, has_buildkit
from kubectl_goweb.delivery.image.context import context, megabytes
from kubectl_goweb.delivery.image.engine import Engine, Image
from kubectl_goweb.delivery.image.failures import BuildError
from kubectl_goweb.delivery.image.naming import Name, labels, loaded_tag, tag_of
from kubectl_goweb.delivery.image.publishing import Push, import_command, load
from kubectl_goweb.delivery.source import Source, source
from kubectl_goweb.errors import UsageError
from kubectl_goweb.objects.text import plain


class Built(Struct, frozen=True):
    """An image of the sources as they are."""

    name: Name
    id: str
    size: int
    source: Source

    @property
    def cause(self) -> str:
        """Why there is a new revision, for `kubectl rollout history`."""
        subject = f": {plain(self.source.subject, 120)}" if self.source.subject else ""
        return f"{self.name.tag}{subject}"


class Published(Struct, frozen=True):
    """Where nodes find it."""

    built: Built
    reference: str
    """What a Pod names: by digest from a registry, by a tag of its own where there is none."""
    digest: str
    """The registry's; empty without one."""


def declare_build(parser: Parser) -> None:
    parser.add_argument("-t", "--tag", help="tag of the image; from git when not given")
    parser.add_argument(
        "--builder", choices=("auto", "classic", "buildkit"), default="auto", help="auto: BuildKit when it is there"
    )
    parser.add_argument("--no-cache", action="store_true", help="do every step again")
    parser.add_argument("--verbose", action="store_true", help="show what each step prints")
    declare_events(parser)


def declare_load(parser: Parser) -> None:
    parser.add_argument(
        "--containerd", metavar="SOCKET", default="", help="socket of a node's containerd on this machine, to load into"
    )


def build(args: Arguments, here: Here, engine: Engine, environment: Environment, teller: Teller) -> Built:
    """Build it and tell how. BuildError names where the code is wrong."""
    teller.stage("build")
    file = here.reading.file
    sent = context(here.folder / file.build.context, file.build.dockerfile)
    for warning in sent.warnings:
        teller.say(f"goweb: {warning}")
    found = source(here.folder)
    name = Name(file.image, args.tag or tag_of(found, sent.digest))
    builder = _builder(args, engine)
    before = engine.last(file.image)
    order = Order(
        context=sent,
        dockerfile=file.build.dockerfile,
        tags=(str(name),),
        args={"MAIN": file.build.main, **file.build.args},
        labels=labels(found, file.name, name.tag),
        target=file.build.target,
        platforms=file.build.platforms,
        no_cache=args.no_cache,
    )
    teller.say(f"building {name} with {builder}, {len(sent.files)} files of {megabytes(sent.size)}")
    work = Build(engine, order, builder)
    try:
        for event in work.events():
            teller.told(event)
    except BuildError as error:
        for line in _why(error):
            teller.say(line)
        raise
    image = engine.image(str(name))
    size = image.size if image else 0
    teller.say(f"built {name}, {megabytes(size)}{_against(before, work.image, size)}")
    return Built(name, work.image, size, found)


def _builder(args: Arguments, engine: Engine) -> Builder:
    if args.builder == "auto":
        return "buildkit" if has_buildkit(engine.environ) else "classic"
    return "classic" if args.builder == "classic" else "buildkit"


def _why(error: BuildError) -> Iterable[str]:
    if len(error.compile_errors) > 1:
        return [str(one) for one in error.compile_errors]
    return [f"    {line}" for line in error.output]


def _against(before: Image | None, id: str, size: int) -> str:
    """The size against the last build's."""
    if before is None:
        return ""
    if before.id == id:
        return ", nothing has changed since the last build"
    change = size - before.size
    return f", {'+' if change >= 0 else '-'}{megabytes(abs(change))} against the last build"


def publish(built: Built, engine: Engine, teller: Teller) -> Published:
    """Push it; what Pods name is its digest."""
    work = Push(engine, built.name.repository, built.name.tag)
    teller.stage("push")
    teller.say(f"pushing {built.name}")
    is_retrying = False
    for event in work.events():
        teller.told(event)
        # The engine tries five times, which takes a minute; while it counts down, every second is an event.
        was_retrying, is_retrying = is_retrying, event.state.startswith("Retrying")
        if is_retrying and not was_retrying:
            teller.say("an upload has failed; the engine tries it again")
    teller.say(f"pushed {built.name.at(work.digest)}")
    return Published(built, built.name.at(work.digest), work.digest)


def put_on_node(args: Arguments, built: Built, engine: Engine, context: str, teller: Teller) -> Published:
    """Load it into the nodes of a cluster without a registry."""
    command = import_command(context, containerd=args.containerd)
    if command is None:
        raise UsageError(
            f"it is not known how images get into the nodes of context {context!r}",
            hint="push to a registry instead, or name a node's: --containerd /run/containerd/containerd.sock",
        )
    tag = loaded_tag(built.name.tag, built.id)
    engine.tag(built.id, built.name.repository, tag)
    name = f"{built.name.repository}:{tag}"
    teller.stage("load")
    teller.say(f"loading {name} by {command[0]}")
    for event in load(engine, name, command):
        teller.told(event)
    teller.say(f"loaded {name}")
    return Published(built, name, "")
