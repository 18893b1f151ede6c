"""containerd, the Docker Engine on top of it, and an image registry."""

import json
import socket
from pathlib import Path

from .layout import REGISTRY_PORT, Layout
from .processes import Process, is_listening, start, wait_until

PAUSE_IMAGE = "goweb.test/pause:1"
CNI_PROGRAMS = Path("/usr/lib/cni")

CONTAINERD_CONFIG = """\
version = 2
root = "{data}/containerd"
state = "{run}/containerd"

[grpc]
  address = "{socket}"

[plugins."io.containerd.internal.v1.opt"]
  path = "{data}/containerd-opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # Without it every sandbox fails where the kernel forbids lower oom_score_adj values ("can't get final child's PID
  # from pipe").
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{cni_programs}"
  conf_dir = "{cni_config}"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{registries}"
"""


def start_containerd(layout: Layout) -> Process:
    """Start the node's container runtime, with its own root, state and socket, and wait until it answers."""
    registries = layout.config / "registries"
    hosts = registries / layout.registry / "hosts.toml"
    hosts.parent.mkdir(parents=True)
    # Only loopback registries may speak plain http without being named here; without `server` a tag that is not there
    # would be asked for by https too, and that failure be told.
    url = f"http://{layout.registry}"
    hosts.write_text(f'server = "{url}"\n\n[host."{url}"]\n  capabilities = ["pull", "resolve"]\n')
    cni = layout.config / "cni"
    cni.mkdir()
    (cni / "10-cluster.conflist").write_text(json.dumps(_cni_network(layout)))
    layout.containerd_socket.parent.mkdir(exist_ok=True)
    config = layout.config / "containerd.toml"
    config.write_text(
        CONTAINERD_CONFIG.format(
            data=layout.data,
            run=layout.root / "run",
            socket=layout.containerd_socket,
            pause=PAUSE_IMAGE,
            cni_programs=CNI_PROGRAMS,
            cni_config=cni,
            registries=registries,
        )
    )
    process = start(layout, "containerd", ["containerd", "--config", config])
    wait_until(layout, process, lambda: _accepts(layout.containerd_socket), what="answering")
    return process


def start_docker(layout: Layout) -> None:
    """Start the Docker Engine and wait until it answers. It runs its containers by the node's containerd, apart from
    those of Kubernetes.
    """
    config = layout.config / "docker.json"
    config.write_text("{}")
    process = start(
        layout,
        "dockerd",
        [
            "dockerd",
            f"--config-file={config}",
            f"--data-root={layout.data / 'docker'}",
            f"--exec-root={layout.root / 'run' / 'docker'}",
            f"--pidfile={layout.root / 'run' / 'docker.pid'}",
            f"--host=unix://{layout.docker_socket}",
            f"--containerd={layout.containerd_socket}",
            f"--cgroup-parent=/{layout.name}/docker",
            f"--insecure-registry={layout.registry}",
            # Its firewall rules would drop what is forwarded to Pods.
            "--iptables=false",
            "--ip-masq=false",
        ],
    )
    wait_until(layout, process, lambda: _accepts(layout.docker_socket), what="answering")


def start_registry(layout: Layout) -> None:
    """Start an image registry, plain http and without a login, and wait until it listens."""
    config = layout.config / "registry.json"
    storage = {"filesystem": {"rootdirectory": str(layout.data / "registry")}, "delete": {"enabled": True}}
    http = {"addr": f"0.0.0.0:{REGISTRY_PORT}", "secret": "one registry, no load balancer"}
    config.write_text(json.dumps({"version": 0.1, "log": {"level": "info"}, "storage": storage, "http": http}))
    process = start(layout, "registry", ["docker-registry", "serve", config])
    wait_until(layout, process, lambda: is_listening(process, REGISTRY_PORT), what="listening")


def _cni_network(layout: Layout) -> dict[str, object]:
    return {
        "cniVersion": "0.4.0",
        "name": "cluster",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "pods0",
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(layout.data / "cni"),
                    "ranges": [[{"subnet": layout.pod_range}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _accepts(path: Path) -> bool:
    """Whether a server accepts connections on a socket file; the file alone may be what a dead one left."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
