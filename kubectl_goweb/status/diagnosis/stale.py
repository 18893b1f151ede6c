"""Pods that run with what a ConfigMap or Secret was before: a variable is read once, when its container starts.

https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically.
Looked at only where the template and what it names were asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import Rewritten, named
from kubectl_goweb.objects.meta import Write
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.references import Reference, references
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity
from kubectl_goweb.status.workloads import Workload


class _Change(Struct, frozen=True):
    """What was written after containers that read it had started."""

    write: Write
    at: datetime
    older: tuple[tuple[datetime, str], ...]
    """When the containers that run since before it started, and their Pods; the first one first."""
    keys: tuple[str, ...] = ()
    """Those that are known to have another value; empty where that is not known."""


def stale_findings(around: Surroundings, workloads: Iterable[Workload]) -> Iterator[Finding]:
    """Of workloads that are well: of others what was written before they fell ill is told with what ails them."""
    for one in workloads:
        if one.findings:
            continue
        for reference in read_once(one, around.snapshot):
            change = _change(one, reference, around.snapshot)
            if change is not None:
                yield _finding(one, reference, change)
                break


def read_once(one: Workload, snapshot: Snapshot) -> Iterator[Reference]:
    """What the containers read when they start and not again; nothing where the template was not asked for."""
    full = snapshot.facts.workloads.get(named(one.ref.kind, f"{one.ref.namespace}/{one.ref.name}"))
    for reference in references(full.spec.template.spec) if full else ():
        if reference.kind in (Kind.CONFIG_MAP, Kind.SECRET) and reference.container and not reference.as_file:
            yield reference


def comparisons(one: Workload, snapshot: Snapshot) -> Iterator[Want]:
    """For what was written after its containers had started: whether that changed a value. Secrets are left alone:
    their values would have to be read for it.
    """
    for reference in read_once(one, snapshot):
        if reference.kind is Kind.CONFIG_MAP and _change(one, reference, snapshot) is not None:
            yield Want(Ask.REWRITTEN, reference.kind, f"{one.ref.namespace}/{reference.name}")


def _change(one: Workload, reference: Reference, snapshot: Snapshot) -> _Change | None:
    key = f"{one.ref.namespace}/{reference.name}"
    source = snapshot.facts.objects.get(named(reference.kind, key))
    write = _newest(source, reference.keys) if isinstance(source, ConfigMap | Secret) else None
    if write is None or write.time is None:
        return None
    known = snapshot.facts.rewritten.get(named("rewritten", key))
    known = None if known is not None and known.until < write.time else known  # asked for before it was written
    changed = _changed(known, reference.keys) if known else {}
    # Of what was written before that nothing is known but who did it last, and when.
    at = max(changed.values(), default=None) or (write.time if known is None or write.time < known.since else None)
    if at is None:
        return None
    started = [(_started(snapshot, f"{pod.namespace}/{pod.name}", reference.container), pod.name) for pod in one.pods]
    older = tuple(sorted((begin, name) for begin, name in started if begin is not None and begin < at))
    keys = tuple(sorted(name for name, when in changed.items() if older and when > older[0][0]))
    return _Change(write, at, older, keys) if older else None


def _changed(known: Rewritten, keys: tuple[str, ...]) -> dict[str, datetime]:
    """When the keys that are read got another value; all are read where none is named."""
    return {name: at for name, at in known.changed.items() if not keys or name in keys}


def _finding(one: Workload, reference: Reference, change: _Change) -> Finding:
    what = f"{reference.kind} {reference.name}"
    older, keys = change.older, ", ".join(change.keys)
    who = f"{len(older)} of {len(one.pods)} Pods" if len(older) < len(one.pods) else "the Pods"
    since = f"{keys} got another value" if keys else "it was written last"
    written = f"written by {change.write.manager or 'somebody'}"
    return finding(
        Code.CONFIG_STALE,
        Severity.INFO,
        one.ref,
        plain(f"{who} of {one.ref.short} run with what {what} was before {since}"),
        cause=plain(
            f"{reference.where} is read once, when container {reference.container} starts: a restart brings the change"
            + (f" of {keys}" if keys else "; whether it changed a value is not known")
        ),
        next=f"kubectl rollout restart {one.ref.short} -n {one.ref.namespace}",
        evidence=(
            Evidence(what, plain(f"{written}, another value of {keys}" if keys else written), change.at),
            Evidence("status.containerStatuses", f"{older[0][1]} runs since before", older[0][0]),
        ),
        since=change.at,
        affected=tuple(name for _, name in older),
        reason="changed-since-start",
        confidence=Confidence.CERTAIN if keys else Confidence.LIKELY,
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


def _started(snapshot: Snapshot, key: str, container: str) -> datetime | None:
    """When the present run of a Pod's container began."""
    pod = snapshot.pods.get(key)
    statuses = (*pod.status.container_statuses, *pod.status.init_container_statuses) if pod else ()
    running = next((one.state.running for one in statuses if one.name == container), None)
    return running.started_at if running else None
