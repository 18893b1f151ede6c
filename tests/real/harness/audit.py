"""What clients really sent, read from the API server's audit log: the proof of read-only modes and of few requests."""

import http.client
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .controlplane import administrator
from .errors import HarnessError
from .layout import Layout

READING = frozenset({"get", "list", "watch"})
MARK = "goweb-audit-mark"


@dataclass(frozen=True)
class Request:
    """One request, as the API server logged it."""

    verb: str
    """get, list, watch, create, update, patch, delete, deletecollection; for paths that are no resources the HTTP
    method in small letters.
    """
    resource: str
    """With its subresource, as `pods` or `pods/log`; empty for paths that are no resources."""
    namespace: str
    name: str
    user: str
    user_agent: str
    code: int
    """The HTTP status; 0 for a watch that has begun and not ended."""
    uri: str
    received: datetime

    @property
    def is_read(self) -> bool:
        """Whether it can have changed nothing."""
        return self.verb in READING


@dataclass
class Recording:
    """The requests of a while; complete once the `with` block of `record` has ended."""

    user: str | None
    agent: str | None
    requests: list[Request] = field(default_factory=list)

    @property
    def writes(self) -> list[Request]:
        """The requests that were not reads, refused ones too."""
        return [request for request in self.requests if not request.is_read]


@contextmanager
def record(layout: Layout, *, user: str | None = None, agent: str | None = None) -> Iterator[Recording]:
    """Record the requests made inside the `with` block, of one user if named, of one client if the start of its user
    agent is given.

    A watch is there once, when it has begun; requests that began before the block are not. The API server must serve
    when the block ends, because the end of the recording is found by a request of our own.
    """
    recording = Recording(user, agent)
    offset = layout.audit_log.stat().st_size
    began = datetime.now(UTC)
    yield recording
    ended = _flush(layout, offset)
    entries: dict[str, dict[str, Any]] = {}
    with layout.audit_log.open("rb") as log:
        log.seek(offset)
        for line in log.read(ended - offset).splitlines():
            entry = json.loads(line)
            entries[entry["auditID"]] = entry  # the later stage of a watch replaces the earlier one
    requests = [_request(entry) for entry in entries.values() if MARK not in entry["requestURI"]]
    recording.requests += [
        request
        for request in requests
        if request.received >= began
        and (user is None or request.user == user)
        and (agent is None or request.user_agent.startswith(agent))
    ]


def _flush(layout: Layout, offset: int) -> int:
    """Wait until everything answered so far is in the log; answers the log's size then.

    The server writes an entry when its handler ends, which may be a moment after the client had its answer. Two
    requests of our own, one after the other, take longer than that, and the second one in the log says that the first
    ones are.
    """
    position = offset
    for _ in range(2):
        mark = f"{MARK}-{uuid.uuid4().hex}"
        connection = administrator(layout, timeout=10)
        try:
            connection.request("GET", f"/version?{mark}")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise HarnessError(f"the recording cannot be closed, the API server does not answer: {error}") from error
        finally:
            connection.close()
        position = _find(layout, mark.encode(), position)
    return position


def _find(layout: Layout, mark: bytes, offset: int) -> int:
    """Where the line with the mark ends; waits until it is written."""
    deadline = time.monotonic() + 10
    with layout.audit_log.open("rb") as log:
        log.seek(offset)
        seen = b""
        while time.monotonic() < deadline:
            seen += log.read()
            place = seen.find(mark)
            end = seen.find(b"\n", place) if place >= 0 else -1
            if end >= 0:
                return offset + end + 1
            time.sleep(0.01)
    raise HarnessError(f"the API server did not log our own request within 10 s, see {layout.audit_log}")


def _request(entry: dict[str, Any]) -> Request:
    target = entry.get("objectRef", {})
    resource = target.get("resource", "")
    if target.get("subresource"):
        resource += f"/{target['subresource']}"
    is_open = entry["verb"] == "watch" and entry["stage"] != "ResponseComplete"
    return Request(
        verb=entry["verb"],
        resource=resource,
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        user=entry["user"]["username"],
        user_agent=entry.get("userAgent", ""),
        code=0 if is_open else entry["responseStatus"]["code"],
        uri=entry["requestURI"],
        received=datetime.fromisoformat(entry["requestReceivedTimestamp"]),
    )
