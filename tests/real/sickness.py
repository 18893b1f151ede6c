"""Services that are ill, each in one way, and services that only look so: their manifests, and what is to be said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Sick:
    """One ill service, and the finding that is its root."""

    name: str
    code: str
    reason: str
    says: str
    """What its title or cause must contain."""
    objects: list[Json] = field(default_factory=list)


def deployment(
    name: str, image: str, *args: str, replicas: int = 1, ready: Json | None = None, **container: Any
) -> Json:
    """A Deployment of the program with these arguments; `ready` is its readiness probe."""
    spec = container.pop("pod", {})
    strategy = container.pop("strategy", {"type": "RollingUpdate"})
    one: Json = {"name": "web", "image": image, "args": list(args), **container}
    if ready is not None:
        one["readinessProbe"] = ready
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": replicas,
            "strategy": strategy,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [one], "terminationGracePeriodSeconds": 3, **spec},
            },
        },
    }


def probe(port: int | str = 8080, path: str = "/healthz", **more: Any) -> Json:
    return {"httpGet": {"path": path, "port": port}, "periodSeconds": 1, "failureThreshold": 2, **more}


def service(name: str, selector: str, port: int | str = 8080) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": selector}, "ports": [{"port": 80, "targetPort": port}]},
    }


def pods(image: str, registry: str) -> list[Sick]:
    """What ails Pods: crashes, images, configuration, start, probes, nodes, volumes."""

    def crash(name: str, reason: str, says: str, *args: str, code: str = "GW-POD-CRASHLOOP", **more: Any) -> Sick:
        return Sick(name, code, reason, says, [deployment(name, image, *args, **more)])

    def unready(name: str, reason: str, says: str, *args: str, ready: Json, **more: Any) -> Sick:
        ports = [{"containerPort": 8080, "name": "http"}]
        made = deployment(name, image, *args, ready=ready, ports=ports, **more)
        return Sick(name, "GW-POD-NOT-READY", reason, says, [made])

    def config(name: str, reason: str, says: str, **container: Any) -> Sick:
        return Sick(name, "GW-POD-CONFIG", reason, says, [deployment(name, image, "serve", **container)])

    return [
        crash("nil-pointer", "go-panic", "main.go:", "nil-pointer"),
        crash("deadlock", "go-deadlock", "all goroutines are asleep", "deadlock"),
        crash("map-race", "go-data-race", "concurrent map writes", "map-race"),
        crash("exits", "exits-by-itself", "exit code 0", "exit-0"),
        crash("refused", "dependency-refused", "nobody listens at", "dial", "127.0.0.1:5432"),
        crash("no-name", "dependency-dns", "db.nowhere.example", "dial", "db.nowhere.example:5432"),
        crash("no-variable", "missing-environment", "DATABASE_URL", "env", "DATABASE_URL"),
        crash("no-file", "missing-file", "/etc/web/settings.yaml", "file", "/etc/web/settings.yaml"),
        crash("port-twice", "port-in-use", "listens on", "listen-twice"),
        crash("low-port", "port-forbidden", "ports below 1024", "serve", ":80",
              securityContext={"runAsUser": 65532, "capabilities": {"drop": ["ALL"]}},
              pod={"securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "1024"}]}}),
        Sick("memory", "GW-POD-OOM", "limit", "GOMEMLIMIT is not set",
             [deployment("memory", image, "leak", resources={"limits": {"memory": "32Mi"}})]),
        Sick("slow-start", "GW-POD-KILLED", "slow-start", "killed by",
             [deployment("slow-start", image, "serve-late", "30s", livenessProbe=probe())]),
        Sick("no-command", "GW-POD-START", "no-command", "cannot start container",
             [deployment("no-command", image, command=["/no-such-program"])]),
        Sick("no-image", "GW-POD-IMAGE", "image-not-found", "does not have that image",
             [deployment("no-image", f"{registry}/sick:missing", "serve")]),
        Sick("no-registry", "GW-POD-IMAGE", "registry-unreachable", "cannot reach the registry",
             [deployment("no-registry", "127.0.0.1:1/web:1", "serve")]),
        Sick("bad-name", "GW-POD-IMAGE", "image-name", "is not one a registry could have",
             [deployment("bad-name", "Web:1", "serve")]),
        Sick("never-pull", "GW-POD-IMAGE", "never-pull", "imagePullPolicy is Never",
             [deployment("never-pull", f"{registry}/sick:elsewhere", "serve", imagePullPolicy="Never")]),
        config("no-configmap", "missing-configmap", "web-env", envFrom=[{"configMapRef": {"name": "web-env"}}]),
        config("no-secret", "missing-secret", "web-secret", envFrom=[{"secretRef": {"name": "web-secret"}}]),
        Sick("no-key", "GW-POD-CONFIG", "missing-key", "LEVEL was probably meant", [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "levels"}, "data": {"LEVEL": "info"}},
            deployment("no-key", image, "serve", env=[
                {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "levels", "key": "LEVLE"}}}])]),
        config("no-volume-secret", "missing-secret", "web-tls", volumeMounts=[{"name": "tls", "mountPath": "/tls"}],
               pod={"volumes": [{"name": "tls", "secret": {"secretName": "web-tls"}}]}),
        config("root", "runs-as-root", "runAsNonRoot", securityContext={"runAsNonRoot": True}),
        unready("wrong-port", "probe-port", "listens on port 8080", "serve", ready=probe(9090)),
        unready("wrong-path", "probe-path", "/ready", "serve", ready=probe(path="/ready")),
        unready("login", "probe-login", "wants a login", "serve", ready=probe(path="/login")),
        unready("loopback", "probe-loopback", "127.0.0.1", "serve", "127.0.0.1:8080", ready=probe()),
        unready("too-slow", "probe-timeout", "within its timeout", "serve-slow", "5s", ready=probe()),
        unready("wants-database", "dependency-refused", "nobody listens at", "serve-without", "127.0.0.1:5432",
                ready=probe(timeoutSeconds=2)),
        Sick("too-big", "GW-POD-UNSCHEDULABLE", "insufficient", "more cpu",
             [deployment("too-big", image, "serve", resources={"requests": {"cpu": "900"}})]),
        Sick("wrong-node", "GW-POD-UNSCHEDULABLE", "selector", "find",
             [deployment("wrong-node", image, "serve", pod={"nodeSelector": {"disk": "nvme-of-tomorrow"}})]),
        Sick("no-claim", "GW-POD-UNSCHEDULABLE", "claim-missing", "web-data",
             [deployment("no-claim", image, "serve", pod={
                 "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}}]})]),
    ]  # fmt: skip


def more_pods(image: str) -> list[Sick]:
    """What ails Pods in ways that are told apart by more than one of their fields."""
    idle = {"name": "web", "image": image, "args": ["serve"]}
    shell = {"exec": {"command": ["/bin/sh", "-c", "true"]}, "periodSeconds": 1, "failureThreshold": 2}
    twice = deployment("two-at-once", image, "serve")
    twice["spec"]["template"]["spec"]["containers"].append({**idle, "name": "copy"})
    sidecar = deployment("ill-sidecar", image, "serve", ready=probe())
    sidecar["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "proxy", "image": image, "args": ["env", "PROXY_UPSTREAM"], "restartPolicy": "Always"}
    ]
    member = deployment("member", image, "file", "/data/cluster-id", replicas=2)
    member["kind"] = "StatefulSet"
    member["spec"]["serviceName"] = "member"
    del member["spec"]["strategy"]
    held = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "held", "finalizers": ["goweb.test/held"]},
            "spec": {"containers": [idle], "terminationGracePeriodSeconds": 1}}  # fmt: skip
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job-image"},
           "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
               {"name": "job", "image": "Job:1"}]}}}}  # fmt: skip
    return [
        Sick("ill-init", "GW-POD-CRASHLOOP", "missing-file", "/nowhere",
             [deployment("ill-init", image, "serve", pod={
                 "initContainers": [{"name": "prepare", "image": image, "args": ["file", "/nowhere"]}]})]),
        Sick("ill-sidecar", "GW-POD-CRASHLOOP", "missing-environment", "PROXY_UPSTREAM", [sidecar]),
        Sick("two-at-once", "GW-POD-CRASHLOOP", "port-in-use", "listens on", [twice]),
        Sick("not-trusted", "GW-POD-CRASHLOOP", "dependency-tls", "certificate",
             [deployment("not-trusted", image, "get", "https://$(KUBERNETES_SERVICE_HOST)/")]),
        Sick("not-executable", "GW-POD-START", "permission", "not executable",
             [deployment("not-executable", image, command=["/etc/passwd"])]),
        Sick("bad-hook", "GW-POD-START", "post-start", "postStart",
             [deployment("bad-hook", image, "serve", lifecycle={
                 "postStart": {"exec": {"command": ["/no-such-hook"]}}})]),
        Sick("no-shell", "GW-POD-NOT-READY", "probe-command", "not in the image",
             [deployment("no-shell", image, "serve", ready=shell)]),
        Sick("wrong-liveness", "GW-POD-KILLED", "liveness-probe", "its liveness probe",
             [deployment("wrong-liveness", image, "serve", ready=probe(), livenessProbe=probe(path="/alive"))]),
        Sick("member", "GW-POD-CRASHLOOP", "missing-file", "/data/cluster-id", [member]),
        Sick("held", "GW-POD-STUCK-TERMINATING", "finalizer", "goweb.test/held", [held]),
        Sick("job-image", "GW-POD-IMAGE", "image-name", "is not one a registry could have", [job]),
    ]  # fmt: skip


def around(image: str, registry: str) -> list[Sick]:
    """What ails the things around Pods; the name is that of the object at fault."""

    def ingress(name: str, backend: str, port: int = 80, **spec: Any) -> Json:
        path = {"path": "/", "pathType": "Prefix",
                "backend": {"service": {"name": backend, "port": {"number": port}}}}  # fmt: skip
        return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
                "spec": {"rules": [{"host": f"{name}.example", "http": {"paths": [path]}}], **spec}}  # fmt: skip

    def claim(name: str, **spec: Any) -> Json:
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                         **spec}}  # fmt: skip

    waiting = deployment("wants-claim", image, "serve", pod={
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "lost-class"}}]})  # fmt: skip
    autoscaler = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "blind"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "near-steady"},
                 "minReplicas": 1, "maxReplicas": 2,
                 "metrics": [{"type": "Resource", "resource": {
                     "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}  # fmt: skip
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "stubborn"},
              "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "near-optional"}}}}  # fmt: skip
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "failing"},
           "spec": {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [
               {"name": "job", "image": image, "args": ["file", "/nowhere"]}]}}}}  # fmt: skip
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"},
            "spec": {"containers": [{"name": "web", "image": f"{registry}/sick:gone"}]}}  # fmt: skip
    database = deployment("database", image, "env", "STORAGE_PATH")
    return [
        Sick("selects-nobody", "GW-SERVICE-SELECTOR", "selects-nothing", "app=nobody",
             [service("selects-nobody", "nobody")]),
        Sick("port-name", "GW-SERVICE-PORT", "port-name", "htpp", [service("port-name", "near-steady", "htpp")]),
        Sick("port-number", "GW-SERVICE-PORT", "port-number", "9999, where nothing listens",
             [service("port-number", "near-steady", 9999)]),
        Sick("to-nowhere", "GW-INGRESS-BACKEND", "missing-service", "does not exist",
             [ingress("to-nowhere", "nowhere")]),
        Sick("to-no-port", "GW-INGRESS-BACKEND", "missing-port", "which has 80",
             [ingress("to-no-port", "near-steady", 81)]),
        Sick("no-class", "GW-INGRESS-CLASS", "missing-class", "nginx-of-tomorrow",
             [ingress("no-class", "near-steady", ingressClassName="nginx-of-tomorrow")]),
        Sick("no-certificate", "GW-INGRESS-TLS", "missing-secret", "no-cert-yet",
             [ingress("no-certificate", "near-steady", tls=[{"hosts": ["x.example"], "secretName": "no-cert-yet"}])]),
        Sick("idle-behind", "GW-SERVICE-IDLE", "scaled-to-zero", "0 replicas",
             [service("idle-behind", "near-idle"), ingress("to-idle", "idle-behind")]),
        Sick("lost-class", "GW-CLAIM-PENDING", "missing-class", "does not exist",
             [claim("lost-class", storageClassName="fast-of-tomorrow"), waiting]),
        Sick("no-default", "GW-CLAIM-PENDING", "no-default-class", "none is the default", [claim("no-default")]),
        Sick("no-volume", "GW-CLAIM-PENDING", "no-volume", "nobody makes volumes",
             [claim("no-volume", storageClassName="")]),
        Sick("metrics.k8s.io", "GW-API-DOWN", "not-served", "metrics-server is not installed", [autoscaler]),
        Sick("stubborn", "GW-PDB-IMPOSSIBLE", "impossible", "maxUnavailable 0", [budget]),
        Sick("failing", "GW-JOB-FAILED", "backoff-limit", "failed after", [job]),
        Sick("bare", "GW-POD-IMAGE", "image-not-found", "does not have that image", [bare]),
        Sick("database", "GW-POD-CRASHLOOP", "missing-environment", "STORAGE_PATH",
             [service("database", "database"), database,
              deployment("needs-database", image, "dial", "$(DATABASE_SERVICE_HOST):80")]),
    ]  # fmt: skip


def refused(image: str, denier_url: str = "", authority: str = "") -> list[tuple[Sick, list[Json], Json]]:
    """What the API server refuses, each in a namespace of its own: the fault, the laws, the labels. Laws without a name
    are the whole cluster's, and to be narrowed to the namespace.
    """
    small = {"requests": {"cpu": "10m", "memory": "8Mi"}, "limits": {"cpu": "100m", "memory": "32Mi"}}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"},
             "spec": {"hard": {"requests.cpu": "5m", "pods": "10"}}}  # fmt: skip
    limits = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "sizes"},
              "spec": {"limits": [{"type": "Container", "max": {"memory": "16Mi"}}]}}  # fmt: skip

    given = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "given"},
             "spec": {"limits": [{"type": "Container", "default": {"memory": "16Mi"}}]}}  # fmt: skip
    hungry = {"requests": {"memory": "32Mi"}}

    def sick(name: str, reason: str, says: str, **more: Any) -> Sick:
        return Sick(name, "GW-ROLLOUT-REFUSED", reason, says, [deployment(name, image, "serve", **more)])

    over_quota = sick("over-quota", "quota", "5m too much", resources=small)
    over_quota.objects.append(deployment("near-quota", image, "serve", resources=small | {"requests": {"cpu": "0"}}))
    pods = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]

    def webhook(name: str, **client: Any) -> Json:
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "webhooks": [{"name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"],
                              "failurePolicy": "Fail", "timeoutSeconds": 2, "clientConfig": client,
                              "rules": pods}]}  # fmt: skip

    nobody = webhook("gate.goweb.test", service={"name": "gate", "namespace": "default", "path": "/"})
    denier = webhook("signed.goweb.test", url=denier_url, caBundle=authority)
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
              "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": pods},
                       "validations": [{"expression": "'owner' in object.metadata.labels",
                                        "message": "a Pod needs the label owner"}]}}  # fmt: skip
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "spec": {"validationActions": ["Deny"]},
    }
    return [
        (over_quota, [quota], {}),
        (sick("silent", "quota-unspecified", "wants every Pod to say"), [quota], {}),
        (sick("too-large", "limit-range", "LimitRange", resources=small), [limits], {}),
        (sick("contradicted", "invalid", "must be less than or equal to memory limit", resources=hungry), [given], {}),
        (sick("too-free", "pod-security", "restricted"), [], {"pod-security.kubernetes.io/enforce": "restricted"}),
        (sick("nobody", "missing-serviceaccount", "ServiceAccount robot", pod={"serviceAccountName": "robot"}), [], {}),
        (sick("gated", "webhook-down", "gate.goweb.test"), [nobody], {}),
        (sick("unsigned", "webhook-denied", "images must be signed"), [denier], {}),
        (sick("ownerless", "policy-denied", "a Pod needs the label owner"), [policy, binding], {}),
    ]
