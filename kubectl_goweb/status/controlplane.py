"""The parts of the control plane, each with its verdict and where that is known from.

What cannot be seen is unknown, never failing: on a managed cluster most of it is somebody else's. A part without a
visible health of its own is judged by its work: Pods that nobody places, Deployments that nobody looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import structs

from kubectl_goweb.objects import EndpointSlice, FeedState, Kind, Pod, Snapshot, condition
from kubectl_goweb.objects.facts import Checked
from kubectl_goweb.objects.policy import Lease, Webhook
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.index import SERVICE_NAME
from kubectl_goweb.status.verdicts import Answer, Verdict

SYSTEM = "kube-system"
_SCHEDULER = "default-scheduler"
_CHECK = re.compile(r"^\[([+-])\](\S+) (ok|failed)(?:: (.*))?$", re.MULTILINE)
_SLOW = 1.0
"""Seconds for a health check above which an API server counts as degraded."""
_IDLE = 30.0
"""Seconds that a scheduler or controller may take to look at something new."""
_LEASE_GRACE = 2.0
"""A lease is over after so many times its duration: leaders renew well before."""


class Part(Answer, frozen=True, gc=False):
    """One part."""

    name: str
    verdict: Verdict
    why: str
    """In one line; also for a healthy one, where it says by what."""
    source: str
    """`/readyz`, `lease`, `its work`, `DaemonSet`, `Deployment`, `endpoints`; empty when nothing tells."""
    latency: float | None = None
    """Seconds of the answer, as seen from here."""


def checks(text: str) -> Mapping[str, str]:
    """What each check of a verbose answer says: `ok`, or why not."""
    return {name: "ok" if word == "ok" else plain(why or "failed", 200) for _, name, word, why in _CHECK.findall(text)}


def api_server(livez: Checked, readyz: Checked) -> Part:
    """Alive and ready, by its own checks."""
    latency = readyz.latency
    failed = [f"{name}: {said}" for name, said in checks(readyz.text).items() if said != "ok"]
    name = "API server"
    if readyz.status in (401, 403):
        return Part(name, Verdict.UNKNOWN, "answers, but its health may not be asked", "", latency)
    if readyz.status == 0:
        return Part(name, Verdict.FAILING, readyz.text or "does not answer", "/readyz", latency)
    if readyz.status != 200 or livez.status not in (200, 401, 403):
        return Part(name, Verdict.FAILING, f"not ready: {'; '.join(failed) or readyz.status}", "/readyz", latency)
    if latency > _SLOW:
        return Part(name, Verdict.DEGRADED, f"ready, but took {latency:.1f} s to say so", "/readyz", latency)
    return Part(name, Verdict.HEALTHY, f"{len(checks(readyz.text))} checks ok", "/readyz", latency)


def etcd(readyz: Checked) -> Part:
    """As the API server sees it: `etcd` and `etcd-readiness` of its checks."""
    mine = {name: said for name, said in checks(readyz.text).items() if name.startswith("etcd")}
    if not mine:
        return Part("etcd", Verdict.UNKNOWN, "not visible: the API server does not tell", "")
    failed = [f"{name}: {said}" for name, said in mine.items() if said != "ok"]
    if failed:
        return Part("etcd", Verdict.FAILING, "; ".join(failed), "/readyz")
    return Part("etcd", Verdict.HEALTHY, f"{', '.join(mine)} ok", "/readyz")


def leader(name: str, leases: Mapping[str, Lease], idle: Iterable[str], now: datetime, *, can_see: bool) -> Part:
    """A part that holds a lease of its name in kube-system, else is judged by what waits for it (`idle`)."""
    waiting = list(idle)
    lease = leases.get(f"{SYSTEM}/{name}")
    if lease is not None and lease.spec.renew_time is not None:
        since = (now - lease.spec.renew_time).total_seconds()
        limit = (lease.spec.lease_duration_seconds or 15) * _LEASE_GRACE
        if since > limit:
            return Part(name, Verdict.FAILING, f"its lease was last renewed {duration(since)} ago", "lease")
        if not waiting:
            return Part(name, Verdict.HEALTHY, f"renewed its lease {max(0.0, since):.0f} s ago", "lease")
    if waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        return Part(name, Verdict.FAILING, f"does not work: {waiting[0]}{more}", "its work")
    why = "no lease of its name" if can_see else "leases could not be seen"
    return Part(name, Verdict.UNKNOWN, f"not visible: {why}, and nothing waits for it", "")


def unplaced(pods: Iterable[Pod], now: datetime) -> list[str]:
    """Pods that the default scheduler has not looked at: no node, and nothing said about placing them."""
    return [
        f"Pod {pod.key} waits for {duration(age)} and nobody has tried to place it"
        for pod in pods
        if not pod.spec.node_name
        and pod.spec.scheduler_name == _SCHEDULER
        and pod.status.phase == "Pending"
        and condition(pod.status.conditions, "PodScheduled") is None
        and pod.metadata.creation_timestamp is not None
        and (age := (now - pod.metadata.creation_timestamp).total_seconds()) > _IDLE
    ]


def unobserved(seen: Snapshot, now: datetime) -> list[str]:
    """Deployments that no controller has looked at since they were made."""
    return [
        f"Deployment {one.key} was made {duration(age)} ago and nobody has looked at it"
        for one in seen.deployments.values()
        if one.status.observed_generation == 0
        and one.metadata.creation_timestamp is not None
        and (age := (now - one.metadata.creation_timestamp).total_seconds()) > _IDLE
    ]


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
    if not found:
        return Part("DNS", Verdict.UNKNOWN, f"not visible: no Deployment with k8s-app=kube-dns in {SYSTEM}", "")
    (one, *_) = found
    ready, wanted = one.status.available_replicas, one.spec.replicas
    verdict = Verdict.HEALTHY if ready >= wanted else Verdict.FAILING if ready == 0 else Verdict.DEGRADED
    return Part("DNS", verdict, f"{one.name}: {ready} of {wanted} available", "Deployment")


def webhooks(seen: Snapshot) -> tuple[Part, ...]:
    """Admission webhooks whose Service has nobody behind it: with failurePolicy Fail, nothing they watch over can be
    created or changed.
    """
    kinds = (("validating", [*seen.validating_webhooks.values()]), ("mutating", [*seen.mutating_webhooks.values()]))
    return tuple(
        part
        for kind, configurations in kinds
        for configuration in configurations
        for webhook in configuration.webhooks
        if (part := _webhook(kind, webhook, seen)) is not None
    )


def _hidden(name: str, what: str) -> Part:
    return Part(name, Verdict.UNKNOWN, f"not visible: {what} could not be seen", "")


def _webhook(kind: str, webhook: Webhook, seen: Snapshot) -> Part | None:
    """None when it is well, or outside the cluster."""
    service = webhook.client_config.service
    if service is None or seen.feeds[Kind.ENDPOINT_SLICE].state is not FeedState.LIVE:
        return None
    mine = [
        piece
        for piece in seen.endpoint_slices.values()
        if piece.namespace == service.namespace and piece.metadata.labels.get(SERVICE_NAME) == service.name
    ]
    if any(_is_ready(piece) for piece in mine):
        return None
    blocks = webhook.failure_policy == "Fail"
    effect = "what it watches over cannot be created or changed" if blocks else "it is passed over"
    why = f"Service {service.namespace}/{service.name} has no ready endpoint: {effect}"
    verdict = Verdict.FAILING if blocks else Verdict.DEGRADED
    return Part(f"{kind} webhook {webhook.name}", verdict, why, "endpoints")


def _is_ready(piece: EndpointSlice) -> bool:
    return any(endpoint.conditions.ready is not False for endpoint in piece.endpoints or ())


def control_plane(livez: Checked, readyz: Checked, seen: Snapshot, now: datetime) -> tuple[Part, ...]:
    """Every part, in the order in which they depend on each other. `seen` has the kinds of PARTS; those that could not
    be listed count as not visible.
    """

    def sees(kind: Kind) -> bool:
        feed = seen.feeds.get(kind)
        return feed is not None and feed.state is FeedState.LIVE

    leases = seen.leases if sees(Kind.LEASE) else {}
    return (
        api_server(livez, readyz),
        etcd(readyz),
        leader("kube-controller-manager", leases, unobserved(seen, now), now, can_see=sees(Kind.LEASE)),
        leader("kube-scheduler", leases, unplaced(seen.pods.values(), now), now, can_see=sees(Kind.LEASE)),
        kube_proxy(seen) if sees(Kind.DAEMON_SET) else _hidden("kube-proxy", "DaemonSets"),
        dns(seen) if sees(Kind.DEPLOYMENT) else _hidden("DNS", "Deployments"),
        *webhooks(seen),
    )


def parts_of(snapshot: Snapshot) -> tuple[Part, ...]:
    """As it was when it was last asked about (`facts.plane`), with the Deployments that are looked at now; nothing when
    it was not asked about.
    """
    plane = snapshot.facts.plane
    if plane is None:
        return ()
    seen = structs.replace(plane.seen, deployments={**snapshot.deployments, **plane.seen.deployments})
    return control_plane(plane.livez, plane.readyz, seen, plane.at)


PARTS = (
    Kind.LEASE,
    Kind.POD,
    Kind.DEPLOYMENT,
    Kind.DAEMON_SET,
    Kind.ENDPOINT_SLICE,
    Kind.VALIDATING_WEBHOOK_CONFIGURATION,
    Kind.MUTATING_WEBHOOK_CONFIGURATION,
)
