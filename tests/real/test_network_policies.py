"""Verdicts on NetworkPolicies held against packets: connections between Pods, let through or dropped."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import product
from pathlib import Path

import pytest
from msgspec import structs

from kubectl_goweb.kube.connection import Connection as Api
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.status.paths import HopState, answer, end_of, hops
from kubectl_goweb.status.policies import Connection, End, judged
from kubectl_goweb.status.routes import Route
from tests.policy_sets import PODS, PORTS, Ground, Json, policies

from .conftest import namespaces
from .harness import network
from .harness.cluster import Cluster
from .harness.controlplane import administrator
from .harness.enforcing import LABEL, Enforcer, enforcing
from .harness.knocking import Doors, Knock, place_of
from .harness.runtime import PAUSE_IMAGE
from .harness.waiting import until
from .program import Goweb

FAR = ("192.0.2.7", "192.0.2.135")
"""Addresses outside of the cluster."""
SETS = 25
ENFORCED = {LABEL: "true"}

pytestmark = pytest.mark.timeout(600)  # the first time the enforcer is built, which takes a minute of two cores


@pytest.fixture(scope="module")
def enforcer(cluster: Cluster) -> Iterator[Enforcer]:
    with enforcing(cluster.layout, print) as one:
        yield one


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


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


@pytest.fixture(scope="module")
def town(cluster: Cluster, enforcer: Enforcer) -> Iterator[Town]:
    access = resolve(Overrides(kubeconfig=str(cluster.layout.kubeconfig)), {"NO_PROXY": "*"}, Path("/nowhere"))
    with (
        namespaces(cluster, "policies") as make,
        network.outside(cluster.layout, FAR) as far,
        Api(access, read_only=True) as api,
        closing(Doors()) as doors,
    ):
        made = Town(cluster, api, [make() for _ in range(4)], far, doors)
        enforcer.cover(made.addresses)
        yield made


def connections(town: Town) -> Iterator[tuple[Stand, Stand, int, str]]:
    """Everybody with everybody on every port, but for the hosts outside among themselves."""
    everyone = [*town.pods, *town.far]
    for source, target, (port, protocol) in product(everyone, everyone, PORTS):
        if source.end.is_pod or target.end.is_pod:
            yield source, target, port, protocol


def ways(town: Town, snapshot: Snapshot) -> Iterator[tuple[Stand, str, Knock, HopState]]:
    """Every Pod to the Service of every namespace, and what `path` says of it. Where it stops at DNS it says nothing of
    the Service's address; whether a Pod reaches itself by its own Service is a network plugin's own matter.
    """
    for source, (home, one) in product(town.pods, ((one.namespace, one) for one in snapshot.services.values())):
        decides = answer(hops(Route(home, "web"), snapshot, datetime.now(UTC), source.end))
        if decides.what != "DNS" and source.name != f"{home}/pod-0":
            knock = Knock(source.place, source.end.ip, one.spec.cluster_ip, 80, "TCP")
            yield source, home, knock, decides.state


def by_command(followed: list[tuple[Stand, str, Knock, HopState]], goweb: Goweb) -> bool:
    """The command says the same of some of them, whose packets are tried; False where all are alike."""
    states = {state: (source, home) for source, home, _, state in followed}
    if not {HopState.OK, HopState.BROKEN} <= set(states):
        return False
    for state, (source, home) in states.items():
        ran = goweb("path", "web", "-n", home, "--from", source.name)
        assert ran.code == (0 if state is HopState.OK else 1), ran.out
    return True


def test_what_is_said_of_policies_is_what_packets_meet(town: Town, goweb: Goweb) -> None:
    tried = cut = 0
    asked = False
    wrong: list[object] = []
    for seed in range(SETS):
        made = policies(random.Random(seed), town.ground)
        snapshot = town.enact(made)
        known = snapshot.network_policies.values()
        told = {
            source.to(target, port, protocol): judged(Connection(source.end, target.end, port, protocol), known).allowed
            for source, target, port, protocol in connections(town)
        }
        followed = list(ways(town, snapshot))
        told |= {knock: state is HopState.OK for _, _, knock, state in followed}
        allowed = {knock for knock, is_allowed in told.items() if is_allowed}
        opened = town.doors.knock(sorted(told), allowed)
        wrong += [(seed, knock, knock in opened, made) for knock in opened ^ allowed]
        tried += len(told)
        cut += len(told) - len(opened)
        asked = asked or by_command(followed, goweb)
    print(f"{tried} connections, {cut} cut")
    assert not wrong, (len(wrong), wrong[:3])
    assert cut > tried / 10
    assert asked, "no set had both ways that are open and ways that are cut"
