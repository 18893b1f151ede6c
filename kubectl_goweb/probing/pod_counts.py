"""How many Pods are on each node, for who watches one namespace: counted from a list of the fewest bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from kubectl_goweb.errors import ServerError
from kubectl_goweb.status.nodes import ENDED

_PODS = "/api/v1/pods"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_QUERY = {
    "resourceVersion": "0",  # from the API server's memory: a count may be some seconds old, and etcd is left alone
    "includeObject": "None",
    "fieldSelector": ",".join(f"status.phase!={phase}" for phase in ENDED),
}
_NONE = "<none>"


class Getter(Protocol):
    def get(self, path: str, query: Mapping[str, str] = ..., *, accept: str = ...) -> bytes: ...


class _Column(Struct, frozen=True):
    name: str


class _Row(Struct, frozen=True):
    cells: msgspec.Raw


class _Table(Struct, frozen=True, rename="camel"):
    column_definitions: tuple[_Column, ...]
    rows: tuple[_Row, ...] = ()


_DECODER = msgspec.json.Decoder(_Table)
_CELLS = msgspec.json.Decoder(list[object])


def pod_counts(connection: Getter) -> Mapping[str, int]:
    """By node, of all namespaces, without Pods that have ended. ApiError when they may not be listed or read.

    As a Table, a row is a tenth of the Pod: neither `remainingItemCount` nor the metadata alone tells of nodes.
    https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
    """
    try:
        table = _DECODER.decode(connection.get(_PODS, _QUERY, accept=_TABLE))
        place = next(place for place, column in enumerate(table.column_definitions) if column.name == "Node")
        names = [_CELLS.decode(row.cells)[place] for row in table.rows]
    except (msgspec.DecodeError, UnicodeDecodeError, StopIteration, IndexError) as error:
        raise ServerError(f"the table of Pods does not tell their nodes: {error}") from error
    return Counter(str(name) for name in names if name and name != _NONE)
