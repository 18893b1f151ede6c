"""The screens, and which one shows what: a new screen is one file, and a line here."""

from __future__ import annotations

from kubectl_goweb.objects import Kind
from kubectl_goweb.tui.screens.control_plane import ControlPlaneScreen
from kubectl_goweb.tui.screens.document import DocumentScreen
from kubectl_goweb.tui.screens.events import EventsScreen
from kubectl_goweb.tui.screens.logs import LogScreen
from kubectl_goweb.tui.screens.nodes import NodesScreen
from kubectl_goweb.tui.screens.overview import OverviewScreen
from kubectl_goweb.tui.screens.pod import PodScreen
from kubectl_goweb.tui.screens.pods import PodsScreen
from kubectl_goweb.tui.screens.problems import ProblemsScreen
from kubectl_goweb.tui.screens.workload import WorkloadScreen
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen


def make(place: str, stage: Stage) -> ViewScreen | None:
    """The screen of a place: a name (`pods`), a row's key (`Kind/namespace/name`, for the screen about its object), or
    both (`logs Pod/shop/web-1`). None where there is none; the overview, on which all others lie, has no name.
    """
    name, _, about = place.partition(" ")
    screen = _about(name, about.partition("#")[0], stage) if about else _named(name.partition("#")[0], stage)
    if screen is not None:
        screen.place = place
    return screen


def _named(name: str, stage: Stage) -> ViewScreen | None:
    match name:
        case "pods":
            return PodsScreen(stage)
        case "nodes":
            return NodesScreen(stage)
        case "control-plane":
            return ControlPlaneScreen(stage)
        case "problems":
            return ProblemsScreen(stage)
        case "events":
            return EventsScreen(stage)
        case "probes":
            return _probes(stage, "")
        case "journal":
            from kubectl_goweb.tui.screens.journal import JournalScreen  # nor is the journal

            return JournalScreen(stage)
        case "jobs":
            from kubectl_goweb.tui.screens.job import JobScreen  # most sessions have no job

            return JobScreen(stage)
    kind, _, rest = name.partition("/")
    namespace, _, called = rest.partition("/")
    match kind:
        case "Deployment" | "StatefulSet" | "DaemonSet":
            return WorkloadScreen(stage, name)
        case "Pod":
            return PodScreen(stage, namespace, called)
        case "Container":
            return LogScreen(stage, name)
        case "Node":
            from kubectl_goweb.tui.screens.node import NodeScreen  # exact sums are not needed by the first screen

            return NodeScreen(stage, called)
        case "Service" | "Ingress":
            return _path(stage, name)
        case _ if kind in Kind.__members__.values():
            return DocumentScreen(stage, name, describes=True)
        case _:
            return None


def _about(name: str, key: str, stage: Stage) -> ViewScreen | None:
    match name:
        case "logs":
            return LogScreen(stage, key)
        case "probes":
            return _probes(stage, key)
        case "guard":
            from kubectl_goweb.tui.screens.guard import GuardScreen  # guards are not needed by the first screen

            return GuardScreen(stage, key)
        case "path":
            return _path(stage, key)
        case "changes":
            from kubectl_goweb.tui.screens.changes import ChangesScreen  # likewise

            return ChangesScreen(stage, key)
        case "yaml" if key.partition("/")[0] in Kind.__members__.values():
            return DocumentScreen(stage, key)
        case "describe" if key.partition("/")[0] in Kind.__members__.values():
            return DocumentScreen(stage, key, describes=True)
        case _:
            return None


def _path(stage: Stage, key: str) -> ViewScreen:
    from kubectl_goweb.tui.screens.path import PathScreen  # asks, and is asked for, now and then

    return PathScreen(stage, key)


def _probes(stage: Stage, key: str) -> ViewScreen:
    from kubectl_goweb.tui.screens.probes import ProbesScreen  # probes are not needed by the first screen

    return ProbesScreen(stage, key)


__all__ = ["OverviewScreen", "make"]
