"""Runs the service on this machine: builds the binary, starts it with its environment, and ends it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kubectl_goweb.delivery.image.failures import BuildError, compile_errors, lines_of
from kubectl_goweb.errors import GowebError, UsageError


def compile_binary(folder: Path, main: str, target: Path, environ: Mapping[str, str]) -> None:
    """BuildError with the places in the code, UsageError when there is no Go here."""
    command = ["go", "build", "-trimpath", "-o", str(target), main]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=dict(environ), check=False)
    except OSError as error:
        raise UsageError(f"cannot run go: {error.strerror}", hint="install Go, or run the image: --image") from error
    if done.returncode != 0:
        output = lines_of(done.stderr)
        wrong = compile_errors(output)
        said = f"the Go code does not compile: {wrong[0]}" if wrong else "go build failed"
        raise BuildError(said, compile_errors=wrong, output=tuple(output[-12:]))


@contextmanager
def running(
    command: list[str], environ: Mapping[str, str], folder: Path, grace: float
) -> Iterator[subprocess.Popen[bytes]]:
    """The program, whose output is ours; at the end it gets SIGTERM and `grace` seconds, as the kubelet gives it."""
    try:
        # A session of its own: Ctrl-C reaches us alone, and the program is then ended as in the cluster.
        process = subprocess.Popen(command, env=dict(environ), cwd=folder, start_new_session=True)
    except OSError as error:
        raise GowebError(f"cannot start {command[0]}: {error.strerror}") from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def container_command(name: str, image: str, port: int, values: Mapping[str, str]) -> list[str]:
    """`docker run` as hardened as the Pod. Only names of variables are on the command line: everybody can read that."""
    flags = ["--rm", "--init=false", f"--name={name}", f"--publish=127.0.0.1:{port}:{port}", "--read-only"]
    flags += ["--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    return ["docker", "run", *flags, *(f"--env={variable}" for variable in values), image]
