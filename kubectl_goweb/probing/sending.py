"""One probe by one way: asked, judged, told as a ProbeResult. Repeating lives in prober, choosing the way in ways."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, assert_never
from urllib.parse import urlsplit

from msgspec import Struct, structs

from kubectl_goweb.errors import ApiError, ForbiddenError, UnauthorizedError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.kube.wire import BrokenError, ClosedError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing import relaying
from kubectl_goweb.probing.faults import fault, kubelet_complaint
from kubectl_goweb.probing.http import BodyError, exchange, open_directly
from kubectl_goweb.probing.judging import MOST_REDIRECTS, Judgement, Response, judge, tls_fault
from kubectl_goweb.probing.sockets import Trust, secured
from kubectl_goweb.probing.stopwatch import Stopwatch
from kubectl_goweb.status.probes.results import Durations, Phase, ProbeKind, ProbeResult, Reason, Source, TlsFacts, Way
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.status.verdicts import Ref

_PORT_CHECK = 0.5
"""Seconds to find out whether a port answers."""
_FORWARD_SECONDS = 10.0
"""For each step of opening a port-forward."""
_BRIEF = 0.5
"""Seconds for finding out whether there is a direct way."""
_UNVERIFIED = "the API server takes every certificate: name, authority and end of this one were not checked"


class Forward(Protocol):
    """An open way to a port of a Pod."""

    socket: socket.socket

    @property
    def complaint(self) -> str: ...

    def close(self) -> None: ...


class Cluster(Protocol):
    """What is needed of a connection to the API server."""

    def relay(
        self, path: str, query: dict[str, str], *, headers: dict[str, str], timeout: float, most: int
    ) -> Relayed: ...

    def forward(self, namespace: str, pod: str, port: int, *, timeout: float) -> Forward: ...


class Outcome(Struct, frozen=True):
    """What one attempt gave."""

    judgement: Judgement
    durations: Durations
    address: str
    response: Response | None = None
    tls: TlsFacts | None = None
    code: int | None = None


class Sender:
    """Sends probes. Thread-safe: it keeps nothing between them."""

    def __init__(self, now: Callable[[], datetime], cluster: Cluster | None = None, trust: Trust | None = None) -> None:
        """Without a cluster, everything is reached directly."""
        self._now = now
        self._cluster = cluster
        self._trust = trust or Trust()

    def probe(self, target: Target, way: Way) -> ProbeResult:
        """Probe once. Never raises for what the target or the way does: that is the result."""
        at = self._now()
        if target.unready:
            outcome = Outcome(Judgement(Reason.NOT_SEEN, target.unready), Durations(0.0), "")
        else:
            outcome = self._outcome(target, way)
        if outcome.judgement.reason is Reason.REFUSED and target.ref is not None and target.ref.kind == "Pod":
            outcome = structs.replace(outcome, judgement=self._wrong_port(target, way) or outcome.judgement)
        judgement, response = outcome.judgement, outcome.response
        length = response.headers.get("content-length", "") if response else ""
        return ProbeResult(
            target=target.key,
            kind=target.request.kind,
            success=judgement.success,
            reason=judgement.reason,
            detail=judgement.detail,
            code=response.status if response else outcome.code,
            durations=outcome.durations,
            at=at,
            way=way,
            source=Source.US,
            address=outcome.address,
            tls=outcome.tls or (response.tls if response else None),
            redirects=response.redirects if response else 0,
            http_version=response.version if response else "",
            content_length=int(length) if length.isdecimal() else None,
            body_length=len(response.body) if response else None,
            body_mismatch=judgement.body_mismatch,
            warning=judgement.warning,
        )

    def answers_alike(self, target: Target) -> bool | None:
        """Whether a Pod answers well, and with the same body, directly and through the API server: then its address is
        its own from here, too. None when it does not answer well through the API server either. Never raises.
        """
        if self._cluster is None or target.request.kind is not ProbeKind.HTTP:
            return None
        brief = structs.replace(target, timeout=min(target.timeout, _BRIEF))
        relayed = self._outcome(brief, Way.API_PROXY)
        if not relayed.judgement.success or relayed.response is None or not relayed.response.body:
            return None
        direct = self._outcome(brief, Way.DIRECT).response
        return direct is not None and (direct.status, direct.body) == (relayed.response.status, relayed.response.body)

    def _outcome(self, target: Target, way: Way) -> Outcome:
        match way:
            case Way.DIRECT:
                return self._on_sockets(target, f"{target.host}:{target.request.port}", None)
            case Way.API_PROXY:
                return self._relayed(target)
            case Way.PORT_FORWARD:
                return self._forwarded(target)
            case Way.NODE:
                return _unseen("only a kubelet probes from the node")
            case _:
                assert_never(way)

    def _on_sockets(self, target: Target, address: str, forwards: _Forwards | None) -> Outcome:
        """On sockets of our own: opened directly, or forwarded."""
        response: Response | None = None
        tls: TlsFacts | None = None
        code: int | None = None
        if target.request.kind is ProbeKind.GRPC:
            from kubectl_goweb.probing import grpc, grpc_health  # loads h2
        watch = Stopwatch(target.timeout)
        try:
            match target.request.kind:
                case ProbeKind.HTTP:
                    response = exchange(target, self._trust, watch, forwards)
                    judgement = judge(response, target.rules, self._now())
                case ProbeKind.GRPC:
                    answer, tls = grpc.check(target, self._trust, watch, forwards)
                    code = answer.code
                    judgement = grpc_health.judge_health(answer, target.request.service)
                case ProbeKind.TCP:
                    judgement, tls = self._connect(target, watch, forwards)
                case ProbeKind.EXEC:
                    return _unseen("a command can only be run by the kubelet")
                case _:
                    assert_never(target.request.kind)
        except BodyError as error:
            response = error.response
            judgement = fault(error.why, watch.phase, target.timeout)
        except (OSError, ClosedError, BrokenError) as error:
            judgement = fault(error, watch.phase, target.timeout)
        durations = watch.durations()
        if forwards is not None:
            judgement = kubelet_complaint(forwards.complaint, target.request.port) or judgement
            durations = structs.replace(durations, resolve=None, connect=None)
        return Outcome(judgement, durations, address, response, tls, code)

    def _connect(
        self, target: Target, watch: Stopwatch, forwards: _Forwards | None
    ) -> tuple[Judgement, TlsFacts | None]:
        request = target.request
        with (forwards or open_directly)(target.host, request.port, watch) as sock:
            if not request.tls:
                if forwards is not None:
                    forwards.settle(watch)
                return Judgement(Reason.OK), None
            context = self._trust.context(verify=target.rules.verify_tls, protocols=())
            secure, tls = secured(sock, context, request.host or target.host, watch)
            secure.close()
        return tls_fault(tls, target.rules, self._now()) or Judgement(Reason.OK), tls

    def _relayed(self, target: Target) -> Outcome:
        """Through the API server's proxy: only the answer's phases can be seen."""
        path = relaying.proxy_path(target)
        if self._cluster is None or path is None or target.request.kind is not ProbeKind.HTTP:
            return _unseen(f"{target.request.kind} cannot be asked through the API proxy")
        watch = Stopwatch(target.timeout)
        query = relaying.proxy_query(target.request.path)
        processing = transfer = 0.0
        redirects = 0
        response: Response | None = None
        try:
            while True:
                watch.phase = Phase.PROCESSING
                got = self._cluster.relay(
                    path,
                    query,
                    headers=dict(target.request.headers),
                    timeout=watch.left(),
                    most=target.rules.most_body,
                )
                processing, transfer = processing + got.processing, transfer + got.transfer
                response = Response(got.head.status, got.head.headers, got.body, got.head.version, None, redirects)
                onward = relaying.next_path(target, response)
                if onward is None or redirects >= MOST_REDIRECTS:
                    break
                redirects += 1
                path, query = urlsplit(onward).path, relaying.proxy_query(onward)
            way_fault = relaying.way_fault(got.head.status, got.body)
            response = relaying.seen_from_target(target, response)
            judgement = way_fault or judge(response, structs.replace(target.rules, tls=None), self._now())
            if judgement.reason is Reason.OK and target.request.tls and target.rules.verify_tls:
                judgement = structs.replace(judgement, warning=_UNVERIFIED)
            response = None if way_fault else response
        except TimeoutError as error:
            judgement = fault(error, watch.phase, target.timeout)
        except (ForbiddenError, UnauthorizedError) as error:
            judgement = Judgement(Reason.NOT_ALLOWED, error.sentence)
        except ApiError as error:
            judgement = Judgement(Reason.NOT_SEEN, error.sentence)
        total = watch.durations().total
        return Outcome(judgement, Durations(total, processing=processing, transfer=transfer), path, response)

    def _forwarded(self, target: Target) -> Outcome:
        ref = target.ref
        if self._cluster is None or ref is None or ref.kind != "Pod":
            return _unseen("only a Pod can be reached by a port-forward")
        address = f"pod/{ref.name}:{target.request.port}"
        forwards = _Forwards(self._cluster, ref)
        try:
            return self._on_sockets(target, address, forwards)
        except (ForbiddenError, UnauthorizedError) as error:
            return Outcome(Judgement(Reason.NOT_ALLOWED, error.sentence), Durations(0.0), address)
        except ApiError as error:
            return Outcome(Judgement(Reason.NOT_SEEN, error.sentence), Durations(0.0), address)
        finally:
            forwards.close()

    def _wrong_port(self, target: Target, way: Way) -> Judgement | None:
        """Whether the target listens somewhere else: a refused port is the most common mistake in a probe."""
        port = target.request.port
        ports = ", ".join(str(one) for one in target.other_ports)
        whose = f"container {plain(target.container)}"
        if not target.declares_port:
            return Judgement(Reason.WRONG_PORT, f"port {port} is refused, and {whose} declares {ports}")
        for other in target.other_ports:
            request = structs.replace(target.request, kind=ProbeKind.TCP, tls=False, port=other)
            check = structs.replace(target, request=request, timeout=min(_PORT_CHECK, target.timeout))
            way_there = Way.PORT_FORWARD if way is Way.API_PROXY else way
            if self._outcome(check, way_there).judgement.reason is Reason.OK:
                return Judgement(Reason.WRONG_PORT, f"port {port} is refused, while port {other} of {whose} answers")
        return None


class _Forwards:
    """Opens port-forwards to one Pod, for one probe. Opening is no part of the target: the clock stands still."""

    def __init__(self, cluster: Cluster, ref: Ref) -> None:
        self._cluster = cluster
        self._ref = ref
        self._open: list[Forward] = []

    def __call__(self, host: str, port: int, watch: Stopwatch) -> socket.socket:
        with watch.pause():
            forward = self._cluster.forward(self._ref.namespace, self._ref.name, port, timeout=_FORWARD_SECONDS)
        self._open.append(forward)
        return forward.socket

    @property
    def complaint(self) -> str:
        """What the kubelet said against the newest connection."""
        return self._open[-1].complaint if self._open else ""

    def settle(self, watch: Stopwatch) -> None:
        """Wait a moment for a complaint: that a connection was refused is told only after it was opened."""
        sock = self._open[-1].socket
        with watch.pause():
            sock.settimeout(_PORT_CHECK)
            try:
                sock.recv(1)
            except OSError:
                return  # silence is what a port does that listens and waits for us to speak

    def close(self) -> None:
        for forward in self._open:
            forward.close()


def _unseen(why: str) -> Outcome:
    return Outcome(Judgement(Reason.NOT_SEEN, why), Durations(0.0), "")
