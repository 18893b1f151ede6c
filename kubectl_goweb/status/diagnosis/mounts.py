"""What stands behind a path in a container: a key of a ConfigMap or Secret, an empty directory, the image alone."""

from __future__ import annotations

import difflib

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.template import FullContainer, VolumeMount
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.volumes import Volume
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.verdicts import Evidence

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def mount_above(group: Group, path: str) -> VolumeMount | None:
    """The volume that is mounted over a path; None when none is, or the template is not known."""
    container = group.container
    return _mount(container, path) if container is not None and path.startswith("/") else None


def written(group: Group, path: str) -> Evidence | None:
    """What kind of place a program writes to: how much it holds, or why it cannot be written."""
    spec, container = group.case.spec_of(group.pod), group.container
    if spec is None or container is None or not path.startswith("/"):
        return None
    mount = _mount(container, path)
    if mount is None:
        rights = container.security_context
        if rights is not None and rights.read_only_root_filesystem:
            text = "readOnlyRootFilesystem is true, and no volume is mounted there: an emptyDir would give it room"
            return Evidence("securityContext", text)
        return Evidence("volumeMounts", "no volume is mounted there: it fills the node's own disk")
    volume = next((one for one in spec.volumes if one.name == mount.name), None)
    return Evidence("volumeMounts", plain(_kind_of(mount, volume))) if volume else None


def rights(group: Group, path: str) -> Evidence | None:
    """Who decides whether a program may use a path in a volume.

    https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
    """
    spec, container = group.case.spec_of(group.pod), group.container
    mount = _mount(container, path) if container is not None and path.startswith("/") else None
    if spec is None or container is None or mount is None:
        return None
    users = [one.run_as_user for one in (container.security_context, spec.security_context) if one is not None]
    user = next((f"as user {one}" for one in users if one is not None), "as the image's user")
    volume = next((one for one in spec.volumes if one.name == mount.name), None)
    is_config = volume is not None and (_object(volume) is not None or volume.projected is not None)
    who = "defaultMode and fsGroup say who may read it" if is_config else "fsGroup gives it to the Pod's users"
    given = spec.security_context is not None and spec.security_context.fs_group is not None
    text = f"volume {mount.name} at {mount.mount_path} is root's and it runs {user}: {who}"
    return Evidence("volumeMounts", plain(text + ("" if given else ", and fsGroup is not set")))


def _kind_of(mount: VolumeMount, volume: Volume) -> str:
    at = f"volume {mount.name} at {mount.mount_path}"
    if mount.read_only:
        return f"{at} is mounted with readOnly: true"
    if _object(volume) is not None or volume.projected is not None:
        return f"{at} is made of ConfigMaps or Secrets, which can never be written"
    if volume.persistent_volume_claim is not None:
        return f"{at} is claim {volume.persistent_volume_claim.claim_name}"
    if volume.empty_dir is not None:
        where = "in memory" if volume.empty_dir.medium == "Memory" else "on the node's disk"
        limit = f", of at most {volume.empty_dir.size_limit} (sizeLimit)" if volume.empty_dir.size_limit else ""
        return f"{at} is an emptyDir {where}{limit}"
    return f"{at} is what it writes to"


def mounted(group: Group, path: str) -> Evidence | None:
    """Why a file is not at `path`, as far as the template and what it mounts tell."""
    spec, container = group.case.spec_of(group.pod), group.container
    if spec is None or container is None or not path.startswith("/"):
        return None
    mount = _mount(container, path)
    if mount is None and path.startswith(_ACCOUNT):
        text = "no token is mounted: automountServiceAccountToken is false, in the Pod or in its ServiceAccount"
        return Evidence("serviceAccount", text)
    if mount is None:
        return Evidence("volumeMounts", f"nothing is mounted at {plain(path)}: it would have to be in the image")
    volume = next((one for one in spec.volumes if one.name == mount.name), None)
    return _told(group, mount, volume, path) if volume else None


def _mount(container: FullContainer, path: str) -> VolumeMount | None:
    """The innermost mount above the path."""
    above = [one for one in container.volume_mounts if f"{path}/".startswith(f"{one.mount_path.rstrip('/')}/")]
    return max(above, key=lambda one: len(one.mount_path), default=None)


def _object(volume: Volume) -> tuple[Kind, str] | None:
    if volume.config_map is not None:
        return Kind.CONFIG_MAP, volume.config_map.name
    if volume.secret is not None:
        return Kind.SECRET, volume.secret.secret_name
    return None


def _told(group: Group, mount: VolumeMount, volume: Volume, path: str) -> Evidence | None:
    at = f"volume {mount.name} at {mount.mount_path}"
    found = _object(volume)
    if found is None:
        if volume.empty_dir is not None or volume.ephemeral is not None:
            text = f"{at} is empty in every new Pod, and hides what the image has there"
            return Evidence("volumeMounts", plain(text))
        return Evidence("volumeMounts", plain(f"{at} hides what the image has there"))
    kind, name = found
    one = group.case.snapshot.facts.objects.get(named(kind, f"{group.case.ref.namespace}/{name}"))
    keys = one.keys if isinstance(one, ConfigMap | Secret) else None
    key = mount.sub_path or path.removeprefix(mount.mount_path).strip("/")
    source = volume.config_map or volume.secret
    if keys is None or not key or "/" in key or (source and source.items):
        return Evidence("volumeMounts", plain(f"{at} comes from {kind} {name}"))
    if key in keys:
        return None
    near = difflib.get_close_matches(key, keys, 1)
    meant = f"; {near[0]} was probably meant" if near else f": it has {', '.join(sorted(keys)[:8]) or 'none'}"
    return Evidence(f"{kind} {name}", plain(f"has no key {key}, which {at} is to show{meant}"))
