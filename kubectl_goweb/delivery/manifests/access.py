"""How the service is reached: Service, Ingress, and the NetworkPolicy that says by whom."""

from __future__ import annotations

from kubectl_goweb.delivery.manifests.body import Body, Release
from kubectl_goweb.delivery.manifests.workload import tls_secret
from kubectl_goweb.delivery.service.model import Ingress, Source


def service(release: Release) -> Body:
    spec = {
        "type": release.file.service.type,
        "selector": release.selector,
        "ports": [{"name": "http", "port": release.file.service.port, "targetPort": "http", "protocol": "TCP"}],
    }
    return release.body("v1", "Service", spec=spec)


def ingress(release: Release) -> Body | None:
    wanted = release.file.ingress
    if wanted is None:
        return None
    backend = {"service": {"name": release.file.name, "port": {"name": "http"}}}
    spec: Body = {"ingressClassName": wanted.class_}
    if secret := tls_secret(release.file):
        spec["tls"] = [{"hosts": [wanted.host], "secretName": secret}]
    paths = [{"path": wanted.path, "pathType": "Prefix", "backend": backend}]
    spec["rules"] = [{"host": wanted.host, "http": {"paths": paths}}]
    annotations = {**_redirect(wanted), **wanted.annotations}
    return release.body("networking.k8s.io/v1", "Ingress", annotations=annotations, spec=spec)


def _redirect(wanted: Ingress) -> dict[str, str]:
    """Each controller has its own word for a redirect to HTTPS."""
    if wanted.tls is False:
        return {}
    if wanted.class_.startswith("traefik"):
        entry = "websecure" if wanted.ssl_redirect else "web,websecure"
        return {"traefik.ingress.kubernetes.io/router.entrypoints": entry}
    return {"nginx.ingress.kubernetes.io/ssl-redirect": str(wanted.ssl_redirect).lower()}


def network_policy(release: Release) -> Body | None:
    """Only those named may connect. The kubelet's probes come from the node, which policies let through
    (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
    """
    network = release.file.network
    if network is None:
        return None
    ports = [{"port": "http", "protocol": "TCP"}]
    rules = [{"from": [_peer(one) for one in network.allow_from], "ports": ports}] if network.allow_from else []
    spec = {"podSelector": {"matchLabels": release.selector}, "policyTypes": ["Ingress"], "ingress": rules}
    return release.body("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _peer(source: Source) -> Body:
    labels = {**({"app": source.app} if source.app else {}), **source.labels}
    peer: Body = {}
    if source.namespace:
        peer["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": source.namespace}}
    if labels:
        peer["podSelector"] = {"matchLabels": labels}
    return peer
