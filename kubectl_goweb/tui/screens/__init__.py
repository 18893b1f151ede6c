"""The screens, and which one shows what: a new screen is one file, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module

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


def _later(module: str, name: str, stage: Stage, *key: str) -> ViewScreen:
    """A screen whose module is only loaded when it is opened, as most sessions never do."""
    made: ViewScreen = getattr(import_module(f"{__name__}.{module}"), name)(stage, *key)
    return made


_NAMED: Mapping[str, Callable[[Stage], ViewScreen]] = {
    "pods": PodsScreen,
    "nodes": NodesScreen,
    "control-plane": ControlPlaneScreen,
    "problems": ProblemsScreen,
    "events": EventsScreen,
    "probes": partial(_later, "probes", "ProbesScreen"),
    "journal": partial(_later, "journal", "JournalScreen"),
    "jobs": partial(_later, "job", "JobScreen"),
}
"""By name."""
_OF_KIND: Mapping[str, Callable[[Stage, str], ViewScreen]] = {
    Kind.DEPLOYMENT: WorkloadScreen,
    Kind.STATEFUL_SET: WorkloadScreen,
    Kind.DAEMON_SET: WorkloadScreen,
    Kind.POD: PodScreen,
    "Container": LogScreen,
    Kind.NODE: partial(_later, "node", "NodeScreen"),
    Kind.SERVICE: partial(_later, "path", "PathScreen"),
    Kind.INGRESS: partial(_later, "path", "PathScreen"),
}
"""About an object, by its kind; those of other kinds are described."""
_ABOUT: Mapping[str, Callable[[Stage, str], ViewScreen]] = {
    "logs": LogScreen,
    "yaml": DocumentScreen,
    "describe": partial(DocumentScreen, describes=True),
    "probes": partial(_later, "probes", "ProbesScreen"),
    "path": partial(_later, "path", "PathScreen"),
    "changes": partial(_later, "changes", "ChangesScreen"),
    "guard": partial(_later, "guard", "GuardScreen"),
}
"""About an object, by what is told of it."""


def make(place: str, stage: Stage) -> ViewScreen | None:
    """The screen of a place: a name (`pods`), a row's key (`Kind/namespace/name`, for the screen about its object), or
    both (`logs Pod/shop/web-1`). None where there is none; the overview, on which all others lie, has no name.
    """
    screen = _made(place, stage)
    if screen is not None:
        screen.place = place
    return screen


def _made(place: str, stage: Stage) -> ViewScreen | None:
    name, _, about = place.partition(" ")
    if name in _NAMED and not about:
        return _NAMED[name](stage)
    key = (about or name).partition("#")[0]
    kind, _, rest = key.partition("/")
    if "/" not in rest or (kind not in _OF_KIND and kind not in Kind.__members__.values()):
        return None
    make_it = _ABOUT.get(name) if about else _OF_KIND.get(kind, _ABOUT["describe"])
    return make_it(stage, key) if make_it is not None else None


__all__ = ["OverviewScreen", "make"]
