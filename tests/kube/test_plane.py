"""One look at the control plane: what fails is told as not seen, and takes nothing else with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.plane import plane
from kubectl_goweb.objects import FeedState, Kind
from kubectl_goweb.objects.facts import Plane
from tests.kube.tiny_server import Answer, Asked, TinyServer, refusal, response

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = response(b"[+]ping ok\n[+]etcd ok\n")
EMPTY = response({"kind": "List", "metadata": {}, "items": []})
WEBHOOK = {
    "metadata": {"name": "policy"},
    "webhooks": [{"name": "w.test", "clientConfig": {"service": {"namespace": "policy", "name": "w"}}}],
}


def look(answer: Callable[[Asked], Answer], **more: float) -> Plane:
    def respond(asked: Asked) -> Answer:
        return WELL if asked.target.startswith(("/livez", "/readyz")) else answer(asked)

    with TinyServer(respond) as server, Connection(Access(server=server.url)) as connection:
        return plane(connection, lambda: NOW, **more)


def test_endpoints_that_may_not_be_seen_make_no_webhook_look_abandoned() -> None:
    def answer(asked: Asked) -> Answer:
        if "/validatingwebhookconfigurations" in asked.target:
            return response({"kind": "List", "metadata": {}, "items": [WEBHOOK]})
        if "/namespaces/policy/endpointslices" in asked.target:
            return refusal(403, "Forbidden", "no")
        return EMPTY

    seen = look(answer).seen

    assert list(seen.validating_webhooks) == ["policy"]
    assert seen.feeds[Kind.ENDPOINT_SLICE].state is FeedState.DENIED
    assert look(lambda _: EMPTY).seen.feeds[Kind.ENDPOINT_SLICE].state is FeedState.LIVE


def test_a_server_that_puts_lists_off_still_tells_its_health() -> None:
    told = look(lambda _: refusal(429, "TooManyRequests", "later", Retry_After="0"))

    assert (told.livez.status, told.readyz.status) == (200, 200)
    assert {feed.state for feed in told.seen.feeds.values()} == {FeedState.FAILED}, "not denied"
    assert told.server.throttled > 0


def test_lists_that_do_not_come_are_not_waited_for() -> None:
    def never(asked: Asked) -> Iterator[bytes]:
        asked.ending.wait(20)
        yield b""

    told = look(never, patience=0.3)

    assert told.readyz.status == 200
    assert told.seen.feeds[Kind.LEASE].why == "not read within 0.3 s"
