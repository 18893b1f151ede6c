"""Reads of the API server: get, paged lists, and what a watch sees of a write.

Pure over the world: the answer at its present moment. Waiting and sending is the server's business.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from kubectl_goweb.demo.bodies import JSON
from kubectl_goweb.demo.columns import table
from kubectl_goweb.demo.requests import Request, Target
from kubectl_goweb.demo.resources import Resource, StatusError, bad_request, expired, not_found
from kubectl_goweb.demo.selectors import field_selector, label_selector
from kubectl_goweb.demo.simulation import Change, Simulation


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects that a list or watch asks for."""

    target: Target
    labels: str
    fields: str

    @classmethod
    def of(cls, request: Request, target: Target) -> Selection:
        """The request's selection; a name in the path selects that one object."""
        fields = request.query.get("fieldSelector", "")
        if target.name:
            fields = ",".join(filter(None, [fields, f"metadata.name={target.name}"]))
        return cls(target, request.query.get("labelSelector", ""), fields)

    def has(self, body: JSON) -> bool:
        """The object belongs to it. Raises a StatusError for a selector that cannot be read."""
        if self.target.namespace and body["metadata"].get("namespace") != self.target.namespace:
            return False
        return label_selector(self.labels)(body) and field_selector(self.target.resource.name, self.fields)(body)


def get_object(sim: Simulation, target: Target) -> JSON:
    """The object a path names."""
    body = sim.get(target.resource.name, target.namespace, target.name)
    if body is None:
        raise not_found(target.resource, target.name)
    return body


def list_objects(sim: Simulation, request: Request, target: Target) -> JSON:
    """A list or a Table, in pages if `limit` asks for them; all pages are of one resourceVersion."""
    selection = Selection.of(request, target)
    version, after = sim.version, ("", "")
    if request.query.get("continue"):
        version, after = _read_token(request.query["continue"])
    elif request.number("resourceVersion") > sim.version:
        raise StatusError(
            504, "Timeout", f"Too large resource version: {request.query['resourceVersion']}", retry_after=1
        )
    everything = sim.at(target.resource.name, version)
    if everything is None:
        raise expired()
    chosen = [each for each in everything if selection.has(each) and _key(each) > after]
    limit = request.number("limit") or len(chosen)
    page, rest = chosen[:limit], chosen[limit:]
    meta: JSON = {"resourceVersion": str(version)}
    if rest:
        meta["continue"] = _token(version, _key(page[-1]))
        if not selection.labels and not selection.fields:
            meta["remainingItemCount"] = len(rest)
    if request.wants_table:
        return table(target.resource, page, meta, sim.now, request.query.get("includeObject", "Metadata"))
    items = [{key: value for key, value in each.items() if key not in {"kind", "apiVersion"}} for each in page]
    return {
        "kind": f"{target.resource.kind}List",
        "apiVersion": target.resource.api_version,
        "metadata": meta,
        "items": items,
    }


def _key(body: JSON) -> tuple[str, str]:
    return body["metadata"].get("namespace", ""), body["metadata"]["name"]


def _token(version: int, last: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([version, *last]).encode()).decode()


def _read_token(text: str) -> tuple[int, tuple[str, str]]:
    try:
        version, namespace, name = json.loads(base64.urlsafe_b64decode(text))
        return int(version), (str(namespace), str(name))
    except (binascii.Error, ValueError) as error:
        raise bad_request("continue key is not valid") from error


class Watch:
    """What one watch has seen, and the events of what it has not."""

    def __init__(self, sim: Simulation, request: Request, target: Target) -> None:
        """Raises a StatusError for bad selectors; a version that is too old is told by `events`, as the server does."""
        self._sim = sim
        self._request = request
        self._target = target
        self._selection = Selection.of(request, target)
        self._selection.has({"metadata": {}, "spec": {}, "status": {}})
        self._version = request.number("resourceVersion")
        self._initial = self._version == 0 or request.is_on("sendInitialEvents")
        self._head = True

    def events(self) -> list[JSON] | None:
        """The events since the last call; None when the version is forgotten and the watch has to end with a 410."""
        if self._initial:
            self._initial = False
            self._version = self._sim.version
            state = [each for each in self._sim.find(self._target.resource.name) if self._selection.has(each)]
            events = [self._event("ADDED", each) for each in state]
            return [*events, self.bookmark(last_initial=True)] if self._request.is_on("sendInitialEvents") else events
        changes = self._sim.since(self._version)
        if changes is None:
            return None
        self._version = self._sim.version
        return [event for change in changes if (event := self._seen(change)) is not None]

    def _seen(self, change: Change) -> JSON | None:
        """One that starts to match is ADDED; one that stops is DELETED, as it last matched, with the new version."""
        if change.resource != self._target.resource.name:
            return None
        before = change.previous is not None and self._selection.has(change.previous)
        if change.type == "DELETED":
            return self._event("DELETED", change.object) if before else None
        if self._selection.has(change.object):
            return self._event("MODIFIED" if before else "ADDED", change.object)
        if before and change.previous is not None:
            meta = {**change.previous["metadata"], "resourceVersion": change.object["metadata"]["resourceVersion"]}
            return self._event("DELETED", {**change.previous, "metadata": meta})
        return None

    def _event(self, kind: str, body: JSON) -> JSON:
        if self._request.wants_table:
            meta = {"resourceVersion": body["metadata"]["resourceVersion"]}
            include = self._request.query.get("includeObject", "Metadata")
            body = table(self._target.resource, [body], meta, self._sim.now, include, head=self._head)
            self._head = False
        return {"type": kind, "object": body}

    def bookmark(self, *, last_initial: bool = False) -> JSON:
        """Tells the client a version to resume from."""
        meta: JSON = {"resourceVersion": str(self._version), "creationTimestamp": None}
        if last_initial:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        resource: Resource = self._target.resource
        if self._request.wants_table:
            return {"type": "BOOKMARK", "object": table(resource, [], meta, self._sim.now, "None", head=False)}
        return {
            "type": "BOOKMARK",
            "object": {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta},
        }
