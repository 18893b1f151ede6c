"""Whether the Pods that a change adds find room: in the namespace's quotas, and on the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.objects.policy import ResourceQuota
from kubectl_goweb.objects.template import FullTemplate
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.placement import Cluster, demand_of_template, placement
from kubectl_goweb.status.placement.amounts import asked_text, counted, pod_requests
from kubectl_goweb.status.workloads import fence_posts

_MOST = 10
"""Pods that are placed to see whether all of them find room; more is told as `10 or more`."""


_SPOKEN = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
"""What every container must name where a quota counts it:
https://kubernetes.io/docs/concepts/policy/resource-quotas/#requests-vs-limits
"""


def surge(facts: Facts) -> int:
    """How many Pods a rollout may add to those that exist now. A StatefulSet and a DaemonSet end old Pods first."""
    if facts.target.kind != "Deployment":
        return 0
    limits = fence_posts(facts.replicas, facts.strategy.type, facts.strategy.rolling_update)
    if limits is None or facts.strategy.type != "RollingUpdate":
        return 0
    return max(0, limits.at_most(facts.replicas) - int(facts.status.get("replicas", 0)))


def least(facts: Facts) -> int:
    """How many Pods a rollout leaves available at least."""
    limits = fence_posts(facts.replicas, facts.strategy.type, facts.strategy.rolling_update)
    return limits.at_least(facts.replicas) if limits is not None else facts.replicas


def short_of_quota(facts: Facts, template: FullTemplate, added: int) -> Iterator[str]:
    """What each quota of the namespace lacks for so many more Pods, and what it wants of every Pod.

    Quotas with scopes count some Pods only; they are passed over, for here it is not known which.
    """
    asked = _counted_by_quotas(template)
    for quota in facts.around.quotas.values():
        if _has_scopes(quota):
            continue
        hard, used = counted_quota(quota.status.hard), counted_quota(quota.status.used)
        lacks = [
            f"{name}: {asked_text(_plain_name(name), asked[name] * added)} more wanted, "
            f"{asked_text(_plain_name(name), max(0, limit - used.get(name, 0)))} of "
            f"{asked_text(_plain_name(name), limit)} left"
            for name, limit in hard.items()
            if name in asked and used.get(name, 0) + asked[name] * added > limit
        ]
        if lacks:
            yield plain(f"quota {quota.name} has no room for {added} more Pods ({'; '.join(lacks)})")
        filled = _filled_in(facts)
        silent = sorted(name for name in hard if name in _SPOKEN and name not in filled and not _says(template, name))
        if silent:
            yield plain(f"quota {quota.name} wants every container to say {', '.join(silent)}, and not all do")


def _filled_in(facts: Facts) -> set[str]:
    """What the namespace's LimitRanges write into containers that do not say it; a default limit is a request too."""
    found: set[str] = set()
    for one in facts.around.limit_ranges.values():
        for item in one.spec.limits:
            if item.type == "Container":
                found |= {f"limits.{name}" for name in item.default}
                for name in {**item.default, **item.default_request}:
                    found |= {name, f"requests.{name}"}
    return found


def _says(template: FullTemplate, name: str) -> bool:
    """Whether every container names it. A limit alone becomes a request too."""
    short = _plain_name(name)
    for one in template.spec.all_containers:
        named = (
            one.resources.limits if name.startswith("limits.") else {**one.resources.limits, **one.resources.requests}
        )
        if short not in named:
            return False
    return True


def counted_quota(amounts: object) -> dict[str, int]:
    """A quota's amounts; CPU in thousandths under each of its names."""
    if not isinstance(amounts, dict):
        return {}
    found = {}
    for name, amount in amounts.items():
        short = _plain_name(name)
        for value in counted({short: amount}).values():
            found[name] = value
    return found


def _plain_name(name: str) -> str:
    return name.removeprefix("requests.").removeprefix("limits.")


def _has_scopes(quota: ResourceQuota) -> bool:
    return bool(quota.spec.scopes) or quota.spec.scope_selector is not None


def _counted_by_quotas(template: FullTemplate) -> dict[str, int]:
    """What one Pod counts for: requests under both of their names, limits, the Pod itself."""
    requests = pod_requests(template.spec)
    limits: dict[str, int] = {}
    for container in template.spec.containers:
        for name, amount in counted(container.resources.limits).items():
            limits[name] = limits.get(name, 0) + amount
    return {
        "pods": 1,
        "count/pods": 1,
        **{name: amount for name, amount in requests.items() if name in ("cpu", "memory")},
        **{f"requests.{name}": amount for name, amount in requests.items()},
        **{f"limits.{name}": amount for name, amount in limits.items()},
    }


def short_of_nodes(cluster: Cluster, template: FullTemplate, namespace: str, added: int) -> str:
    """How many of so many more Pods find no node, and why; empty when all of them do."""
    demand = demand_of_template(template, namespace)
    wanted = min(added, _MOST)
    for placed in range(wanted):
        told = placement(demand, cluster)
        if not told.fitting:
            many = f"{added}" if added <= _MOST else f"{_MOST} or more"
            which = f"only {placed} of {many} more Pods find" if placed else f"none of {many} more Pods finds"
            return plain(f"{which} a node now: {told.summary}")
        freest = max(told.fitting, key=lambda name: cluster.rooms[name].free("cpu"))
        cluster = cluster.placed(demand, freest)
    return ""
