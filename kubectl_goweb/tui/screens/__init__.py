"""The screens, and which one shows what: a new screen is one file, and a line here."""

from __future__ import annotations

from kubectl_goweb.tui.log_targets import KINDS
from kubectl_goweb.tui.screens.logs import LogScreen
from kubectl_goweb.tui.screens.nodes import NodesScreen
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.pod import PodScreen
from kubectl_goweb.tui.screens.pods import PodsScreen
from kubectl_goweb.tui.screens.workload import WorkloadScreen
from kubectl_goweb.tui.viewing import Stage, ViewScreen


def named(name: str, stage: Stage) -> ViewScreen | None:
    """The screen that a key leads to; None for the overview, on which all others lie."""
    match name:
        case "pods":
            return PodsScreen(stage)
        case "nodes":
            return NodesScreen(stage)
        case _:
            return None


def opened(key: str, stage: Stage) -> ViewScreen | None:
    """The screen about the object of a row's key, `Kind/namespace/name`; None when there is none."""
    kind, _, rest = key.partition("#")[0].partition("/")
    namespace, _, name = rest.partition("/")
    match kind:
        case "Deployment" | "StatefulSet" | "DaemonSet":
            return WorkloadScreen(stage, f"{kind}/{namespace}/{name}")
        case "Pod":
            return PodScreen(stage, namespace, name)
        case "Container":
            return LogScreen(stage, f"{kind}/{namespace}/{name}")
        case "Node":
            return PodsScreen(stage, node=name)
        case _:
            return None


def logs(key: str, stage: Stage) -> ViewScreen | None:
    """The screen with the logs of a row's object; None when it has none."""
    key = key.partition("#")[0]
    return LogScreen(stage, key) if key.partition("/")[0] in KINDS else None


__all__ = ["OverviewScreen", "logs", "named", "opened"]
