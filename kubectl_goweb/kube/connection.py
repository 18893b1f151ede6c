"""get, pages, watch and send to one API server: bytes in, bytes out, thread-safe. Read-only mode is enforced here, so
that nothing above can leak a write.

What the bytes mean lives in objects, what to do when a watch ends in watching, how a request is repeated or refused
in call.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from kubectl_goweb import __version__
from kubectl_goweb.errors import RefusedError, ServerError, UnreachableError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.call import Answer, Call, Request
from kubectl_goweb.kube.certificates import Certificate, read_der
from kubectl_goweb.kube.credentials import Credentials
from kubectl_goweb.kube.line_stream import LineStream
from kubectl_goweb.kube.means import Means
from kubectl_goweb.kube.patience import DOUBT_SECONDS, Patience, Tell
from kubectl_goweb.kube.pool import Pool
from kubectl_goweb.kube.wire import Head
from kubectl_goweb.objects.facts import Checked

if TYPE_CHECKING:
    from kubectl_goweb.kube.forwarding import Forward  # loads the kubernetes package

USER_AGENT = f"kubectl-goweb/{__version__}"
SILENCE_SECONDS = 30.0
"""How long a server may say nothing before it counts as hanging."""
IDLE_SECONDS = 150.0
"""How long a watch may be silent: bookmarks come about every minute
(https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks).
"""
PAGE = 500
JSON = "application/json"
_NO_QUERY: Mapping[str, str] = {}
_REVIEWS = (
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
)
_CONTINUE = rb'"continue"\s*:\s*("(?:[^"\\]|\\.)*")'


class _ListMeta(msgspec.Struct, frozen=True):
    next: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()


# Made at import, in one thread; see objects.decoding.decoders.
_LIST = msgspec.json.Decoder(_List)


class Relayed(msgspec.Struct, frozen=True):
    """What somebody behind the API server answered."""

    head: Head
    body: bytes
    processing: float
    """Seconds to the answer's head, the way through the API server included."""
    transfer: float
    """Seconds for the body."""


