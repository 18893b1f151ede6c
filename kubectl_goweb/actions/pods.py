"""Plans about one sick Pod: have it replaced, or set it aside alive so that it can be examined. Pure.

Both are for the watchdog of `heal`, which shows and limits them; there is no way back to the Pod that ended.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kubectl_goweb.actions.plan import JSON_PATCH, Danger, Plan, Refusal, Write
from kubectl_goweb.actions.pointers import pointer
from kubectl_goweb.objects import Kind, Pod, Service
from kubectl_goweb.status.endpoints import selects
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Ref

_SET_ASIDE = "set-aside"
_LONGEST_LABEL = 63


def plan_replacement(pod: Pod, context: str) -> Plan | Refusal:
    """Evict it: its controller makes another one, and the API server refuses what a disruption budget forbids.
    https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
    """
    target = Ref("Pod", pod.name, pod.namespace)
    owner = pod.metadata.controller
    if owner is None:
        return Refusal("restart-pod", target, "no controller would replace it", "restart it by what made it")
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": {"preconditions": {"uid": pod.metadata.uid}},
    }
    path = f"{Kind.POD.resource.path(pod.namespace, pod.name)}/eviction"
    return Plan(
        verb="restart-pod",
        target=target,
        uid=pod.metadata.uid,
        context=context,
        sentence=f"evict Pod {pod.name}; {owner.kind} {owner.name} makes another one",
        done="evicted",
        writes=(Write("POST", path, msgspec.json.encode(body), "application/json"),),
        kubectl=f"kubectl -n {pod.namespace} delete pod {pod.name}",
        danger=Danger.HEAVY,
        preconditions=(f"it is still the Pod with uid {pod.metadata.uid}", "no disruption budget forbids it"),
        one_way="a Pod that ended does not come back; its controller has made another one",
    )


def plan_set_aside(pod: Pod, services: Iterable[Service], context: str, reason: str) -> Plan | Refusal:
    """Give another value to a label by which its Services find it: they send it nothing more, and where its controller
    selects by that label too, it makes another Pod.
    """
    target = Ref("Pod", pod.name, pod.namespace)
    labels = pod.metadata.labels
    mine = [one for one in services if one.spec.selector and selects(one.spec.selector, labels)]
    if not mine:
        return Refusal("shift", target, "no Service selects it", "there is nothing to take it out of")
    shared = set.intersection(*(set(one.spec.selector) for one in mine))
    if not shared:
        return Refusal("shift", target, "its Services have no label in common", "take it out of each by hand")
    key = min(shared)
    old = labels[key]
    new = f"{old[: _LONGEST_LABEL - len(_SET_ASIDE) - 1]}-{_SET_ASIDE}"
    label = pointer("metadata", "labels", key)
    patch = [
        {"op": "test", "path": "/metadata/uid", "value": pod.metadata.uid},
        {"op": "test", "path": label, "value": old},
        {"op": "replace", "path": label, "value": new},
    ]
    names = ", ".join(sorted(one.name for one in mine))
    path = Kind.POD.resource.path(pod.namespace, pod.name)
    return Plan(
        verb="shift",
        target=target,
        uid=pod.metadata.uid,
        context=context,
        sentence=f"take Pod {pod.name} out of Service {names}, alive, to be examined",
        done="set aside",
        writes=(Write("PATCH", path, msgspec.json.encode(patch), JSON_PATCH),),
        changes=(Change(f"metadata.labels[{key}]", old, new),),
        kubectl=f"kubectl -n {pod.namespace} label pod {pod.name} --overwrite {key}={new}",
        danger=Danger.LIGHT,
        preconditions=(f"it is still the Pod with uid {pod.metadata.uid}", f"label {key} is still {old}"),
        notes=(f"why: {reason}", "when it has been examined, delete it: no controller will"),
        one_way="its place may be taken by another Pod already",
        before={label: old},
    )
