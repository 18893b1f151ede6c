"""What a Deployment says of its rollout: counts and the conditions Available and Progressing.

Pure over a draft of the Deployment. Rules: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

from datetime import datetime, timedelta

from kubectl_goweb.demo.bodies import JSON, condition, moment, set_condition, stamp
from kubectl_goweb.demo.sizes import fence_posts, size


def counts(deployment: JSON, new: JSON | None, olds: list[JSON]) -> JSON:
    """The status without conditions, zeros included."""
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
        "unavailableReplicas": max(0, sum(size(each) for each in sets) - available),
    }


def is_complete(deployment: JSON, status: JSON) -> bool:
    """Every Pod is of the present template and available, and none is left of another."""
    found = {status.get(field, 0) for field in ("updatedReplicas", "replicas", "availableReplicas")}
    observed = bool(status.get("observedGeneration", 0) >= deployment["metadata"]["generation"])
    return observed and found == {deployment["spec"]["replicas"]}


def tell_availability(draft: JSON, now: datetime) -> None:
    """Set the Available condition."""
    least = draft["spec"]["replicas"] - fence_posts(draft["spec"])[1]
    if draft["status"].get("availableReplicas", 0) >= least:
        text = "Deployment has minimum availability."
        _set(draft, now, "Available", "True", "MinimumReplicasAvailable", text)
    else:
        text = "Deployment does not have minimum availability."
        _set(draft, now, "Available", "False", "MinimumReplicasUnavailable", text)


def tell_progress(draft: JSON, old: JSON, new: JSON | None, now: datetime) -> float | None:
    """Set the Progressing condition: complete, progressing, or past the deadline since the last progress.

    `old` is the status before. Returns after how many seconds the deadline has to be looked at again, if it runs.
    """
    status = draft["status"]
    current = condition(draft, "Progressing")
    settled = current is not None and current["reason"] == "NewReplicaSetAvailable"
    if status.get("replicas", 0) == status.get("updatedReplicas", 0) and settled:
        return None
    name = f'ReplicaSet "{new["metadata"]["name"]}"' if new else f'Deployment "{draft["metadata"]["name"]}"'
    if is_complete(draft, status):
        set_progressing(draft, now, "True", "NewReplicaSetAvailable", f"{name} has successfully progressed.")
    elif _has_progressed(status, old):
        set_progressing(draft, now, "True", "ReplicaSetUpdated", f"{name} is progressing.", renew=True)
    elif current is not None and not settled and current["reason"] != "ProgressDeadlineExceeded":
        deadline = moment(current["lastUpdateTime"]) + timedelta(seconds=draft["spec"]["progressDeadlineSeconds"])
        if now <= deadline:
            return 1 + (deadline - now).total_seconds()
        set_progressing(draft, now, "False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.")
    return None


def _has_progressed(status: JSON, old: JSON) -> bool:
    def grew(field: str) -> bool:
        return bool(status.get(field, 0) > old.get(field, 0))

    def outdated(counted: JSON) -> int:
        return int(counted.get("replicas", 0)) - int(counted.get("updatedReplicas", 0))

    fewer_outdated = outdated(status) < outdated(old)
    return fewer_outdated or any(grew(field) for field in ("updatedReplicas", "readyReplicas", "availableReplicas"))


def set_progressing(draft: JSON, now: datetime, status: str, reason: str, message: str, *, renew: bool = False) -> None:
    """Set the Progressing condition; with `renew` its lastUpdateTime moves even if it says what it said before."""
    _set(draft, now, "Progressing", status, reason, message, renew=renew)


def _set(draft: JSON, now: datetime, kind: str, status: str, reason: str, message: str, *, renew: bool = False) -> None:
    """Same status and same reason leave a condition untouched, unless the progress it tells of is new."""
    old = condition(draft, kind)
    if old is not None and (old["status"], old["reason"]) == (status, reason) and not renew:
        return
    new = {"type": kind, "status": status, "lastUpdateTime": stamp(now), "reason": reason, "message": message}
    draft["status"]["conditions"] = set_condition(draft["status"].get("conditions", []), new, now)
