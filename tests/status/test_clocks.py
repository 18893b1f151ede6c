"""Wrong clocks, silent nodes, and API versions that are gone."""

from __future__ import annotations

import pytest

from tests.status.objects import Json, ago
from tests.status.worlds import (
    autoscaler,
    deployment,
    event,
    made,
    node,
    said,
)


def lease(name: str, *, wrote: float, got: float) -> Json:
    """A lease renewed `wrote` seconds ago by the node's clock and `got` seconds ago by the server's."""
    fields = [{"manager": "kubelet", "operation": "Update", "time": ago(seconds=got)}]
    spec = {"renewTime": ago(seconds=wrote), "leaseDurationSeconds": 40}
    return made("Lease", name, spec, "kube-node-lease", metadata={"managedFields": fields})


@pytest.mark.parametrize(
    ("wrote", "reason"), [(-120.0, "ahead"), (95.0, "behind"), (5.0, ""), (12.0, "")], ids=["2 m", "90 s", "0", "slow"]
)
def test_a_clock_is_told_by_what_the_kubelet_writes_against_when_it_came(wrote: float, reason: str) -> None:
    expected = {f"GW-NODE-CLOCK {reason} node/n1"} if reason else set()
    assert said(node(), lease("n1", wrote=wrote, got=5)) == expected


def test_a_node_that_is_called_ready_and_is_silent_while_others_are_not_is_told() -> None:
    others = node("n2"), lease("n2", wrote=3, got=3)
    gone = lease("n1", wrote=400, got=400)
    assert said(node(), gone, *others) == {"GW-NODE-NOT-READY silent node/n1"}
    assert said(node(), gone) == set()  # the reader's own clock may be wrong: nobody else was heard later
    assert said(node(ready="Unknown"), gone, *others) == {"GW-NODE-NOT-READY  node/n1"}


NO_MATCH = 'unable to recognize "": no matches for kind "Ingress" in version "networking.k8s.io/v1beta1"'


def test_what_asks_for_a_version_that_is_not_served_is_told() -> None:
    assert said(event("Kustomization shop", "BuildFailed", NO_MATCH, type="Warning")) == {
        "GW-API-GONE api-not-served kustomization/shop"
    }
    assert said(event("Kustomization shop", "BuildFailed", NO_MATCH, type="Warning", hours=1)) == set()
    assert said(event("Kustomization shop", "BuildFailed", "no matches for the filter", type="Warning")) == set()


@pytest.mark.parametrize(
    ("message", "reason"),
    [('no matches for kind "Deployment" in group "extensions"', "api-not-served"), ("not found", "no-target")],
)
def test_an_autoscaler_of_a_version_that_is_gone_is_told_so(message: str, reason: str) -> None:
    blind = {"type": "AbleToScale", "status": "False", "reason": "FailedGetScale", "message": message}
    scale = autoscaler("web") | {"status": {"conditions": [blind]}}
    assert said(deployment("web", {"app": "web"}), scale) == {f"GW-HPA-BLIND {reason} hpa/scale"}
