"""preStop hooks that fail: the kubelet then tells the container to end at once, while requests still come to it.

https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_goweb.objects import Event, Kind
from kubectl_goweb.objects.core import Lifecycle
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_ONGOING = 900.0
"""Seconds for which a Pod that is gone says something of those that will go."""


def hook_findings(around: Surroundings) -> Iterator[Finding]:
    """One a workload, as its present template still has a hook."""
    events = [
        one
        for one in around.snapshot.events.values()
        if one.reason == "FailedPreStopHook"
        and one.last_seen is not None
        and (around.now - one.last_seen).total_seconds() < _ONGOING
    ]
    if not events:
        return
    owners = _owners(around)
    told: dict[Ref, list[Event]] = {}
    for event in events:
        # A Pod is named after what made it, which is still there when the Pod is gone.
        ref = owners.get((event.namespace, event.involved_object.name.rpartition("-")[0]))
        if ref is not None:
            told.setdefault(ref, []).append(event)
    for one in around.all_templates():
        hooks = [text for c in one.containers if (text := _described(c.lifecycle))]
        if one.ref in told and hooks and around.desired(one.ref):
            yield _fails(one.ref, hooks[0], told[one.ref])


def _owners(around: Surroundings) -> dict[tuple[str, str], Ref]:
    """Workloads by the names that begin those of their Pods."""
    found = {
        (one.namespace, one.name): Ref(Kind.DEPLOYMENT, owner.name, one.namespace)
        for one in around.snapshot.replica_sets.values()
        if (owner := one.metadata.controller) is not None and owner.kind == Kind.DEPLOYMENT
    }
    for one in around.all_templates():
        if one.ref.kind != Kind.DEPLOYMENT:
            found[one.namespace, one.ref.name] = one.ref
    return found


def _described(lifecycle: Lifecycle | None) -> str:
    """What the hook does; empty when there is none that could fail."""
    hook = lifecycle.pre_stop if lifecycle else None
    if hook is None:
        return ""
    if hook.exec is not None:
        return plain("exec " + " ".join(hook.exec.command))
    return plain(f"GET :{hook.http_get.port}{hook.http_get.path}") if hook.http_get is not None else ""


def _fails(ref: Ref, hook: str, events: Iterable[Event]) -> Finding:
    known = sorted(events, key=lambda one: one.last_seen.timestamp() if one.last_seen else 0.0)
    cause = "without its hook a container is told to end at once, while requests still come to it"
    if hook.startswith("exec "):
        cause += "; an image from scratch has neither a shell nor sleep: lifecycle.preStop.sleep needs none"
    return finding(
        Code.POD_HOOK,
        Severity.WARNING,
        ref,
        f"the preStop hook of {ref.short} fails ({hook}): its Pods end without it",
        cause=cause,
        next=f"kubectl get {ref.short} -n {ref.namespace} -o yaml",
        evidence=(from_event(known[-1]), Evidence("lifecycle.preStop", hook)),
        since=known[0].first_timestamp or known[0].last_seen,
        affected=tuple(sorted({plain(one.involved_object.name) for one in known})),
        reason="pre-stop",
        confidence=Confidence.LIKELY,
    )
