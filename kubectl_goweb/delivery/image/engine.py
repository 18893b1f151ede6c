"""The Docker Engine: connecting to it, and asking it about images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from kubectl_goweb.delivery.image.failures import EngineError

_SILENCE = 600
"""Seconds without a word after which the engine counts as dead: a long compile prints nothing."""


class Image(Struct, frozen=True):
    """An image the engine has."""

    id: str
    """`sha256:...` of its configuration."""
    size: int
    """Bytes of all layers."""
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    """`repository@sha256:...` of every registry it was pushed to or pulled from."""
    labels: Mapping[str, str]


class Engine:
    """One Docker Engine."""

    def __init__(self, client: Any, host: str, environ: Mapping[str, str]) -> None:
        self.client = client
        """The docker package's, low-level: it streams as it comes."""
        self.host = host
        self.environ = environ

    def image(self, name: str) -> Image | None:
        """The image of that name or id; None when the engine has none."""
        from docker.errors import ImageNotFound

        with _named(self.host):
            try:
                found = self.client.inspect_image(name)
            except ImageNotFound:
                return None
        labels = (found.get("Config") or {}).get("Labels") or {}
        tags, digests = found.get("RepoTags") or (), found.get("RepoDigests") or ()
        return Image(found["Id"], found.get("Size", 0), tuple(tags), tuple(digests), labels)

    def last(self, repository: str) -> Image | None:
        """The newest image of a repository."""
        with _named(self.host):
            found = self.client.images(name=repository)
        newest = max(found, key=lambda one: one.get("Created", 0), default=None)
        return None if newest is None else self.image(newest["Id"])

    def tag(self, image: str, repository: str, tag: str) -> None:
        with _named(self.host):
            self.client.tag(image, repository, tag)


@contextmanager
def engine(environ: Mapping[str, str]) -> Iterator[Engine]:
    """The engine that `docker` would use: DOCKER_HOST, else the current context's. EngineError says why not."""
    import docker
    from docker.errors import DockerException

    host = environ.get("DOCKER_HOST", "") or _context_host()
    kwargs = docker.utils.kwargs_from_env(environment=dict(environ))
    if host and not environ.get("DOCKER_HOST"):
        kwargs = {"base_url": host}
    shown = host or "unix:///var/run/docker.sock"
    try:
        client = docker.APIClient(version="auto", timeout=_SILENCE, **kwargs)
    except (DockerException, OSError) as error:
        raise dead(shown, error) from error
    try:
        yield Engine(client, shown, environ)
    finally:
        client.close()


def _context_host() -> str:
    """The host of `docker context use`; empty for the default."""
    from docker.context import ContextAPI

    try:
        current = ContextAPI.get_current_context()
    except Exception as error:  # the package raises bare exceptions for a broken context store
        raise EngineError(f"docker's current context cannot be read: {error}", hint="see: docker context ls") from error
    return "" if current is None or current.name == "default" else str(current.Host or "")


@contextmanager
def _named(host: str) -> Iterator[None]:
    """An engine that dies meanwhile is told as such."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        raise EngineError(f"the Docker Engine at {host} refused: {error.explanation or error}") from error
    except failures() as error:
        raise dead(host, error) from error


def failures() -> tuple[type[Exception], ...]:
    """What the docker package raises when the engine does not answer, or not to the end: its own, and those of the two
    HTTP libraries below it, which it lets through.
    """
    import requests
    import urllib3
    from docker.errors import DockerException

    return DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError


def dead(host: str, error: BaseException) -> EngineError:
    """Why an engine does not answer."""
    text = " ".join(str(one) for one in _chain(error))
    where = f"the Docker Engine at {host}"
    if "Permission denied" in text or "Errno 13" in text:
        return EngineError(f"you may not use {where}", hint="join the group docker: sudo usermod -aG docker $USER")
    if "No such file" in text or "Errno 2]" in text:
        return EngineError(f"{where} is not there", hint="start it, or set DOCKER_HOST to another one")
    if "refused" in text:
        return EngineError(f"{where} does not run: connection refused", hint="start it: sudo systemctl start docker")
    if "timed out" in text.lower():
        return EngineError(f"{where} does not answer: timed out", hint="is it overloaded, or its disk full?")
    if "reset" in text or "aborted" in text.lower() or "broken" in text.lower() or "IncompleteRead" in text:
        return EngineError(f"{where} went away meanwhile", hint="see its log: journalctl -u docker")
    return EngineError(f"{where} cannot be used: {error}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
