"""The rollouts that are guarded on the real cluster: what is changed, what happens meanwhile, and what must come of it.

Data only; `guard_play` plays it, `test_guard` looks at what came of it, and the table in docs/guard.md is made from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CERTAIN = 30.0
"""Seconds from the begin of the guard, right after the change, within which a certain failure has to be told.

The aim is 15, and docs/guard.md tells what was measured; a machine with two busy cores must not decide it here.
"""

Patch = dict[str, Any]


def template(container: Patch | None = None, **spec: Any) -> Patch:
    """A strategic patch of the Pod template: fields of the container `web`, and of the Pod."""
    containers = [{"name": "web", **container}] if container else []
    return {"spec": {"template": {"spec": {**({"containers": containers} if containers else {}), **spec}}}}


def env(**values: str) -> Patch:
    """Other environment variables."""
    return template({"env": [{"name": name, "value": value} for name, value in values.items()]})


@dataclass(frozen=True)
class Scenario:
    """One rollout of five Pods, two of them surplus at most and one unavailable."""

    name: str
    """As the table calls it."""
    change: Patch
    outcome: str
    code: str = ""
    """The finding's, or several that say the same at another moment, separated by `|`."""
    exit: int = 1
    action: str = "rolled-back"
    within: float | None = CERTAIN
    """Seconds from the begin of the guard to the verdict at most; None where the scenario itself takes its time."""
    flags: tuple[str, ...] = ("--soak", "2s")
    before: Mapping[str, Any] = field(default_factory=dict)
    """How the service is deployed first, as `harness.web.manifests` takes it."""
    quota: Mapping[str, str] = field(default_factory=dict)
    """Of the namespace, set before the change."""
    meanwhile: str = ""
    """What somebody does once the first new Pod is there: `second change`, `pause`, `take permission`, `interrupt`."""
    promise_holds: bool = True
    """False where Kubernetes itself breaks it: without minReadySeconds a Pod counts that is about to crash."""
    kubectl_ends: float | None = None
    """Seconds after which `kubectl rollout status` ends by itself too, where its deadline is short: it is measured."""
    why: str = ""
    """For the table."""


ROLLBACK_FAILURES = (
    Scenario("panic at start", env(CRASH="1"), "failed", "GW-POD-CRASHLOOP"),
    Scenario(
        "exit 0 at once",
        env(EXIT="0"),
        "failed",
        "GW-POD-CRASHLOOP",
    ),
    Scenario(
        "wrong port in readiness",
        template({"readinessProbe": {"httpGet": {"path": "/api/health", "port": 9999}}}),
        "failed",
        "GW-POD-NOT-READY",
    ),
    Scenario(
        "image that does not exist",
        template({"image": "REGISTRY/web:missing"}),
        "failed",
        "GW-POD-IMAGE",
    ),
    Scenario(
        "secret missing",
        template({"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "token"}}}]}),
        "failed",
        "GW-POD-CONFIG",
    ),
    Scenario(
        "secret of a volume missing",
        template(
            {"volumeMounts": [{"name": "tls", "mountPath": "/tls"}]},
            volumes=[{"name": "tls", "secret": {"secretName": "absent"}}],
        ),
        "failed",
        "GW-POD-VOLUME|GW-POD-CONFIG",
    ),
    Scenario(
        "request larger than any node",
        template({"resources": {"requests": {"memory": "10Ti"}}}),
        "failed",
        "GW-POD-UNSCHEDULABLE",
    ),
    Scenario(
        "quota full",
        template({"resources": {"limits": {"memory": "1Gi"}}}),
        "failed",
        "GW-ROLLOUT-REFUSED",
        before={"memory": "32Mi"},
        quota={"limits.memory": "256Mi"},
    ),
    Scenario(
        "OOM kill",
        env(LEAK="1"),
        "failed",
        "GW-POD-OOM",
        before={"memory": "32Mi", "min_ready": 15},
        why="minReadySeconds 15: a busy machine takes its time to use 32 MiB up",
    ),
    Scenario(
        "slow start outside the deadline",
        env(READY_AFTER="300s"),
        "failed",
        "GW-ROLLOUT-DEADLINE|GW-POD-NOT-READY",
        within=30,
        before={"progress_deadline": 15},
        kubectl_ends=30,
        why="progressDeadlineSeconds 15",
    ),
    Scenario(
        "liveness failing after some time",
        env(SICK_AFTER="6s"),
        "failed",
        "GW-POD-KILLED|GW-POD-CRASHLOOP",
        within=60,
        before={"liveness": True, "min_ready": 20},
        why="healthy for 6 s, minReadySeconds 20",
    ),
    Scenario(
        "panic after a few seconds",
        env(CRASH_AFTER="3s"),
        "failed",
        "GW-POD-CRASHLOOP",
        flags=("--soak", "10s"),
        within=30,
        promise_holds=False,
        kubectl_ends=30,
        why="without minReadySeconds nothing keeps the promise",
    ),
)

NO_FAILURES = (
    Scenario("good release", template({"image": "REGISTRY/web:2"}), "done", exit=0, action="none", within=None),
    Scenario(
        "slow start inside the deadline",
        env(READY_AFTER="12s"),
        "done",
        exit=0,
        action="none",
        within=None,
        before={"progress_deadline": 60},
    ),
    Scenario("one crash that recovers", env(HICCUP_UNTIL="+4s"), "done", exit=0, action="none", within=None),
)

THEIRS = (
    Scenario(
        "a second change in mid-flight",
        env(UNREADY="1"),
        "superseded",
        action="none",
        within=None,
        meanwhile="second change",
        why="somebody else's: left alone",
    ),
    Scenario(
        "paused in mid-flight",
        env(UNREADY="1"),
        "paused",
        exit=5,
        action="none",
        within=None,
        meanwhile="pause",
        why="somebody holds it: left alone",
    ),
    Scenario(
        "permission taken away in mid-flight",
        env(CRASH="1"),
        "failed",
        "GW-POD-CRASHLOOP",
        exit=4,
        action="refused",
        meanwhile="take permission",
        why="told, exit code 4",
    ),
)

POLICIES = (
    Scenario(
        "panic, --on-failure=pause",
        env(CRASH="1"),
        "failed",
        "GW-POD-CRASHLOOP",
        action="paused",
        flags=("--on-failure=pause",),
    ),
    Scenario(
        "panic, --on-failure=none",
        env(CRASH="1"),
        "failed",
        "GW-POD-CRASHLOOP",
        action="none",
        flags=("--on-failure=none",),
        before={"progress_deadline": 15},
        kubectl_ends=30,
        why="progressDeadlineSeconds 15",
    ),
    Scenario(
        "never ready, --timeout=8s",
        env(UNREADY="1"),
        "going",
        exit=6,
        flags=("--timeout=8s",),
        within=CERTAIN,
        why="time is up",
    ),
)

SCENARIOS = (*ROLLBACK_FAILURES, *NO_FAILURES, *THEIRS, *POLICIES)
"""All that can be played beside each other."""
