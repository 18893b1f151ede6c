"""How the program behaves: flags > GOWEB_* > $XDG_CONFIG_HOME/kubectl-goweb/config.toml > defaults.

Where the cluster is belongs to the kubeconfig, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from kubectl_goweb.errors import SettingsError

_PREFIX = "GOWEB_"
_COLORS = ("auto", "always", "never")
_THEMES = ("auto", "dark", "light")


class Settings(Struct, frozen=True):
    """Every setting there is, with its default."""

    color: str = "auto"
    """`auto` (in a terminal, unless NO_COLOR is set), `always` or `never`."""
    ascii: bool = False
    """Only ASCII signs."""
    read_only: bool = False
    """Refuse every write at the connection."""
    theme: str = "auto"
    """The cockpit's: `auto`, `dark` or `light`."""


def load(environ: Mapping[str, str], home: Path, flags: Mapping[str, str | bool]) -> Settings:
    """The settings in force. SettingsError names the file or variable, the key, and the nearest spelling."""
    values = _from_file(_path(environ, home))
    values |= _from_environ(environ)
    values |= {key: (value, f"--{key.replace('_', '-')}") for key, value in flags.items()}
    settings: dict[str, str | bool] = {}
    for key, (value, where) in values.items():
        settings[key] = _checked(key, value, where)
    return msgspec.convert(settings, Settings)


def _path(environ: Mapping[str, str], home: Path) -> Path:
    base = environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else home / ".config") / "kubectl-goweb" / "config.toml"


def _from_file(path: Path) -> dict[str, tuple[str | bool, str]]:
    if not path.exists():
        return {}
    import tomllib  # costs 5 ms, and most people have no such file

    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read the settings in {path}: {error}", hint="mend or remove that file") from error
    return {_known(key, str(path)): (value, f"{key} in {path}") for key, value in found.items()}


def _from_environ(environ: Mapping[str, str]) -> dict[str, tuple[str | bool, str]]:
    return {
        _known(name.removeprefix(_PREFIX).lower(), name): (value, name)
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    }


def _known(key: str, where: str) -> str:
    names = Settings.__struct_fields__
    if key in names:
        return key
    import difflib  # only needed to say what was meant

    near = difflib.get_close_matches(key, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
    raise SettingsError(f"unknown setting {key!r} ({where})", hint=hint)


def _checked(key: str, value: str | bool, where: str) -> str | bool:
    match key:
        case "color":
            return _one_of(value, _COLORS, where)
        case "theme":
            return _one_of(value, _THEMES, where)
        case _:
            return _flag(value, where)


def _one_of(value: object, allowed: tuple[str, ...], where: str) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise SettingsError(f"{where} cannot be {value!r}", hint=f"use one of: {', '.join(allowed)}")


def _flag(value: object, where: str) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise SettingsError(f"{where} cannot be {value!r}", hint="use true or false")
