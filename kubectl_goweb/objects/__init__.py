"""What Kubernetes sends, as frozen Structs with only the fields that are used, decoded straight from bytes.

Facts only: what they mean is said in `status`. No clock, no I/O, nothing that talks to anybody.
"""

from kubectl_goweb.objects.apps import (
    ControllerRevision,
    DaemonSet,
    Deployment,
    PodTemplate,
    ReplicaSet,
    RollingUpdate,
    StatefulSet,
)
from kubectl_goweb.objects.core import (
    Container,
    ContainerState,
    ContainerStatus,
    EndpointSlice,
    Event,
    Namespace,
    Node,
    Pod,
    Probe,
    Service,
)
from kubectl_goweb.objects.decoding import Page, WatchEvent, decode_event, decode_page
from kubectl_goweb.objects.feed import Feed, FeedState, Malformed
from kubectl_goweb.objects.kinds import Kind, Resource
from kubectl_goweb.objects.meta import Condition, Meta, Object, OwnerReference, condition
from kubectl_goweb.objects.snapshot import LogTail, Snapshot

__all__ = [
    "Condition",
    "Container",
    "ContainerState",
    "ContainerStatus",
    "ControllerRevision",
    "DaemonSet",
    "Deployment",
    "EndpointSlice",
    "Event",
    "Feed",
    "FeedState",
    "Kind",
    "LogTail",
    "Malformed",
    "Meta",
    "Namespace",
    "Node",
    "Object",
    "OwnerReference",
    "Page",
    "Pod",
    "PodTemplate",
    "Probe",
    "ReplicaSet",
    "Resource",
    "RollingUpdate",
    "Service",
    "Snapshot",
    "StatefulSet",
    "WatchEvent",
    "condition",
    "decode_event",
    "decode_page",
]
