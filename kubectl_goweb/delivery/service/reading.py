"""Text to a ServiceFile: the base, one environment laid over it, and every check."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kubectl_goweb.delivery.service import tree
from kubectl_goweb.delivery.service.checking import problems
from kubectl_goweb.delivery.service.model import ServiceFile
from kubectl_goweb.delivery.service.problems import Problem, ServiceFileError, near
from kubectl_goweb.delivery.service.rules import broken_rules
from kubectl_goweb.errors import UsageError

ENVIRONMENTS = "environments"


class Reading(Struct, frozen=True):
    """A file that was read."""

    file: ServiceFile
    environment: str
    environments: tuple[str, ...]
    """Those that the file has."""


def read(text: str, *, source: str = "goweb.yaml", environment: str = "") -> Reading:
    """The file with one environment's changes. ServiceFileError with every problem, those of the other environments
    too; UsageError when there is no such environment.
    """
    root = tree.compose(text, source)
    overlays = _overlays(root, source)
    if environment and environment not in overlays:
        if not overlays:
            raise UsageError(f"{source} has no environments", hint="leave out --env, or add environments: to the file")
        raise UsageError(f"{source} has no environment {environment!r}{near(environment, overlays)}")
    base = tree.without(root, ENVIRONMENTS)
    found = list(problems(base, ServiceFile))
    for name, overlay in overlays.items():
        found.extend(problems(overlay, ServiceFile, f"{ENVIRONMENTS}.{name}", is_partial=True))
    if found:
        raise ServiceFileError(source, found)
    files = {name: _made(tree.overlaid(base, overlay), source, overlays) for name, overlay in overlays.items()}
    files[""] = _made(base, source, overlays)
    return Reading(files[environment], environment, tuple(overlays))


def _overlays(root: MappingNode, source: str) -> dict[str, MappingNode]:
    node = tree.child(root, ENVIRONMENTS)
    if node is None or tree.is_null(node):
        return {}
    if not isinstance(node, MappingNode):
        raise ServiceFileError(source, [Problem(tree.line_of(node), ENVIRONMENTS, "must be names with their changes")])
    found = {}
    for key, value in node.value:
        if not isinstance(value, MappingNode):
            says = "must be the keys that differ there"
            raise ServiceFileError(source, [Problem(tree.line_of(value), f"{ENVIRONMENTS}.{key.value}", says)])
        found[str(key.value)] = value
    return found


def _made(node: MappingNode, source: str, environments: dict[str, MappingNode]) -> ServiceFile:
    # What an environment adds is complete only now: an ingress without a host may get its host there.
    found = list(problems(node, ServiceFile))
    if not found:
        file = msgspec.convert(_plain(node), ServiceFile)
        lines = dict(_lines(node, ""))
        found = [
            Problem(_line(lines, key), key, says) for key, says in broken_rules(file, environments=tuple(environments))
        ]
        if not found:
            return file
    raise ServiceFileError(source, found)


def _line(lines: dict[str, int], key: str) -> int:
    """The line of a key, or of what holds it when it has its default."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key, 1)


def _lines(node: Node, path: str) -> list[tuple[str, int]]:
    found = [(path, tree.line_of(node))]
    if isinstance(node, MappingNode):
        for key, value in node.value:
            here = f"{path}.{key.value}" if path else str(key.value)
            found += [(here, tree.line_of(key)), *_lines(value, here)[1:]]
    elif isinstance(node, SequenceNode):
        for index, one in enumerate(node.value):
            found += _lines(one, f"{path}[{index}]")
    return found


def _plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(one) for one in node.value]
    return tree.scalar(node) if isinstance(node, ScalarNode) else None
