"""What can be shown of the object that a key press acts on: of the selected row's, else of the screen's."""

from __future__ import annotations

from collections.abc import Container, Sequence

from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.log_targets import KINDS as LOGGED
from kubectl_goweb.tui.stage import Stage

_REACHED = ("Deployment", "StatefulSet", "DaemonSet", "Pod", "Service", "Ingress")
"""Kinds that a request can be followed to."""
_STORED = frozenset(Kind)


def whole(key: str) -> str:
    """The key of the API object that a row's key is about: a container's is its Pod's."""
    key = key.partition("#")[0]
    kind, _, rest = key.partition("/")
    return f"Pod/{rest.rpartition('/')[0]}" if kind == "Container" else key


def leading_to(what: str, subjects: Sequence[str], stage: Stage) -> str:
    """The key of the first of these objects that has `logs`, `probes`, a `path`, `changes`, `yaml` or `describe`; empty
    when none has.
    """
    objects = [whole(key) for key in subjects if key]
    match what:
        case "logs":
            return _of_kind([key.partition("#")[0] for key in subjects], LOGGED)
        case "probes":
            key = leading_to("logs", subjects, stage)
            return "" if key.startswith("ReplicaSet/") else whole(key)
        case "path":
            return _of_kind(objects, _REACHED)
        case "changes":  # of a workload, or of the one that a Pod is of
            return next((found for key in objects if (found := stage.workload_of(key))), "")
        case "yaml" | "describe":
            return _of_kind(objects, _STORED)
        case _:
            raise ValueError(what)


def _of_kind(keys: Sequence[str], kinds: Container[str]) -> str:
    return next((key for key in keys if key.partition("/")[0] in kinds), "")
