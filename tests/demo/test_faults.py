"""The faults that tests of the client switch on: each one looks on the wire as it says."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from kubectl_goweb.demo.server import ApiServer

Ask = Callable[..., tuple[int, Any]]
Follow = Callable[[str], Iterator[dict[str, Any]]]

PODS = "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


def test_a_status_is_answered_as_often_as_asked(server: ApiServer, ask: Ask) -> None:
    server.faults.status(429, retry_after=7, resource="pods", times=2)
    refused = [ask(PODS) for _ in range(3)]

    assert [code for code, _ in refused] == [429, 429, 200]
    assert refused[0][1]["details"]["retryAfterSeconds"] == 7
    assert ask(DEPLOYMENTS)[0] == 200


def test_the_retry_after_header_is_sent(server: ApiServer) -> None:
    server.faults.status(503, retry_after=3)
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET", PODS, headers={"Authorization": f"Bearer {server.token}"})
    response = connection.getresponse()

    assert (response.status, response.getheader("Retry-After")) == (503, "3")
    connection.close()


def test_unauthorized_lasts_until_cleared(server: ApiServer, ask: Ask) -> None:
    server.faults.unauthorized()
    assert ask(PODS)[0] == 401
    server.faults.clear()
    assert ask(PODS)[0] == 200


def test_forbidden_is_told_in_the_words_of_rbac(server: ApiServer, ask: Ask) -> None:
    server.faults.forbid("deployments", "list")
    code, status = ask(DEPLOYMENTS)

    assert (code, status["reason"]) == (403, "Forbidden")
    assert status["message"] == (
        'deployments.apps is forbidden: User "demo" cannot list resource "deployments" in API group "apps" '
        'in the namespace "shop"'
    )
    assert ask(f"{DEPLOYMENTS}/api")[0] == 200


def test_one_object_is_malformed_in_lists_gets_and_watches(server: ApiServer, ask: Ask, follow: Follow) -> None:
    server.faults.malformed("deployments", "cart")

    listed = {each["metadata"]["name"]: each["spec"]["replicas"] for each in ask(DEPLOYMENTS)[1]["items"]}
    watched = next(follow(f"{DEPLOYMENTS}?watch=1&fieldSelector=metadata.name%3Dcart"))
    assert listed == {"api": 8, "batch": 0, "cart": "many", "mail": 2, "search": 3, "web": 5}
    assert ask(f"{DEPLOYMENTS}/cart")[1]["spec"]["replicas"] == "many"
    assert watched["object"]["spec"]["replicas"] == "many"


def test_a_slow_server_answers_late(server: ApiServer, ask: Ask) -> None:
    server.faults.slow(0.3)
    begin = time.monotonic()

    assert ask(PODS)[0] == 200
    assert time.monotonic() - begin >= 0.3


def test_a_hanging_answer_stops_half_way_and_stays_open_until_cleared(server: ApiServer) -> None:
    server.faults.hang("pods")
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=0.3)
    connection.request("GET", PODS, headers={"Authorization": f"Bearer {server.token}"})
    response = connection.getresponse()
    length = int(response.getheader("Content-Length") or 0)

    assert len(response.read(length // 2)) == length // 2
    with pytest.raises(TimeoutError):
        response.read(1)
    server.faults.clear()
    connection.close()


def test_a_half_open_watch_goes_silent_and_is_closed_when_cleared(server: ApiServer, ask: Ask) -> None:
    version = ask(PODS)[1]["metadata"]["resourceVersion"]
    stream = open_watch(server, f"{PODS}?watch=1&resourceVersion={version}")
    server.faults.half_open()
    server.pass_time(60)
    stream.settimeout(0.3)

    with pytest.raises(TimeoutError):
        stream.recv(1)
    server.faults.clear()
    stream.settimeout(10)
    assert stream.recv(1) == b""
    stream.close()


def test_a_watch_that_was_open_at_a_half_opening_is_dead_even_if_that_was_short(server: ApiServer, ask: Ask) -> None:
    version = ask(PODS)[1]["metadata"]["resourceVersion"]
    stream = open_watch(server, f"{PODS}?watch=1&resourceVersion={version}")
    server.faults.half_open()
    server.faults.clear()
    server.pass_time(60)

    assert stream.recv(1) == b""
    stream.close()


def test_clearing_other_faults_leaves_watches_alone(server: ApiServer, ask: Ask, follow: Follow) -> None:
    version = ask(PODS)[1]["metadata"]["resourceVersion"]
    events = follow(f"{PODS}?watch=1&resourceVersion={version}")
    server.faults.status(500)
    server.faults.clear()
    server.pass_time(60)

    assert next(events)["object"]["kind"] == "Pod"


def open_watch(server: ApiServer, path: str) -> socket.socket:
    url = urlsplit(server.url)
    assert url.hostname is not None
    stream = socket.create_connection((url.hostname, url.port or 0), timeout=10)
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: demo\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += stream.recv(1)
    assert head.startswith(b"HTTP/1.1 200")
    return stream


def test_dropped_connections_end_at_once_and_new_ones_are_served(server: ApiServer, ask: Ask) -> None:
    version = ask(PODS)[1]["metadata"]["resourceVersion"]
    stream = open_watch(server, f"{PODS}?watch=1&resourceVersion={version}")
    server.drop_connections()

    assert stream.recv(1) == b""
    stream.close()
    assert ask(PODS)[0] == 200


def test_a_stopped_server_refuses_and_comes_back_on_the_same_port(server: ApiServer, ask: Ask) -> None:
    url = server.url
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(PODS)
    server.start()

    assert server.url == url
    assert ask(PODS)[0] == 200


def test_open_watches_end_with_a_410_when_their_past_is_forgotten(server: ApiServer, follow: Follow) -> None:
    events = follow(f"{PODS}?watch=1&fieldSelector=metadata.name%3Dpostgres-0")
    assert next(events)["type"] == "ADDED"
    server.expire_watches()

    assert [(event["type"], event["object"]["code"]) for event in events] == [("ERROR", 410)]
