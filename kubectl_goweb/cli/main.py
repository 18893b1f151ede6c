"""argv to verb to exit code, and the outermost boundary: whatever fails is told in one sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kubectl_goweb import __version__, settings
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser, common, setting_flags
from kubectl_goweb.errors import Exit, GowebError

_DESCRIPTION = "Watch, judge and release Go web services on Kubernetes. Without a verb it opens the cockpit."
_EXIT_CODES = """exit codes:
  0 healthy or done    1 failing, failed, not found    2 usage, settings or kubeconfig
  3 cannot tell (unreachable, unauthorized, forbidden) 4 refused by the server
  5 still in progress  6 timed out waiting             130 interrupted"""


def parser() -> Parser:
    """Every verb and flag."""
    from kubectl_goweb.cli import demo, status  # only their declarations; the work is imported when done

    shared = common()
    top = Parser(
        prog="kubectl goweb",
        description=_DESCRIPTION,
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"kubectl-goweb {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", parser_class=Parser)
    for name, module, help_line in (
        ("status", status, "the verdict in one line a workload, or one workload in full"),
        ("demo", demo, "open the cockpit on an embedded demo cluster"),
    ):
        verb = verbs.add_parser(
            name,
            help=help_line,
            description=(module.__doc__ or "").partition(": ")[2].strip().capitalize(),
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[shared],
            allow_abbrev=False,
        )
        module.declare(verb)
    return top


def main(argv: Sequence[str], environment: Environment) -> int:
    """Run one command; its exit code."""
    try:
        args = parser().parse_args(argv)
        in_force = settings.load(environment.environ, environment.home, setting_flags(args))
        return int(_run(args, in_force, environment))
    except GowebError as error:
        _tell(environment, error)
        return int(error.exit_code)
    except BrokenPipeError:
        # The reader has gone, as `head` does; what it wanted to know it knows.
        return int(Exit.OK)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the outermost boundary: the user gets a sentence, the log the traceback
        _tell(environment, _unexpected(error, environment))
        return int(Exit.UNKNOWN)


def _run(args: Arguments, in_force: settings.Settings, environment: Environment) -> Exit:
    match args.verb:
        case "status":
            from kubectl_goweb.cli import status

            return status.run(args, in_force, environment)
        case "demo":
            from kubectl_goweb.cli import demo

            return demo.run(args, in_force, environment)
        case _:
            from kubectl_goweb.cli import cockpit  # loads textual

            return cockpit.run(args, in_force, environment)


def _tell(environment: Environment, error: GowebError) -> None:
    hint = f"\n  {error.hint}" if error.hint else ""
    print(f"goweb: {error.sentence}{hint}", file=environment.stderr)


def _unexpected(error: Exception, environment: Environment) -> GowebError:
    """What is told of a mistake in this program itself."""
    import traceback

    base = environment.environ.get("XDG_STATE_HOME", "")
    folder = (Path(base) if base else environment.home / ".local" / "state") / "kubectl-goweb"
    sentence = f"kubectl-goweb itself failed: {type(error).__name__}: {error}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "errors.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{environment.now().isoformat()} kubectl-goweb {__version__}\n")
            traceback.print_exception(error, file=file)
    except OSError as refused:
        return GowebError(sentence, hint=f"its log cannot be written: {refused}")
    return GowebError(sentence, hint=f"please report it; the whole story is in {log}")


def leave(code: int) -> None:
    """Flush what was printed and go."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        from kubectl_goweb.cli.printing import silence

        silence(sys.stdout)
    sys.exit(code)
