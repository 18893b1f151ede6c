"""Pods and Pod templates in full, for suspects and plans: what they name, ask for, put up with and are run as.

The slim Pod of `core` is what lists of thousands decode; these are for a few objects that are asked for one by one.
"""

from typing import Any

from msgspec import field

from kubectl_goweb.objects.amounts import Amount, Requests
from kubectl_goweb.objects.apps import LabelSelector, Strategy
from kubectl_goweb.objects.core import ContainerPort, Lifecycle, PodStatus, Probe
from kubectl_goweb.objects.meta import Fact, Object, OwnerReference, WrittenMeta
from kubectl_goweb.objects.scheduling import Affinity, SchedulingGate, Toleration, TopologySpreadConstraint
from kubectl_goweb.objects.volumes import ClaimTemplate, Volume


class KeyReference(Fact, frozen=True, gc=False):
    name: str = ""
    key: str = ""
    optional: bool = False


class FieldReference(Fact, frozen=True, gc=False):
    field_path: str = ""


class ResourceReference(Fact, frozen=True, gc=False):
    resource: str = ""
    container_name: str = ""


class EnvSource(Fact, frozen=True, gc=False):
    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None
    field_ref: FieldReference | None = None
    resource_field_ref: ResourceReference | None = None


class Env(Fact, frozen=True, gc=False):
    name: str
    value: str = ""
    value_from: EnvSource | None = None


class OptionalReference(Fact, frozen=True, gc=False):
    name: str = ""
    optional: bool = False


class EnvFrom(Fact, frozen=True, gc=False):
    prefix: str = ""
    config_map_ref: OptionalReference | None = None
    secret_ref: OptionalReference | None = None


class FullPort(ContainerPort, frozen=True, gc=False):
    host_port: int = 0
    """0: none of the node's ports is taken."""
    host_ip: str = field(default="", name="hostIP")


class VolumeMount(Fact, frozen=True, gc=False):
    name: str
    mount_path: str
    sub_path: str = ""
    read_only: bool = False


class SeccompProfile(Fact, frozen=True, gc=False):
    type: str = ""


class Capabilities(Fact, frozen=True, gc=False):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class SecurityContext(Fact, frozen=True, gc=False):
    """Of a container, or of the Pod where it is the Pod's."""

    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    fs_group: int | None = None
    read_only_root_filesystem: bool | None = None
    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    capabilities: Capabilities | None = None
    seccomp_profile: SeccompProfile | None = None


class FullContainer(Fact, frozen=True, gc=False):
    name: str
    image: str = ""
    image_pull_policy: str = ""
    restart_policy: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    env: tuple[Env, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[FullPort, ...] = ()
    resources: Requests = Requests()
    volume_mounts: tuple[VolumeMount, ...] = ()
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    security_context: SecurityContext | None = None

    @property
    def is_sidecar(self) -> bool:
        """An init container that goes on running beside the others."""
        return self.restart_policy == "Always"


class NamedReference(Fact, frozen=True, gc=False):
    name: str = ""


class ReadinessGate(Fact, frozen=True, gc=False):
    condition_type: str


class FullPodSpec(Fact, frozen=True, gc=False):
    containers: tuple[FullContainer, ...] = ()
    init_containers: tuple[FullContainer, ...] = ()
    volumes: tuple[Volume, ...] = ()
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    service_account_name: str = ""
    image_pull_secrets: tuple[NamedReference, ...] = ()
    termination_grace_period_seconds: int = 30
    restart_policy: str = "Always"
    host_network: bool = False
    priority_class_name: str = ""
    priority: int = 0
    scheduler_name: str = "default-scheduler"
    security_context: SecurityContext | None = None
    readiness_gates: tuple[ReadinessGate, ...] = ()
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    overhead: dict[str, Amount] = {}
    resources: Requests = Requests()
    """Of the whole Pod; where it names a resource, the containers' sum does not count."""
    resource_claims: tuple[NamedReference, ...] = ()

    @property
    def all_containers(self) -> tuple[FullContainer, ...]:
        """Init containers first, as they are started."""
        return self.init_containers + self.containers


class FullTemplateMeta(Fact, frozen=True, gc=False):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class FullTemplate(Fact, frozen=True, gc=False):
    metadata: FullTemplateMeta = FullTemplateMeta()
    spec: FullPodSpec = FullPodSpec()


class RecordedTemplate(Fact, frozen=True, gc=False):
    """The Pod template of a revision with every field, also those this program knows nothing of, to be compared."""

    template: dict[str, Any] = {}


class RecordedRevision(Fact, frozen=True, gc=False):
    """Where a ReplicaSet (`spec`) or a ControllerRevision (`data`) keeps it."""

    spec: RecordedTemplate | None = None
    data: "RecordedRevision | None" = None

    @property
    def recorded(self) -> RecordedTemplate:
        """Without what the controllers add to it: the hash label, and `$patch` of the patch it is stored as."""
        found = self.spec or (self.data.spec if self.data else None) or RecordedTemplate()
        meta = dict(found.template.get("metadata") or {})
        labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != "pod-template-hash"}
        meta = {key: value for key, value in {**meta, "labels": labels}.items() if value}
        rest = {key: value for key, value in found.template.items() if key not in ("$patch", "metadata")}
        return RecordedTemplate({"metadata": meta, **rest})


class FullMeta(WrittenMeta, frozen=True, gc=False):
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class FullPod(Object, frozen=True, gc=False):
    metadata: FullMeta
    spec: FullPodSpec = FullPodSpec()
    status: PodStatus = PodStatus()


class FullWorkloadSpec(Fact, frozen=True, gc=False):
    replicas: int = 1
    selector: LabelSelector = LabelSelector()
    template: FullTemplate = FullTemplate()
    strategy: Strategy = Strategy()
    update_strategy: Strategy = Strategy()
    service_name: str = ""
    pod_management_policy: str = ""
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()


class FullWorkload(Object, frozen=True, gc=False):
    """A Deployment, StatefulSet, DaemonSet, ReplicaSet or Job with its whole template."""

    metadata: FullMeta
    spec: FullWorkloadSpec = FullWorkloadSpec()
