"""The one real node: its kubelet and its kube-proxy; and the thorough removal of what containers leave on a machine."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .build import Binaries
from .controlplane import kubeconfig
from .layout import KUBELET_PORT, NODE, PROXY_HEALTH_PORT, PROXY_METRICS_PORT, Layout
from .processes import Process, end, is_listening, start, start_time

CGROUPS = Path("/sys/fs/cgroup")
CONTAINER_LOG_LINKS = Path("/var/log/containers")


def start_kubelet(layout: Layout, binaries: Binaries) -> Process:
    """Start the kubelet; the node registers itself within seconds."""
    for folder in _cgroups(layout.name):
        folder.mkdir(exist_ok=True)
    config = layout.config / "kubelet.json"
    config.write_text(json.dumps(_kubelet_config(layout)))
    return start(
        layout,
        "kubelet",
        [
            binaries.kubernetes / "kubelet",
            f"--config={config}",
            f"--kubeconfig={kubeconfig(layout, 'kubelet')}",
            f"--hostname-override={NODE}",
            f"--node-ip={layout.node_ip}",
            f"--root-dir={layout.data / 'kubelet'}",
            f"--cert-dir={layout.data / 'kubelet' / 'pki'}",
        ],
    )


def start_proxy(layout: Layout, binaries: Binaries) -> tuple[Process, Callable[[], bool], str]:
    """Start kube-proxy in iptables mode; its rules live in the cluster's own network namespace."""
    config = layout.config / "kube-proxy.json"
    login = str(kubeconfig(layout, "proxy"))
    # Connection tracking limits belong to the whole machine, so they are left alone.
    untouched = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    config.write_text(
        json.dumps(
            {
                "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
                "kind": "KubeProxyConfiguration",
                "mode": "iptables",
                "clientConnection": {"kubeconfig": login},
                "hostnameOverride": NODE,
                "clusterCIDR": layout.pod_range,
                "conntrack": untouched,
                "iptables": {"minSyncPeriod": "100ms"},
                "bindAddress": layout.node_ip,
                "healthzBindAddress": f"{layout.node_ip}:{PROXY_HEALTH_PORT}",
                "metricsBindAddress": f"{layout.node_ip}:{PROXY_METRICS_PORT}",
            }
        )
    )
    process = start(layout, "kube-proxy", [binaries.kubernetes / "kube-proxy", f"--config={config}"])
    return process, lambda: is_listening(process, PROXY_HEALTH_PORT), "listening"


def _kubelet_config(layout: Layout) -> dict[str, object]:
    keys = layout.pki
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": layout.node_ip,
        "port": KUBELET_PORT,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(keys / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(keys / "kubelet-serving.crt"),
        "tlsPrivateKeyFile": str(keys / "kubelet-serving.key"),
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        "podLogsDir": str(layout.logs / "pods"),
        "volumePluginDir": str(layout.data / "kubelet-plugins"),
        # The machines of tests are containers and small virtual machines: no systemd, often cgroup v1, swap, no device
        # behind the root file system.
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.name}",
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "resolvConf": "",
        # Nothing is evicted and no image removed because the disk of the machine is full.
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "0%",
            "imagefs.available": "0%",
            "nodefs.inodesFree": "0%",
        },
        "imageGCHighThresholdPercent": 100,
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "nodeStatusUpdateFrequency": "5s",
    }


def remove_containers(layout: Layout) -> None:
    """End every container of the cluster and remove its mounts, cgroups and log links. Works on the remains of a dead
    runtime too.

    A container belongs to a shim, and a shim names the socket of its containerd on its command line; that is how this
    cluster's are told from others.
    """
    shims = list(_shims(layout.containerd_socket))
    family = [(pid, ticks) for shim, _ in shims for pid, ticks in _descendants(shim)]
    for pid, ticks in [*shims, *family]:
        end(pid, ticks)
    _unmount_below(layout.root)
    for folder in _cgroups(layout.name):
        _remove_cgroup(folder)
    if CONTAINER_LOG_LINKS.is_dir():
        for link in CONTAINER_LOG_LINKS.iterdir():
            if link.is_symlink() and link.readlink().is_relative_to(layout.root):
                link.unlink()


def remove_data(layout: Layout, *, keep_logs: bool) -> None:
    """Delete the cluster's folder. Nothing may be mounted below it, or files of others would go too."""
    _unmount_below(layout.root)
    for entry in layout.root.iterdir() if layout.root.is_dir() else []:
        if keep_logs and entry == layout.logs:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _shims(socket: Path) -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"containerd-shim" in words[0] and str(socket).encode() in words:
            pid = int(folder.name)
            ticks = start_time(pid)
            if ticks is not None:
                yield pid, ticks


def _descendants(pid: int) -> Iterator[tuple[int, int]]:
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            ticks = start_time(child)
            if ticks is not None:
                yield child, ticks
                yield from _descendants(child)


def _unmount_below(root: Path) -> None:
    """Unmount everything mounted below a folder, the innermost first."""
    mounts = [_unescape(line.split()[4]) for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{root}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True)


def _unescape(field: str) -> str:
    """A path of mountinfo, in which blanks and backslashes are octal numbers."""
    return field.encode().decode("unicode_escape")


def _cgroups(name: str) -> list[Path]:
    """A cgroup of the top level, in every hierarchy of this machine: one with cgroup v2, one a controller with v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS / name]
    return [folder / name for folder in sorted(CGROUPS.iterdir()) if (folder / "cgroup.procs").exists()]


def _remove_cgroup(folder: Path) -> None:
    """Remove a cgroup and those below it; the kernel needs a moment after the last process has ended."""
    if not folder.is_dir():
        return
    for child in folder.iterdir():
        if child.is_dir():
            _remove_cgroup(child)
    deadline = time.monotonic() + 2
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
