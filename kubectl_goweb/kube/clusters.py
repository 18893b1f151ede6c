"""What a kubeconfig's cluster entry, with the flags over it, says about the server: its URL, its CA, the proxy before
it. Who asks lives in logins.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.access import Secret
from kubectl_goweb.kube.entries import decoded, from_here, relative, text_of
from kubectl_goweb.kube.kubefile import Cluster, User
from kubectl_goweb.kube.overrides import Overrides
from kubectl_goweb.kube.proxy import environment_proxy

_PROXY_SCHEMES = ("http", "socks5", "socks5h")


def overridden_cluster(overrides: Overrides, cluster: Cluster) -> Cluster:
    """Flags over the entry; --server forgets the entry's tls-server-name, a CA or insecure flag the entry's opposite
    (client-go's getCluster).
    """
    replace = msgspec.structs.replace
    if overrides.server or overrides.tls_server_name:
        cluster = replace(cluster, tls_server_name=overrides.tls_server_name, server=overrides.server or cluster.server)
    if overrides.certificate_authority:
        cluster = replace(
            cluster,
            certificate_authority=from_here(overrides.certificate_authority),
            certificate_authority_data="",
            insecure_skip_tls_verify=overrides.insecure_skip_tls_verify,
        )
    elif overrides.insecure_skip_tls_verify:
        cluster = replace(
            cluster, insecure_skip_tls_verify=True, certificate_authority="", certificate_authority_data=""
        )
    return cluster


def server_of(cluster: Cluster, user: User, where: str) -> str:
    """The server's URL without a slash at the end. Without a scheme it is https when anything about TLS is given,
    else http, as in client-go.
    """
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
        raise KubeconfigError(
            f"{where}: server {cluster.server!r} is not an http or https URL", hint="write it as https://HOST:PORT"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


def proxy_of(cluster: Cluster, server: str, environ: Mapping[str, str], where: str) -> Secret | None:
    """The proxy on the way to the server: the entry's proxy-url, else the environment's choice."""
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


def ca_of(cluster: Cluster, base: Path | None, where: str) -> str:
    """The entry's certificate authorities as PEM; empty for the system's."""
    if cluster.insecure_skip_tls_verify and (cluster.certificate_authority or cluster.certificate_authority_data):
        raise KubeconfigError(
            f"{where} has both a certificate-authority and insecure-skip-tls-verify", hint="remove one of the two"
        )
    if cluster.certificate_authority_data:
        return decoded(cluster.certificate_authority_data, f"{where}: certificate-authority-data")
    if cluster.certificate_authority:
        return text_of(relative(cluster.certificate_authority, base), f"{where}: certificate-authority")
    return ""


def exec_cluster(cluster: Cluster, server: str, ca: str) -> bytes:
    """spec.cluster of the ExecCredential handed to a plugin that asks for it."""
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
