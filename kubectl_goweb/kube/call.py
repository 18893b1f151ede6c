"""One request and its answer: sent, repeated where that is safe, refused with a sentence. Which requests there are
lives in connection.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Generator, Mapping
from contextlib import closing
from time import monotonic
from typing import NoReturn
from urllib.parse import quote, urlencode

import msgspec

from kubectl_goweb.errors import (
    ApiError,
    KubeconfigError,
    ServerError,
    ThrottledError,
    UnansweredError,
    UnauthorizedError,
    UnreachableError,
)
from kubectl_goweb.kube import dial, tls
from kubectl_goweb.kube.access import Impersonation
from kubectl_goweb.kube.answers import Asked, asked, refusal
from kubectl_goweb.kube.credentials import Credential
from kubectl_goweb.kube.means import Means
from kubectl_goweb.kube.wire import BrokenError, ClosedError, Head, Wire, request_head

_THROTTLED_TRIES = 3
_LONGEST_PAUSE = 10.0
_LONGEST_REFUSAL = 256 * 1024
_SAFE = ("GET", "HEAD")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    is_relayed: bool = False
    """Somebody behind the API server answers: every status is an answer, nothing is repeated or judged."""
    is_doubted: bool = False
    """Whether a long silence is looked into, see patience. Not of a write: whether it was done would not be known; nor
    of what may well be silent, a log or a watch.
    """
    timeout: float | None = None
    """Seconds for the whole request, when it has a limit of its own."""

    @property
    def about(self) -> Asked:
        return asked(self.method, self.path, self.query)


class Call:
    """A request that can be sent ahead of the moment its answer is wanted. For one thread."""

    def __init__(self, means: Means, request: Request) -> None:
        self._means = means
        self._request = request
        self._wire: Wire | None = None
        self._is_fresh = True
        self._credential = Credential()
        self._fault: OSError | None = None
        timeout = means.access.request_timeout if request.timeout is None else request.timeout
        self._deadline = None if timeout is None else monotonic() + timeout

    def send(self) -> Wire:
        """Put it on the way. KubeconfigError, UnauthorizedError or UnreachableError when there is none; a connection
        lost while sending is told by answer().
        """
        means = self._means
        self._credential = means.credentials.current()
        head = self._head()
        wire, self._is_fresh = means.pool.take(self._credential.certificate)
        self._wire, self._fault = wire, None
        try:
            wire.patience(means.silence, self._deadline, means.patience if self._request.is_doubted else None)
            wire.send(head + self._request.body)
        except OSError as error:
            self._fault = error
        return wire

    def answer(self) -> Answer:
        """The 2xx answer. A stale connection is replaced once (GET only), a refused login renewed once, a throttled
        GET repeated after the pause asked for; ApiError otherwise.
        """
        may_replace, may_renew, pauses = self._request.method in _SAFE, True, _THROTTLED_TRIES
        while True:
            wire = self._wire or self.send()
            try:
                if self._fault is not None:
                    raise self._fault
                head = wire.head()
            except (OSError, ClosedError, BrokenError) as error:
                self.cancel()
                if (
                    may_replace
                    and not self._is_fresh
                    and isinstance(error, ClosedError | ConnectionError | ssl.SSLEOFError)
                ):
                    may_replace = False
                    self._means.pool.forget_idle()
                    continue
                self._lost(error)
            self._wire = None
            answer = Answer(self._means, wire, head, self._request)
            if 200 <= head.status < 300 or self._request.is_relayed:
                return answer
            refused = self._refused(answer)
            if (
                isinstance(refused, ThrottledError) and self._request.method in _SAFE
            ):  # a refused eviction is no throttling
                self._means.tally.note_throttled()
            if isinstance(refused, UnauthorizedError) and may_renew:
                may_renew = False
                if self._means.credentials.renew(self._credential):
                    continue
            if isinstance(refused, ThrottledError) and self._request.method in _SAFE and pauses:
                pauses -= 1
                self._means.patience.say(f"{self._means.access.place} puts our requests off: too many at once (429)")
                if not self._means.closing.wait(_spread(min(refused.retry_after, _LONGEST_PAUSE))):
                    continue
            raise refused

    def _refused(self, answer: Answer) -> ApiError:
        access, head = self._means.access, answer.head
        error = refusal(head.status, head.headers, answer.read(_LONGEST_REFUSAL), self._request.about, access)
        if isinstance(error, UnauthorizedError):
            # The API server asks for no certificate in the handshake, so an expired one shows only here.
            fault = tls.client_certificate_fault(access, self._credential.certificate)
            return UnauthorizedError(f"{fault}; {access.place} answered 401", hint=error.hint) if fault else error
        return error

    def cancel(self) -> None:
        """Give up waiting for the answer."""
        if self._wire is not None:
            self._means.pool.drop(self._wire)
            self._wire = None

    def _head(self) -> bytes:
        access, request = self._means.access, self._request
        prefix = "/" + access.server.split("://", 1)[1].partition("/")[2] if access.server.count("/") > 2 else ""
        target = prefix + quote(request.path, safe="/:@!$&'()*+,;=~%")
        if request.query:
            target += "?" + urlencode(request.query)
        headers = [("Host", access.host)]
        if "User-Agent" not in request.headers:
            headers.append(("User-Agent", self._means.user_agent))
        headers += request.headers.items()
        if self._credential.authorization is not None:
            headers.append(("Authorization", self._credential.authorization.value))
        headers += impersonation(access.impersonation)
        if request.body or request.method not in _SAFE:
            headers.append(("Content-Length", str(len(request.body))))
        try:
            return request_head(request.method, target, headers)
        except ValueError as error:
            raise KubeconfigError(
                f"the request to {access.place} cannot be sent: {error}", hint="look at --as and --as-group"
            ) from error

    def _lost(self, error: Exception) -> NoReturn:
        access, about = self._means.access, self._request.about
        if self._means.closing.is_set():
            raise UnreachableError(f"the connection to {access.place} is closed") from error
        if self._request.method not in _SAFE:
            raise UnansweredError(
                f"{access.place} was asked to {about}, then the connection was lost: was it done?",
                hint="look before repeating it",
            ) from error
        raise _failure(error, self._means, about, self._credential) from error


class Answer:
    """A 2xx answer's body, to be read by one thread; it gives the connection back at its end."""

    def __init__(self, means: Means, wire: Wire, head: Head, request: Request) -> None:
        self.head = head
        self._means = means
        self._wire: Wire | None = wire
        self._request = request
        self._lock = threading.Lock()

    def pieces(self) -> Generator[bytes]:
        """The body as it comes. ServerError for half an answer, UnreachableError for silence or a lost connection."""
        wire, whole = self._wire, False
        if wire is None:
            return
        try:
            yield from wire.body(self.head, expected=self._request.method != "HEAD")
            whole = True
        except (OSError, ClosedError, BrokenError) as error:
            if self._means.closing.is_set():
                raise UnreachableError(f"the connection to {self._means.access.place} is closed") from error
            if self._request.method not in _SAFE:
                raise UnansweredError(
                    f"{self._means.access.place} accepted to {self._request.about}, then its answer was cut short",
                    hint="look before repeating it",
                ) from error
            raise _failure(error, self._means, self._request.about, Credential()) from error
        finally:
            self._release(whole=whole)

    def read(self, most: int | None = None) -> bytes:
        """The whole body, or its first `most` bytes."""
        parts, size = [], 0
        with closing(self.pieces()) as pieces:
            for piece in pieces:
                parts.append(piece)
                size += len(piece)
                if most is not None and size >= most:
                    break
        return b"".join(parts)

    def patience(self, silence: float) -> None:
        """From now on so many seconds of silence, and no other limit: a watch is as long as it is."""
        if self._wire is not None:
            self._wire.patience(silence, None)

    def abort(self) -> None:
        """From any thread: the reader sees the end. After the body's end the connection is no longer ours to end."""
        with self._lock:
            if self._wire is not None:
                self._wire.abort()

    def close(self) -> None:
        """Let go of a body that is not wanted; by the thread that reads, or when nobody does."""
        self._release(whole=False)

    def _release(self, *, whole: bool) -> None:
        with self._lock:
            wire, self._wire = self._wire, None
        if wire is not None:
            (self._means.pool.give if whole else self._means.pool.drop)(wire)


