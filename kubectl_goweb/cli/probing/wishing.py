"""The flags that say what to probe and what to accept, and the Wish they stand for."""

from __future__ import annotations

import re

from msgspec import structs

from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import UsageError
from kubectl_goweb.kube.timeouts import parse_timeout
from kubectl_goweb.probing.selecting import Wish
from kubectl_goweb.status.probes.results import ProbeKind, Way
from kubectl_goweb.status.probes.targets import KUBELET, HeaderRule, Redirects, Rules

WAYS = {"direct": Way.DIRECT, "api-proxy": Way.API_PROXY, "port-forward": Way.PORT_FORWARD}


def declare_wish(parser: Parser) -> None:
    """What to send instead of the declared probes, and what to accept."""
    what = parser.add_argument_group("what to send (default: what the Pods declare)")
    what.add_argument("--path", metavar="PATH", help="HTTP path, such as /api/health")
    what.add_argument("--port", metavar="PORT", help="number or name of a port")
    what.add_argument("--kind", choices=("http", "tcp", "grpc"), help="kind of probe")
    what.add_argument("--grpc-service", metavar="NAME", help="service to ask the gRPC health check about")
    what.add_argument("--host", metavar="NAME", help="Host header and TLS server name")
    what.add_argument("-H", "--header", metavar="NAME:VALUE", action="append", default=[], help="header; repeatable")
    what.add_argument("--tls", action="store_true", default=None, help="speak TLS")
    accept = parser.add_argument_group("what to accept (default: the kubelet's rules, 200-399)")
    accept.add_argument("--rules", choices=("kubelet", "http_2xx"), help="begin with these; http_2xx is blackbox's")
    accept.add_argument("--status", metavar="CODES", help="such as 200-299,301")
    accept.add_argument("--body", metavar="REGEX", help="the body must match")
    accept.add_argument("--body-not", metavar="REGEX", help="the body must not match")
    accept.add_argument(
        "--expect-header", metavar="NAME:REGEX", action="append", default=[], help="a header must match; repeatable"
    )
    accept.add_argument("--no-follow", action="store_true", help="a redirect is an answer like any other")
    accept.add_argument("--fail-if-ssl", action="store_true", help="an answer over TLS is a failure")
    accept.add_argument("--fail-if-not-ssl", action="store_true", help="an answer without TLS is a failure")
    accept.add_argument("--insecure", action="store_true", help="take every certificate")
    accept.add_argument("--ca", metavar="FILE", help="authority of the target's certificate")
    accept.add_argument("--min-tls", choices=("1.2", "1.3"), help="oldest TLS version")
    accept.add_argument("--expires-within", metavar="DAYS", type=float, help="fail when the certificate ends sooner")
    how = parser.add_argument_group("how to get there")
    how.add_argument("--via", choices=tuple(WAYS), help="the way; default: direct where it works, else by the API")


def wish(args: Arguments, *, timeout: str | None) -> Wish:
    """UsageError for what cannot be meant."""
    own = bool(args.path or args.port or args.kind or args.grpc_service or args.host or args.header or args.tls)
    return Wish(
        path=args.path if not args.path or args.path.startswith("/") else f"/{args.path}",
        port=args.port or "",
        kind=ProbeKind(args.kind) if args.kind else None,
        service=args.grpc_service or "",
        host=args.host or "",
        headers=tuple(_pair(one, "--header") for one in args.header),
        tls=args.tls,
        rules=_rules(args, own=own),
        timeout=None if timeout is None else parse_timeout(timeout),
    )


def way(args: Arguments) -> Way | None:
    return WAYS[args.via] if args.via else None


def _rules(args: Arguments, *, own: bool) -> Rules | None:
    """None when nothing is asked for: the kubelet's rules for replays, blackbox's for everything else."""
    changes: dict[str, object] = {}
    if args.status:
        changes["statuses"] = tuple(_range(one) for one in args.status.split(","))
    for name in ("body", "body_not"):
        if getattr(args, name):
            changes[name] = _pattern(getattr(args, name))
    if args.expect_header:
        pairs = [_pair(one, "--expect-header") for one in args.expect_header]
        changes["headers"] = tuple(HeaderRule(name, _pattern(text)) for name, text in pairs)
    if args.no_follow:
        changes["redirects"] = Redirects.NONE
    if args.insecure:
        changes["verify_tls"] = False
    if args.fail_if_ssl and args.fail_if_not_ssl:
        raise UsageError("--fail-if-ssl and --fail-if-not-ssl leave nothing that could succeed")
    if args.fail_if_ssl or args.fail_if_not_ssl:
        changes["tls"] = args.fail_if_not_ssl
    if args.min_tls:
        changes["min_tls"] = f"TLSv{args.min_tls}"
    if args.expires_within is not None:
        changes["expires_within"] = args.expires_within * 86400
    if not changes and not args.rules:
        return None
    base = KUBELET if args.rules == "kubelet" or (not args.rules and not own) else Rules()
    return structs.replace(base, **changes)


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.strip().partition("-")
    if not low.isdecimal() or (high and not high.isdecimal()):
        raise UsageError(f"--status cannot be {text!r}", hint="write it as 200-299 or 200,204")
    return int(low), int(high or low)


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"{flag} cannot be {text!r}", hint="write it as NAME:VALUE")
    return name.strip(), value.strip()


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from error
    return text
