"""The `goweb/v1` documents of triage, why, path and changes."""

from __future__ import annotations

from datetime import datetime

from kubectl_goweb.status.changes.model import WorkloadChanges
from kubectl_goweb.status.diagnosis.triage import Problem
from kubectl_goweb.status.live_paths import Checked, Traced, disagreements, live_answer
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.paths import Hop, answer
from kubectl_goweb.status.verdicts import API_VERSION, Answer, Finding, Gap, Ref


class TriageDocument(Answer, frozen=True, gc=False):
    """The answer of `kubectl goweb triage`. Fields may be added within `goweb/v1`, never removed or renamed."""

    api_version: str
    kind: str
    context: str
    namespace: str
    """Empty for all namespaces."""
    at: datetime
    exit_code: int
    problems: tuple[Problem, ...]
    """The worst first."""
    gaps: tuple[Gap, ...]


class WhyDocument(Answer, frozen=True, gc=False):
    """The answer of `kubectl goweb why` about one object."""

    api_version: str
    kind: str
    context: str
    object: Ref
    at: datetime
    exit_code: int
    findings: tuple[Finding, ...]
    """Roots first."""
    gaps: tuple[Gap, ...]


class PathDocument(Answer, frozen=True, gc=False):
    """The answer of `kubectl goweb path`."""

    api_version: str
    kind: str
    context: str
    namespace: str
    at: datetime
    exit_code: int
    answer: Hop
    """The hop that decides."""
    hops: tuple[Hop, ...]
    live: tuple[Checked, ...] = ()
    """With --live: each hop asked for real, from the outside inwards."""
    live_answer: Checked | None = None
    """What decides of them: the innermost broken one."""
    disagreements: tuple[str, ...] = ()
    """Where the objects and the answers contradict each other."""


class ChangesDocument(Answer, frozen=True, gc=False):
    """The answer of `kubectl goweb changes`."""

    api_version: str
    kind: str
    context: str
    namespace: str
    """Empty for all namespaces."""
    at: datetime
    exit_code: int
    workloads: tuple[WorkloadChanges, ...]
    """Those that are not well first."""
    gaps: tuple[Gap, ...]


def path_document(context: str, told: Traced, at: datetime, exit_code: int) -> PathDocument:
    return PathDocument(
        API_VERSION,
        "Path",
        context,
        told.route.namespace,
        at,
        exit_code,
        answer(told.hops),
        told.hops,
        told.live,
        live_answer(told.live),
        disagreements(told),
    )


def triage_document(told: Overview, found: tuple[Problem, ...], context: str, exit_code: int) -> TriageDocument:
    return TriageDocument(API_VERSION, "Triage", context, told.namespace, told.at, exit_code, found, told.gaps)


def why_document(told: Overview, ref: Ref, found: tuple[Finding, ...], context: str, exit_code: int) -> WhyDocument:
    return WhyDocument(API_VERSION, "Why", context, ref, told.at, exit_code, found, told.gaps)
