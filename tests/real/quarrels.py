"""Services that are ill by what is done to them: two owners, versions that are gone, names that lead nowhere, ends that
are cut off, gates and certificates. What somebody has to do meanwhile is a play, done after everything was made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .harness.kubectl import Kubectl
from .sickness import Json, Sick, deployment, probe, service

Play = Callable[[Kubectl, str], None]
TIMES = 3
"""How often two owners undo each other's write."""


@dataclass(frozen=True)
class Played(Sick):
    """An ill service for which something has to be done."""

    play: Play | None = None
    is_last: bool = False
    """Its play is done after those of the others: what it shows does not last."""


def play(cases: Mapping[str, Played], kubectl: Kubectl, namespace: str) -> None:
    """Every play at once, those that do not last after the others."""
    for is_last in (False, True):
        plays = [case.play for case in cases.values() if case.play and case.is_last is is_last]
        with ThreadPoolExecutor(max(1, len(plays))) as hands:
            for done in [hands.submit(one, kubectl, namespace) for one in plays]:
                done.result()


def quarrels(image: str, other: str, foreign: str, certificates: dict[str, Json]) -> list[Played]:
    """`other` is another program's image, `foreign` an image of a program for another processor, which has an
    index of its own, `certificates` Secrets by name.
    """
    return [
        *_owners(image, other),
        *_names(image),
        *_ends(image),
        *_nights(image),
        *_rest(image, foreign, certificates),
    ]


