"""Who we are at this moment: the Authorization header and the client certificate, kept while they hold, renewed when
they do not. What a login needs is in access.
"""

from __future__ import annotations

import binascii
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import assert_never

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.access import (
    Access,
    Anonymous,
    AuthProvider,
    BasicAuth,
    ClientCertificate,
    ExecPlugin,
    Secret,
    Token,
    TokenFile,
)

_RENEW_EARLY = timedelta(seconds=10)
"""So long before it expires a credential is renewed: a request under way must not meet its end."""


class Credential(msgspec.Struct, frozen=True):
    """One answer to "who are you": both, either or none."""

    authorization: Secret | None = None
    certificate: ClientCertificate | None = None
    expires: datetime | None = None


class Credentials:
    """The credential of one Access. Thread-safe: however many threads ask at once, a program is run once."""

    def __init__(self, access: Access, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._access = access
        self._now = now
        self._lock = threading.Lock()
        self._current: Credential | None = None

    def current(self) -> Credential:
        """The credential to use now; may run a login program. KubeconfigError or UnauthorizedError when there is
        none.
        """
        with self._lock:
            held = self._current
            if held is None or self._is_over(held):
                held = self._current = self._log_in()
            return held

    def renew(self, refused: Credential) -> bool:
        """After a 401: whether there is now another credential than the one that was refused."""
        with self._lock:
            if self._current is not None and self._current != refused:
                return True  # another thread has renewed it meanwhile
            if isinstance(self._access.login, Token | BasicAuth | Anonymous):
                return False
            self._current = self._log_in()
            return self._current != refused

    def _is_over(self, held: Credential) -> bool:
        # A file is read for every request: it is a few microseconds, and there is no moment in which an old token is
        # sent.
        if isinstance(self._access.login, TokenFile):
            return True
        return held.expires is not None and self._now() >= held.expires - _RENEW_EARLY

    def _log_in(self) -> Credential:
        access, login = self._access, self._access.login
        who = f"kubeconfig {access.source}: user {access.user!r}"
        match login:
            case Anonymous():
                return Credential(certificate=access.certificate)
            case Token(token):
                return Credential(_bearer(token.value, who), access.certificate)
            case TokenFile(path):
                try:
                    text = path.read_text("utf-8").strip()
                except (OSError, UnicodeDecodeError) as error:
                    raise KubeconfigError(
                        f"{who}: cannot read the token file {path}", hint=f"look at it with: ls -l {path}"
                    ) from error
                if not text:
                    raise KubeconfigError(f"{who}: the token file {path} is empty", hint="log in again")
                return Credential(_bearer(text, who), access.certificate)
            case BasicAuth(username, password):
                pair = binascii.b2a_base64(f"{username}:{password.value}".encode(), newline=False).decode()
                return Credential(Secret(f"Basic {pair}"), access.certificate)
            case ExecPlugin():
                from kubectl_goweb.kube.exec_plugin import run_plugin

                given = run_plugin(login, who)
                header = _bearer(given.token.value, who) if given.token else None
                return Credential(header, given.certificate or access.certificate, given.expires)
            case AuthProvider():
                from kubectl_goweb.kube.auth_provider import provider_authorization

                return Credential(Secret(provider_authorization(login, who)), access.certificate)
            case _:
                assert_never(login)


def _bearer(token: str, who: str) -> Secret:
    if not token.isascii() or not token.isprintable() or " " in token:
        raise KubeconfigError(
            f"{who}: the token has characters that no token has", hint="was it copied whole, on one line? log in again"
        )
    return Secret(f"Bearer {token}")
