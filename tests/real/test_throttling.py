"""An API server that puts us off (429) or has us wait: priority and fairness with hardly a seat for a user of its own,
free most of the time or taken by somebody who waits for an admission webhook.
"""

import contextlib
import json
import shlex
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import DeployWeb
from .harness import webhook
from .harness.cluster import Cluster
from .harness.kubectl import Kubectl
from .harness.users import READ_ONLY, Rule, Users
from .harness.waiting import until
from .program import PROGRAM, Goweb, validate
from .terminal import terminal

FLOW = "flowcontrol.apiserver.k8s.io/v1"
EVERYTHING = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
MAY = (
    *READ_ONLY,
    Rule(("list",), ("leases",), ("coordination.k8s.io",)),
    Rule(("list",), ("*",), ("admissionregistration.k8s.io",)),
    Rule(("create",), ("configmaps",)),
)


REJECTING: dict[str, Any] = {"nominalConcurrencyShares": 0, "limitResponse": {"type": "Reject"}}
"""Without a seat of its own a level serves one request when it serves no other."""
QUEUE = {"queues": 1, "handSize": 1, "queueLengthLimit": 50}
QUEUING: dict[str, Any] = {"nominalConcurrencyShares": 1, "limitResponse": {"type": "Queue", "queuing": QUEUE}}
"""A share is two or three seats; without any nobody would be served."""


@dataclass(frozen=True)
class Narrow:
    """A user of whose requests one runs at a time; others are refused at once, or wait for it."""

    goweb: Goweb
    kubectl: Kubectl
    name: str


@pytest.fixture
def narrow(
    cluster: Cluster, kubectl: Kubectl, namespace: str, user: Users, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Narrow]:
    """Others are refused, unless the test says otherwise."""
    limited = {"borrowingLimitPercent": 0, **getattr(request, "param", REJECTING)}
    name = f"narrow-{namespace[-6:]}"
    login = user(name, rules=MAY, namespace=None)
    rules = {
        "subjects": [{"kind": "User", "user": {"name": name}}],
        "resourceRules": [EVERYTHING],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }
    try:
        kubectl.create(
            {
                "apiVersion": FLOW,
                "kind": "PriorityLevelConfiguration",
                "metadata": {"name": name},
                "spec": {"type": "Limited", "limited": limited},
            },
            {
                "apiVersion": FLOW,
                "kind": "FlowSchema",
                "metadata": {"name": name},
                "spec": {
                    "priorityLevelConfiguration": {"name": name},
                    "matchingPrecedence": 100,
                    "rules": [rules],
                },
            },
        )
        goweb = Goweb(login, {"XDG_STATE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
        yield Narrow(goweb, cluster.kubectl_as(login), name)
    finally:
        kubectl("delete", f"flowschema/{name}", f"prioritylevelconfiguration/{name}", "--ignore-not-found")


def about_the_server(narrow: Narrow) -> Any:
    """The document of `nodes`, and what it says of the API server."""
    ran = narrow.goweb("nodes", "--no-metrics", "-o", "json")
    document = json.loads(ran.out)
    validate(document, "nodes")
    assert document["exitCode"] == ran.code
    return document, next(one for one in document["controlPlane"] if one["name"] == "API server")


def test_an_answer_is_had_all_the_same_while_the_seat_is_free_at_times(
    narrow: Narrow, namespace: str, deploy_web: DeployWeb
) -> None:
    deploy_web()

    def put_off() -> Any:
        _, server = about_the_server(narrow)
        return server if server["verdict"] == "degraded" else None

    assert narrow.goweb("status", "-n", namespace).code == 0
    told = until(put_off, what="requests that were put off", timeout=60)
    with terminal([*PROGRAM, "-n", namespace], narrow.goweb.environ, columns=160) as screen:
        screen.shows("▲ API server for", "ready, but put off", "within a minute: too many at once (429)", timeout=60)

    assert told["why"].startswith("ready, but put off ")
    assert told["why"].endswith(" of ours within a minute: too many at once (429)")


@contextlib.contextmanager
def seated(
    cluster: Cluster, kubectl: Kubectl, narrow: Narrow, namespace: str, folder: Path, *, sitters: int = 1
) -> Iterator[None]:
    """Every seat taken by so many, whose objects wait for admission until the end of the block."""
    done = threading.Event()

    def sit() -> None:
        while not done.is_set():
            narrow.kubectl.run("-n", namespace, "create", "configmap", f"waits-{uuid.uuid4().hex[:6]}")

    def is_full() -> bool:
        told = kubectl("get", "--raw", "/debug/api_priority_and_fairness/dump_priority_levels")
        (mine,) = [line.split(",") for line in told.splitlines() if line.startswith(f"{narrow.name},")]
        waiting, executing = int(mine[4]), int(mine[5])
        return executing > 0 and (waiting > 0 or sitters == 1)

    with ThreadPoolExecutor(sitters) as hands, webhook.slow(cluster, folder, 29) as hook:
        name = f"slow.{namespace[-6:]}.test"
        kubectl.create(webhook.configuration(cluster, namespace, name, hook.url, "configmaps", timeout=30))
        try:
            for _ in range(sitters):
                hands.submit(sit)
            assert hook.asked.wait(30)
            until(is_full, what="nobody else served")
            yield
        finally:
            done.set()
            kubectl("delete", "validatingwebhookconfiguration", namespace)


def test_whoever_gets_no_seat_at_all_is_told_so_and_nothing_is_concluded_from_it(
    cluster: Cluster, kubectl: Kubectl, narrow: Narrow, namespace: str, tmp_path: Path
) -> None:
    with seated(cluster, kubectl, narrow, namespace, tmp_path), ThreadPoolExecutor(1) as beside:
        asking = beside.submit(about_the_server, narrow)
        status = narrow.goweb("status", "-n", namespace)
        document, server = asking.result()

    assert status.code == 3
    assert "puts us off, too many requests at once (429)" in status.err
    assert (server["verdict"], document["exitCode"]) == ("degraded", 1)
    assert {gap["state"] for gap in document["gaps"]} == {"failed"}, "put off is not forbidden"
    assert document["nodes"] == []


@pytest.mark.parametrize("narrow", [QUEUING], ids=["queuing"], indirect=True)
def test_a_server_that_is_silent_and_well_is_waited_for(
    cluster: Cluster, kubectl: Kubectl, narrow: Narrow, namespace: str, deploy_web: DeployWeb, tmp_path: Path
) -> None:
    """It has others to serve first, says nothing meanwhile, and answers in the end."""
    deploy_web()
    shell = ["sh", "-c", f"{shlex.join(PROGRAM)} status -n {namespace}; echo code $?; cat"]
    with contextlib.ExitStack() as ends:
        with seated(cluster, kubectl, narrow, namespace, tmp_path, sitters=5):
            screen = ends.enter_context(terminal(shell, narrow.goweb.environ, columns=200))
            screen.shows("waiting for", "is silent, though its /readyz is well")
        screen.shows("✔ healthy", "1/1", "code 0")
