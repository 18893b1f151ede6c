"""Small worlds for the rules: a namespace with a few objects, and the roots that are told of it."""

from __future__ import annotations

import json
from typing import Any

from kubectl_goweb.objects import Feed, FeedState, Kind, LogTail, Snapshot, decode_page
from kubectl_goweb.status.diagnosis.triage import problems
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.status.objects import LIVE, NOW, Json, ago


def world(*objects: Json, logs: tuple[LogTail, ...] = (), unseen: tuple[Kind, ...] = ()) -> Snapshot:
    """A namespace with these objects, in which all kinds but `unseen` were read."""
    fields: dict[str, Any] = {}
    for kind in Kind:
        items = [one for one in objects if one["kind"] == kind]
        page = decode_page(kind, json.dumps({"items": items}).encode())
        assert not page.malformed, page.malformed
        fields[kind.resource.field] = {one.key: one for one in page.items}
    feeds = dict.fromkeys(Kind, LIVE) | dict.fromkeys(unseen, Feed(FeedState.DENIED, NOW))
    return Snapshot(namespace="shop", logs=logs, feeds=feeds, **fields)


def said(*objects: Json, **more: Any) -> set[str]:
    """The roots, as `CODE reason object`."""
    return {f"{one.code} {one.reason} {one.object.short}" for one in roots(*objects, **more)}


def roots(*objects: Json, **more: Any) -> list[Finding]:
    return [one.finding for one in problems(overview(world(*objects, **more), NOW))]


def made(kind: str, name: str, spec: Json | None = None, namespace: str = "shop", **more: Any) -> Json:
    meta = {"name": name, "namespace": namespace, "uid": f"{kind}-{name}", "creationTimestamp": ago(days=2)}
    return {"kind": kind, "metadata": meta | more.pop("metadata", {}), "spec": spec or {}, **more}


def deployment(name: str, labels: Json, *, selector: Json | None = None, replicas: int = 1, **container: Any) -> Json:
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "web", "image": "web:1", **container}]},
    }
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    progressing = {"type": "Progressing", "status": "True", "lastUpdateTime": ago(minutes=1)}
    spec = {"replicas": replicas, "selector": {"matchLabels": selector or labels}, "template": template}
    return made("Deployment", name, spec, status={**counts, "conditions": [progressing]})


def autoscaler(target: str, name: str = "scale") -> Json:
    return made("HorizontalPodAutoscaler", name, {"scaleTargetRef": {"kind": "Deployment", "name": target}})
