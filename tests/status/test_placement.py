"""What placing says of one Pod and one node: every rule once where it lets through and once where it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.objects.rare import decode_full_workload
from kubectl_goweb.status.placement import Obstacle, Predicate, demand_of, demand_of_template, placement
from kubectl_goweb.status.placement.amounts import pod_requests

from .placing import Json, cluster, full_pod, node_json, pod_json

GPU = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"


def obstacles(pod: Json, *nodes: Json, others: tuple[Json, ...] = (), **world: Any) -> tuple[Obstacle, ...]:
    """What stands against the Pod on the first node."""
    wanted = full_pod(**pod)
    name = nodes[0]["metadata"]["name"]
    told = placement(demand_of(wanted), cluster(nodes, others, **world))
    return next(one.obstacles for one in told.fits if one.node == name)


def node_affinity(*terms: Json) -> Json:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def label(key: str, operator: str, *values: str) -> Json:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def near(key: str = ZONE, **more: Any) -> Json:
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_term(key, more)]}}


def apart(key: str = HOST, **more: Any) -> Json:
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_term(key, more)]}}


def _term(key: str, more: Json) -> Json:
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}, **more}


def spread(key: str = ZONE, **more: Any) -> list[Json]:
    return [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
            **more,
        }
    ]


def test_a_pod_that_asks_for_nothing_fits_on_an_empty_node() -> None:
    assert obstacles({}, node_json()) == ()


NODE_RULES: list[tuple[str, Json, Json, str]] = [
    ("cordoned", {}, {"cordoned": True}, "it is cordoned"),
    (
        "cordoned and its taint are told once",
        {},
        {"cordoned": True, "taints": ({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},)},
        "it is cordoned",
    ),
    (
        "cordon tolerated",
        {"tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]},
        {"cordoned": True},
        "",
    ),
    ("taint", {}, {"taints": (GPU,)}, "taint dedicated=gpu:NoSchedule is not tolerated"),
    ("soft taint", {}, {"taints": ({**GPU, "effect": "PreferNoSchedule"},)}, ""),
    (
        "taint tolerated by value",
        {"tolerations": [{"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]},
        {"taints": (GPU,)},
        "",
    ),
    (
        "another value",
        {"tolerations": [{"key": "dedicated", "value": "web"}]},
        {"taints": (GPU,)},
        "taint dedicated=gpu:NoSchedule is not tolerated",
    ),
    (
        "another effect",
        {"tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}]},
        {"taints": (GPU,)},
        "taint dedicated=gpu:NoSchedule is not tolerated",
    ),
    ("every taint tolerated", {"tolerations": [{"operator": "Exists"}]}, {"taints": (GPU,)}, ""),
    ("no execute", {}, {"taints": ({"key": "out", "effect": "NoExecute"},)}, "taint out:NoExecute is not tolerated"),
    (
        "node selector",
        {"nodeSelector": {"disk": "ssd"}},
        {"labels": {"disk": "hdd"}},
        "wants label disk=ssd, it has 'hdd'",
    ),
    ("node selector, no label", {"nodeSelector": {"disk": "ssd"}}, {}, "wants label disk=ssd, it has no such label"),
    ("node selector met", {"nodeSelector": {"disk": "ssd"}}, {"labels": {"disk": "ssd"}}, ""),
    (
        "affinity In",
        {"affinity": node_affinity(label("disk", "In", "ssd", "nvme"))},
        {"labels": {"disk": "hdd"}},
        "wants label disk in (ssd, nvme), it has 'hdd'",
    ),
    ("affinity NotIn without the label", {"affinity": node_affinity(label("disk", "NotIn", "hdd"))}, {}, ""),
    (
        "affinity Exists",
        {"affinity": node_affinity(label("disk", "Exists"))},
        {},
        "wants label disk, it has no such label",
    ),
    (
        "affinity DoesNotExist",
        {"affinity": node_affinity(label("disk", "DoesNotExist"))},
        {"labels": {"disk": "x"}},
        "wants label !disk, it has 'x'",
    ),
    ("affinity Gt", {"affinity": node_affinity(label("cores", "Gt", "8"))}, {"labels": {"cores": "16"}}, ""),
    (
        "affinity Gt at the limit",
        {"affinity": node_affinity(label("cores", "Gt", "8"))},
        {"labels": {"cores": "8"}},
        "wants label cores > 8, it has '8'",
    ),
    (
        "affinity Lt of no number",
        {"affinity": node_affinity(label("cores", "Lt", "8"))},
        {"labels": {"cores": "few"}},
        "wants label cores < 8, it has 'few'",
    ),
    (
        "one of two terms is enough",
        {"affinity": node_affinity(label("disk", "In", "nvme"), label("disk", "In", "ssd"))},
        {"labels": {"disk": "ssd"}},
        "",
    ),
    ("an empty term matches nothing", {"affinity": node_affinity({})}, {}, "an empty term matches no node"),
    (
        "by name",
        {"affinity": node_affinity({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]})},
        {},
        "wants metadata.name=n2",
    ),
    ("cpu", {"cpu": "5"}, {"cpu": "4"}, "needs 1 more cpu: asks for 5, 4 of 4 is free"),
    ("cpu just fits", {"cpu": "4"}, {"cpu": "4"}, ""),
    ("no Pods", {}, {"pods": "0"}, "has room for 0 Pods, and 0 are there"),
    (
        "extended resource that the node has not",
        {"container": {"resources": {"limits": {"example.com/gpu": "1"}}}},
        {},
        "needs 1 more example.com/gpu: asks for 1, none is there",
    ),
    (
        "ephemeral storage",
        {"container": {"resources": {"requests": {"ephemeral-storage": "3Gi"}}}},
        {"ephemeral-storage": "2Gi"},
        "needs 1Gi more ephemeral-storage: asks for 3Gi, 2Gi of 2Gi is free",
    ),
]


@pytest.mark.parametrize(("pod", "node", "text"), [row[1:] for row in NODE_RULES], ids=[row[0] for row in NODE_RULES])
def test_what_the_node_alone_decides(pod: Json, node: Json, text: str) -> None:
    assert "; ".join(one.text for one in obstacles(pod, node_json(**node))) == text


def test_the_shortage_is_told_beside_the_pods_that_are_there() -> None:
    there = (pod_json("a", node="n1", cpu="3500m"), pod_json("b", node="n1", cpu="300m"))
    (found,) = obstacles({"cpu": "500m"}, node_json(cpu="4"), others=there)
    assert found.text == "needs 300m more cpu: asks for 500m, 200m of 4 is free"
    assert found.scheduler == "Insufficient cpu"


def test_a_pod_that_ended_takes_no_room_and_one_that_is_ending_does() -> None:
    full = node_json(cpu="1")
    assert obstacles({"cpu": "1"}, full, others=(pod_json("a", node="n1", cpu="1", phase="Failed"),)) == ()
    ending = pod_json("a", node="n1", cpu="1", deleted="2026-03-01T12:00:00Z")
    assert [one.scheduler for one in obstacles({"cpu": "1"}, full, others=(ending,))] == ["Insufficient cpu"]


REQUESTS: list[tuple[str, Json, dict[str, int]]] = [
    (
        "limits stand in for requests",
        {"containers": [{"name": "a", "resources": {"limits": {"cpu": "2"}}}]},
        {"cpu": 2000},
    ),
    (
        "the largest init container",
        {
            "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "3"}}}],
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}],
        },
        {"cpu": 3000},
    ),
    (
        "sidecars count beside containers, and beside the init containers after them",
        {
            "initContainers": [
                {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}},
                {"name": "i", "resources": {"requests": {"cpu": "2500m"}}},
            ],
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "2"}}}],
        },
        {"cpu": 3500},
    ),
    (
        "the Pod's own word, and overhead",
        {
            "resources": {"requests": {"cpu": "5"}},
            "overhead": {"cpu": "250m", "memory": "1Ki"},
            "containers": [{"name": "a", "resources": {"requests": {"cpu": "1", "memory": "1Ki"}}}],
        },
        {"cpu": 5250, "memory": 2048},
    ),
    (
        "what is finer than the scheduler counts is rounded up",
        {"containers": [{"name": "a", "resources": {"requests": {"cpu": "0.0001"}}}]},
        {"cpu": 1},
    ),
]


@pytest.mark.parametrize(("spec", "asked"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_what_a_pod_asks_for(spec: Json, asked: dict[str, int]) -> None:
    assert pod_requests(full_pod(**spec).spec) == asked


PORT = {"ports": [{"containerPort": 80, "hostPort": 8080}]}


def test_a_host_port_is_taken_once_and_on_one_address_only_there() -> None:
    taken = pod_json("a", node="n1", container=PORT)
    (found,) = obstacles({"container": PORT}, node_json(), others=(taken,))
    assert found.text == "host port 8080/TCP is taken by shop/a"
    udp = {"ports": [{"containerPort": 80, "hostPort": 8080, "protocol": "UDP"}]}
    assert obstacles({"container": udp}, node_json(), others=(taken,)) == ()
    one = pod_json("a", node="n1", container={"ports": [{"containerPort": 80, "hostPort": 8080, "hostIP": "10.0.0.1"}]})
    other = {"ports": [{"containerPort": 80, "hostPort": 8080, "hostIP": "10.0.0.2"}]}
    assert obstacles({"container": other}, node_json(), others=(one,)) == ()
    assert len(obstacles({"container": PORT}, node_json(), others=(one,))) == 1


def test_with_host_network_every_port_is_a_host_port() -> None:
    taken = pod_json("a", node="n1", container=PORT)
    plain = {"ports": [{"containerPort": 8080}]}
    assert obstacles({"container": plain}, node_json(), others=(taken,)) == ()
    assert len(obstacles({"container": plain, "hostNetwork": True}, node_json(), others=(taken,))) == 1


A, B = node_json("n1", labels={ZONE: "a"}), node_json("n2", labels={ZONE: "b"})


def test_anti_affinity_keeps_apart_within_the_domain() -> None:
    there = pod_json("web-0", node="n1")
    (found,) = obstacles({"affinity": apart()}, A, B, others=(there,))
    assert found.text == f"does not want to be beside shop/web-0, which is in {HOST}=n1"
    assert obstacles({"affinity": apart()}, B, A, others=(there,)) == ()
    assert obstacles({"affinity": apart()}, A, others=(pod_json("x", node="n1", namespace="other"),)) == ()


def test_a_pod_that_is_there_can_refuse_the_newcomer() -> None:
    lonely = pod_json("db", node="n1", labels={"app": "db"}, affinity=apart())
    (found,) = obstacles({}, A, others=(lonely,))
    assert found.text == f"shop/db in {HOST}=n1 does not want it beside itself"
    assert obstacles({"labels": {"app": "other"}}, A, others=(lonely,)) == ()


def test_affinity_goes_where_its_pods_are() -> None:
    there = pod_json("web-0", node="n2")
    (found,) = obstacles({"affinity": near(), "labels": {"app": "x"}}, A, B, others=(there,))
    assert found.text == f"wants to be where Pods with app=web are, none is in {ZONE}=a"
    assert obstacles({"affinity": near(), "labels": {"app": "x"}}, B, A, others=(there,)) == ()


def test_the_first_pod_of_a_group_may_begin_anywhere_but_not_without_the_label() -> None:
    assert obstacles({"affinity": near()}, A, B) == ()
    assert len(obstacles({"affinity": near()}, node_json("n3"), A)) == 1
    assert len(obstacles({"affinity": near(), "labels": {"app": "x"}}, A, B)) == 1


def test_affinity_may_mean_other_namespaces_by_name_and_by_label() -> None:
    there = pod_json("web-0", node="n1", namespace="other")
    by_name = {"affinity": apart(namespaces=["other"])}
    by_label = {"affinity": apart(namespaceSelector={"matchLabels": {"team": "a"}})}
    everywhere = {"affinity": apart(namespaceSelector={})}
    assert len(obstacles(by_name, A, others=(there,))) == 1
    assert len(obstacles(everywhere, A, others=(there,))) == 1
    assert len(obstacles(by_label, A, others=(there,), namespaces={"other": {"team": "a"}})) == 1
    assert obstacles(by_label, A, others=(there,), namespaces={"other": {}}) == ()


def test_namespace_labels_that_cannot_be_read_are_told_as_unchecked() -> None:
    pod = full_pod(affinity=apart(namespaceSelector={"matchLabels": {"team": "a"}}))
    assert placement(demand_of(pod), cluster([A])).unchecked == ("namespaces by label (pod affinity)",)
    assert placement(demand_of(pod), cluster([A], namespaces={})).unchecked == ()


def test_match_label_keys_narrow_a_template_to_its_own_revision() -> None:
    old = pod_json("web-0", node="n1", labels={"app": "web", "pod-template-hash": "old"})
    pod: Json = {"labels": {"app": "web", "pod-template-hash": "new"}}
    assert len(obstacles({**pod, "affinity": apart()}, A, others=(old,))) == 1
    assert obstacles({**pod, "affinity": apart(matchLabelKeys=["pod-template-hash"])}, A, others=(old,)) == ()


def test_spread_lets_no_domain_run_ahead() -> None:
    there = (pod_json("a", node="n1"), pod_json("b", node="n1"), pod_json("c", node="n2"))
    (found,) = obstacles({"topologySpreadConstraints": spread()}, A, B, others=there)
    assert found.text == f"{ZONE}=a would have 3 of its Pods and the emptiest 1: at most 1 more is allowed"
    assert obstacles({"topologySpreadConstraints": spread()}, B, A, others=there) == ()
    soft = spread(whenUnsatisfiable="ScheduleAnyway")
    assert obstacles({"topologySpreadConstraints": soft}, A, B, others=there) == ()


def test_spread_does_not_count_pods_that_are_ending_nor_other_namespaces() -> None:
    there = (pod_json("a", node="n1", deleted="2026-03-01T12:00:00Z"), pod_json("b", node="n1", namespace="other"))
    assert obstacles({"topologySpreadConstraints": spread()}, A, B, others=there) == ()


def test_spread_counts_only_nodes_the_pod_can_be_on() -> None:
    there = (pod_json("a", node="n1"),)
    pod: Json = {"topologySpreadConstraints": spread(), "nodeSelector": {ZONE: "a"}}
    assert obstacles(pod, A, B, others=there) == (), "the empty zone b is none of its zones"
    assert (
        len(obstacles({**pod, "topologySpreadConstraints": spread(nodeAffinityPolicy="Ignore")}, A, B, others=there))
        == 1
    )
    tainted = node_json("n2", labels={ZONE: "b"}, taints=(GPU,))
    assert len(obstacles({"topologySpreadConstraints": spread()}, A, tainted, others=there)) == 1
    honoured = {"topologySpreadConstraints": spread(nodeTaintsPolicy="Honor")}
    assert obstacles(honoured, A, tainted, others=there) == ()


def test_with_too_few_domains_the_emptiest_counts_as_empty() -> None:
    there = (pod_json("a", node="n1"),)
    assert len(obstacles({"topologySpreadConstraints": spread(minDomains=2)}, A, others=there)) == 1
    assert obstacles({"topologySpreadConstraints": spread()}, A, others=there) == ()


def test_a_node_without_the_label_cannot_be_spread_over() -> None:
    (found,) = obstacles({"topologySpreadConstraints": spread()}, node_json("n3"), A)
    assert found.scheduler.endswith("(missing required label)")


CLAIM: Json = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}


def claim(**spec: Any) -> Json:
    return {"metadata": {"name": "data", "namespace": "shop"}, "spec": spec, "status": {"phase": "Bound"}}


def volume(zone: str, **more: Any) -> Json:
    rule = {"required": {"nodeSelectorTerms": [label(ZONE, "In", zone)]}}
    return {
        "metadata": {"name": "pv", "labels": more.pop("labels", {})},
        "spec": {"nodeAffinity": rule, "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce"], **more},
        "status": {"phase": "Available"},
    }


def test_a_bound_claim_ties_the_pod_to_its_volumes_place() -> None:
    world: Json = {"claims": [claim(volumeName="pv")], "volumes": [volume("b")], "classes": []}
    (found,) = obstacles(CLAIM, A, B, **world)
    assert found.text == f"volume pv of claim data is only where {ZONE}=b"
    assert obstacles(CLAIM, B, A, **world) == ()


def test_a_claim_that_waits_for_a_pod_needs_a_free_volume_or_somebody_who_makes_one() -> None:
    waiting = claim(storageClassName="local", accessModes=["ReadWriteOnce"], resources={"requests": {"storage": "5Gi"}})
    kind: Json = {
        "metadata": {"name": "local"},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    world: Json = {"claims": [waiting], "volumes": [volume("b", storageClassName="local")], "classes": [kind]}
    assert len(obstacles(CLAIM, A, B, **world)) == 1
    assert obstacles(CLAIM, B, A, **world) == ()
    made = {**world, "classes": [{**kind, "provisioner": "csi.example.com"}]}
    assert obstacles(CLAIM, A, B, **made) == ()


@pytest.mark.parametrize(
    ("claims", "blocked"),
    [
        ([], 'persistentvolumeclaim "data" not found'),
        ([claim(storageClassName="fast")], "pod has unbound immediate PersistentVolumeClaims"),
    ],
)
def test_a_claim_that_is_not_there_or_not_bound_holds_the_pod_back_everywhere(claims: list[Json], blocked: str) -> None:
    told = placement(demand_of(full_pod(**CLAIM)), cluster([A, B], claims=claims, volumes=[], classes=[]))
    assert (told.blocked, told.fitting) == (blocked, ())
    assert told.summary == f"0/2 nodes are available: {blocked}."


def test_claims_that_cannot_be_read_are_told_as_unchecked() -> None:
    told = placement(demand_of(full_pod(**CLAIM)), cluster([A]))
    assert (told.unchecked, told.fitting) == (("volumes",), ("n1",))


def test_a_volume_of_another_zone_and_a_claim_for_one_pod_alone() -> None:
    labelled = {**volume("a", labels={ZONE: "b"})}
    world: Json = {"claims": [claim(volumeName="pv")], "volumes": [labelled], "classes": []}
    assert [one.predicate for one in obstacles(CLAIM, A, **world)] == [Predicate.VOLUME_ZONE]
    alone: Json = {
        **world,
        "claims": [claim(volumeName="pv", accessModes=["ReadWriteOncePod"])],
        "volumes": [volume("a")],
    }
    user = pod_json("db-0", node="n1", **CLAIM)
    assert [one.predicate for one in obstacles(CLAIM, A, others=(user,), **alone)] == [Predicate.CLAIM_IN_USE]


def test_gates_and_other_schedulers_are_told() -> None:
    gated = placement(demand_of(full_pod(schedulingGates=[{"name": "example.com/wait"}])), cluster([A]))
    assert (gated.blocked, gated.fitting) == ("waiting for scheduling gates: example.com/wait", ())
    foreign = placement(demand_of(full_pod(schedulerName="batch")), cluster([A]))
    assert foreign.unchecked == ("the rules of the scheduler batch",)


def test_the_nearest_node_is_the_one_with_the_least_in_the_way() -> None:
    nodes = [
        node_json("far", cpu="1", taints=(GPU,)),
        node_json("near", cpu="4"),
        node_json("nearer", cpu="4500m"),
        node_json("tainted", cpu="64", taints=(GPU,)),
    ]
    told = placement(demand_of(full_pod(cpu="5")), cluster(nodes))
    assert told.nearest is not None
    assert told.nearest.node == "nearer"
    assert told.summary == "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated taint(s)."


def test_a_template_is_placed_as_its_pods_will_be() -> None:
    workload = decode_full_workload(
        b'{"metadata":{"name":"web","namespace":"shop"},"spec":{"template":{"metadata":{"labels":{"app":"web"}},'
        b'"spec":{"containers":[{"name":"web","resources":{"limits":{"memory":"9Gi"}}}]}}}}'
    )
    told = placement(demand_of_template(workload.spec.template, "shop"), cluster([node_json(memory="8Gi")]))
    assert [one.text for one in told.fits[0].obstacles] == ["needs 1Gi more memory: asks for 9Gi, 8Gi of 8Gi is free"]
