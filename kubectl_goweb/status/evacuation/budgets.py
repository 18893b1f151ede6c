"""Disruption budgets: which one guards a Pod, how many it lets go now, and which unhealthy Pods are the reason.

Follows the eviction subresource of the API server (k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go) and
https://kubernetes.io/docs/concepts/workloads/pods/disruptions/.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_goweb.objects.policy import PodDisruptionBudget
from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.selection import selects
from kubectl_goweb.status.verdicts import Answer


class Ailing(Answer, frozen=True, gc=False):
    """A Pod that counts for a budget and is not healthy."""

    pod: str
    node: str
    why: str
    """In the API's own word, as `CrashLoopBackOff`."""


class Budget(Answer, frozen=True, gc=False):
    """One PodDisruptionBudget as told."""

    name: str
    namespace: str
    needs: int
    """Healthy Pods, at least (status.desiredHealthy)."""
    healthy: int
    allowed: int
    """Evictions that it lets through now."""
    unhealthy: tuple[Ailing, ...]
    rule: str
    """`minAvailable 2`."""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def text(self) -> str:
        """One line: what it needs, what it has, and who is missing."""
        missing = ", ".join(f"{one.pod.partition('/')[2]} ({one.why})" for one in self.unhealthy)
        blame = f"; not healthy: {missing}" if missing else ""
        pods = "Pod" if self.needs == 1 else "Pods"
        return f"budget {self.name} needs {self.needs} healthy {pods} and has {self.healthy}{blame}"


def budgets_of(pod: FullPod, budgets: Iterable[PodDisruptionBudget]) -> tuple[PodDisruptionBudget, ...]:
    """The budgets that guard this Pod; the eviction API cannot work with more than one."""
    return tuple(
        one
        for one in budgets
        if one.namespace == pod.metadata.namespace and selects(one.spec.selector, pod.metadata.labels)
    )


def budget_told(one: PodDisruptionBudget, pods: Iterable[FullPod]) -> Budget:
    """The budget, with the unhealthy ones among all these Pods that it counts."""
    mine = [pod for pod in pods if budgets_of(pod, (one,)) and pod.status.phase not in ("Succeeded", "Failed")]
    ailing = [Ailing(pod.key, pod.spec.node_name, why_unhealthy(pod)) for pod in mine if not is_healthy(pod)]
    spec = one.spec
    rule = (
        f"minAvailable {spec.min_available}"
        if spec.min_available is not None
        else f"maxUnavailable {spec.max_unavailable}"
    )
    return Budget(
        one.name,
        one.namespace,
        one.status.desired_healthy,
        one.status.current_healthy,
        one.status.disruptions_allowed,
        tuple(ailing),
        rule,
    )


def is_healthy(pod: FullPod) -> bool:
    """Ready and not on its way out, as budgets count."""
    return pod.status.is_ready and pod.metadata.deletion_timestamp is None


def why_unhealthy(pod: FullPod) -> str:
    """One word or two."""
    if pod.metadata.deletion_timestamp is not None:
        return "terminating"
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        if status.state.waiting is not None and status.state.waiting.reason:
            return plain(status.state.waiting.reason)
        if status.state.terminated is not None and status.state.terminated.exit_code:
            return plain(status.state.terminated.reason) or f"exit code {status.state.terminated.exit_code}"
    if not pod.spec.node_name:
        return "not scheduled"
    return "not ready" if pod.status.phase == "Running" else plain(pod.status.phase) or "unknown"


def is_unguarded(pod: FullPod) -> bool:
    """Evicted without asking any budget."""
    return pod.status.phase in ("Succeeded", "Failed", "Pending") or pod.metadata.deletion_timestamp is not None
