"""Reads of the API server: get, paged lists, what a watch sees of a write, logs.

Pure over the world: the answer at its present moment. Waiting and sending is the server's business.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kubectl_goweb.demo.apps import log_lines
from kubectl_goweb.demo.columns import table
from kubectl_goweb.demo.requests import Request, Target
from kubectl_goweb.demo.resources import Resource, StatusError, bad_request, expired, not_found
from kubectl_goweb.demo.selectors import field_selector, label_selector
from kubectl_goweb.demo.simulation import JSON, Change, Simulation, moment

LOG_MOST = 1_000
"""The newest lines that are kept of a container's log."""


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
    elif int(request.query.get("resourceVersion") or 0) > sim.version:
        raise StatusError(
            504, "Timeout", f"Too large resource version: {request.query['resourceVersion']}", retry_after=1
        )
    everything = sim.at(target.resource.name, version)
    if everything is None:
        raise expired()
    chosen = [each for each in everything if selection.has(each) and _key(each) > after]
    limit = int(request.query.get("limit") or 0) or len(chosen)
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
        self._version = int(request.query.get("resourceVersion") or 0)
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


class Log:
    """The log of one container: what there is, then what is new."""

    def __init__(self, sim: Simulation, request: Request, target: Target) -> None:
        """Raises the server's 400 for a container that is not there, waits, or has no previous run."""
        self._sim = sim
        self._target = target
        self._query = request.query
        self._timestamps = request.is_on("timestamps")
        self._previous = request.is_on("previous")
        pod = get_object(sim, target)
        self._uid = pod["metadata"]["uid"]
        names = [each["name"] for each in pod["spec"]["containers"]]
        self._container = request.query.get("container") or names[0]
        if self._container not in names:
            raise bad_request(f"container {self._container} is not valid for pod {target.name}")
        if len(names) > 1 and "container" not in request.query:
            listed = " ".join(names)
            raise bad_request(f"a container name must be specified for pod {target.name}, choose one of: [{listed}]")
        self._run(pod)
        self._told: datetime | None = None

    def lines(self) -> list[str]:
        """The lines that were not told before, oldest first."""
        pod = self._sim.get("pods", self._target.namespace, self._target.name)
        if pod is None or pod["metadata"]["uid"] != self._uid:
            return []
        begin, end = self._run(pod)
        lines = log_lines(pod, begin, end or self._sim.now, crashed=end is not None, most=LOG_MOST)
        if self._told is not None:
            told = self._told
            lines = [each for each in lines if each[0] > told]
        else:
            if self._query.get("sinceSeconds"):
                since = self._sim.now - timedelta(seconds=int(self._query["sinceSeconds"]))
                lines = [each for each in lines if each[0] >= since]
            elif self._query.get("sinceTime"):
                lines = [each for each in lines if each[0] >= moment(self._query["sinceTime"])]
            if self._query.get("tailLines"):
                count = int(self._query["tailLines"])
                lines = lines[-count:] if count else []
        self._told = lines[-1][0] if lines else self._told or self._sim.now
        return [f"{_nanoseconds(when)} {text}" if self._timestamps else text for when, text in lines]

    def has_ended(self) -> bool:
        """Nothing more will come: the run is over or the Pod gone."""
        pod = self._sim.get("pods", self._target.namespace, self._target.name)
        return pod is None or pod["metadata"]["uid"] != self._uid or self._previous or self._run(pod)[1] is not None

    def _run(self, pod: JSON) -> tuple[datetime, datetime | None]:
        """(begin, end) of the run that is asked for; end is None while it lasts."""
        found = (each for each in pod["status"].get("containerStatuses", []) if each["name"] == self._container)
        status = next(found, None)
        ended = (
            (status["lastState"] if self._previous else {**status["lastState"], **status["state"]}) if status else {}
        )
        if status and not self._previous and "running" in status["state"]:
            return moment(status["state"]["running"]["startedAt"]), None
        if "terminated" in ended:
            return moment(ended["terminated"]["startedAt"]), moment(ended["terminated"]["finishedAt"])
        if self._previous:
            name = pod["metadata"]["name"]
            raise bad_request(f'previous terminated container "{self._container}" in pod "{name}" not found')
        reason = (
            status["state"].get("waiting", {}).get("reason", "ContainerCreating") if status else "ContainerCreating"
        )
        text = f'container "{self._container}" in pod "{pod["metadata"]["name"]}" is waiting to start: {reason}'
        raise bad_request(text)


def _nanoseconds(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
