"""YAML text as a tree whose nodes know their line, and one environment's changes laid over it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kubectl_goweb.delivery.service.problems import Problem, ServiceFileError

_NULL = "tag:yaml.org,2002:null"
_STR = "tag:yaml.org,2002:str"


class _Loader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does (https://yaml.org/spec/1.2.2/#103-core-schema): `no` is a text, `012` is one,
    `1:30` is no number of seconds, and a day is no date.
    """

    yaml_implicit_resolvers = {}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"0|-?[1-9][0-9]*", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", "-0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


def line_of(node: Node) -> int:
    """From 1."""
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL


def compose(text: str, source: str) -> MappingNode:
    """The file's tree. ServiceFileError when it is no YAML, no mapping, or has a key twice."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise ServiceFileError(source, [Problem(line, "", f"no YAML: {_reason(error)}")]) from error
    except yaml.YAMLError as error:
        raise ServiceFileError(source, [Problem(1, "", f"no YAML: {error}".replace("\n", " "))]) from error
    finally:
        loader.dispose()
    if root is None:
        raise ServiceFileError(source, [Problem(1, "", "is empty; kubectl goweb init writes one")])
    if not isinstance(root, MappingNode):
        raise ServiceFileError(source, [Problem(line_of(root), "", "must be keys with values, such as name: shop")])
    twice = list(_doubles(root, ""))
    if twice:
        raise ServiceFileError(source, twice)
    return root


def _reason(error: yaml.MarkedYAMLError) -> str:
    if "'\\t'" in (error.problem or ""):
        return "a tab cannot indent; use spaces"
    return (error.problem or "cannot be read").replace("\n", " ")


def _doubles(node: Node, path: str) -> Iterator[Problem]:
    if isinstance(node, SequenceNode):
        for index, one in enumerate(node.value):
            yield from _doubles(one, f"{path}[{index}]")
    if not isinstance(node, MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        name = str(key.value)
        here = f"{path}.{name}" if path else name
        if not isinstance(key, ScalarNode):
            yield Problem(line_of(key), path, "a key must be a word")
        elif name in seen:
            yield Problem(line_of(key), here, f"stands twice, first in line {seen[name]}")
        seen.setdefault(name, line_of(key))
        yield from _doubles(value, here)


def child(node: MappingNode, name: str) -> Node | None:
    """The value of a key."""
    return next((value for key, value in node.value if key.value == name), None)


def without(node: MappingNode, name: str) -> MappingNode:
    return _mapping(node, [(key, value) for key, value in node.value if key.value != name])


def overlaid(base: MappingNode, over: MappingNode) -> MappingNode:
    """`base` with what `over` names: mappings are merged, everything else is replaced, nothing (null) takes a key out.
    Each node keeps its own line, so that a mistake is told where it stands.
    """
    changes = {key.value: (key, value) for key, value in over.value}
    pairs = []
    for key, value in base.value:
        change = changes.pop(key.value, None)
        if change is None:
            pairs.append((key, value))
        elif isinstance(value, MappingNode) and isinstance(change[1], MappingNode):
            pairs.append((change[0], overlaid(value, change[1])))
        elif not is_null(change[1]):
            pairs.append(change)
    pairs.extend(pair for pair in changes.values() if not is_null(pair[1]))
    return _mapping(base, pairs)


def _mapping(like: MappingNode, pairs: list[tuple[Any, Any]]) -> MappingNode:
    return MappingNode(like.tag, pairs, like.start_mark, like.end_mark)


def scalar(node: Node) -> Any:
    """The value of a leaf."""
    loader = _Loader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError:
        return node.value if isinstance(node, ScalarNode) else None
    finally:
        loader.dispose()
