"""What somebody wants done, as data: said by a key, a verb of the command line, or the journal that leads back.

A request knows nothing of the cluster. A new verb adds a Struct here, to the union at the end, and a planner to
`planning`; the journal then reads and writes it by itself, told apart by its tag.
"""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.isolation import Effect
from kubectl_goweb.status.verdicts import Ref


class _Request(Struct, frozen=True, tag_field="verb", rename="camel"):
    target: Ref


class Scale(_Request, frozen=True, tag="scale"):
    """Have so many Pods."""

    replicas: int
    current: int | None = None
    """Only when it has so many now."""


class Pause(_Request, frozen=True, tag="pause"):
    """Hold the rollout of a Deployment."""


class Resume(_Request, frozen=True, tag="resume"):
    """Let it go on."""


class Restart(_Request, frozen=True, tag="restart"):
    """Replace every Pod by one of the same template."""


class SetImage(_Request, frozen=True, tag="set-image"):
    """Other images for containers of the Pod template."""

    images: dict[str, str]
    """Image by container; `*` stands for the only one there is."""
    cause: str = ""
    """For the rollout history (kubernetes.io/change-cause); empty means the command itself."""


class Undo(_Request, frozen=True, tag="undo"):
    """Go back to a recorded Pod template."""

    revision: int = 0
    """Its number; 0 means the last one that was fully available, else the one before."""
    recorded: str = ""
    """Or the name of its ReplicaSet or ControllerRevision, which does not move as numbers do."""
    resumes: bool = False
    """Of a paused Deployment too, which goes on in the same write."""


class Abort(_Request, frozen=True, tag="abort"):
    """End a rollout under way, or one that is paused on its way: back to the last revision that was fully available."""


class Isolate(_Request, frozen=True, tag="isolate"):
    """Take a node out of service: no new Pods."""

    reason: str = ""
    taint: Effect = ""
    """The effect of a taint to add; with NoExecute its Pods end at once."""
    force: bool = False
    """Even if it is the last of its role that takes Pods."""


class Rejoin(_Request, frozen=True, tag="rejoin"):
    """Take it back, by exactly what isolating changed."""


class Drain(_Request, frozen=True, tag="drain"):
    """Evict the Pods of a node, after taking it out of service."""

    flags: Flags = Flags()
    pod_selector: str = ""
    """Only Pods with these labels."""
    grace_period: int = -1
    """Seconds for Pods to end by themselves; less than 0: their own."""
    reason: str = ""


WorkloadRequest = Scale | Pause | Resume | Restart | SetImage | Undo | Abort
NodeRequest = Isolate | Rejoin | Drain
Request = WorkloadRequest | NodeRequest
