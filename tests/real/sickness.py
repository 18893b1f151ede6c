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


def healthy(image: str) -> list[Json]:
    """Services that look suspicious and are well."""
    steady = deployment("near-steady", image, "serve", ready=probe())
    optional = deployment(
        "near-optional", image, "serve", ready=probe(),
        envFrom=[{"configMapRef": {"name": "not-there", "optional": True}}],
    )  # fmt: skip
    startup = deployment(
        "near-startup", image, "serve-late", "4s", ready=probe(), livenessProbe=probe(),
        startupProbe=probe(failureThreshold=60),
    )  # fmt: skip
    init = deployment("near-init", image, "serve", ready=probe())
    init["spec"]["template"]["spec"]["initContainers"] = [{"name": "prepare", "image": image, "args": ["exit-0"]}]
    idle = deployment("near-idle", image, "serve", replicas=0)
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "near-job"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
            {"name": "job", "image": image, "args": ["exit-0"]}]}}},
    }  # fmt: skip
    found = deployment("near-variable", image, "env", "DATABASE_URL", ready=probe(),
                       env=[{"name": "DATABASE_URL", "value": "postgres://db"}])  # fmt: skip
    return [
        steady, service("near-steady", "near-steady"), optional, startup, init, idle, job, found,
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "near-steady"},
         "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "near-steady"}}}},
    ]  # fmt: skip
