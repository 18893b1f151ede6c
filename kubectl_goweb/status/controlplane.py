"""The parts of the control plane, each with its verdict and where that is known from.

What cannot be seen is unknown, never failing: on a managed cluster most of it is somebody else's. A part without a
visible health of its own is judged by its work: Pods that nobody places, Deployments that nobody looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import structs

from kubectl_goweb.objects import FeedState, Kind, Pod, Snapshot, condition
from kubectl_goweb.objects.facts import Checked, ServerFacts
from kubectl_goweb.objects.policy import Lease
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.node_report import LEASES
from kubectl_goweb.status.plane_part import SYSTEM, hidden
from kubectl_goweb.status.plane_part import Part as Part
from kubectl_goweb.status.plane_services import answering, dns, kube_proxy, static_pods, webhooks
from kubectl_goweb.status.verdicts import Verdict

_SCHEDULER = "default-scheduler"
_SLOW = 1.0
"""Seconds for a health check above which an API server counts as degraded."""
_DAY = 86400.0
_SOON = 30.0
"""Days: certificates of a control plane hold a year, and are renewed by every upgrade or by hand."""
_UNWRITTEN = 40.0
_QUOTA = 2.0 * 1024**3
"""Bytes: https://etcd.io/docs/latest/op-guide/maintenance/#space-quota"""
_FULL = 0.8
_IDLE = 30.0
"""Seconds that a scheduler or controller may take to look at something new."""
_LEASE_GRACE = 2.0
"""A lease is over after so many times its duration: leaders renew well before."""


def api_server(livez: Checked, readyz: Checked, server: ServerFacts) -> Part:
    """Alive and ready, by its own checks, and whether it keeps up."""
    latency = readyz.latency
    failed = [f"{name}: {said}" for name, said in readyz.failed.items()]
    name = "API server"
    if readyz.status in (401, 403):
        return Part(name, Verdict.UNKNOWN, "answers, but its health may not be asked", "", latency)
    if readyz.status == 429:
        return Part(
            name, Verdict.DEGRADED, "answers, but puts our requests off: too many at once (429)", "/readyz", latency
        )
    if readyz.status == 0:
        return Part(name, Verdict.FAILING, readyz.text or "does not answer", "/readyz", latency)
    if readyz.status != 200 or livez.status not in (200, 401, 403):
        return Part(name, Verdict.FAILING, f"not ready: {'; '.join(failed) or readyz.status}", "/readyz", latency)
    if latency > _SLOW:
        return Part(name, Verdict.DEGRADED, f"ready, but took {latency:.1f} s to say so", "/readyz", latency)
    if server.throttled:
        of_ours = f"{server.throttled} request{'s' if server.throttled > 1 else ''} of ours"
        why = f"ready, but put off {of_ours} within a minute: too many at once (429)"
        return Part(name, Verdict.DEGRADED, why, "/readyz", latency)
    refused = f"; refused {server.refused:.0f} requests since its start (429)" if server.refused else ""
    count = len(readyz.checks)
    said = f"{count} checks ok" if count else "ready; its checks are not told"
    return Part(name, Verdict.HEALTHY, f"{said}{refused}", "/readyz", latency)


def certificate(server: ServerFacts, now: datetime) -> Iterator[Part]:
    """Until when the certificate holds that the API server shows us; nothing where none was seen."""
    ends = server.certificate_ends
    if ends is None:
        return
    left = (ends - now).total_seconds() / _DAY
    name = "API server certificate"
    if left < 0:
        yield Part(name, Verdict.FAILING, f"ended {-left:.0f} days ago ({ends:%Y-%m-%d})", "TLS")
    elif left < _SOON:
        yield Part(name, Verdict.DEGRADED, f"ends in {left:.0f} days ({ends:%Y-%m-%d})", "TLS")
    else:
        yield Part(name, Verdict.HEALTHY, f"holds until {ends:%Y-%m-%d} ({left:.0f} days)", "TLS")


def etcd(readyz: Checked, seen: Snapshot, server: ServerFacts, now: datetime) -> Part:
    """As the API server sees it: `etcd` and `etcd-readiness` of its checks, whether anything is written, its size."""
    mine = {name: said for name, said in readyz.checks.items() if name.startswith("etcd")}
    count, down = static_pods(seen, "etcd")
    failed = [f"{name}: {said}" for name, said in mine.items() if said != "ok"]
    if failed:
        return Part("etcd", Verdict.FAILING, "; ".join([*failed, *down]), "/readyz")
    if (silent := _unwritten(seen, now)) is not None:
        why = f"nothing is written: no lease was renewed for {duration(silent)}; is it out of space (alarm NOSPACE)?"
        return Part("etcd", Verdict.FAILING, why, "lease")
    if down:
        return Part("etcd", Verdict.DEGRADED, f"{count - len(down)} of {count} ready: {'; '.join(down)}", "its Pods")
    if server.has_leader is False:
        return Part(
            "etcd", Verdict.FAILING, "a member has no leader, so that it can neither read nor write", "Prometheus"
        )
    size = "" if server.storage is None else f", {server.storage / 1e6:.0f} MB"
    if server.quota_used is not None:
        size += f", {server.quota_used * 100:.0f} % of its quota"
    elif server.storage is not None and server.storage > _FULL * _QUOTA:
        size += f"; by default its quota is {_QUOTA / 1e6:.0f} MB"
    share = server.quota_used if server.quota_used is not None else (server.storage or 0.0) / _QUOTA
    if share > _FULL:
        source = "Prometheus" if server.quota_used is not None else "/metrics"
        return Part("etcd", Verdict.DEGRADED, f"nothing can be written once its database is full{size}", source)
    if not mine:
        return Part("etcd", Verdict.UNKNOWN, f"not visible: the API server does not tell{size}", "")
    return Part("etcd", Verdict.HEALTHY, f"{', '.join(mine)} ok{size}", "/readyz")


