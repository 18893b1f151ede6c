"""How requests come in and who may talk to whom: Ingresses, their classes, NetworkPolicies."""

from msgspec import field

from kubectl_goweb.objects.apps import LabelSelector
from kubectl_goweb.objects.meta import Annotations, Fact, Meta, Object


class ServiceBackendPort(Fact, frozen=True, gc=False):
    name: str = ""
    number: int = 0


class ServiceBackend(Fact, frozen=True, gc=False):
    name: str
    port: ServiceBackendPort = ServiceBackendPort()


class IngressBackend(Fact, frozen=True, gc=False):
    service: ServiceBackend | None = None
    """None: the backend is an object of another kind (`resource`)."""


class IngressPath(Fact, frozen=True, gc=False):
    backend: IngressBackend = IngressBackend()
    path: str = ""
    path_type: str = "ImplementationSpecific"


class HttpRule(Fact, frozen=True, gc=False):
    paths: tuple[IngressPath, ...] = ()


class IngressRule(Fact, frozen=True, gc=False):
    host: str = ""
    http: HttpRule | None = None


class IngressTls(Fact, frozen=True, gc=False):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Fact, frozen=True, gc=False):
    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTls, ...] = ()


class LoadBalancerAddress(Fact, frozen=True, gc=False):
    ip: str = ""
    hostname: str = ""


class LoadBalancer(Fact, frozen=True, gc=False):
    ingress: tuple[LoadBalancerAddress, ...] = ()


class LoadBalancerStatus(Fact, frozen=True, gc=False):
    load_balancer: LoadBalancer = LoadBalancer()


class IngressAnnotations(Annotations, frozen=True, gc=False):
    ingress_class: str = field(default="", name="kubernetes.io/ingress.class")
    canary: str = field(default="", name="nginx.ingress.kubernetes.io/canary")
    """`true`: it shares the route of another one on purpose."""


class IngressMeta(Meta, frozen=True, gc=False):
    annotations: IngressAnnotations = IngressAnnotations()


class ClassAnnotations(Annotations, frozen=True, gc=False):
    is_default: str = field(default="", name="ingressclass.kubernetes.io/is-default-class")


class ClassMeta(Meta, frozen=True, gc=False):
    annotations: ClassAnnotations = ClassAnnotations()


class Ingress(Object, frozen=True, gc=False):
    metadata: IngressMeta
    spec: IngressSpec = IngressSpec()
    status: LoadBalancerStatus = LoadBalancerStatus()


class IngressClassSpec(Fact, frozen=True, gc=False):
    controller: str = ""


class IngressClass(Object, frozen=True, gc=False):
    metadata: ClassMeta
    spec: IngressClassSpec = IngressClassSpec()


class IpBlock(Fact, frozen=True, gc=False):
    cidr: str
    excepted: tuple[str, ...] = field(default=(), name="except")


class PolicyPeer(Fact, frozen=True, gc=False):
    """A selector that is there and empty selects all; one that is not there (None) says nothing."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(Fact, frozen=True, gc=False):
    port: int | str | None = None
    """None: every port of the protocol."""
    protocol: str = "TCP"
    end_port: int | None = None


class IngressPolicyRule(Fact, frozen=True, gc=False):
    """No peer: from everywhere. No port: to every port."""

    peers: tuple[PolicyPeer, ...] = field(default=(), name="from")
    ports: tuple[PolicyPort, ...] = ()


class EgressPolicyRule(Fact, frozen=True, gc=False):
    peers: tuple[PolicyPeer, ...] = field(default=(), name="to")
    ports: tuple[PolicyPort, ...] = ()


class NetworkPolicySpec(Fact, frozen=True, gc=False):
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ("Ingress",)
    ingress: tuple[IngressPolicyRule, ...] = ()
    egress: tuple[EgressPolicyRule, ...] = ()


class NetworkPolicy(Object, frozen=True, gc=False):
    spec: NetworkPolicySpec = NetworkPolicySpec()
