"""The one real node: its kubelet and its kube-proxy."""

import json
from collections.abc import Callable

from . import remains
from .build import Binaries
from .controlplane import kubeconfig
from .layout import KUBELET_PORT, NODE, PROXY_HEALTH_PORT, PROXY_METRICS_PORT, Layout
from .processes import Process, is_listening, start

NODE_LEASE = 40
"""Seconds for which a kubelet's lease holds, by default; it is renewed four times in that time."""


def start_kubelet(layout: Layout, binaries: Binaries, *, lease: int = NODE_LEASE) -> Process:
    """Start the kubelet; the node registers itself within seconds. A lease that is there keeps its duration."""
    for folder in remains.cgroups(layout.name):
        folder.mkdir(exist_ok=True)
    config = layout.config / "kubelet.json"
    config.write_text(json.dumps(_kubelet_config(layout, lease)))
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


def _kubelet_config(layout: Layout, lease: int) -> dict[str, object]:
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
        # 0 would be client-go's default of 5 a second: with many Pods, events then come minutes late.
        "eventRecordQPS": 200,
        "eventBurst": 1000,
        "maxPods": 220,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "nodeStatusUpdateFrequency": "5s",
        "nodeLeaseDurationSeconds": lease,
    }
