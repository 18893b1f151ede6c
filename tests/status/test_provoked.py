"""Every code and every reason was provoked on a real cluster and is told of what was recorded there; and for every code
something stood by that only looks like it, of which nothing is told.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kubectl_goweb.objects import Kind
from kubectl_goweb.status.diagnosis.catalogue import CATALOGUE
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.recorded import DATA, FILES, read

NOT_TO_BE_HAD: Mapping[tuple[Code, str], str] = {
    (Code.POD_START, "exec-format"): "runc begins the container before it executes: told as a crash (`foreign`)",
    (Code.POD_CONFIG, "read-only-filesystem"): "wants a node whose own disk is read-only",
    (Code.POD_IMAGE, "disk-full"): "would fill the disk of the machine",
    (Code.POD_CUT_OFF, "sigterm-ignored"): "the log that tells it goes within a second of the kill",
    (Code.POD_CUT_OFF, "grace-too-short"): "the log that tells it goes within a second of the kill",
    (Code.ROLLOUT_REFUSED, "namespace-terminating"): "what is in a namespace that ends is not told of",
}
"""What one machine cannot show, and why. These have fast tests alone."""

MEASURED = {Code.NODE_BUSY}
"""Told of what a metrics-server or a kubelet measures at the moment, which no recording has."""

SNAPSHOTS = {file: read(DATA / f"{file}.json.gz")[:2] for file in FILES}
FINDINGS: Mapping[str, tuple[Finding, ...]] = {
    file: overview(snapshot, now).findings for file, (snapshot, now) in SNAPSHOTS.items()
}
"""With what is told below a root."""
TOLD = {(Code(one.code), one.reason) for found in FINDINGS.values() for one in found}
OF_RUNS = {reason for code, reason in TOLD if code in (Code.POD_CRASHLOOP, Code.POD_KILLED, Code.POD_OOM)}
READ_ALIKE = (Code.POD_RESTARTS, Code.POD_NOT_READY, Code.POD_INIT)
"""They say of a run what is said of one that ended, and it is read in one way: each reason is to be had once."""

NEAR: Mapping[Code, tuple[str, Kind, str]] = {
    Code.POD_CRASHLOOP: ("why", Kind.DEPLOYMENT, "near-variable"),
    Code.POD_KILLED: ("why", Kind.DEPLOYMENT, "near-startup"),
    Code.POD_OOM: ("why", Kind.DEPLOYMENT, "near-steady"),
    Code.POD_IMAGE: ("why", Kind.DEPLOYMENT, "near-optional"),
    Code.POD_CONFIG: ("why", Kind.DEPLOYMENT, "near-late"),
    Code.POD_START: ("why", Kind.DEPLOYMENT, "near-steady"),
    Code.POD_UNSCHEDULABLE: ("why", Kind.DEPLOYMENT, "near-variable"),
    Code.POD_NOT_READY: ("why", Kind.DEPLOYMENT, "near-rolling"),
    Code.POD_ENDED: ("why", Kind.JOB, "near-job"),
    Code.POD_LOST: ("nodes", Kind.DEPLOYMENT, "filler"),
    Code.POD_STUCK_TERMINATING: ("why", Kind.DEPLOYMENT, "near-ending"),
    Code.ROLLOUT_DEADLINE: ("why", Kind.DEPLOYMENT, "near-rolling"),
    Code.ROLLOUT_PAUSED: ("why", Kind.DEPLOYMENT, "near-paused"),
    Code.ROLLOUT_REFUSED: ("refusals", Kind.DEPLOYMENT, "near-quota"),
    Code.SERVICE_NO_ENDPOINTS: ("why", Kind.SERVICE, "near-idle"),
    Code.POD_VOLUME: ("why", Kind.DEPLOYMENT, "near-mounted"),
    Code.POD_SANDBOX: ("words", Kind.DEPLOYMENT, "near-sandboxed"),
    Code.POD_INIT: ("why", Kind.DEPLOYMENT, "near-init"),
    Code.SET_BLOCKED: ("why", Kind.STATEFUL_SET, "near-member"),
    Code.CLAIM_PENDING: ("words", Kind.PERSISTENT_VOLUME_CLAIM, "no-disk"),
    Code.SERVICE_SELECTOR: ("why", Kind.SERVICE, "near-idle"),
    Code.SERVICE_PORT: ("why", Kind.SERVICE, "near-both"),
    Code.SERVICE_IDLE: ("why", Kind.SERVICE, "near-idle"),
    Code.INGRESS_BACKEND: ("why", Kind.INGRESS, "near-walled"),
    Code.INGRESS_CLASS: ("why", Kind.INGRESS, "near-walled"),
    Code.INGRESS_TLS: ("quarrels", Kind.INGRESS, "near-sound"),
    Code.POLICY_CUTS: ("why", Kind.NETWORK_POLICY, "near-walled"),
    Code.HPA_BLIND: ("why", Kind.HORIZONTAL_POD_AUTOSCALER, "near-idle"),
    Code.PDB_IMPOSSIBLE: ("why", Kind.POD_DISRUPTION_BUDGET, "near-steady"),
    Code.JOB_HELD: ("why", Kind.JOB, "near-job"),
    Code.JOB_FAILED: ("why", Kind.JOB, "near-cron-0"),
    Code.SERVICE_ALIAS: ("why", Kind.SERVICE, "near-alias"),
    Code.SERVICE_BALANCER: ("words", Kind.SERVICE, "balanced-web"),
    Code.TWO_OWNERS: ("why", Kind.SERVICE, "near-both"),
    Code.API_GONE: ("why", Kind.HORIZONTAL_POD_AUTOSCALER, "near-idle"),
    Code.POD_HOOK: ("why", Kind.DEPLOYMENT, "near-ending"),
    Code.POD_CUT_OFF: ("why", Kind.DEPLOYMENT, "near-ending"),
    Code.PROBE_REDIRECTED: ("why", Kind.DEPLOYMENT, "near-stable"),
    Code.CONFIG_STALE: ("why", Kind.DEPLOYMENT, "near-late"),
    Code.API_DOWN: ("why", Kind.HORIZONTAL_POD_AUTOSCALER, "near-idle"),
    Code.NAMESPACE_STUCK: ("leaving", Kind.NAMESPACE, "leaving-"),
    Code.NODE_CLOCK: ("nodes", Kind.NODE, "why-here-"),
    Code.NODE_NOT_READY: ("nodes", Kind.NODE, "why-here-"),
    Code.NODE_PRESSURE: ("nodes", Kind.NODE, "why-here-"),
}
"""What only looks like it, by the recording, the kind and how its name begins."""
NEAR_IN_TIME = {Code.POD_EVICTED, Code.POD_RESTARTS, Code.HPA_LIMIT}
"""What only looks like these takes days, or an autoscaler at rest: see test_suspicious.py."""


@pytest.mark.parametrize("code", Code)
def test_every_code_was_provoked(code: Code) -> None:
    assert (code in {told for told, _ in TOLD}) is (code not in MEASURED)


@pytest.mark.parametrize(("code", "reason"), [(code, reason) for code in Code for reason in CATALOGUE[code].reasons])
def test_every_reason_was_provoked_or_cannot_be(code: Code, reason: str) -> None:
    is_told = (code, reason) in TOLD
    is_read = code in READ_ALIKE and reason in OF_RUNS and any((code, word) in TOLD for word in OF_RUNS)
    assert (is_told or is_read) is ((code, reason) not in NOT_TO_BE_HAD)


@pytest.mark.parametrize("code", Code)
def test_something_that_only_looks_like_it_stood_by_and_is_not_told(code: Code) -> None:
    if code in NEAR_IN_TIME | MEASURED:
        assert code not in NEAR
        return
    file, kind, stem = NEAR[code]
    known = getattr(SNAPSHOTS[file][0], kind.resource.field).values()
    told = {(one.object.kind, one.object.name) for one in FINDINGS[file]}
    assert [one.name for one in known if one.name.startswith(stem) and (str(kind), one.name) not in told]
