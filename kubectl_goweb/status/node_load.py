"""What the Pods on a node ask for, against what the node has to give."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from kubectl_goweb.objects import Container, Node, Pod
from kubectl_goweb.status.nodes import ENDED
from kubectl_goweb.status.quantities import amount_text, quantity
from kubectl_goweb.status.verdicts import Answer

_MIB = 2**20
"""Nodes tell their memory in KiB, which nobody reads."""


class Load(Answer, frozen=True, gc=False):
    """One resource of a node."""

    resource: str
    """`cpu`, `memory` or `pods`."""
    asked: str
    """The sum of the requests, as kubectl writes it."""
    allocatable: str
    """Empty when the node does not say."""
    percent: int | None
    """Of the allocatable; None when that is not known."""


def node_pods(pods: Iterable[Pod], node: str) -> tuple[Pod, ...]:
    """The Pods that take room there: bound to it and not ended."""
    return tuple(pod for pod in pods if pod.spec.node_name == node and pod.status.phase not in ENDED)


def load(node: Node, pods: Iterable[Pod]) -> tuple[Load, ...]:
    """What these Pods of the node ask for. They must be all of them for the sum to be the node's."""
    pods = tuple(pods)
    there = node.status.allocatable
    return (
        _load("cpu", sum((_asked(pod, "cpu") for pod in pods), Fraction(0)), there.cpu),
        _load("memory", sum((_asked(pod, "memory") for pod in pods), Fraction(0)), there.memory),
        pod_load(node, len(pods)),
    )


def pod_load(node: Node, count: int) -> Load:
    """So many Pods of those it takes."""
    return _load("pods", Fraction(count), node.status.allocatable.pods)


def _load(resource: str, asked: Fraction, there: str | float) -> Load:
    room = quantity(there) if there != "" else None
    return Load(
        resource,
        amount_text(resource, asked),
        "" if room is None else amount_text(resource, room - room % _MIB if resource == "memory" else room),
        round(asked * 100 / room) if room else None,
    )


def _asked(pod: Pod, resource: str) -> Fraction:
    """As the scheduler counts: the containers and sidecars together, or the largest init container beside the sidecars
    that run by then. https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    main = sum((_request(one, resource) for one in pod.spec.containers), Fraction(0))
    sidecars, largest = Fraction(0), Fraction(0)
    for one in pod.spec.init_containers:
        if one.restart_policy == "Always":
            sidecars += _request(one, resource)
            largest = max(largest, sidecars)
        else:
            largest = max(largest, sidecars + _request(one, resource))
    return max(main + sidecars, largest)


def _request(container: Container, resource: str) -> Fraction:
    """A limit without a request asks for as much, as the API server fills in."""
    asked = getattr(container.resources.requests, resource) or getattr(container.resources.limits, resource)
    return (quantity(asked) if asked != "" else None) or Fraction(0)
