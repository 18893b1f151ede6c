"""Which containers' logs belong to a workload, a Pod or a container, and how each is called beside its lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from kubectl_goweb.kube.log_tail import Target
from kubectl_goweb.objects import ContainerStatus, Pod
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui.view import View

MOST = 50
"""Containers that are followed at once: each takes a thread here and a stream at the server."""
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Container")
"""Kinds of rows that have logs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    runs: Mapping[Target, str]
    """As `kube.logs` takes them."""
    names: Mapping[Target, str]
    """Empty when all lines come from one container."""
    left_out: int
    """Containers beyond those that are followed."""


def wanted(view: View, key: str, known: Iterable[Target] = ()) -> Wanted:
    """The containers behind a row's key, `Kind/namespace/name`, or `Container/namespace/pod/container`. Those `known`
    go before others where there are too many, and keep their place among the names.
    """
    kind, namespace, name = key.split("/", 2)
    container = ""
    if kind == "Container":
        name, _, container = name.partition("/")
    found = {
        target: run
        for pod in pods_of(view, kind, namespace, name)
        for target, run in _containers(pod, chosen=bool(container))
        if container in ("", target.container)
    }
    known = dict.fromkeys(known)
    ordered = [target for target in known if target in found] + [target for target in found if target not in known]
    runs = {target: found[target] for target in ordered[:MOST]}
    return Wanted(runs, names({**known, **runs}, name), max(len(found) - MOST, 0))


def pods_of(view: View, kind: str, namespace: str, name: str) -> Iterable[Pod]:
    """The Pods behind a row of that kind, the newest first."""
    pods = view.snapshot.pods
    if kind in ("Pod", "Container"):
        pod = pods.get(f"{namespace}/{name}")
        return () if pod is None else (pod,)
    told = (
        one.pods
        for one in view.overview.workloads
        if (one.ref.kind, one.ref.namespace, one.ref.name) == (kind, namespace, name)
    )
    keys = (f"{pod.namespace}/{pod.name}" for pod in chain.from_iterable(told))
    found = [pods[key] for key in keys if key in pods]
    return sorted(found, key=_age)


def _age(pod: Pod) -> tuple[float, str]:
    """The newest first: of too many the oldest are left out."""
    created = pod.metadata.creation_timestamp
    return (-created.timestamp() if created else 0.0, pod.name)


def _containers(pod: Pod, *, chosen: bool) -> Iterable[tuple[Target, str]]:
    told = {one.name: one for one in chain(pod.status.init_container_statuses, pod.status.container_statuses)}
    is_over = pod.status.phase in ("Succeeded", "Failed")
    for container in chain(pod.spec.init_containers, pod.spec.containers):
        status = told.get(container.name)
        is_init = container in pod.spec.init_containers and container.restart_policy != "Always"
        if is_init and not chosen and (status is None or _has_succeeded(status)):
            continue  # its work is done: who wants to know what it said chooses it
        yield Target(pod.namespace, pod.name, pod.metadata.uid, container.name), "" if is_over else _run(status)


def _has_succeeded(status: ContainerStatus) -> bool:
    ended = status.state.terminated
    return ended is not None and ended.exit_code == 0


def _run(status: ContainerStatus | None) -> str:
    """Changes whenever the container starts or ends."""
    if status is None:
        return "not started"
    state = status.state
    word = "running" if state.running else "ended" if state.terminated else "waiting"
    return f"{status.restart_count} {word}"


def names(targets: Iterable[Target], owner: str) -> Mapping[Target, str]:
    """What tells them apart: the Pod's name without its owner's, and the container's where Pods have several."""
    targets = tuple(targets)
    if len(targets) < 2:
        return {}
    pods = {target.pod for target in targets}
    several = len({(target.pod, target.container) for target in targets}) > len(pods)
    told = {}
    for target in targets:
        pod = target.pod.removeprefix(f"{owner}-") if len(pods) > 1 else ""
        told[target] = plain("/".join(part for part in (pod, target.container if several else "") if part))
    return told
