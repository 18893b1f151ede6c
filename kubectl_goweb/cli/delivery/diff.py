"""diff: show what `deploy` would change in the cluster, as the server says; exits with 1 when there is something."""

from __future__ import annotations

from kubectl_goweb.cli.delivery.env_values import with_env
from kubectl_goweb.cli.delivery.releasing import access_of, declare_conflicts, plan
from kubectl_goweb.cli.delivery.render import named
from kubectl_goweb.cli.delivery.service_file import declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.plan_text import caution_lines, change_lines
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.delivery.release import live
from kubectl_goweb.errors import Exit
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--image", help="compare with this image; the one that runs when not given")
    declare_conflicts(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    access = access_of(args, here, environment)
    on = paper(environment.stdout, environment.environ, settings)
    with Connection(access, read_only=True) as connection:
        running = live(connection, here.reading.file.name, access.namespace)
        image = args.image or running.image or named(here)
        wanted = Release(
            file=here.reading.file,
            image=image,
            namespace=access.namespace,
            version=running.version,
            cause=running.cause,
            annotations=running.own,
        )
        found = plan(args, connection, with_env(here, wanted))
    for change in found.changes:
        write(environment.stdout, "".join(line + "\n" for line in change_lines(change, on)))
    for line in (*caution_lines(found, on), *(f"note: {note}" for note in found.notes)):
        write(environment.stderr, f"goweb: {line}\n")
    return Exit.OK if found.is_nothing else Exit.FAILING
