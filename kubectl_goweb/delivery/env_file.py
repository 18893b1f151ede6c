"""A .env file: its lines, and which of its variables are secret. Pure. Values of secrets are in no message.

The form is the one that docker compose and godotenv read: https://docs.docker.com/compose/how-tos/environment-variables/
"""

from __future__ import annotations

import re

from msgspec import Struct

from kubectl_goweb.delivery.service.model import Config
from kubectl_goweb.delivery.service.secrecy import is_secret_name, telling
from kubectl_goweb.errors import Exit, GowebError

_LINE = re.compile(r"^(?:export\s+)?(?P<name>[^\s=]+)\s*=\s*(?P<value>.*)$")
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


class EnvFileError(GowebError):
    """A line that cannot be meant, or a value that would be shown."""

    exit_code = Exit.USAGE


class Variable(Struct, frozen=True):
    name: str
    value: str
    line: int
    """From 1."""

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, ..., line {self.line})"


class Sorted(Struct, frozen=True):
    """Which variable goes where."""

    plain: tuple[Variable, ...]
    """Into a ConfigMap."""
    secret: tuple[Variable, ...]
    """Into a Secret."""
    why: dict[str, str]
    """For each secret one: its name, or what its value looks like."""


def parse(text: str, source: str) -> tuple[Variable, ...]:
    """The variables in their order; of one that stands twice the last. EnvFileError names the line, never the value."""
    found: dict[str, Variable] = {}
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        at, raw = number + 1, lines[number].strip()
        number += 1
        if not raw or raw.startswith("#"):
            continue
        match = _LINE.match(raw)
        if match is None or not _NAME.match(match["name"]):
            raise EnvFileError(f"{source}:{at}: is no NAME=VALUE", hint="a comment begins with #")
        value = match["value"]
        if value[:1] in ("'", '"'):
            while (end := _closing(value)) < 0:
                if number >= len(lines):
                    raise EnvFileError(f"{source}:{at}: {match['name']}: the quotation mark is never closed")
                value += "\n" + lines[number]
                number += 1
            value = value[1:end] if value[0] == "'" else _unescaped(value[1:end])
        else:
            value = re.split(r"\s+#", value, maxsplit=1)[0].strip()
        found[match["name"]] = Variable(match["name"], value, at)
    return tuple(found.values())


def _closing(value: str) -> int:
    """Where the quotation ends; -1 when it does not."""
    index = 1
    while index < len(value):
        if value[index] == "\\" and value[0] == '"':
            index += 1
        elif value[index] == value[0]:
            return index
        index += 1
    return -1


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), value, flags=re.DOTALL)


def sort(variables: tuple[Variable, ...], rules: Config, source: str) -> Sorted:
    """Secret is what its name or its value looks like; the file's own patterns decide first. EnvFileError when they
    would show a value that looks like a secret.
    """
    plain, secret, why = [], [], {}
    for one in variables:
        looks = telling(one.value)
        is_named = is_secret_name(one.name, rules.secret_keys, rules.plain_keys)
        is_plain = not is_secret_name(one.name, ("*",), rules.plain_keys)
        if looks and is_plain:
            raise EnvFileError(
                f"{source}:{one.line}: {one.name} looks like {looks}, and config.plainKeys would show it to everybody",
                hint="take it out of config.plainKeys in goweb.yaml",
            )
        if is_named or looks:
            secret.append(one)
            why[one.name] = "its name" if is_named else f"looks like {looks}"
        else:
            plain.append(one)
    return Sorted(tuple(plain), tuple(secret), why)
