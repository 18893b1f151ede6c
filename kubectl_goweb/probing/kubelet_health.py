"""What a kubelet says of its own health, asked through the API server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from kubectl_goweb.errors import ApiError
from kubectl_goweb.objects import Node
from kubectl_goweb.objects.text import plain
from kubectl_goweb.probing import kubelets
from kubectl_goweb.probing.kubelets import Relay
from kubectl_goweb.probing.relaying import way_fault

_MOST = 4096
_REFUSALS = (401, 403, 404)


def kubelet_faults(connection: Relay, nodes: Iterable[Node]) -> Mapping[str, str]:
    """By node, what its kubelet's `/healthz` says when it is not well. A kubelet that cannot be asked from here, or
    only by others, says nothing: its lease and its conditions tell whether it lives.
    https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
    """
    told = kubelets.each(nodes, partial(_fault, connection))
    return {name: why for name, why in told.items() if why}


def _fault(connection: Relay, node: str) -> str:
    try:
        got = kubelets.get(connection, node, "healthz", {}, most=_MOST)
    except (TimeoutError, ApiError):
        return ""
    if got.head.status == 200 or got.head.status in _REFUSALS or way_fault(got.head.status, got.body) is not None:
        return ""
    text = got.body.decode("utf-8", "replace")
    failed = [line for line in text.splitlines() if line.startswith("[-]")] or [text]
    return plain("; ".join(failed).strip(), 200) or f"status {got.head.status}"
