"""The volumes of Pods: what they name, and what a Pod waits for before it starts."""

from kubectl_goweb.objects.amounts import Amount, Requests
from kubectl_goweb.objects.meta import Fact


class KeyToPath(Fact, frozen=True, gc=False):
    key: str
    path: str = ""


class ConfigMapSource(Fact, frozen=True, gc=False):
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool = False


class SecretSource(Fact, frozen=True, gc=False):
    secret_name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool = False


class ClaimSource(Fact, frozen=True, gc=False):
    claim_name: str
    read_only: bool = False


class Projection(Fact, frozen=True, gc=False):
    """One part of a projected volume; a Secret is called `name` here."""

    config_map: ConfigMapSource | None = None
    secret: ConfigMapSource | None = None


class ProjectedSource(Fact, frozen=True, gc=False):
    sources: tuple[Projection, ...] = ()


class EmptyDir(Fact, frozen=True, gc=False):
    medium: str = ""
    size_limit: Amount = ""


class HostPath(Fact, frozen=True, gc=False):
    path: str = ""
    type: str = ""


class CsiSource(Fact, frozen=True, gc=False):
    driver: str = ""


class ClaimTemplateMeta(Fact, frozen=True, gc=False):
    name: str = ""


class ClaimTemplateSpec(Fact, frozen=True, gc=False):
    storage_class_name: str | None = None
    resources: Requests = Requests()


class ClaimTemplate(Fact, frozen=True, gc=False):
    metadata: ClaimTemplateMeta = ClaimTemplateMeta()
    spec: ClaimTemplateSpec = ClaimTemplateSpec()


class EphemeralSource(Fact, frozen=True, gc=False):
    volume_claim_template: ClaimTemplate = ClaimTemplate()


class Volume(Fact, frozen=True, gc=False):
    name: str
    config_map: ConfigMapSource | None = None
    secret: SecretSource | None = None
    persistent_volume_claim: ClaimSource | None = None
    projected: ProjectedSource | None = None
    empty_dir: EmptyDir | None = None
    host_path: HostPath | None = None
    csi: CsiSource | None = None
    ephemeral: EphemeralSource | None = None
    """Makes a claim `POD-VOLUME` for each Pod."""
