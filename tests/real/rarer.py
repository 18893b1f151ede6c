"""What is seldom seen, and told all the same: registries, runtimes and volumes that refuse, names that lead nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .harness.kubectl import Kubectl
from .harness.shortage import limit_memory
from .harness.waiting import until
from .quarrels import Played
from .sickness import Json, deployment, probe, service


def rarer(image: str, own: str, untrusted: str, throttled: str, bare: str, unloadable: str) -> list[Played]:
    """`own` is a name for what the whole cluster sees; `untrusted` a registry with a certificate of nobody's,
    `throttled` one that has had enough; `bare` an image without a command, `unloadable` one whose program lacks its
    library.
    """
    return [
        Played("untrusted", "GW-POD-IMAGE", "registry-tls", "does not trust the registry's certificate",
               [deployment("untrusted", f"{untrusted}/web:1")]),
        Played("throttled", "GW-POD-IMAGE", "registry-throttled", "allows no more pulls",
               [deployment("throttled", f"{throttled}/web:1")]),
        Played("bare-image", "GW-POD-CONFIG", "no-command", "no command specified", [deployment("bare-image", bare)]),
        Played("unloadable", "GW-POD-CRASHLOOP", "missing-loader", "libc", [deployment("unloadable", unloadable)]),
        *_of_hosts(image),
        *_of_runtimes(image, own),
        *_of_volumes(image, own),
        *_of_names(image),
        *_of_ends(image),
    ]  # fmt: skip


def _of_hosts(image: str) -> list[Played]:
    """Paths of the node at which nobody can make a folder."""

    def mounting(name: str, reason: str, says: str, path: str) -> Played:
        volume = {"volumes": [{"name": "it", "hostPath": {"path": path}}]}
        one = deployment(name, image, "serve", pod=volume, volumeMounts=[{"name": "it", "mountPath": "/it"}])
        return Played(name, "GW-POD-CONFIG", reason, says, [one])

    return [
        mounting("in-proc", "missing-file", "/proc/nowhere", "/proc/nowhere"),
        mounting("in-sys", "permission", "/sys/kernel/nowhere", "/sys/kernel/nowhere"),
    ]


def _of_runtimes(image: str, own: str) -> list[Played]:
    """A runtime that the node does not have; memory of which the containers together may take so much."""
    runtime, usual = (
        {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": handler}
        for name, handler in ((own, "nobody"), (f"{own}-usual", "runc"))
    )
    return [
        Played("sandboxed", "GW-POD-SANDBOX", "sandbox", "no runtime for",
               [runtime, deployment("sandboxed", image, "serve", pod={"runtimeClassName": own}),
                usual, deployment("near-sandboxed", image, "serve", pod={"runtimeClassName": f"{own}-usual"})]),
        Played("unprofiled", "GW-POD-CONFIG", "missing-profile", "nowhere.json",
               [deployment("unprofiled", image, "serve", securityContext={"seccompProfile": {
                   "type": "Localhost", "localhostProfile": "nowhere.json"}})]),
        Played("shared-limit", "GW-POD-OOM", "limit", "the Pod's memory limit",
               [deployment("shared-limit", image, "leak", pod={"resources": {"limits": {"memory": "32Mi"}}})]),
    ]  # fmt: skip


def _of_volumes(image: str, own: str) -> list[Played]:
    def claim(name: str, storage_class: str, **spec: Any) -> Json:
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
                         "storageClassName": storage_class, **spec}}  # fmt: skip

    def storage_class(word: str, provisioner: str, mode: str = "Immediate") -> Json:
        return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": f"{own}-{word}"},
                "provisioner": provisioner, "volumeBindingMode": mode}  # fmt: skip

    def volume(name: str, mode: str = "ReadWriteOnce") -> Json:
        """Of a class that is but a name, so that no other claim takes it."""
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
                "spec": {"accessModes": [mode], "capacity": {"storage": "1Gi"}, "storageClassName": own,
                         "hostPath": {"path": "/srv"}}}  # fmt: skip

    def using(name: str, disk: str) -> Json:
        return deployment(name, image, "serve", pod={
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": disk}}]})  # fmt: skip

    def share(kubectl: Kubectl, namespace: str) -> None:
        """A claim that one Pod alone may use, and a second Pod that wants it."""
        kubectl("-n", namespace, "rollout", "status", "deployment/near-alone", "--timeout=120s")
        second = using("second-user", "alone")
        second["metadata"]["namespace"] = namespace
        kubectl.create(second)

    def give_up(kubectl: Kubectl, namespace: str) -> None:
        """A claim is deleted while a Pod uses it, and another Pod wants it."""
        kubectl("-n", namespace, "rollout", "status", "deployment/near-keeper", "--timeout=120s")
        kubectl("-n", namespace, "delete", "pvc", "given-up", "--wait=false")
        late = using("comes-late", "given-up")
        late["metadata"]["namespace"] = namespace
        kubectl.create(late)

    def lose(kubectl: Kubectl, namespace: str) -> None:
        """The volume of a claim is deleted, past the finalizer that is there to prevent it."""
        kubectl("-n", namespace, "wait", "pvc/lost-disk", "--for=jsonpath={.status.phase}=Bound", "--timeout=120s")
        kubectl("delete", "pv", own, "--wait=false")
        kubectl("patch", "pv", own, "--type=json", "-p", '[{"op": "remove", "path": "/metadata/finalizers"}]')

    return [
        Played("no-disk-fits", "GW-POD-UNSCHEDULABLE", "volume-binding", "persistent volumes to bind",
               [storage_class("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
                claim("no-disk", f"{own}-local"), using("no-disk-fits", "no-disk")]),
        Played("second-user", "GW-POD-UNSCHEDULABLE", "volume-in-use", "ReadWriteOncePod",
               [volume(f"{own}-alone", "ReadWriteOncePod"),
                claim("alone", own, volumeName=f"{own}-alone", accessModes=["ReadWriteOncePod"]),
                using("near-alone", "alone")], play=share),
        Played("given-up", "GW-CLAIM-PENDING", "deleting", "is being deleted",
               [volume(f"{own}-kept"), claim("given-up", own, volumeName=f"{own}-kept"),
                using("near-keeper", "given-up")], play=give_up),
        Played("no-plugin", "GW-CLAIM-PENDING", "provisioning-failed", "kubernetes.io/nobody",
               [storage_class("plugin", "kubernetes.io/nobody"), claim("no-plugin", f"{own}-plugin")]),
        Played("not-made", "GW-CLAIM-PENDING", "not-provisioned", "provisioner goweb.test/nobody",
               [storage_class("driver", "goweb.test/nobody"), claim("not-made", f"{own}-driver")]),
        Played("lost-disk", "GW-CLAIM-PENDING", "lost", "does not exist any more",
               [volume(own), claim("lost-disk", own, volumeName=own)], play=lose),
    ]  # fmt: skip


def _of_names(image: str) -> list[Played]:
    def alias(kubectl: Kubectl, namespace: str) -> None:
        spec = {"type": "ExternalName", "externalName": f"nobody.{namespace}.svc.cluster.local"}
        meta = {"name": "to-nobody", "namespace": namespace}
        kubectl.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})

    def stray(kubectl: Kubectl, namespace: str) -> None:
        """Members that want to find each other by a Service that nobody made."""
        server = kubectl.json("-n", namespace, "get", "service", "resolver")["spec"]["clusterIP"]
        one = deployment("strays", image, "dial", f"strays-0.strays.{namespace}.svc.cluster.local:8080",
                         pod={"dnsPolicy": "None", "dnsConfig": {"nameservers": [server]}})  # fmt: skip
        one["kind"] = "StatefulSet"
        one["metadata"]["namespace"] = namespace
        one["spec"]["serviceName"] = "strays"
        del one["spec"]["strategy"]
        kubectl.create(one)

    resolver, lookup = deployment("resolver", image, "nameless"), service("resolver", "resolver")
    lookup["spec"]["ports"] = [{"port": 53, "protocol": "UDP"}]
    ledger = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "ledger"},
              "spec": {"type": "ExternalName", "externalName": "ledger.example.com",
                       "ports": [{"port": 80, "targetPort": 8080}]}}  # fmt: skip
    asks = deployment("asks-ledger", image, "get", "http://ledger/",
                      pod={"hostAliases": [{"ip": "127.0.0.1", "hostnames": ["ledger"]}]})  # fmt: skip
    return [
        Played("to-nobody", "GW-SERVICE-ALIAS", "external-missing", "there is no Service", play=alias),
        Played("strays", "GW-POD-CRASHLOOP", "headless-missing", "there is no such Service", [resolver, lookup],
               play=stray),
        Played("ledger", "GW-SERVICE-ALIAS", "external-port", "in vain", [ledger, asks]),
    ]  # fmt: skip


def _of_ends(image: str) -> list[Played]:
    late = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "late"},
            "spec": {"activeDeadlineSeconds": 2, "template": {"spec": {"restartPolicy": "Never", "containers": [
                {"name": "job", "image": image, "args": ["sleep", "3600s"]}],
                "terminationGracePeriodSeconds": 1}}}}  # fmt: skip

    def hold(kubectl: Kubectl, namespace: str) -> None:
        """A rollout that somebody pauses on its way."""
        here = ("-n", namespace)
        kubectl(*here, "rollout", "status", "deployment/on-the-way", "--timeout=120s")
        change = {"minReadySeconds": 300, "template": {"metadata": {"labels": {"version": "2"}}}}
        kubectl(*here, "patch", "deployment/on-the-way", "-p", json.dumps({"spec": change}))
        new = (*here, "get", "pods", "-l", "app=on-the-way,version=2", "-o", "name")
        until(lambda: kubectl(*new), what="the first new Pod", timeout=60)
        kubectl(*here, "rollout", "pause", "deployment/on-the-way")

    return [
        Played("late", "GW-JOB-FAILED", "deadline", "deadline", [late]),
        Played("on-the-way", "GW-ROLLOUT-PAUSED", "mid-rollout", "neither goes on nor back",
               [deployment("on-the-way", image, "serve", ready=probe())], play=hold),
    ]  # fmt: skip


def out_of_memory(image: str, folder: Path, cluster: str) -> Played:
    """A node whose memory is gone while a container without a limit asks for more; `folder` is of this machine, which
    is the node.
    """
    host = {"name": "host", "hostPath": {"path": str(folder)}}
    one = deployment("crowded-node", image, "leak", "/host/now", pod={"volumes": [host]},
                     volumeMounts=[{"name": "host", "mountPath": "/host"}])  # fmt: skip

    def fill(kubectl: Kubectl, namespace: str) -> None:
        kubectl("-n", namespace, "rollout", "status", "deployment/crowded-node", "--timeout=120s")
        (pod,) = kubectl.json("-n", namespace, "get", "pods", "-l", "app=crowded-node")["items"]
        limit_memory(cluster, pod["metadata"]["uid"], 32 << 20)
        (folder / "now").touch()

    return Played("crowded-node", "GW-POD-OOM", "node", "has no memory limit", [one], play=fill)
