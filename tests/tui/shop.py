"""A shop on a bad night, as the API server would send it: values for the screens, the same at every run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kubectl_goweb.objects import Feed, FeedState, Kind, Object, Snapshot, decode_page
from kubectl_goweb.objects.facts import Checked, Facts, Plane
from kubectl_goweb.objects.meta import WrittenMeta
from kubectl_goweb.objects.policy import Lease, LeaseSpec
from kubectl_goweb.status.controlplane import PARTS
from kubectl_goweb.status.usage import Loads, NodeUsage, Reading

JSON = dict[str, Any]
NOW = datetime(2026, 3, 14, 3, 7, 41, tzinfo=UTC)
NAMESPACE = "shop"
PANIC = "panic: assignment to entry in nil map\n\ngoroutine 1 [running]:\nmain.(*store).put(...)\n\t/src/store.go:14"


def ago(**length: float) -> str:
    """A time before NOW, as the API writes it."""
    return (NOW - timedelta(**length)).strftime("%Y-%m-%dT%H:%M:%SZ")


def meta(name: str, *, created: str, uid: str = "", namespace: str = NAMESPACE, **more: Any) -> JSON:
    return {"name": name, "namespace": namespace, "uid": uid or name, "creationTimestamp": created, **more}


def template(app: str, image: str) -> JSON:
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": image}]}}


def owner(kind: str, name: str) -> list[JSON]:
    return [{"kind": kind, "name": name, "uid": name, "controller": True, "apiVersion": "apps/v1"}]


def deployment(
    app: str,
    image: str,
    *,
    replicas: int,
    revision: int,
    created: str,
    updated: int,
    ready: int,
    total: int,
    reason: str = "NewReplicaSetAvailable",
    changed: str = "",
    paused: bool = False,
) -> JSON:
    progressing = {
        "type": "Progressing",
        "status": "True",
        "reason": reason,
        "lastUpdateTime": changed or created,
        "lastTransitionTime": created,
    }
    return {
        "metadata": meta(
            app,
            created=created,
            uid=f"deploy-{app}",
            generation=revision,
            annotations={"deployment.kubernetes.io/revision": str(revision)},
        ),
        "spec": {
            "replicas": replicas,
            "paused": paused,
            "selector": {"matchLabels": {"app": app}},
            "template": template(app, image),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 1}},
            "progressDeadlineSeconds": 600,
        },
        "status": {
            "observedGeneration": revision,
            "replicas": total,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [progressing],
        },
    }


def replica_set(app: str, digest: str, image: str, *, revision: int, count: int, ready: int, created: str) -> JSON:
    name = f"{app}-{digest}"
    return {
        "metadata": meta(
            name,
            created=created,
            labels={"app": app, "pod-template-hash": digest},
            annotations={"deployment.kubernetes.io/revision": str(revision)},
            ownerReferences=owner("Deployment", f"deploy-{app}"),
        ),
        "spec": {"replicas": count, "template": template(app, image)},
        "status": {"replicas": count, "readyReplicas": ready, "availableReplicas": ready},
    }


def pod(
    app: str,
    digest: str,
    suffix: str,
    image: str,
    *,
    created: str,
    node: str = "worker-1",
    state: JSON | None = None,
    last: JSON | None = None,
    restarts: int = 0,
    owned_by: str = "ReplicaSet",
) -> JSON:
    name, is_ready = f"{app}-{digest}-{suffix}" if digest else f"{app}-{suffix}", state is None
    words = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "metadata": meta(
            name,
            created=created,
            labels={"app": app, "pod-template-hash": digest} if digest else {"app": app},
            ownerReferences=owner(owned_by, f"{app}-{digest}" if digest else f"sts-{app}"),
        ),
        "spec": {"nodeName": node, "containers": [{"name": app, "image": image}]},
        "status": {
            "phase": "Running",
            "podIP": "10.1.0.7",
            "startTime": created,
            "conditions": [
                {
                    "type": word,
                    "status": "True" if is_ready or word in words[:2] else "False",
                    "reason": "" if is_ready or word in words[:2] else "ContainersNotReady",
                    "lastTransitionTime": created,
                }
                for word in words
            ],
            "containerStatuses": [
                {
                    "name": app,
                    "image": image,
                    "ready": is_ready,
                    "restartCount": restarts,
                    "state": state or {"running": {"startedAt": created}},
                    "lastState": last or {},
                }
            ],
        },
    }


def crashing(suffix: str, restarts: int, ended: float) -> JSON:
    """A Pod of web's revision 8, which panics at every start."""
    finished = {"exitCode": 2, "reason": "Error", "message": PANIC, "finishedAt": ago(seconds=ended)}
    return pod(
        "web",
        "7965",
        suffix,
        "registry.shop/web:2.4.1",
        created=ago(minutes=4, seconds=27),
        node="worker-2",
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 2m40s restarting failed container"}},
        last={"terminated": finished},
        restarts=restarts,
    )


