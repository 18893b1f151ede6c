"""What it takes to talk to one cluster as one user, as plain values. How it is found lives in kubeconfig, how it is
used in connection.

Structs rather than dataclasses: a dataclass costs 1.5 ms of start-up each, a Struct 0.03 ms. Secrets never appear in
a repr.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """A string that must not be shown."""

    value: str

    def __repr__(self) -> str:
        return "Secret(...)"


class Anonymous(msgspec.Struct, frozen=True, tag=True):
    """No credential, or only a client certificate."""


class Token(msgspec.Struct, frozen=True, tag=True):
    """A bearer token written in the kubeconfig or given by --token."""

    token: Secret


class TokenFile(msgspec.Struct, frozen=True, tag=True):
    """A bearer token in a file that somebody else renews, as a mounted service account's is."""

    path: Path


class BasicAuth(msgspec.Struct, frozen=True, tag=True):
    """User name and password."""

    username: str
    password: Secret


class ExecPlugin(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A program that prints an ExecCredential:
    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins.
    """

    command: str
    args: tuple[str, ...] = ()
    environ: Secret
    """The whole environment to run it in, as JSON."""
    api_version: str
    install_hint: str = ""
    needs_terminal: bool = False
    """interactiveMode is Always: it cannot run without a terminal, and we never give it one."""
    cluster: Secret | None = None
    """With provideClusterInfo, the JSON of spec.cluster."""
    folder: str = ""
    """Where a relative command with a path separator starts: the folder of the kubeconfig that names it."""


class AuthProvider(msgspec.Struct, frozen=True, tag=True):
    """A login that the `kubernetes` package knows (oidc, gcp):
    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens.
    """

    name: str
    kubeconfigs: tuple[Path, ...]
    """The files to load, first wins; a renewed login is written back to the one it came from, as kubectl does."""
    user: str


Login = Anonymous | Token | TokenFile | BasicAuth | ExecPlugin | AuthProvider


class Pem(msgspec.Struct, frozen=True):
    """Certificates or a key: in a file, or as the kubeconfig's data."""

    path: Path | None = None
    data: Secret | None = None

    def read(self) -> str:
        """The PEM text; OSError when the file cannot be read."""
        if self.data is not None:
            return self.data.value
        return "" if self.path is None else self.path.read_text("utf-8", "replace")


class ClientCertificate(msgspec.Struct, frozen=True):
    """What proves who we are in the TLS handshake."""

    certificate: Pem
    key: Pem


class Impersonation(msgspec.Struct, frozen=True):
    """Who to act as: --as, --as-group, or the user entry's as, as-uid, as-groups, as-user-extra."""

    user: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster, one user, one namespace: everything a Connection needs."""

    server: str
    """https://host:port or http://host:port, with a path when the API stands behind one; no slash at the end."""
    namespace: str = "default"
    context: str = ""
    cluster: str = ""
    user: str = ""
    source: str = ""
    """The kubeconfig file that names the user (else the cluster), or "in-cluster" or "flags", for messages."""
    login: Login = Anonymous()
    ca: str = ""
    """The cluster's certificate authorities as PEM; empty means the system's."""
    certificate: ClientCertificate | None = None
    tls_server_name: str = ""
    insecure: bool = False
    proxy_url: Secret | None = None
    """The proxy for this server, already chosen between the cluster's proxy-url and the environment's; may hold a
    password.
    """
    impersonation: Impersonation = Impersonation()
    request_timeout: float | None = None
    """Seconds for a whole request; None means only silence is limited."""
    compress: bool = True

    @property
    def host(self) -> str:
        """host:port as the user knows the server, for messages."""
        return self.server.split("://", 1)[-1].split("/", 1)[0]

    @property
    def hostname(self) -> str:
        """The server's name or address without the port."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        parts = urlsplit(self.server)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def place(self) -> str:
        """The server with its context, for messages: `10.0.0.1:6443 (context prod)`."""
        return f"{self.host} (context {self.context})" if self.context else self.host
