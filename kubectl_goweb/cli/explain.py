"""`kubectl goweb explain`: what a code means, how it is known, what to do; without a code, all of them."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import write
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.diagnosis.catalogue import CATALOGUE, explanation
from kubectl_goweb.status.diagnosis.codes import Code

_PREFIX = "GW-"


def declare(parser: Parser) -> None:
    parser.add_argument("codes", nargs="*", metavar="CODE", help="such as GW-POD-CRASHLOOP, or pod-crashloop")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Needs no cluster."""
    if not args.codes:
        width = max(len(code) for code in Code)
        for code in Code:
            write(environment.stdout, f"{code:{width}}  {CATALOGUE[code].means}\n")
        return Exit.OK
    for number, given in enumerate(args.codes):
        lines = explanation(_code(given))
        write(environment.stdout, ("\n" if number else "") + "\n".join(lines).removeprefix("## ") + "\n")
    return Exit.OK


def _code(given: str) -> Code:
    name = given.upper()
    name = name if name.startswith(_PREFIX) else _PREFIX + name
    try:
        return Code(name)
    except ValueError:
        import difflib  # only needed to say what was meant

        near = difflib.get_close_matches(name, list(Code), 1)
        hint = f"did you mean: {near[0]}" if near else "see all: kubectl goweb explain"
        raise UsageError(f"there is no code {given!r}", hint=hint) from None