def _owners(image: str, other: str) -> list[Played]:
    twins = [deployment(name, image, "serve") for name in ("twin-a", "twin-b")]
    for one in twins:
        one["spec"]["selector"]["matchLabels"] = one["spec"]["template"]["metadata"]["labels"] = {"app": "twin"}
    autoscaler = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "contested-hpa"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "contested"},
                 "minReplicas": 1, "maxReplicas": 2, "metrics": [{"type": "Resource", "resource": {
                     "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}  # fmt: skip

    def scale(kubectl: Kubectl, namespace: str) -> None:
        """A person wants three, the autoscaler allows two."""
        for _ in range(TIMES):
            kubectl("-n", namespace, "scale", "deployment/contested", "--replicas=3")
            kubectl(
                "-n", namespace, "wait", "deployment/contested", "--for=jsonpath={.spec.replicas}=2", "--timeout=90s"
            )

    def write(kubectl: Kubectl, namespace: str) -> None:
        """Two pipelines, each with its own idea of the template."""
        for mode in ("blue", "green") * TIMES:
            change = {"spec": {"template": {"spec": {"containers": [
                {"name": "web", "env": [{"name": "MODE", "value": mode}]}]}}}}  # fmt: skip
            kubectl("-n", namespace, "patch", "deployment/rewritten", f"--field-manager=pipeline-{mode}",
                    "-p", json.dumps(change))  # fmt: skip
            kubectl("-n", namespace, "rollout", "status", "deployment/rewritten", "--timeout=120s")

    budgets = [{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
                "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}}
               for name in ("guarded-a", "guarded-b")]  # fmt: skip
    stranger = deployment("stranger", other, env=[{"name": "PORT", "value": "9090"}])
    mixed = deployment("mixed", image, "serve", ports=[{"containerPort": 8080}])
    for one in (stranger, mixed):
        one["spec"]["template"]["metadata"]["labels"]["part"] = "mixed"
    common = service("mixed", "mixed")
    common["spec"]["selector"] = {"part": "mixed"}
    return [
        Played("twin-a", "GW-TWO-OWNERS", "selector", "deploy/twin-b", twins),
        # Nobody serves the metrics that the autoscaler scales by.
        Played("metrics.k8s.io", "GW-API-DOWN", "not-served", "metrics-server is not installed"),
        Played("contested", "GW-TWO-OWNERS", "replicas", "sets 2",
               [deployment("contested", image, "serve", replicas=2), autoscaler], play=scale),
        Played("rewritten", "GW-TWO-OWNERS", "template", "in turn",
               [deployment("rewritten", image, "serve")], play=write),
        Played("guarded-a", "GW-PDB-IMPOSSIBLE", "two-budgets", "guarded-b",
               [deployment("guarded", image, "serve"), *budgets]),
        Played("mixed", "GW-SERVICE-PORT", "strangers", "deploy/stranger", [mixed, stranger, common]),
    ]  # fmt: skip


def _names(image: str) -> list[Played]:
    def alias(name: str, to: str, **port: Any) -> Json:
        spec = {"type": "ExternalName", "externalName": to, "ports": [port] if port else []}
        return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}

    def ask(kubectl: Kubectl, namespace: str) -> None:
        """Ask for the port of the Service at the address that its name stands for."""
        kubectl("-n", namespace, "rollout", "status", "deployment/headless", "--timeout=120s")
        pods = kubectl.json("-n", namespace, "get", "pods", "-l", "app=headless")["items"]
        one = deployment("asks-headless", image, "dial", f"{pods[0]['status']['podIP']}:80")
        one["metadata"]["namespace"] = namespace
        kubectl.create(one)

    headless = service("headless", "headless")
    headless["spec"]["clusterIP"] = "None"
    peers = service("peers", "peers")
    peers["spec"] |= {"clusterIP": "None", "ports": [{"port": 8080}]}

    def gather(kubectl: Kubectl, namespace: str) -> None:
        """Members that look each other up by a name server that knows no name, as none has a Pod that is not ready."""
        server = kubectl.json("-n", namespace, "get", "service", "resolver")["spec"]["clusterIP"]
        one = deployment("peers", image, "dial", f"peers-1.peers.{namespace}.svc.cluster.local:8080", replicas=2,
                         ready=probe(), pod={"dnsPolicy": "None", "dnsConfig": {"nameservers": [server]}})  # fmt: skip
        one["kind"] = "StatefulSet"
        one["metadata"]["namespace"] = namespace
        one["spec"]["serviceName"] = "peers"
        del one["spec"]["strategy"]
        kubectl.create(one)

    resolver = deployment("resolver", image, "nameless")
    lookup = service("resolver", "resolver")
    lookup["spec"]["ports"] = [{"port": 53, "protocol": "UDP"}]
    return [
        Played("to-address", "GW-SERVICE-ALIAS", "external-address", "10.0.0.7", [alias("to-address", "10.0.0.7")]),
        Played("to-itself", "GW-SERVICE-ALIAS", "external-port", "in vain",
               [alias("to-itself", "db.example.com", port=5432, targetPort=6432)]),
        Played("asks-headless", "GW-POD-CRASHLOOP", "headless-port", "not mapped to 8080",
               [deployment("headless", image, "serve", ready=probe()), headless], play=ask),
        Played("peers", "GW-POD-CRASHLOOP", "headless-member", "there is no Pod peers-1",
               [resolver, lookup, peers], play=gather),
    ]  # fmt: skip


def _ends(image: str) -> list[Played]:
    def ending(name: str, reason: str, says: str, *args: str, **more: Any) -> Played:
        """The finalizer keeps the Pod to be looked at, as a Job's or a load balancer's does; its log is gone then."""
        one = deployment(name, image, *args, pod={"terminationGracePeriodSeconds": 5}, **more)
        one["spec"]["template"]["metadata"]["finalizers"] = ["goweb.test/held"]

        def end(kubectl: Kubectl, namespace: str) -> None:
            kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=120s")
            kubectl("-n", namespace, "delete", "pod", "-l", f"app={name}", "--wait=false")

        return Played(name, "GW-POD-CUT-OFF", reason, says, [one], play=end, is_last=True)

    hook = {"preStop": {"exec": {"command": ["/sick", "sleep", "20s"]}}}
    return [
        ending("deaf", "", "ignores SIGTERM, or needs longer", "deaf"),
        ending("sleepy", "prestop-too-long", "before SIGTERM is sent", "serve-on", "60s", lifecycle=hook),
    ]


def _nights(image: str) -> list[Played]:
    """What keeps people up: each was first tried by hand, and told wrongly or not at all."""
    backend = {"service": {"name": "claimed", "port": {"number": 80}}}

    def ingress(name: str, service: str) -> Json:
        path = {"path": "/", "pathType": "Prefix", "backend": {"service": backend["service"] | {"name": service}}}
        return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
                "spec": {"rules": [{"host": "claimed.example", "http": {"paths": [path]}}]}}  # fmt: skip

    def mounting(name: str, path: str, sub_path: str, **volume: Any) -> Json:
        mount = {"name": "it", "mountPath": path} | ({"subPath": sub_path} if sub_path else {})
        return deployment(name, image, "file", "/etc/web/settings.yaml", volumeMounts=[mount],
                          pod={"volumes": [{"name": "it", **volume}]})  # fmt: skip

    def update(kubectl: Kubectl, namespace: str) -> None:
        """The new Pod wants the port of the node that the old one has."""
        kubectl("-n", namespace, "rollout", "status", "deployment/one-port", "--timeout=120s")
        kubectl("-n", namespace, "set", "env", "deployment/one-port", "MODE=new")

    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"settings.yml": ""}}
    grpc = {"grpc": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 2}
    ports = [{"containerPort": 8080}]
    alone = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": {"matchLabels": {"app": "alone"}}, "topologyKey": "kubernetes.io/hostname"}]}}  # fmt: skip
    return [
        Played("self-killer", "GW-POD-KILLED", "probe-dependency", "nobody listens at",
               [deployment("self-killer", image, "serve-without", "127.0.0.1:5432",
                           livenessProbe=probe(timeoutSeconds=2))]),
        Played("claimed-b", "GW-TWO-OWNERS", "route", "claimed-a",
               [deployment("claimed", image, "serve", ready=probe(), ports=ports), service("claimed", "claimed"),
                service("claimed-too", "claimed"), ingress("claimed-a", "claimed"),
                ingress("claimed-b", "claimed-too")]),
        Played("sub-path", "GW-POD-CRASHLOOP", "file-is-directory", "settings.yml was probably meant",
               [settings, mounting("sub-path", "/etc/web/settings.yaml", "settings.yaml",
                                   configMap={"name": "settings"})]),
        Played("hidden", "GW-POD-CRASHLOOP", "missing-file", "is empty in every new Pod",
               [mounting("hidden", "/etc/web", "", emptyDir={})]),
        Played("not-grpc", "GW-POD-NOT-READY", "probe-scheme", "does not speak gRPC",
               [deployment("not-grpc", image, "serve", ready=grpc)]),
        Played("starved", "GW-POD-NOT-READY", "cpu-throttled", "it is throttled",
               [deployment("starved", image, "serve-busy", "200ms", ready=probe(),
                           resources={"limits": {"cpu": "20m"}, "requests": {"cpu": "5m"}})]),
        Played("go-limit", "GW-POD-CRASHLOOP", "wrong-settings", "KiB, MiB or GiB",
               [deployment("go-limit", image, "serve", env=[{"name": "GOMEMLIMIT", "value": "512Mi"}])]),
        Played("read-only", "GW-POD-CRASHLOOP", "read-only-filesystem", "/cache.db",
               [deployment("read-only", image, "write", "/cache.db",
                           securityContext={"readOnlyRootFilesystem": True})]),
        Played("unmigrated", "GW-POD-CRASHLOOP", "dependency-schema", "a migration was not run",
               [deployment("unmigrated", image, "fatal", 'pq: relation "orders" does not exist')]),
        Played("one-port", "GW-POD-UNSCHEDULABLE", "host-port", "with maxUnavailable 0",
               [deployment("one-port", image, "serve", ready=probe(),
                           ports=[{"containerPort": 8080, "hostPort": 18099}],
                           strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})],
               play=update),
        Played("alone", "GW-POD-UNSCHEDULABLE", "anti-affinity", "does not want to be beside",
               [deployment("alone", image, "serve", replicas=2, pod={"affinity": alone})]),
    ]  # fmt: skip


