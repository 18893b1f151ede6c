"""The scheduler: which node a Pod goes to.

Of the rules, taints, cordons, node selectors and a DaemonSet's node affinity are kept; resources are not counted.
Rules: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from collections.abc import Callable

from kubectl_goweb.demo.bodies import JSON, set_pod_conditions
from kubectl_goweb.demo.nodes import CORDONED
from kubectl_goweb.demo.simulation import Simulation


class Scheduler:
    """Binds Pods to nodes: the node that fits and has the fewest."""

    def __init__(self, sim: Simulation, bound: Callable[[JSON], None]) -> None:
        self._sim = sim
        self._bound = bound

    def schedule(self, pod: JSON) -> None:
        """Bind, or say why not and try again later."""
        meta = pod["metadata"]
        current = self._sim.get("pods", meta["namespace"], meta["name"])
        if current is None or current["metadata"]["uid"] != meta["uid"] or current["spec"].get("nodeName"):
            return
        nodes = self._sim.find("nodes")
        refusals = {node["metadata"]["name"]: _refusal(current, node) for node in nodes}
        fitting = [name for name, reason in refusals.items() if not reason]
        if not fitting:
            counts = sorted({(list(refusals.values()).count(reason), reason) for reason in refusals.values()})
            message = f"0/{len(nodes)} nodes are available: {', '.join(f'{n} {reason}' for n, reason in counts)}."
            with self._sim.edit("pods", current, status=True) as draft:
                set_pod_conditions(draft, self._sim.now, {"PodScheduled": ("False", "Unschedulable", message)})
            self._sim.record(current, "Warning", "FailedScheduling", message, "default-scheduler")
            self._sim.after(20, lambda: self.schedule(pod))
            return
        app_label = meta["labels"].get("app")
        everyone = self._sim.find("pods")

        def crowd(name: str) -> tuple[int, int, str]:
            here = [each for each in everyone if each["spec"].get("nodeName") == name]
            siblings = [each for each in here if each["metadata"]["labels"].get("app") == app_label]
            return len(siblings), len(here), name

        chosen = min(fitting, key=crowd)
        with self._sim.edit("pods", current) as draft:
            draft["spec"]["nodeName"] = chosen
            set_pod_conditions(draft, self._sim.now, {"PodScheduled": ("True", "", "")})
        message = f"Successfully assigned {meta['namespace']}/{meta['name']} to {chosen}"
        self._sim.record(current, "Normal", "Scheduled", message, "default-scheduler")
        self._bound(self._sim.get("pods", meta["namespace"], meta["name"]) or current)


def _refusal(pod: JSON, node: JSON) -> str:
    """Why the Pod may not go there, as the scheduler says it; empty when it may."""
    affinity = (
        pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    )
    if affinity:
        fields = affinity["nodeSelectorTerms"][0].get("matchFields", [])
        if any(node["metadata"]["name"] not in field["values"] for field in fields):
            return "node(s) didn't match Pod's node affinity/selector"
    selector = pod["spec"].get("nodeSelector", {})
    if any(node["metadata"]["labels"].get(key) != value for key, value in selector.items()):
        return "node(s) didn't match Pod's node affinity/selector"
    taints = node["spec"].get("taints", [])
    if node["spec"].get("unschedulable") and all(each["key"] != CORDONED for each in taints):
        taints = [*taints, {"key": CORDONED, "effect": "NoSchedule"}]
    for taint in taints:
        if taint["effect"] != "PreferNoSchedule" and not any(
            _tolerates(each, taint) for each in pod["spec"].get("tolerations", [])
        ):
            if taint["key"] == CORDONED:
                return "node(s) were unschedulable"
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    return ""


def _tolerates(toleration: JSON, taint: JSON) -> bool:
    if toleration.get("effect") not in {None, "", taint["effect"]}:
        return False
    if "key" not in toleration:
        return bool(toleration.get("operator") == "Exists")
    if toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or bool(toleration.get("value", "") == taint.get("value", ""))
