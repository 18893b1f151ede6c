"""The Deployment controller: from a template to ReplicaSets, by the algorithm of Kubernetes' own controller.

One `sync` is one pass of that controller; whatever it writes brings the next pass. What a user may see of it is exact
(which ReplicaSet grows or shrinks by how much, revisions, conditions, events); adoption of orphans is left out.
Rules: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from kubectl_goweb.demo.dice import name_hash
from kubectl_goweb.demo.simulation import (
    JSON,
    Simulation,
    clone,
    condition,
    moment,
    owner_reference,
    set_condition,
    stamp,
)

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
HASH_LABEL = "pod-template-hash"
_OWN_ANNOTATIONS = frozenset({REVISION, HISTORY, DESIRED, MAXIMUM, LAST_APPLIED})


def fence_posts(spec: JSON) -> tuple[int, int]:
    """(surge, unavailable) as counts: surge is rounded up, unavailable down, and both zero means one unavailable."""
    strategy = spec.get("strategy", {})
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return 0, 0
    rolling = strategy.get("rollingUpdate", {})
    surge = _count(rolling.get("maxSurge", 0), spec["replicas"], up=True)
    unavailable = _count(rolling.get("maxUnavailable", 0), spec["replicas"], up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, min(unavailable, spec["replicas"])


def _count(value: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    hundredths = int(value.removesuffix("%")) * replicas
    return -(-hundredths // 100) if up else hundredths // 100


def template_of(replica_set: JSON) -> JSON:
    """The Pod template as the Deployment has it: without the hash label."""
    template: JSON = clone(replica_set["spec"]["template"])
    template["metadata"].get("labels", {}).pop(HASH_LABEL, None)
    return template


def template_hash(template: JSON) -> str:
    """The pod-template-hash. Kubernetes hashes a Go dump of the struct, so its values differ from these."""
    return name_hash(json.dumps(template, sort_keys=True, separators=(",", ":")).encode())


def revision(body: JSON) -> int:
    """The revision number in the annotations; 0 when there is none."""
    return int(body["metadata"].get("annotations", {}).get(REVISION, 0))


def _size(replica_set: JSON) -> int:
    return int(replica_set["spec"]["replicas"])


def _available(replica_set: JSON) -> int:
    return int(replica_set["status"].get("availableReplicas", 0))


def _annotation(replica_set: JSON, name: str) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(name, 0))


def _by_age(replica_set: JSON) -> tuple[str, str]:
    return replica_set["metadata"]["creationTimestamp"], replica_set["metadata"]["name"]


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
            scaled = self._grow(deployment, new, olds) or self._shrink(deployment, new, olds)
        if not scaled and _is_complete(deployment, deployment["status"]):
            self._clean_up(deployment, olds)
        self._write_status(deployment)

    # Which ReplicaSets

    def _split(self, deployment: JSON) -> tuple[JSON | None, list[JSON]]:
        """The ReplicaSet of the present template (the oldest, if several), and the others by age."""
        sets = sorted(self._sim.owned("replicasets", deployment), key=_by_age)
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
        total = sum(_size(each) for each in olds)
        room = spec["replicas"] if self._must_recreate(deployment) else max(0, spec["replicas"] + surge - total)
        size = min(room, spec["replicas"])
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
                "replicas": size,
                "selector": {"matchLabels": {**spec["selector"]["matchLabels"], HASH_LABEL: digest}},
                "template": template,
            },
            "status": {"replicas": 0},
        }
        if spec.get("minReadySeconds"):
            body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        created = self._sim.create("replicasets", body)
        if size:
            self._say_scaled(deployment, created, 0, size)
        with self._sim.edit("deployments", deployment, status=True) as draft:
            draft["metadata"].setdefault("annotations", {})[REVISION] = str(number)
            self._progress(
                draft, "True", "NewReplicaSetCreated", f'Created new replica set "{created["metadata"]["name"]}"'
            )

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
                    self._progress(draft, "True", "FoundNewReplicaSet", f'Found new replica set "{name}"')
        return self._sim.version != before

    # How many

    def _grow(self, deployment: JSON, new: JSON, olds: list[JSON]) -> bool:
        desired, (surge, _) = deployment["spec"]["replicas"], fence_posts(deployment["spec"])
        if _size(new) > desired:
            return self._resize(deployment, new, desired)
        room = desired + surge - sum(_size(each) for each in [new, *olds])
        return self._resize(deployment, new, _size(new) + max(0, min(room, desired - _size(new))))

    def _shrink(self, deployment: JSON, new: JSON, olds: list[JSON]) -> bool:
        """First the old Pods that do not serve, then as many serving ones as the promise of availability leaves."""
        desired, (_, unavailable) = deployment["spec"]["replicas"], fence_posts(deployment["spec"])
        least = desired - unavailable
        active = [each for each in olds if _size(each)]
        total = sum(_size(each) for each in [new, *active])
        budget = total - least - (_size(new) - _available(new))
        if not active or budget <= 0:
            return False
        sizes = {each["metadata"]["name"]: _size(each) for each in active}
        for each in active:
            unhealthy = min(budget, max(0, _size(each) - _available(each)))
            sizes[each["metadata"]["name"]] -= unhealthy
            budget -= unhealthy
        can_stop = sum(_available(each) for each in [new, *active]) - least
        for each in active:
            name = each["metadata"]["name"]
            healthy = max(0, min(can_stop, sizes[name]))
            sizes[name] -= healthy
            can_stop -= healthy
        resized = [self._resize(deployment, each, sizes[each["metadata"]["name"]]) for each in active]
        return any(resized)

    def _must_recreate(self, deployment: JSON) -> bool:
        return bool(deployment["spec"].get("strategy", {}).get("type") == "Recreate")

    def _stop_old(self, deployment: JSON, olds: list[JSON]) -> bool:
        """Recreate: true as long as an old Pod exists, terminating ones included."""
        resized = [self._resize(deployment, each, 0) for each in olds]
        return any(resized) or any(self._sim.owned("pods", each) for each in olds)

    def _is_scaling(self, deployment: JSON, sets: list[JSON]) -> bool:
        desired = deployment["spec"]["replicas"]
        return any(_size(each) and _annotation(each, DESIRED) not in {0, desired} for each in sets)

    def _scale(self, deployment: JSON, new: JSON | None, olds: list[JSON]) -> None:
        desired, (surge, _) = deployment["spec"]["replicas"], fence_posts(deployment["spec"])
        sets = [*olds, new] if new else olds
        active = [each for each in sets if _size(each)]
        if len(active) <= 1:
            only = active[0] if active else new or (max(olds, key=_by_age) if olds else None)
            if only is not None:
                self._resize(deployment, only, desired)
            return
        if new is not None and _size(new) == desired == _annotation(new, DESIRED) == _available(new):
            for each in active:
                if each is not new:
                    self._resize(deployment, each, 0)
            return
        for each, size in proportional(active, desired, surge, deployment["status"].get("replicas", 0)):
            self._resize(deployment, each, size)

    def _resize(self, deployment: JSON, replica_set: JSON, size: int) -> bool:
        """Write the size and the annotations that remember what it was computed for. True when the size changed."""
        before = _size(replica_set)
        surge, _ = fence_posts(deployment["spec"])
        desired = deployment["spec"]["replicas"]
        with self._sim.edit("replicasets", replica_set) as draft:
            draft["spec"]["replicas"] = size
            draft["metadata"].setdefault("annotations", {}).update(
                {DESIRED: str(desired), MAXIMUM: str(desired + surge)}
            )
        if size != before:
            self._say_scaled(deployment, replica_set, before, size)
        return size != before

    def _say_scaled(self, deployment: JSON, replica_set: JSON, before: int, after: int) -> None:
        direction = "up" if after > before else "down"
        text = f"Scaled {direction} replica set {replica_set['metadata']['name']} from {before} to {after}"
        self._sim.record(deployment, "Normal", "ScalingReplicaSet", text, "deployment-controller")

    def _clean_up(self, deployment: JSON, olds: list[JSON]) -> None:
        surplus = len(olds) - deployment["spec"].get("revisionHistoryLimit", 10)
        for each in sorted(olds, key=revision)[: max(0, surplus)]:
            if not _size(each) and not each["status"]["replicas"]:
                self._sim.remove("replicasets", each["metadata"]["namespace"], each["metadata"]["name"])

    # Status

    def _note_pause(self, deployment: JSON) -> bool:
        progressing = condition(deployment, "Progressing")
        if progressing is None or progressing["reason"] == "ProgressDeadlineExceeded":
            return False
        paused = deployment["spec"].get("paused", False)
        noted = progressing["reason"] == "DeploymentPaused"
        if paused == noted:
            return False
        word = "paused" if paused else "resumed"
        with self._sim.edit("deployments", deployment, status=True) as draft:
            self._progress(draft, "Unknown", f"Deployment{word.capitalize()}", f"Deployment is {word}")
        return True

    def _write_status(self, stale: JSON, *, estimate: bool = True) -> None:
        meta = stale["metadata"]
        deployment = self._sim.get("deployments", meta["namespace"], meta["name"])
        if deployment is None:
            return
        new, olds = self._split(deployment)
        old_status, spec = deployment["status"], deployment["spec"]
        status = _counts(deployment, new, olds)
        if "collisionCount" in old_status:
            status["collisionCount"] = old_status["collisionCount"]
        with self._sim.edit("deployments", deployment, status=True) as draft:
            draft["status"] = {**status, "conditions": old_status.get("conditions", [])}
            enough = status.get("availableReplicas", 0) >= spec["replicas"] - fence_posts(spec)[1]
            self._set(
                draft,
                "Available",
                "True" if enough else "False",
                "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
                f"Deployment {'has' if enough else 'does not have'} minimum availability.",
            )
            if estimate and spec.get("progressDeadlineSeconds"):
                self._estimate(draft, old_status, new)
            draft["status"] = {key: value for key, value in draft["status"].items() if value}

    def _estimate(self, draft: JSON, old: JSON, new: JSON | None) -> None:
        """The Progressing condition: complete, progressing, or past the deadline since the last progress."""
        status = draft["status"]
        current = condition(draft, "Progressing")
        settled = current is not None and current["reason"] == "NewReplicaSetAvailable"
        if status.get("replicas", 0) == status.get("updatedReplicas", 0) and settled:
            return
        name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{draft["metadata"]["name"]}"'
        if _is_complete(draft, status):
            self._progress(draft, "True", "NewReplicaSetAvailable", f"{name} has successfully progressed.")
        elif _has_progressed(status, old):
            self._progress(draft, "True", "ReplicaSetUpdated", f"{name} is progressing.", renew=True)
        elif current is not None and not settled and current["reason"] != "ProgressDeadlineExceeded":
            deadline = timedelta(seconds=draft["spec"]["progressDeadlineSeconds"])
            late = self._sim.now - (moment(current["lastUpdateTime"]) + deadline)
            if late > timedelta(0):
                self._progress(draft, "False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.")
            else:
                meta = draft["metadata"]
                self._wake(meta["namespace"], meta["name"], 1 - late.total_seconds())

    def _progress(self, draft: JSON, status: str, reason: str, message: str, *, renew: bool = False) -> None:
        self._set(draft, "Progressing", status, reason, message, renew=renew)

    def _set(self, draft: JSON, kind: str, status: str, reason: str, message: str, *, renew: bool = False) -> None:
        """Same status and same reason leave a condition untouched, unless the progress it tells of is new."""
        old = condition(draft, kind)
        if old is not None and (old["status"], old["reason"]) == (status, reason) and not renew:
            return
        new = {
            "type": kind,
            "status": status,
            "lastUpdateTime": stamp(self._sim.now),
            "reason": reason,
            "message": message,
        }
        conditions = draft["status"].get("conditions", [])
        draft["status"]["conditions"] = set_condition(conditions, new, self._sim.now)


def _counts(deployment: JSON, new: JSON | None, olds: list[JSON]) -> JSON:
    sets = [*olds, new] if new else olds

    def total(field: str) -> int:
        return sum(int(each["status"].get(field, 0)) for each in sets)

    available = total("availableReplicas")
    return {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": total("replicas"),
        "updatedReplicas": int(new["status"].get("replicas", 0)) if new else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(_size(each) for each in sets) - available),
    }


def _is_complete(deployment: JSON, status: JSON) -> bool:
    counts = {status.get(field, 0) for field in ("updatedReplicas", "replicas", "availableReplicas")}
    observed = bool(status.get("observedGeneration", 0) >= deployment["metadata"]["generation"])
    return observed and counts == {deployment["spec"]["replicas"]}


def _has_progressed(status: JSON, old: JSON) -> bool:
    def grew(field: str) -> bool:
        return bool(status.get(field, 0) > old.get(field, 0))

    def outdated(counts: JSON) -> int:
        return int(counts.get("replicas", 0)) - int(counts.get("updatedReplicas", 0))

    return (
        grew("updatedReplicas")
        or outdated(status) < outdated(old)
        or grew("readyReplicas")
        or grew("availableReplicas")
    )


def proportional(active: list[JSON], desired: int, surge: int, known: int) -> list[tuple[JSON, int]]:
    """New sizes when a Deployment is scaled during a rollout: each ReplicaSet takes its share, the first the rest.

    `known` is the Deployment's status.replicas, for ReplicaSets without the annotation that tells what their size was
    computed for.
    """
    allowed = desired + surge if desired else 0
    add = allowed - sum(_size(each) for each in active)
    ordered = sorted(active, key=_by_age, reverse=add > 0)
    ordered.sort(key=_size, reverse=True)
    sizes = []
    added = 0
    for each in ordered:
        share = 0
        if add and add != added:
            wanted = _fraction(each, desired, surge, known)
            share = min(wanted, add - added) if add > 0 else max(wanted, add - added)
        sizes.append(_size(each) + share)
        added += share
    if sizes:
        sizes[0] = max(0, sizes[0] + add - added)
    return list(zip(ordered, sizes, strict=True))


def _fraction(replica_set: JSON, desired: int, surge: int, known: int) -> int:
    size = _size(replica_set)
    if desired == 0:
        return -size
    before = _annotation(replica_set, MAXIMUM) or known
    if not before:
        return 0
    return (2 * size * (desired + surge) + before) // (2 * before) - size