def _unwritten(seen: Snapshot, now: datetime) -> float | None:
    """Seconds since anything was written, where that is too long: API servers and kubelets renew their leases every
    10 s. None when something was, or when no such lease can be seen.
    """
    renewed = [
        lease.spec.renew_time
        for lease in seen.leases.values()
        if lease.spec.renew_time is not None
        and (lease.namespace == LEASES or (lease.namespace == SYSTEM and lease.name.startswith("apiserver-")))
    ]
    since = (now - max(renewed)).total_seconds() if renewed else 0.0
    return since if since > _UNWRITTEN else None


def leader(
    name: str,
    leases: Mapping[str, Lease],
    idle: Iterable[str],
    now: datetime,
    *,
    can_see: bool,
    pods: tuple[int, list[str]] = (0, []),
    answers: tuple[int, list[str]] = (0, []),
) -> Part:
    """A part that holds a lease of its name in kube-system, else is judged by what waits for it (`idle`), else by its
    `pods`; and in any case by what they answer about their health, where that can be had.
    """
    waiting = list(idle)
    answered, sick = answers
    told = "; its /healthz is ok" if answered else ""
    lease = leases.get(f"{SYSTEM}/{name}")
    if lease is not None and lease.spec.renew_time is not None:
        since = (now - lease.spec.renew_time).total_seconds()
        limit = (lease.spec.lease_duration_seconds or 15) * _LEASE_GRACE
        if since > limit:
            return Part(name, Verdict.FAILING, f"its lease was last renewed {duration(since)} ago", "lease")
        if not waiting and not sick:
            return Part(name, Verdict.HEALTHY, f"renewed its lease {max(0.0, since):.0f} s ago{told}", "lease")
    if waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        return Part(name, Verdict.FAILING, f"does not work: {waiting[0]}{more}", "its work")
    if sick:
        verdict = Verdict.FAILING if len(sick) == answered else Verdict.DEGRADED
        return Part(name, verdict, "; ".join(sick), "/healthz")
    count, down = pods
    if count:
        verdict = Verdict.HEALTHY if not down else Verdict.FAILING if len(down) == count else Verdict.DEGRADED
        why = f"{count - len(down)} of {count} Pods ready"
        return Part(name, verdict, "; ".join([why, *down]) + told, "its Pods")
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


def control_plane(
    livez: Checked, readyz: Checked, seen: Snapshot, now: datetime, server: ServerFacts | None = None
) -> tuple[Part, ...]:
    """Every part, in the order in which they depend on each other. `seen` has the kinds of PARTS; those that could not
    be listed count as not visible. Times are told by the API server's own clock where it tells it.
    """
    now, server = readyz.at or now, server or ServerFacts()

    def sees(kind: Kind) -> bool:
        feed = seen.feeds.get(kind)
        return feed is not None and feed.state is FeedState.LIVE

    leases = seen.leases if sees(Kind.LEASE) else {}

    def part(name: str, idle: Iterable[str]) -> Part:
        pods, answers = static_pods(seen, name), answering(seen, name, server.healths)
        return leader(name, leases, idle, now, can_see=sees(Kind.LEASE), pods=pods, answers=answers)

    return (
        api_server(livez, readyz, server),
        *certificate(server, now),
        etcd(readyz, seen, server, now),
        part("kube-controller-manager", unobserved(seen, now)),
        part("kube-scheduler", unplaced(seen.pods.values(), now)),
        kube_proxy(seen) if sees(Kind.DAEMON_SET) else hidden("kube-proxy", "DaemonSets"),
        dns(seen) if sees(Kind.DEPLOYMENT) else hidden("DNS", "Deployments"),
        *webhooks(seen, server.webhooks),
    )


def parts_of(snapshot: Snapshot) -> tuple[Part, ...]:
    """As it was when it was last asked about (`facts.plane`), with the Deployments that are looked at now; nothing when
    it was not asked about.
    """
    plane = snapshot.facts.plane
    if plane is None:
        return ()
    seen = structs.replace(plane.seen, deployments={**snapshot.deployments, **plane.seen.deployments})
    return control_plane(plane.livez, plane.readyz, seen, plane.at, plane.server)


PARTS = (
    Kind.LEASE,
    Kind.POD,
    Kind.DEPLOYMENT,
    Kind.DAEMON_SET,
    Kind.ENDPOINT_SLICE,
    Kind.VALIDATING_WEBHOOK_CONFIGURATION,
    Kind.MUTATING_WEBHOOK_CONFIGURATION,
)
