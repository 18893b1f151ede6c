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
    parser.add_argument(
        "codes",
        nargs="*",
        metavar="CODE",
        help="GW-POD-CRASHLOOP, pod-crashloop, or a reason: probe-port",
    )


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Needs no cluster."""
    if not args.codes:
        width = max(len(code) for code in Code)
        for code in Code:
            write(environment.stdout, f"{code:{width}}  {CATALOGUE[code].means}\n")
        return Exit.OK
    codes = dict.fromkeys(code for given in args.codes for code in _codes(given))
    for number, code in enumerate(codes):
        lines = explanation(code)
        write(environment.stdout, ("\n" if number else "") + "\n".join(lines).removeprefix("## ") + "\n")
    return Exit.OK


def _codes(given: str) -> tuple[Code, ...]:
    """The code of that name, else those with a word that begins so or that have it as a reason. UsageError for none."""
    name = given.upper().removeprefix(_PREFIX)
    exact = tuple(code for code in Code if code == _PREFIX + name)
    with_reason = tuple(code for code in Code if given.lower() in CATALOGUE[code].reasons)
    named = tuple(code for code in Code if name and f"-{name}" in code)
    found = exact or (*named, *with_reason)
    if found:
        return found
    import difflib  # only needed to say what was meant

    reasons = sorted({reason for code in Code for reason in CATALOGUE[code].reasons})
    near = difflib.get_close_matches(_PREFIX + name, list(Code), 1) or difflib.get_close_matches(given, reasons, 1)
    hint = f"did you mean: {near[0]}" if near else "see all: kubectl goweb explain"
    raise UsageError(f"there is no code or reason {given!r}", hint=hint)
