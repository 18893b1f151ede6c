"""validate: check a goweb.yaml with all its environments, and tell every problem with its line."""

from __future__ import annotations

from kubectl_goweb.cli.delivery.service_file import declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    declare_file(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    names = ", ".join(here.reading.environments)
    tail = f", also in {names}" if names else ""
    write(environment.stdout, f"{here.path} is valid{tail}\n")
    return Exit.OK
