"""Objects described: nothing is left out, nothing secret is told, names stay as they are."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.objects import Event, Kind
from kubectl_goweb.tui.describing import description, words
from tests.tui.shop import NOW, ago, decoded, event, items

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    **items()[Kind.DEPLOYMENT][0],
}


def events() -> list[Event]:
    found = decoded(Kind.EVENT, [event(1, "web", "BackOff", "again [/]\x1b[31m", ago(seconds=11), 23)])
    return [one for one in found.values() if isinstance(one, Event)]


def text(found: dict[str, Any], kind: str = "Deployment", about: list[Event] | None = None) -> str:
    return "\n".join(description(found, kind, about, NOW))


def test_a_deployment_is_described_with_conditions_and_events_as_tables() -> None:
    told = text(DEPLOYMENT, about=events())

    for part in (
        "Name:                web",
        "deployment.kubernetes.io/revision=8",
        "    app=web",
        "  Progress deadline seconds: 600",
        "      Max surge:     2",
        "        web:         image registry.shop/web:2.4.1",
        "TYPE         STATUS  SINCE  REASON             MESSAGE",
        "Progressing  True      31d  ReplicaSetUpdated",
        " 11s     23  Warning  BackOff  again [/]",
    ):
        assert part in told, told


@pytest.mark.parametrize(("about", "said"), [(None, "could not be read"), ([], "<none> in the time")])
def test_events_that_could_not_be_read_are_told_apart_from_none(about: list[Event] | None, said: str) -> None:
    assert said in text(DEPLOYMENT, about=about)


def test_a_secret_is_described_without_its_values() -> None:
    secret = {"metadata": {"name": "login"}, "data": {"password": "aHVudGVyMg=="}, "type": "Opaque"}
    told = text(secret, "Secret", [])
    assert "aHVudGVyMg" not in told
    assert "password" in told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("terminationGracePeriodSeconds", "Termination grace period seconds"),
        ("podIP", "Pod IP"),
        ("clusterIPs", "Cluster IPs"),
        ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ("PATH", "PATH"),
    ],
)
def test_keys_are_told_in_words_where_they_are_fields(key: str, told: str) -> None:
    assert words(key) == told
