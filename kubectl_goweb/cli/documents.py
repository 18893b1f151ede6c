"""The `goweb/v1` documents: what `-o json` and `-o yaml` print, and its JSON Schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import Answer, Finding, Gap, Verdict
from kubectl_goweb.status.workloads import Workload

API_VERSION = "goweb/v1"
SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class StatusDocument(Answer, frozen=True, gc=False):
    """The answer of `kubectl goweb status`. Fields may be added within `goweb/v1`, never removed or renamed."""

    api_version: str
    kind: str
    context: str
    namespace: str
    """Empty for all namespaces."""
    at: datetime
    verdict: Verdict
    exit_code: int
    workloads: tuple[Workload, ...]
    nodes: tuple[NodeHealth, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]


def status_document(overview: Overview, context: str, exit_code: int) -> StatusDocument:
    return StatusDocument(
        API_VERSION,
        "Status",
        context,
        overview.namespace,
        overview.at,
        overview.verdict,
        exit_code,
        overview.workloads,
        overview.nodes,
        overview.findings,
        overview.gaps,
    )


def as_json(document: Answer, *, indent: bool = True) -> str:
    raw = msgspec.json.encode(document)
    return (msgspec.json.format(raw, indent=2) if indent else raw).decode() + "\n"


def as_yaml(document: Answer) -> str:
    import yaml  # only this format needs the writer

    text: str = yaml.safe_dump(msgspec.to_builtins(document), sort_keys=False, allow_unicode=True)
    return text


def published() -> dict[str, type[Answer]]:
    """What is published in docs/schema/, by file name."""
    from kubectl_goweb.actions.plan_document import PlanDocument  # status does not need them
    from kubectl_goweb.cli.canary_telling import CanaryReport
    from kubectl_goweb.cli.guard_documents import GuardEvent, GuardProgress, GuardReport
    from kubectl_goweb.cli.probing.documents import NodesDocument, ProbeDocument
    from kubectl_goweb.cli.why_documents import ChangesDocument, PathDocument, TriageDocument, WhyDocument
    from kubectl_goweb.probing.notifying import Notice
    from kubectl_goweb.status.probes.report import ProbeReport

    return {
        "goweb-v1-status": StatusDocument,
        "goweb-v1-plan": PlanDocument,
        "goweb-v1-guard-progress": GuardProgress,
        "goweb-v1-guard-event": GuardEvent,
        "goweb-v1-guard-report": GuardReport,
        "goweb-v1-canary-report": CanaryReport,
        "goweb-v1-triage": TriageDocument,
        "goweb-v1-why": WhyDocument,
        "goweb-v1-path": PathDocument,
        "goweb-v1-changes": ChangesDocument,
        "goweb-v1-probe": ProbeDocument,
        "goweb-v1-probe-report": ProbeReport,
        "goweb-v1-nodes": NodesDocument,
        "goweb-v1-heal-notice": Notice,
    }


def schema(struct: type[Answer]) -> dict[str, Any]:
    """The JSON Schema of a document, from the very types that are encoded."""
    found = msgspec.json.schema(struct)
    return {"$schema": SCHEMA_ID, "title": f"{API_VERSION} {struct.__name__.removesuffix('Document')}", **found}


def schema_text(struct: type[Answer]) -> str:
    """The schema as it is published."""
    return msgspec.json.format(msgspec.json.encode(schema(struct)), indent=2).decode() + "\n"


if __name__ == "__main__":
    import sys

    print(schema_text(published()[sys.argv[1]]), end="")
