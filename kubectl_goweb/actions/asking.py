"""What planning needs of a connection, and whether the server would let a write through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.objects import Kind
from kubectl_goweb.status.verdicts import Ref

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Reader(Protocol):
    """What is needed of a connection."""

    access: Access

    def get(self, path: str, *, accept: str = ...) -> bytes: ...

    def pages(self, path: str, query: Mapping[str, str] = ..., *, limit: int = ...) -> Iterable[bytes]: ...

    def send(self, method: str, path: str, body: bytes = ...) -> bytes: ...


class _Attributes(Struct, frozen=True, rename="camel"):
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str


def may_not(connection: Reader, ref: Ref, subresource: str = "", does: str = "patch") -> str:
    """Ask the server whether it would let us (SelfSubjectAccessReview): why not, or nothing."""
    resource = Kind(ref.kind).resource
    group = resource.group_plural.partition(".")[2]
    asked = _Attributes(does, group, resource.plural, subresource, ref.namespace, ref.name)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    try:
        answer = msgspec.json.decode(connection.send("POST", _REVIEWS, msgspec.json.encode(review)))
    except (ApiError, msgspec.DecodeError):
        return ""  # then the write itself will tell
    if answer.get("status", {}).get("allowed", True):
        return ""
    who = connection.access.impersonation.user or connection.access.user or "you"
    full = resource.group_plural + (f"/{subresource}" if subresource else "")
    where = f" in namespace {ref.namespace}" if ref.namespace else ""
    return f"{who} may not {does} {full} {ref.name}{where}"