def _spread(pause: float) -> float:
    """At least so many seconds: those that were put off together must not come back together, or all but one of them
    are put off again.
    """
    import random  # rarely needed, and slow to load

    return pause * random.uniform(1.0, 2.0)  # noqa: S311  # no secret


def impersonation(who: Impersonation) -> list[tuple[str, str]]:
    """https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation"""
    headers = [("Impersonate-User", who.user), ("Impersonate-Uid", who.uid)]
    headers += [("Impersonate-Group", group) for group in who.groups]
    headers += [(f"Impersonate-Extra-{quote(key.lower(), safe='')}", value) for key, value in who.extra]
    return [(name, value) for name, value in headers if value]


def _failure(error: Exception, means: Means, about: Asked, credential: Credential) -> ApiError:
    access = means.access
    if isinstance(error, BrokenError):
        return ServerError(
            f"cannot {about}: {access.place} sent {error}",
            hint="is a proxy in between, or is the API server restarting? try again",
        )
    if isinstance(error, ClosedError):
        return UnreachableError(
            f"cannot {about}: {access.place} closed the connection without an answer",
            hint="is the API server restarting? try again",
        )
    if isinstance(error, TimeoutError):
        health, limit = means.patience.health, access.request_timeout
        if health is not None and health.is_etcd_down:
            failed = ", ".join(health.failed)
            return UnreachableError(
                f"cannot {about}: {access.place} runs, but its etcd is gone or hangs (failed: {failed})",
                hint="without etcd nothing can be read or changed; more with: kubectl goweb nodes",
            )
        within = f"within {limit:g} s" if limit is not None and limit < means.silence else f"for {means.silence:g} s"
        return dial.silent(access, f"{within} when asked to {about}{means.patience.words()}")
    if isinstance(error, ssl.SSLError):
        return tls.handshake_failed(error, access, credential.certificate)
    return dial.unreachable(error, access) if isinstance(error, OSError) else ServerError(f"cannot {about}: {error}")
