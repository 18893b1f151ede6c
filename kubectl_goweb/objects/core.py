"""The core group: Pods, Nodes, Services, EndpointSlices, Events, Namespaces."""

from datetime import datetime

from msgspec import field

from kubectl_goweb.objects.meta import Condition, Fact, Object, condition


class Quantities(Fact, frozen=True, gc=False):
    """Amounts as the API writes them (`500m`, `64Mi`), or numbers where a writer left the quotes out."""

    cpu: str | int | float = ""
    memory: str | int | float = ""
    pods: str | int = ""


class Resources(Fact, frozen=True, gc=False):
    limits: Quantities = Quantities()
    requests: Quantities = Quantities()


class ContainerPort(Fact, frozen=True, gc=False):
    container_port: int
    name: str = ""
    protocol: str = "TCP"


class HttpHeader(Fact, frozen=True, gc=False):
    name: str
    value: str = ""


class HttpGet(Fact, frozen=True, gc=False):
    port: int | str
    path: str = "/"
    scheme: str = "HTTP"
    host: str = ""
    http_headers: tuple[HttpHeader, ...] = ()


class TcpSocket(Fact, frozen=True, gc=False):
    port: int | str


class Exec(Fact, frozen=True, gc=False):
    command: tuple[str, ...] = ()


class Grpc(Fact, frozen=True, gc=False):
    port: int
    service: str | None = None


class Probe(Fact, frozen=True, gc=False):
    """A probe as declared; the defaults are the API server's. Seconds, except the thresholds (counts)."""

    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    exec: Exec | None = None
    grpc: Grpc | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3
    success_threshold: int = 1


class Container(Fact, frozen=True, gc=False):
    name: str
    image: str = ""
    restart_policy: str = ""
    """`Always` on an init container makes it a sidecar (restartable init container)."""
    resources: Resources = Resources()
    ports: tuple[ContainerPort, ...] = ()
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    startup_probe: Probe | None = None


class PodSpec(Fact, frozen=True, gc=False):
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_name: str = ""
    host_network: bool = False
    restart_policy: str = "Always"
    scheduler_name: str = "default-scheduler"


class Sleep(Fact, frozen=True, gc=False):
    seconds: int = 0


class Handler(Fact, frozen=True, gc=False):
    exec: Exec | None = None
    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    sleep: Sleep | None = None


class Lifecycle(Fact, frozen=True, gc=False):
    post_start: Handler | None = None
    pre_stop: Handler | None = None


class Waiting(Fact, frozen=True, gc=False):
    reason: str = ""
    message: str = ""


class Running(Fact, frozen=True, gc=False):
    started_at: datetime | None = None


class Terminated(Fact, frozen=True, gc=False):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Fact, frozen=True, gc=False):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Fact, frozen=True, gc=False):
    name: str
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    image: str = ""
    image_id: str = field(default="", name="imageID")
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Fact, frozen=True, gc=False):
    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = field(default="", name="podIP")
    start_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether condition Ready says so."""
        ready = condition(self.conditions, "Ready")
        return ready is not None and ready.status == "True"


class Pod(Object, frozen=True, gc=False):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class Taint(Fact, frozen=True, gc=False):
    key: str
    effect: str
    value: str = ""
    time_added: datetime | None = None


class NodeSpec(Fact, frozen=True, gc=False):
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeAddress(Fact, frozen=True, gc=False):
    type: str
    address: str


class NodeInfo(Fact, frozen=True, gc=False):
    kubelet_version: str = ""


class NodeStatus(Fact, frozen=True, gc=False):
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    allocatable: Quantities = Quantities()
    node_info: NodeInfo = NodeInfo()


class Node(Object, frozen=True, gc=False):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ServicePort(Fact, frozen=True, gc=False):
    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str = 0
    app_protocol: str = ""
    """What is spoken there, where the Service says it: `http`, `https`, `kubernetes.io/h2c`."""


class ServiceSpec(Fact, frozen=True, gc=False):
    type: str = "ClusterIP"
    cluster_ip: str = field(default="", name="clusterIP")
    """`None`: headless. Its name is the Pods' addresses, and its ports are not mapped."""
    external_name: str = ""
    publish_not_ready_addresses: bool = False
    selector: dict[str, str] = {}
    ports: tuple[ServicePort, ...] = ()


class BalancerAddress(Fact, frozen=True, gc=False):
    ip: str = ""
    hostname: str = ""


class Balancer(Fact, frozen=True, gc=False):
    ingress: tuple[BalancerAddress, ...] = ()


class ServiceStatus(Fact, frozen=True, gc=False):
    load_balancer: Balancer = Balancer()


class Service(Object, frozen=True, gc=False):
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class TargetRef(Fact, frozen=True, gc=False):
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
    field_path: str = ""
    """An event's container: `spec.containers{web}`."""


class EndpointConditions(Fact, frozen=True, gc=False):
    ready: bool | None = None
    """None means unknown, which readers take as ready."""
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Fact, frozen=True, gc=False):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    target_ref: TargetRef | None = None


class EndpointSlice(Object, frozen=True, gc=False):
    """discovery.k8s.io/v1; its Service is named by the label `kubernetes.io/service-name`."""

    endpoints: tuple[Endpoint, ...] | None = ()


class EventSource(Fact, frozen=True, gc=False):
    component: str = ""
    host: str = ""


class EventSeries(Fact, frozen=True, gc=False):
    count: int = 0
    last_observed_time: datetime | None = None


class Event(Object, frozen=True, gc=False):
    involved_object: TargetRef = TargetRef()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 0
    source: EventSource = EventSource()
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None

    @property
    def last_seen(self) -> datetime | None:
        """The newest time the event tells, whichever of the API's three ways it was written in."""
        series = self.series.last_observed_time if self.series else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        """How often it was seen, at least once."""
        return max(self.count, self.series.count if self.series else 0, 1)


class NamespaceStatus(Fact, frozen=True, gc=False):
    conditions: tuple[Condition, ...] = ()
    """Only while it is being deleted."""


class Namespace(Object, frozen=True, gc=False):
    status: NamespaceStatus = NamespaceStatus()