def healthy(app: str, digest: str, image: str, suffixes: str, created: str) -> list[JSON]:
    return [
        pod(app, digest, f"{letter * 2}x{number}k", image, created=created, node=f"worker-{number % 3 + 1}")
        for number, letter in enumerate(suffixes)
    ]


def node(name: str, ip: str, *, role: str = "", pressure: str = "", cordoned: bool = False) -> JSON:
    conditions = [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": ago(days=30)}]
    if pressure:
        conditions.append(
            {
                "type": pressure,
                "status": "True",
                "reason": "KubeletHasInsufficientMemory",
                "message": "kubelet has insufficient memory available",
                "lastTransitionTime": ago(minutes=2),
            }
        )
    labels = {f"node-role.kubernetes.io/{role}": ""} if role else {}
    return {
        "metadata": {"name": name, "uid": name, "creationTimestamp": ago(days=210), "labels": labels},
        "spec": {"unschedulable": cordoned},
        "status": {
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": ip}],
            "nodeInfo": {"kubeletVersion": "v1.34.4"},
        },
    }


def event(number: int, about: str, reason: str, message: str, seen: str, count: int) -> JSON:
    return {
        "metadata": meta(f"event-{number}", created=seen),
        "involvedObject": {"kind": "Pod", "name": about, "namespace": NAMESPACE, "uid": about},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": seen,
        "count": count,
    }


def service(app: str) -> JSON:
    return {"metadata": meta(app, created=ago(days=90)), "spec": {"selector": {"app": app}}}


def endpoint_slice(app: str, ready: Iterable[bool]) -> JSON:
    return {
        "metadata": meta(f"{app}-abc", created=ago(days=90), labels={"kubernetes.io/service-name": app}),
        "endpoints": [
            {"addresses": [f"10.1.0.{number}"], "conditions": {"ready": one}} for number, one in enumerate(ready)
        ],
    }


def items() -> dict[Kind, list[JSON]]:
    """web's new revision crashes, mail is paused with a change, one node is short of memory, the rest is well."""
    image = "registry.shop/{}".format
    old, postgres = ago(days=31), ago(days=120)
    return {
        Kind.DEPLOYMENT: [
            deployment(
                "web", image("web:2.4.1"), replicas=5, revision=8, created=old, updated=3, ready=4, total=7,
                reason="ReplicaSetUpdated", changed=ago(seconds=29),
            ),
            deployment(
                "api", image("api:1.9.0"), replicas=3, revision=12, created=ago(days=12), updated=3, ready=3, total=3
            ),
            deployment(
                "mail", image("mail:1.1.3"), replicas=2, revision=5, created=ago(days=90), updated=0, ready=2, total=2,
                paused=True,
            ),
            deployment(
                "batch", image("batch:3"), replicas=0, revision=9, created=ago(days=200), updated=0, ready=0, total=0
            ),
        ],
        Kind.REPLICA_SET: [
            replica_set(
                "web", "7965", image("web:2.4.1"), revision=8, count=3, ready=0, created=ago(minutes=4, seconds=29)
            ),
            replica_set("web", "69bf", image("web:2.4.0"), revision=7, count=4, ready=4, created=ago(days=9)),
            replica_set("web", "58cd", image("web:2.3.9"), revision=6, count=0, ready=0, created=ago(days=20)),
            replica_set("api", "5d4c", image("api:1.9.0"), revision=12, count=3, ready=3, created=ago(days=12)),
            replica_set("mail", "77aa", image("mail:1.1.2"), revision=5, count=2, ready=2, created=ago(days=90)),
            replica_set("batch", "1b2c", image("batch:3"), revision=9, count=0, ready=0, created=ago(days=200)),
        ],
        Kind.STATEFUL_SET: [
            {
                "metadata": meta("postgres", created=postgres, uid="sts-postgres"),
                "spec": {"replicas": 1, "template": template("postgres", "postgres:16")},
                "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1},
            }
        ],
        Kind.DAEMON_SET: [],
        Kind.CONTROLLER_REVISION: [],
        Kind.POD: [
            crashing("2bvns", 6, 61),
            crashing("kjtrr", 6, 75),
            crashing("zglt5", 5, 112),
            *healthy("web", "69bf", image("web:2.4.0"), "abcd", ago(days=9)),
            *healthy("api", "5d4c", image("api:1.9.0"), "efg", ago(days=12)),
            *healthy("mail", "77aa", image("mail:1.1.2"), "hi", ago(days=90)),
            pod("postgres", "", "0", "postgres:16", created=postgres, node="worker-3", owned_by="StatefulSet"),
        ],
        Kind.NODE: [
            node("cp-1", "10.0.0.10", role="control-plane"),
            node("worker-1", "10.0.0.11"),
            node("worker-2", "10.0.0.12", pressure="MemoryPressure"),
            node("worker-3", "10.0.0.13", cordoned=True),
        ],
        Kind.SERVICE: [service("web"), service("api")],
        Kind.ENDPOINT_SLICE: [
            endpoint_slice("web", [True] * 4 + [False] * 3),
            endpoint_slice("api", [True] * 3),
        ],
        Kind.EVENT: [
            event(
                1, "web-7965-2bvns", "BackOff", "Back-off restarting failed container web in pod web-7965-2bvns",
                ago(seconds=11), 23,
            )
        ],
        Kind.NAMESPACE: [
            {"metadata": {"name": name, "uid": name, "creationTimestamp": old}} for name in ("default", "shop", "infra")
        ],
    }  # fmt: skip


def decoded(kind: Kind, found: Iterable[JSON]) -> dict[str, Object]:
    page = decode_page(kind, json.dumps({"metadata": {}, "items": list(found)}).encode())
    assert not page.malformed, page.malformed
    return {one.key: one for one in page.items}


def plane(*, scheduler: float = 3.0, age: float = 12.0) -> Plane:
    """The control plane `age` seconds ago, with the scheduler's lease renewed so many seconds before."""
    ready = Checked(200, "[+]ping ok\n[+]etcd ok\nreadyz check passed\n", 0.0023)
    at = NOW - timedelta(seconds=age)
    lease = Lease(WrittenMeta("kube-scheduler", "kube-system"), LeaseSpec("me", 15, at - timedelta(seconds=scheduler)))
    feeds = {kind: Feed(FeedState.LIVE, at) for kind in PARTS}
    return Plane(ready, ready, Snapshot(feeds=feeds, leases={"kube-system/kube-scheduler": lease}), at)


def snapshot(
    changes: Mapping[Kind, list[JSON]] | None = None,
    *,
    feeds: Mapping[Kind, Feed] | None = None,
    namespace: str = NAMESPACE,
) -> Snapshot:
    """The shop, with the objects or the feeds of some kinds changed."""
    told = {**items(), **(changes or {})}
    live = {kind: Feed(FeedState.LIVE, NOW - timedelta(minutes=5)) for kind in told}
    objects: dict[str, Any] = {kind.resource.field: decoded(kind, found) for kind, found in told.items()}
    facts = Facts(plane=plane())
    return Snapshot(namespace=namespace, feeds={**live, **(feeds or {})}, facts=facts, **objects)


def loads(*gaps: str, known: bool = True) -> Loads:
    """CPU and memory of all nodes but one, or of none, as told 12 s ago."""
    at = NOW - timedelta(seconds=12)
    shares = {"cp-1": (0.12, 0.41), "worker-1": (0.55, 0.63), "worker-2": (0.71, 0.94)} if known else {}
    told = {name: Reading(NodeUsage("metrics.k8s.io", *used), at) for name, used in shares.items()}
    return Loads(NOW, told, at, gaps)


def all_feeds(state: FeedState, **fields: Any) -> dict[Kind, Feed]:
    """Every kind in the same state since 2 s ago."""
    return {kind: Feed(state, NOW - timedelta(seconds=2), **fields) for kind in items()}
