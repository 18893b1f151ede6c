"""Namespaces that are being deleted and do not go: a finalizer of something in them, or an API that cannot be asked.

https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/; the conditions are written by the
namespace controller (k8s.io/kubernetes/pkg/controller/namespace/deletion).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_goweb.objects.core import Namespace
from kubectl_goweb.objects.meta import Condition
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.aggregated import ref_of, undiscovered
from kubectl_goweb.status.diagnosis.case import from_condition
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.index import namespaces
from kubectl_goweb.status.verdicts import Finding, Ref, Severity

_PATIENCE = 60.0
"""Seconds that emptying a namespace may take: Pods have their grace period."""
_LONG = 600.0
"""Seconds after which content that nothing but time holds is worth a word."""
_FINALIZERS = re.compile(r"(?P<name>[\w./-]+) in (?P<count>\d+) resource instances")
_OF_KUBERNETES = ("kubernetes.io/pvc-protection", "kubernetes.io/pv-protection", "batch.kubernetes.io/job-tracking")
"""Finalizers that go by themselves once the Pods are gone."""


def namespace_findings(around: Surroundings) -> Iterator[Finding]:
    for one in namespaces(around.snapshot):
        began = one.metadata.deletion_timestamp
        if began is None:
            continue
        waited = (around.now - began).total_seconds()
        if waited > _PATIENCE and (why := _why(one, waited)) is not None:
            yield _stuck(one, *why)


def _why(one: Namespace, waited: float) -> tuple[str, str, Condition] | None:
    """Reason, cause and the condition that says so; None while it may still go by itself."""
    said = {c.type: c for c in one.status.conditions if c.status == "True"}
    for kind in ("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure"):
        if kind in said:
            cause = f"what is left in it cannot be listed, for an API does not answer: {said[kind].message}"
            return "api-down", cause, said[kind]
    held = said.get("NamespaceFinalizersRemaining")
    names = [found["name"] for found in _FINALIZERS.finditer(held.message)] if held else []
    if held is not None and (waited > _LONG or any(name not in _OF_KUBERNETES for name in names)):
        left = said.get("NamespaceContentRemaining")
        cause = f"the finalizer {', '.join(names)} holds what is in it: whoever set it has not done its part"
        return "finalizer", cause + (f"; {left.message}" if left else ""), held
    for kind, patience in (("NamespaceDeletionContentFailure", _PATIENCE), ("NamespaceContentRemaining", _LONG)):
        if kind in said and waited > patience:
            return "content", said[kind].message, said[kind]
    return None


def _stuck(one: Namespace, reason: str, cause: str, said: Condition) -> Finding:
    group = undiscovered(said.message) if reason == "api-down" else ""
    return finding(
        Code.NAMESPACE_STUCK,
        Severity.WARNING,
        Ref("Namespace", one.name),
        f"namespace {one.name} is being deleted and does not go",
        cause=plain(cause),
        next="kubectl get apiservices" if group else f"kubectl get namespace {one.name} -o yaml",
        evidence=(from_condition(said),),
        since=one.metadata.deletion_timestamp,
        reason=reason,
        related=(ref_of(group),) if group else (),
    )
