"""The published JSON Schema, and the documentation of a key; both from the types of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from kubectl_goweb.delivery.service.checking import unwrapped
from kubectl_goweb.delivery.service.model import FORMAT, ServiceFile
from kubectl_goweb.delivery.service.problems import near
from kubectl_goweb.delivery.service.reading import ENVIRONMENTS
from kubectl_goweb.errors import UsageError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OVERLAY = "In"
"""What the definition of an environment's part is called: `BuildIn`."""


def schema() -> dict[str, Any]:
    """What editors complete and check a goweb.yaml with."""
    made = msgspec.json.schema(ServiceFile)
    definitions: dict[str, Any] = made["$defs"]
    partial = {name + _OVERLAY: _partial(body) for name, body in definitions.items() if body.get("type") == "object"}
    root = definitions["ServiceFile"]
    overlay = {"$ref": f"#/$defs/ServiceFile{_OVERLAY}"}
    root["properties"][ENVIRONMENTS] = {
        "type": "object",
        "additionalProperties": overlay,
        "description": "Environments by name, each with only the keys that differ there.",
    }
    return {
        "$schema": DIALECT,
        "title": f"{FORMAT} service file",
        "$ref": "#/$defs/ServiceFile",
        "$defs": {**definitions, **partial},
    }


def _partial(body: Any) -> Any:
    """The same without required keys, of which an environment names only some. Items of lists stay whole."""
    if isinstance(body, dict):
        return {
            key: f"{value}{_OVERLAY}" if key == "$ref" else value if key == "items" else _partial(value)
            for key, value in body.items()
            if key not in ("required", "default")
        }
    return [_partial(one) for one in body] if isinstance(body, list) else body


def schema_text() -> str:
    """As it is published in docs/schema/, and written beside a new goweb.yaml."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


class Explained(Struct, frozen=True):
    """One key."""

    key: str
    says: str
    form: str
    """What its value is: `text`, `one of: fail, warn`, `list of ...`."""
    default: str
    """As YAML; empty when it must be given."""
    keys: tuple[tuple[str, str], ...] = ()
    """Keys below it with what they say."""


def explain(key: str) -> Explained:
    """The documentation of `healthCheck.interval`; UsageError with the nearest spelling."""
    kind: Any = ServiceFile
    default: Any = NODEFAULT
    says = "A Go web service: how it is built, run, reached and released."
    walked: list[str] = []
    for part in filter(None, key.split(".")):
        struct = _struct_in(kind)
        fields = {field.encode_name: field for field in msgspec.structs.fields(struct)} if struct else {}
        if part not in fields:
            where = f"below {'.'.join(walked)}" if walked else "in the file"
            raise UsageError(f"there is no key {part!r} {where}{near(part, fields) if fields else ''}")
        field = fields[part]
        walked.append(part)
        kind, says = field.type, _description(field.type)
        default = field.default if field.default_factory is NODEFAULT else field.default_factory()
    struct = _struct_in(kind)
    below = tuple((f.encode_name, _description(f.type)) for f in msgspec.structs.fields(struct)) if struct else ()
    if not walked:
        below = (*below, (ENVIRONMENTS, "Environments by name, each with only the keys that differ there."))
    return Explained(key, says, _form(kind), _shown(default), below)


def _struct_in(kind: Any) -> type[Struct] | None:
    inner, _ = unwrapped(kind)
    if get_origin(inner) is tuple:
        inner, _ = unwrapped(get_args(inner)[0])
    return inner if isinstance(inner, type) and issubclass(inner, Struct) else None


def _description(kind: Any) -> str:
    if get_origin(kind) is not Annotated:
        return ""
    said = [one.description for one in get_args(kind)[1:] if isinstance(one, Meta) and one.description]
    return said[-1] if said else ""


def _form(kind: Any) -> str:
    return " or ".join(dict.fromkeys(_forms(kind)))


def _forms(kind: Any) -> Iterator[str]:
    inner, _ = unwrapped(kind)
    origin, args = get_origin(inner), get_args(inner)
    if isinstance(inner, type) and issubclass(inner, Struct):
        yield "keys"
    elif origin is Literal:
        yield f"one of: {', '.join(args)}"
    elif origin is tuple:
        yield f"list of {_form(args[0])}"
    elif origin is dict:
        yield f"names with {_form(args[1])}"
    elif args:
        for one in args:
            yield from _forms(one)
    elif inner is not type(None):
        yield {"int": "number", "float": "number", "str": "text", "bool": "true or false"}[inner.__name__]


def _shown(default: Any) -> str:
    if default is NODEFAULT:
        return ""
    return msgspec.json.encode(default).decode() if not isinstance(default, str) else default or '""'


if __name__ == "__main__":
    print(schema_text(), end="")
