"""Requests and answers: what is sent, what is repeated, and how everything that is no answer is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kubectl_goweb.errors import (
    ApiError,
    ExpiredError,
    ForbiddenError,
    KubeconfigError,
    NotFoundError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    UnreachableError,
)
from kubectl_goweb.kube.access import Access, Impersonation
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.means import Tally
from tests.kube.tiny_server import STREAM, Answer, Asked, TinyServer, chunk, refusal, response

PODS = "/api/v1/namespaces/shop/pods"
OK = response({"kind": "PodList", "metadata": {}, "items": []})


def to(server: TinyServer, **changes: Any) -> Access:
    return Access(server=server.url, context="kind", user="ana", **changes)


def asked_and_told(answer: Answer, ask: Callable[[Connection], object], **access: Any) -> ApiError:
    with TinyServer(lambda _: answer) as server, Connection(to(server, **access), silence=0.3) as connection:
        with pytest.raises(ApiError) as caught:
            ask(connection)
        assert f"127.0.0.1:{server.port} (context kind)" in caught.value.sentence
    assert caught.value.hint
    assert "\n" not in caught.value.sentence
    return caught.value


def test_get_sends_what_an_api_server_expects() -> None:
    with TinyServer(lambda _: OK) as server:
        who = Impersonation("eve", groups=("ops", "dev"), extra=(("example.com/Why", "3 am"),))
        with Connection(to(server, impersonation=who)) as connection:
            connection.get(PODS, {"labelSelector": "app in (web, api)"})
        [asked] = server.asked
    assert asked.target == PODS + "?labelSelector=app+in+%28web%2C+api%29"
    assert asked.headers["user-agent"].startswith("kubectl-goweb/")
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"
    assert [value for name, value in asked.raw_headers if name == "impersonate-group"] == ["ops", "dev"]
    assert asked.headers["impersonate-user"] == "eve"
    assert asked.headers["impersonate-extra-example.com%2fwhy"] == "3 am"


def test_path_of_the_server_stands_before_every_path() -> None:
    with TinyServer(lambda _: OK) as server, Connection(Access(server=server.url + "/k8s/c-1")) as connection:
        connection.get(PODS)
        assert server.asked[0].target == "/k8s/c-1" + PODS


def test_header_that_would_break_out_of_its_line_is_refused() -> None:
    with TinyServer(lambda _: OK) as server:
        access = to(server, impersonation=Impersonation("eve\r\nX-Evil: 1"))
        with Connection(access) as connection, pytest.raises(KubeconfigError, match="cannot be sent"):
            connection.get(PODS)
        assert server.asked == []


@pytest.mark.parametrize("zipped", [True, False])
def test_one_connection_serves_many_requests(zipped: bool) -> None:
    body: dict[str, object] = {"kind": "PodList", "items": ["x" * 100_000]}
    with TinyServer(lambda _: response(body, zipped=zipped)) as server, Connection(to(server)) as connection:
        for _ in range(3):
            assert json.loads(connection.get(PODS)) == body
        assert (server.connections, len(server.asked)) == (1, 3)
        assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_compression_is_not_asked_for_when_the_kubeconfig_forbids_it() -> None:
    with TinyServer(lambda _: OK) as server, Connection(to(server, compress=False)) as connection:
        connection.get(PODS)
        assert "accept-encoding" not in server.asked[0].headers


def test_many_threads_share_one_connection_object() -> None:
    with TinyServer(lambda asked: response({"path": asked.target})) as server, Connection(to(server)) as connection:
        answers: list[bool] = []

        def ask(number: int) -> None:
            for turn in range(20):
                path = f"/api/v1/namespaces/n{number}/pods/p{turn}"
                answers.append(json.loads(connection.get(path)) == {"path": path})

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [True] * 160


# --- keep-alive connections that the server has given up


def test_get_on_a_connection_dropped_meanwhile_is_asked_again() -> None:
    with TinyServer(lambda _: OK) as server, Connection(to(server)) as connection:
        connection.get(PODS)
        server.drop_connections()
        connection.get(PODS)
        assert server.connections == 2


def _closing_after_first_on_each_connection() -> Callable[[Asked], Answer]:
    """Takes a second request on the same connection and closes without a word: the race that keep-alive always has."""
    seen: set[int] = set()

    def respond(asked: Asked) -> Answer:
        if asked.connection in seen:
            return None
        seen.add(asked.connection)
        return OK

    return respond


def test_get_that_met_the_closing_of_its_connection_is_sent_again_once() -> None:
    with TinyServer(_closing_after_first_on_each_connection()) as server, Connection(to(server)) as connection:
        connection.get(PODS)
        connection.get(PODS)
        assert [asked.connection for asked in server.asked] == [0, 0, 1]


def test_write_that_may_have_been_done_is_never_sent_again() -> None:
    with TinyServer(_closing_after_first_on_each_connection()) as server, Connection(to(server)) as connection:
        connection.get(PODS)
        with pytest.raises(UnreachableError, match=r"asked to create pods in namespace shop.*was it done") as caught:
            connection.send("POST", PODS, b"{}")
        assert [asked.method for asked in server.asked] == ["GET", "POST"]
    assert "look before repeating" in caught.value.hint


# --- what is no answer


def test_dead_server_is_told_with_a_next_step() -> None:
    with TinyServer(lambda _: OK) as server:
        access = to(server)
    with Connection(access) as connection, pytest.raises(UnreachableError) as caught:
        connection.get(PODS)
    assert caught.value.sentence == f"connection refused by {access.host} (context kind)"
    assert "kubectl cluster-info" in caught.value.hint


def test_name_that_nobody_knows_is_told() -> None:
    access = Access(server="http://no-such-host.invalid:6443")
    with (
        Connection(access) as connection,
        pytest.raises(UnreachableError, match=r"no address for 'no-such-host\.invalid'"),
    ):
        connection.get(PODS)


def _nothing_more(*pieces: bytes) -> Callable[[Asked], Answer]:
    """Pieces, and then silence until the client is gone."""

    def respond(asked: Asked) -> Iterator[bytes]:
        yield from pieces
        asked.ending.wait(30)

    return respond


def test_silent_server_is_told_with_verb_and_resource() -> None:
    with (
        TinyServer(_nothing_more()) as server,
        Connection(to(server), silence=0.2) as connection,
        pytest.raises(UnreachableError) as caught,
    ):
        connection.get(PODS)
    assert "did not answer for 0.2 s when asked to list pods in namespace shop" in caught.value.sentence


def test_half_json_and_then_silence_is_told_and_not_waited_for_for_ever() -> None:
    half = response({"kind": "PodList"}, content_length="9")[:-5]
    with (
        TinyServer(_nothing_more(half)) as server,
        Connection(to(server), silence=0.2) as connection,
        pytest.raises(UnreachableError, match="did not answer"),
    ):
        connection.get(PODS)


def test_request_timeout_limits_the_whole_request_however_often_the_server_twitches() -> None:
    def drip(asked: Asked) -> Iterator[bytes]:
        yield STREAM
        while not asked.ending.wait(0.02):
            yield chunk(b" ")

    with TinyServer(drip) as server, Connection(to(server, request_timeout=0.3)) as connection:
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"within 0\.3 s"):
            connection.get(PODS)
        assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ([STREAM, chunk(b'{"kind":')], "sent half an answer"),
        ([response({"kind": "PodList"})[:-3]], "sent half an answer"),
        ([b"HTTP/1.1 200"], "sent half an answer"),
        ([STREAM, b"zzz\r\n"], "its answer is not HTTP"),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "its answer is not HTTP"),
        ([b"HTTP/1.1 abc\r\n\r\n"], "its answer is not HTTP"),
        ([response(b"no gzip", content_encoding="gzip")], "its answer is not what gzip makes"),
        (response(b"<html>login</html>", content_type="text/html; charset=x"), "sent no JSON (text/html)"),
        (response(b'{"kind":"PodList","items":[{"me'), "sent half an object"),
        (response(b""), "sent no JSON"),
        (None, "closed the connection without an answer"),
        (response(b"", "302 Found", location="https://login"), "answers with a redirect (302)"),
        (response(b"gone wrong\nbadly", "500 Internal"), "failed with 500"),
    ],
)
def test_answer_that_is_none_is_told(answer: Answer, sentence: str) -> None:
    told = asked_and_told(answer, lambda connection: connection.get(PODS))
    assert sentence in told.sentence
    assert "list pods in namespace shop" in told.sentence or PODS in told.sentence


# --- refusals


def test_forbidden_names_who_what_and_where() -> None:
    message = 'pods is forbidden: User "ana@x" cannot list resource "pods" in API group "" in the namespace "shop"'
    told = asked_and_told(refusal(403, "Forbidden", message), lambda connection: connection.get(PODS))
    assert isinstance(told, ForbiddenError)
    assert told.sentence.startswith("ana@x may not list pods in namespace shop at ")
    assert (told.verb, told.resource) == ("list", "pods")
    assert "kubectl auth can-i list pods -n shop" in told.hint


@pytest.mark.parametrize(
    ("path", "query", "about"),
    [
        ("/api/v1/nodes", {}, "list nodes"),
        ("/api/v1/nodes/n1", {}, "get nodes n1"),
        ("/apis/apps/v1/namespaces/shop/deployments", {"watch": "true"}, "watch deployments.apps in namespace shop"),
        ("/api/v1/namespaces/shop/pods/web-1/log", {}, "get pods/log web-1 in namespace shop"),
        ("/api/v1/namespaces/shop", {}, "get namespaces shop"),
        ("/k8s/c-1/apis/apps/v1/deployments", {}, "list deployments.apps"),
        ("/readyz", {}, "get /readyz"),
    ],
)
def test_refusals_speak_of_resources_as_kubectl_does(path: str, query: dict[str, str], about: str) -> None:
    answer = refusal(403, "Forbidden", 'x is forbidden: User "ana" cannot')
    told = asked_and_told(answer, lambda connection: connection.get(path, query))
    assert f"ana may not {about} at" in told.sentence


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (refusal(401, "Unauthorized", "Unauthorized"), UnauthorizedError, "does not know user 'ana'"),
        (refusal(404, "NotFound", 'pods "web" not found'), NotFoundError, 'pods "web" not found'),
        (response(b"404 page not found", "404 Not Found"), NotFoundError, "404 page not found"),
        (refusal(410, "Expired", "too old resource version"), ExpiredError, "too old"),
        (refusal(500, "InternalError", "etcd\u202e is\nsad"), ServerError, "failed with 500 at"),
        (refusal(503, "ServiceUnavailable", "not ready"), ServerError, "not ready"),
        (refusal(418, "Teapot", "short and stout"), ServerError, "the server answered 418"),
    ],
)
def test_status_becomes_the_error_of_its_kind(answer: bytes, kind: type[ApiError], sentence: str) -> None:
    told = asked_and_told(answer, lambda connection: connection.get(PODS + "/web"))
    assert type(told) is kind
    assert sentence in told.sentence
    assert told.sentence.isprintable()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refusal(409, "Conflict", "the object has been modified"), "the object has been modified"),
        (refusal(422, "Invalid", "spec.replicas: Invalid value: -1"), "spec.replicas: Invalid value: -1"),
        (refusal(403, "Forbidden", "exceeded quota: small"), "exceeded quota: small"),
        (refusal(400, "BadRequest", 'admission webhook "x" denied the request: no'), "denied the request: no"),
    ],
)
def test_refused_write_is_told_with_the_servers_reason(answer: bytes, sentence: str) -> None:
    told = asked_and_told(answer, lambda connection: connection.send("PATCH", PODS + "/web", b"{}"))
    assert isinstance(told, RefusedError)
    assert "refused to patch pods web in namespace shop" in told.sentence
    assert sentence in told.sentence


def test_throttled_get_is_asked_again_after_the_pause() -> None:
    answers = iter([refusal(429, "TooManyRequests", "slow down", Retry_After="0"), OK])
    with TinyServer(lambda _: next(answers)) as server, Connection(to(server)) as connection:
        assert connection.get(PODS)
        assert len(server.asked) == 2
        assert connection.throttled == 1


def test_what_was_put_off_long_ago_is_not_told_for_ever() -> None:
    at = [0.0]
    tally = Tally(lambda: at[0])
    told = []
    for at[0], is_put_off in ((0.0, True), (30.0, True), (31.0, False), (61.0, False), (91.0, False)):
        if is_put_off:
            tally.note_throttled()
        told.append(tally.throttled)
    assert told == [1, 2, 2, 1, 0]


def test_those_put_off_together_do_not_come_back_together() -> None:
    came: list[float] = []
    begun = time.monotonic()

    def respond(_: Asked) -> bytes:
        came.append(time.monotonic() - begun)
        return refusal(429, "TooManyRequests", "slow down", Retry_After="1") if len(came) <= 6 else OK

    with TinyServer(respond) as server, Connection(to(server)) as connection:
        hands = [threading.Thread(target=connection.get, args=(PODS,)) for _ in range(6)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
    again = sorted(came)[6:]
    assert again[0] >= 1, "not before it was asked to"
    assert again[-1] - again[0] > 0.1, "spread over the second that follows"


def test_throttling_without_end_is_told_with_its_pause() -> None:
    with TinyServer(lambda _: refusal(429, "TooManyRequests", "slow down", Retry_After="0")) as server:
        with Connection(to(server)) as connection, pytest.raises(ThrottledError) as caught:
            connection.get(PODS)
        assert len(server.asked) == 4
    assert caught.value.retry_after == 0


def test_throttled_eviction_is_the_callers_to_repeat() -> None:
    budget = refusal(429, "TooManyRequests", "Cannot evict pod: disruption budget", Retry_After="10")
    with TinyServer(lambda _: budget) as server, Connection(to(server)) as connection:
        with pytest.raises(ThrottledError) as caught:
            connection.send("POST", PODS + "/web/eviction", b"{}")
        assert len(server.asked) == 1
    assert caught.value.retry_after == 10
    assert "disruption budget" in caught.value.sentence


def test_closing_ends_the_pause_of_a_throttled_request_at_once() -> None:
    arrived = threading.Event()

    def respond(_: Asked) -> bytes:
        arrived.set()
        return refusal(429, "TooManyRequests", "slow down", Retry_After="60")

    with TinyServer(respond) as server, Connection(to(server)) as connection:

        def close() -> None:
            arrived.wait(5)
            connection.close()

        threading.Thread(target=close, daemon=True).start()
        started = time.monotonic()
        with pytest.raises((ThrottledError, UnreachableError)):
            connection.get(PODS)
        assert time.monotonic() - started < 9


# --- read-only mode


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_read_only_connection_sends_no_write(method: str) -> None:
    with TinyServer(lambda _: OK) as server, Connection(to(server), read_only=True) as connection:
        with pytest.raises(RefusedError, match=f"read-only: refused to {method} {PODS}"):
            connection.send(method, PODS, b"{}")
        assert (server.asked, server.connections) == ([], 0)


def test_read_only_connection_may_ask_about_its_own_permissions() -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    with TinyServer(lambda _: response({"status": {}}, "201 Created")) as server:
        with Connection(to(server), read_only=True) as connection:
            connection.send("POST", path, b"{}")
            with pytest.raises(RefusedError):
                connection.send("DELETE", path)
            with pytest.raises(RefusedError):
                connection.send("POST", "/api/v1/namespaces/x/selfsubjectaccessreviews")
        assert [asked.target for asked in server.asked] == [path]


def test_writes_are_sent_with_their_type_and_length() -> None:
    with TinyServer(lambda _: OK) as server, Connection(to(server)) as connection:
        connection.send(
            "PATCH",
            PODS + "/web",
            b'{"a":1}',
            content_type="application/apply-patch+yaml",
            query={"fieldManager": "goweb"},
        )
        connection.send("DELETE", PODS + "/web")
        patched, deleted = server.asked
    assert (patched.target, patched.body) == (PODS + "/web?fieldManager=goweb", b'{"a":1}')
    assert patched.headers["content-type"] == "application/apply-patch+yaml"
    assert (deleted.method, deleted.headers["content-length"]) == ("DELETE", "0")


# --- pages


def paged(count: int, *, token_behind: bool = False, zipped: bool = False) -> Callable[[Asked], Answer]:
    """A list of so many pages of one item each."""

    def respond(asked: Asked) -> bytes:
        number = int(asked.target.partition("continue=")[2].partition("&")[0] or 0)
        meta: dict[str, object] = {"resourceVersion": "7"}
        if number + 1 < count:
            meta["continue"] = str(number + 1)
        items = [{"metadata": {"name": f"p{number}", "annotations": {"note": '"continue":"99"' + "x" * 200_000}}}]
        if token_behind:
            return response({"kind": "PodList", "items": items, "metadata": meta}, zipped=zipped)
        return response({"kind": "PodList", "metadata": meta, "items": items}, zipped=zipped)

    return respond


@pytest.mark.parametrize("token_behind", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_list_comes_in_pages_in_order(token_behind: bool, zipped: bool, count: int) -> None:
    with TinyServer(paged(count, token_behind=token_behind, zipped=zipped)) as server:
        with Connection(to(server)) as connection:
            pages = [json.loads(page) for page in connection.pages(PODS, {"labelSelector": "a=b"}, limit=1)]
        assert len(server.asked) == count
        assert all("limit=1" in asked.target and "labelSelector=a%3Db" in asked.target for asked in server.asked)
    assert [page["items"][0]["metadata"]["name"] for page in pages] == [f"p{number}" for number in range(count)]


def test_next_page_is_asked_for_while_this_one_still_arrives() -> None:
    second_asked = threading.Event()

    def respond(asked: Asked) -> Answer:
        if "continue=" in asked.target:
            second_asked.set()
            return response({"kind": "PodList", "metadata": {}, "items": []})
        return first()

    def first() -> Iterator[bytes]:
        yield STREAM + chunk(b'{"kind":"PodList","metadata":{"continue":"1"},"items":[')
        assert second_asked.wait(5)
        yield chunk(b"]}") + chunk(b"")

    with TinyServer(respond) as server, Connection(to(server)) as connection:
        assert len(list(connection.pages(PODS))) == 2


def test_list_given_up_half_way_leaves_the_connection_usable() -> None:
    with TinyServer(paged(5)) as server, Connection(to(server)) as connection:
        pages = connection.pages(PODS, limit=1)
        next(pages)
        pages.close()  # type: ignore[attr-defined]  # a generator
        assert json.loads(connection.get(PODS))["items"][0]["metadata"]["name"] == "p0"


def test_continue_token_that_expired_is_told_as_expired() -> None:
    def respond(asked: Asked) -> Answer:
        if "continue=" in asked.target:
            return refusal(410, "Expired", "The provided continue parameter is too old")
        return response({"kind": "PodList", "metadata": {"continue": "1"}, "items": []})

    with TinyServer(respond) as server, Connection(to(server)) as connection:
        pages = connection.pages(PODS)
        next(pages)
        with pytest.raises(ExpiredError):
            next(pages)


# --- watches


def test_watch_gives_a_line_an_event_however_it_is_cut() -> None:
    long = b'{"type":"ADDED","object":{"x":"' + b"y" * 1_000_000 + b'"}}'
    pieces = [STREAM, chunk(b'{"type":"BOOK'), chunk(b'MARK"}\n{"type"'), chunk(b':"ADDED"}\n' + long[:100])]
    pieces += [chunk(long[100:]), chunk(b"\n"), chunk(b"")]
    with TinyServer(lambda _: pieces) as server, Connection(to(server)) as connection:
        events = list(connection.watch(PODS, {"resourceVersion": "5"}))
        target = server.asked[0].target
        assert "accept-encoding" not in server.asked[0].headers
    assert events == [b'{"type":"BOOKMARK"}', b'{"type":"ADDED"}', long]
    assert all(part in target for part in ("watch=true", "allowWatchBookmarks=true", "resourceVersion=5"))


def test_watch_that_is_cut_is_told_after_the_events_that_came() -> None:
    with (
        TinyServer(lambda _: [STREAM, chunk(b'{"type":"ADDED"}\n{"type"')]) as server,
        Connection(to(server)) as connection,
        connection.watch(PODS) as watch,
    ):
        assert next(watch) == b'{"type":"ADDED"}'
        with pytest.raises(ServerError, match="half an answer"):
            next(watch)


def test_half_open_watch_is_found_by_its_silence() -> None:
    with (
        TinyServer(_nothing_more(STREAM)) as server,
        Connection(to(server)) as connection,
        connection.watch(PODS, idle_timeout=0.2) as watch,
        pytest.raises(UnreachableError, match=r"for 0\.2 s"),
    ):
        next(watch)


def test_watch_outlives_the_request_timeout() -> None:
    def respond(asked: Asked) -> Iterator[bytes]:
        yield STREAM
        asked.ending.wait(0.4)
        yield chunk(b"{}\n") + chunk(b"")

    with TinyServer(respond) as server, Connection(to(server, request_timeout=0.2)) as connection:
        assert list(connection.watch(PODS)) == [b"{}"]


@pytest.mark.parametrize("whole", [True, False])
def test_closing_from_another_thread_ends_a_watch_at_once(whole: bool) -> None:
    with TinyServer(_nothing_more(STREAM, chunk(b"{}\n"))) as server, Connection(to(server)) as connection:
        watch = connection.watch(PODS)
        first, ended = threading.Event(), threading.Event()

        def read() -> None:
            try:
                for _ in watch:
                    first.set()
            except UnreachableError:
                assert whole
            ended.set()

        threading.Thread(target=read, daemon=True).start()
        assert first.wait(5)
        (connection if whole else watch).close()
        assert ended.wait(1)


def test_closed_connection_says_so() -> None:
    with TinyServer(lambda _: OK) as server:
        connection = Connection(to(server))
        connection.close()
        with pytest.raises(UnreachableError, match="is closed"):
            connection.get(PODS)
