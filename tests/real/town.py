"""Pods in three namespaces and hosts outside, who try to reach each other under sets of NetworkPolicies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from msgspec import structs

from kubectl_goweb.kube.connection import Connection as Api
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.paths import end_of
from kubectl_goweb.status.policies import End
from tests.policy_sets import PODS, PORTS, Ground, Json

from .harness.cluster import Cluster
from .harness.controlplane import administrator
from .harness.enforcing import LABEL
from .harness.knocking import Doors, Knock, place_of
from .harness.runtime import PAUSE_IMAGE
from .harness.waiting import until

FAR = ("192.0.2.7", "192.0.2.135")
"""Addresses outside of the cluster."""
ENFORCED = {LABEL: "true"}


@dataclass(frozen=True)
class Stand:
    """Where connections come from and go to: a Pod, or a host outside."""

    name: str
    end: End
    place: Path

    def to(self, other: Stand, port: int, protocol: str) -> Knock:
        return Knock(self.place, self.end.ip, other.end.ip, port, protocol)


def pod(namespace: str, name: str, labels: dict[str, str], ports: dict[str, int]) -> Json:
    """A Pod that does nothing; what answers in it is a door of ours."""
    declared = [{"name": key, "containerPort": port} for key, port in ports.items()]
    container = {"name": "web", "image": PAUSE_IMAGE, "imagePullPolicy": "Never", "ports": declared}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    meta = {"name": name, "namespace": namespace, "labels": labels | ENFORCED}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def service(namespace: str) -> Json:
    """The first Pod of the namespace by name."""
    meta = {"name": "web", "namespace": namespace, "labels": ENFORCED}
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


class Town:
    """Three namespaces of three Pods each, two hosts outside, and a Pod by which one sees which set is enforced."""

    def __init__(self, cluster: Cluster, api: Api, names: list[str], far: Path, doors: Doors) -> None:
        self.cluster, self.api = cluster, api
        self.homes, self.watch, self.doors = names[:3], names[3], doors
        self._sets = 0
        labelled = zip(self.homes, ("a", "b"), strict=False)
        for name, team in labelled:
            cluster.kubectl("label", "namespace", name, f"team={team}")
        made = [pod(home, f"pod-{n}", *one) for home in self.homes for n, one in enumerate(PODS)]
        cluster.kubectl.create(*made, *map(service, self.homes), pod(self.watch, "watch", {}, {}))
        for home in names:
            cluster.kubectl("-n", home, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s")
        kinds = [Ask(kind, labels=f"{LABEL}=true") for kind in (Kind.POD, Kind.SERVICE, Kind.ENDPOINT_SLICE)]
        self.snapshot = until(lambda: self._served(*kinds, Ask(Kind.NAMESPACE)), what="an endpoint of every Service")
        everyone = sorted(self.snapshot.pods.values(), key=lambda one: (names.index(one.namespace), one.name))
        *self.pods, self.seen = (
            Stand(one.key, end_of(one, self.snapshot), place_of(cluster.layout, one.metadata.uid)) for one in everyone
        )
        self.far = [Stand(address, End(address), far) for address in FAR]
        for one in (*self.pods, self.seen, *self.far):
            doors.open(one.place, one.end.ip, PORTS)

    @cached_property
    def ground(self) -> Ground:
        """Blocks around the Pods and around the hosts outside, each beside one that holds a part of it."""
        layout = self.cluster.layout
        half = layout.pod_range.replace("0/24", "128/25")
        ones = [f"{one.end.ip}/32" for one in self.pods[::4]]
        labels = {home: self.snapshot.namespaces[home].metadata.labels for home in self.homes}
        return Ground(labels, (layout.pod_range, half, *ones, "0.0.0.0/0", "192.0.2.0/24", "192.0.2.128/25"))

    @property
    def addresses(self) -> list[str]:
        return [one.end.ip for one in (*self.pods, self.seen)]

    def enact(self, made: list[Json]) -> Snapshot:
        """Have this set enforced in the place of the one before; what the API server says of it."""
        for home in self.homes:
            self._send("DELETE", f"{home}/networkpolicies", None)
        for one in made:
            one["metadata"]["labels"] = ENFORCED
            self._send("POST", f"{one['metadata']['namespace']}/networkpolicies", one)
        # The enforcer hears of policies in the order in which they are written: when the last one holds, all do.
        self._sets += 1
        port = (8080, 9090)[self._sets % 2]
        spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": port}]}]}
        path = f"{self.watch}/networkpolicies/watch?fieldManager=test&force=true"
        meta = {"name": "watch", "labels": ENFORCED}
        policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}
        self._send("PATCH", path, policy)
        knock = self.far[0].to(self.seen, port, "TCP")
        until(lambda: self.doors.knock([knock], [knock], patience=0.3, silence=0), what="the set enforced")
        found = self._read(Ask(Kind.NETWORK_POLICY, labels=f"{LABEL}=true"))
        feeds = {**self.snapshot.feeds, **found.feeds}
        return structs.replace(self.snapshot, network_policies=found.network_policies, feeds=feeds)

    def _served(self, *asks: Ask) -> Snapshot | None:
        found = self._read(*asks)
        ready = [piece for piece in found.endpoint_slices.values() if piece.endpoints]
        return found if len(ready) == len(self.homes) else None

    def _read(self, *asks: Ask) -> Snapshot:
        return read(self.api, asks, partial(datetime.now, UTC))

    def _send(self, method: str, path: str, body: Json | None) -> None:
        connection = administrator(self.cluster.layout, timeout=30)
        kind = "application/apply-patch+yaml" if method == "PATCH" else "application/json"
        connection.request(
            method, f"/apis/networking.k8s.io/v1/namespaces/{path}", json.dumps(body), {"Content-Type": kind}
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status < 300, text
