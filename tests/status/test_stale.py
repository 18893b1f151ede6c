"""Pods that run with what a ConfigMap was before: only another value makes them old, not any write."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import Facts, Rewritten, named
from kubectl_goweb.objects.rare import decode_full_workload, decode_one
from kubectl_goweb.objects.wants import Ask
from kubectl_goweb.status.diagnosis.wants import configured
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Confidence, Finding
from tests.status.objects import NOW, Json, ago
from tests.status.test_suspicious import pod
from tests.status.worlds import made, world

STARTED, WRITTEN = 60, 20
"""Minutes ago."""


def before(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def write(owns: str, minutes: int, manager: str = "kubectl") -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "time": ago(minutes=minutes),
        "fieldsV1": {owns: {"f:LEVEL": {}}},
    }


def snapshot(*writes: Json, known: Rewritten | None = None) -> Snapshot:
    """A Deployment that reads a ConfigMap as variables, and runs since an hour."""
    web, replica_set, one = pod()
    web["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "settings"}}]
    one["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": ago(minutes=STARTED)}}
    source = made("ConfigMap", "settings", metadata={"managedFields": list(writes)})
    source["data"] = {"LEVEL": "info"}
    facts = Facts(
        workloads={named("Deployment", "shop/web"): decode_full_workload(json.dumps(web).encode())},
        objects={named("ConfigMap", "shop/settings"): decode_one(Kind.CONFIG_MAP, json.dumps(source).encode())},
        rewritten={named("rewritten", "shop/settings"): known} if known else {},
    )
    return structs.replace(world(web, replica_set, one), facts=facts)


def stale(seen: Snapshot) -> list[Finding]:
    return [one for one in overview(seen, NOW).findings if one.code == "GW-CONFIG-STALE"]


def asks(seen: Snapshot) -> set[Ask]:
    return {want.ask for want in configured(seen, overview(seen, NOW).workloads)}


def test_without_more_a_later_write_of_the_keys_is_likely_a_change() -> None:
    seen = snapshot(write("f:data", WRITTEN))
    (told,) = stale(seen)
    assert told.confidence is Confidence.LIKELY
    assert "whether it changed a value is not known" in told.cause
    assert Ask.REWRITTEN in asks(seen)


@pytest.mark.parametrize(
    "writes",
    [(write("f:data", 90), write("f:metadata", WRITTEN, "labeller")), (write("f:data", 90),)],
    ids=["labels by another hand", "before the start"],
)
def test_who_owns_no_value_changes_none(writes: tuple[Json, ...]) -> None:
    seen = snapshot(*writes)
    assert stale(seen) == []
    assert Ask.REWRITTEN not in asks(seen)


def rewritten(changed: dict[str, int], *, since: int, until: int = WRITTEN) -> Rewritten:
    return Rewritten({key: before(at) for key, at in changed.items()}, before(since), before(until))


@pytest.mark.parametrize(
    ("known", "confidence"),
    [
        (rewritten({}, since=WRITTEN), None),
        (rewritten({"LEVEL": 90}, since=90), None),
        (rewritten({"LEVEL": 30}, since=30), Confidence.CERTAIN),
        (rewritten({"LEVEL": 90}, since=90, until=40), Confidence.LIKELY),
    ],
    ids=["a label by who owns the keys", "a value before the start", "a value and then a label", "asked too early"],
)
def test_the_values_decide_where_they_could_be_compared(known: Rewritten, confidence: Any) -> None:
    told = stale(snapshot(write("f:data", WRITTEN), known=known))
    assert [one.confidence for one in told] == ([confidence] if confidence else [])
    assert all("LEVEL" in one.cause for one in told if one.confidence is Confidence.CERTAIN)
