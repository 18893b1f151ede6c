"""A verdict as SARIF 2.1.0, for code hosts: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Pure."""

from __future__ import annotations

from typing import Any

from kubectl_goweb.delivery.scan.findings import Severity
from kubectl_goweb.delivery.scan.gate import Judged, Verdict, Why

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.UNKNOWN: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCORES = {
    Severity.UNKNOWN: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""`security-severity` in the middle of each band of CVSS v3."""


def sarif(verdict: Verdict, version: str) -> dict[str, Any]:
    """One run with a rule for each vulnerability; what may pass is suppressed with its reason."""
    rules = {one.vulnerability.id: _rule(one) for one in verdict.findings}
    driver = {"name": "kubectl-goweb", "version": version, "rules": list(rules.values())}
    results = [_result(one, list(rules)) for one in verdict.findings]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(one: Judged) -> dict[str, Any]:
    found = one.vulnerability
    return {
        "id": found.id,
        "shortDescription": {"text": found.title or found.id},
        **({"helpUri": found.url} if found.url else {}),
        "properties": {"security-severity": _SCORES[found.severity], "tags": ["security", "vulnerability"]},
    }


def _result(one: Judged, rules: list[str]) -> dict[str, Any]:
    found = one.vulnerability
    fixed = f", fixed in {found.fixed}" if found.fixed else ", not fixed yet"
    location = {"physicalLocation": {"artifactLocation": {"uri": "go.mod"}}}
    result: dict[str, Any] = {
        "ruleId": found.id,
        "ruleIndex": rules.index(found.id),
        "level": _LEVELS[found.severity],
        "message": {"text": f"{found.package} {found.installed}: {found.title or found.id}{fixed}"},
        "locations": [location],
        "partialFingerprints": {"vulnerability": f"{found.id}/{found.package}"},
    }
    if one.why is not Why.BLOCKS:
        reason = f"{one.why}: {one.note}" if one.note else str(one.why)
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result
