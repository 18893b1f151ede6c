"""What stands beside services and ails them: policies, Jobs, sidecars, hooks, operators, APIs of other servers. Nobody
has to do anything for it.
"""

from __future__ import annotations

from typing import Any

from .sickness import Json, Sick, deployment, probe, service

PORTS = [{"containerPort": 8080, "name": "http"}]
ALL: Json = {"podSelector": {}}


def policy(name: str, over: str, **spec: Any) -> Json:
    """A NetworkPolicy over the Pods of one app."""
    kinds = [word.capitalize() for word in ("ingress", "egress") if word in spec]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name},
            "spec": {"podSelector": {"matchLabels": {"app": over}}, "policyTypes": kinds, **spec}}  # fmt: skip


def ingress(name: str, backend: str) -> Json:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": backend, "port": {"number": 80}}}}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
            "spec": {"rules": [{"host": f"{name}.example", "http": {"paths": [path]}}]}}  # fmt: skip


def served(name: str, image: str, **more: Any) -> list[Json]:
    """A service that is well, and its Service."""
    return [deployment(name, image, "serve", ready=probe(), ports=PORTS, **more), service(name, name)]


def walls(image: str) -> list[Sick]:
    """The name is that of the policy at fault."""
    database = {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 5432}]}
    return [
        Sick("closed", "GW-NETPOL-CUTS", "other-port", "a policy goes by the Pods' own",
             [*served("closed-web", image), policy("closed", "closed-web", ingress=[{"ports": [{"port": 80}]}])]),
        Sick("sealed-off", "GW-NETPOL-CUTS", "nobody", "lets nobody ask svc/sealed-web on port 8080",
             [*served("sealed-web", image), policy("sealed-off", "sealed-web", ingress=[])]),
        Sick("walled", "GW-NETPOL-CUTS", "ingress-controller", "ing/walled-web leads to it",
             [*served("walled-web", image), ingress("walled-web", "walled-web"),
              policy("walled", "walled-web", ingress=[{"from": [ALL]}])]),
        Sick("nameless", "GW-NETPOL-CUTS", "no-dns", "keeps deploy/nameless-web from every name server",
             [deployment("nameless-web", image, "serve"), policy("nameless", "nameless-web", egress=[database])]),
    ]  # fmt: skip


def open_walls(image: str) -> list[Json]:
    """Policies that cut nobody off who is meant to ask."""
    anybody = [{"from": [{"namespaceSelector": {}}], "ports": [{"port": "http"}]}]
    names = {"ports": [{"port": 53, "protocol": "UDP"}]}
    return [
        deployment("near-sealed", image, "serve", ready=probe()),
        policy("near-sealed", "near-sealed", ingress=[], egress=[]),
        *served("near-walled", image), ingress("near-walled", "near-walled"),
        policy("near-walled", "near-walled", ingress=anybody, egress=[{"to": [ALL]}, names]),
    ]  # fmt: skip


def pulls(strict: str, mute: str) -> list[Sick]:
    """Images of a registry that knows nobody, and of one that does not answer."""
    return [
        Sick("unknown-to-it", "GW-POD-IMAGE", "image-unauthorised", "pull secret",
             [deployment("unknown-to-it", f"{strict}/web:1")]),
        Sick("never-comes", "GW-POD-IMAGE", "slow-pull", "waiting for its image",
             [deployment("never-comes", f"{mute}/web:1")]),
    ]  # fmt: skip


