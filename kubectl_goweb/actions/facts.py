"""What a Plan is made from: one workload as the server sent it, its recorded templates, and what stands around it.

Values only; `prepare` asks for them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.actions.recorded import Recorded, same_template
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.verdicts import Ref

_ALIASES = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


class Facts(Struct, frozen=True, kw_only=True):
    """Everything known in the moment of planning."""

    context: str
    object: Json
    """The workload."""
    recorded: tuple[Recorded, ...] | None = None
    """Its ReplicaSets or ControllerRevisions, newest first; None when they were not read."""
    around: Snapshot = Snapshot()
    """Pods, autoscalers, budgets, quotas, nodes: what was asked for has a feed."""
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


def _is_status(write: Json) -> bool:
    return bool(write.get("subresource") == "status")


SAME = "it is the same object, and nobody has changed it since (uid, generation)"
"""`Facts.tests` in words."""
