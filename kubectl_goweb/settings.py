"""How the program behaves: flags > GOWEB_* > $XDG_CONFIG_HOME/kubectl-goweb/config.toml > defaults.

Where the cluster is belongs to the kubeconfig, not here. A part of the program that has settings of its own adds a
Struct here and a field of it to Settings; reading, checking and telling what is wrong is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from kubectl_goweb.errors import SettingsError

_PREFIX = "GOWEB_"


class Context(Struct, frozen=True):
    """What holds for some contexts of the kubeconfig: a table `[contexts."prod-*"]`."""

    read_only: bool = False
    """Refuse every write at the connection."""
    protected: bool = False
    """Ask for the object's name before a change, and show another frame."""


class Metrics(Struct, frozen=True):
    """How busy nodes and services are: a table `[metrics]`. Passwords and tokens stay in files of their own."""

    prometheus: str = ""
    """The URL of a Prometheus; when empty, one that is found in the cluster is asked through the API server."""
    user: str = ""
    password_file: str = ""
    token_file: str = ""
    queries: dict[str, str] = {}
    """PromQL instead of the built-in queries, by name: cpu, memory, disk, network, network_errors, network_latency of
    nodes; etcd_quota, etcd_leader; requests, errors, latency, probes of services.
    """
    cpu: float = 0.95
    """Share from which on a node counts as degraded; so are `memory` and `disk`."""
    memory: float = 0.95
    disk: float = 0.9
    network_errors: float = 10.0
    """Errors and drops a second."""
    network_latency: float = 0.5
    """Seconds there and back."""


class Settings(Struct, frozen=True):
    """Every setting there is, with its default."""

    color: Literal["auto", "always", "never"] = "auto"
    """`auto` (in a terminal, unless NO_COLOR is set), `always` or `never`."""
    ascii: bool = False
    """Only ASCII signs."""
    read_only: bool = False
    """Refuse every write at the connection."""
    theme: Literal["auto", "dark", "light", "colorblind"] = "auto"
    """The cockpit's: `auto`, `dark`, `light` or `colorblind` (no red beside green)."""
    registry: str = ""
    """Where `init` puts images, such as `registry.example.com/team`; found from the module's path when empty."""
    keys: dict[str, str] = {}
    """The cockpit's keys: binding id to keys, separated by commas, as in `"go.pods" = "ctrl+p"`."""
    metrics: Metrics = Metrics()
    contexts: dict[str, Context] = {}
    """By shell pattern of a context's name; everything that matches holds."""

    def context(self, name: str) -> Context:
        """What holds for this context of the kubeconfig, the settings for all of them included."""
        if not self.contexts:
            return Context(read_only=self.read_only)
        from fnmatch import fnmatchcase  # few people have such rules

        found = [rule for pattern, rule in self.contexts.items() if fnmatchcase(name, pattern)]
        return Context(
            read_only=self.read_only or any(rule.read_only for rule in found),
            protected=any(rule.protected for rule in found),
        )


def load(environ: Mapping[str, str], home: Path, flags: Mapping[str, str | bool]) -> Settings:
    """The settings in force. SettingsError names the file or variable, the key, and the nearest spelling."""
    settings = Settings()
    for values, where, is_strict in (
        *_from_file(_path(environ, home)),
        *_from_environ(environ),
        *(({key: value}, f"--{key.replace('_', '-')}", True) for key, value in flags.items()),
    ):
        settings = _with(settings, values, where, is_strict=is_strict)
    return settings


_Source = tuple[dict[str, Any], str, bool]
"""Values by key, where they stand, and whether they have types already."""


def _with(settings: Settings, values: dict[str, Any], where: str, *, is_strict: bool) -> Settings:
    _check_keys(values, Settings, where)
    fields = {name: getattr(settings, name) for name in Settings.__struct_fields__}
    for key, value in values.items():
        hint = next(field.type for field in msgspec.structs.fields(Settings) if field.encode_name == key)
        try:
            fields[key] = msgspec.convert(value if is_strict else _words(value), hint, strict=is_strict)
        except msgspec.ValidationError as error:
            place = f"{key} in {where}" if is_strict and not where.startswith("--") else where
            raise SettingsError(f"{place} cannot be {value!r}: {error}", hint=_allowed(hint)) from error
    return Settings(**fields)


def _words(value: str) -> str:
    """More words for yes and no than msgspec knows."""
    return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower(), value)


def _allowed(hint: Any) -> str:
    from typing import get_args, get_origin

    if hint is bool:
        return "use true or false"
    if get_origin(hint) is Literal:
        return f"use one of: {', '.join(get_args(hint))}"
    return "see the settings in the documentation"


def state_folder(environ: Mapping[str, str], home: Path) -> Path:
    """$XDG_STATE_HOME/kubectl-goweb: what the program writes down by itself. It need not be there yet."""
    base = environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else home / ".local" / "state") / "kubectl-goweb"


def _path(environ: Mapping[str, str], home: Path) -> Path:
    base = environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base else home / ".config") / "kubectl-goweb" / "config.toml"


def _from_file(path: Path) -> list[_Source]:
    if not path.exists():
        return []
    import tomllib  # costs 5 ms, and most people have no such file

    try:
        return [(tomllib.loads(path.read_text("utf-8")), str(path), True)]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read the settings in {path}: {error}", hint="mend or remove that file") from error


def _from_environ(environ: Mapping[str, str]) -> list[_Source]:
    return [
        ({name.removeprefix(_PREFIX).lower(): value}, name, False)
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    ]


def _check_keys(values: Mapping[str, Any], struct: type[Struct], where: str, inside: str = "") -> None:
    """A key that no field has is a slip, at any depth; SettingsError tells the nearest spelling."""
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    for key, value in values.items():
        if key not in fields:
            import difflib  # only needed to say what was meant

            near = difflib.get_close_matches(key, fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(fields)}"
            raise SettingsError(f"unknown setting {inside + key!r} ({where})", hint=hint)
        inner = _struct_in(fields[key])
        if inner is None or not isinstance(value, dict):
            continue
        if inner is fields[key]:
            _check_keys(value, inner, where, f"{inside}{key}.")
        else:
            for name, one in value.items():
                if isinstance(one, dict):
                    _check_keys(one, inner, where, f"{inside}{key}.{name}.")


def _struct_in(hint: Any) -> type[Struct] | None:
    """The Struct that a table, or every table of a table, is read as."""
    from typing import get_args

    for one in (hint, *get_args(hint)):
        if isinstance(one, type) and issubclass(one, Struct):
            return one
    return None
