"""The image's way to where nodes find it: a registry, or the container runtime of a node."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator

from kubectl_goweb.delivery.image.engine import Engine, dead, failures
from kubectl_goweb.delivery.image.events import Transfer
from kubectl_goweb.delivery.image.failures import PushError, push_failure
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain


class Push:
    """A push under way: iterate over its transfers, then ask for `digest`."""

    def __init__(self, engine: Engine, repository: str, tag: str) -> None:
        self.digest = ""
        """`sha256:...` as the registry names it; empty until it is there."""
        self._engine = engine
        self._repository = repository
        self._tag = tag

    def events(self) -> Iterator[Transfer]:
        """PushError when the registry says no; the engine tells that as an event and not as an error."""
        from docker.errors import APIError

        try:
            # Credentials come from docker's config.json and its helpers, as for `docker push`.
            for message in self._engine.client.push(self._repository, tag=self._tag, stream=True, decode=True):
                if "error" in message or "errorDetail" in message:
                    detail = message.get("errorDetail") or {}
                    raise push_failure(str(detail.get("message") or message.get("error")), self._repository)
                self.digest = (message.get("aux") or {}).get("Digest", self.digest)
                if "id" in message:
                    progress = message.get("progressDetail") or {}
                    yield Transfer(
                        message["id"], message.get("status", ""), progress.get("current", 0), progress.get("total", 0)
                    )
        except APIError as error:
            raise push_failure(str(error.explanation or error), self._repository) from error
        except failures() as error:
            if "credential" in str(error).lower():
                raise PushError(
                    f"docker's credential helper failed: {error}", hint="see credsStore in docker's config.json"
                ) from error
            raise dead(self._engine.host, error) from error
        if not self.digest:
            raise PushError(f"{self._repository} was pushed, but the engine told no digest")


def load(engine: Engine, image: str, command: list[str]) -> Iterator[Transfer]:
    """Save an image as `docker save` does, and have a command import the file into nodes; its name is added to the
    command. A file and no stream: kind reads it once a node.
    """
    with tempfile.NamedTemporaryFile(prefix="goweb-", suffix=".tar") as archive:
        total = image_size(engine, image)
        try:
            for piece in engine.client.get_image(image):
                archive.write(piece)
                yield Transfer(image, "Saving", archive.tell(), total)
        except failures() as error:
            raise dead(engine.host, error) from error
        archive.flush()
        yield Transfer(image, "Loading", 0, archive.tell())
        try:
            done = subprocess.run([*command, archive.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError as error:
            raise GowebError(
                f"cannot load the image: {command[0]}: {error.strerror}", hint="is it installed, and may you use it?"
            ) from error
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise GowebError(f"cannot load {image}: {plain(said[-1] if said else 'no reason given')}")


def image_size(engine: Engine, name: str) -> int:
    """Bytes of an image; 0 when the engine has none."""
    found = engine.image(name)
    return found.size if found else 0


def import_command(context: str, *, containerd: str = "") -> list[str] | None:
    """The command that takes an image's file into the nodes of a cluster; None when it is not known how. `containerd`
    is the socket of a node on this machine.
    """
    if containerd:
        return ["ctr", f"--address={containerd}", "--namespace=k8s.io", "images", "import"]
    kind, _, name = context.partition("-")
    match kind:
        case "kind":
            return ["kind", "load", "image-archive", f"--name={name}"]
        case "k3d":
            return ["k3d", "image", "import", f"--cluster={name}"]
        case "minikube":
            return ["minikube", "image", "load"]
        case _:
            return None
