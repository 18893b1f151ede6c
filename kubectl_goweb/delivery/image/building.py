"""Builds an image: one stream of events, by BuildKit when `docker buildx` is there, else by the classic builder."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.image.classic import ClassicReader
from kubectl_goweb.delivery.image.context import Context, archive
from kubectl_goweb.delivery.image.engine import Engine, dead, failures
from kubectl_goweb.delivery.image.events import BuildEvent
from kubectl_goweb.delivery.image.failures import BuildError, build_failure
from kubectl_goweb.delivery.image.rawjson import RawJsonReader
from kubectl_goweb.errors import UsageError

Builder = Literal["classic", "buildkit"]
_PATIENCE = 10.0
"""Seconds that docker buildx gets to answer, or to end by itself when a build is cancelled."""


class Order(Struct, frozen=True, kw_only=True):
    """What is to be built."""

    context: Context
    dockerfile: str
    tags: tuple[str, ...]
    args: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}
    target: str = ""
    platforms: tuple[str, ...] = ()
    no_cache: bool = False


class _Metadata(Struct, frozen=True):
    config: str = msgspec.field(name="containerimage.config.digest", default="")
    digest: str = msgspec.field(name="containerimage.digest", default="")


def has_buildkit(environ: Mapping[str, str]) -> bool:
    """Whether docker's plugin for BuildKit is there: it keeps Go's caches, and builds for several platforms."""
    command = ["docker", "buildx", "version"]
    try:
        found = subprocess.run(command, capture_output=True, env=dict(environ), timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return found.returncode == 0


class Build:
    """A build under way: iterate over its events, then ask for `image`. Closing it ends the build."""

    def __init__(self, engine: Engine, order: Order, builder: Builder) -> None:
        if builder == "classic" and len(order.platforms) > 1:
            raise UsageError("the classic builder builds for one platform", hint="install docker buildx")
        self.image = ""
        """The id of the image; empty until it is built."""
        self._engine = engine
        self._order = order
        self._builder: Builder = builder

    def events(self) -> Iterator[BuildEvent]:
        """Everything that happens. BuildError when it fails, EngineError when the engine does."""
        with tempfile.TemporaryFile() as sent:
            archive(self._order.context, sent)
            sent.seek(0)
            yield from self._classic(sent) if self._builder == "classic" else self._buildkit(sent)
        if not self.image:
            raise BuildError("the builder ended without an image and without a reason", hint="see the engine's log")

    def _classic(self, sent: IO[bytes]) -> Iterator[BuildEvent]:
        from docker.errors import APIError

        order = self._order
        reader = ClassicReader()
        try:
            messages = self._engine.client.build(
                fileobj=sent,
                custom_context=True,
                dockerfile=order.dockerfile,
                tag=order.tags[0],
                buildargs=dict(order.args),
                labels=dict(order.labels),
                target=order.target or None,
                platform=order.platforms[0] if order.platforms else None,
                nocache=order.no_cache,
                rm=True,
                forcerm=True,
                decode=True,
            )
            for message in messages:
                yield from reader.feed(message, time.monotonic())
        except APIError as error:
            raise build_failure(str(error.explanation or error), "", ()) from error
        except failures() as error:
            raise dead(self._engine.host, error) from error
        yield from reader.end(time.monotonic())
        self.image = reader.image
        for tag in order.tags[1:]:
            repository, _, name = tag.rpartition(":")
            self._engine.tag(self.image, repository, name)

    def _buildkit(self, sent: IO[bytes]) -> Iterator[BuildEvent]:
        reader = RawJsonReader()
        with tempfile.TemporaryDirectory() as folder:
            told = Path(folder) / "metadata.json"
            command = _buildx_command(self._order, told)
            with subprocess.Popen(
                command,
                stdin=sent,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=dict(self._engine.environ),
            ) as process:
                try:
                    for line in process.stderr or ():
                        yield from reader.feed(line)
                except BaseException:
                    _end(process)
                    raise
            if process.returncode != 0:
                raise reader.failure(process.returncode)
            metadata = msgspec.json.decode(told.read_bytes(), type=_Metadata) if told.exists() else _Metadata()
            self.image = metadata.config or metadata.digest


def _buildx_command(order: Order, metadata: Path) -> list[str]:
    command = ["docker", "buildx", "build", "--progress=rawjson", f"--metadata-file={metadata}", "--load"]
    command += [f"--file={order.dockerfile}"]
    command += [f"--tag={tag}" for tag in order.tags]
    command += [f"--build-arg={name}={value}" for name, value in order.args.items()]
    command += [f"--label={name}={value}" for name, value in order.labels.items()]
    command += [f"--target={order.target}"] if order.target else []
    command += [f"--platform={','.join(order.platforms)}"] if order.platforms else []
    command += ["--no-cache"] if order.no_cache else []
    return [*command, "-"]


def _end(process: subprocess.Popen[str]) -> None:
    """Ask it to cancel the build, and see that it is gone."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