def _rest(image: str, foreign: str, certificates: dict[str, Json]) -> list[Played]:
    gone = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "gone"},
        "spec": {"scaleTargetRef": {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "name": "near-gone"},
                 "minReplicas": 1, "maxReplicas": 2, "metrics": [{"type": "Resource", "resource": {
                     "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}  # fmt: skip

    def ingress(name: str) -> list[Json]:
        tls = [{"hosts": [f"{name}.example"], "secretName": name}]
        backend = {"service": {"name": "served", "port": {"number": 80}}}
        one = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name},
               "spec": {"defaultBackend": backend, "tls": tls}}  # fmt: skip
        return [certificates[name], one]

    gated = deployment("gated-ready", image, "serve", pod={"readinessGates": [{"conditionType": "goweb.test/lb"}]})
    return [
        Played("gone", "GW-HPA-BLIND", "api-not-served", "extensions/v1beta1", [gone]),
        Played("gated-ready", "GW-POD-NOT-READY", "readiness-gate", "goweb.test/lb", [gated]),
        Played("foreign", "GW-POD-CRASHLOOP", "exec-format", "another processor", [deployment("foreign", foreign)]),
        Played("no-platform", "GW-POD-IMAGE", "image-platform", "node's processor",
               [deployment("no-platform", f"{foreign}-index")]),
        Played("expired", "GW-INGRESS-TLS", "expired", "it expired on",
               [deployment("served", image, "serve", ready=probe()), service("served", "served"), *ingress("expired"),
                *ingress("near-sound")]),
        Played("misnamed", "GW-INGRESS-TLS", "wrong-name", "not for misnamed.example", ingress("misnamed")),
        Played("expiring", "GW-INGRESS-TLS", "expires-soon", "it expires on", ingress("expiring")),
        Played("early", "GW-INGRESS-TLS", "not-yet-valid", "it holds only from", ingress("early")),
    ]  # fmt: skip


def tls_secret(name: str, certificate: bytes, key: bytes) -> Json:
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(key).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name}, "data": data}


def kept_laws(namespace: str) -> list[Json]:
    """That nobody may delete a ConfigMap of a namespace, not even the controller that empties it."""
    configmaps = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["configmaps"]}
    only = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    policy = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [configmaps]},
              "validations": [{"expression": "false", "message": "it is to be kept"}]}  # fmt: skip
    binding = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": only}
    return [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": namespace}, "spec": spec}
        for kind, spec in (("ValidatingAdmissionPolicy", policy), ("ValidatingAdmissionPolicyBinding", binding))
    ]
