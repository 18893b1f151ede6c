"""What could be asked for to know more about a suspect: values only. Which are worth it is said in `status`, and they
are asked for in `kube`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.kinds import Kind


class Ask(StrEnum):
    LOG = "log"
    """The last lines of a container, of its previous run where that is meant."""
    EVENTS = "events"
    """All events about one object; lists only have the warnings."""
    FULL = "full"
    """A Pod or a workload with its whole template."""
    THERE = "there"
    """Whether an object is there, and its metadata; no value of a Secret leaves the server."""
    WHOLE = "whole"
    """An object as its Struct reads it; of a ConfigMap or Secret the names of the keys."""
    WRITERS = "writers"
    """Who wrote which fields of an object, and when; no value leaves the server."""
    REWRITTEN = "rewritten"
    """Which values of a ConfigMap its last writes changed; they are compared and forgotten."""
    TEMPLATE = "template"
    """The Pod template of a ReplicaSet or ControllerRevision with every field."""
    CERTIFICATE = "certificate"
    """The certificate of a TLS Secret: whose it is and until when it holds."""
    CPU = "cpu"
    """How much of the processor a container has used; of its node, named as `uid`."""
    THROTTLING = "throttling"
    """How often a container was held back at its limit; of its node, named as `uid`. A megabyte and more."""
    LIST = "list"
    """All objects of a kind, in a namespace or in all of them."""
    LISTENS = "listens"
    """Whether anything listens at a port of a Pod: one GET of `/`, passed on by the API server."""
    ROOM = "room"
    """All nodes and Pods in full, to see where there is room."""

    PLANE = "plane"
    """The control plane: the API server's own checks, leases, webhooks."""


class Want(Struct, frozen=True, gc=False):
    ask: Ask
    kind: Kind
    key: str
    """`namespace/name`; the namespace alone for a list, empty for all."""
    container: str = ""
    previous: bool = False
    uid: str = ""
    port: int = 0

    @property
    def namespace(self) -> str:
        if self.ask is Ask.LIST:
            return self.key
        return self.key.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]

    @property
    def subject(self) -> str:
        """How facts name it, and what is said when it could not be read."""
        match self.ask:
            case Ask.CPU:
                return named("cpu", f"{self.key}/{self.container}")
            case Ask.THROTTLING:
                return named("throttling", f"{self.key}/{self.container}")
            case Ask.REWRITTEN:
                return named("rewritten", self.key)
            case Ask.LOG:
                return named("log", f"{self.key}/{self.container}")
            case Ask.EVENTS:
                return named("events", self.key)
            case Ask.LISTENS:
                return named("port", f"{self.key}:{self.port}")
            case Ask.LIST:
                return self.kind.resource.group_plural
            case Ask.ROOM:
                return "the room on the nodes"
            case Ask.PLANE:
                return "the control plane"
            case _:
                return named(self.kind, self.key)


CONTROL_PLANE = Want(Ask.PLANE, Kind.LEASE, "")
"""What asks for the control plane."""

AROUND = (
    Kind.INGRESS,
    Kind.JOB,
    Kind.PERSISTENT_VOLUME_CLAIM,
    Kind.HORIZONTAL_POD_AUTOSCALER,
    Kind.POD_DISRUPTION_BUDGET,
    Kind.NETWORK_POLICY,
)
"""What can be wrong around the workloads of a namespace."""
CLUSTER_WIDE = (Kind.INGRESS_CLASS, Kind.STORAGE_CLASS)
"""What those name."""


def around(namespace: str) -> tuple[Want, ...]:
    """What asks for all of it, in a namespace or, when empty, in all of them."""
    lists = (*((kind, namespace) for kind in AROUND), *((kind, "") for kind in CLUSTER_WIDE))
    return tuple(Want(Ask.LIST, kind, where) for kind, where in lists)
