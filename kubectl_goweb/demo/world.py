"""The demo world: a seeded simulation of a small cluster, a value of its seed, its start and what was done to it.

No clock, no threads, no I/O: whoever holds a World says what time it is. The parts are wired here: a write to an object
wakes the controllers that look after it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kubectl_goweb.demo.bodies import JSON, controller_uid
from kubectl_goweb.demo.endpoints import EndpointSlices, selects
from kubectl_goweb.demo.kubelet import Kubelet
from kubectl_goweb.demo.nodes import Nodes
from kubectl_goweb.demo.replicas import ReplicaSets
from kubectl_goweb.demo.rollouts import Rollouts
from kubectl_goweb.demo.scheduler import Scheduler
from kubectl_goweb.demo.simulation import Change, Simulation
from kubectl_goweb.demo.slots import DaemonSets, StatefulSets
from kubectl_goweb.demo.story import OVERTURE, Story

CONTROLLER_SECONDS = 0.05
"""How long a controller takes to notice."""

OWNED = ("replicasets", "pods", "controllerrevisions", "endpointslices")
"""What the garbage collector looks through when an owner is gone."""

_OWNER_RESOURCES = {
    "ReplicaSet": "replicasets",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
}


class World:
    """A cluster at a moment. The same seed, start and instants give the same objects, byte for byte."""

    def __init__(self, seed: int, start: datetime) -> None:
        """`start` is aware; the world has a past and is already moving then."""
        self.sim = Simulation(seed, start - OVERTURE)
        self._kubelet = Kubelet(self.sim)
        self._scheduler = Scheduler(self.sim, self._kubelet.prepare)
        endpoint_slices = EndpointSlices(self.sim)
        self._sync: dict[str, Callable[[str, str], None]] = {
            "deployments": Rollouts(self.sim, lambda ns, name, wait: self._wake("deployments", ns, name, wait)).sync,
            "replicasets": ReplicaSets(self.sim, lambda ns, name, wait: self._wake("replicasets", ns, name, wait)).sync,
            "statefulsets": StatefulSets(self.sim).sync,
            "daemonsets": DaemonSets(self.sim).sync,
            "nodes": Nodes(self.sim).sync,
            "services": endpoint_slices.sync,
        }
        self._fresh: list[Change] = []
        self.sim.listeners.append(self._remember)  # first: a write that another listener makes comes after its cause
        self._awake: set[tuple[str, str, str]] = set()
        self.sim.listeners.append(self._notice)
        Story(self.sim, self._kubelet, start).begin()
        self.sim.run(start)
        self._fresh.clear()

    def advance(self, now: datetime) -> list[Change]:
        """Let the time until `now` pass. Returns every write since the last call, the outside's own included."""
        self.sim.run(now)
        fresh, self._fresh = self._fresh, []
        return fresh

    # Wiring

    def _remember(self, change: Change) -> None:
        self._fresh.append(change)

    def _wake(self, resource: str, namespace: str, name: str, seconds: float = CONTROLLER_SECONDS) -> None:
        """A pass of a controller in that time; several at the same time are one."""
        key = (resource, namespace, name)
        if seconds > CONTROLLER_SECONDS:
            self.sim.after(seconds, lambda: self._wake(resource, namespace, name))
            return
        if key in self._awake:
            return
        self._awake.add(key)

        def sync() -> None:
            self._awake.discard(key)
            self._sync[resource](namespace, name)

        self.sim.after(CONTROLLER_SECONDS, sync)

    def _notice(self, change: Change) -> None:
        meta = change.object["metadata"]
        namespace = meta.get("namespace", "")
        if change.resource in self._sync:
            self._wake(change.resource, namespace, meta["name"])
        for owner in meta.get("ownerReferences", []):
            resource = _OWNER_RESOURCES.get(owner["kind"])
            if resource is not None:
                self._wake(resource, namespace, owner["name"])
        if change.resource == "pods":
            self._notice_pod(change)
        if change.resource == "nodes" and change.type != "MODIFIED":
            for each in self.sim.find("daemonsets"):
                self._wake("daemonsets", each["metadata"]["namespace"], each["metadata"]["name"])
        if change.type == "DELETED" and change.resource in {*_OWNER_RESOURCES.values(), "services"}:
            self.sim.after(CONTROLLER_SECONDS, lambda: self._collect(change.object))

    def _notice_pod(self, change: Change) -> None:
        pod = change.object
        for service in self.sim.find("services", pod["metadata"]["namespace"]):
            if selects(service, pod):
                self._wake("services", pod["metadata"]["namespace"], service["metadata"]["name"])
        if change.type == "ADDED" and not pod["spec"].get("nodeName"):
            self.sim.after(0.2, lambda: self._scheduler.schedule(pod))
        before = change.previous or pod
        if (
            change.type == "MODIFIED"
            and "deletionTimestamp" in pod["metadata"]
            and "deletionTimestamp" not in before["metadata"]
        ):
            self._kubelet.stop(pod)

    def _collect(self, owner: JSON) -> None:
        """The garbage collector: what an object that is gone owned goes too."""
        for resource in OWNED:
            for each in self.sim.find(resource, owner["metadata"].get("namespace", "")):
                if controller_uid(each) != owner["metadata"]["uid"]:
                    continue
                if resource == "pods":
                    self.sim.delete_pod(each)
                else:
                    self.sim.remove(resource, each["metadata"]["namespace"], each["metadata"]["name"])
