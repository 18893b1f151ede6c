"""What a Plan is made from: one workload as the server sent it, its recorded templates, and what stands around it.

Values only; `prepare` asks for them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded, same_template
from kubectl_goweb.objects import Kind, RollingUpdate, Snapshot
from kubectl_goweb.objects.apps import Strategy
from kubectl_goweb.objects.rare import decode_full_workload
from kubectl_goweb.objects.template import FullTemplate
from kubectl_goweb.status.placement import Cluster
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.status.workloads import fence_posts

_ALIASES = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


class ConfigState(StrEnum):
    THERE = "there"
    GONE = "gone"
    UNSEEN = "unseen"
    """Forbidden, or not readable."""


class Config(Struct, frozen=True):
    """A ConfigMap or Secret that the wanted template names, as it stands."""

    kind: Kind
    name: str
    where: str
    """Where the template names it: `env LEVEL`, `volume config`."""
    state: ConfigState
    is_optional: bool
    """Pods start without it too."""
    written: datetime | None = None
    """Its last change."""
    writer: str = ""
    missing_keys: tuple[str, ...] = ()
    why: str = ""
    """Of what was not seen."""


class Room(Struct, frozen=True):
    """The nodes and what is on them."""

    cluster: Cluster | None
    """None when it is not known."""
    why: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """Everything known in the moment of planning."""

    context: str
    object: Json
    """The workload."""
    recorded: tuple[Recorded, ...] | None = None
    """Its ReplicaSets or ControllerRevisions, newest first; None when they were not read."""
    around: Snapshot = Snapshot()
    """Pods, autoscalers, budgets, quotas, nodes: what was asked for has a feed."""
    config: tuple[Config, ...] = ()
    """What the template names that Pods are to be made from."""
    room: Room | None = None
    """None when it was not asked for."""
    denied: str = ""
    """Why the server would refuse the write for want of a permission; empty when it would not, or cannot be asked."""

    @property
    def target(self) -> Ref:
        return Ref(self.object["kind"], self.meta["name"], self.meta["namespace"])

    @property
    def path(self) -> str:
        """Of the workload in the API."""
        return Kind(self.target.kind).resource.path(self.target.namespace, self.target.name)

    @property
    def named(self) -> str:
        """As kubectl names it on its command line: `deployment/web`."""
        return f"{_ALIASES[self.target.kind]}/{self.target.name}"

    @property
    def meta(self) -> Json:
        meta: Json = self.object["metadata"]
        return meta

    @property
    def spec(self) -> Json:
        spec: Json = self.object["spec"]
        return spec

    @property
    def status(self) -> Json:
        status: Json = self.object.get("status", {})
        return status

    @property
    def uid(self) -> str:
        return str(self.meta["uid"])

    @property
    def annotations(self) -> dict[str, str]:
        found: dict[str, str] = self.meta.get("annotations") or {}
        return found

    @property
    def template(self) -> Json:
        template: Json = self.spec["template"]
        return template

    @property
    def replicas(self) -> int:
        """Asked for; the API leaves out neither 0 nor the default."""
        return int(self.spec.get("replicas", 1))

    @property
    def desired(self) -> int:
        """How many Pods there are to be; a DaemonSet's are counted by its controller."""
        return int(self.status.get("desiredNumberScheduled", 0)) if self._is_daemon_set else self.replicas

    @property
    def updated(self) -> int:
        """Pods of the newest template."""
        return int(self.status.get("updatedNumberScheduled" if self._is_daemon_set else "updatedReplicas", 0))

    @property
    def available(self) -> int:
        return int(self.status.get("numberAvailable" if self._is_daemon_set else "availableReplicas", 0))

    @property
    def has_minimum(self) -> bool:
        """Whether as many Pods are available as the strategy promises, as far as the API tells."""
        if self._is_daemon_set:
            limits = fence_posts(self.desired, self.strategy.type, self.strategy.rolling_update)
            return limits is not None and self.available >= limits.at_least(self.desired)
        return (self.condition("Available") or {}).get("status") == "True"

    @property
    def _is_daemon_set(self) -> bool:
        return bool(self.target.kind == Kind.DAEMON_SET)

    @property
    def strategy(self) -> Strategy:
        """How a rollout replaces Pods."""
        found = self.spec.get("strategy") or self.spec.get("updateStrategy") or {}
        rolling = found.get("rollingUpdate")
        return Strategy(
            found.get("type", "RollingUpdate"),
            RollingUpdate(rolling.get("maxSurge", 0), rolling.get("maxUnavailable", 0)) if rolling else None,
        )

    @property
    def is_paused(self) -> bool:
        return bool(self.spec.get("paused"))

    @property
    def current(self) -> Recorded | None:
        """The recorded template that is the present one; None when none is, as after a change while paused."""
        for one in self.recorded or ():
            if same_template(one.template, self.template):
                return one
        return None

    @property
    def last_write(self) -> str:
        """Who wrote to it last, controllers' status apart, and when."""
        writes = [one for one in self.meta.get("managedFields") or () if not _is_status(one) and one.get("time")]
        newest = max(writes, key=lambda one: str(one["time"]), default=None)
        return f"{newest.get('manager')} at {newest['time']}" if newest else ""

    def condition(self, kind: str) -> Json | None:
        """A condition of the status."""
        found: list[Json] = [one for one in self.status.get("conditions") or () if one["type"] == kind]
        return found[0] if found else None

    def tests(self) -> list[dict[str, Any]]:
        """What every patch of this object asks the server to check: it is the same one, and nobody changed it.

        metadata.generation counts changes of the spec (and of a Deployment's annotations), not those of the status, so
        a rollout under way does not disturb.
        """
        return [
            {"op": "test", "path": "/metadata/uid", "value": self.uid},
            {"op": "test", "path": "/metadata/generation", "value": self.meta["generation"]},
        ]


def full_template(template: Json) -> FullTemplate:
    """The template with the fields that are judged."""
    body = {"metadata": {"name": "template"}, "spec": {"template": template}}
    return decode_full_workload(msgspec.json.encode(body)).spec.template


def selector_text(spec: Json) -> str:
    """A workload's label selector as a query takes it."""
    selector = spec.get("selector") or {}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        values = ",".join(one.get("values") or ())
        match one["operator"]:
            case "In":
                parts.append(f"{one['key']} in ({values})")
            case "NotIn":
                parts.append(f"{one['key']} notin ({values})")
            case "Exists":
                parts.append(one["key"])
            case "DoesNotExist":
                parts.append(f"!{one['key']}")
    return ",".join(parts)


def _is_status(write: Json) -> bool:
    return bool(write.get("subresource") == "status")


SAME = "it is the same object, and nobody has changed it since (uid, generation)"
"""`Facts.tests` in words."""
