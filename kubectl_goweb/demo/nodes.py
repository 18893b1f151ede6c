"""The nodes' own life: heartbeats, leases, and the taint that goes with a cordon."""

from __future__ import annotations

from kubectl_goweb.demo.bodies import stamp
from kubectl_goweb.demo.simulation import Simulation

HEARTBEAT_SECONDS = 300.0
RENEW_SECONDS = 10.0
CORDONED = "node.kubernetes.io/unschedulable"
"""The taint of a cordoned node."""


class Nodes:
    """The nodes' signs of life, and the taint that goes with a cordon."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def beat(self, name: str) -> None:
        """A node's regular report: its conditions' heartbeat."""
        node = self._sim.get("nodes", "", name)
        if node is None:
            return
        with self._sim.edit("nodes", node, status=True) as draft:
            for each in draft["status"]["conditions"]:
                each["lastHeartbeatTime"] = stamp(self._sim.now)
        self._sim.after(HEARTBEAT_SECONDS, lambda: self.beat(name))

    def renew(self, name: str) -> None:
        """A node's lease, by which it is known to be there."""
        lease = self._sim.get("leases", "kube-node-lease", name)
        if lease is None:
            return
        with self._sim.edit("leases", lease) as draft:
            draft["spec"]["renewTime"] = self._sim.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._sim.after(RENEW_SECONDS, lambda: self.renew(name))

    def sync(self, namespace: str, name: str) -> None:
        """One pass of the node lifecycle controller: a cordoned node has the taint, another has not."""
        node = self._sim.get("nodes", namespace, name)
        if node is None:
            return
        taints = node["spec"].get("taints", [])
        others = [each for each in taints if each["key"] != CORDONED]
        cordoned = node["spec"].get("unschedulable", False)
        if cordoned == (len(others) < len(taints)):
            return
        new = {"effect": "NoSchedule", "key": CORDONED, "timeAdded": stamp(self._sim.now)}
        with self._sim.edit("nodes", node) as draft:
            draft["spec"]["taints"] = [*others, new] if cordoned else others
            if not draft["spec"]["taints"]:
                del draft["spec"]["taints"]
