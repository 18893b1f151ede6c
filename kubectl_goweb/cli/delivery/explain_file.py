"""explain-file: document a key of goweb.yaml, its form, its default and the keys below it."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.delivery.service.schema import explain, schema_text
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    parser.add_argument(
        "key", metavar="KEY", nargs="?", default="", help="such as healthCheck.interval; all when empty"
    )
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the whole file instead")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    if args.schema:
        write(environment.stdout, schema_text())
        return Exit.OK
    told = explain(args.key)
    lines = [f"{told.key or 'goweb.yaml'}: {told.form}", f"  {told.says}"]
    if told.key:
        lines.append(
            f"  default: {told.default}" if told.default else "  required, unless all of its parent is left out"
        )
    if told.keys:
        width = max(len(name) for name, _ in told.keys) + 2
        lines += ["", *(f"  {name:{width}}{says}".rstrip() for name, says in told.keys)]
    write(environment.stdout, "\n".join(lines) + "\n")
    return Exit.OK
