"""Which resources the demo's API server has, how they are found (discovery), and what it says when it refuses (Status).

Shapes: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_goweb.demo.bodies import JSON

VERSION = "v1.34.4"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. `group` is empty for the core group."""

    name: str
    kind: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    in_all: bool = False
    """Listed by `kubectl get all`."""

    @property
    def api_version(self) -> str:
        """The apiVersion of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """As messages name it: deployments.apps."""
        return f"{self.name}.{self.group}" if self.group else self.name


_SCALED = ("scale", "status")

_HOOKS = "admissionregistration.k8s.io"

RESOURCES = (
    Resource("configmaps", "ConfigMap", short_names=("cm",)),
    Resource("endpoints", "Endpoints", short_names=("ep",)),
    Resource("events", "Event", short_names=("ev",)),
    Resource("limitranges", "LimitRange", short_names=("limits",)),
    Resource("namespaces", "Namespace", namespaced=False, short_names=("ns",)),
    Resource("nodes", "Node", namespaced=False, short_names=("no",), subresources=("status",)),
    Resource("persistentvolumeclaims", "PersistentVolumeClaim", short_names=("pvc",)),
    Resource("persistentvolumes", "PersistentVolume", namespaced=False, short_names=("pv",)),
    Resource("pods", "Pod", short_names=("po",), subresources=("eviction", "log", "proxy", "status"), in_all=True),
    Resource("resourcequotas", "ResourceQuota", short_names=("quota",)),
    Resource("secrets", "Secret"),
    Resource("serviceaccounts", "ServiceAccount", short_names=("sa",)),
    Resource("services", "Service", short_names=("svc",), subresources=("proxy", "status"), in_all=True),
    Resource("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", _HOOKS, namespaced=False),
    Resource("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", _HOOKS, namespaced=False),
    Resource("controllerrevisions", "ControllerRevision", "apps"),
    Resource("daemonsets", "DaemonSet", "apps", short_names=("ds",), subresources=("status",), in_all=True),
    Resource("deployments", "Deployment", "apps", short_names=("deploy",), subresources=_SCALED, in_all=True),
    Resource("replicasets", "ReplicaSet", "apps", short_names=("rs",), subresources=_SCALED, in_all=True),
    Resource("statefulsets", "StatefulSet", "apps", short_names=("sts",), subresources=_SCALED, in_all=True),
    Resource(
        "horizontalpodautoscalers", "HorizontalPodAutoscaler", "autoscaling", "v2", short_names=("hpa",), in_all=True
    ),
    Resource("cronjobs", "CronJob", "batch", short_names=("cj",), in_all=True),
    Resource("jobs", "Job", "batch", in_all=True),
    Resource("leases", "Lease", "coordination.k8s.io"),
    Resource("endpointslices", "EndpointSlice", "discovery.k8s.io"),
    Resource("ingressclasses", "IngressClass", "networking.k8s.io", namespaced=False),
    Resource("ingresses", "Ingress", "networking.k8s.io", short_names=("ing",)),
    Resource("networkpolicies", "NetworkPolicy", "networking.k8s.io", short_names=("netpol",)),
    Resource("poddisruptionbudgets", "PodDisruptionBudget", "policy", short_names=("pdb",)),
    Resource("storageclasses", "StorageClass", "storage.k8s.io", namespaced=False, short_names=("sc",)),
)

_SUBRESOURCE_KINDS = {"scale": "Scale", "eviction": "Eviction", "proxy": "PodProxyOptions"}
_ANSWERED = {
    ("authorization.k8s.io", "v1"): ("selfsubjectaccessreviews", "SelfSubjectAccessReview", "create"),
    ("metrics.k8s.io", "v1beta1"): ("nodes", "NodeMetrics", "list"),
}
"""What is worked out and not kept."""


def find_resource(group: str, version: str, name: str) -> Resource | None:
    """The resource at that address."""
    wanted = (group, version, name)
    return next((each for each in RESOURCES if (each.group, each.version, each.name) == wanted), None)


def discovery(parts: list[str]) -> JSON | None:
    """The answer to /api, /api/v1, /apis, /apis/GROUP and /apis/GROUP/VERSION by the path's parts, or None."""
    groups = sorted({(each.group, each.version) for each in RESOURCES if each.group} | set(_ANSWERED))
    match parts:
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["api", "v1"]:
            return _resource_list("", "v1")
        case ["apis"]:
            listed = [_group(name, version) for name, version in groups]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
        case ["apis", group]:
            version = dict(groups).get(group)
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, version)} if version else None
        case ["apis", group, version]:
            return _resource_list(group, version) if (group, version) in groups else None
    return None


