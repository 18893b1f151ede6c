"""A tree against the types of the model: every problem with its key, its line and what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kubectl_goweb.delivery.service.problems import Problem, near
from kubectl_goweb.delivery.service.tree import is_null, line_of, scalar

_WORDS = {
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "float": "a number",
    "array": "a list",
    "object": "keys with values",
}


def problems(node: Node, kind: Any, path: str = "", *, is_partial: bool = False) -> Iterator[Problem]:
    """What is wrong below `node`, which should be a `kind`; a partial one (an environment) need not have every key."""
    inner, allows_none = unwrapped(kind)
    if is_null(node):
        if not allows_none and not is_partial:
            yield Problem(line_of(node), path, "has no value; give it one or take the key out")
        return
    if isinstance(inner, type) and issubclass(inner, Struct):
        yield from _struct(node, inner, path, is_partial=is_partial)
    elif get_origin(inner) is tuple:
        yield from _items(node, get_args(inner)[0], path)
    elif get_origin(inner) is dict:
        yield from _pairs(node, get_args(inner), path)
    elif not isinstance(node, ScalarNode):
        yield Problem(line_of(node), path, f"must be {_expected(inner)}")
    else:
        yield from _leaf(node, kind, path)


def unwrapped(kind: Any) -> tuple[Any, bool]:
    """The type without what is said about it, and whether it may be left empty."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    parts = get_args(kind) if get_origin(kind) not in (dict, tuple, Literal, Annotated) else ()
    if NoneType in parts:
        rest = [one for one in parts if one is not NoneType]
        return (unwrapped(rest[0])[0] if len(rest) == 1 else kind), True
    return kind, False


def _struct(node: Node, struct: type[Struct], path: str, *, is_partial: bool) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    if not isinstance(node, MappingNode):
        yield Problem(line_of(node), path, f"must be keys with values: {', '.join(fields)}")
        return
    present = set()
    for key, value in node.value:
        here = _join(path, str(key.value))
        if key.value not in fields:
            yield Problem(line_of(key), here, f"unknown key{near(str(key.value), fields)}")
            continue
        present.add(key.value)
        yield from problems(value, fields[key.value].type, here, is_partial=is_partial)
    if not is_partial:
        for name, field in fields.items():
            if field.required and name not in present:
                yield Problem(line_of(node), path, f"{name} is missing")


def _items(node: Node, kind: Any, path: str) -> Iterator[Problem]:
    if not isinstance(node, SequenceNode):
        yield Problem(line_of(node), path, "must be a list: one line each, which begins with a dash")
        return
    for index, one in enumerate(node.value):
        yield from problems(one, kind, f"{path}[{index}]")


def _pairs(node: Node, kinds: tuple[Any, ...], path: str) -> Iterator[Problem]:
    key_kind, kind = kinds
    if not isinstance(node, MappingNode):
        yield Problem(line_of(node), path, "must be names with values")
        return
    for key, value in node.value:
        here = _join(path, str(key.value))
        try:
            msgspec.convert(str(key.value), key_kind)
        except msgspec.ValidationError:
            yield Problem(line_of(key), here, f"{key.value!r} cannot be a name here")
        yield from problems(value, kind, here)


def _leaf(node: ScalarNode, kind: Any, path: str) -> Iterator[Problem]:
    value = scalar(node)
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield Problem(line_of(node), path, _said(value, kind, str(error)))


def _said(value: Any, kind: Any, reason: str) -> str:
    """msgspec's reason in the words of the file's writer."""
    choices = _choices(kind)
    if choices:
        return f"{value!r} is not known{near(str(value), choices)}"
    if "matching regex" in reason:
        return f"{value!r} is not {_example(kind)}"
    for sign, words in (("<=", "at most"), (">=", "at least")):
        if sign in reason:
            return f"must be {words} {reason.partition(sign)[2].strip(' `')}, not {value!r}"
    if "length" in reason:
        return "must not be empty"
    return f"must be {_expected(kind)}, not {value!r}"


def _choices(kind: Any) -> tuple[str, ...]:
    inner, _ = unwrapped(kind)
    return tuple(str(one) for one in get_args(inner)) if get_origin(inner) is Literal else ()


def _example(kind: Any) -> str:
    """What the pattern's own description says, which is the innermost."""
    for one in _metas(kind):
        if one.pattern and one.description:
            text = one.description.rstrip(".")
            return text[0].lower() + text[1:]
    return "in the right form"


def _metas(kind: Any) -> Iterator[Meta]:
    """The notes on a type, those of its parts first."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _metas(args[0])
        yield from (one for one in args[1:] if isinstance(one, Meta))
    elif origin is not Literal:
        for one in args:
            yield from _metas(one)


def _expected(kind: Any) -> str:
    inner, _ = unwrapped(kind)
    parts = [unwrapped(one)[0] for one in get_args(inner)] or [inner]
    words = [_WORDS.get(getattr(one, "__name__", ""), "") for one in parts if one is not NoneType]
    return " or ".join(word for word in dict.fromkeys(words) if word) or "something else"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
