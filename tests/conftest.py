"""The demo's API server, as the tests of everything that talks over a wire use it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.demo.world import World

START = datetime(2025, 3, 9, 3, 7, 41, tzinfo=UTC)


def pytest_configure() -> None:
    """Let what tests start be interrupted and ended: a shell starts what runs in its background with interrupts
    ignored, nohup with SIGHUP, and children inherit that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """A server in front of the demo's shop, whose time stands still: it passes by `server.pass_time(seconds)` alone.

    `server.url` with `server.token`, or `server.open_url` without a token; `server.faults` and `server.requests`.
    """
    with ApiServer(World(7, START), speed=0, token="token-of-the-tests") as running:
        yield running
