"""Writes to the ConfigMaps and Secrets that the workload's template names. Names of keys, never values."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.meta import Write, Written
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic, listed
from kubectl_goweb.status.references import Reference, references
from kubectl_goweb.status.verdicts import Ref

CONFIG = (Kind.CONFIG_MAP, Kind.SECRET)


def named_config(sight: Sight) -> dict[tuple[Kind, str], list[Reference]]:
    """The ConfigMaps and Secrets of its template, and where they are named."""
    found: dict[tuple[Kind, str], list[Reference]] = {}
    for one in references(sight.template) if sight.template else ():
        if one.kind in CONFIG and one.name:
            found.setdefault((one.kind, one.name), []).append(one)
    return found


def config_changes(sight: Sight) -> Iterator[PastChange]:
    for (kind, name), where in named_config(sight).items():
        key = f"{sight.ref.namespace}/{name}"
        found = sight.written(kind, key)
        for write in found.metadata.writes(sight.since) if found else ():
            if found is not None and write.time is not None:
                yield _told(sight, found, write, kind, where)


def _told(sight: Sight, found: Written, write: Write, kind: Kind, where: list[Reference]) -> PastChange:
    done = "created" if sight.was_created(found, write) else "written"
    keys = f": {plain(listed(write.data))}" if write.data else ""
    ref = Ref(kind, found.name, found.namespace)
    details = tuple(dict.fromkeys(_read_by(one) for one in where if not _is_by_sub_path(sight, one)))
    at = write.time or sight.now
    return PastChange(
        Topic.CONFIG, ref, at, f"{kind} {found.name} {done}{keys}", "managedFields", write.manager, details
    )


def _is_by_sub_path(sight: Sight, one: Reference) -> bool:
    """A volume that is mounted by nothing but subPaths, each of which is told by itself."""
    containers = sight.template.all_containers if one.as_file and sight.template else ()
    mounts = [mount for c in containers for mount in c.volume_mounts if one.where == f"volume {mount.name}"]
    return bool(mounts) and all(mount.sub_path for mount in mounts)


def _read_by(one: Reference) -> str:
    who = f" of container {one.container}" if one.container else ""
    if one.as_file:
        return f"mounted as {one.where}: files change within about a minute, programs may read them once"
    if one.where == "imagePullSecrets":
        return "read when an image is pulled"
    return f"read by {one.where}{who} when the container starts"
