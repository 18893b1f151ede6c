"""Pods that run with what a ConfigMap or Secret was before: a variable is read once, when its container starts.

https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically.
Looked at only where the template and what it names were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.meta import Write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.references import Reference, references
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity
from kubectl_goweb.status.workloads import Workload


def stale_findings(around: Surroundings, workloads: Iterable[Workload]) -> Iterator[Finding]:
    """Of workloads that are well: of others what was written before they fell ill is told with what ails them."""
    for one in workloads:
        full = around.snapshot.facts.workloads.get(named(one.ref.kind, f"{one.ref.namespace}/{one.ref.name}"))
        if full is None or one.findings:
            continue
        for reference in references(full.spec.template.spec):
            if reference.kind in (Kind.CONFIG_MAP, Kind.SECRET) and reference.container and not reference.as_file:
                found = _stale(one, reference, around)
                if found is not None:
                    yield found
                    break


def _stale(one: Workload, reference: Reference, around: Surroundings) -> Finding | None:
    source = around.snapshot.facts.objects.get(named(reference.kind, f"{one.ref.namespace}/{reference.name}"))
    write = _newest(source, reference.keys) if isinstance(source, ConfigMap | Secret) else None
    if write is None or write.time is None:
        return None
    running = [(pod.name, _started(around, f"{pod.namespace}/{pod.name}", reference.container)) for pod in one.pods]
    older = sorted((at, name) for name, at in running if at is not None and at < write.time)
    if not older:
        return None
    what = f"{reference.kind} {reference.name}"
    who = f"{len(older)} of {len(one.pods)} Pods" if len(older) < len(one.pods) else "the Pods"
    return finding(
        Code.CONFIG_STALE,
        Severity.INFO,
        one.ref,
        plain(f"{who} of {one.ref.short} run with what {what} was before it was written last"),
        cause=plain(
            f"{reference.where} is read once, when container {reference.container} starts: a restart brings the change"
        ),
        next=f"kubectl rollout restart {one.ref.short} -n {one.ref.namespace}",
        evidence=(
            Evidence(what, plain(f"written by {write.manager or 'somebody'}"), write.time),
            Evidence("status.containerStatuses", f"{older[0][1]} runs since before", older[0][0]),
        ),
        since=write.time,
        affected=tuple(name for _, name in older),
        reason="changed-since-start",
        confidence=Confidence.LIKELY,
        related=(Ref(reference.kind, reference.name, one.ref.namespace),),
    )


def _newest(source: ConfigMap | Secret, keys: tuple[str, ...]) -> Write | None:
    """The last write by somebody who owns one of the keys, any key where none is named. That it changed a value is
    likely, not sure: the server notes who wrote a key, not what was in it.
    """
    owners = [
        one
        for one in source.metadata.managed_fields
        if one.time is not None and (set(keys) & set(one.data) if keys else one.data)
    ]
    return max(owners, key=lambda one: one.time.timestamp() if one.time else 0.0, default=None)


def _started(around: Surroundings, key: str, container: str) -> datetime | None:
    """When the present run of a Pod's container began."""
    pod = around.snapshot.pods.get(key)
    statuses = (*pod.status.container_statuses, *pod.status.init_container_statuses) if pod else ()
    running = next((one.state.running for one in statuses if one.name == container), None)
    return running.started_at if running else None
