"""A StatefulSet in order does not replace a Pod that is not ready, not even by a template that would mend it: the
broken Pod has to be deleted. Here it is found, and its deletion planned. Pure.

https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
"""

from __future__ import annotations

import msgspec

from kubectl_goweb.actions.guard.following import Moment
from kubectl_goweb.actions.guard.judging import Outcome
from kubectl_goweb.actions.plan import Danger, Plan, Write
from kubectl_goweb.objects import Kind, Pod
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.verdicts import Ref


def blocking_pod(moment: Moment) -> Pod | None:
    """The broken Pod of an older revision, when nothing else is in the way of what is guarded."""
    judged = moment.judged
    if judged.outcome is not Outcome.FAILED or judged.code != Code.SET_BLOCKED or len(judged.pods) != 1:
        return None
    return moment.found.pods.get(f"{moment.seen.ref.namespace}/{judged.pods[0]}")


def plan_unblocking(pod: Pod, owner: Ref, context: str) -> Plan:
    """Delete it as it was seen: should it have got ready meanwhile, it is another version, and stays."""
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": pod.metadata.uid, "resourceVersion": pod.metadata.resource_version},
    }
    path = Kind.POD.resource.path(pod.namespace, pod.name)
    return Plan(
        verb="unblock",
        target=Ref("Pod", pod.name, pod.namespace),
        uid=pod.metadata.uid,
        context=context,
        sentence=f"delete Pod {pod.name}, which is not ready and of an older revision: {owner.short} makes it anew",
        done="deleted",
        writes=(Write("DELETE", path, msgspec.json.encode(options), "application/json"),),
        kubectl=f"kubectl delete pod {pod.name} -n {pod.namespace}",
        danger=Danger.LIGHT,
        preconditions=("it is the same Pod, and nothing of it has changed since it was seen (uid, resourceVersion)",),
        notes=("its volumes stay",),
        one_way="the Pod that was deleted does not come back; its StatefulSet makes another one of the same name",
    )
