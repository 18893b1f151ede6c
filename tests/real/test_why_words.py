"""Causes that are the template's and read like something else, found on a real cluster."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from .harness import build, images
from .harness.cluster import Cluster
from .harness.waiting import until
from .program import Goweb
from .sickness import Json, deployment, probe, service
from .telling import create


def shared(name: str, image: str, *args: str, **more: Any) -> Json:
    """A Deployment whose Pods have the label that Service shared selects."""
    made = deployment(name, image, *args, **more)
    made["spec"]["template"]["metadata"]["labels"]["shop"] = "yes"
    return made


def everything(image: str) -> list[Json]:
    held: Json = {"name": "proxy", "image": image, "args": ["serve", ":15000"], "restartPolicy": "Always"}
    held["startupProbe"] = probe(15000, "/nowhere", failureThreshold=300)
    front = service("shared", "shared")
    front["spec"]["selector"] = {"shop": "yes"}
    return [
        deployment("held", image, "serve", ready=probe(), pod={"initContainers": [held]}),
        deployment("unexpanded", image, "serve", ":$(PRT)", env=[{"name": "PORT", "value": "8080"}]),
        shared("front", image, "serve", ready=probe()),
        shared("work", image, "sleep", "1h"),
        front,
        deployment("quiet", image, "serve", ":9090"),
        service("quiet", "quiet"),
        deployment("near", image, "serve", ":9090"),
        service("near", "near", 9090),
    ]


@pytest.fixture
def namespace_of_words(cluster: Cluster, namespace: str) -> str:
    image = images.publish_program(cluster.layout, build.sick(print))
    create(cluster, namespace, everything(image))
    return namespace


def root(goweb: Goweb, namespace: str, name: str, reason: str) -> Any:
    """The first finding of an object, once it is the one that is waited for."""
    found = json.loads(goweb("why", name, "-n", namespace, "-o", "json").out or "{}").get("findings", [])
    return found[0] if found and found[0]["reason"] == reason else None


def test_what_the_template_does_is_told_as_its_doing(cluster: Cluster, namespace_of_words: str) -> None:
    where, goweb = namespace_of_words, Goweb(cluster.kubectl.kubeconfig)
    for name, reason, says in (
        ("deploy/unexpanded", "wrong-settings", "the command line has $(PRT), which stays as it is written"),
        ("svc/shared", "strangers", "the same program told to do something else"),
        ("svc/quiet", "port-number", "where nothing listens"),
        ("deploy/held", "probe-path", "sidecar proxy"),
    ):
        found = until(partial(root, goweb, where, name, reason), what=f"{reason} of {name}", timeout=90)
        assert says in json.dumps([found["title"], found["cause"]]), found
        assert found["confidence"] in ("certain", "likely")
    assert goweb("why", "svc/near", "-n", where).code == 0
