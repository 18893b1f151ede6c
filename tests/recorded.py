"""Snapshots as files: what a real cluster said once, with only the fields that are read.

Written by tests/real when RECORD_WHY names a folder; read by the fast tests.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from kubectl_goweb.objects import Feed, FeedState, Kind, LogTail, Snapshot, decode_page
from kubectl_goweb.objects.facts import CpuUse, Facts, Rewritten, Room, ServedCertificate, Throttling
from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.rare import FULL, decode_full_pod, decode_full_workload, decode_one

DATA = Path(__file__).parent / "data"
FILES = ("why", "quarrels", "words", "nodes", "patience", "cuts", "refusals", "leaving", "stale")
"""Each of a namespace of its own, or of several."""


def write(path: Path, snapshot: Snapshot, now: datetime, expected: dict[str, str], seconds: dict[str, float]) -> None:
    """The Snapshot, the moment at which it is to be judged, and what was said then."""
    facts = snapshot.facts
    document = {
        "now": now,
        "namespace": snapshot.namespace,
        "expected": expected,
        "seconds": {name: round(after, 1) for name, after in seconds.items()},
        "kinds": [kind for kind, feed in snapshot.feeds.items() if feed.state is FeedState.LIVE],
        "objects": {
            kind: [_plain(one) for one in getattr(snapshot, kind.resource.field).values()]
            for kind in Kind
            if getattr(snapshot, kind.resource.field)
        },
        "logs": [msgspec.to_builtins(tail) for tail in snapshot.logs],
        "fullPods": {key: _plain(one) for key, one in facts.pods.items()},
        "fullWorkloads": {key: _plain(one) for key, one in facts.workloads.items()},
        "found": {key: _plain(one) for key, one in facts.objects.items()},
        "absent": sorted(facts.absent),
        "cpu": {key: msgspec.to_builtins(one) for key, one in facts.cpu.items()},
        "listening": dict(facts.listening),
        "throttling": {key: msgspec.to_builtins(one) for key, one in facts.throttling.items()},
        "roomy": [_plain(one) for one in facts.room.nodes.values()] if facts.room else [],
        "rewritten": {key: msgspec.to_builtins(one) for key, one in facts.rewritten.items()},
        "certificates": {key: msgspec.to_builtins(one) for key, one in facts.certificates.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(msgspec.json.encode(document), mtime=0))


def _plain(value: Any) -> Any:
    """As the API writes it, without what is only a default."""
    if isinstance(value, msgspec.Struct):
        found = {}
        for field in structs.fields(type(value)):
            inner = getattr(value, field.name)
            default = field.default if field.default is not msgspec.NODEFAULT else None
            if field.required or (inner != default and inner not in ((), {}, None)):
                found[field.encode_name] = _plain(inner)
        return found
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value if isinstance(value, str | int | float | bool | datetime | None) else ""


def seconds(path: Path) -> dict[str, float]:
    """After how many seconds each fault was told."""
    document = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    return dict(document["seconds"])


def _room(nodes: list[Any]) -> Room | None:
    """The nodes without their Pods, which would be most of a file: enough to see labels and taints."""
    if not nodes:
        return None
    page = decode_page(Kind.NODE, msgspec.json.encode({"items": nodes}), FULL[Kind.NODE])
    return Room({one.name: one for one in page.items if isinstance(one, FullNode)}, {})


def read(path: Path) -> tuple[Snapshot, datetime, dict[str, str]]:
    """The Snapshot, the moment, and what is to be said."""
    document = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    now = datetime.fromisoformat(document["now"])
    live = Feed(FeedState.LIVE, now)
    fields: dict[str, Any] = {}
    for name, items in document["objects"].items():
        page = decode_page(Kind(name), msgspec.json.encode({"items": items}))
        assert not page.malformed, page.malformed
        fields[Kind(name).resource.field] = {one.key: one for one in page.items}
    facts = Facts(
        {key: decode_full_pod(msgspec.json.encode(one)) for key, one in document["fullPods"].items()},
        {key: decode_full_workload(msgspec.json.encode(one)) for key, one in document["fullWorkloads"].items()},
        {key: decode_one(Kind(key.split()[0]), msgspec.json.encode(one)) for key, one in document["found"].items()},
        frozenset(document["absent"]),
        cpu={key: msgspec.convert(one, CpuUse) for key, one in document.get("cpu", {}).items()},
        listening=document.get("listening", {}),
        throttling={key: msgspec.convert(one, Throttling) for key, one in document.get("throttling", {}).items()},
        room=_room(document.get("roomy", [])),
        rewritten={key: msgspec.convert(one, Rewritten) for key, one in document.get("rewritten", {}).items()},
        certificates={
            key: msgspec.convert(one, ServedCertificate) for key, one in document.get("certificates", {}).items()
        },
    )
    logs = tuple(msgspec.convert(tail, LogTail) for tail in document["logs"])
    feeds = {Kind(kind): live for kind in document["kinds"]}
    snapshot = Snapshot(namespace=document["namespace"], logs=logs, facts=facts, feeds=feeds, **fields)
    return snapshot, now, document["expected"]
