"""Every verb that changes the cluster, declared once: the command line's verbs and the cockpit's keys are made from it.

Whether one can be offered now is `allowed`, a pure answer from what is on the screen, so that a key that cannot work is
grey and says why before it is pressed. What it would do exactly is only known once it is prepared (`prepare`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from kubectl_goweb.actions.entries import Entry
from kubectl_goweb.actions.plan import Danger
from kubectl_goweb.actions.reverting import why_kept
from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.verdicts import Phase, Ref
from kubectl_goweb.status.workloads import Workload

Subject = Workload | NodeHealth | Entry
"""What is selected on the screen."""

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_PLURALS = {
    "Deployment": "deployments.apps",
    "StatefulSet": "statefulsets.apps",
    "DaemonSet": "daemonsets.apps",
    "Node": "nodes",
}


class Rights(Struct, frozen=True):
    """What stands between the user and any verb."""

    read_only: str = ""
    """Why nothing may be written (the flag, the setting, the context); empty when it may."""
    stale: str = ""
    """Why what is on the screen may be old; empty when it is live."""
    denied: frozenset[str] = frozenset()
    """Permissions the server said no to, as `Verb.needs` writes them."""


class Verb(Struct, frozen=True):
    """Something that can be done."""

    id: str
    """Stable: the command line's verb, the Plan's, the journal's, and the last part of the key binding's id."""
    key: str
    """The cockpit's; two verbs may share one when never both are allowed. Empty: no key."""
    title: str
    """For the footer and the dialog: `Scale`."""
    says: str
    """One line of help."""
    danger: Danger
    kinds: tuple[str, ...]
    asks: Literal["", "replicas", "image", "revision", "reason", "flags", "policy"] = ""
    """What has to be known besides the target. All but `replicas` and `image` may be left open."""
    starts_rollout: bool = False
    """What it starts may be guarded (`--guard`, and the dialog's choice)."""
    is_write: bool = True
    """It cannot be done at all without the permission to write."""
    subresource: str = ""
    """What is written to, when it is not the object itself."""
    rule: Callable[[Subject], str] = lambda _: ""
    """Why it cannot be done to this one; empty when it can."""

    def needs(self, kind: str) -> str:
        """The permission, as `patch deployments.apps/scale`; empty where what is taken back decides it."""
        return (
            "" if kind == "Entry" else f"patch {_PLURALS[kind]}" + (f"/{self.subresource}" if self.subresource else "")
        )

    def allowed(self, subject: Subject, rights: Rights) -> str:
        """Why it cannot be offered for what is selected; empty when it can."""
        kind = ref_of(subject).kind
        if kind not in self.kinds:
            return f"{self.id} is for {' and '.join(self.kinds)}s"
        if rights.stale:
            return rights.stale
        return (self.is_write and self.forbidden(kind, rights)) or self.rule(subject)

    def forbidden(self, kind: str, rights: Rights) -> str:
        """Why nothing may be written to an object of that kind; empty when it may."""
        if rights.read_only:
            return rights.read_only
        return f"you may not {self.needs(kind)}" if self.needs(kind) in rights.denied else ""


def ref_of(subject: Subject) -> Ref:
    """The name of what is selected."""
    match subject:
        case Workload():
            return subject.ref
        case NodeHealth():
            return Ref("Node", subject.name)
        case Entry():
            return Ref("Entry", str(subject.id))


def _not_paused(subject: Subject) -> str:
    is_paused = isinstance(subject, Workload) and subject.paused
    return "it is paused: resume it first" if is_paused else ""


def _can_pause(subject: Subject) -> str:
    return "it is already paused" if isinstance(subject, Workload) and subject.paused else ""


def _can_resume(subject: Subject) -> str:
    return "" if isinstance(subject, Workload) and subject.paused else "it is not paused"


def _is_under_way(subject: Subject) -> bool:
    return isinstance(subject, Workload) and subject.rollout.phase in (Phase.UPDATING, Phase.FAILED, Phase.STUCK)


def _has_history(subject: Subject) -> str:
    has = isinstance(subject, Workload) and any(not one.is_current for one in subject.revisions)
    return "" if has else "there is no revision to go back to"


