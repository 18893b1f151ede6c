"""Ill services made on the cluster, and what triage tells of them, as it does or until the time is up."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
from msgspec import structs

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.main import verb_parser
from kubectl_goweb.cli.surveying import survey
from kubectl_goweb.cli.verbs import verb
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import Facts
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.diagnosis.triage import problems as ranked
from kubectl_goweb.status.overview import Overview, overview
from tests import recorded

from .harness.cluster import Cluster
from .program import ROOT, Goweb
from .sickness import Sick

PATIENCE = 240.0
"""Seconds in which every fault must have been told; usually 90 do. A crash loop needs some to be one, a deleted Pod is
stuck only after more than a minute, and on a busy machine the kubelet's events come late.
"""
CLUSTER_WIDE = ("StorageClass", "PersistentVolume", "RuntimeClass", "IngressClass")
"""What has no namespace."""
SCHEMA = json.loads((ROOT / "docs" / "schema" / "goweb-v1-triage.json").read_text())


def create(cluster: Cluster, namespace: str, objects: Iterable[dict[str, Any]]) -> None:
    made = list(objects)
    for one in made:
        if one["kind"] not in CLUSTER_WIDE:
            one["metadata"]["namespace"] = namespace
    cluster.kubectl.create(*made)


def _where(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace) if namespace else ("-A",)


def triage(goweb: Goweb, namespace: str) -> dict[str, Any]:
    """Every problem by the name of its root's object; the worst of each object. Of the whole cluster where no namespace
    is named.
    """
    ran = goweb("triage", *_where(namespace), "-o", "json", "--deep")
    document = json.loads(ran.out)
    jsonschema.validate(document, SCHEMA)
    assert document["exitCode"] == ran.code
    return {one["finding"]["object"]["name"]: one for one in reversed(document["problems"])}


def until_told(
    goweb: Goweb,
    namespace: str,
    cases: Mapping[str, Sick],
    began: float,
    name: str,
    *,
    patience: float = PATIENCE,
    every: float = 0,
) -> dict[str, tuple[Any, float]]:
    """The problem of each ill object by its name, as it is told last of its own fault, and after how many seconds since
    `began` it first was; in the end where that never happens. Ends when exactly the faults that were made are told, or
    when the time is up; asks again after `every` seconds. Recorded as `name` in the folder that RECORD_WHY names.
    """
    seen: dict[str, tuple[Any, float]] = {}
    while True:
        problems = triage(goweb, namespace)
        for case, problem in problems.items():
            found = problem["finding"]
            if case in cases and (found["code"], found["reason"]) == (cases[case].code, cases[case].reason):
                seen[case] = problem, seen[case][1] if case in seen else time.monotonic() - began
        if set(problems) == set(cases) == set(seen) or time.monotonic() > began + patience:
            if "RECORD_WHY" in os.environ:
                after = {case: round(seconds, 1) for case, (_, seconds) in seen.items()}
                record(goweb, namespace, Path(os.environ["RECORD_WHY"]) / f"{name}.json.gz", after)
            return {case: (problem, -1.0) for case, problem in problems.items()} | seen
        time.sleep(every)


def record(goweb: Goweb, namespace: str, path: Path, seen: dict[str, float]) -> None:
    """What the cluster says now, for the fast tests, and after how many seconds each fault was told."""
    told, snapshot = _survey(goweb, "triage", *_where(namespace))
    _write(path, snapshot, told, seen)


def record_namespaces(goweb: Goweb, namespaces: Collection[str], name: str, seen: dict[str, float]) -> None:
    """The same of some namespaces, as the whole cluster is seen; nothing where RECORD_WHY names no folder."""
    if "RECORD_WHY" in os.environ:
        told, snapshot = _survey(goweb, "triage", "-A")

        def is_theirs(kind: Kind, one: Any) -> bool:
            return (one.name if kind is Kind.NAMESPACE else one.namespace) in namespaces

        _write_part(name, structs.replace(snapshot, facts=Facts(), logs=()), told, seen, is_theirs)


def record_one(goweb: Goweb, namespace: str, workload: str, name: str, seen: dict[str, float]) -> None:
    """The same of one Deployment that is asked about, and of what it reads."""
    if "RECORD_WHY" in os.environ:
        told, snapshot = _survey(goweb, "why", f"deploy/{workload}", "-n", namespace)
        facts = snapshot.facts
        ours = Facts(
            workloads={key: one for key, one in facts.workloads.items() if key.endswith(f"/{workload}")},
            objects={key: one for key, one in facts.objects.items() if key.endswith(f"/{workload}")},
            rewritten={key: one for key, one in facts.rewritten.items() if key.endswith(f"/{workload}")},
        )
        kept = structs.replace(snapshot, facts=ours, logs=(), events={})
        _write_part(name, kept, told, seen, lambda _, one: one.name.startswith(workload))


def _survey(goweb: Goweb, name: str, *arguments: str) -> tuple[Overview, Snapshot]:
    parsed = verb_parser(verb(name)).parse_args([*arguments, "--deep", "--kubeconfig", str(goweb.kubeconfig)])
    environment = Environment(goweb.environ, Path("/nowhere"), sys.stdout, sys.stderr, sys.stdin)
    told, snapshot, _ = survey(parsed, Settings(), environment)
    return told, snapshot


def _write_part(
    name: str, snapshot: Snapshot, told: Overview, seen: dict[str, float], keeps: Callable[[Kind, Any], bool]
) -> None:
    """The objects that are meant, and what is told of them alone."""
    fields: dict[str, Any] = {}
    for kind in Kind:
        known = getattr(snapshot, kind.resource.field)
        fields[kind.resource.field] = {key: one for key, one in known.items() if keeps(kind, one)}
    part = structs.replace(snapshot, **fields)
    _write(Path(os.environ["RECORD_WHY"]) / f"{name}.json.gz", part, overview(part, told.at), seen)


def _write(path: Path, snapshot: Snapshot, told: Overview, seen: dict[str, float]) -> None:
    roots = {one.finding.object.name: f"{one.finding.code} {one.finding.reason}" for one in reversed(ranked(told))}
    assert set(roots) == set(seen), set(roots) ^ set(seen)
    recorded.write(path, snapshot, told.at, roots, seen)


def check(case: Sick, told: dict[str, tuple[Any, float]]) -> None:
    """The root is the fault that was made, with what was seen and what to do next."""
    assert case.name in told, sorted(told)
    root = told[case.name][0]["finding"]
    assert (root["code"], root["reason"]) == (case.code, case.reason), root
    assert case.says in json.dumps([root["title"], root["cause"]]), root
    assert root["evidence"]
    assert root["next"].startswith("kubectl ")
