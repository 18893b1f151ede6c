"""The parts of the control plane that run as Pods or stand behind Services: kube-proxy, DNS, admission webhooks, and
what kubeadm runs as static Pods.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_goweb.objects import EndpointSlice, FeedState, Kind, Pod, Snapshot, condition
from kubectl_goweb.objects.facts import Checked, plane_component
from kubectl_goweb.objects.policy import Webhook
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.plane_part import SYSTEM, Part
from kubectl_goweb.status.verdicts import Verdict

_SLOW = 1.0
"""Seconds from which on a webhook counts as slow: every change that it watches over waits for it."""


def static_pods(seen: Snapshot, component: str) -> tuple[int, list[str]]:
    """How many Pods a part has, and which of them are not ready and why. None of them where it runs in another way."""
    mine = _pods_of(seen, component)
    down = []
    for pod in mine:
        ready = condition(pod.status.conditions, "Ready")
        if ready is None or ready.status != "True":
            waits = [one.state.waiting.reason for one in pod.status.container_statuses if one.state.waiting is not None]
            why = next(iter(waits), "") or (ready.reason if ready is not None else "") or "not ready"
            down.append(f"{pod.name}: {plain(why, 60)}")
    return len(mine), down


def answering(seen: Snapshot, component: str, healths: Mapping[str, Checked]) -> tuple[int, list[str]]:
    """How many Pods of a part said of themselves how they are, and which of them are not well and why. Whoever is in
    between and answers in their place (401, 403, 502, 503, a timeout) says nothing of them.
    """
    told = [(pod, healths[pod.key]) for pod in _pods_of(seen, component) if pod.key in healths]
    sick = [
        f"{pod.name}: its /healthz fails: {'; '.join(f'{name}: {why}' for name, why in health.failed.items())}"
        for pod, health in told
        if health.failed
    ]
    return len(sick) + sum(health.status == 200 for _, health in told), sick


def _pods_of(seen: Snapshot, component: str) -> list[Pod]:
    return sorted((pod for pod in seen.pods.values() if plane_component(pod) == component), key=lambda pod: pod.name)


def kube_proxy(seen: Snapshot) -> Part:
    found = seen.daemon_sets.get(f"{SYSTEM}/kube-proxy")
    if found is None:
        why = "no DaemonSet kube-proxy: it may run outside, or the network plugin may replace it"
        return Part("kube-proxy", Verdict.UNKNOWN, f"not visible: {why}", "")
    ready, wanted = found.status.number_ready, found.status.desired_number_scheduled
    verdict = Verdict.HEALTHY if ready >= wanted else Verdict.FAILING if ready == 0 else Verdict.DEGRADED
    return Part("kube-proxy", verdict, f"{ready} of {wanted} ready", "DaemonSet")


def dns(seen: Snapshot) -> Part:
    """CoreDNS or kube-dns: whoever is labelled as the cluster's DNS."""
    found = [
        one
        for one in seen.deployments.values()
        if one.namespace == SYSTEM and one.metadata.labels.get("k8s-app") in ("kube-dns", "coredns")
    ]
    pieces = _pieces(seen, SYSTEM, "kube-dns")
    if pieces and not any(_is_ready(piece) for piece in pieces):
        why = f"Service {SYSTEM}/kube-dns has no ready endpoint: names of Services cannot be resolved"
        return Part("DNS", Verdict.FAILING, why, "endpoints")
    if not found and pieces:
        ready = sum(endpoint.conditions.ready is not False for one in pieces for endpoint in one.endpoints or ())
        return Part("DNS", Verdict.HEALTHY, f"{ready} ready behind Service kube-dns", "endpoints")
    if not found:
        return Part("DNS", Verdict.UNKNOWN, f"not visible: no Deployment with k8s-app=kube-dns in {SYSTEM}", "")
    (one, *_) = found
    ready, wanted = one.status.available_replicas, one.spec.replicas
    verdict = Verdict.HEALTHY if ready >= wanted else Verdict.FAILING if ready == 0 else Verdict.DEGRADED
    return Part("DNS", verdict, f"{one.name}: {ready} of {wanted} available", "Deployment")


def webhooks(seen: Snapshot, took: Mapping[str, float]) -> tuple[Part, ...]:
    """Admission webhooks whose Service has nobody behind it: with failurePolicy Fail, nothing they watch over can be
    created or changed; and those that keep everybody waiting (`took`: seconds on average, by name).
    """
    kinds = (("validating", [*seen.validating_webhooks.values()]), ("mutating", [*seen.mutating_webhooks.values()]))
    return tuple(
        part
        for kind, configurations in kinds
        for configuration in configurations
        for webhook in configuration.webhooks
        if (part := _webhook(kind, webhook, seen, took.get(webhook.name))) is not None
    )


def _webhook(kind: str, webhook: Webhook, seen: Snapshot, took: float | None) -> Part | None:
    """None when it is well, as far as can be told."""
    name = f"{kind} webhook {webhook.name}"
    service = webhook.client_config.service
    sees = seen.feeds[Kind.ENDPOINT_SLICE].state is FeedState.LIVE
    pieces = [] if service is None else _pieces(seen, service.namespace, service.name)
    if service is not None and sees and not any(_is_ready(piece) for piece in pieces):
        blocks = webhook.failure_policy == "Fail"
        effect = "what it watches over cannot be created or changed" if blocks else "it is passed over"
        why = f"Service {service.namespace}/{service.name} has no ready endpoint: {effect}"
        return Part(name, Verdict.FAILING if blocks else Verdict.DEGRADED, why, "endpoints")
    if took is not None and took > _SLOW:
        why = f"takes {took:.1f} s on average since the API server's start, of {webhook.timeout_seconds} s it may take"
        return Part(name, Verdict.DEGRADED, why, "/metrics", took)
    return None


def _pieces(seen: Snapshot, namespace: str, service: str) -> list[EndpointSlice]:
    return [
        piece
        for piece in seen.endpoint_slices.values()
        if piece.namespace == namespace and piece.metadata.labels.get(SERVICE_NAME) == service
    ]


def _is_ready(piece: EndpointSlice) -> bool:
    return any(endpoint.conditions.ready is not False for endpoint in piece.endpoints or ())