def unplaced(image: str) -> list[Sick]:
    """Pods that are not made, find no node, or cannot be begun on theirs."""

    def pending(name: str, reason: str, says: str, *, replicas: int = 1, **pod: Any) -> Sick:
        return Sick(name, "GW-POD-UNSCHEDULABLE", reason, says,
                    [deployment(name, image, "serve", replicas=replicas, pod=pod)])  # fmt: skip

    def labelled(name: str) -> Json:
        return {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}

    near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [labelled("nobody-there")]}}
    spread = {**labelled("thinly"), "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    host = {"name": "host", "hostPath": {"path": "/srv/not-there", "type": "Directory"}}
    return [
        pending("gated", "scheduling-gate", "whoever set the gate", schedulingGates=[{"name": "goweb.test/gate"}]),
        pending("clinging", "affinity", "pod affinity", affinity=near),
        pending("thinly", "spread", "topology spread", replicas=2, topologySpreadConstraints=[spread]),
        pending("tainted", "taint", "taint", nodeSelector={"kubernetes.io/hostname": "fake-0"}),
        Sick("hosted", "GW-POD-VOLUME", "mount", "hostPath type check failed",
             [deployment("hosted", image, "serve", volumeMounts=[{"name": "host", "mountPath": "/data"}],
                         pod={"volumes": [host]})]),
        Sick("unranked", "GW-ROLLOUT-REFUSED", "missing-priorityclass", "first-of-all",
             [deployment("unranked", image, "serve", pod={"priorityClassName": "first-of-all"})]),
    ]  # fmt: skip


def beside(image: str) -> list[Sick]:
    """The name is that of the object at fault."""
    hook = {"preStop": {"exec": {"command": ["/sick", "sleep", "45s"]}}}
    waits = deployment("waits", image, "serve")
    waits["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "wait-for-database", "image": image, "args": ["wait", "127.0.0.1:5432"]}
    ]
    mesh = deployment("ill-mesh", image, "serve", ready=probe())
    mesh["spec"]["template"]["spec"]["initContainers"] = [
        {"name": "proxy", "image": image, "args": ["serve", ":15001"], "restartPolicy": "Always",
         "readinessProbe": probe(15021)}
    ]  # fmt: skip
    aimless = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "aimless"},
               "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nobody"},
                        "maxReplicas": 2}}  # fmt: skip
    owner = {"apiVersion": "db.goweb.test/v1", "kind": "Cluster", "name": "orders-db", "controller": True,
             "uid": "00000000-0000-4000-8000-000000000001"}  # fmt: skip
    database = {"name": "db", "image": image, "args": ["dial", "127.0.0.1:2379"]}
    meta = {"name": "orders-db-1", "labels": {"app": "orders-db"}, "ownerReferences": [owner]}
    operated = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [database]}}
    counted = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "counted"},
               "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "orders-db"}}}}  # fmt: skip
    unwritten = service("unwritten", "")
    del unwritten["spec"]["selector"]
    twice = [
        {
            **aimless,
            "metadata": {"name": name},
            "spec": {
                "maxReplicas": 2,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "scaled-twice"},
            },
        }
        for name in ("scaled-a", "scaled-b")
    ]
    return [
        Sick("scaled-a", "GW-HPA-BLIND", "two-autoscalers", "scaled-b",
             [deployment("scaled-twice", image, "serve"), *twice]),
        Sick("waits", "GW-POD-INIT", "dependency-refused", "nobody listens at 127.0.0.1:5432", [waits]),
        Sick("hooked", "GW-POD-CUT-OFF", "prestop-too-long", "45 s of 30 s",
             [deployment("hooked", image, "serve", lifecycle=hook, pod={"terminationGracePeriodSeconds": 30})]),
        Sick("ill-mesh", "GW-POD-NOT-READY", "probe-port", "listens on port 15001", [mesh]),
        Sick("unhurried", "GW-POD-NOT-READY", "startup-running", "its startupProbe gives it 8m20s",
             [deployment("unhurried", image, "serve-late", "450s", startupProbe=probe(failureThreshold=500))]),
        Sick("redirected", "GW-PROBE-REDIRECTED", "elsewhere", "the readiness probe",
             [deployment("redirected", image, "serve", ready=probe(path="/moved"))]),
        Sick("unwritten", "GW-SERVICE-NO-ENDPOINTS", "no-selector", "nobody has written one",
             [unwritten, ingress("to-unwritten", "unwritten")]),
        Sick("jobbed", "GW-SERVICE-PORT", "strangers", "job/jobbed-work",
             [*served("jobbed", image), _job("jobbed-work", image, "sleep", "3600s", labels={"app": "jobbed"})]),
        Sick("retrying", "GW-POD-CRASHLOOP", "dependency-refused", "nobody listens at",
             [_job("retrying", image, "dial", "127.0.0.1:5432", restartPolicy="OnFailure")]),
        Sick("aimless", "GW-HPA-BLIND", "no-target", "not found", [aimless]),
        Sick("orders-db", "GW-POD-CRASHLOOP", "dependency-refused", "nobody listens at", [operated]),
        Sick("counted", "GW-API-GONE", "api-not-served", "Cluster of db.goweb.test/v1", [counted]),
    ]  # fmt: skip


def _job(name: str, image: str, *args: str, labels: Json | None = None, **spec: Any) -> Json:
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, **spec,
           "containers": [{"name": "work", "image": image, "args": list(args)}]}  # fmt: skip
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
            "spec": {"template": {"metadata": {"labels": labels or {}}, "spec": pod}}}  # fmt: skip
