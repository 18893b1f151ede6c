"""How a kubeconfig's user proves who they are: token, password, program or certificate, as values of access.

Running a program and reading a token that changes live in credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.access import (
    Anonymous,
    AuthProvider,
    BasicAuth,
    ClientCertificate,
    ExecPlugin,
    Login,
    Pem,
    Secret,
    Token,
    TokenFile,
)
from kubectl_goweb.kube.entries import decoded, relative, text_of
from kubectl_goweb.kube.kubefile import Exec, User

_V1, _V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"


def login_of(
    user: User,
    path: Path | None,
    who: str,
    *,
    name: str,
    paths: tuple[Path, ...],
    environ: Mapping[str, str],
    cluster: bytes,
) -> Login:
    """The login of the user called `name`, whose entry stands in `path`, one of the merged `paths`. `cluster` is what
    a program that asks for it is told.

    A token wins over a program, as in client-go; two logins that exclude each other raise KubeconfigError, as does
    every entry that cannot be used.
    """
    given_token, given_password = bool(user.token or user.token_file), bool(user.username or user.password)
    for one, both, other in (
        ("token", given_token and given_password, "username"),
        ("exec", user.exec is not None and user.auth_provider is not None, "auth-provider"),
    ):
        if both:
            raise KubeconfigError(f"{who} has both {one} and {other}", hint="remove one of the two")
    if user.token_file:
        file = relative(user.token_file, path)
        text_of(file, f"{who}: tokenFile")
        return TokenFile(file)
    if user.token:
        return Token(Secret(user.token))
    if given_password:
        return BasicAuth(user.username, Secret(user.password))
    if user.exec is not None:
        return _exec(user.exec, path, who, environ, cluster)
    if user.auth_provider is not None:
        return AuthProvider(user.auth_provider.name, paths, name)
    return Anonymous()


def client_certificate(user: User, path: Path | None, who: str) -> ClientCertificate | None:
    """Certificate and key; KubeconfigError when only one of them is given."""
    certificate = _pem(user.client_certificate, user.client_certificate_data, path, f"{who}: client-certificate")
    key = _pem(user.client_key, user.client_key_data, path, f"{who}: client-key")
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        present, absent = ("certificate", "key") if key is None else ("key", "certificate")
        raise KubeconfigError(
            f"{who} has a client-{present} and no client-{absent}",
            hint="both are needed; see: kubectl config set-credentials --help",
        )
    return ClientCertificate(certificate, key)


def _pem(file: str, data: str, base: Path | None, where: str) -> Pem | None:
    """Data wins over a file, as in client-go; a file is read once now, so that a missing one is told first."""
    if data:
        return Pem(data=Secret(decoded(data, f"{where}-data")))
    if not file:
        return None
    path = relative(file, base)
    text_of(path, where)
    return Pem(path=path)


def _exec(plugin: Exec, path: Path | None, who: str, environ: Mapping[str, str], cluster: bytes) -> ExecPlugin:
    if not plugin.command:
        raise KubeconfigError(f"{who}: exec names no command", hint="set exec.command to the login program")
    if plugin.api_version not in (_V1, _V1BETA1):
        raise KubeconfigError(
            f"{who}: exec has apiVersion {plugin.api_version!r}, which is not supported",
            hint=f"use {_V1} or {_V1BETA1}; renew the kubeconfig with your provider's tool",
        )
    if plugin.interactive_mode not in ("", "Never", "IfAvailable", "Always"):
        raise KubeconfigError(
            f"{who}: exec has interactiveMode {plugin.interactive_mode!r}", hint="it is Never, IfAvailable or Always"
        )
    variables = {**environ, **{variable.name: variable.value for variable in plugin.env}}
    return ExecPlugin(
        command=plugin.command,
        args=tuple(plugin.args),
        environ=Secret(msgspec.json.encode(variables).decode()),
        api_version=plugin.api_version,
        install_hint=plugin.install_hint,
        needs_terminal=plugin.interactive_mode == "Always",
        cluster=Secret(cluster.decode()) if plugin.provide_cluster_info else None,
        folder=str(path.parent) if path else "",
    )
