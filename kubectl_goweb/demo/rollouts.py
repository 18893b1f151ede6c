"""The Deployment controller: from a template to ReplicaSets, by the algorithm of Kubernetes' own controller.

One `sync` is one pass of that controller; whatever it writes brings the next pass. What a user may see of it is exact
(which ReplicaSet grows or shrinks by how much, revisions, conditions, events); adoption of orphans is left out.
Rules: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

import json
from collections.abc import Callable

from kubectl_goweb.demo.bodies import JSON, clone, condition, owner_reference
from kubectl_goweb.demo.dice import name_hash
from kubectl_goweb.demo.rollout_status import counts, is_complete, set_progressing, tell_availability, tell_progress
from kubectl_goweb.demo.simulation import Simulation
from kubectl_goweb.demo.sizes import (
    DESIRED,
    HISTORY,
    LAST_APPLIED,
    MAXIMUM,
    REVISION,
    annotation,
    available,
    by_age,
    fence_posts,
    grown,
    proportional,
    revision,
    shrunk,
    size,
)

HASH_LABEL = "pod-template-hash"
_OWN_ANNOTATIONS = frozenset({REVISION, HISTORY, DESIRED, MAXIMUM, LAST_APPLIED})


def template_of(replica_set: JSON) -> JSON:
    """The Pod template as the Deployment has it: without the hash label."""
    template: JSON = clone(replica_set["spec"]["template"])
    template["metadata"].get("labels", {}).pop(HASH_LABEL, None)
    return template


def template_hash(template: JSON) -> str:
    """The pod-template-hash. Kubernetes hashes a Go dump of the struct, so its values differ from these."""
    return name_hash(json.dumps(template, sort_keys=True, separators=(",", ":")).encode())


class Rollouts:
    """Brings Deployments to what they ask for. `wake` asks for another pass of a Deployment after some seconds."""

    def __init__(self, sim: Simulation, wake: Callable[[str, str, float], None]) -> None:
        self._sim = sim
        self._wake = wake

    def sync(self, namespace: str, name: str) -> None:
        """One pass over one Deployment."""
        deployment = self._sim.get("deployments", namespace, name)
        if deployment is None or "deletionTimestamp" in deployment["metadata"] or self._note_pause(deployment):
            return
        new, olds = self._split(deployment)
        paused = deployment["spec"].get("paused", False)
        if paused or self._is_scaling(deployment, [new, *olds] if new else olds):
            if new is not None and self._number(deployment, new, olds):
                return
            self._scale(deployment, new, olds)
            if paused:
                self._clean_up(deployment, olds)
            self._write_status(deployment, estimate=False)
            return
        if new is None:
            if self._must_recreate(deployment) and self._stop_old(deployment, olds):
                self._write_status(deployment)
                return
            self._create(deployment, olds)
            return
        if self._number(deployment, new, olds):
            return
        if self._must_recreate(deployment):
            scaled = self._stop_old(deployment, olds) or self._resize(deployment, new, deployment["spec"]["replicas"])
        else:
            grew = self._resize(deployment, new, grown(new, olds, deployment["spec"]))
            scaled = grew or self._shrink(deployment, new, olds)
        if not scaled and is_complete(deployment, deployment["status"]):
            self._clean_up(deployment, olds)
        self._write_status(deployment)

    # Which ReplicaSets

    def _split(self, deployment: JSON) -> tuple[JSON | None, list[JSON]]:
        """The ReplicaSet of the present template (the oldest, if several), and the others by age."""
        sets = sorted(self._sim.owned("replicasets", deployment), key=by_age)
        template = deployment["spec"]["template"]
        new = next((each for each in sets if template_of(each) == template), None)
        return new, [each for each in sets if each is not new]

    def _create(self, deployment: JSON, olds: list[JSON]) -> None:
        spec, meta = deployment["spec"], deployment["metadata"]
        digest = template_hash(spec["template"])
        labels = {**spec["template"]["metadata"].get("labels", {}), HASH_LABEL: digest}
        template = clone(spec["template"])
        template["metadata"]["labels"] = labels
        surge, _ = fence_posts(spec)
        number = max([revision(each) for each in olds], default=0) + 1
        kept = {key: value for key, value in meta.get("annotations", {}).items() if key not in _OWN_ANNOTATIONS}
        total = sum(size(each) for each in olds)
        room = spec["replicas"] if self._must_recreate(deployment) else max(0, spec["replicas"] + surge - total)
        first = min(room, spec["replicas"])
        body: JSON = {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": f"{meta['name']}-{digest}",
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": {
                    **kept,
                    REVISION: str(number),
                    DESIRED: str(spec["replicas"]),
                    MAXIMUM: str(spec["replicas"] + surge),
                },
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": first,
                "selector": {"matchLabels": {**spec["selector"]["matchLabels"], HASH_LABEL: digest}},
                "template": template,
            },
            "status": {"replicas": 0},
        }
        if spec.get("minReadySeconds"):
            body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        created = self._sim.create("replicasets", body)
        if first:
            self._say_scaled(deployment, created, 0, first)
        with self._sim.edit("deployments", deployment, status=True) as draft:
            draft["metadata"].setdefault("annotations", {})[REVISION] = str(number)
            text = f'Created new replica set "{created["metadata"]["name"]}"'
            set_progressing(draft, self._sim.now, "True", "NewReplicaSetCreated", text)

    def _number(self, deployment: JSON, new: JSON, olds: list[JSON]) -> bool:
        """Give the new ReplicaSet the next revision and the Deployment's annotations; true if something was written."""
        before = self._sim.version
        number = max([revision(each) for each in olds], default=0) + 1
        kept = {
            key: value
            for key, value in deployment["metadata"].get("annotations", {}).items()
            if key not in _OWN_ANNOTATIONS
        }
        with self._sim.edit("replicasets", new) as draft:
            annotations = draft["metadata"].setdefault("annotations", {})
            annotations.update(kept)
            if revision(new) < number:
                if REVISION in annotations:
                    annotations[HISTORY] = ",".join(filter(None, [annotations.get(HISTORY, ""), annotations[REVISION]]))
                annotations[REVISION] = str(number)
        if self._sim.version != before:
            return True
        missing = condition(deployment, "Progressing") is None and bool(
            deployment["spec"].get("progressDeadlineSeconds")
        )
        if revision(deployment) != revision(new) or missing:
            with self._sim.edit("deployments", deployment, status=True) as draft:
                draft["metadata"].setdefault("annotations", {})[REVISION] = str(revision(new))
                if missing:
                    name = new["metadata"]["name"]
                    set_progressing(
                        draft, self._sim.now, "True", "FoundNewReplicaSet", f'Found new replica set "{name}"'
                    )
        return self._sim.version != before

    # How many

    def _shrink(self, deployment: JSON, new: JSON, olds: list[JSON]) -> bool:
        resized = [self._resize(deployment, each, to) for each, to in shrunk(new, olds, deployment["spec"])]
        return any(resized)

    def _must_recreate(self, deployment: JSON) -> bool:
        return bool(deployment["spec"].get("strategy", {}).get("type") == "Recreate")

    def _stop_old(self, deployment: JSON, olds: list[JSON]) -> bool:
        """Recreate: true as long as an old Pod exists, terminating ones included."""
        resized = [self._resize(deployment, each, 0) for each in olds]
        return any(resized) or any(self._sim.owned("pods", each) for each in olds)

    def _is_scaling(self, deployment: JSON, sets: list[JSON]) -> bool:
        desired = deployment["spec"]["replicas"]
        return any(size(each) and annotation(each, DESIRED) not in {0, desired} for each in sets)

    def _scale(self, deployment: JSON, new: JSON | None, olds: list[JSON]) -> None:
        desired, (surge, _) = deployment["spec"]["replicas"], fence_posts(deployment["spec"])
        sets = [*olds, new] if new else olds
        active = [each for each in sets if size(each)]
        if len(active) <= 1:
            only = active[0] if active else new or (max(olds, key=by_age) if olds else None)
            if only is not None:
                self._resize(deployment, only, desired)
            return
        if new is not None and size(new) == desired == annotation(new, DESIRED) == available(new):
            for each in active:
                if each is not new:
                    self._resize(deployment, each, 0)
            return
        for each, wanted in proportional(active, desired, surge, deployment["status"].get("replicas", 0)):
            self._resize(deployment, each, wanted)

    def _resize(self, deployment: JSON, replica_set: JSON, wanted: int) -> bool:
        """Write the size and the annotations that remember what it was computed for. True when the size changed."""
        before = size(replica_set)
        surge, _ = fence_posts(deployment["spec"])
        desired = deployment["spec"]["replicas"]
        with self._sim.edit("replicasets", replica_set) as draft:
            draft["spec"]["replicas"] = wanted
            draft["metadata"].setdefault("annotations", {}).update(
                {DESIRED: str(desired), MAXIMUM: str(desired + surge)}
            )
        if wanted != before:
            self._say_scaled(deployment, replica_set, before, wanted)
        return wanted != before

    def _say_scaled(self, deployment: JSON, replica_set: JSON, before: int, after: int) -> None:
        direction = "up" if after > before else "down"
        text = f"Scaled {direction} replica set {replica_set['metadata']['name']} from {before} to {after}"
        self._sim.record(deployment, "Normal", "ScalingReplicaSet", text, "deployment-controller")

    def _clean_up(self, deployment: JSON, olds: list[JSON]) -> None:
        surplus = len(olds) - deployment["spec"].get("revisionHistoryLimit", 10)
        for each in sorted(olds, key=revision)[: max(0, surplus)]:
            if not size(each) and not each["status"]["replicas"]:
                self._sim.remove("replicasets", each["metadata"]["namespace"], each["metadata"]["name"])

    # Status

    def _note_pause(self, deployment: JSON) -> bool:
        """Pausing and resuming are noted before anything else. True when something was written."""
        progressing = condition(deployment, "Progressing")
        if progressing is None or progressing["reason"] == "ProgressDeadlineExceeded":
            return False
        paused = deployment["spec"].get("paused", False)
        if paused == (progressing["reason"] == "DeploymentPaused"):
            return False
        word = "paused" if paused else "resumed"
        with self._sim.edit("deployments", deployment, status=True) as draft:
            reason, message = f"Deployment{word.capitalize()}", f"Deployment is {word}"
            set_progressing(draft, self._sim.now, "Unknown", reason, message)
        return True

    def _write_status(self, deployment: JSON, *, estimate: bool = True) -> None:
        """Write what can be told now; `estimate` is false while paused or scaling, when progress is not judged."""
        new, olds = self._split(deployment)
        wait = None
        with self._sim.edit("deployments", deployment, status=True) as draft:
            old = draft["status"]
            kept = {field: old[field] for field in ("collisionCount", "conditions") if field in old}
            draft["status"] = {**counts(draft, new, olds), **kept}
            tell_availability(draft, self._sim.now)
            if estimate and draft["spec"].get("progressDeadlineSeconds"):
                wait = tell_progress(draft, old, new, self._sim.now)
            draft["status"] = {field: value for field, value in draft["status"].items() if value}
        if wait is not None:
            meta = deployment["metadata"]
            self._wake(meta["namespace"], meta["name"], wait)
