"""The recorded Pod templates of a workload, and the Pods made from each."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_goweb.objects import ControllerRevision, Deployment, PodTemplate, ReplicaSet
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.workloads import Revision


def images(template: PodTemplate) -> tuple[str, ...]:
    """The images of its containers, in order, each once."""
    return tuple(dict.fromkeys(container.image for container in template.spec.containers))


def deployment_revisions(
    deployment: Deployment, replica_sets: Iterable[ReplicaSet], pods: Iterable[PodHealth]
) -> tuple[Revision, ...]:
    """Newest first. The current one is the ReplicaSet whose revision annotation equals the Deployment's."""
    by_hash = _by_hash(pods)
    current = deployment.metadata.annotations.revision
    found = []
    for replica_set in replica_sets:
        meta, status = replica_set.metadata, replica_set.status
        number = meta.annotations.revision
        label = meta.labels.get("pod-template-hash", "")
        found.append(
            Revision(
                number=int(number) if number.isdecimal() else 0,
                name=replica_set.name,
                hash=label,
                images=images(replica_set.spec.template),
                created=meta.creation_timestamp,
                is_current=bool(current) and number == current,
                desired=replica_set.spec.replicas,
                existing=status.replicas,
                ready=status.ready_replicas,
                available=status.available_replicas,
                change_cause=meta.annotations.change_cause,
                pods=by_hash.get(label, ()),
            )
        )
    return tuple(sorted(found, key=lambda revision: revision.number, reverse=True))


def recorded_revisions(
    revisions: Iterable[ControllerRevision], pods: Iterable[PodHealth], current: str
) -> tuple[Revision, ...]:
    """Newest first, of a StatefulSet or DaemonSet. `current` names the newest one; empty means the highest number."""
    ordered = sorted(revisions, key=lambda revision: revision.number, reverse=True)
    newest = current or (ordered[0].name if ordered else "")
    by_hash = _by_hash(pods)
    found = []
    for revision in ordered:
        label = revision.metadata.labels.get("controller-revision-hash", "")
        # A StatefulSet's Pods carry the revision's whole name, a DaemonSet's its hash.
        own = by_hash.get(revision.name) or by_hash.get(label, ())
        ready = sum(pod.is_ready for pod in own)
        found.append(
            Revision(
                number=revision.number,
                name=revision.name,
                hash=label,
                images=images(revision.data.spec.template),
                created=revision.metadata.creation_timestamp,
                is_current=revision.name == newest,
                desired=len(own),
                existing=len(own),
                ready=ready,
                available=ready,
                change_cause=revision.metadata.annotations.change_cause,
                pods=own,
            )
        )
    return tuple(found)


def _by_hash(pods: Iterable[PodHealth]) -> dict[str, tuple[PodHealth, ...]]:
    by_hash: dict[str, list[PodHealth]] = {}
    for pod in pods:
        by_hash.setdefault(pod.revision, []).append(pod)
    return {label: tuple(group) for label, group in by_hash.items()}
