"""Services that are changed or mended by half, and names that somebody else answers to."""

from __future__ import annotations

import time
from typing import Any

from .harness.kubectl import Kubectl
from .harness.waiting import until
from .quarrels import Played
from .sickness import Json, deployment, probe, service


def halves(image: str) -> list[Played]:
    """What is mended or changed by half, and what is believed to be somebody else."""

    def members(name: str, **more: Any) -> list[Json]:
        one = deployment(name, image, "serve", replicas=2, ready=probe(), **more)
        one["kind"] = "StatefulSet"
        one["spec"] |= {"serviceName": name}
        del one["spec"]["strategy"]
        common = service(name, name)
        common["spec"] |= {"clusterIP": "None", "ports": [{"port": 8080}]}
        return [one, common]

    def correct(kubectl: Kubectl, namespace: str) -> None:
        """A wrong image, and the right one again: the Pod that was made between stays."""
        here = ("-n", namespace)
        kubectl(*here, "rollout", "status", "statefulset/queue", "--timeout=120s")
        kubectl(*here, "set", "image", "statefulset/queue", f"web={image}-typo")
        asked = (*here, "get", "pod", "queue-1", "--ignore-not-found")
        until(lambda: "ImagePull" in kubectl(*asked), what="a failed pull", timeout=90)
        kubectl(*here, "set", "image", "statefulset/queue", f"web={image}")

    def renew(kubectl: Kubectl, namespace: str) -> None:
        """A rollout in which the old Pod is to drain, and cannot."""
        kubectl("-n", namespace, "rollout", "status", "deployment/undrained", "--timeout=120s")
        kubectl("-n", namespace, "rollout", "restart", "deployment/undrained")

    def change(kubectl: Kubectl, namespace: str) -> None:
        kubectl("-n", namespace, "rollout", "status", "statefulset/parted", "--timeout=120s")
        kubectl("-n", namespace, "set", "env", "statefulset/parted", "MODE=new")

    def gather(kubectl: Kubectl, namespace: str) -> None:
        """Members made at once that look each other up before they are ready."""
        server = kubectl.json("-n", namespace, "get", "service", "resolver")["spec"]["clusterIP"]
        one, common = members("friends", pod={"dnsPolicy": "None", "dnsConfig": {"nameservers": [server]}})
        one["spec"]["podManagementPolicy"] = "Parallel"
        one["spec"]["template"]["spec"]["containers"][0]["args"] = [
            "dial", f"friends-1.friends.{namespace}.svc.cluster.local:8080"]  # fmt: skip
        for made in (one, common):
            made["metadata"]["namespace"] = namespace
        kubectl.create(common, one)

    def refuse(kubectl: Kubectl, namespace: str) -> None:
        """What the controller of a cloud's load balancers writes: there is none here."""
        uid = kubectl.json("-n", namespace, "get", "service", "balanced")["metadata"]["uid"]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        about = {"apiVersion": "v1", "kind": "Service", "name": "balanced", "namespace": namespace, "uid": uid}
        kubectl.create({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "balanced.1", "namespace": namespace},
                        "involvedObject": about, "type": "Warning", "reason": "SyncLoadBalancerFailed", "count": 1,
                        "message": "Error syncing load balancer: failed to ensure load balancer: quota exceeded",
                        "firstTimestamp": now, "lastTimestamp": now,
                        "source": {"component": "service-controller"}})  # fmt: skip

    def ask(kubectl: Kubectl, namespace: str) -> None:
        """The API server under the name of an alias, which the Pod's hosts file resolves in the stead of DNS."""
        address = kubectl.json("-n", "default", "get", "service", "kubernetes")["spec"]["clusterIP"]
        hosts = [{"ip": address, "hostnames": ["payments"]}]
        one = deployment("asks-alias", image, "get", "https://payments/", pod={"hostAliases": hosts})
        one["metadata"]["namespace"] = namespace
        kubectl.create(one)

    parted = members("parted")
    parted[0]["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    balanced = service("balanced", "headless")
    balanced["spec"]["type"] = "LoadBalancer"
    alias = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "payments"},
             "spec": {"type": "ExternalName", "externalName": "pay.example.com"}}  # fmt: skip
    limits = {"limits": {"cpu": "20m"}, "requests": {"cpu": "5m"}}
    return [
        Played("queue", "GW-SET-BLOCKED", "forced-rollback", "queue-1 is of an older revision", members("queue"),
               play=correct),
        Played("undrained", "GW-POD-HOOK", "pre-stop", "sleep needs none",
               [deployment("undrained", image, "serve", ready=probe(), lifecycle={
                   "preStop": {"exec": {"command": ["sh", "-c", "sleep 5"]}}},
                   pod={"terminationGracePeriodSeconds": 30})], play=renew),
        Played("parted", "GW-ROLLOUT-PAUSED", "partition", "1 of 2 Pods", parted, play=change),
        Played("friends", "GW-POD-CRASHLOOP", "headless-not-ready", "publishNotReadyAddresses", play=gather),
        Played("balanced", "GW-SERVICE-BALANCER", "refused", "quota exceeded", [balanced], play=refuse),
        Played("asks-alias", "GW-POD-CRASHLOOP", "alias-tls", "it must ask for the real name", [alias], play=ask),
        Played("strained", "GW-POD-KILLED", "cpu-throttled", "it is throttled",
               [deployment("strained", image, "serve-busy", "150ms", livenessProbe=probe(), resources=limits)]),
    ]  # fmt: skip
