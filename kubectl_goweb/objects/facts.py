"""What was asked for about suspects only, one by one: full Pods and templates, and whether what they name is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_goweb.objects.kinds import Kind
from kubectl_goweb.objects.text import plain

if TYPE_CHECKING:
    from kubectl_goweb.objects.core import Pod
    from kubectl_goweb.objects.meta import Object, Written
    from kubectl_goweb.objects.node import FullNode
    from kubectl_goweb.objects.snapshot import Snapshot
    from kubectl_goweb.objects.template import FullPod, FullWorkload, RecordedTemplate


def named(kind: Kind | str, key: str) -> str:
    """How an object is known here: `ConfigMap shop/web-env`."""
    return f"{kind} {key}"


class ServedCertificate(Struct, frozen=True):
    """The public part of a TLS Secret; its key is never read."""

    subject: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    """The DNS names it is for."""


class Room(Struct, frozen=True):
    """The cluster as the scheduler sees it: every node and Pod in full."""

    nodes: Mapping[str, FullNode]
    pods: Mapping[str, FullPod]


class Checked(Struct, frozen=True):
    """What a health endpoint of the API server answered."""

    status: int
    """HTTP; 0 when there was no answer."""
    text: str
    """With `?verbose`, a line a check; without an answer, why there was none."""
    latency: float
    """Seconds."""
    at: datetime | None = None
    """By the API server's clock, to a second; None where it does not tell."""

    @property
    def checks(self) -> Mapping[str, str]:
        """What each check of a verbose answer says: `ok`, or why not."""
        told = re.findall(r"^\[([+-])\](\S+) (ok|failed)(?:: (.*))?$", self.text, re.MULTILINE)
        return {name: "ok" if word == "ok" else plain(why or "failed", 200) for _, name, word, why in told}

    @property
    def failed(self) -> Mapping[str, str]:
        """The checks that failed, and why."""
        return {name: said for name, said in self.checks.items() if said != "ok"}

    @property
    def is_etcd_down(self) -> bool:
        """Whether a check says so: then the API server answers for itself, but hardly about objects."""
        return any(name.startswith("etcd") for name in self.failed)


class ServerFacts(Struct, frozen=True):
    """What else is known of the API server; None where it was not seen or not asked for."""

    certificate_ends: datetime | None = None
    """Of the certificate that it, or what stands before it, shows us."""
    throttled: int = 0
    """How many requests of ours it put off within the minute before (429)."""
    storage: float | None = None
    """Bytes of etcd's database."""
    quota_used: float | None = None
    """Share of etcd's quota that its database takes, where a Prometheus asks etcd itself."""
    has_leader: bool | None = None
    """Whether every member of etcd knows a leader, by the same."""
    refused: float | None = None
    """Requests of anybody that it refused since its start, for want of seats (priority and fairness)."""
    webhooks: Mapping[str, float] = {}
    """Seconds that each admission webhook took on average since then, by its name."""
    healths: Mapping[str, Checked] = {}
    """What `/healthz` of controller-managers and schedulers answered through the API server, by the Pod's key."""


def plane_component(pod: Pod) -> str:
    """Which part of the control plane it is, by the labels of kubeadm's static Pods; empty when it is none.
    https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/
    """
    labels = pod.metadata.labels
    is_part = pod.namespace == "kube-system" and labels.get("tier") == "control-plane"
    return labels.get("component", "") if is_part else ""


class Plane(Struct, frozen=True):
    """The control plane at one moment."""

    livez: Checked
    readyz: Checked
    seen: Snapshot
    """Leases and objects of kube-system, Pods that nobody has placed, webhooks and what is behind them."""
    at: datetime
    server: ServerFacts = ServerFacts()


class CpuUse(Struct, frozen=True):
    """The processor that a container has used from its start until `at`."""

    seconds: float
    started: datetime
    at: datetime

    @property
    def cores(self) -> float:
        """On average."""
        return self.seconds / (self.at - self.started).total_seconds()


class Throttling(Struct, frozen=True):
    """How often the kernel's scheduler held a container back at its CPU limit, or all of a Pod's, which the container's
    restarts do not set back.
    """

    periods: int
    """Of a tenth of a second, in which it ran."""
    throttled: int
    """In how many of them it was held back."""
    at: datetime


class Rewritten(Struct, frozen=True):
    """Which keys of a ConfigMap got another value; the values themselves are kept by nobody."""

    changed: Mapping[str, datetime]
    """By key, when it did last."""
    since: datetime
    """The write from which on all are known."""
    until: datetime
    """The last one that is."""


class Facts(Struct, frozen=True):
    """All of it by `named(kind, key)`. What is in none of them was never asked for."""

    pods: Mapping[str, FullPod] = {}
    """By the Pod's key alone."""
    workloads: Mapping[str, FullWorkload] = {}
    objects: Mapping[str, Object] = {}
    absent: frozenset[str] = frozenset()
    """The server says that they are not there."""
    unseen: Mapping[str, str] = {}
    """What was asked for and could not be read, and why: forbidden, out of time."""
    room: Room | None = None
    certificates: Mapping[str, ServedCertificate] = {}
    """By the Secret's key."""
    cpu: Mapping[str, CpuUse] = {}
    """By `named("cpu", "namespace/pod/container")`."""
    throttling: Mapping[str, Throttling] = {}
    """By `named("throttling", "namespace/pod/container")`."""
    listening: Mapping[str, bool] = {}
    """Whether anything answers, by `named("port", "namespace/pod:8080")`."""
    written: Mapping[str, Written] = {}
    rewritten: Mapping[str, Rewritten] = {}
    """By `named("rewritten", "namespace/configmap")`."""
    templates: Mapping[str, RecordedTemplate] = {}
    listed: frozenset[Kind] = frozenset()
    """Kinds that were listed for the sake of suspects: their feeds tell of that one moment."""

    plane: Plane | None = None

    def is_absent(self, kind: Kind, key: str) -> bool:
        return named(kind, key) in self.absent
