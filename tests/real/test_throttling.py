"""An API server that puts us off (429): priority and fairness with one seat for a user of the test's own, which is free
most of the time, or taken by somebody who waits for an admission webhook.
"""

import contextlib
import json
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


@dataclass(frozen=True)
class Narrow:
    """A user of whose requests one runs at a time; others are refused at once."""

    goweb: Goweb
    kubectl: Kubectl


@pytest.fixture
def narrow(cluster: Cluster, kubectl: Kubectl, namespace: str, user: Users, tmp_path: Path) -> Iterator[Narrow]:
    name = f"narrow-{namespace[-6:]}"
    login = user(name, rules=MAY, namespace=None)
    limited = {"nominalConcurrencyShares": 0, "borrowingLimitPercent": 0, "limitResponse": {"type": "Reject"}}
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
        yield Narrow(goweb, cluster.kubectl_as(login))
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
    with terminal([*PROGRAM, "-n", namespace], narrow.goweb.environ, columns=160) as screen:
        assert narrow.goweb("status", "-n", namespace).code == 0

        def put_off() -> Any:
            _, server = about_the_server(narrow)
            return server if server["verdict"] == "degraded" else None

        told = until(put_off, what="requests that were put off", timeout=60)
        screen.shows("▲ API server for", "ready, but put off", "within a minute: too many at once (429)", timeout=60)

    assert told["why"].startswith("ready, but put off ")
    assert told["why"].endswith(" of ours within a minute: too many at once (429)")


@contextlib.contextmanager
def seated(cluster: Cluster, kubectl: Kubectl, narrow: Narrow, namespace: str, folder: Path) -> Iterator[None]:
    """The one seat taken, by objects that wait for admission until the end of the block, one after the other."""
    done = threading.Event()

    def sit() -> None:
        while not done.is_set():
            narrow.kubectl.run("-n", namespace, "create", "configmap", f"waits-{uuid.uuid4().hex[:6]}")

    with ThreadPoolExecutor(1) as hand, webhook.slow(cluster, folder, 29) as hook:
        name = f"slow.{namespace[-6:]}.test"
        kubectl.create(webhook.configuration(cluster, namespace, name, hook.url, "configmaps", timeout=30))
        try:
            hand.submit(sit)
            assert hook.asked.wait(30)
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
