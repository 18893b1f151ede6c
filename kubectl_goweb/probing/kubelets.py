"""Kubelets asked through the API server, all at once, as one that hangs must not keep the others waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from kubectl_goweb.hands import Hands
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.objects import Node

PATIENCE = 3.0
"""Seconds for a kubelet to answer."""
MOST = 30
"""Nodes whose kubelets are asked one by one."""
_HANDS = 8
_T = TypeVar("_T")


class Relay(Protocol):
    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed: ...


def each(nodes: Iterable[Node], ask: Callable[[str], _T]) -> dict[str, _T]:
    """What `ask` gives for each node's name, which must not raise."""
    names = [node.name for node in nodes]
    if not names:
        return {}
    with Hands(min(_HANDS, len(names)), "kubelet") as hands:
        return dict(zip(names, hands.map(ask, names), strict=True))


def get(connection: Relay, node: str, what: str, query: Mapping[str, str], *, most: int) -> Relayed:
    """A path of a kubelet, and at most so many bytes of the answer; TimeoutError after PATIENCE, ApiError."""
    return connection.relay(f"/api/v1/nodes/{node}/proxy/{what}", query, timeout=PATIENCE, most=most)