def _is_held(subject: Subject) -> bool:
    """Paused with a rollout that has not ended."""
    return isinstance(subject, Workload) and subject.rollout.phase is Phase.PAUSED


def _can_undo(subject: Subject) -> str:
    if ref_of(subject).kind == "Deployment" and (_is_under_way(subject) or _is_held(subject)):
        return "a rollout is under way: abort it"
    return _not_paused(subject) or _has_history(subject)


def _can_abort(subject: Subject) -> str:
    is_there = _is_under_way(subject) or _is_held(subject)
    return ("" if is_there else "no rollout is under way") or _has_history(subject)


def _can_isolate(subject: Subject) -> str:
    return "it is isolated already" if isinstance(subject, NodeHealth) and subject.isolated else ""


def _can_rejoin(subject: Subject) -> str:
    return "" if isinstance(subject, NodeHealth) and subject.isolated else "it is not isolated"


def _can_guard(subject: Subject) -> str:
    return _not_paused(subject) or ("" if _is_under_way(subject) else "no rollout is under way")


def _can_revert(subject: Subject) -> str:
    return why_kept(subject) if isinstance(subject, Entry) else ""


VERBS = (
    Verb(
        "scale",
        "s",
        "Scale",
        "have another number of Pods",
        Danger.LIGHT,
        ("Deployment", "StatefulSet"),
        asks="replicas",
        subresource="scale",
        starts_rollout=True,
    ),
    Verb("pause", "p", "Pause", "hold the rollout", Danger.LIGHT, ("Deployment",), rule=_can_pause),
    Verb(
        "resume",
        "p",
        "Resume",
        "let the rollout go on",
        Danger.ROLLING,
        ("Deployment",),
        rule=_can_resume,
        starts_rollout=True,
    ),
    Verb(
        "restart",
        "r",
        "Restart",
        "replace every Pod, template unchanged",
        Danger.ROLLING,
        _WORKLOADS,
        rule=_not_paused,
        starts_rollout=True,
    ),
    Verb(
        "undo",
        "u",
        "Undo",
        "go back to an earlier revision",
        Danger.ROLLING,
        _WORKLOADS,
        asks="revision",
        rule=_can_undo,
        starts_rollout=True,
    ),
    Verb(
        "abort",
        "u",
        "Abort",
        "end the rollout: back to the last revision that was fully available",
        Danger.ROLLING,
        ("Deployment",),
        rule=_can_abort,
        starts_rollout=True,
    ),
    Verb(
        "guard",
        "w",
        "Guard",
        "follow a rollout, and take it back when it has certainly failed",
        Danger.ROLLING,
        _WORKLOADS,
        asks="policy",
        is_write=False,
        rule=_can_guard,
    ),
    Verb(
        "isolate",
        "i",
        "Isolate",
        "take a node out of service, with a reason",
        Danger.LIGHT,
        ("Node",),
        asks="reason",
        rule=_can_isolate,
    ),
    Verb("rejoin", "i", "Rejoin", "take a node back into service", Danger.LIGHT, ("Node",), rule=_can_rejoin),
    Verb(
        "set-image",
        "i",
        "Set image",
        "roll out another image",
        Danger.ROLLING,
        _WORKLOADS,
        asks="image",
        starts_rollout=True,
    ),
    Verb(
        "drain",
        "D",
        "Drain",
        "move every Pod off a node, simulated first",
        Danger.HEAVY,
        ("Node",),
        asks="flags",
    ),
    Verb("revert", "u", "Revert", "take an entry of the journal back", Danger.ROLLING, ("Entry",), rule=_can_revert),
)


def verb(id: str) -> Verb:
    """The verb of that id; KeyError when there is none."""
    return {one.id: one for one in VERBS}[id]


def offered(key: str, subject: Subject, rights: Rights) -> tuple[Verb | None, str]:
    """What a key does to what is selected: the verb, or the reason why none of its verbs can be done."""
    mine = [one for one in VERBS if one.key == key]
    fitting = [one for one in mine if ref_of(subject).kind in one.kinds]
    for one in fitting:
        if not one.allowed(subject, rights):
            return one, ""
    reasons: Mapping[str, None] = dict.fromkeys(one.allowed(subject, rights) for one in fitting or mine)
    return None, "; ".join(reasons)
