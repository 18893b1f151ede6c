"""What is said of a container that was killed for its memory, and of files that are not where they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import LogTail
from kubectl_goweb.objects.config import ConfigMap
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.meta import WrittenMeta
from kubectl_goweb.objects.rare import decode_full_pod, decode_full_workload
from kubectl_goweb.objects.withheld import Withheld
from kubectl_goweb.status.diagnosis.memory import go_bytes
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.status.objects import NOW, Json, ago
from tests.status.worlds import crashing, deployment, made, revisions, world


@pytest.mark.parametrize(
    ("text", "size"),
    [("512MiB", 512 << 20), ("1GiB", 1 << 30), ("1000", 1000), ("10B", 10), ("512Mi", None), ("off", None), ("", None)],
)
def test_gomemlimit_is_read_as_go_reads_it(text: str, size: int | None) -> None:
    assert go_bytes(text) == size


def killed(template: Json, pod: Json, **common: Any) -> Finding:
    """What is told of a Pod that was killed for memory, by what its template and it itself declare, and what the
    template declares for all containers.
    """
    web = deployment("web", {"app": "web"}, **template)
    web["spec"]["template"]["spec"] |= common
    (replica_set,) = revisions("1")
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(seconds=20)}
    status = {"name": "web", "restartCount": 3, "lastState": {"terminated": ended},
              "state": {"waiting": {"reason": "CrashLoopBackOff"}}}  # fmt: skip
    owner = {"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}
    one = made("Pod", "web-1", {"containers": [{"name": "web", **pod}]}, metadata={"ownerReferences": [owner]})
    one["status"] = {"phase": "Running", "containerStatuses": [status],
                     "conditions": [{"type": "Ready", "status": "False"}]}  # fmt: skip
    snapshot = world(web, replica_set, one)
    full = {named("Deployment", "shop/web"): decode_full_workload(json.dumps(web).encode())}
    snapshot = structs.replace(snapshot, facts=structs.replace(snapshot.facts, workloads=full))
    (told,) = [one for one in overview(snapshot, NOW).findings if one.code == "GW-POD-OOM"]
    return told


LIMIT = {"resources": {"limits": {"memory": "64Mi"}}}


def goal(value: str) -> Json:
    return LIMIT | {"env": [{"name": "GOMEMLIMIT", "value": value}]}


@pytest.mark.parametrize(
    ("template", "says"),
    [
        (LIMIT, "GOMEMLIMIT is not set"),
        (goal("1GiB"), "beyond the limit, so it never does"),
        (goal("48MiB"), "75 % of the limit"),
        ({}, "a LimitRange of the namespace or an admission webhook gave it"),
    ],
    ids=["not set", "above the limit", "below it", "a limit from elsewhere"],
)
def test_a_kill_for_memory_says_what_go_was_told_of_the_limit(template: Json, says: str) -> None:
    told = killed(template, LIMIT)
    assert told.reason == "limit"
    assert says in told.cause
    assert ("LimitRange" in told.cause) == (not template)


def test_a_limit_that_the_containers_have_in_common_is_not_the_nodes_memory() -> None:
    assert killed({}, {}).reason == "node"
    told = killed({}, {}, **LIMIT)
    assert told.reason == "limit"
    assert "the Pod's memory limit of 64Mi" in told.title


def missing(error: str, mount: Json | None, volume: Json, *keys: str) -> str:
    """The cause that is told of a client which did not find its file, with a ConfigMap `settings` that has `keys`."""
    pod = crashing()
    container: dict[str, Any] = {"name": "web", "volumeMounts": [{"name": "it", **mount}] if mount else []}
    pod["spec"] |= {"containers": [container], "volumes": [{"name": "it", **volume}]}
    snapshot = world(pod, logs=(LogTail("shop/client", "web", (error,)),))
    settings = ConfigMap(WrittenMeta("settings", "shop"), dict.fromkeys(keys, Withheld()))
    facts = structs.replace(
        snapshot.facts,
        pods={"shop/client": decode_full_pod(json.dumps(pod).encode())},
        objects={"ConfigMap shop/settings": settings},
    )
    (told,) = overview(structs.replace(snapshot, facts=facts), NOW).findings
    return told.cause


NOT_THERE = "open /etc/web/settings.yaml: no such file or directory"
SETTINGS = {"configMap": {"name": "settings"}}
AT = {"mountPath": "/etc/web"}


@pytest.mark.parametrize(
    ("mount", "volume", "keys", "says"),
    [
        (
            AT,
            SETTINGS,
            ("settings.yml",),
            "has no key settings.yaml, which volume it at /etc/web is to show; settings.yml",
        ),
        (AT, {"emptyDir": {}}, (), "is empty in every new Pod"),
        (None, {"emptyDir": {}}, (), "it would have to be in the image"),
        ({"mountPath": "/etc/we"}, SETTINGS, ("x",), "it would have to be in the image"),
    ],
    ids=["another key", "an empty directory", "not mounted", "mounted beside it"],
)
def test_a_missing_file_is_told_by_what_would_show_it(
    mount: Json | None, volume: Json, keys: tuple[str, ...], says: str
) -> None:
    assert says in missing(NOT_THERE, mount, volume, *keys)


def test_a_key_that_is_there_is_not_blamed() -> None:
    assert "no key" not in missing(NOT_THERE, AT, SETTINGS, "settings.yaml")
