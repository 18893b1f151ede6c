"""Which answers count as success, and what is said of those that do not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kubectl_goweb.probing.grpc_health import GrpcAnswer, judge_health, request_message
from kubectl_goweb.probing.http import first_hop, next_hop
from kubectl_goweb.probing.judging import Response, judge
from kubectl_goweb.probing.relaying import next_path, proxy_path, proxy_query, seen_from_target, way_fault
from kubectl_goweb.status.probes.results import Reason, TlsFacts
from kubectl_goweb.status.probes.targets import KUBELET, HeaderRule, Redirects, Rules, url_target
from tests.probing.results import NOW, target

TLS = TlsFacts("TLSv1.2", "AES", NOW + timedelta(days=5))


def answer(
    status: int = 200,
    body: bytes = b'{"status":"ok"}',
    *,
    location: str = "",
    tls: TlsFacts | None = None,
    redirects: int = 0,
) -> Response:
    headers = {"content-type": "application/json", **({"location": location} if location else {})}
    return Response(status, headers, body, tls=tls, redirects=redirects)


@pytest.mark.parametrize(
    ("response", "rules", "reason"),
    [
        (answer(), Rules(), Reason.OK),
        (answer(204, b""), Rules(), Reason.OK),
        (answer(500), Rules(), Reason.STATUS),
        (answer(500), Rules(statuses=((500, 500),)), Reason.OK),
        (answer(301, location="/x"), Rules(redirects=Redirects.NONE), Reason.REDIRECT_PERMANENT),
        (answer(308, location="/x"), Rules(redirects=Redirects.NONE), Reason.REDIRECT_PERMANENT),
        (answer(302, location="/x"), Rules(redirects=Redirects.NONE), Reason.REDIRECT_TEMPORARY),
        (answer(307, location="/x", redirects=10), Rules(), Reason.REDIRECT_LOOP),
        (answer(301, location="http://else/"), KUBELET, Reason.OK),
        (answer(400), KUBELET, Reason.STATUS),
        (answer(400, b"Client sent an HTTP request to an HTTPS server.\n"), Rules(), Reason.PLAIN_TO_TLS_PORT),
        (answer(400, b"<h1>The plain HTTP request was sent to HTTPS port</h1>"), Rules(), Reason.PLAIN_TO_TLS_PORT),
        (answer(), Rules(body='"ok"'), Reason.OK),
        (answer(), Rules(body="sick"), Reason.BODY_MISMATCH),
        (answer(), Rules(body_not="ok"), Reason.BODY_MISMATCH),
        (answer(500), Rules(body="sick"), Reason.STATUS),
        (answer(), Rules(headers=(HeaderRule("Content-Type", "json"),)), Reason.OK),
        (answer(), Rules(headers=(HeaderRule("Content-Type", "^text"),)), Reason.HEADER_MISMATCH),
        (answer(), Rules(headers=(HeaderRule("X-None", "."),)), Reason.HEADER_MISMATCH),
        (answer(), Rules(tls=True), Reason.TLS_REQUIRED),
        (answer(tls=TLS), Rules(tls=False), Reason.TLS_FORBIDDEN),
        (answer(tls=TLS), Rules(min_tls="TLSv1.2"), Reason.OK),
        (answer(tls=TLS), Rules(min_tls="TLSv1.3"), Reason.TLS_VERSION),
        (answer(tls=TLS), Rules(expires_within=4 * 86400), Reason.OK),
        (answer(tls=TLS), Rules(expires_within=6 * 86400), Reason.TLS_EXPIRES_SOON),
    ],
)
def test_an_answer_is_judged_by_the_rules(response: Response, rules: Rules, reason: Reason) -> None:
    judged = judge(response, rules, NOW)

    assert judged.reason is reason
    assert judged.success is (reason is Reason.OK)
    assert bool(judged.detail) is (reason is not Reason.OK)


def test_a_redirect_that_the_kubelet_takes_for_success_is_told() -> None:
    assert "counts as success" in judge(answer(301, location="http://else/"), KUBELET, NOW).warning


def test_a_body_cannot_steer_the_terminal() -> None:
    judged = judge(answer(500, b"\x1b[2Jgone\nnext"), Rules(), NOW)

    assert judged.detail.endswith(": gone next")


@pytest.mark.parametrize(
    ("location", "rules", "host", "port", "authority", "path"),
    [
        ("/moved?x=1", Rules(), "10.0.0.1", 8080, "10.0.0.1:8080", "/moved?x=1"),
        ("deeper", Rules(), "10.0.0.1", 8080, "10.0.0.1:8080", "/api/deeper"),
        ("https://web.test/a", Rules(), "web.test", 443, "web.test", "/a"),
        ("http://10.0.0.1:9/b", KUBELET, "10.0.0.1", 9, "10.0.0.1:9", "/b"),
    ],
)
def test_a_redirect_is_followed_where_it_leads(
    location: str, rules: Rules, host: str, port: int, authority: str, path: str
) -> None:
    hop = next_hop(first_hop(target(rules=rules)), answer(302, location=location), rules)

    assert hop is not None
    assert (hop.host, hop.port, hop.authority, hop.path) == (host, port, authority, path)


@pytest.mark.parametrize(
    ("location", "rules"),
    [
        ("/x", Rules(redirects=Redirects.NONE)),
        ("http://else/", KUBELET),
        ("mailto:a@b", Rules()),
        ("http://x:y/", Rules()),
        ("", Rules()),
    ],
)
def test_a_redirect_is_not_followed(location: str, rules: Rules) -> None:
    assert next_hop(first_hop(target(rules=rules)), answer(302, location=location), rules) is None


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"ok", None),
        (503, b'{"status":"starting"}', None),
        (404, b"404 page not found", None),
        (403, b'{"kind":"Status","reason":"Forbidden","message":"no"}', Reason.NOT_ALLOWED),
        (503, b"error trying to reach service: dial tcp 10.0.0.1:1: connect: connection refused", Reason.REFUSED),
        (
            503,
            b'{"kind":"Status","reason":"ServiceUnavailable","message":"no endpoints available for service \\"x\\""}',
            Reason.NO_ENDPOINTS,
        ),
        (502, b"error trying to reach service: dial tcp 10.0.0.1:1: i/o timeout", Reason.CONNECT_TIMEOUT),
        (502, b'error trying to reach service: malformed HTTP response "\\x15\\x03"', Reason.PLAIN_TO_TLS_PORT),
        (502, b'error trying to reach service: malformed HTTP response "SSH-"', Reason.NOT_HTTP),
        (502, b"error trying to reach service: readLoopPeekFailLocked: %!w(<nil>)", Reason.NOT_HTTP),
        (502, b"error trying to reach service: EOF", Reason.CLOSED),
        (502, b"error trying to reach service: something new", Reason.NOT_SEEN),
        (404, b'{"kind":"Status","reason":"NotFound","message":"pods \\"x\\" not found"}', Reason.NOT_SEEN),
    ],
)
def test_the_way_is_told_from_the_target(status: int, body: bytes, reason: Reason | None) -> None:
    told = way_fault(status, body)

    assert (told and told.reason) == reason
    if told is not None and reason in (Reason.NOT_ALLOWED, Reason.NOT_SEEN):
        assert told.success is None


def test_the_api_path_of_a_target_carries_scheme_port_and_query() -> None:
    secure = target("/a/b?q=1", tls=True)

    assert proxy_path(secure) == "/api/v1/namespaces/shop/pods/https:web-1:8080/proxy/a/b"
    assert proxy_query(secure.request.path) == {"q": "1"}
    assert proxy_path(target(kind="Service")) == "/api/v1/namespaces/shop/services/web-1:8080/proxy/api/health"
    assert proxy_path(url_target("http://x/", Rules(), 1.0)) is None


def test_a_redirect_rewritten_by_the_api_server_is_followed_and_told_as_the_target_sent_it() -> None:
    inside = answer(302, location="/api/v1/namespaces/shop/pods/web-1:8080/proxy/moved?x=1")

    assert next_path(target(), inside) == "/api/v1/namespaces/shop/pods/web-1:8080/proxy/moved?x=1"
    assert seen_from_target(target(), inside).location == "/moved?x=1"
    assert next_path(target(), answer(302, location="http://else/")) is None


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"grpc-status": "0"}, b"\x00\x00\x00\x00\x02\x08\x01", Reason.OK),
        ({"grpc-status": "0"}, b"\x00\x00\x00\x00\x02\x08\x02", Reason.GRPC_NOT_SERVING),
        ({"grpc-status": "0"}, b"\x00\x00\x00\x00\x00", Reason.GRPC_NOT_SERVING),
        ({"grpc-status": "0"}, b"half", Reason.NOT_GRPC),
        ({"grpc-status": "5"}, b"", Reason.GRPC_UNKNOWN_SERVICE),
        ({"grpc-status": "12"}, b"", Reason.GRPC_UNIMPLEMENTED),
        ({"grpc-status": "14", "grpc-message": "no%20route"}, b"", Reason.GRPC_STATUS),
        ({":status": "404", "content-type": "text/html"}, b"", Reason.NOT_GRPC),
    ],
)
def test_a_grpc_health_answer_is_judged(headers: dict[str, str], body: bytes, reason: Reason) -> None:
    assert judge_health(GrpcAnswer(headers, body), "").reason is reason


def test_a_health_request_is_what_protobuf_makes_of_it() -> None:
    assert request_message("") == b"\x00\x00\x00\x00\x00"
    assert request_message("a.B") == b"\x00\x00\x00\x00\x05\x0a\x03a.B"
    assert request_message("x" * 200)[5:8] == b"\x0a\xc8\x01"


@pytest.mark.parametrize("url", ["ftp://x/", "tcp://x", "http://", "grpc://:1"])
def test_an_url_that_cannot_be_probed_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"begins with|names no host"):
        url_target(url, Rules(), 1.0)
