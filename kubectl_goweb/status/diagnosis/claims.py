"""Claims without a volume: no class, no default class, no volume that fits, a provisioner that fails."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.storage import PersistentVolumeClaim
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.diagnosis.volumes import why_none_fits
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Ref, Severity

_PATIENCE = 10.0
"""Seconds that a volume may take to be made."""
_NOBODY = "kubernetes.io/no-provisioner"


def claim_findings(around: Surroundings) -> Iterator[Finding]:
    for claim in around.snapshot.claims.values():
        deleted = claim.metadata.deletion_timestamp
        if deleted is not None:
            if (around.now - deleted).total_seconds() > _PATIENCE:
                yield _going(claim)
        elif claim.status.phase == "Lost":
            yield _finding(claim, "lost", f"its volume {claim.spec.volume_name} does not exist any more", "phase Lost")
        elif claim.status.phase == "Pending" and not _is_young(claim, around):
            found = _pending(claim, around)
            if found is not None:
                yield found


def _going(claim: PersistentVolumeClaim) -> Finding:
    """A claim that was deleted stays until the last Pod that uses it is gone, and meanwhile no new one may use it.

    https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
    """
    return finding(
        Code.CLAIM_PENDING,
        Severity.WARNING,
        Ref("PersistentVolumeClaim", claim.name, claim.namespace),
        f"claim {claim.name} is being deleted, and a Pod still uses it",
        cause="it goes with the last Pod that uses it, and its data may go with it; no new Pod can use it, so what "
        "replaces that Pod finds no node: save the data, let it go, and make the claim anew",
        next=f"kubectl describe pvc {claim.name} -n {claim.namespace}",
        evidence=(Evidence("metadata.deletionTimestamp", "is set", claim.metadata.deletion_timestamp),),
        since=claim.metadata.deletion_timestamp,
        reason="deleting",
    )


def _is_young(claim: PersistentVolumeClaim, around: Surroundings) -> bool:
    created = claim.metadata.creation_timestamp
    return created is None or (around.now - created).total_seconds() < _PATIENCE


def _pending(claim: PersistentVolumeClaim, around: Surroundings) -> Finding | None:
    failed = next(
        (event for event in around.events_about(claim.metadata.uid) if event.reason == "ProvisioningFailed"), None
    )
    classes = around.snapshot.storage_classes
    name = claim.spec.storage_class_name
    if around.sees(Kind.STORAGE_CLASS):
        if name and name not in classes:
            has = ", ".join(sorted(classes)) or "none"
            return _finding(claim, "missing-class", f"StorageClass {name} does not exist; there is {has}", name)
        if name is None:
            if not any(one.metadata.annotations.is_default == "true" for one in classes.values()):
                return _finding(
                    claim, "no-default-class", "it names no StorageClass and none is the default", "not set"
                )
            return None  # the default class is filled in as soon as there is one
    if failed is not None:
        return _finding(claim, "provisioning-failed", plain(failed.message), f"event {failed.reason}")
    storage = classes.get(name or "")
    if name and storage is not None and storage.volume_binding_mode == "WaitForFirstConsumer":
        return None  # it waits for a Pod, which is no fault; what keeps that Pod is told of the Pod
    if name == "" or (storage is not None and storage.provisioner == _NOBODY):
        near = why_none_fits(claim, around.snapshot.volumes.values())
        words = "nobody makes volumes for it, and none that is there fits" + (f": {near}" if near else "")
        return _finding(claim, "no-volume", plain(words), name or '""')
    if storage is not None:
        cause = f"provisioner {storage.provisioner} has not made its volume"
        return _finding(claim, "not-provisioned", cause, name or "", Confidence.LIKELY)
    return None


def _finding(
    claim: PersistentVolumeClaim, reason: str, cause: str, seen: str, confidence: Confidence = Confidence.CERTAIN
) -> Finding:
    return finding(
        Code.CLAIM_PENDING,
        Severity.CRITICAL,
        Ref("PersistentVolumeClaim", claim.name, claim.namespace),
        f"claim {claim.name} has no volume: {cause}",
        cause=cause,
        next=f"kubectl describe pvc {claim.name} -n {claim.namespace}",
        evidence=(Evidence("status.phase", claim.status.phase), Evidence("spec.storageClassName", seen)),
        since=claim.metadata.creation_timestamp,
        reason=reason,
        confidence=confidence,
    )
