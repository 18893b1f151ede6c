"""Small questions to API objects, which are plain JSON here as the API server sends it, and small changes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

JSON = dict[str, Any]


def stamp(moment: datetime) -> str:
    """A time as metav1.Time is written: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The time that `stamp` wrote."""
    return datetime.fromisoformat(text)


def clone(value: Any) -> Any:
    """A deep copy of JSON; copy.deepcopy takes twice as long, and the world copies a lot."""
    if isinstance(value, dict):
        return {key: clone(each) for key, each in value.items()}
    if isinstance(value, list):
        return [clone(each) for each in value]
    return value


def controller_uid(body: JSON) -> str:
    """The uid of the controller that owns the object, or an empty string."""
    for owner in body["metadata"].get("ownerReferences", []):
        if owner.get("controller"):
            return str(owner["uid"])
    return ""


def owner_reference(owner: JSON) -> JSON:
    """The ownerReference a controller puts on what it creates."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def set_condition(conditions: list[JSON], new: JSON, now: datetime, *, touched: str = "") -> list[JSON]:
    """Conditions with `new` put in: lastTransitionTime moves only with the status, the changed one goes to the end.

    `touched` names the field that is set on every change besides (lastUpdateTime of a Deployment's conditions).
    """
    old = next((each for each in conditions if each["type"] == new["type"]), None)
    changed = {**new, "lastTransitionTime": stamp(now)}
    if touched:
        changed[touched] = stamp(now)
    if old is not None and old["status"] == new["status"]:
        changed["lastTransitionTime"] = old["lastTransitionTime"]
    return [each for each in conditions if each["type"] != new["type"]] + [changed]


def condition(body: JSON, kind: str) -> JSON | None:
    """The condition of that type in the object's status."""
    found = (each for each in body.get("status", {}).get("conditions", []) if each["type"] == kind)
    return next(found, None)


def is_ready(pod: JSON) -> bool:
    """The Pod's Ready condition."""
    ready = condition(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def is_active(pod: JSON) -> bool:
    """Counts for its controller: neither finished nor being deleted."""
    return pod["status"].get("phase") not in {"Succeeded", "Failed"} and "deletionTimestamp" not in pod["metadata"]


def set_pod_conditions(draft: JSON, now: datetime, wanted: dict[str, tuple[str, str, str]]) -> None:
    """Put conditions in, in the kubelet's order; a reason or message that is empty is left out."""
    order = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = draft["status"].get("conditions", [])
    for kind, (status, reason, message) in wanted.items():
        new: JSON = {"type": kind, "status": status, "lastProbeTime": None}
        if reason:
            new["reason"] = reason
        if message:
            new["message"] = message
        conditions = set_condition(conditions, new, now)
    draft["status"]["conditions"] = sorted(conditions, key=lambda each: order.index(each["type"]))
