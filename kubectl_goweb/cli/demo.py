"""`kubectl goweb demo`: open the cockpit on an embedded demo cluster, or serve it for kubectl and status."""

from __future__ import annotations

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Settings


def declare(parser: Parser) -> None:
    parser.add_argument("--serve", action="store_true", help="only serve it, and print the KUBECONFIG line")
    parser.add_argument(
        "--seed", type=int, default=7, metavar="N", help="which world; the same seed gives the same one"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="how fast its time runs")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    raise NotImplementedError
