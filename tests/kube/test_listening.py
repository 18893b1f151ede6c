"""Whether anything listens at a port of a Pod, by what the API server says when it passes a request on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kubectl_goweb.errors import ForbiddenError, ServerError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.listening import listens
from kubectl_goweb.kube.wire import Head

ON_THE_WAY = '{"kind":"Status","reason":"ServiceUnavailable","message":"error trying to reach service: %s"}'


class Relay:
    def __init__(self, status: int, body: str) -> None:
        self.answer = Relayed(Head(status, "", {}), body.encode(), 0.1, 0.0)
        self.path = ""

    def relay(self, path: str, query: Mapping[str, str] | None = None, *, timeout: float, most: int) -> Relayed:
        self.path = path
        return self.answer


@pytest.mark.parametrize(
    ("status", "body", "is_heard"),
    [
        (200, "hello", True),
        (404, "404 page not found", True),
        (503, '{"error": "connection refused by the database"}', True),
        (500, ON_THE_WAY % "EOF", True),
        (503, ON_THE_WAY % "dial tcp 10.1.0.7:9999: connect: connection refused", False),
        (502, "error trying to reach service: dial tcp 10.1.0.7:9999: connect: connection refused", False),
    ],
)
def test_a_connection_that_is_taken_tells_and_one_that_is_refused(status: int, body: str, is_heard: bool) -> None:
    relay = Relay(status, body)
    assert listens(relay, "shop", "web-1", 9999) is is_heard
    assert relay.path == "/api/v1/namespaces/shop/pods/web-1:9999/proxy/"


def test_who_may_not_ask_and_an_api_server_without_a_way_tell_nothing() -> None:
    with pytest.raises(ForbiddenError, match="ana may not"):
        listens(Relay(403, '{"kind":"Status","message":"ana may not get pods/proxy"}'), "shop", "web-1", 9999)
    with pytest.raises(ServerError, match="no route to host"):
        listens(Relay(503, ON_THE_WAY % "dial tcp 10.1.0.7:9999: no route to host"), "shop", "web-1", 9999)
