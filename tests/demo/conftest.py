"""A plain HTTP client for the demo's server: the tests here are about what is on the wire."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from kubectl_goweb.demo.server import ApiServer

Ask = Callable[..., tuple[int, Any]]
Follow = Callable[[str], Iterator[dict[str, Any]]]


@pytest.fixture
def ask(server: ApiServer) -> Ask:
    """ask(path, method="GET", body=None, kind="application/json", **headers) gives the code and the decoded answer."""

    def ask(
        path: str, method: str = "GET", body: Any = None, kind: str = "application/json", **headers: str
    ) -> tuple[int, Any]:
        url = urlsplit(server.url)
        connection = http.client.HTTPConnection(url.netloc, timeout=10)
        sent = {"Authorization": f"Bearer {server.token}", "Content-Type": kind, **headers}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        payload = response.read()
        connection.close()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(payload) if is_json else payload.decode()

    return ask


@pytest.fixture
def follow(server: ApiServer) -> Iterator[Follow]:
    """follow(path) gives the JSON lines of a stream one by one; it ends when the server ends the stream."""
    connections = []

    def follow(path: str) -> Iterator[dict[str, Any]]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connections.append(connection)
        connection.request("GET", path, headers={"Authorization": f"Bearer {server.token}"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return (json.loads(line) for line in response)

    yield follow
    for connection in connections:
        connection.close()