class Connection:
    """One cluster as one user. Any number of threads may use it at once."""

    def __init__(
        self,
        access: Access,
        *,
        read_only: bool = False,
        user_agent: str = USER_AGENT,
        silence: float = SILENCE_SECONDS,
        doubt: float = DOUBT_SECONDS,
        tell: Tell | None = None,
    ) -> None:
        """Nothing is sent yet. KubeconfigError when the CA, the client certificate or its key cannot be used. `silence`
        and `doubt` are seconds: when a server counts as hanging, and when it is asked how it is; `tell` is told what
        is waited for.
        """
        self.access = access
        self.read_only = read_only
        self._closing = threading.Event()
        patience = Patience(access.place, self._health, doubt=doubt, tell=tell)
        self._pool = Pool(access, patience, silence=silence)
        self._means = Means(access, self._pool, Credentials(access), user_agent, silence, patience, self._closing)

    def get(self, path: str, query: Mapping[str, str] = _NO_QUERY, *, accept: str = JSON) -> bytes:
        """What is at an API path. ApiError (Unreachable, Unauthorized, Forbidden, NotFound, Expired, Throttled,
        Server) with a sentence otherwise.
        """
        answer = self._call(path, query, accept).answer()
        body = answer.read()
        self._check(body, answer, path, accept)
        return body

    def pages(self, path: str, query: Mapping[str, str] = _NO_QUERY, *, limit: int = PAGE) -> Iterator[bytes]:
        """A list in pages of `limit` items. The next one is asked for as soon as this one's continue token is seen,
        so that the server works while the caller decodes.

        ExpiredError when the list took so long that its version is gone: begin again.
        https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
        """
        ahead: Call | None = self._call(path, {**query, "limit": str(limit)}, JSON)
        try:
            while ahead is not None:
                answer, ahead = ahead.answer(), None
                parts: list[bytes] = []
                token: str | None = None
                with closing(answer.pieces()) as pieces:
                    for piece in pieces:
                        parts.append(piece)
                        if token is None and (token := _token_in_head(parts)):
                            ahead = self._next(path, query, limit, token)
                page = b"".join(parts)
                self._check(page, answer, path, JSON)
                if token is None and (token := _token_anywhere(page)):
                    ahead = self._next(path, query, limit, token)
                yield page
        finally:
            if ahead is not None:
                ahead.cancel()

    def watch(
        self, path: str, query: Mapping[str, str] = _NO_QUERY, *, idle_timeout: float = IDLE_SECONDS
    ) -> LineStream:
        """The events of a path, a line each, until the server ends the watch or close(). `idle_timeout` in seconds: a
        stream silent for longer is half-open, UnreachableError.
        """
        return self._stream(path, {"allowWatchBookmarks": "true", **query, "watch": "true"}, JSON, idle_timeout)

    def lines(
        self, path: str, query: Mapping[str, str] = _NO_QUERY, *, idle_timeout: float = IDLE_SECONDS, longest: int
    ) -> LineStream:
        """A text as it comes, line by line, as a container's log is; lines are cut after `longest` bytes."""
        return self._stream(path, query, "*/*", idle_timeout, longest)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = JSON,
        query: Mapping[str, str] = _NO_QUERY,
    ) -> bytes:
        """POST, PUT, PATCH or DELETE; the answer's body. In read-only mode RefusedError before anything is sent,
        except for questions about one's own permissions and for dry runs, which keep nothing.

        Never repeated by itself, except after a 401 (which proves that nothing was done). RefusedError for 409, 422
        and admission's 403.
        """
        is_question = (method == "POST" and path in _REVIEWS) or query.get("dryRun") == "All"
        if self.read_only and not is_question:
            raise RefusedError(f"read-only: refused to {method} {path}", hint="leave --read-only out to allow changes")
        headers = {"Accept": JSON, "Content-Type": content_type} if body else {"Accept": JSON}
        return (
            Call(self._means, Request(method=method, path=path, query=query, headers=headers, body=body))
            .answer()
            .read()
        )

    def relay(
        self,
        path: str,
        query: Mapping[str, str] = _NO_QUERY,
        *,
        headers: Mapping[str, str] = _NO_QUERY,
        timeout: float,
        most: int,
    ) -> Relayed:
        """A GET that the API server passes on to a Pod, Service or node (`.../proxy/...`), and whatever answers, with
        any status; the first `most` bytes of the body. `timeout` in seconds for all of it.

        TimeoutError when the time is over; ApiError when the API server itself cannot be reached or read.
        """
        begun = monotonic()
        request = Request(
            method="GET", path=path, query=query, headers={"Accept": "*/*", **headers}, is_relayed=True, timeout=timeout
        )
        try:
            answer = Call(self._means, request).answer()
            headed = monotonic()
            body = answer.read(most)
        except UnreachableError as error:
            if isinstance(error.__cause__, TimeoutError):
                raise TimeoutError from error
            raise
        return Relayed(answer.head, body, headed - begun, monotonic() - headed)

    def forward(self, namespace: str, pod: str, port: int, *, timeout: float) -> Forward:
        """A connection to a port of a Pod through the API server, as `kubectl port-forward` makes it. ApiError when
        there is none; what the kubelet says against it is in its `complaint`.
        """
        from kubectl_goweb.kube.forwarding import open_forward  # loads the kubernetes package

        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
        return open_forward(self._means, path, port, timeout)

    @property
    def served_certificate(self) -> Certificate | None:
        """What the server, or what stands before it, showed last; None before the first request, and without TLS."""
        return None if self._pool.served is None else read_der(self._pool.served)

    @property
    def throttled(self) -> int:
        """How many requests were put off within the last minute (429), whether or not they were answered later."""
        return self._means.tally.throttled

    def close(self) -> None:
        """End every stream and let go of every connection; from any thread, at once."""
        self._closing.set()
        self._pool.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _health(self) -> Checked:
        from kubectl_goweb.kube.health_endpoints import why_silent  # only where something hangs

        return why_silent(self)

    def _call(self, path: str, query: Mapping[str, str], accept: str, *, is_stream: bool = False) -> Call:
        headers = {"Accept": accept}
        if self.access.compress and not is_stream:
            headers["Accept-Encoding"] = "gzip"
        request = Request(method="GET", path=path, query=query, headers=headers, is_doubted=not is_stream)
        return Call(self._means, request)

    def _stream(
        self, path: str, query: Mapping[str, str], accept: str, idle_timeout: float, longest: int | None = None
    ) -> LineStream:
        answer = self._call(path, query, accept, is_stream=True).answer()
        answer.patience(idle_timeout)
        return LineStream(answer, self.access, idle_timeout, longest=longest)

    def _next(self, path: str, query: Mapping[str, str], limit: int, token: str) -> Call:
        call = self._call(path, {**query, "limit": str(limit), "continue": token}, JSON)
        call.send()
        return call

    def _check(self, body: bytes, answer: Answer, path: str, accept: str) -> None:
        """A login page or half an object, well wrapped, is not an API server's answer."""
        if accept != JSON or (body[:1] == b"{" and body.rstrip()[-1:] == b"}"):
            return
        kind = answer.head.headers.get("content-type", "").partition(";")[0] or "no content type"
        what = "half an object" if body[:1] == b"{" else f"no JSON ({kind})"
        raise ServerError(
            f"cannot read {path}: {self.access.place} sent {what}",
            hint="is server in the kubeconfig an API server, and no portal in between?",
        )


def _token_in_head(parts: list[bytes]) -> str | None:
    """The continue token when it stands before the items, as the API server writes it; empty when there is none, None
    when that cannot be told yet.
    """
    head = parts[0] if len(parts) == 1 else b"".join(parts)
    end = head.find(b'"items"')
    found = re.search(_CONTINUE, head[:end] if end >= 0 else head)
    if found:
        token: str = msgspec.json.decode(found[1], type=str)
        return token
    if end < 0:
        return None
    return "" if b'"metadata"' in head[:end] else None


def _token_anywhere(page: bytes) -> str:
    """The continue token of a list whose metadata stands behind its items."""
    try:
        return _LIST.decode(page).metadata.next
    except msgspec.DecodeError:
        return ""  # whoever decodes the items will say what is wrong with them
