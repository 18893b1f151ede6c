"""The nodes' own life: heartbeats, leases, the taint that goes with a cordon, and how busy they are."""

from __future__ import annotations

from collections import Counter

from kubectl_goweb.demo.bodies import JSON, condition, is_active, stamp
from kubectl_goweb.demo.simulation import Simulation

HEARTBEAT_SECONDS = 300.0
RENEW_SECONDS = 10.0
SCRAPE_SECONDS = 15
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


def usage(sim: Simulation) -> JSON:
    """What a metrics-server would tell: some for every Pod, and nearly all memory of a node that is short of it."""
    bound = Counter(pod["spec"].get("nodeName") for pod in sim.find("pods") if is_active(pod))
    turn = int(sim.now.timestamp() / SCRAPE_SECONDS)
    items = []
    for number, node in enumerate(sim.find("nodes")):
        pods, sway = bound[node["metadata"]["name"]], (turn + number) * 37 % 100
        pressure = condition(node, "MemoryPressure")
        is_short = pressure is not None and pressure["status"] == "True"
        memory = 7500 + sway if is_short else 900 + 210 * pods + sway
        items.append(
            {
                "metadata": {"name": node["metadata"]["name"], "creationTimestamp": stamp(sim.now)},
                "timestamp": stamp(sim.now),
                "window": f"{SCRAPE_SECONDS}s",
                "usage": {"cpu": f"{180 + 90 * pods + 2 * sway}m", "memory": f"{memory}Mi"},
            }
        )
    return {"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items}
