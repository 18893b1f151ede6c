"""init: write goweb.yaml, Dockerfile and .dockerignore for the Go module here; nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery import starting
from kubectl_goweb.delivery.go_source import GoModule
from kubectl_goweb.delivery.image.building import has_buildkit
from kubectl_goweb.delivery.looking import look
from kubectl_goweb.delivery.service import read
from kubectl_goweb.delivery.service.model import Name
from kubectl_goweb.delivery.service.schema import schema_text
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.settings import Settings

_PORT, _HEALTH = 8080, "/api/health"


def declare(parser: Parser) -> None:
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="folder of the Go module; here")
    parser.add_argument("--name", help="name of the service; the module's when not given")
    parser.add_argument("--image", help="repository of the image, without a tag; found from the module's path")
    parser.add_argument("--main", help="main package of the service, such as ./cmd/web; found")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be written")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    folder = Path(args.folder)
    module = look(folder)
    start = _start(args, module, settings.registry)
    text = starting.service_file(start)
    read(text)  # what is written must be good
    files = {
        starting.SERVICE_FILE: text,
        "Dockerfile": starting.dockerfile(start, has_buildkit=has_buildkit(environment.environ)),
        ".dockerignore": starting.DOCKERIGNORE,
        starting.SCHEMA_FILE: schema_text(),
        ".goweb/.gitignore": starting.STATE_IGNORE,
    }
    for line in _told(start):
        write(environment.stderr, line + "\n")
    for name, content in files.items():
        path = folder / name
        is_shown = not name.startswith(".goweb/")
        if path.exists():
            if is_shown:
                write(environment.stdout, f"{path} kept, it was there\n")
            continue
        if not args.dry_run:
            _create(path, content)
        if is_shown:
            write(environment.stdout, f"{path} {'would be written' if args.dry_run else 'written'}\n")
    return Exit.OK


def _start(args: Arguments, module: GoModule, registry: str) -> starting.Start:
    name = args.name or module.name
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name!r} cannot be a service's name", hint="use a-z, 0-9 and dashes: --name shop") from error
    if not module.mains:
        raise UsageError(f"module {module.path} has no main package", hint="a service needs a func main()")
    main = args.main or starting.main_of(module, name)
    if main not in module.mains:
        raise UsageError(f"there is no main package {main}", hint=f"there are: {', '.join(module.mains)}")
    return starting.Start(
        module=module,
        name=name,
        image=args.image or (f"{registry.rstrip('/')}/{name}" if registry else starting.image_of(module.path, name)),
        main=main,
        port=int(module.port.value) if module.port else _PORT,
        health=module.health.value if module.health else _HEALTH,
    )


def _told(start: starting.Start) -> list[str]:
    """What was found, and what had to be assumed."""
    module = start.module
    others = f" (of {', '.join(module.mains)})" if len(module.mains) > 1 else ""
    port = f"found in {module.port.file}" if module.port else "assumed, none was found"
    health = f"found in {module.health.file}" if module.health else "assumed: add this endpoint to the service"
    return [
        f"module {module.path}, Go {module.go or 'of any version'}, main package {start.main}{others}",
        f"port {start.port}: {port}",
        f"health check {start.health}: {health}",
        f"image {start.image}: change it in {starting.SERVICE_FILE} if your registry is another",
    ]


def _create(path: Path, content: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise GowebError(f"cannot write {path}: {error.strerror}") from error
