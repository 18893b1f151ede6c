"""What changed before it broke: each kind of change is told with who did it, and the guilty one stands first."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import Facts, ServedCertificate
from kubectl_goweb.objects.rare import decode_full_workload, decode_recorded, decode_written
from kubectl_goweb.objects.wants import Ask
from kubectl_goweb.status.changes.engine import BACK, journal_change, sight_of, workload_changes
from kubectl_goweb.status.changes.model import PastChange, Topic, WorkloadChanges
from kubectl_goweb.status.changes.wants import workload_wants
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Ref
from tests.status.objects import (
    NOW,
    Json,
    ago,
    container,
    crashing_pod,
    decoded,
    deployment,
    pod_json,
    ready_pod,
    replica_set,
    running,
    snapshot,
)

WEB = "shop/web"
TEMPLATE: Json = {
    "spec": {
        "containers": [
            {
                "name": "web",
                "image": "web:1",
                "env": [{"name": "DB_PASSWORD", "value": "hunter2"}],
                "envFrom": [{"configMapRef": {"name": "web-env"}}, {"secretRef": {"name": "web-secret"}}],
            }
        ]
    }
}


def write(manager: str, at: str, **fields: Any) -> Json:
    """One entry of managedFields: `data=("LEVEL",)`, `spec=("template",)`."""
    owned: Json = {f"f:{part}": {f"f:{name}": {} for name in names} for part, names in fields.items()}
    return {"manager": manager, "operation": "Update", "time": at, "fieldsV1": owned}


def facts(*written: tuple[str, Json], templates: dict[str, Json] | None = None, **more: Any) -> Facts:
    """What was read: writers by subject, templates of revisions by name."""
    body = json.dumps({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": TEMPLATE}}).encode()
    return Facts(
        workloads={f"Deployment {WEB}": decode_full_workload(body)},
        written={subject: decode_written(json.dumps({"metadata": meta}).encode()) for subject, meta in written},
        templates={
            f"ReplicaSet shop/{name}": decode_recorded(json.dumps({"spec": {"template": one}}).encode())
            for name, one in (templates or {}).items()
        },
        **more,
    )


def meta(name: str, *writes: Json, created: str = "2025-01-01T00:00:00Z") -> Json:
    return {"name": name, "namespace": "shop", "creationTimestamp": created, "managedFields": list(writes)}


def unready(since: str) -> Json:
    return {"Ready": {"status": "False", "lastTransitionTime": since}}


def crashing(since: str, **more: Any) -> Json:
    one = crashing_pod("web-1", "new", "new", **more)
    return {**one, "status": {**one["status"], "conditions": [{"type": "Ready", **unready(since)["Ready"]}]}}


def broken(*pods: Json, known: Facts | None = None, **more: Any) -> Snapshot:
    sets = (replica_set("new", 2, replicas=1, ready=0), old_set("old", 1, days=3))
    pods = pods or (crashing(ago(minutes=5)),)
    one = deployment(desired=1, existing=1, updated=1, ready=0)
    return snapshot((one,), more.pop("sets", sets), pods, facts=known or facts(), **more)


def old_set(name: str, number: int, **since: float) -> Json:
    one = replica_set(name, number, replicas=0, ready=0)
    return {**one, "metadata": {**one["metadata"], "creationTimestamp": ago(**since)}}


def told(found: Snapshot, **more: Any) -> WorkloadChanges:
    (one,) = overview(found, NOW).workloads
    return workload_changes(one, found, NOW, **more)


def texts(found: WorkloadChanges) -> list[str]:
    return [one.text for one in found.changes]


def test_a_configmap_written_just_before_is_the_first_culprit_with_its_keys_and_writer() -> None:
    known = facts(
        ("ConfigMap shop/web-env", meta("web-env", write("kubectl-patch", ago(minutes=5, seconds=9), data=["CRASH"]))),
        ("Deployment shop/web", meta("web", write("helm", ago(minutes=10, seconds=1), spec=["template", "replicas"]))),
    )
    found = told(broken(known=known))
    first = found.changes[0]
    assert found.onset is not None
    assert (found.onset.at, first.topic, first.who) == (NOW - timedelta(minutes=5), Topic.CONFIG, "kubectl-patch")
    assert first.text == "ConfigMap web-env written: CRASH"
    assert first.before_onset == 9
    assert first.details == ("read by envFrom of container web when the container starts",)
    assert [one.topic for one in found.changes] == [Topic.CONFIG, Topic.TEMPLATE]


def test_a_secret_is_told_by_the_names_of_its_keys_alone() -> None:
    body = {**meta("web-secret", write("vault", ago(minutes=6), data=["TOKEN"])), "labels": {"a": "b"}}
    found = told(broken(known=facts(("Secret shop/web-secret", body))))
    (one,) = [each for each in found.changes if each.object.kind == "Secret"]
    assert (one.text, one.who) == ("Secret web-secret written: TOKEN", "vault")


def test_a_revision_tells_what_its_template_changed_and_who_wrote_it_without_secrets() -> None:
    newer = json.loads(json.dumps(TEMPLATE))
    newer["spec"]["containers"][0] |= {"image": "web:2", "env": [{"name": "DB_PASSWORD", "value": "correct horse"}]}
    known = facts(
        ("Deployment shop/web", meta("web", write("ci", ago(minutes=10, seconds=1), spec=["template"]))),
        templates={"old": TEMPLATE, "new": newer},
    )
    found = told(broken(known=known))
    first = found.changes[0]
    assert (first.topic, first.who, first.source) == (Topic.TEMPLATE, "ci", "ReplicaSet new")
    assert first.text == "revision 2 changes env[DB_PASSWORD], image"
    assert "containers[web].image: web:1 -> web:2" in first.details
    assert "hunter2" not in repr(found)
    assert "horse" not in repr(found)


@pytest.mark.parametrize(
    ("writes", "order"),
    [
        ([], [Topic.RESTART]),
        ([write("ana", ago(minutes=20), data=["LEVEL"])], [Topic.CONFIG, Topic.RESTART]),
        ([write("ana", ago(minutes=70), data=["LEVEL"])], [Topic.RESTART, Topic.CONFIG]),
    ],
    ids=["alone", "after a write", "long after a write"],
)
def test_a_restart_stands_behind_what_it_brought_to_the_pods(writes: list[Json], order: list[Topic]) -> None:
    again = {**TEMPLATE, "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}
    known = facts(("ConfigMap shop/web-env", meta("web-env", *writes)), templates={"old": TEMPLATE, "new": again})
    found = told(broken(known=known))
    assert [one.topic for one in found.changes] == order


def test_an_undone_revision_is_timed_by_the_controllers_event() -> None:
    """Its ReplicaSet is older than the one that was given up."""
    back = old_set("back", 3, days=2)
    back["spec"]["replicas"] = 1
    event = {
        "metadata": {"name": "scaled", "namespace": "shop"},
        "reason": "ScalingReplicaSet",
        "message": "Scaled up replica set back from 0 to 1",
        "lastTimestamp": ago(minutes=7),
    }
    one = deployment(desired=1, existing=1, updated=1, ready=0, revision=3)
    sets = (back, old_set("new", 2, minutes=30))
    found = snapshot((one,), sets, (crashing(ago(minutes=5)),), events=(event,), facts=facts())
    assert [(each.text.partition(";")[0], each.at) for each in told(found).changes] == [
        ("revision 3", NOW - timedelta(minutes=7)),
        ("revision 2", NOW - timedelta(minutes=30)),
    ]


def test_the_first_pod_times_an_undo_that_left_no_other_trace_and_its_author_is_not_guessed() -> None:
    """Who takes a field away owns nothing afterwards; the one who wrote before is not to blame."""
    back = old_set("back", 3, minutes=9)
    back["spec"]["replicas"] = 1
    sets = (back, old_set("new", 2, minutes=8, seconds=55))
    one = deployment(desired=1, existing=1, updated=1, ready=0, revision=3)
    pod = crashing_pod("web-1", "back", "back", created=ago(minutes=6))
    known = facts(
        ("Deployment shop/web", meta("web", write("ci", ago(minutes=9), spec=["template"]))),
        templates={"back": TEMPLATE, "new": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}},
    )
    found = told(snapshot((one,), sets, (pod,), facts=known))
    assert [(each.text.partition(" changes ")[0], each.at, each.who) for each in found.changes] == [
        ("revision 3", NOW - timedelta(minutes=6), ""),
        ("revision 2", NOW - timedelta(minutes=8, seconds=55), ""),
    ]


def scaled(name: str, move: str, at: str) -> Json:
    return {
        "metadata": {"name": f"{name}-{move[-1]}", "namespace": "shop"},
        "involvedObject": {"kind": "Deployment", "name": "web"},
        "reason": "ScalingReplicaSet",
        "message": f"Scaled {'down' if move[0] > move[-1] else 'up'} replica set {name} {move}",
        "lastTimestamp": at,
    }


def test_scaling_is_told_apart_from_a_rollout_by_the_controllers_events() -> None:
    at = ago(minutes=6)
    rollout = (scaled("new", "from 0 to 1", ago(minutes=10)), scaled("old", "from 1 to 0", ago(minutes=9)))
    by_hand = {**meta("web"), "managedFields": [{"manager": "kubectl", "subresource": "scale", "time": None}]}
    known = facts(("Deployment shop/web", by_hand))
    found = told(broken(known=known, events=(*rollout, scaled("new", "from 3 to 1", at))))
    (one,) = [each for each in found.changes if each.topic is Topic.SPEC]
    assert (one.text, one.who) == ("deploy/web scaled from 3 to 1", "kubectl")


def test_a_quota_of_its_namespace_counts() -> None:
    (quota,) = decoded(Kind.RESOURCE_QUOTA, {"metadata": {"name": "small", "namespace": "shop"}})
    written = meta("small", write("ana", ago(minutes=6), spec=["hard"]), created=ago(minutes=6))
    found = told(broken(known=facts(("ResourceQuota shop/small", written)), quotas={quota.key: quota}))
    assert [(one.text, one.who) for one in found.changes if one.topic is Topic.LIMIT] == [
        ("ResourceQuota small created", "ana")
    ]


def test_a_cordoned_node_counts_when_a_pod_finds_none() -> None:
    nodes = tuple(
        {
            "metadata": {"name": name, "creationTimestamp": ago(days=9)},
            "spec": {
                "unschedulable": cordoned,
                "taints": [
                    {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": ago(minutes=6)}
                ]
                if cordoned
                else [],
            },
        }
        for name, cordoned in (("a", True), ("b", False))
    )
    pending = pod_json(
        name="web-1",
        phase="Pending",
        owner="new",
        labels={"pod-template-hash": "new"},
        conditions={
            "PodScheduled": {
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/2",
                "lastTransitionTime": ago(minutes=5),
            }
        },
    )
    pending["spec"]["nodeName"] = ""
    cordon = {"name": "a", "managedFields": [write("kubectl-cordon", ago(minutes=6), spec=["unschedulable"])]}
    found = told(broken(pending, nodes=nodes, known=facts(("Node a", cordon))))
    first = found.changes[0]
    assert (first.topic, first.object, first.who) == (Topic.NODE, Ref("Node", "a"), "kubectl-cordon")
    assert first.text == "node a cordoned: no Pod may be placed there; a Pod of it has no node"


def test_a_node_isolated_by_this_program_is_told_with_the_person_and_other_nodes_entries_are_not() -> None:
    mark = json.dumps({"by": "ana", "reason": "disk", "at": ago(minutes=6)})
    node = {
        "metadata": {
            "name": "n1",
            "creationTimestamp": ago(days=9),
            "annotations": {"kubectl-goweb/isolated": mark},
        },
        "spec": {
            "unschedulable": True,
            "taints": [
                {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": ago(minutes=6)}
            ],
        },
    }
    entries = tuple(
        journal_change(Ref("Node", name), NOW - timedelta(minutes=6, seconds=1), f"journal entry: {name}", "ana@laptop")
        for name in ("n1", "n2")
    )
    found = told(broken(nodes=(node,), sets=(old_set("new", 2, days=3),)), journal=entries)
    (one,) = found.changes
    assert (one.who, one.details[-1]) == ("ana@laptop", "journal entry: n1")


def test_what_happened_to_a_node_of_its_pods_is_told_and_to_many_at_once_told_once() -> None:
    def node(name: str, at: str) -> Json:
        calm = {"type": "MemoryPressure", "status": "False", "lastTransitionTime": ago(days=9)}
        said = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": at}
        taint = {"key": "disk", "value": "slow", "effect": "NoExecute", "timeAdded": ago(minutes=5, seconds=20)}

        return {
            "metadata": {"name": name, "creationTimestamp": ago(days=9)},
            "spec": {"taints": [taint] if name == "n1" else []},
            "status": {"conditions": [said, calm]},
        }

    boot = {
        "metadata": {"name": "boot", "namespace": "default"},
        "involvedObject": {"kind": "Node", "name": "n1", "uid": "n1"},
        "reason": "Rebooted",
        "message": "Node n1 has been rebooted",
        "lastTimestamp": ago(minutes=5, seconds=10),
    }
    pods = (crashing(ago(minutes=5)), crashing_pod("web-2", "new", "new"), crashing_pod("web-3", "new", "new"))
    pods[1]["spec"]["nodeName"] = "n2"
    pods[2]["spec"]["nodeName"] = "n2"
    nodes = (node("n1", ago(minutes=5, seconds=30)), node("n2", ago(minutes=5, seconds=25)), node("n3", ago(minutes=5)))
    found = [one.text for one in told(broken(*pods, nodes=nodes, events=(boot,))).changes if one.topic is Topic.NODE]
    assert found == [
        "node n1 rebooted: Node n1 has been rebooted",
        "node n1 tainted disk=slow:NoExecute",
        "2 nodes: Ready became Unknown (NodeStatusUnknown: )",
    ]


def test_the_same_tag_with_another_digest_is_told() -> None:
    def running_pod(name: str, digest: str, created: str, **more: Any) -> Json:
        status = container("web", running(minutes=5), ready=True, imageID=f"reg/web@sha256:{digest * 64}")
        one = pod_json(status, name=name, owner="new", labels={"pod-template-hash": "new"}, created=created, **more)
        one["spec"]["containers"] = [{"name": "web", "image": "reg/web:1"}]
        return one

    pods = (
        running_pod("web-old", "a", ago(days=1), conditions={"Ready": "True"}),
        running_pod("web-new", "b", ago(minutes=6), conditions=unready(ago(minutes=5))),
    )
    one = deployment(desired=2, existing=2, updated=2, ready=1)
    found = told(snapshot((one,), (old_set("new", 2, days=3),), pods, facts=facts()))
    (change,) = found.changes
    assert (change.topic, change.at) == (Topic.IMAGE, NOW - timedelta(minutes=6))
    assert change.text == "reg/web:1 is another image since pod/web-new: aaaaaaaaaaaa -> bbbbbbbbbbbb"


def autoscaler() -> dict[str, Any]:
    (one,) = decoded(
        Kind.HORIZONTAL_POD_AUTOSCALER,
        {
            "metadata": {"name": "web", "namespace": "shop", "uid": "hpa"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5},
            "status": {"desiredReplicas": 3, "lastScaleTime": ago(minutes=8)},
        },
    )
    return {one.key: one}


def test_a_move_of_the_autoscaler_is_told_once_in_the_best_words_that_are_known() -> None:
    event = {
        "metadata": {"name": "rescale", "namespace": "shop"},
        "involvedObject": {"kind": "HorizontalPodAutoscaler", "name": "web", "uid": "hpa"},
        "reason": "SuccessfulRescale",
        "message": "New size: 3; reason: cpu",
        "lastTimestamp": ago(minutes=8),
    }
    without = told(broken(autoscalers=autoscaler()))
    assert "hpa/web scaled deploy/web to 3" in texts(without)
    found = told(broken(autoscalers=autoscaler(), events=(event,)))
    among = [one for one in found.changes if one.topic is Topic.AUTOSCALER]
    assert [one.text for one in among] == ["hpa/web scaled deploy/web: New size: 3; reason: cpu"]


def front(**more: Any) -> dict[str, Any]:
    service = {"metadata": {"name": "front", "namespace": "shop"}, "spec": {"selector": {"app": "web"}}}
    path = {"backend": {"service": {"name": "front", "port": {"number": 80}}}, "path": "/"}
    ingress = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"rules": [{"host": "web.example", "http": {"paths": [path]}}], "tls": [{"secretName": "web-tls"}]},
    }
    selector = {"matchLabels": {"app": "web"}}
    policy = {"metadata": {"name": "gate", "namespace": "shop"}, "spec": {"podSelector": selector}}
    return {
        "services": {one.key: one for one in decoded(Kind.SERVICE, service)},
        "ingresses": {one.key: one for one in decoded(Kind.INGRESS, ingress)},
        "network_policies": {one.key: one for one in decoded(Kind.NETWORK_POLICY, policy)},
        **more,
    }


def test_what_stands_before_its_pods_counts_too() -> None:
    gate = meta("gate", write("bob", ago(minutes=6), spec=["ingress"]), created=ago(minutes=6))
    held = ServedCertificate("CN=web", NOW - timedelta(days=90), NOW - timedelta(minutes=5), ("web.example",))
    known = facts(
        ("NetworkPolicy shop/gate", gate),
        ("Service shop/front", meta("front", write("ana", ago(minutes=7), spec=["selector"]))),
        ("Secret shop/web-tls", meta("web-tls", write("cert-manager", ago(minutes=9), data=["tls.crt", "tls.key"]))),
        certificates={"shop/web-tls": held},
    )
    assert texts(told(broken(known=known, **front(sets=()))))[:4] == [
        "certificate web-tls expired after 89d",
        "NetworkPolicy gate created",
        "Service front written: selector",
        "certificate web-tls written: tls.crt, tls.key",
    ]


def test_a_new_certificate_is_known_by_its_date_where_its_secret_tells_no_writer() -> None:
    held = ServedCertificate("CN=web", NOW - timedelta(minutes=6), NOW + timedelta(days=90), ("web.example",))
    found = told(broken(known=facts(certificates={"shop/web-tls": held}), **front(sets=())))
    assert texts(found) == ["certificate web-tls is a new one: it holds since then"]


def test_an_entry_of_the_journal_names_the_person_behind_what_is_seen_anyway() -> None:
    ref = Ref("Deployment", "web", "shop")
    entries: tuple[PastChange, ...] = (
        journal_change(ref, NOW - timedelta(minutes=10, seconds=2), "journal entry 7: set-image", "ana@laptop"),
        journal_change(ref, NOW - timedelta(minutes=40), "journal entry 6: scaled", "ana@laptop"),
        journal_change(ref, NOW - timedelta(days=4), "journal entry 1: scaled", "ana@laptop"),
    )
    found = told(broken(), journal=entries)
    assert [(one.topic, one.who) for one in found.changes] == [
        (Topic.TEMPLATE, "ana@laptop"),
        (Topic.JOURNAL, "ana@laptop"),
    ]
    assert "journal entry 7: set-image" in found.changes[0].details


def test_where_all_is_well_the_newest_stands_first_and_no_onset_is_made_up() -> None:
    writes = (write("ana", ago(minutes=90), data=["A"]), write("bob", ago(minutes=1), data=["B"]))
    known = facts(("ConfigMap shop/web-env", meta("web-env", *writes)))
    one = deployment(desired=1, existing=1, updated=1, ready=1)
    sets, pods = (replica_set("new", 2, replicas=1, ready=1),), (ready_pod("web-1", "new", "new"),)
    found = told(snapshot((one,), sets, pods, facts=known))

    assert found.onset is None
    assert texts(found) == [
        "ConfigMap web-env written: B",
        "revision 2, the first that is known",
        "ConfigMap web-env written: A",
    ]
    assert all(each.before_onset is None for each in found.changes)


def test_what_came_after_the_onset_stands_last_and_what_is_too_old_is_left_out() -> None:
    known = facts(
        (
            "ConfigMap shop/web-env",
            meta(
                "web-env",
                write("late", ago(minutes=4, seconds=59), data=["SAME-SECOND"]),
                write("later", ago(minutes=2), data=["B"]),
                write("old", ago(hours=2, minutes=6), data=["C"]),
                write("before", ago(hours=2, minutes=4), data=["D"]),
            ),
        )
    )
    found = told(broken(known=known, sets=(old_set("new", 2, days=3),)))
    assert texts(found) == [f"ConfigMap web-env written: {key}" for key in ("SAME-SECOND", "D", "B")]
    shorter = told(broken(known=known, sets=(old_set("new", 2, days=3),)), back=timedelta(hours=1))
    assert texts(shorter) == [f"ConfigMap web-env written: {key}" for key in ("SAME-SECOND", "B")]


def test_in_the_same_second_the_creation_of_the_workload_is_the_least_to_blame() -> None:
    at = ago(days=2)
    known = facts(("ConfigMap shop/web-env", meta("web-env", write("ana", at, data=["A"]))))
    found = told(broken(crashing(at), known=known, sets=(old_set("new", 1, days=2),)))
    assert [one.topic for one in found.changes] == [Topic.CONFIG, Topic.CREATION]


def test_what_may_not_be_read_and_what_is_gone_is_said() -> None:
    known = facts(unseen={"Secret shop/web-secret": "forbidden: secrets"}, absent=frozenset({"ConfigMap shop/web-env"}))
    assert told(broken(known=known)).unseen == (
        "ConfigMap shop/web-env: it does not exist; when it went is not known",
        "Secret shop/web-secret: forbidden: secrets",
    )


def test_only_templates_of_revisions_in_question_are_asked_for_and_config_once_it_is_known() -> None:
    sets = (replica_set("new", 2, replicas=1, ready=0), old_set("old", 1, days=3), old_set("older", 0, days=4))
    found = broken(sets=sets)
    (one,) = overview(found, NOW).workloads
    sight, _ = sight_of(one, found, NOW, BACK)
    asked = list(workload_wants(sight))
    assert [each.key for each in asked if each.ask is Ask.TEMPLATE] == ["shop/new", "shop/old"]
    assert [each.key for each in asked if each.kind is Kind.CONFIG_MAP] == ["shop/web-env"]
    blank = structs.replace(sight, snapshot=structs.replace(found, facts=Facts()))
    assert not [each for each in workload_wants(blank) if each.kind in (Kind.CONFIG_MAP, Kind.SECRET)]


def test_hostile_words_of_the_cluster_come_out_plain() -> None:
    hostile = write("\x1b[2Jme", ago(minutes=6), data=["A\x1b]0;x\x07"])
    known = facts(("ConfigMap shop/web-env", meta("web-env", hostile)))
    (change,) = told(broken(known=known, sets=())).changes
    assert (change.text + change.who).isprintable()
