"""From flags, environment and kubeconfig files to one Access, by kubectl's rules. Reading one file lives in kubefile,
using the Access in connection.

The rules:
https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.access import Access as Access
from kubectl_goweb.kube.access import Anonymous, Impersonation, Secret, Token, TokenFile
from kubectl_goweb.kube.clusters import ca_of, exec_cluster, overridden_cluster, proxy_of, server_of
from kubectl_goweb.kube.entries import from_here, text_of
from kubectl_goweb.kube.kubefile import Context, User
from kubectl_goweb.kube.logins import client_certificate, login_of
from kubectl_goweb.kube.merging import (
    Merged,
    chosen_cluster,
    chosen_context,
    chosen_user,
    nothing_configured,
    read_all,
)
from kubectl_goweb.kube.overrides import Overrides as Overrides

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Available(msgspec.Struct, frozen=True):
    """What the merged kubeconfig offers, for choosing a context or completing a flag."""

    contexts: Mapping[str, Context]
    clusters: tuple[str, ...]
    users: tuple[str, ...]
    current_context: str


def available(overrides: Overrides, environ: Mapping[str, str], home: Path) -> Available:
    """The names of the merged kubeconfig; empty when there is none. KubeconfigError when a file cannot be read."""
    merged = Merged(read_all(overrides, environ, home))
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
    files = read_all(overrides, environ, home)
    merged = Merged(files)
    if merged.is_empty and not overrides.server:
        named = overrides.kubeconfig or overrides.context or overrides.cluster or overrides.user
        if environ.get("KUBERNETES_SERVICE_HOST") and not named:
            return _in_cluster(overrides, environ, service_account)
        raise nothing_configured(environ, home, files)
    return _from_files(overrides, environ, merged)


def _from_files(overrides: Overrides, environ: Mapping[str, str], merged: Merged) -> Access:
    context_name = overrides.context or merged.current_context
    context, context_path = chosen_context(overrides, merged, context_name)
    cluster_name = overrides.cluster or context.cluster
    cluster, cluster_path = chosen_cluster(overrides, merged, cluster_name, context_name)
    user_name = overrides.user or context.user
    user, user_path = chosen_user(overrides, merged, user_name, context_name)
    cluster = overridden_cluster(overrides, cluster)
    user = _overridden_user(overrides, user)
    where = f"kubeconfig {cluster_path}: cluster {cluster_name!r}" if cluster_path else "the server given by flags"
    who = f"kubeconfig {user_path}: user {user_name!r}" if user_path else "the login given by flags"
    server = server_of(cluster, user, where)
    ca = ca_of(cluster, cluster_path, where)
    login = login_of(
        user,
        user_path,
        who,
        name=user_name,
        paths=merged.paths,
        environ=environ,
        cluster=exec_cluster(cluster, server, ca),
    )
    certificate = client_certificate(user, user_path, who)
    secure = server.startswith("https://")
    return Access(
        server=server,
        namespace=overrides.namespace or context.namespace or "default",
        context=context_name,
        cluster=cluster_name,
        user=user_name,
        source=str(user_path or cluster_path or context_path or "flags"),
        login=login if secure else Anonymous(),  # kubectl, too, sends no credential in the clear
        ca=ca,
        certificate=certificate if secure else None,
        tls_server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
        proxy_url=proxy_of(cluster, server, environ, where),
        impersonation=_impersonation(overrides, user),
        request_timeout=overrides.request_timeout,
        compress=not cluster.disable_compression,
    )


def _overridden_user(overrides: Overrides, user: User) -> User:
    replace = msgspec.structs.replace
    if overrides.token:
        user = replace(
            user, token=overrides.token, token_file="", exec=None, auth_provider=None, username="", password=""
        )
    if overrides.client_certificate:
        user = replace(user, client_certificate=from_here(overrides.client_certificate), client_certificate_data="")
    if overrides.client_key:
        user = replace(user, client_key=from_here(overrides.client_key), client_key_data="")
    return user


def _impersonation(overrides: Overrides, user: User) -> Impersonation:
    if overrides.as_user:
        return Impersonation(overrides.as_user, overrides.as_uid, overrides.as_groups)
    if overrides.as_groups or overrides.as_uid:
        raise KubeconfigError("--as-group and --as-uid need --as", hint="say whom to act as: --as=NAME")
    extra = tuple((key, value) for key, values in user.as_user_extra.items() for value in values)
    return Impersonation(user.as_, user.as_uid, tuple(user.as_groups), extra)


def _in_cluster(overrides: Overrides, environ: Mapping[str, str], folder: Path) -> Access:
    """The service account of our own Pod: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token_file = folder / "token"
    text_of(token_file, "in-cluster: the service account's token")
    ca_file = folder / "ca.crt"
    namespace_file = folder / "namespace"
    namespace = namespace_file.read_text("utf-8").strip() if namespace_file.is_file() else ""
    return Access(
        server=server,
        namespace=overrides.namespace or environ.get("POD_NAMESPACE") or namespace or "default",
        source="in-cluster",
        login=Token(Secret(overrides.token)) if overrides.token else TokenFile(token_file),
        ca=""
        if overrides.insecure_skip_tls_verify
        else text_of(ca_file, "in-cluster: the cluster's certificate authority"),
        insecure=overrides.insecure_skip_tls_verify,
        tls_server_name=overrides.tls_server_name,
        impersonation=_impersonation(overrides, User()),
        request_timeout=overrides.request_timeout,
    )
