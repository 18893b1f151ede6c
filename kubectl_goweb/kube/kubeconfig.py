"""From flags, environment and kubeconfig files to one Access, by kubectl's rules. Reading one file lives in kubefile,
using the Access in connection.

The rules:
https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
"""

from __future__ import annotations

import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.access import (
    Access,
    Anonymous,
    AuthProvider,
    BasicAuth,
    ClientCertificate,
    ExecPlugin,
    Impersonation,
    Login,
    Pem,
    Secret,
    Token,
    TokenFile,
)
from kubectl_goweb.kube.kubefile import Cluster, Context, Exec, Kubefile, User, read_kubefile
from kubectl_goweb.kube.proxy import environment_proxy

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_PROXY_SCHEMES = ("http", "socks5", "socks5h")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """kubectl's flags that choose or change how the cluster is reached. Empty means: as the kubeconfig says."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    as_user: str = ""
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    server: str = ""
    token: Secret | None = None
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    request_timeout: float | None = None
    """Seconds; None for no limit (timeouts.parse_timeout reads the flag)."""


class Available(NamedTuple):
    """What the merged kubeconfig offers, for choosing a context or completing a flag."""

    contexts: Mapping[str, Context]
    clusters: tuple[str, ...]
    users: tuple[str, ...]
    current_context: str


def available(overrides: Overrides, environ: Mapping[str, str], home: Path) -> Available:
    """The names of the merged kubeconfig; empty when there is none. KubeconfigError when a file cannot be read."""
    merged = _Merged(_read_all(overrides, environ, home))
    return Available(
        {name: entry.value for name, entry in merged.contexts.items()},
        tuple(merged.clusters),
        tuple(merged.users),
        merged.current_context,
    )


def resolve(
    overrides: Overrides, environ: Mapping[str, str], home: Path, *, service_account: Path = SERVICE_ACCOUNT
) -> Access:
    """The cluster, user and namespace that kubectl would use: --kubeconfig, else KUBECONFIG's files merged, else
    ~/.kube/config, else the Pod we run in.

    KubeconfigError, naming file and entry, when they do not lead to a server.
    """
    files = _read_all(overrides, environ, home)
    merged = _Merged(files)
    if merged.is_empty and not overrides.server:
        if not overrides.kubeconfig and environ.get("KUBERNETES_SERVICE_HOST"):
            return _in_cluster(overrides, environ, service_account)
        raise _nothing_configured(overrides, environ, home, files)
    return _from_files(overrides, environ, merged)


class _Entry(NamedTuple):
    """A cluster, user or context and the file it stands in."""

    value: object
    path: Path


class _Clusters(NamedTuple):
    value: Cluster
    path: Path


class _Users(NamedTuple):
    value: User
    path: Path


class _Contexts(NamedTuple):
    value: Context
    path: Path


class _Merged:
    """Several files as one: the first that sets a name or the current context wins."""

    def __init__(self, files: list[Kubefile]) -> None:
        self.paths = tuple(file.path for file in files)
        self.current_context = next((file.current_context for file in files if file.current_context), "")
        self.clusters: dict[str, _Clusters] = {}
        self.users: dict[str, _Users] = {}
        self.contexts: dict[str, _Contexts] = {}
        for file in files:
            for name, cluster in file.clusters.items():
                self.clusters.setdefault(name, _Clusters(cluster, file.path))
            for name, user in file.users.items():
                self.users.setdefault(name, _Users(user, file.path))
            for name, context in file.contexts.items():
                self.contexts.setdefault(name, _Contexts(context, file.path))

    @property
    def is_empty(self) -> bool:
        return not (self.clusters or self.users or self.contexts or self.current_context)

    @property
    def place(self) -> str:
        return " + ".join(map(str, self.paths)) or "the flags"


def _read_all(overrides: Overrides, environ: Mapping[str, str], home: Path) -> list[Kubefile]:
    if overrides.kubeconfig:
        path = _expanded(overrides.kubeconfig, home)
        file = read_kubefile(path)
        if file is None:
            raise KubeconfigError(f"kubeconfig {path} does not exist", hint="check --kubeconfig")
        return [file]
    paths = _listed(environ, home)
    return [file for path in dict.fromkeys(paths) if (file := read_kubefile(path)) is not None]


def _listed(environ: Mapping[str, str], home: Path) -> list[Path]:
    named = [part for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return [Path(part).absolute() for part in named] or [home / ".kube" / "config"]


def _expanded(path: str, home: Path) -> Path:
    """The shell leaves the ~ of --kubeconfig=~/x alone."""
    return home / path[2:] if path.startswith("~/") else Path(path).absolute()


def _nothing_configured(
    overrides: Overrides, environ: Mapping[str, str], home: Path, files: list[Kubefile]
) -> KubeconfigError:
    if files:
        which = " and ".join(str(file.path) for file in files)
        return KubeconfigError(
            f"kubeconfig {which} is empty", hint="add a cluster with kubectl config, or give --kubeconfig"
        )
    missing = " and ".join(map(str, _listed(environ, home)))
    source = "KUBECONFIG names" if environ.get("KUBECONFIG") else "there is"
    verb = "which does not exist" if source != "there is" else ""
    sentence = (
        f"KUBECONFIG names {missing}, and none of it exists"
        if verb
        else f"there is no kubeconfig: {missing} does not exist"
    )
    return KubeconfigError(
        sentence, hint="set KUBECONFIG, give --kubeconfig, or try it without a cluster: kubectl goweb demo"
    )


def _from_files(overrides: Overrides, environ: Mapping[str, str], merged: _Merged) -> Access:
    context_name = overrides.context or merged.current_context
    context, context_path = _context(overrides, merged, context_name)
    cluster_name = overrides.cluster or context.cluster
    cluster, cluster_path = _cluster(overrides, merged, cluster_name, context_name)
    user_name = overrides.user or context.user
    user, user_path = _user(overrides, merged, user_name, context_name)
    cluster = _overridden_cluster(overrides, cluster)
    user = _overridden_user(overrides, user)
    where = f"kubeconfig {cluster_path or merged.place}: cluster {cluster_name!r}"
    who = f"kubeconfig {user_path or merged.place}: user {user_name!r}"
    server = _server(cluster, user, where)
    ca_base = None if overrides.certificate_authority else cluster_path
    certificate = _client_certificate(overrides, user, user_path, who)
    login = _login(
        user, user_path, who, merged, context_name, user_name, environ, _exec_cluster(cluster, server, ca_base, where)
    )
    secure = server.startswith("https://")
    return Access(
        server=server,
        namespace=overrides.namespace or context.namespace or "default",
        context=context_name,
        cluster=cluster_name,
        user=user_name,
        source=str(user_path or cluster_path or context_path or "flags"),
        login=login if secure else Anonymous(),  # kubectl, too, sends no credential in the clear
        ca=_ca(cluster, ca_base, where),
        certificate=certificate if secure else None,
        tls_server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
        proxy_url=_proxy(cluster, server, environ, where),
        impersonation=_impersonation(overrides, user),
        request_timeout=overrides.request_timeout,
        compress=not cluster.disable_compression,
    )


def _context(overrides: Overrides, merged: _Merged, name: str) -> tuple[Context, Path | None]:
    if name in merged.contexts:
        return merged.contexts[name]
    if name and (overrides.context or not overrides.server):
        flag = "--context" if overrides.context else "current-context"
        raise KubeconfigError(
            f"kubeconfig {merged.place}: context {name!r} ({flag}) does not exist",
            hint=_offer("contexts", merged.contexts),
        )
    if not (overrides.server or overrides.cluster):
        raise KubeconfigError(
            f"kubeconfig {merged.place}: no current-context is set",
            hint=f"choose one: kubectl config use-context NAME, or --context; {_offer('contexts', merged.contexts)}",
        )
    return Context(), None


def _cluster(overrides: Overrides, merged: _Merged, name: str, context: str) -> tuple[Cluster, Path | None]:
    if name in merged.clusters:
        return merged.clusters[name]
    if overrides.server and not overrides.cluster:
        return Cluster(), None
    if not name:
        raise KubeconfigError(
            f"kubeconfig {merged.contexts[context].path}: context {context!r} names no cluster",
            hint=f"set it: kubectl config set-context {context} --cluster=NAME; {_offer('clusters', merged.clusters)}",
        )
    by = "--cluster" if overrides.cluster else f"named by context {context!r}"
    raise KubeconfigError(
        f"kubeconfig {merged.place}: cluster {name!r} ({by}) does not exist", hint=_offer("clusters", merged.clusters)
    )


def _user(overrides: Overrides, merged: _Merged, name: str, context: str) -> tuple[User, Path | None]:
    if name in merged.users:
        return merged.users[name]
    if not name:
        return User(), None
    by = "--user" if overrides.user else f"named by context {context!r}"
    raise KubeconfigError(
        f"kubeconfig {merged.place}: user {name!r} ({by}) does not exist", hint=_offer("users", merged.users)
    )


def _offer(kind: str, names: Mapping[str, object]) -> str:
    shown = ", ".join(sorted(names)[:8])
    return f"{kind} there: {shown}{', ...' if len(names) > 8 else ''}" if names else f"there are no {kind} in it"


def _overridden_cluster(overrides: Overrides, cluster: Cluster) -> Cluster:
    """Flags over the entry; --server forgets the entry's tls-server-name, a CA or insecure flag the entry's opposite
    (client-go's getCluster).
    """
    replace = msgspec.structs.replace
    if overrides.server or overrides.tls_server_name:
        cluster = replace(cluster, tls_server_name=overrides.tls_server_name, server=overrides.server or cluster.server)
    if overrides.certificate_authority:
        cluster = replace(
            cluster,
            certificate_authority=overrides.certificate_authority,
            certificate_authority_data="",
            insecure_skip_tls_verify=overrides.insecure_skip_tls_verify,
        )
    elif overrides.insecure_skip_tls_verify:
        cluster = replace(
            cluster, insecure_skip_tls_verify=True, certificate_authority="", certificate_authority_data=""
        )
    return cluster


def _overridden_user(overrides: Overrides, user: User) -> User:
    replace = msgspec.structs.replace
    if overrides.token is not None:
        user = replace(
            user, token=overrides.token.value, token_file="", exec=None, auth_provider=None, username="", password=""
        )
    if overrides.client_certificate:
        user = replace(user, client_certificate=overrides.client_certificate, client_certificate_data="")
    if overrides.client_key:
        user = replace(user, client_key=overrides.client_key, client_key_data="")
    return user


def _server(cluster: Cluster, user: User, where: str) -> str:
    text = cluster.server.strip()
    if not text:
        raise KubeconfigError(
            f"{where} has no server", hint="set it with kubectl config set-cluster NAME --server=https://HOST:PORT"
        )
    if "://" not in text:
        secure = cluster.certificate_authority or cluster.certificate_authority_data or cluster.insecure_skip_tls_verify
        certified = user.client_certificate or user.client_certificate_data
        text = f"{'https' if secure or certified else 'http'}://{text}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(sign.isspace() for sign in text):
        raise KubeconfigError(f"{where}: server {cluster.server!r} is not a URL", hint="write it as https://HOST:PORT")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def _proxy(cluster: Cluster, server: str, environ: Mapping[str, str], where: str) -> Secret | None:
    url = cluster.proxy_url or environment_proxy(server, environ)
    if not url:
        return None
    where = f"{where}: proxy-url" if cluster.proxy_url else "the proxy of the environment (HTTPS_PROXY or HTTP_PROXY)"
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise KubeconfigError(f"{where} is not a URL", hint="write it as http://HOST:PORT")
    if parts.scheme not in _PROXY_SCHEMES:
        raise KubeconfigError(f"{where}: {parts.scheme} proxies are not supported", hint="use an http or socks5 proxy")
    return Secret(url)


def _ca(cluster: Cluster, base: Path | None, where: str) -> str:
    if cluster.insecure_skip_tls_verify and (cluster.certificate_authority or cluster.certificate_authority_data):
        raise KubeconfigError(
            f"{where} has both a certificate-authority and insecure-skip-tls-verify", hint="remove one of the two"
        )
    if cluster.certificate_authority_data:
        return _decoded(cluster.certificate_authority_data, f"{where}: certificate-authority-data")
    if cluster.certificate_authority:
        return _text(_relative(cluster.certificate_authority, base), f"{where}: certificate-authority")
    return ""


def _client_certificate(overrides: Overrides, user: User, path: Path | None, who: str) -> ClientCertificate | None:
    certificate = _pem(
        user.client_certificate,
        user.client_certificate_data,
        None if overrides.client_certificate else path,
        f"{who}: client-certificate",
    )
    key = _pem(user.client_key, user.client_key_data, None if overrides.client_key else path, f"{who}: client-key")
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        present, absent = ("client-certificate", "client-key") if key is None else ("client-key", "client-certificate")
        raise KubeconfigError(
            f"{who} has a {present} and no {absent}", hint="both are needed; see: kubectl config set-credentials --help"
        )
    return ClientCertificate(certificate, key)


def _pem(file: str, data: str, base: Path | None, where: str) -> Pem | None:
    """Data wins over a file, as in kubectl; a file is looked at now, so that a missing one is told before anything is
    tried.
    """
    if data:
        return Pem(data=Secret(_decoded(data, f"{where}-data")))
    if not file:
        return None
    path = _relative(file, base)
    _text(path, where)
    return Pem(path=path)


def _login(
    user: User,
    path: Path | None,
    who: str,
    merged: _Merged,
    context: str,
    name: str,
    environ: Mapping[str, str],
    exec_cluster: bytes,
) -> Login:
    kinds = [
        label
        for label, given in (
            ("token", user.token or user.token_file),
            ("username", user.username),
            ("exec", user.exec),
            ("auth-provider", user.auth_provider),
        )
        if given
    ]
    if len(kinds) > 1 and kinds != ["token", "exec"]:
        raise KubeconfigError(f"{who} has more than one login: {' and '.join(kinds)}", hint="remove all but one")
    if user.token and not user.token_file:
        return Token(Secret(user.token))
    if user.token_file:
        file = _relative(user.token_file, path)
        _text(file, f"{who}: tokenFile")
        return TokenFile(file)
    if user.username:
        return BasicAuth(user.username, Secret(user.password))
    if user.exec is not None:
        return _exec(user.exec, path, who, environ, exec_cluster)
    if user.auth_provider is not None:
        return AuthProvider(user.auth_provider.name, merged.paths, name)
    return Anonymous()


def _exec(plugin: Exec, path: Path | None, who: str, environ: Mapping[str, str], cluster: bytes) -> ExecPlugin:
    if not plugin.command:
        raise KubeconfigError(f"{who}: exec names no command", hint="set exec.command to the login program")
    if plugin.api_version not in EXEC_VERSIONS:
        raise KubeconfigError(
            f"{who}: exec has apiVersion {plugin.api_version!r}, which is not supported",
            hint=f"use {EXEC_VERSIONS[0]} or {EXEC_VERSIONS[1]}; renew the kubeconfig with your provider's tool",
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


def _exec_cluster(cluster: Cluster, server: str, ca_base: Path | None, where: str) -> bytes:
    """spec.cluster of the ExecCredential handed to a plugin that asks for it."""
    ca = _ca(cluster, ca_base, where)
    config = next(
        (item.extension for item in cluster.extensions if item.name == "client.authentication.k8s.io/exec"), None
    )
    fields = {
        "server": server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": binascii.b2a_base64(ca.encode(), newline=False).decode(),
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": config,
    }
    return msgspec.json.encode({name: value for name, value in fields.items() if value})


def _impersonation(overrides: Overrides, user: User) -> Impersonation:
    if overrides.as_user:
        return Impersonation(overrides.as_user, overrides.as_uid, overrides.as_groups)
    if overrides.as_groups or overrides.as_uid:
        raise KubeconfigError("--as-group and --as-uid need --as", hint="say whom to act as: --as=NAME")
    extra = tuple((key, value) for key, values in user.as_user_extra.items() for value in values)
    return Impersonation(user.as_, user.as_uid, tuple(user.as_groups), extra)


def _in_cluster(overrides: Overrides, environ: Mapping[str, str], folder: Path) -> Access:
    """The service account of the Pod we run in:
    https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/.
    """
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token_file = folder / "token"
    _text(token_file, "in-cluster: the service account's token")
    ca_file = folder / "ca.crt"
    namespace_file = folder / "namespace"
    namespace = namespace_file.read_text("utf-8").strip() if namespace_file.is_file() else ""
    return Access(
        server=server,
        namespace=overrides.namespace or environ.get("POD_NAMESPACE") or namespace or "default",
        source="in-cluster",
        login=TokenFile(token_file) if overrides.token is None else Token(overrides.token),
        ca=""
        if overrides.insecure_skip_tls_verify
        else _text(ca_file, "in-cluster: the cluster's certificate authority"),
        insecure=overrides.insecure_skip_tls_verify,
        tls_server_name=overrides.tls_server_name,
        impersonation=_impersonation(overrides, User()),
        request_timeout=overrides.request_timeout,
    )


def _relative(path: str, base: Path | None) -> Path:
    """A path in a kubeconfig starts from that file's folder, a path in a flag from where we stand."""
    return (base.parent if base else Path.cwd()) / path


def _text(path: Path, what: str) -> str:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise KubeconfigError(f"{what}: cannot read {path}: {why}", hint=f"look at it with: ls -l {path}") from error
    if not text.strip():
        raise KubeconfigError(f"{what}: {path} is empty", hint="fetch the kubeconfig again")
    return text


def _decoded(data: str, what: str) -> str:
    """The text of a kubeconfig's base64; line breaks in it are allowed, as in Go."""
    try:
        text = binascii.a2b_base64(data.translate({10: None, 13: None}), strict_mode=True).decode()
    except (ValueError, UnicodeDecodeError) as error:  # binascii.Error is a ValueError
        raise KubeconfigError(
            f"{what} is not valid base64", hint="fetch the kubeconfig again, or check how it was copied"
        ) from error
    if not text.strip():
        raise KubeconfigError(f"{what} is empty", hint="fetch the kubeconfig again")
    return text
