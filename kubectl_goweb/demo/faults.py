"""Faults that a test switches on in the demo's API server while it runs.

Everything here is safe to call from any thread. A fault lasts until `clear`, or for `times` requests where it takes
that. The server asks what is on; nothing here knows HTTP.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from kubectl_goweb.demo.bodies import JSON
from kubectl_goweb.demo.requests import Request
from kubectl_goweb.demo.resources import StatusError, forbidden, unauthorized

USER = "demo"
"""Who the token belongs to, as RBAC would say it."""

_WRONG_TYPES: dict[str, tuple[str, str, Any]] = {
    "deployments": ("spec", "replicas", "many"),
    "replicasets": ("spec", "replicas", "many"),
    "statefulsets": ("spec", "replicas", "many"),
    "pods": ("status", "containerStatuses", "none"),
    "nodes": ("status", "conditions", "good"),
    "events": ("metadata", "labels", "few"),
}


@dataclass(slots=True)
class _Refusing:
    code: int
    retry_after: int | None
    resource: str | None
    left: int | None


class Faults:
    """What goes wrong at the moment."""

    def __init__(self, wake: threading.Condition) -> None:
        """`wake` is the server's condition: streams wait on it and look here again when it is notified."""
        self._wake = wake
        self._refusing: list[_Refusing] = []
        self._forbidden: set[tuple[str, str]] = set()
        self._malformed: dict[str, str] = {}
        self._slow = 0.0
        self._hanging: set[str | None] = set()
        self._silent = False
        self._silences = 0
        self._epoch = 0

    def clear(self) -> None:
        """No fault any more. Connections that hung or were half open are closed."""
        with self._wake:
            self._refusing.clear()
            self._forbidden.clear()
            self._malformed.clear()
            self._slow = 0.0
            self._hanging.clear()
            self._silent = False
            self._epoch += 1
            self._wake.notify_all()

    def status(
        self, code: int, *, retry_after: int | None = None, resource: str | None = None, times: int | None = None
    ) -> None:
        """Answer with this code (429, 500, 503 ...): to all or to one resource, `times` times or until cleared."""
        with self._wake:
            self._refusing.append(_Refusing(code, retry_after, resource, times))

    def unauthorized(self, *, times: int | None = None) -> None:
        """Answer 401, as to a token that has expired."""
        self.status(401, times=times)

    def forbid(self, resource: str, *verbs: str) -> None:
        """Answer 403 to these verbs (none named: to all) on a resource, `pods` or `pods/log`."""
        with self._wake:
            self._forbidden.update((verb, resource) for verb in verbs or ("*",))

    def malformed(self, resource: str, name: str = "") -> None:
        """Send one object of the resource with a wrong type in it (replicas: "many").

        It is the named one, or else the first that is sent.
        """
        with self._wake:
            self._malformed[resource] = name

    def slow(self, seconds: float) -> None:
        """Wait this long before every answer."""
        with self._wake:
            self._slow = seconds

    def hang(self, resource: str | None = None) -> None:
        """Accept, send the head and half of the JSON, then nothing; the connection stays open until `clear`."""
        with self._wake:
            self._hanging.add(resource)

    def half_open(self) -> None:
        """Watches, open ones and new ones, say nothing more and are not closed until `clear`."""
        with self._wake:
            self._silent = True
            self._silences += 1
            self._wake.notify_all()

    # What the server asks

    @property
    def epoch(self) -> int:
        """Grows with every `clear`: what hung before may go."""
        return self._epoch

    @property
    def silences(self) -> int:
        """How often `half_open` was called: a watch that was open at a call is dead from then on."""
        return self._silences

    @property
    def is_silent(self) -> bool:
        """Watches keep silent."""
        return self._silent

    @property
    def delay(self) -> float:
        """Seconds to wait before an answer."""
        return self._slow

    def hangs(self, request: Request) -> bool:
        """This request's answer stops half way."""
        return None in self._hanging or request.counted_as[1] in self._hanging

    def refuse(self, request: Request) -> None:
        """Raise the StatusError this request meets, if any."""
        verb, resource = request.counted_as
        with self._wake:
            for each in self._refusing:
                if each.resource not in {None, resource} or each.left == 0:
                    continue
                if each.left is not None:
                    each.left -= 1
                raise _refusal(each.code, each.retry_after)
        target = request.target
        if target is not None and not self.allows(verb, resource):
            raise forbidden(USER, verb, target.resource, target.namespace, target.name, target.subresource)

    def allows(self, verb: str, resource: str) -> bool:
        """What RBAC says."""
        return not {(verb, resource), ("*", resource)} & self._forbidden

    def spoil(self, resource: str, bodies: list[JSON]) -> list[JSON]:
        """The objects as they are sent: with the one malformed, if that is asked for."""
        if resource not in self._malformed or not bodies:
            return bodies
        wanted = self._malformed[resource] or bodies[0]["metadata"]["name"]
        self._malformed[resource] = wanted
        return [_with_wrong_type(resource, each) if each["metadata"].get("name") == wanted else each for each in bodies]


def _with_wrong_type(resource: str, body: JSON) -> JSON:
    part, field, value = _WRONG_TYPES.get(resource, ("metadata", "labels", "many"))
    return {**body, part: {**body.get(part, {}), field: value}}


def _refusal(code: int, retry_after: int | None) -> StatusError:
    match code:
        case 401:
            return unauthorized()
        case 429:
            text = "the server has received too many requests and has asked us to try again later"
            return StatusError(429, "TooManyRequests", text, retry_after=1 if retry_after is None else retry_after)
        case 503:
            text = "the server is currently unable to handle the request"
            return StatusError(503, "ServiceUnavailable", text, retry_after=retry_after)
        case 504:
            return StatusError(
                504,
                "Timeout",
                "the server was unable to return a response in the time allotted",
                retry_after=retry_after,
            )
        case _:
            text = "an error on the server has prevented the request from succeeding"
            return StatusError(code, "InternalError", text, retry_after=retry_after)
