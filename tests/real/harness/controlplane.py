"""etcd, API server, controller-manager and scheduler."""

import http.client
import json
import ssl
from collections.abc import Callable
from pathlib import Path

from . import access, pki
from .build import Binaries
from .layout import API_PORT, CONTROLLER_MANAGER_PORT, ETCD_PORT, SCHEDULER_PORT, Layout
from .processes import Process, is_listening, start, wait_until

ETCD = "etcd"
API_SERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # A watch is told when it begins and when it ends; everything else once, when it was answered.
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


def start_etcd(layout: Layout, binaries: Binaries) -> None:
    """Start etcd on the cluster's loopback. It never waits for the disk: its data goes with the cluster."""
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", "http://127.0.0.1:2380"
    process = start(
        layout,
        ETCD,
        [
            binaries.kubernetes / "etcd",
            f"--data-dir={layout.data / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync=true",
            "--log-level=warn",
        ],
    )
    wait_until(layout, process, lambda: is_listening(process, ETCD_PORT), what="listening")


def start_api_server(layout: Layout, binaries: Binaries) -> Process:
    """Start the API server; `wait_for_api` waits until it serves."""
    keys = layout.pki
    policy = layout.config / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT_POLICY))
    return start(
        layout,
        API_SERVER,
        [
            binaries.kubernetes / API_SERVER,
            f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
            f"--bind-address={layout.node_ip}",
            f"--advertise-address={layout.node_ip}",
            f"--secure-port={API_PORT}",
            f"--service-cluster-ip-range={layout.service_range}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--client-ca-file={keys / 'ca.crt'}",
            f"--tls-cert-file={keys / 'apiserver.crt'}",
            f"--tls-private-key-file={keys / 'apiserver.key'}",
            f"--kubelet-certificate-authority={keys / 'ca.crt'}",
            f"--kubelet-client-certificate={keys / 'apiserver-kubelet.crt'}",
            f"--kubelet-client-key={keys / 'apiserver-kubelet.key'}",
            "--kubelet-preferred-address-types=InternalIP",
            # Nothing is aggregated here, but controllers complain every minute when this is not set.
            f"--requestheader-client-ca-file={keys / 'ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={keys / 'service-accounts.key'}",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={layout.audit_log}",
            # One file that only grows: a reader keeps its place in it.
            "--audit-log-maxsize=100000",
            "--audit-log-mode=blocking",
        ],
    )


def wait_for_api(layout: Layout, process: Process) -> None:
    """Wait until the API server says that it is ready, and its first roles are there."""
    wait_until(layout, process, lambda: is_ready(layout), what="ready")


def start_controllers(layout: Layout, binaries: Binaries) -> list[tuple[Process, Callable[[], bool], str]]:
    """Start controller-manager and scheduler; each comes with the question whether it is ready."""
    keys = layout.pki
    manager_login = kubeconfig(layout, "controller-manager")
    manager = start(
        layout,
        CONTROLLER_MANAGER,
        [
            binaries.kubernetes / CONTROLLER_MANAGER,
            *(f"--{use}kubeconfig={manager_login}" for use in ("", "authentication-", "authorization-")),
            f"--bind-address={layout.node_ip}",
            f"--secure-port={CONTROLLER_MANAGER_PORT}",
            f"--cert-dir={layout.data / CONTROLLER_MANAGER}",
            f"--root-ca-file={keys / 'ca.crt'}",
            f"--service-account-private-key-file={keys / 'service-accounts.key'}",
            f"--cluster-signing-cert-file={keys / 'ca.crt'}",
            f"--cluster-signing-key-file={keys / 'ca.key'}",
            "--use-service-account-credentials=true",
            "--allocate-node-cidrs=false",
            "--leader-elect=false",
            "--kube-api-qps=300",
            "--kube-api-burst=600",
        ],
    )
    scheduler_login = kubeconfig(layout, "scheduler")
    scheduler = start(
        layout,
        SCHEDULER,
        [
            binaries.kubernetes / SCHEDULER,
            *(f"--{use}kubeconfig={scheduler_login}" for use in ("", "authentication-", "authorization-")),
            f"--bind-address={layout.node_ip}",
            f"--secure-port={SCHEDULER_PORT}",
            f"--cert-dir={layout.data / SCHEDULER}",
            "--leader-elect=false",
            "--kube-api-qps=300",
            "--kube-api-burst=600",
        ],
    )
    return [
        (manager, lambda: is_listening(manager, CONTROLLER_MANAGER_PORT), "listening"),
        (scheduler, lambda: is_listening(scheduler, SCHEDULER_PORT), "listening"),
    ]


def kubeconfig(layout: Layout, part: str) -> Path:
    """The kubeconfig of one of the cluster's own parts, by the name of its certificate."""
    return access.by_certificate(layout, layout.config / f"{part}.kubeconfig", pki.login(layout.pki, part))


def is_ready(layout: Layout, *, timeout: float = 5) -> bool:
    """Whether /readyz answers 200 to the administrator; `timeout` is in seconds."""
    connection = administrator(layout, timeout=timeout)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def administrator(layout: Layout, *, timeout: float) -> http.client.HTTPSConnection:
    """A connection to the API server that may do everything; its first request opens it. It asks no proxy."""
    login = pki.login(layout.pki, "admin")
    trust = ssl.create_default_context(cafile=str(layout.pki / "ca.crt"))
    trust.load_cert_chain(login.certificate, login.key)
    return http.client.HTTPSConnection(layout.node_ip, API_PORT, timeout=timeout, context=trust)
