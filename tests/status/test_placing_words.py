from __future__ import annotations

import pytest

from kubectl_goweb.status.diagnosis.placing import predicates, reason_of_message

PREEMPTION = "preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling."
TAINTED = "4 node(s) had untolerated taint {a: b}"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (f"0/5 nodes are available: 1 Insufficient cpu, 4 node(s) had untolerated taint {{a: b}}. {PREEMPTION}",
         "insufficient"),
        (f"0/5 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, {TAINTED}.", "selector"),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: gpu}.", "taint"),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.",
         "node-not-ready"),
        ("0/3 nodes are available: 3 node(s) had untolerated taints {node.kubernetes.io/disk-pressure: }.",
         "node-pressure"),
        ("0/3 nodes are available: 1 node(s) had taint {a: b}, 2 were unschedulable.", "cordoned"),
        ("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.", "anti-affinity"),
        ("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.", "spread"),
        ("0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.", "host-port"),
        ("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", "claim-unbound"),
        ('persistentvolumeclaim "data" not found', "claim-missing"),
        ("0/3 nodes are available: 3 node(s) had volume node affinity conflict.", "volume-elsewhere"),
        (("0/4 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 3 node(s) didn't match "
          "Pod's node affinity/selector. no new claims to deallocate, preemption: 0/4 nodes are available: 4 "
          "Preemption is not helpful for scheduling."), "volume-elsewhere"),
        ("0/3 nodes are available: 3 Too many pods.", "insufficient"),
        ("something new", ""),
    ],
)  # fmt: skip
def test_the_predicate_nearest_to_fitting_is_the_reason(message: str, reason: str) -> None:
    assert reason_of_message(message)[0] == reason


def test_the_schedulers_sentence_is_taken_apart_by_node() -> None:
    message = f"0/5 nodes are available: 1 Insufficient cpu, 4 node(s) had untolerated taint {{a: b}}. {PREEMPTION}"
    assert predicates(message) == ((4, "node(s) had untolerated taint {a: b}"), (1, "Insufficient cpu"))
