"""The StatefulSet and DaemonSet controllers: Pods that each have a place of their own, an ordinal or a node.

Both fill empty places and then replace outdated Pods one at a time, only while the others are ready. Partitions,
OnDelete, Parallel and surge are left out.
Rules: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
"""

from __future__ import annotations

from kubectl_goweb.demo.bodies import JSON, clone, is_active, is_ready, owner_reference
from kubectl_goweb.demo.replicas import new_pod
from kubectl_goweb.demo.rollouts import template_hash
from kubectl_goweb.demo.simulation import Simulation

REVISION_LABEL = "controller-revision-hash"


class _Slots:
    """What the two controllers share."""

    resource = ""
    component = ""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def sync(self, namespace: str, name: str) -> None:
        """One pass over one workload."""
        owner = self._sim.get(self.resource, namespace, name)
        if owner is None or "deletionTimestamp" in owner["metadata"]:
            return
        digest = template_hash(owner["spec"]["template"])
        self._remember_revision(owner, digest)
        self._act(owner, self._sim.owned("pods", owner), digest)
        with self._sim.edit(self.resource, owner, status=True) as draft:
            draft["status"] = self._status(
                owner, [each for each in self._sim.owned("pods", owner) if is_active(each)], digest
            )

    def _act(self, owner: JSON, pods: list[JSON], digest: str) -> None:
        raise NotImplementedError

    def _status(self, owner: JSON, pods: list[JSON], digest: str) -> JSON:
        raise NotImplementedError

    def _revision_name(self, owner: JSON, digest: str) -> str:
        return f"{owner['metadata']['name']}-{digest}"

    def _create(self, owner: JSON, name: str, labels: dict[str, str], spec: JSON) -> None:
        pod = new_pod(owner, owner["spec"]["template"], name, labels)
        pod["spec"].update(spec)
        self._sim.create("pods", pod)
        self._say(
            owner, "SuccessfulCreate", f"create Pod {name} in {owner['kind']} {owner['metadata']['name']} successful"
        )

    def _delete(self, owner: JSON, pod: JSON) -> None:
        self._sim.delete_pod(pod)
        name = pod["metadata"]["name"]
        self._say(
            owner, "SuccessfulDelete", f"delete Pod {name} in {owner['kind']} {owner['metadata']['name']} successful"
        )

    def _say(self, owner: JSON, reason: str, message: str) -> None:
        self._sim.record(owner, "Normal", reason, message, self.component)

    def _remember_revision(self, owner: JSON, digest: str) -> None:
        """A ControllerRevision a template; the one in use has the highest number."""
        known = self._sim.owned("controllerrevisions", owner)
        newest = max([each["revision"] for each in known], default=0)
        name = self._revision_name(owner, digest)
        same = next((each for each in known if each["metadata"]["name"] == name), None)
        if same is None:
            template = {**clone(owner["spec"]["template"]), "$patch": "replace"}
            body: JSON = {
                "kind": "ControllerRevision",
                "apiVersion": "apps/v1",
                "metadata": {
                    "name": name,
                    "namespace": owner["metadata"]["namespace"],
                    "labels": {**owner["spec"]["selector"]["matchLabels"], REVISION_LABEL: digest},
                    "ownerReferences": [owner_reference(owner)],
                },
                "data": {"spec": {"template": template}},
                "revision": newest + 1,
            }
            if not known:
                body["metadata"]["creationTimestamp"] = owner["metadata"]["creationTimestamp"]
            self._sim.create("controllerrevisions", body)
        elif same["revision"] < newest:
            with self._sim.edit("controllerrevisions", same) as draft:
                draft["revision"] = newest + 1


class StatefulSets(_Slots):
    """Ordinals, created in order and replaced from the highest down."""

    resource = "statefulsets"
    component = "statefulset-controller"

    def _act(self, owner: JSON, pods: list[JSON], digest: str) -> None:
        by_name = {pod["metadata"]["name"]: pod for pod in pods}
        names = [f"{owner['metadata']['name']}-{ordinal}" for ordinal in range(owner["spec"]["replicas"])]
        for ordinal, name in enumerate(names):
            pod = by_name.get(name)
            if pod is None:
                labels = {
                    REVISION_LABEL: self._revision_name(owner, digest),
                    "statefulset.kubernetes.io/pod-name": name,
                    "apps.kubernetes.io/pod-index": str(ordinal),
                }
                self._create(owner, name, labels, {"hostname": name, "subdomain": owner["spec"]["serviceName"]})
                return
            if not is_active(pod) or not is_ready(pod):
                return
        surplus = sorted((pod for name, pod in by_name.items() if name not in names), key=_ordinal)
        if surplus:
            if is_active(surplus[-1]):
                self._delete(owner, surplus[-1])
            return
        for name in reversed(names):
            if by_name[name]["metadata"]["labels"][REVISION_LABEL] != self._revision_name(owner, digest):
                self._delete(owner, by_name[name])
                return

    def _status(self, owner: JSON, pods: list[JSON], digest: str) -> JSON:
        update = self._revision_name(owner, digest)
        updated = [pod for pod in pods if pod["metadata"]["labels"][REVISION_LABEL] == update]
        ready = [pod for pod in pods if is_ready(pod)]
        desired = owner["spec"]["replicas"]
        done = len(updated) == len(pods) == len(ready) == desired
        current = update if done else owner["status"].get("currentRevision", update)
        status = {
            "observedGeneration": owner["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": len(ready),
            "availableReplicas": len(ready),
            "currentReplicas": sum(1 for pod in pods if pod["metadata"]["labels"][REVISION_LABEL] == current),
            "updatedReplicas": len(updated),
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }
        always = {"replicas", "collisionCount", "availableReplicas"}
        return {key: value for key, value in status.items() if value or key in always}


class DaemonSets(_Slots):
    """A Pod on every node."""

    resource = "daemonsets"
    component = "daemonset-controller"

    def _act(self, owner: JSON, pods: list[JSON], digest: str) -> None:
        nodes = [node["metadata"]["name"] for node in self._sim.find("nodes")]
        by_node = {_bound_to(pod): pod for pod in pods}
        for node in nodes:
            if node not in by_node:
                name = f"{owner['metadata']['name']}-{self._sim.dice.suffix()}"
                terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
                required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
                self._create(owner, name, {REVISION_LABEL: digest}, {"affinity": {"nodeAffinity": required}})
        if len(pods) < len(nodes) or any(not is_active(pod) for pod in pods):
            return
        outdated = [pod for pod in pods if pod["metadata"]["labels"][REVISION_LABEL] != digest]
        outdated.sort(key=is_ready)
        if outdated and (not is_ready(outdated[0]) or all(is_ready(pod) for pod in pods)):
            self._delete(owner, outdated[0])

    def _status(self, owner: JSON, pods: list[JSON], digest: str) -> JSON:
        desired = len(self._sim.find("nodes"))
        ready = sum(1 for pod in pods if is_ready(pod))
        updated = sum(1 for pod in pods if pod["metadata"]["labels"][REVISION_LABEL] == digest)
        optional = {"updatedNumberScheduled": updated, "numberAvailable": ready, "numberUnavailable": desired - ready}
        return {
            "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": desired,
            "numberMisscheduled": 0,
            "numberReady": ready,
            "observedGeneration": owner["metadata"]["generation"],
            **{key: value for key, value in optional.items() if value},
        }


def _ordinal(pod: JSON) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _bound_to(pod: JSON) -> str:
    """The node of a DaemonSet's Pod: where it runs, or where its affinity sends it."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])
