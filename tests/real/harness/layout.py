"""Where everything of one cluster is: its folder, its addresses, its ports. Pure names and numbers; nothing is started
or written here.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

STATE = Path("/var/tmp/kubectl-goweb-real")
NODE = "node-1"

API_PORT = 6443
ETCD_PORT = 2379
REGISTRY_PORT = 5000
CONTROLLER_MANAGER_PORT = 10257
SCHEDULER_PORT = 10259
KUBELET_PORT = 10250
PROXY_METRICS_PORT = 10249
PROXY_HEALTH_PORT = 10256


@dataclass(frozen=True)
class Layout:
    """One cluster. Everything is derived from its folder and its network number, so two folders are two clusters."""

    root: Path
    network: int
    """0 to 255: the third byte of every address."""

    @property
    def name(self) -> str:
        """Names the network namespace, the host's end of the cable and the cgroups. At most 15 bytes, as the kernel
        wants for a link.
        """
        return f"goweb-{hashlib.sha256(str(self.root).encode()).hexdigest()[:6]}"

    @property
    def namespace(self) -> Path:
        """The network namespace of the cluster, as `ip netns` keeps it."""
        return Path("/run/netns") / self.name

    @property
    def host_ip(self) -> str:
        """The host's end of the cable."""
        return f"10.89.{self.network}.1"

    @property
    def node_ip(self) -> str:
        """The cluster's end of the cable: API server, kubelet and registry answer here."""
        return f"10.89.{self.network}.2"

    @property
    def pod_range(self) -> str:
        """Addresses of Pods; the host has a route to them."""
        return f"10.90.{self.network}.0/24"

    @property
    def service_range(self) -> str:
        """Cluster addresses of Services; the host has a route to them."""
        return f"10.91.{self.network}.0/24"

    @property
    def api_service_ip(self) -> str:
        """The address of the `kubernetes` Service: the first of the range."""
        return f"10.91.{self.network}.1"

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.node_ip}:{API_PORT}"

    @property
    def registry(self) -> str:
        """host:port of the registry; the same name works on the host, for Docker and for the node. Plain http."""
        return f"{self.node_ip}:{REGISTRY_PORT}"

    @property
    def marker(self) -> Path:
        """The file that says that the folder is a test cluster's, and may be emptied."""
        return self.root / ".kubectl-goweb-real"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def logs(self) -> Path:
        """One log a process; they outlive `down`, until the next `up`."""
        return self.root / "logs"

    @property
    def config(self) -> Path:
        """Configuration files of the daemons, and their kubeconfigs."""
        return self.root / "config"

    @property
    def data(self) -> Path:
        """What the daemons keep."""
        return self.root / "data"

    @property
    def processes(self) -> Path:
        """One record a running process."""
        return self.root / "processes"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.root / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """What clients sent, a JSON event a line."""
        return self.logs / "audit.log"

    @property
    def containerd_socket(self) -> Path:
        """The node's container runtime."""
        return self.root / "run" / "containerd.sock"

    @property
    def docker_socket(self) -> Path:
        """The Docker Engine."""
        return self.root / "run" / "docker.sock"


def state_folder() -> Path:
    """The folder of the cluster that is meant: REAL_CLUSTER_STATE, or the usual one."""
    return Path(os.environ.get("REAL_CLUSTER_STATE") or STATE).resolve()


def first_network(root: Path) -> int:
    """The network number to try first for a folder."""
    return hashlib.sha256(str(root).encode()).digest()[0]
