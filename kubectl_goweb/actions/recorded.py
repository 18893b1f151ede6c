"""The recorded Pod templates of a workload: a Deployment's ReplicaSets, a StatefulSet's or DaemonSet's
ControllerRevisions, in full, as an undo writes them back.

What they say of the present is told in `status.revisions`; here they are what can be gone back to.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from kubectl_goweb.actions.pointers import Json
from kubectl_goweb.objects import Pod

_REVISION_LABEL = "controller-revision-hash"
HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
CAUSE = "kubernetes.io/change-cause"


class Recorded(Struct, frozen=True, kw_only=True):
    """One of them."""

    number: int
    """0 where the revision annotation is missing."""
    name: str
    template: Json
    annotations: dict[str, str] = {}
    created: str = ""
    """RFC 3339, as the server wrote it."""
    desired: int = 0
    existing: int = 0
    available: int = 0
    """The three are told by a ReplicaSet's status; of a ControllerRevision they are counted, see `with_pods`."""


def from_replica_sets(items: Iterable[Json], owner: str) -> tuple[Recorded, ...]:
    """Those that this Deployment controls, the highest number first.

    As kubectl's history: a missing annotation counts as revision 0, one that is no number is left out.
    """
    found = []
    for one in items:
        number = (one["metadata"].get("annotations") or {}).get(REVISION, "0")
        if not _is_controlled(one, owner) or not number.isdecimal():
            continue
        status = one.get("status") or {}
        found.append(
            Recorded(
                number=int(number),
                name=one["metadata"]["name"],
                template=_without_hash(one["spec"]["template"]),
                annotations=one["metadata"].get("annotations") or {},
                created=one["metadata"].get("creationTimestamp") or "",
                desired=one["spec"].get("replicas", 1),
                existing=status.get("replicas", 0),
                available=status.get("availableReplicas", 0),
            )
        )
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def from_controller_revisions(items: Iterable[Json], owner: str) -> tuple[Recorded, ...]:
    """Those of this StatefulSet or DaemonSet, the highest number first.

    Their data is a strategic merge patch that replaces the template; the `$patch` in it is no part of the template.
    """
    found = []
    for one in items:
        template = ((one.get("data") or {}).get("spec") or {}).get("template")
        if not _is_controlled(one, owner) or not isinstance(template, dict):
            continue
        found.append(
            Recorded(
                number=int(one.get("revision", 0)),
                name=one["metadata"]["name"],
                template={key: value for key, value in template.items() if key != "$patch"},
                annotations=one["metadata"].get("annotations") or {},
                created=one["metadata"].get("creationTimestamp") or "",
            )
        )
    return tuple(sorted(found, key=lambda one: one.number, reverse=True))


def with_pods(recorded: Iterable[Recorded], pods: Iterable[Pod], owner: str) -> tuple[Recorded, ...]:
    """ControllerRevisions with the Pods that are of them. A ready Pod counts as available: minReadySeconds are not
    waited for.

    Pods carry the revision's hash (a DaemonSet's) or its name (a StatefulSet's) as label controller-revision-hash.
    """
    mine = [
        (pod.metadata.labels.get(_REVISION_LABEL, ""), pod.status.is_ready)
        for pod in pods
        if pod.metadata.deletion_timestamp is None
        and (pod.metadata.controller is not None and pod.metadata.controller.uid == owner)
    ]
    found = []
    for one in recorded:
        ready = [
            is_ready for label, is_ready in mine if label and (one.name == label or one.name.endswith(f"-{label}"))
        ]
        found.append(structs.replace(one, desired=len(ready), existing=len(ready), available=sum(ready)))
    return tuple(found)


def by_number(recorded: Iterable[Recorded], number: int) -> Recorded | None:
    """The one of that number."""
    return next((one for one in recorded if one.number == number), None)


def taken_back(recorded: Iterable[Recorded]) -> frozenset[int]:
    """Numbers of revisions that somebody went back from.

    A template that is rolled out again gets a new number, one more than the newest, and its ReplicaSet remembers the
    ones it had (`revision-history`): the number before each new one is that of the revision that was given up.
    """
    known = tuple(recorded)
    found = set()
    for one in known:
        had = [int(each) for each in one.annotations.get(HISTORY, "").split(",") if each.strip().isdecimal()]
        found |= {number - 1 for number in [*had, one.number][1:]}
        # A ControllerRevision remembers no numbers, but is older than one that had a lower number before it.
        if any(each.number < one.number and each.created > one.created for each in known):
            found.add(one.number - 1)
    return frozenset(found)


def same_template(one: Json, other: Json) -> bool:
    """Whether they make the same Pods: equal but for the hash label that the controller adds."""
    return _comparable(one) == _comparable(other)


def _is_controlled(one: Json, owner: str) -> bool:
    owners = one["metadata"].get("ownerReferences") or ()
    return any(each.get("controller") and each.get("uid") == owner for each in owners)


def _without_hash(template: Json) -> Json:
    meta = dict(template.get("metadata") or {})
    if "labels" in meta:
        meta["labels"] = {key: value for key, value in meta["labels"].items() if key != HASH}
    return {**template, "metadata": meta}


def _comparable(template: Json) -> Json:
    """Without what older servers write as null (`creationTimestamp`)."""
    bare = _without_hash(template)
    return {**bare, "metadata": {key: value for key, value in bare["metadata"].items() if value}}
