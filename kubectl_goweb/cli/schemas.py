"""The JSON Schemas of the `goweb/v1` documents, as they are published in docs/schema/."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from kubectl_goweb.actions.plan_document import PlanDocument
from kubectl_goweb.cli.canary_telling import CanaryReport
from kubectl_goweb.cli.documents import StatusDocument
from kubectl_goweb.cli.guard_documents import GuardEvent, GuardProgress, GuardReport
from kubectl_goweb.cli.probing.documents import NodesDocument, ProbeDocument
from kubectl_goweb.cli.why_documents import ChangesDocument, PathDocument, TriageDocument, WhyDocument
from kubectl_goweb.probing.notifying import Notice
from kubectl_goweb.status.probes.report import ProbeReport
from kubectl_goweb.status.verdicts import API_VERSION, Answer

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


def published() -> dict[str, type[Answer]]:
    """What is published in docs/schema/, by file name."""
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
    print(schema_text(published()[sys.argv[1]]), end="")
