"""push: build the image and push it to its registry; prints the image by its digest."""

from __future__ import annotations

from kubectl_goweb.cli.delivery.imaging import build, declare_build, publish
from kubectl_goweb.cli.delivery.progress import progress
from kubectl_goweb.cli.delivery.service_file import declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery.image.engine import engine
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    declare_file(parser)
    declare_build(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    with (
        engine(environment.environ) as docker,
        progress(environment, settings, args) as teller,
    ):
        published = publish(build(args, here, docker, environment, teller), docker, teller)
    write(environment.stdout, f"{published.reference}\n")
    return Exit.OK
