"""scan: look for vulnerabilities in the image and its source, and judge them by goweb.yaml; exits with 1 to block."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import msgspec

from kubectl_goweb import __version__
from kubectl_goweb.cli.delivery.progress import progress
from kubectl_goweb.cli.delivery.releasing import access_of
from kubectl_goweb.cli.delivery.render import named
from kubectl_goweb.cli.delivery.scanning import declare_scan, gate, verdict_lines
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.driven import declare_events
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import paper, write
from kubectl_goweb.delivery.image.engine import engine
from kubectl_goweb.delivery.image.failures import EngineError
from kubectl_goweb.delivery.release import live
from kubectl_goweb.delivery.scan.findings import Reach, Severity
from kubectl_goweb.delivery.scan.gate import Verdict
from kubectl_goweb.delivery.scan.sarif import sarif
from kubectl_goweb.errors import ApiError, Exit, KubeconfigError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import API_VERSION


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--image", help="the image; the one of the commit's tag when not given")
    parser.add_argument("-o", "--output", choices=("json", "sarif"), help="for programs, goweb/v1 or SARIF 2.1.0")
    declare_scan(parser)
    declare_events(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    image = args.image or named(here)
    running = _running(args, here, environment) if here.reading.file.scan.only_new else ""
    with ExitStack() as stack:
        teller = stack.enter_context(progress(environment, settings, args))
        try:
            docker = stack.enter_context(engine(environment.environ))
        except EngineError as error:
            docker = None
            teller.say(f"goweb: {error.sentence}")
        teller.stage("scan")
        teller.say(f"scanning {image}")
        verdict = gate(here, docker, image, args.govulndb, running, environment)
        teller.judged(str(verdict.outcome), verdict.sentence)
    write(environment.stdout, rendered(args.output, verdict, image, settings, environment))
    return Exit.FAILING if verdict.blocks else Exit.OK


def _running(args: Arguments, here: Here, environment: Environment) -> str:
    """The image that runs; empty when it cannot be told, which the verdict says."""
    try:
        access = access_of(args, here, environment)
        with Connection(access, read_only=True) as connection:
            return live(connection, here.reading.file.name, access.namespace).image
    except (ApiError, KubeconfigError):
        return ""


def rendered(output: str | None, verdict: Verdict, image: str, settings: Settings, environment: Environment) -> str:
    """The verdict in the format asked for."""
    if output == "json":
        document = {"apiVersion": API_VERSION, "kind": "Scan", "image": image, **_builtins(verdict)}
        return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
    if output == "sarif":
        return msgspec.json.format(msgspec.json.encode(sarif(verdict, __version__)), indent=2).decode() + "\n"
    on = paper(environment.stdout, environment.environ, settings)
    return "".join(line + "\n" for line in verdict_lines(verdict, on))


def _builtins(verdict: Verdict) -> dict[str, Any]:
    """Severities and reaches by their words: numbers say nothing to a reader of the document."""
    found: dict[str, Any] = msgspec.to_builtins(verdict)
    for one in [*found["findings"], *found["scanners"]]:
        for each in one.get("findings", [one.get("vulnerability")]):
            each["severity"] = Severity(each["severity"]).name
            each["reach"] = None if each["reach"] is None else Reach(each["reach"]).name.lower()
    for run in found["scanners"]:
        run["count"] = len(run.pop("findings"))
    return found
