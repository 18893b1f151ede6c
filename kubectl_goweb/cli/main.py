"""argv to verb to exit code, and the outermost boundary: whatever fails is told in one sentence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import cast

from kubectl_goweb import __version__, settings
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Help, Parser, common, setting_flags
from kubectl_goweb.cli.signals import EndedError
from kubectl_goweb.cli.verbs import VERBS, Verb
from kubectl_goweb.cli.verbs import verb as verb_named
from kubectl_goweb.errors import Exit, GowebError, UsageError

_PROGRAM = "kubectl goweb"
_DESCRIPTION = "Watch, judge and release Go web services on Kubernetes. Without a verb it opens the cockpit."
_EXIT_CODES = """exit codes:
  0 healthy or done    1 failing, failed, not found    2 usage, settings or kubeconfig
  3 cannot tell (unreachable, unauthorized, forbidden) 4 refused by the server
  5 still in progress  6 timed out waiting             130 interrupted (SIGHUP 129, SIGTERM 143)"""


def parser() -> Parser:
    """The flags before a verb, and the verb, whose own parser is made when it is met."""
    width = max(len(verb.name) for verb in VERBS) + 2
    listed = "\n".join(f"  {verb.name:{width}}{verb.says}" for verb in VERBS)
    top = Parser(
        prog=_PROGRAM,
        description=f"{_DESCRIPTION}\n\nverbs:\n{listed}",
        epilog=_EXIT_CODES,
        formatter_class=Help,
        parents=[common()],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"kubectl-goweb {__version__}")
    top.add_argument(
        "-f",
        "--filename",
        dest="service",
        metavar="FILE",
        help="the cockpit's service file, or its folder (goweb.yaml)",
    )
    met = top.add_argument(
        "verb",
        metavar="VERB",
        nargs=argparse.PARSER,
        action=_Verb,
        help="what to do; nothing opens the cockpit",
        default=None,
    )
    met.required = False
    return top


def verb_parser(verb: Verb) -> Parser:
    """The flags of one verb, those of every verb among them."""
    module = verb.load()
    made = Parser(
        prog=f"{_PROGRAM} {verb.name}",
        description=(module.__doc__ or "").partition(": ")[2].strip().capitalize(),
        epilog=_EXIT_CODES,
        formatter_class=Help,
        parents=[common()],
        allow_abbrev=False,
    )
    made.set_defaults(verb=verb.name)
    module.declare(made)
    return made


class _Verb(argparse.Action):
    """The rest of the command line belongs to the verb."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: Arguments, values: object, option_string: str | None = None
    ) -> None:
        name, *rest = cast("list[str]", values)  # what nargs=PARSER gives
        for key, value in vars(verb_parser(verb_named(name)).parse_intermixed_args(rest)).items():
            setattr(namespace, key, value)


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
    except EndedError as ended:
        return ended.exit_code
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the outermost boundary: the user gets a sentence, the log the traceback
        _tell(environment, _unexpected(error, environment))
        return int(Exit.UNKNOWN)


def _run(args: Arguments, in_force: settings.Settings, environment: Environment) -> Exit:
    if args.verb is None:
        from kubectl_goweb.cli import cockpit  # loads textual

        return cockpit.run(args, in_force, environment)
    if args.service is not None:
        raise UsageError("-f before a verb is for the cockpit", hint=f"put it behind {args.verb}")
    return verb_named(args.verb).load().run(args, in_force, environment)


def _tell(environment: Environment, error: GowebError) -> None:
    hint = f"\n  {error.hint}" if error.hint else ""
    print(f"goweb: {error.sentence}{hint}", file=environment.stderr)


def _unexpected(error: Exception, environment: Environment) -> GowebError:
    """What is told of a mistake in this program itself."""
    import traceback

    folder = settings.state_folder(environment.environ, environment.home)
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
    except OSError:  # the reader has gone, or the terminal has
        from kubectl_goweb.cli.printing import silence

        silence(sys.stdout)
    sys.exit(code)
