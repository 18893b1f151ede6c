"""What tells a Pod that ails from those of its own revision that are well: another image by the same tag, or what a
ConfigMap or Secret has become since they started.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import ContainerStatus, Kind, Pod
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain, short_image
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.reasons import Told
from kubectl_goweb.status.references import references
from kubectl_goweb.status.verdicts import Evidence

_OF_CONFIG = (Reason.LOGIN, Reason.SETTINGS, Reason.VARIABLE, Reason.TLS, Reason.NO_FILE)
"""What another content of a ConfigMap or Secret may lead to."""
_DIGEST = 12


def moved_tag(group: Group) -> Evidence | None:
    """That the same tag is another image here than in a Pod that is well: it was pushed anew between them.

    https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy
    """
    here = group.case.status_of(group.pod)
    if here is None or not here.image_id or "@" in _image(group):
        return None
    for name, status in _well(group):
        if status.name == here.name and status.image_id and status.image_id != here.image_id:
            text = (
                f"{short_image(_image(group))} is {_digest(here)} here, and {_digest(status)} in {name}, which is well"
            )
            return Evidence("status.imageID", plain(f"{text}: the tag was pushed anew"))
    return None


def was_before(group: Group, told: Told | None) -> str:
    """That those that are well started before what it reads was written; empty when it was not, or is not known."""
    spec = group.case.full
    if spec is None or told is None or told.reason not in _OF_CONFIG:
        return ""
    started = [status.state.running.started_at for _, status in _well(group) if status.state.running]
    for one in references(spec):
        if one.kind not in (Kind.CONFIG_MAP, Kind.SECRET) or one.container != group.pod.container:
            continue
        source = group.case.snapshot.facts.objects.get(named(one.kind, f"{group.case.ref.namespace}/{one.name}"))
        write = source.metadata.last_write if isinstance(source, ConfigMap | Secret) else None
        older = [at for at in started if at is not None and write and write.time and at < write.time]
        if older:
            who = f"{len(older)} other Pods" if len(older) > 1 else "another Pod"
            return plain(f"{one.kind} {one.name} was written since {who} started: a restart will make them alike")
    return ""


def _well(group: Group) -> Iterator[tuple[str, ContainerStatus]]:
    """The containers of the Pods of the same revision that are ready."""
    for pod in group.case.pods:
        raw: Pod | None = group.case.raw.get(pod.name)
        if pod.is_ready and pod.revision == group.revision and raw is not None:
            yield from ((pod.name, status) for status in raw.status.container_statuses)


def _image(group: Group) -> str:
    raw = group.case.raw.get(group.pod.name)
    containers = raw.spec.containers if raw else ()
    return next((one.image for one in containers if one.name == group.pod.container), "")


def _digest(status: ContainerStatus) -> str:
    return status.image_id.rpartition("@")[2].removeprefix("sha256:")[:_DIGEST]
