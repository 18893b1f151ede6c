"""What a Pod template names and its Pods cannot start without: ConfigMaps, Secrets, keys, claims, a ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from kubectl_goweb.objects.kinds import Kind
from kubectl_goweb.objects.template import FullContainer, FullPodSpec
from kubectl_goweb.objects.volumes import ConfigMapSource, SecretSource, Volume


class Reference(Struct, frozen=True, gc=False):
    """One thing named."""

    kind: Kind
    name: str
    keys: tuple[str, ...] = ()
    """The keys it must have; empty when any will do."""
    optional: bool = False
    """Without it the Pod starts all the same."""
    container: str = ""
    """The container that names it; empty when the Pod does."""
    where: str = ""
    """The field, as one would look for it in the manifest: `env LEVEL`, `envFrom`, `volume config`."""
    as_file: bool = False
    """Mounted: later changes reach a running container, unlike those of the environment and of a subPath."""


def references(spec: FullPodSpec) -> tuple[Reference, ...]:
    """Everything the template names, in the order in which it is needed to start."""
    found: list[Reference] = []
    if spec.service_account_name and spec.service_account_name != "default":
        found.append(Reference(Kind.SERVICE_ACCOUNT, spec.service_account_name, where="serviceAccountName"))
    # A pull secret that is not there is passed over; the pull then fails for want of it.
    found.extend(
        Reference(Kind.SECRET, one.name, optional=True, where="imagePullSecrets")
        for one in spec.image_pull_secrets
        if one.name
    )
    for volume in spec.volumes:
        found.extend(_of_volume(volume))
    volumes = {one.name: one for one in spec.volumes}
    for container in spec.all_containers:
        found.extend(_of_container(container))
        found.extend(_of_sub_paths(container, volumes))
    return tuple(found)


def _of_sub_paths(container: FullContainer, volumes: Mapping[str, Volume]) -> Iterator[Reference]:
    """Files mounted one by one stay for ever what they were when the container started.

    https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
    """
    for mount in container.volume_mounts:
        volume = volumes.get(mount.name) if mount.sub_path else None
        for one in _of_volume(volume) if volume else ():
            if one.kind in (Kind.CONFIG_MAP, Kind.SECRET):
                items = next((s.items for s in (volume.config_map, volume.secret) if s), ()) if volume else ()
                key = next((item.key for item in items if item.path == mount.sub_path), mount.sub_path)
                yield Reference(
                    one.kind, one.name, (key,), one.optional, container.name, f"subPath {mount.sub_path} of {one.where}"
                )


def _of_volume(volume: Volume) -> Iterator[Reference]:
    where = f"volume {volume.name}"
    if volume.config_map is not None:
        yield _files(Kind.CONFIG_MAP, volume.config_map, where)
    if volume.secret is not None:
        yield _files(Kind.SECRET, volume.secret, where)
    if volume.persistent_volume_claim is not None:
        yield Reference(Kind.PERSISTENT_VOLUME_CLAIM, volume.persistent_volume_claim.claim_name, where=where)
    for part in volume.projected.sources if volume.projected else ():
        if part.config_map is not None:
            yield _files(Kind.CONFIG_MAP, part.config_map, where)
        if part.secret is not None:
            yield _files(Kind.SECRET, part.secret, where)


def _files(kind: Kind, source: ConfigMapSource | SecretSource, where: str) -> Reference:
    name = source.secret_name if isinstance(source, SecretSource) else source.name
    keys = tuple(item.key for item in source.items)
    return Reference(kind, name, keys, source.optional, where=where, as_file=True)


def _of_container(container: FullContainer) -> Iterator[Reference]:
    for one in container.env_from:
        for kind, ref in ((Kind.CONFIG_MAP, one.config_map_ref), (Kind.SECRET, one.secret_ref)):
            if ref is not None:
                yield Reference(kind, ref.name, optional=ref.optional, container=container.name, where="envFrom")
    for env in container.env:
        source = env.value_from
        for kind, key in (
            (Kind.CONFIG_MAP, source.config_map_key_ref if source else None),
            (Kind.SECRET, source.secret_key_ref if source else None),
        ):
            if key is not None:
                yield Reference(
                    kind, key.name, (key.key,), key.optional, container=container.name, where=f"env {env.name}"
                )
