"""Who else writes to a workload and will write again: GitOps controllers, Helm, kubectl apply. What they hold comes
back with their next run, whatever was done by hand.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from kubectl_goweb.actions.facts import Facts

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ARGO = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance")
_FLUX = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
_OWN = "kubectl-goweb"


class Owner(Struct, frozen=True):
    """One of them."""

    name: str
    """In words: `Helm release web`."""
    next: str
    """What brings its own state back."""


def owner(facts: Facts, field: str) -> Owner | None:
    """Who will bring back this field (`replicas`, `template`) of the spec; None when nobody is known to.

    The GitOps tools reconcile the whole object; Helm and kubectl apply write what is in their manifest, and only they
    are judged by the field.
    """
    labels = facts.meta.get("labels") or {}
    marks = {**labels, **facts.annotations}
    if any(key in marks for key in _ARGO):
        app = labels.get("argocd.argoproj.io/instance") or marks.get(_ARGO[0], "").partition(":")[0]
        return Owner(f"Argo CD application {app}".strip(), "its next sync, at once with selfHeal")
    for key in _FLUX:
        if key in marks:
            kind = "Kustomization" if key.startswith("kustomize") else "HelmRelease"
            return Owner(f"Flux {kind} {marks[key]}", "its next reconciliation")
    if labels.get("app.kubernetes.io/managed-by") == "Helm":
        release = facts.annotations.get("meta.helm.sh/release-name", facts.target.name)
        return Owner(f"Helm release {release}", "the next helm upgrade")
    if field in _last_applied(facts):
        return Owner("a manifest applied by kubectl", "the next kubectl apply")
    for manager in _appliers(facts, field):
        return Owner(f"a manifest applied by {manager}", f"the next apply of {manager}")
    return None


def _last_applied(facts: Facts) -> dict[str, Any]:
    """The spec in kubectl's annotation of its last client-side apply."""
    try:
        spec = msgspec.json.decode(facts.annotations.get(LAST_APPLIED, "{}")).get("spec")
    except (msgspec.DecodeError, AttributeError):
        return {}
    return spec if isinstance(spec, dict) else {}


def _appliers(facts: Facts, field: str) -> list[str]:
    """Managers that hold the field by server-side apply."""
    found = []
    for one in facts.meta.get("managedFields") or ():
        holds = ((one.get("fieldsV1") or {}).get("f:spec") or {}).get(f"f:{field}") is not None
        if one.get("operation") == "Apply" and holds and one.get("manager") != _OWN:
            found.append(str(one.get("manager")))
    return found
