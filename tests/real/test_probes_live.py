"""Probes while something changes: the way to a Pod is lost, a Pod gets sick and well again while it is watched."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .conftest import DeployWeb
from .harness.cluster import Cluster
from .harness.images import publish_current_web
from .program import PROGRAM, Goweb
from .terminal import terminal


@pytest.fixture
def goweb(cluster: Cluster) -> Goweb:
    return Goweb(cluster.kubectl.kubeconfig)


@contextmanager
def unreachable(address: str) -> Iterator[None]:
    """No way from this machine to one address, which everybody else still reaches."""
    subprocess.run(["ip", "route", "add", "unreachable", address], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "route", "delete", "unreachable", address], check=True)


def test_the_way_is_the_one_that_works_and_is_named(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, cluster: Cluster
) -> None:
    web = deploy_web(image=publish_current_web(cluster.layout), env={"FAULTS": "1"})
    (pod,) = web.pods()

    def asked(*arguments: str) -> tuple[str, str]:
        ran = goweb("probe", "web", "-n", namespace, "--retries=1", "--no-metrics", *arguments, "-o", "json")
        (probe,) = json.loads(ran.out)["probes"]
        return probe["result"]["way"], probe["result"]["reason"]

    assert asked() == ("direct", "ok")
    with unreachable(pod["status"]["podIP"]):
        assert asked() == ("API proxy", "ok")
        assert asked("--kind=grpc", "--port=9090") == ("port-forward", "ok")
        assert asked("--via=direct") == ("direct", "no-route"), "the way that was asked for, whatever becomes of it"


def test_who_watches_sees_a_pod_get_sick_and_well_again(
    deploy_web: DeployWeb, goweb: Goweb, namespace: str, cluster: Cluster
) -> None:
    web = deploy_web(image=publish_current_web(cluster.layout))
    (pod,) = web.pods()
    watching = ["probe", "web", "-n", namespace, "-w", "--interval=1s", "--no-metrics"]

    def switch(*, unready: bool) -> None:
        url = f"http://{pod['status']['podIP']}:8080/switch?unready={str(unready).lower()}"
        urllib.request.urlopen(url, data=b"").close()

    with terminal([*PROGRAM, *watching], goweb.environ, columns=160) as screen:
        process = goweb.start(*watching, "-o", "json")
        assert process.stdout is not None

        def until(reason: str) -> Any:
            assert process.stdout is not None
            for line in process.stdout:
                found = json.loads(line)
                if found["result"]["reason"] == reason:
                    return found
            raise AssertionError(f"ended before {reason}")

        try:
            first = until("ok")
            switch(unready=True)
            sick = until("status")
            screen.shows("every 1s: 1 targets, 1 failing", "answered 500", "╳")
            switch(unready=False)
            well = until("ok")
            shown = screen.shows("1 targets, 0 failing")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)

    assert process.returncode == 130
    assert first["target"] == sick["target"] == well["target"]
    assert (sick["result"]["success"], sick["result"]["code"]) == (False, 500)
    assert first["result"]["at"] < sick["result"]["at"] < well["result"]["at"]
    assert re.search(r"[▁-█]+╳+[▁-█]+", shown), "a history of what was well, sick and well again"
