"""The apps group: Deployments, ReplicaSets, StatefulSets, DaemonSets, ControllerRevisions."""

from msgspec import field

from kubectl_goweb.objects.core import Container, Lifecycle, PodSpec
from kubectl_goweb.objects.meta import Annotations, Condition, Fact, Meta, Object


class LabelSelectorRequirement(Fact, frozen=True, gc=False):
    key: str
    operator: str
    values: tuple[str, ...] = ()


class LabelSelector(Fact, frozen=True, gc=False):
    match_labels: dict[str, str] = {}
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class TemplateMeta(Fact, frozen=True, gc=False):
    labels: dict[str, str] = {}


class PodTemplate(Fact, frozen=True, gc=False):
    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class EndingContainer(Container, frozen=True, gc=False):
    lifecycle: Lifecycle | None = None
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


class WorkloadPodSpec(PodSpec, frozen=True, gc=False):
    """With how its Pods end, which need not be read of every Pod."""

    containers: tuple[EndingContainer, ...] = ()
    termination_grace_period_seconds: int = 30


class WorkloadTemplate(PodTemplate, frozen=True, gc=False):
    spec: WorkloadPodSpec = WorkloadPodSpec()


class RollingUpdate(Fact, frozen=True, gc=False):
    max_surge: int | str = 0
    max_unavailable: int | str = 0
    partition: int = 0


class Strategy(Fact, frozen=True, gc=False):
    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Fact, frozen=True, gc=False):
    replicas: int = 1
    selector: LabelSelector = LabelSelector()
    template: WorkloadTemplate = WorkloadTemplate()
    strategy: Strategy = Strategy()
    paused: bool = False
    min_ready_seconds: int = 0
    progress_deadline_seconds: int | None = None
    """Seconds; the API server fills in 600. None or the largest 32-bit number means no deadline."""


class DeploymentStatus(Fact, frozen=True, gc=False):
    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    conditions: tuple[Condition, ...] = ()


class Deployment(Object, frozen=True, gc=False):
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


class ReplicaSetSpec(Fact, frozen=True, gc=False):
    replicas: int = 1
    template: PodTemplate = PodTemplate()


class ReplicaSetStatus(Fact, frozen=True, gc=False):
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class ReplicaSetAnnotations(Annotations, frozen=True, gc=False):
    revision_history: str = field(default="", name="deployment.kubernetes.io/revision-history")
    """The numbers it had before, `1,3`: it gets a new one whenever its template is rolled out again."""


class ReplicaSetMeta(Meta, frozen=True, gc=False):
    annotations: ReplicaSetAnnotations = ReplicaSetAnnotations()


class ReplicaSet(Object, frozen=True, gc=False):
    metadata: ReplicaSetMeta
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


class StatefulSetSpec(Fact, frozen=True, gc=False):
    replicas: int = 1
    selector: LabelSelector = LabelSelector()
    template: WorkloadTemplate = WorkloadTemplate()
    update_strategy: Strategy = Strategy()
    pod_management_policy: str = "OrderedReady"
    service_name: str = ""


class StatefulSetStatus(Fact, frozen=True, gc=False):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()


class StatefulSet(Object, frozen=True, gc=False):
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


class DaemonSetSpec(Fact, frozen=True, gc=False):
    selector: LabelSelector = LabelSelector()
    template: WorkloadTemplate = WorkloadTemplate()
    update_strategy: Strategy = Strategy()


class DaemonSetStatus(Fact, frozen=True, gc=False):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0
    conditions: tuple[Condition, ...] = ()


class DaemonSet(Object, frozen=True, gc=False):
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class RevisionTemplate(Fact, frozen=True, gc=False):
    template: PodTemplate = PodTemplate()


class RevisionData(Fact, frozen=True, gc=False):
    spec: RevisionTemplate = RevisionTemplate()


class ControllerRevision(Object, frozen=True, gc=False):
    """One recorded template of a StatefulSet or DaemonSet."""

    number: int = field(default=0, name="revision")
    data: RevisionData = RevisionData()