def _group(name: str, version: str) -> JSON:
    served = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [served], "preferredVersion": served}


def _resource_list(group: str, version: str) -> JSON:
    listed: list[JSON] = []
    for each in RESOURCES:
        if (each.group, each.version) != (group, version):
            continue
        entry: JSON = {
            "name": each.name,
            "singularName": each.kind.lower(),
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": ["delete", "get", "list", "patch", "update", "watch"],
        }
        if each.short_names:
            entry["shortNames"] = list(each.short_names)
        if each.in_all:
            entry["categories"] = ["all"]
        listed.append(entry)
        for sub in each.subresources:
            extra: JSON = {}
            if sub == "scale":
                extra = {"group": "autoscaling", "version": "v1"}
            if sub == "eviction":
                extra = {"group": "policy", "version": "v1"}
            kind = _SUBRESOURCE_KINDS.get(sub, each.kind)
            verbs = {"log": ["get"], "eviction": ["create"], "proxy": ["get"]}.get(sub, ["get", "patch", "update"])
            name = f"{each.name}/{sub}"
            listed.append(
                {"name": name, "singularName": "", "namespaced": each.namespaced, **extra, "kind": kind, "verbs": verbs}
            )
    if (group, version) in _ANSWERED:
        name, kind, verb = _ANSWERED[group, version]
        listed.append({"name": name, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": [verb]})
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def version_info() -> JSON:
    """The answer to /version."""
    return {
        "major": "1",
        "minor": "34",
        "gitVersion": VERSION,
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2025-01-01T00:00:00Z",
        "goVersion": "go1.24.11",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


class StatusError(Exception):
    """The server says no: the HTTP code, and the Status object that is its body. `retry_after` is in seconds."""

    def __init__(
        self, code: int, reason: str, message: str, *, details: JSON | None = None, retry_after: int | None = None
    ):
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after
        self.status: JSON = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": {**(details or {}), **({"retryAfterSeconds": retry_after} if retry_after is not None else {})},
            "code": code,
        }
        if not self.status["details"]:
            del self.status["details"]


def not_found(resource: Resource, name: str) -> StatusError:
    """404 for an object."""
    return StatusError(404, "NotFound", f'{resource.qualified} "{name}" not found', details=_named(resource, name))


def no_such_path() -> StatusError:
    """404 for a path that is no API."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", details={})


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def conflict(resource: Resource, name: str) -> StatusError:
    """409 for a write on top of a state that is no longer the present one."""
    text = "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {text}'
    return StatusError(409, "Conflict", message, details=_named(resource, name))


def expired() -> StatusError:
    """410 for a resourceVersion or continue token that is too old."""
    return StatusError(410, "Expired", "The resourceVersion for the provided list or watch is too old.")


def forbidden(
    user: str, verb: str, resource: Resource, namespace: str, name: str, subresource: str = ""
) -> StatusError:
    """403, in the words of RBAC."""
    what = f"{resource.name}/{subresource}" if subresource else resource.name
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    message = (
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{what}" in API group "{resource.group}" {where}'
    )
    return StatusError(403, "Forbidden", message, details=_named(resource, name))


def unauthorized() -> StatusError:
    """401."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def invalid(resource: Resource, name: str, field: str, message: str) -> StatusError:
    """422 for one field."""
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": field}]
    details = {"name": name, "group": resource.group, "kind": resource.kind, "causes": causes}
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return StatusError(422, "Invalid", f'{kind} "{name}" is invalid: {field}: {message}', details=details)


def _named(resource: Resource, name: str) -> JSON:
    details = {"name": name, "group": resource.group, "kind": resource.name}
    return {key: value for key, value in details.items() if value}
