"""The .env file that goweb.yaml names: read, and sorted into what everybody may read and what not."""

from __future__ import annotations

from msgspec import structs

from kubectl_goweb.cli.delivery.service_file import Here
from kubectl_goweb.delivery.env_file import Sorted, parse, sort
from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.errors import UsageError


def env_values(here: Here) -> Sorted:
    """Nothing when the file names none. UsageError when it is not there."""
    config = here.reading.file.config
    if not config.env_file:
        return Sorted((), (), {})
    path = here.folder / config.env_file
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", hint="see config.envFile in goweb.yaml") from error
    return sort(parse(text, str(path)), config, str(path))


def with_env(here: Here, wanted: Release) -> Release:
    """The release with the variables of the .env file: the plain ones with their values, the secret ones by name."""
    found = env_values(here)
    return structs.replace(
        wanted, plain={one.name: one.value for one in found.plain}, secret=tuple(one.name for one in found.secret)
    )
