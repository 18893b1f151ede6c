"""What a Go module's text tells: its name, its Go version, where the service listens, what it answers when healthy."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
_PORTS = tuple(
    re.compile(pattern)
    for pattern in (
        r'ListenAndServe(?:TLS)?\(\s*"[^":]*:([0-9]{2,5})"',
        r'\bAddr:\s*"[^":]*:([0-9]{2,5})"',
        r'\bListen\(\s*"tcp[46]?",\s*"[^":]*:([0-9]{2,5})"',
        r'\.(?:Run|Start|Listen)\(\s*"[^":]*:([0-9]{2,5})"',
        r'"(?:[A-Z]+_)?PORT"[^\n]{0,60}?"?([0-9]{4,5})\b',
        r'(?i)\bport\w*"?\s*(?::=|=|:)\s*"?:?([0-9]{4,5})\b',
        r'":([0-9]{4,5})"',
    )
)
"""From the surest to the least sure."""
_PATH = re.compile(
    r'"(?:(?:GET|HEAD) )?((?:/[A-Za-z0-9_.-]+)*/(?:health|healthz|healthcheck|livez|readyz|ready|ping))"'
)
_BEST = ("healthz", "health", "healthcheck", "readyz", "ready", "livez", "ping")
_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_GO = re.compile(r"^go\s+([0-9]+(?:\.[0-9]+)*)", re.MULTILINE)
_REQUIRE = re.compile(r"^(?:require\b|\t[^\s]+ v[0-9])", re.MULTILINE)
_MAIN = re.compile(r"^package main\b", re.MULTILINE)
_MAIN_FUNCTION = re.compile(r"^func main\(\)", re.MULTILINE)
_VERSION_SUFFIX = re.compile(r"^v[0-9]+$")


class Found(Struct, frozen=True):
    """A value and the file it was found in."""

    value: str
    file: str


class GoFile(Struct, frozen=True):
    path: str
    """From the module's folder, with slashes."""
    text: str


class GoModule(Struct, frozen=True, kw_only=True):
    """What `init` knows about a module."""

    path: str
    go: str
    """Go's version of the go.mod, at least its first two numbers; empty when it names none."""
    has_requirements: bool
    is_vendored: bool = False
    mains: tuple[str, ...]
    """Main packages as `go build` takes them: `.`, `./cmd/web`."""
    port: Found | None = None
    health: Found | None = None

    @property
    def name(self) -> str:
        """A name for the service: the last part of the module's path that says something."""
        parts = [part for part in self.path.split("/") if not _VERSION_SUFFIX.match(part)]
        return service_name(parts[-1] if parts else "app")

    @property
    def toolchain(self) -> str:
        """The tag of the golang image: major and minor."""
        return ".".join(self.go.split(".")[:2]) if self.go else "1"


def service_name(text: str) -> str:
    """The text as a DNS label."""
    name = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
    return name if name[:1].isalpha() else f"app-{name}".strip("-")


def module(go_mod: str, files: Iterable[GoFile], *, is_vendored: bool = False) -> GoModule | None:
    """What go.mod and the sources tell; None when go.mod names no module."""
    named = _MODULE.search(go_mod)
    if named is None:
        return None
    version = _GO.search(go_mod)
    kept = [GoFile(file.path, _COMMENT.sub("", file.text)) for file in sorted(files, key=lambda one: one.path)]
    return GoModule(
        path=named[1],
        go=version[1] if version else "",
        has_requirements=bool(_REQUIRE.search(go_mod)),
        is_vendored=is_vendored,
        mains=_mains(kept),
        port=_port(kept),
        health=_health(kept),
    )


def _mains(files: Iterable[GoFile]) -> tuple[str, ...]:
    folders = {
        file.path.rpartition("/")[0] for file in files if _MAIN.search(file.text) and _MAIN_FUNCTION.search(file.text)
    }
    return tuple(f"./{folder}" if folder else "." for folder in sorted(folders))


def _port(files: list[GoFile]) -> Found | None:
    for pattern in _PORTS:
        for file in files:
            match = pattern.search(file.text)
            if match and 0 < int(match[1]) < 65536:
                return Found(match[1], file.path)
    return None


def _health(files: list[GoFile]) -> Found | None:
    found = [Found(match[1], file.path) for file in files for match in _PATH.finditer(file.text)]
    return min(found, key=lambda one: _BEST.index(one.value.rpartition("/")[2]), default=None)
