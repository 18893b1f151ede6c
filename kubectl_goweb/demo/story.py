"""What the demo tells: a shop on five nodes on a bad night, and what happens in it at which minute.

The past is laid down as finished objects; from OVERTURE before the start on, everything moves by the controllers.
Times are seconds relative to the start, the moment the spectator comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from kubectl_goweb.demo import manifests
from kubectl_goweb.demo.apps import REGISTRY
from kubectl_goweb.demo.bodies import JSON, clone, is_ready, moment, owner_reference, set_condition, stamp
from kubectl_goweb.demo.kubelet import Kubelet
from kubectl_goweb.demo.nodes import CORDONED, Nodes
from kubectl_goweb.demo.replicas import new_pod
from kubectl_goweb.demo.rollouts import HASH_LABEL, template_hash
from kubectl_goweb.demo.simulation import Simulation
from kubectl_goweb.demo.sizes import DESIRED, MAXIMUM, REVISION, fence_posts
from kubectl_goweb.demo.slots import REVISION_LABEL

OVERTURE = timedelta(minutes=15)
"""How long before the start the world begins to move."""

CHANGE_CAUSE = "kubernetes.io/change-cause"
DAY = timedelta(days=1)
CART_REST = 60.0
"""Seconds between two rollouts of cart."""


@dataclass(frozen=True, slots=True)
class Service:
    """A Deployment of the shop with its past: its last versions, of which the newest runs as number `revision`."""

    name: str
    replicas: int
    revision: int
    tags: tuple[str, ...]
    days: int
    surge: int | str = "25%"
    unavailable: int | str = "25%"
    min_ready: int = 0


SERVICES = (
    Service("api", 8, 12, ("1.8.2", "1.8.3", "1.9.0"), 12),
    Service("batch", 0, 9, ("2", "3"), 200),
    Service("cart", 6, 3, ("0.7.8", "0.7.9", "0.8.0"), 3, surge=2, unavailable=1, min_ready=3),
    Service("mail", 2, 5, ("1.1.1", "1.1.2"), 90),
    Service("search", 3, 4, ("5.0.9", "5.1.0"), 45),
    Service("web", 5, 7, ("2.3.9", "2.4.0"), 31, surge=2, unavailable=1),
)


class Story:
    """Lays the stage and plays the timetable."""

    def __init__(self, sim: Simulation, kubelet: Kubelet, start: datetime) -> None:
        self._sim = sim
        self._kubelet = kubelet
        self._start = start
        self._addresses: dict[str, int] = {}

    def begin(self) -> None:
        """Put everything in place and note what will happen when."""
        self._lay_cluster()
        for each in SERVICES:
            self._lay_service(each)
        self._lay_postgres()
        for seconds, act in (
            (-840, self._pause_mail),
            (-810, self._change_mail),
            (-360, self._press_worker),
            (-269, self._release_web),
            (-190, self._break_search),
            (-20, self._release_cart),
        ):
            delay = self._start + timedelta(seconds=seconds) - self._sim.now
            self._sim.after(delay.total_seconds(), act)

    # The stage

    def _lay_cluster(self) -> None:
        born = self._start - 210 * DAY
        nodes = Nodes(self._sim)
        for name in ("default", "kube-node-lease", "kube-public", "kube-system", "shop"):
            self._sim.create("namespaces", manifests.namespace(name, created=born))
        for number, name in enumerate(("cp-1", "worker-1", "worker-2", "worker-3", "worker-4")):
            body = manifests.node(name, number, created=born, heartbeat=self._sim.now, control_plane=name == "cp-1")
            if name == "worker-4":
                since = stamp(self._start - timedelta(hours=2))
                taint = {"effect": "NoSchedule", "key": CORDONED, "timeAdded": since}
                body["spec"].update({"unschedulable": True, "taints": [taint]})
            self._sim.create("nodes", body)
            self._sim.create("leases", manifests.lease(name, created=born))
            self._sim.after(self._sim.dice.seconds(150), partial(nodes.beat, name))
            self._sim.after(self._sim.dice.seconds(5), partial(nodes.renew, name))
        control_plane = self._sim.get("nodes", "", "cp-1")
        for component in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"):
            self._lay_static_pod(component, control_plane or {}, born)
        agent = manifests.container("agent", "registry.example.com/infra/node-agent:3.2.1", port=9100, memory="64Mi")
        labels = {"app": "node-agent"}
        owner = self._sim.create(
            "daemonsets",
            manifests.daemon_set("node-agent", "kube-system", manifests.template(labels, [agent]), created=born),
        )
        digest = template_hash(owner["spec"]["template"])
        for node in self._sim.find("nodes"):
            pod = new_pod(
                owner, owner["spec"]["template"], f"node-agent-{self._sim.dice.suffix()}", {REVISION_LABEL: digest}
            )
            self._settle(pod, node["metadata"]["name"], born + timedelta(minutes=2))
        dns = manifests.container("coredns", "registry.k8s.io/coredns/coredns:v1.12.1", port=8181, memory="170Mi")
        dns["ports"].append({"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"})
        body = manifests.deployment(
            "coredns", "kube-system", 2, manifests.template({"k8s-app": "kube-dns"}, [dns]), created=born, unavailable=1
        )
        self._lay_deployment(body, [(1, dns["image"], born)])
        dns_service = manifests.service(
            "kube-dns", "kube-system", "10.96.0.10", {"k8s-app": "kube-dns"}, created=born, port=53, target=53
        )
        self._sim.create("services", dns_service)
        api = manifests.service("kubernetes", "default", "10.96.0.1", {}, created=born, port=443, target=6443)
        del api["spec"]["selector"]
        self._sim.create("services", api)

    def _lay_static_pod(self, component: str, node: JSON, born: datetime) -> None:
        image = f"registry.k8s.io/{component}:{'3.6.4-0' if component == 'etcd' else 'v1.34.4'}"
        one = manifests.container(component, image, port=2381 if component == "etcd" else 6443)
        labels = {"component": component, "tier": "control-plane"}
        owner = {**node, "metadata": {**node["metadata"], "namespace": "kube-system"}}
        pod = new_pod(owner, manifests.template(labels, [one]), f"{component}-cp-1")
        pod["spec"]["priorityClassName"], pod["spec"]["priority"] = "system-node-critical", 2_000_001_000
        pod["spec"]["hostNetwork"] = True
        self._settle(pod, "cp-1", born)

    def _lay_service(self, told: Service) -> None:
        one = manifests.container(told.name, f"{REGISTRY}/{told.name}:{told.tags[-1]}")
        born = self._start - told.days * DAY
        body = manifests.deployment(
            told.name,
            "shop",
            told.replicas,
            manifests.template({"app": told.name}, [one]),
            created=born,
            surge=told.surge,
            unavailable=told.unavailable,
            min_ready=told.min_ready,
        )
        past = []
        for position, tag in enumerate(told.tags):
            number = told.revision - len(told.tags) + 1 + position
            age = told.days * DAY * (len(told.tags) - position) / (len(told.tags) + 1)
            past.append((number, f"{REGISTRY}/{told.name}:{tag}", self._start - age - timedelta(hours=1)))
        self._lay_deployment(body, past)
        number = 10 + len(self._sim.find("services", "shop"))
        address = f"10.96.14.{number}"
        self._sim.create("services", manifests.service(told.name, "shop", address, {"app": told.name}, created=born))

    def _lay_postgres(self) -> None:
        born = self._start - 120 * DAY
        one = manifests.container(
            "postgres", "docker.io/library/postgres:16", port=5432, http=False, cpu="500m", memory="1Gi"
        )
        labels = {"app": "postgres"}
        owner = self._sim.create(
            "statefulsets",
            manifests.stateful_set("postgres", "shop", 3, manifests.template(labels, [one]), created=born),
        )
        revision_name = f"postgres-{template_hash(owner['spec']['template'])}"
        for ordinal, node in enumerate(("worker-1", "worker-2", "worker-4")):
            name = f"postgres-{ordinal}"
            extra = {
                REVISION_LABEL: revision_name,
                "statefulset.kubernetes.io/pod-name": name,
                "apps.kubernetes.io/pod-index": str(ordinal),
            }
            pod = new_pod(owner, owner["spec"]["template"], name, extra)
            pod["spec"].update({"hostname": name, "subdomain": "postgres"})
            self._settle(pod, node, born + timedelta(seconds=20 * ordinal))
        headless = manifests.service("postgres", "shop", "None", labels, created=born, port=5432, target=5432)
        self._sim.create("services", headless)

    def _lay_deployment(self, body: JSON, past: list[tuple[int, str, datetime]]) -> None:
        """The Deployment, a ReplicaSet for each (revision, image, time) of its past, and the newest one's Pods."""
        name = body["metadata"]["name"]
        newest, image, since = past[-1]
        body["metadata"]["annotations"] = {REVISION: str(newest), CHANGE_CAUSE: _cause(image)}
        moments = {
            "lastUpdateTime": stamp(since + timedelta(seconds=40)),
            "lastTransitionTime": body["metadata"]["creationTimestamp"],
        }
        template_digest = template_hash(body["spec"]["template"])
        body["status"]["conditions"] = [
            {
                "type": "Available",
                "status": "True",
                **moments,
                "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.",
            },
            {
                "type": "Progressing",
                "status": "True",
                **moments,
                "reason": "NewReplicaSetAvailable",
                "message": f'ReplicaSet "{name}-{template_digest}" has successfully progressed.',
            },
        ]
        owner = self._sim.create("deployments", body)
        for number, old_image, when in past:
            replica_set = self._lay_replica_set(owner, number, old_image, when, live=number == newest)
            for position in range(replica_set["spec"]["replicas"]):
                set_name = replica_set["metadata"]["name"]
                pod = new_pod(replica_set, replica_set["spec"]["template"], f"{set_name}-{self._sim.dice.suffix()}")
                pod["metadata"]["generateName"] = f"{set_name}-"
                worker = f"worker-{1 + position % 3}"
                self._settle(pod, worker, when + timedelta(seconds=7 * position))

    def _lay_replica_set(self, owner: JSON, number: int, image: str, when: datetime, *, live: bool) -> JSON:
        spec = clone(owner["spec"])
        pod_template = spec["template"]
        pod_template["spec"]["containers"][0]["image"] = image
        digest = template_hash(pod_template)
        labels = {**pod_template["metadata"]["labels"], HASH_LABEL: digest}
        pod_template["metadata"]["labels"] = labels
        body: JSON = {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": f"{owner['metadata']['name']}-{digest}",
                "namespace": owner["metadata"]["namespace"],
                "labels": labels,
                "annotations": {
                    CHANGE_CAUSE: _cause(image),
                    REVISION: str(number),
                    DESIRED: str(spec["replicas"]),
                    MAXIMUM: str(spec["replicas"] + fence_posts(spec)[0]),
                },
                "creationTimestamp": stamp(when),
                "generation": 1 if live else 3,
                "ownerReferences": [owner_reference(owner)],
            },
            "spec": {
                "replicas": spec["replicas"] if live else 0,
                "selector": {"matchLabels": {**spec["selector"]["matchLabels"], HASH_LABEL: digest}},
                "template": pod_template,
            },
            "status": {"observedGeneration": 1 if live else 3, **_all_available(spec["replicas"] if live else 0)},
        }
        if "minReadySeconds" in spec:
            body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        return self._sim.create("replicasets", body)

    def _settle(self, pod: JSON, node_name: str, created: datetime) -> None:
        node = self._sim.get("nodes", "", node_name) or {}
        number = self._addresses.get(node_name, 2)
        self._addresses[node_name] = number + 1
        node_ip = node["status"]["addresses"][0]["address"]
        host = pod["spec"].get("hostNetwork", False)
        pod_ip = node_ip if host else f"{node['spec']['podCIDR'].removesuffix('.0/24')}.{number}"
        self._sim.create("pods", manifests.settled(pod, node_name, node_ip, pod_ip, created, self._sim.dice.hex(64)))
        for container in pod["spec"]["containers"]:
            self._kubelet.has_image(node_name, container["image"])

    # The timetable

    def _release(self, name: str, tag: str) -> None:
        """What CI does: a new image, with the reason noted."""
        owner = self._sim.get("deployments", "shop", name)
        if owner is None:
            return
        image = f"{REGISTRY}/{name}:{tag}"
        with self._sim.edit("deployments", owner) as draft:
            draft["spec"]["template"]["spec"]["containers"][0]["image"] = image
            draft["metadata"]["annotations"][CHANGE_CAUSE] = _cause(image)

    def _release_web(self) -> None:
        self._release("web", "2.4.1")

    def _release_cart(self) -> None:
        """The next version of cart; when it is out and has rested, the one after it, for ever."""
        owner = self._sim.get("deployments", "shop", "cart")
        if owner is None:
            return
        image = owner["spec"]["template"]["spec"]["containers"][0]["image"]
        major, minor, patch = image.rpartition(":")[2].split(".")
        self._release("cart", f"{major}.{minor}.{int(patch) + 1}")
        self._sim.after(CART_REST, self._follow_cart)

    def _follow_cart(self) -> None:
        owner = self._sim.get("deployments", "shop", "cart")
        if owner is None:
            return
        progressing = next(each for each in owner["status"]["conditions"] if each["type"] == "Progressing")
        rested = (self._sim.now - moment(progressing["lastUpdateTime"])).total_seconds()
        if progressing["reason"] == "NewReplicaSetAvailable" and rested >= CART_REST:
            self._release_cart()
        else:
            self._sim.after(5, self._follow_cart)

    def _pause_mail(self) -> None:
        owner = self._sim.get("deployments", "shop", "mail")
        if owner is not None:
            with self._sim.edit("deployments", owner) as draft:
                draft["spec"]["paused"] = True

    def _change_mail(self) -> None:
        self._release("mail", "1.2.0")

    def _press_worker(self) -> None:
        node = self._sim.get("nodes", "", "worker-3")
        if node is None:
            return
        pressure = {
            "type": "MemoryPressure",
            "status": "True",
            "lastHeartbeatTime": stamp(self._sim.now),
            "reason": "KubeletHasInsufficientMemory",
            "message": "kubelet has insufficient memory available",
        }
        with self._sim.edit("nodes", node, status=True) as draft:
            changed = set_condition(draft["status"]["conditions"], pressure, self._sim.now)
            draft["status"]["conditions"] = sorted(
                changed, key=lambda each: list(manifests.NODE_CONDITIONS).index(each["type"])
            )
        with self._sim.edit("nodes", node) as draft:
            draft["spec"]["taints"] = [
                {"effect": "NoSchedule", "key": "node.kubernetes.io/memory-pressure", "timeAdded": stamp(self._sim.now)}
            ]
        text = "Node worker-3 status is now: NodeHasInsufficientMemory"
        self._sim.record(
            node, "Warning", "EvictionThresholdMet", "Attempting to reclaim memory", "kubelet", host="worker-3"
        )
        self._sim.record(node, "Normal", "NodeHasInsufficientMemory", text, "kubelet", host="worker-3")

    def _break_search(self) -> None:
        """Two of the three lose their index; the third still answers."""
        pods = [pod for pod in self._sim.find("pods", "shop") if pod["metadata"]["labels"].get("app") == "search"]
        for pod in [each for each in pods if is_ready(each)][:2]:
            self._kubelet.lose_readiness(pod, 500)


def _all_available(replicas: int) -> dict[str, int]:
    """The counts of a ReplicaSet that is as it should be; those that are zero are left out."""
    counts = dict.fromkeys(("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"), replicas)
    return counts if replicas else {"replicas": 0}


def _cause(image: str) -> str:
    return f"ci: release {image.rpartition('/')[2]}"
