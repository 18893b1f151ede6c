"""run: run the service on this machine with its .env file, ask its health check, and end it as the kubelet would."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from kubectl_goweb.cli.delivery.env_values import env_values
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import Paper, paper, write
from kubectl_goweb.delivery.local import compile_binary, container_command, running
from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.delivery.manifests.configuration import go_variables, plain_values
from kubectl_goweb.delivery.service import durations
from kubectl_goweb.errors import Exit, GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.probes.results import ProbeResult, Way
from kubectl_goweb.status.probes.targets import KUBELET, url_target
from kubectl_goweb.tables import Tone


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--image", default="", help="run this image by Docker instead of the binary")
    parser.add_argument("--once", action="store_true", help="end when the health check has answered well once")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    file = here.reading.file
    values = _values(here)
    environ = {**environment.environ, **values}
    on = paper(environment.stderr, environment.environ, settings)
    grace = durations.seconds(file.shutdown.grace)
    with tempfile.TemporaryDirectory() as folder:
        if args.image:
            command = container_command(f"goweb-{file.name}", args.image, file.port, values)
        else:
            binary = Path(folder) / file.name
            write(environment.stderr, f"building {file.build.main}\n")
            compile_binary(here.folder / file.build.context, file.build.main, binary, environment.environ)
            command = [str(binary)]
        with running(command, environ, here.folder, grace) as process:
            write(environment.stderr, f"{file.name} runs on http://127.0.0.1:{file.port}, Ctrl-C ends it\n")
            return _watched(here, process, environment, on, is_once=args.once)


def _values(here: Here) -> dict[str, str]:
    """The environment of the program: as in the cluster, and the secret ones from the .env file."""
    found = env_values(here)
    wanted = Release(file=here.reading.file, image="", plain={one.name: one.value for one in found.plain})
    secret = {one.name: one.value for one in found.secret}
    return {**dict(go_variables(here.reading.file.resources)), **plain_values(wanted), **secret}


def _watched(
    here: Here, process: subprocess.Popen[bytes], environment: Environment, on: Paper, *, is_once: bool
) -> Exit:
    """Ask the health check as often as the file says and tell every change, until the program ends."""
    file = here.reading.file
    check = file.health_check
    target = url_target(f"http://127.0.0.1:{file.port}{check.endpoint}", KUBELET, durations.seconds(check.timeout))
    sender = Sender(environment.now)
    began = environment.now()
    told: bool | None = None
    failures = 0
    while True:
        result = sender.probe(target, Way.DIRECT)
        failures = 0 if result.success else failures + 1
        has_started = told is not None or (environment.now() - began).total_seconds() > durations.seconds(check.startup)
        state = True if result.success else False if has_started and failures >= check.retries else told
        if state != told:
            write(environment.stderr, _line(result, on, is_healthy=bool(state)) + "\n")
            told = state
        if is_once and told is not None:
            return Exit.OK if told else Exit.FAILING
        try:
            code = process.wait(durations.seconds(check.interval) if told is not None else 0.2)
        except subprocess.TimeoutExpired:
            continue
        if code == 0:
            return Exit.OK
        raise GowebError(f"{file.name} ended with exit code {code}", hint="its own words are above")


def _line(result: ProbeResult, on: Paper, *, is_healthy: bool) -> str:
    took = f" after {result.durations.total * 1000:.0f} ms"
    if is_healthy:
        return on.tinted(f"healthy: {result.target} answered {result.code}{took}", Tone.GOOD)
    return on.tinted(f"unhealthy: {plain(result.detail)}", Tone.BAD)
