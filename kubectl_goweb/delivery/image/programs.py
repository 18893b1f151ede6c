"""Takes the program out of an image, for a scanner that looks at binaries."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from kubectl_goweb.delivery.image.engine import Engine


def program(engine: Engine, image: str, target: Path) -> Path | None:
    """The file that the image's entry point starts, written into a folder; None when it has none, or the engine has no
    such image.
    """
    from docker.errors import DockerException

    client = engine.client
    try:
        config = client.inspect_image(image)["Config"]
        command = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
        if not command or not command[0].startswith("/"):
            return None
        container = client.create_container(image, command=["/"])["Id"]
        try:
            pieces, _ = client.get_archive(container, command[0])
            content = io.BytesIO(b"".join(pieces))
        finally:
            client.remove_container(container, force=True)
    except DockerException:
        return None
    with tarfile.open(fileobj=content) as tar:
        entry = next((one for one in tar.getmembers() if one.isreg()), None)
        file = tar.extractfile(entry) if entry else None
        if file is None:
            return None
        path = target / "program"
        path.write_bytes(file.read())
    return path
