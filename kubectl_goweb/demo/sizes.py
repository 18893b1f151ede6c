"""How many Pods each ReplicaSet of a Deployment may have: the arithmetic of rolling updates and of scaling.

Rules: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

from kubectl_goweb.demo.bodies import JSON

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def revision(body: JSON) -> int:
    """The revision number in the annotations; 0 when there is none."""
    return int(body["metadata"].get("annotations", {}).get(REVISION, 0))


def size(replica_set: JSON) -> int:
    return int(replica_set["spec"]["replicas"])


def available(replica_set: JSON) -> int:
    return int(replica_set["status"].get("availableReplicas", 0))


def annotation(replica_set: JSON, name: str) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(name, 0))


def by_age(replica_set: JSON) -> tuple[str, str]:
    return replica_set["metadata"]["creationTimestamp"], replica_set["metadata"]["name"]


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


def grown(new: JSON, olds: list[JSON], spec: JSON) -> int:
    """The next size of the new ReplicaSet: as much as the surge leaves room for, or down to what is desired."""
    desired, (surge, _) = int(spec["replicas"]), fence_posts(spec)
    if size(new) > desired:
        return desired
    room = desired + surge - sum(size(each) for each in [new, *olds])
    return size(new) + max(0, min(room, desired - size(new)))


def shrunk(new: JSON, olds: list[JSON], spec: JSON) -> list[tuple[JSON, int]]:
    """The next sizes of the old ReplicaSets that have Pods, oldest first.

    First the Pods go that do not serve, then as many serving ones as the promise of availability leaves.
    """
    least = spec["replicas"] - fence_posts(spec)[1]
    active = [each for each in olds if size(each)]
    total = sum(size(each) for each in [new, *active])
    budget = max(0, total - least - (size(new) - available(new)))
    can_stop = 0 if not budget else sum(available(each) for each in [new, *active]) - least
    sizes = []
    for each in active:
        unhealthy = min(budget, max(0, size(each) - available(each)))
        sizes.append(size(each) - unhealthy)
        budget -= unhealthy
    for position, rest in enumerate(sizes):
        healthy = max(0, min(can_stop, rest))
        sizes[position] -= healthy
        can_stop -= healthy
    return list(zip(active, sizes, strict=True))


def proportional(active: list[JSON], desired: int, surge: int, known: int) -> list[tuple[JSON, int]]:
    """New sizes when a Deployment is scaled during a rollout: each ReplicaSet takes its share, the first the rest.

    `known` is the Deployment's status.replicas, for ReplicaSets without the annotation that tells what their size was
    computed for.
    """
    allowed = desired + surge if desired else 0
    add = allowed - sum(size(each) for each in active)
    ordered = sorted(active, key=by_age, reverse=add > 0)
    ordered.sort(key=size, reverse=True)
    sizes = []
    added = 0
    for each in ordered:
        share = 0
        if add and add != added:
            wanted = _fraction(each, desired, surge, known)
            share = min(wanted, add - added) if add > 0 else max(wanted, add - added)
        sizes.append(size(each) + share)
        added += share
    if sizes:
        sizes[0] = max(0, sizes[0] + add - added)
    return list(zip(ordered, sizes, strict=True))


def _fraction(replica_set: JSON, desired: int, surge: int, known: int) -> int:
    now = size(replica_set)
    if desired == 0:
        return -now
    before = annotation(replica_set, MAXIMUM) or known
    if not before:
        return 0
    return (2 * now * (desired + surge) + before) // (2 * before) - now
