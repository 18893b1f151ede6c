"""What the API server's refusals mean, as one sentence and a next step: HTTP status and Status body to errors.
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from kubectl_goweb.errors import (
    ApiError,
    BadRequestError,
    ExpiredError,
    FieldConflict,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
)
from kubectl_goweb.kube.access import Access

_LONGEST = 400


class Asked(msgspec.Struct, frozen=True):
    """What a request was about, in kubectl's words."""

    verb: str
    resource: str
    """As `kubectl auth can-i` takes it: pods, deployments.apps, pods/log."""
    namespace: str
    name: str
    path: str

    def __str__(self) -> str:
        if not self.resource:
            return f"{self.verb} {self.path}"
        what = f"{self.verb} {self.resource}" + (f" {self.name}" if self.name else "")
        return f"{what} in namespace {self.namespace}" if self.namespace else what

    @property
    def can_i(self) -> str:
        """The command that asks the server for this permission."""
        scope = f" -n {self.namespace}" if self.namespace else (" -A" if not self.name else "")
        resource, _, subresource = self.resource.partition("/")
        extra = f" --subresource={subresource}" if subresource else ""
        return f"kubectl auth can-i {self.verb} {resource or self.path}{extra}{scope}"


class _Cause(msgspec.Struct, frozen=True):
    reason: str = ""
    message: str = ""
    field: str = ""


class _Details(msgspec.Struct, frozen=True):
    causes: tuple[_Cause, ...] = ()


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    """The fields of a Status that are read."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    details: _Details = _Details()


# Made at import, in one thread; see objects.decoding.decoders.
_STATUS = msgspec.json.Decoder(_Status)


def asked(method: str, path: str, query: Mapping[str, str]) -> Asked:
    """Verb, resource, namespace and name of an API path: /api/v1/namespaces/shop/pods/web-1/log is get pods/log web-1
    in shop.
    """
    parts = [part for part in path.split("?", 1)[0].split("/") if part]
    start = next((index for index, part in enumerate(parts) if part in ("api", "apis")), None)
    group = ""
    rest: list[str] = []
    if start is not None:
        length = 2 if parts[start] == "api" else 3
        group = parts[start + 1] if length == 3 and len(parts) > start + 1 else ""
        rest = parts[start + length :]
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    if not rest:
        return Asked(method.lower(), "", "", "", path)
    resource, name, subresource = rest[0], rest[1] if len(rest) > 1 else "", rest[2] if len(rest) > 2 else ""
    full = resource + (f".{group}" if group else "") + (f"/{subresource}" if subresource else "")
    return Asked(_verb(method, name, query), full, namespace, name, path)


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch") in ("1", "true"):
            return "watch"
        return "get" if name else "list"
    return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(method, method.lower())


def refusal(status: int, headers: Mapping[str, str], body: bytes, request: Asked, access: Access) -> ApiError:
    """The error for an answer that is not 2xx."""
    said = status_message(body)
    at = f"at {access.place}"
    told = f": {said}" if said else ""
    writes = request.verb not in ("get", "list", "watch")
    if status == 401:
        who = f"user {access.user!r}" if access.user else "these credentials"
        return UnauthorizedError(
            f"{access.place} does not know {who} (401)", hint="log in again; then try: kubectl auth whoami"
        )
    if status == 403:
        if writes and not re.search(r"is forbidden: User |cannot ", said):
            return RefusedError(
                f"refused to {request} {at}{told}",
                hint="the server's policy says no; its message says why",
                status=status,
            )
        user = re.search(r'User "([^"]+)"', said)
        who = user[1] if user else access.impersonation.user or access.user or "you"
        return ForbiddenError(
            f"{who} may not {request} {at}",
            hint=f"ask for the permission; check it with: {request.can_i}",
            verb=request.verb,
            resource=request.resource,
        )
    if status == 404:
        if said and "could not find the requested resource" not in said and request.name:
            return NotFoundError(
                f"{said} {at}", hint=f"see what is there: kubectl get {request.resource.partition('/')[0]} -A"
            )
        return NotFoundError(
            f"the server has nothing at {request.path} {at}{told}",
            hint="is that API installed there? see: kubectl api-resources",
        )
    if status == 410:
        return ExpiredError(f"cannot {request}: the version asked for is too old {at}", hint="list again")
    if status == 429:
        # A disruption budget that allows no eviction is told by the same status.
        is_busy = not said or "too many requests" in said.lower()
        why = f"{access.place} puts us off, too many requests at once" if is_busy else f"{access.place} says {said}"
        return ThrottledError(
            f"cannot {request}: {why} (429)",
            hint="try again in a moment",
            retry_after=retry_after(headers),
            causes=tuple(cause.message for cause in _causes(body) if cause.message),
        )
    if status >= 500:
        return ServerError(
            f"cannot {request}: the server failed with {status} {at}{told}",
            hint="look at its health: kubectl get --raw '/readyz?verbose'",
        )
    if 300 <= status < 400:
        return ServerError(
            f"cannot {request}: {access.place} answers with a redirect ({status})",
            hint="is server in the kubeconfig the API server's own URL?",
        )
    if status in (409, 422) or writes:
        hint = (
            "it has changed meanwhile: look again, then repeat"
            if status == 409
            else "the server's message says what is wrong with it"
        )
        return RefusedError(
            f"refused to {request} {at}{told}", hint=hint, status=status, conflicts=_field_conflicts(body)
        )
    if status == 400:
        return BadRequestError(f"cannot {request} {at}{told}", hint="the server's message says why")
    return ServerError(
        f"cannot {request}: the server answered {status} {at}{told}", hint="is this a Kubernetes API server?"
    )


def _field_conflicts(body: bytes) -> tuple[FieldConflict, ...]:
    """Whose the fields are that server-side apply may not change:
    https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
    """
    found = []
    for cause in _causes(body):
        manager = re.search(r'conflict with "([^"]*)"', cause.message)
        if cause.reason == "FieldManagerConflict" and manager:
            found.append(FieldConflict(cause.field, manager[1]))
    return tuple(found)


def _causes(body: bytes) -> tuple[_Cause, ...]:
    try:
        return _STATUS.decode(body).details.causes
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ()


def status_message(body: bytes) -> str:
    """A Status body's message on one line, or the beginning of whatever text came instead; empty for HTML and
    nothing.
    """
    try:
        status = _STATUS.decode(body)
        text = status.message or status.reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body[:_LONGEST].decode("utf-8", "replace")
        if text.lstrip().startswith(("<", "{")):
            return ""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After header; one second when there is none or it is a date, which the API server never
    sends.
    """
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 1.0
