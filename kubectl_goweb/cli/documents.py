"""The `goweb/v1` documents: what `-o json` and `-o yaml` print."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.verdicts import API_VERSION, Answer, Finding, Gap, Verdict
from kubectl_goweb.status.workloads import Workload


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
