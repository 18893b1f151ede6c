"""`probe --listen`: an exporter for Prometheus, until interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import write
from kubectl_goweb.cli.probing import naming
from kubectl_goweb.cli.probing.watching import Watched
from kubectl_goweb.errors import Exit, GowebError, UsageError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.probing.exporter import Exporter
from kubectl_goweb.probing.sending import Sender

_LOOK = 5.0


def serve(
    args: Arguments,
    environment: Environment,
    names: Sequence[naming.Named],
    sender: Sender,
    connection: Connection | None,
) -> Exit:
    """Probe in the background and answer scrapes."""
    watched = Watched(args, environment, names, sender, connection)
    try:
        exporter = Exporter(_address(args.listen), sender, watched.prober.snapshot)
    except OSError as error:
        watched.prober.close()
        raise GowebError(f"cannot listen on {args.listen}: {error.strerror or error}") from error
    try:
        write(environment.stderr, f"goweb: listening: {exporter.url}/metrics and {exporter.url}/probe?target=URL\n")
        sleeping = Event()
        watched.look()
        while True:
            sleeping.wait(_LOOK)
            watched.look_again()
    finally:
        exporter.close()
        watched.prober.close()


def _address(given: str) -> tuple[str, int]:
    host, colon, port = given.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen cannot be {given!r}", hint="write it as 127.0.0.1:9115")
    return host.strip("[]") or "127.0.0.1", int(port)
