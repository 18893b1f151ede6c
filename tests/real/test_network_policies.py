"""Verdicts on NetworkPolicies held against packets: connections between Pods, let through or dropped."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kubectl_goweb.kube.connection import Connection as Api
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.objects import Snapshot
from kubectl_goweb.status.paths import HopState, answer, hops, namespaces_of
from kubectl_goweb.status.policies import Connection, judged, let_in, lets_in_from_elsewhere, may_resolve
from kubectl_goweb.status.routes import Route
from tests.policy_sets import PORTS, policies

from .conftest import namespaces
from .cuts import WALLED, cuts, policy
from .harness import build, images, network
from .harness.cluster import Cluster
from .harness.enforcing import Enforcer, enforcing
from .harness.knocking import Doors, Knock
from .harness.kubectl import Kubectl
from .harness.waiting import until
from .program import Goweb
from .sickness import Sick, deployment, service
from .telling import check, create, until_told
from .town import FAR, Stand, Town

SETS = 20

pytestmark = pytest.mark.timeout(600)  # the first time the enforcer is built, which takes a minute of two cores


@pytest.fixture(scope="module")
def enforcer(cluster: Cluster) -> Iterator[Enforcer]:
    with enforcing(cluster.layout, print) as one:
        yield one


@pytest.fixture(scope="module")
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


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


def closed_to_all(town: Town, snapshot: Snapshot) -> Iterator[tuple[str, Knock]]:
    """Connections of which it is said that nobody at all can have them, whoever it is that asks."""
    known, labels = snapshot.network_policies.values(), namespaces_of(snapshot)
    for source, target, port, protocol in connections(town):
        if source == target:
            continue
        knock, is_away = source.to(target, port, protocol), source.end.namespace != target.end.namespace
        if not let_in(target.end, port, protocol, known).allowed:
            yield "nobody", knock
        if is_away and not lets_in_from_elsewhere(target.end, port, protocol, known, labels):
            yield "nobody of elsewhere", knock
        if is_away and port == 53 and not may_resolve(source.end, known, labels):
            yield "no name server", knock


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
    wrong: list[str] = []
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
        wrong += [
            f"set {seed}: {knock[1:]} {'is let in' if knock in opened else 'drops'}" for knock in opened ^ allowed
        ]
        wrong += [f"set {seed}: {knock[1:]} is let in: {words}" for words, knock in closed_to_all(town, snapshot)
                  if knock in opened]  # fmt: skip
        tried += len(told)
        cut += len(told) - len(opened)
        asked = asked or by_command(followed, goweb)
    print(f"{tried} connections, {cut} cut")
    assert not wrong, "\n".join(wrong)
    assert cut > tried / 10
    assert asked, "no set had both ways that are open and ways that are cut"


# --- what is told of services that a policy cuts off


class CutOff(NamedTuple):
    """Services of the namespace `home` that time out, and what triage tells of each after how many seconds."""

    home: str
    other: str
    made: dict[str, Sick]
    told: dict[str, tuple[Any, float]]


@pytest.fixture(scope="module")
def cut_off(cluster: Cluster, goweb: Goweb, enforcer: Enforcer) -> Iterator[CutOff]:
    """What triage tells of them, and of those that time out for another cause."""
    kubectl = cluster.kubectl
    image = images.publish_program(cluster.layout, build.sick(print))
    with namespaces(cluster, "cuts") as make:
        home, other = make(), make()
        lookup = service("resolver", "resolver")
        lookup["spec"]["ports"] = [{"port": 53, "protocol": "UDP"}]
        closed = policy("closed", "shared", ingress=[{"from": [{"podSelector": {}}]}])
        shared = [deployment("shared", image, "serve"), service("shared", "shared"), closed]
        create(cluster, other, [deployment("resolver", image, "nameless"), lookup, *shared])
        resolver, elsewhere = (
            kubectl.json("-n", other, "get", "service", name)["spec"]["clusterIP"] for name in ("resolver", "shared")
        )
        made = {one.name: one for one in cuts(image, resolver, elsewhere)}
        enforcer.wall(WALLED)
        create(cluster, home, [one for case in made.values() for one in case.objects])
        began = time.monotonic()
        for namespace, count in ((other, 2), (home, 7)):
            enforcer.cover(until(partial(addresses, kubectl, namespace, count), what="an address of every Pod"))
        yield CutOff(home, other, made, until_told(goweb, home, made, began, "cuts"))


def addresses(kubectl: Kubectl, namespace: str, count: int) -> list[str]:
    """Of the Pods there, once all have one."""
    pods = kubectl.json("-n", namespace, "get", "pods")["items"]
    found = [one["status"]["podIP"] for one in pods if "podIP" in one["status"]]
    return found if len(found) == count else []


@pytest.mark.parametrize("name", [one.name for one in cuts("image", "resolver", "elsewhere")])
def test_the_policy_that_drops_what_a_service_asks_for_is_the_root_and_no_other(name: str, cut_off: CutOff) -> None:
    assert set(cut_off.told) == set(cut_off.made)
    check(cut_off.made[name], cut_off.told)


def test_why_names_the_policy_first_and_the_crash_as_what_follows(cut_off: CutOff, goweb: Goweb) -> None:
    lines = goweb("why", "deploy/orders", "-n", cut_off.home).out.splitlines()
    # Critical or a warning: between two crashes it is up for some seconds.
    assert "GW-NETPOL-CUTS (egress): NetworkPolicy orders-egress keeps deploy/orders from" in lines[0]
    assert "egress to svc/store (" in lines[1]
    assert any("follows    GW-POD-" in line for line in lines)


def test_a_policy_of_another_namespace_is_told_where_all_are_seen(cut_off: CutOff, goweb: Goweb) -> None:
    def root() -> Any:
        found = json.loads(goweb("triage", "-A", "-o", "json").out)["problems"]
        return next((one for one in found if one["finding"]["object"]["namespace"] == cut_off.other), None)

    one = until(root, what="the policy of the other namespace", timeout=60, every=1)
    assert (one["finding"]["code"], one["finding"]["reason"]) == ("GW-NETPOL-CUTS", "ingress")
    assert one["finding"]["title"] == "NetworkPolicy closed keeps deploy/asker from what is needed"


def test_path_says_what_is_cut_for_whom_and_that_live_somebody_else_asks(
    cut_off: CutOff, goweb: Goweb, kubectl: Kubectl
) -> None:
    pods = kubectl.json("-n", cut_off.home, "get", "pods", "-l", "app=orders")["items"]
    asks = ("--from", pods[0]["metadata"]["name"], "-n", cut_off.home)
    ran = goweb("path", "store", *asks, "--live")
    assert ran.code == 1
    assert "none of them allows port 8080 of the Pods" in ran.out
    assert "live Service  answers 200" in ran.out
    assert "policies        told by the objects alone" in ran.out
    assert "they disagree" not in ran.out
    assert goweb("path", "ledger", *asks).code == 0


def test_a_probe_that_a_policy_keeps_out_is_not_held_against_the_pod(cut_off: CutOff, goweb: Goweb) -> None:
    """This machine is outside of the cluster; the kubelet is the Pod's own node, and the API server's proxy asks from
    there, too.
    """
    asked = ("probe", "deploy/ledger", "-n", cut_off.home, "--via")
    ran = goweb(*asked, "direct")
    assert "connect-timeout" in ran.out, ran.out
    assert "readiness passing; direct: a NetworkPolicy or firewall keeps us out, not the Pod" in ran.out
    assert goweb(*asked, "api-proxy").code == 0
