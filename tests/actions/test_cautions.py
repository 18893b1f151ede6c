"""What is told before a change, from what stands around the workload."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.facts import Config, ConfigState, Facts, Room, full_template
from kubectl_goweb.actions.owners import owner
from kubectl_goweb.actions.plan import Caution
from kubectl_goweb.actions.room import short_of_nodes, surge
from kubectl_goweb.objects import Feed, FeedState, Kind, Snapshot
from kubectl_goweb.status.verdicts import Severity
from tests.actions.made import MID, deployment, facts, replica_set, template
from tests.status.objects import decoded
from tests.status.placing import cluster, node_json

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ONE, TWO = template("web:1"), template("web:2")


def around(kind: Kind, *items: dict[str, Any]) -> Snapshot:
    found = {one.key: one for one in decoded(kind, *items)}
    fields: dict[str, Any] = {kind.resource.field: found}
    return Snapshot(namespace="shop", feeds={kind: Feed(FeedState.LIVE, NOW)}, **fields)


def codes(found: tuple[Caution, ...]) -> list[str]:
    return [one.code.removeprefix("GW-ACT-") for one in found]


AUTOSCALER = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 9},
    "status": {"desiredReplicas": 6},
}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (7, "keeps between 2 and 9 replicas, which scales it again as it sees fit (it wants 6 now)"),
        (20, "which sets it to 9 within seconds"),
        (1, "which sets it to 2 within seconds"),
        (0, "which is off while there are 0 replicas"),
    ],
)
def test_an_autoscaler_is_told_with_what_it_will_do(wanted: int, words: str) -> None:
    seen = facts(deployment(ONE), around=around(Kind.HORIZONTAL_POD_AUTOSCALER, AUTOSCALER))
    (told,) = [one for one in cautions.on_scale(seen, wanted) if one.code == "GW-ACT-AUTOSCALER"]
    assert words in told.text


def test_an_autoscaler_of_something_else_is_no_matter() -> None:
    other = {**AUTOSCALER, "spec": {**AUTOSCALER["spec"], "scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}}  # type: ignore[dict-item]  # JSON
    seen = facts(deployment(ONE), around=around(Kind.HORIZONTAL_POD_AUTOSCALER, other))
    assert codes(cautions.on_scale(seen, 7)) == []


def test_the_worst_comes_first() -> None:
    seen = facts(deployment(ONE), around=around(Kind.HORIZONTAL_POD_AUTOSCALER, AUTOSCALER))
    assert codes(cautions.on_scale(seen, 0)) == ["TO-ZERO", "AUTOSCALER"]


APPLIED = json.dumps({"spec": {"replicas": 5, "template": {}}})


@pytest.mark.parametrize(
    ("labels", "annotations", "name"),
    [
        ({}, {"argocd.argoproj.io/tracking-id": "shop-prod:apps/Deployment:shop/web"}, "Argo CD application shop-prod"),
        ({"argocd.argoproj.io/instance": "shop"}, {}, "Argo CD application shop"),
        ({"kustomize.toolkit.fluxcd.io/name": "shop"}, {}, "Flux Kustomization shop"),
        ({"helm.toolkit.fluxcd.io/name": "shop"}, {}, "Flux HelmRelease shop"),
        (
            {"app.kubernetes.io/managed-by": "Helm"},
            {"meta.helm.sh/release-name": "shop"},
            "Helm release shop",
        ),
        ({}, {"kubectl.kubernetes.io/last-applied-configuration": APPLIED}, "a manifest applied by kubectl"),
        ({}, {"kubectl.kubernetes.io/last-applied-configuration": "not json"}, None),
        ({}, {}, None),
    ],
)
def test_owners_are_known_by_their_marks(labels: dict[str, str], annotations: dict[str, str], name: str | None) -> None:
    found = owner(facts(deployment(ONE, labels=labels, annotations=annotations)), "replicas")
    assert (found.name if found else None) == name


def test_who_applies_on_the_server_owns_the_fields_of_its_manifest_only() -> None:
    one = deployment(ONE)
    one["metadata"]["managedFields"] = [
        {"manager": "ci", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {}}}},
        {"manager": "kubectl-goweb", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
    ]
    found = owner(facts(one), "template")
    assert found is not None
    assert found.name == "a manifest applied by ci"
    assert owner(facts(one), "replicas") is None


def test_a_restart_brings_no_owner_into_play_and_an_undo_does() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": APPLIED}
    seen = facts(deployment(TWO, annotations=annotations), replica_set(1, ONE))
    assert codes(cautions.on_rollout(seen, seen.template)) == []
    assert codes(cautions.on_rollout(seen, ONE)) == ["OWNER"]


@pytest.mark.parametrize(
    ("strategy", "code"), [("Recreate", "RECREATE"), ("OnDelete", "ON-DELETE"), ("RollingUpdate", "")]
)
def test_strategies_that_surprise_are_told(strategy: str, code: str) -> None:
    seen = facts(deployment(ONE, strategy={"type": strategy}))
    assert codes(cautions.on_rollout(seen, seen.template)) == ([code] if code else [])


def budget(**spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "pdb", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
        "status": {"desiredHealthy": 5},
    }


def test_a_budget_that_the_change_does_not_ask_is_told() -> None:
    seen = facts(deployment(ONE), around=around(Kind.POD_DISRUPTION_BUDGET, budget(minAvailable=5)))
    (told,) = cautions.on_rollout(seen, seen.template)
    assert told.text == (
        "the rollout may go down to 4 available Pods, fewer than the 5 of budget pdb, which is not asked"
    )
    assert codes(cautions.on_scale(seen, 3)) == ["BUDGET"]
    careful = facts(deployment(ONE, unavailable=0), around=seen.around)
    assert codes(cautions.on_rollout(careful, careful.template)) == []


def test_a_budget_in_percent_shrinks_with_the_replicas() -> None:
    seen = facts(deployment(ONE), around=around(Kind.POD_DISRUPTION_BUDGET, budget(maxUnavailable="10%")))
    assert codes(cautions.on_scale(seen, 3)) == []


def sized(cpu: str) -> dict[str, Any]:
    made = template()
    made["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu, "memory": "64Mi"}, "limits": {"cpu": "2"}}
    return made


def quota(hard: dict[str, str], used: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "team", "namespace": "shop"},
        "spec": spec,
        "status": {"hard": hard, "used": used},
    }


@pytest.mark.parametrize(
    ("hard", "used", "words"),
    [
        ({"pods": "6"}, {"pods": "5"}, "pods: 2 more wanted, 1 of 6 left"),
        ({"requests.cpu": "3"}, {"requests.cpu": "2500m"}, "requests.cpu: 1 more wanted, 500m of 3 left"),
        ({"cpu": "3"}, {"cpu": "2500m"}, "cpu: 1 more wanted, 500m of 3 left"),
        ({"limits.cpu": "12"}, {"limits.cpu": "10"}, "limits.cpu: 4 more wanted, 2 of 12 left"),
        ({"requests.memory": "320Mi"}, {"requests.memory": "320Mi"}, "requests.memory: 128Mi more wanted, 0 of 320Mi"),
        ({"pods": "7"}, {"pods": "5"}, None),
        ({"services": "1"}, {"services": "1"}, None),
    ],
)
def test_a_quota_that_cannot_take_the_surge_is_told_with_numbers(
    hard: dict[str, str], used: dict[str, str], words: str | None
) -> None:
    seen = facts(deployment(sized("500m")), around=around(Kind.RESOURCE_QUOTA, quota(hard, used)))
    told = [one.text for one in cautions.on_rollout(seen, seen.template)]
    assert (not told) if words is None else words in told[0]


def test_a_quota_that_wants_something_said_is_told() -> None:
    hard = quota({"limits.memory": "9Gi", "requests.cpu": "90"}, {})
    seen = facts(deployment(sized("500m")), around=around(Kind.RESOURCE_QUOTA, hard))
    (told,) = cautions.on_rollout(seen, seen.template)
    assert told.text == "quota team wants every container to say limits.memory, and not all do"
    item = {"type": "Container", "default": {"memory": "1Gi"}}
    limits = decoded(Kind.LIMIT_RANGE, {"metadata": {"name": "team"}, "spec": {"limits": [item]}})
    filled = msgspec.structs.replace(seen.around, limit_ranges={one.key: one for one in limits})
    assert cautions.on_rollout(facts(deployment(sized("500m")), around=filled), seen.template) == ()


def test_a_quota_for_some_pods_only_is_passed_over() -> None:
    scoped = quota({"pods": "1"}, {"pods": "1"}, scopes=["BestEffort"])
    seen = facts(deployment(ONE), around=around(Kind.RESOURCE_QUOTA, scoped))
    assert codes(cautions.on_rollout(seen, seen.template)) == []


def test_the_surge_is_what_may_still_be_added() -> None:
    assert surge(facts(deployment(ONE, surge="25%"))) == 2
    assert surge(facts(deployment(ONE, status=MID))) == 0
    assert surge(facts(deployment(ONE, strategy={"type": "Recreate"}))) == 0


def test_pods_that_find_no_node_are_counted_with_the_reason() -> None:
    small = cluster([node_json("a", cpu="1"), node_json("b", cpu="1")])
    one = full_template(sized("800m"))
    assert short_of_nodes(small, one, "shop", 2) == ""
    told = short_of_nodes(small, one, "shop", 3)
    assert told.startswith("only 2 of 3 more Pods find a node now: 0/2 nodes are available")
    assert "Insufficient cpu" in told
    seen = facts(deployment(sized("800m")), room=Room(small))
    assert codes(cautions.on_scale(seen, 9)) == ["NO-ROOM"]
    blind = facts(deployment(ONE), room=Room(None, "ana may not list nodes"))
    assert codes(cautions.on_scale(blind, 9)) == ["NOT-SEEN"]


CREATED = "2026-03-01T10:00:00Z"


def config(state: ConfigState = ConfigState.THERE, **more: Any) -> Config:
    return Config(Kind.CONFIG_MAP, "web-env", "envFrom", state, more.pop("optional", False), **more)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (config(ConfigState.GONE), ["REFERENCE-GONE"]),
        (config(ConfigState.GONE, optional=True), []),
        (config(missing_keys=("LEVEL",)), ["REFERENCE-GONE"]),
        (config(ConfigState.UNSEEN, why="ana may not get configmaps"), ["NOT-SEEN"]),
        (config(written=datetime(2026, 3, 1, 11, tzinfo=UTC), writer="ci"), ["REFERENCE-CHANGED"]),
        (config(written=datetime(2026, 3, 1, 9, tzinfo=UTC), writer="ci"), []),
    ],
)
def test_what_the_old_template_reads_is_looked_at(one: Config, expected: list[str]) -> None:
    seen = facts(deployment(TWO), replica_set(1, ONE, created=CREATED), config=(one,))
    assert seen.recorded is not None
    assert codes(cautions.on_undo(seen, seen.recorded[0], is_proven=True)) == expected


def test_nothing_proven_is_a_warning_only_where_something_could_be() -> None:
    def told(seen: Facts) -> Severity:
        assert seen.recorded is not None
        return cautions.on_undo(seen, seen.recorded[-1], is_proven=False)[0].severity

    assert told(facts(deployment(TWO), replica_set(1, ONE))) is Severity.INFO
    stuck = deployment(TWO, reason="ReplicaSetUpdated", status=MID)
    assert told(facts(stuck, replica_set(1, ONE))) is Severity.WARNING


def test_an_image_that_no_pod_runs_is_told() -> None:
    pod = {
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": "web:2"}]},
        "status": {"phase": "Running"},
    }
    seen = facts(deployment(TWO), replica_set(1, ONE), around=around(Kind.POD, pod))
    assert seen.recorded is not None
    assert codes(cautions.on_undo(seen, seen.recorded[0], is_proven=True)) == ["IMAGE-UNUSED"]


def test_what_could_not_be_listed_is_told() -> None:
    feeds = {Kind.RESOURCE_QUOTA: Feed(FeedState.DENIED, NOW, "ana may not list resourcequotas")}
    seen = facts(deployment(ONE), around=Snapshot(feeds=feeds))
    (told,) = cautions.on_scale(seen, 9)
    assert told.text == "not looked at: resourcequotas: ana may not list resourcequotas"


def test_every_caution_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cautions.md").read_text()
    assert [one for one in cautions.CautionCode if f"| `{one}` |" not in page] == []
