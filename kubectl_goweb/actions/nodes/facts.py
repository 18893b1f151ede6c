"""What a Plan about a node is made from. Values only; `reading` asks for them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kubectl_goweb.actions.pointers import MISSING, Json, at, pointer
from kubectl_goweb.objects import Kind, Node, condition
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.simulation import Simulation
from kubectl_goweb.status.isolation import ANNOTATION, Isolation, isolation
from kubectl_goweb.status.verdicts import Ref

UNSCHEDULABLE = "/spec/unschedulable"
TAINTS = "/spec/taints"
ANNOTATIONS = "/metadata/annotations"
MARK = ANNOTATIONS + pointer(ANNOTATION)
_ROLE = "node-role.kubernetes.io/"


class NodeFacts(Struct, frozen=True, kw_only=True):
    """Everything known in the moment of planning."""

    context: str
    object: Json
    """The node as the server sent it."""
    nodes: tuple[Node, ...] | None
    """All of them; None when they could not be listed."""
    pods: tuple[FullPod, ...] | None = None
    """Those on the node; None when they were not asked for or could not be read."""
    user: str
    """Who asks, as the API server names them."""
    denied: str = ""
    """Why the server would refuse the write for want of a permission; empty when it would not, or cannot be asked."""
    simulation: Simulation | None = None
    """What draining would do; None when it was not asked for."""

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def target(self) -> Ref:
        return Ref("Node", self.name)

    @property
    def path(self) -> str:
        return Kind.NODE.resource.path(name=self.name)

    @property
    def uid(self) -> str:
        return str(self.object["metadata"]["uid"])

    @property
    def is_cordoned(self) -> bool:
        return bool(self.at(UNSCHEDULABLE))

    @property
    def taints(self) -> list[Json]:
        return self.at(TAINTS) or []

    @property
    def isolation(self) -> Isolation | None:
        return isolation(self.at(MARK) or "")

    @property
    def others_like_it(self) -> tuple[str, ...] | None:
        """Other nodes of the same roles that take Pods; None when the nodes could not be listed."""
        if self.nodes is None:
            return None
        mine = _roles(self.object["metadata"].get("labels") or {})
        return tuple(
            one.name
            for one in self.nodes
            if one.name != self.name and _roles(one.metadata.labels) == mine and takes_pods(one)
        )

    @property
    def role(self) -> str:
        """Its roles in words, `worker` where it has none."""
        return " and ".join(sorted(_roles(self.object["metadata"].get("labels") or {}))) or "worker"

    def at(self, path: str) -> Any:
        """What stands there; None for nothing."""
        found = at(self.object, path)
        return None if found is MISSING else found

    def unchanged(self, *paths: str) -> list[Json]:
        """Patch operations by which the server checks that it is the same node, and that these fields are still as they
        were seen; a field that was not there is tested against null, which holds for what is not there.
        """
        return [
            {"op": "test", "path": "/metadata/uid", "value": self.uid},
            *({"op": "test", "path": path, "value": self.at(path)} for path in paths),
        ]


def takes_pods(node: Node) -> bool:
    """Ready, and not cordoned."""
    ready = condition(node.status.conditions, "Ready")
    return ready is not None and ready.status == "True" and not node.spec.unschedulable


def _roles(labels: dict[str, str]) -> frozenset[str]:
    return frozenset(label.removeprefix(_ROLE) for label in labels if label.startswith(_ROLE))
