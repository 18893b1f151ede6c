"""The same image name running as two different images: the tag was pushed anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from kubectl_goweb.objects import ContainerStatus, Pod
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic


def image_changes(sight: Sight) -> Iterator[PastChange]:
    """By `imageID`, which names what runs; `image` names what was asked for."""
    seen: dict[tuple[str, str], dict[str, list[tuple[datetime, str]]]] = {}
    for pod in _pods(sight):
        asked = {one.name: one.image for one in (*pod.spec.init_containers, *pod.spec.containers)}
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            digest, started = status.image_id.rpartition("@")[2], _started(pod, status)
            if digest and started is not None and "@" not in asked.get(status.name, "@"):
                runs = seen.setdefault((status.name, asked[status.name]), {})
                runs.setdefault(digest, []).append((started, pod.name))
    for (container, image), digests in seen.items():
        ordered = sorted(digests.items(), key=lambda pair: min(pair[1]))
        for (before, _), (digest, newer) in pairwise(ordered):
            at, first = min(newer)
            if sight.is_recent(at):
                text = f"{plain(image)} is another image since pod/{first}: {_short(before)} -> {_short(digest)}"
                details = (f"container {container}; {len(newer)} of its Pods run the new one",)
                yield PastChange(Topic.IMAGE, sight.ref, at, text, "status.containerStatuses[].imageID", "", details)


def _pods(sight: Sight) -> Iterator[Pod]:
    for one in sight.workload.pods:
        raw = sight.snapshot.pods.get(f"{one.namespace}/{one.name}")
        if raw is not None:
            yield raw


def _started(pod: Pod, status: ContainerStatus) -> datetime | None:
    """When the container first ran this image: not after its Pod was made, unless it was restarted since."""
    state = status.state
    if status.restart_count and state.running and state.running.started_at:
        return state.running.started_at
    return pod.status.start_time or pod.metadata.creation_timestamp


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]
