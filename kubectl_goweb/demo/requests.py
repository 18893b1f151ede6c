"""A request to the API server, read: which resource, which object, which verb."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from kubectl_goweb.demo.resources import Resource, bad_request, find_resource

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points at; `name`, `subresource` and `rest` are empty where the path ends before."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """What follows /proxy, without its first slash."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: Target | None

    @property
    def parts(self) -> list[str]:
        """The path's parts."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def verb(self) -> str:
        """As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection."""
        if self.method != "GET":
            verb = _VERBS.get(self.method, self.method.lower())
            return "deletecollection" if verb == "delete" and self.target and not self.target.name else verb
        if self.target is None or self.target.subresource:
            return "get"
        if self.is_on("watch"):
            return "watch"
        return "get" if self.target.name else "list"

    @property
    def counted_as(self) -> tuple[str, str]:
        """(verb, resource) as tests count it: ("get", "deployments/scale"); the path where there is no resource."""
        if self.target is None:
            return self.verb, self.path
        name = self.target.resource.name
        return self.verb, f"{name}/{self.target.subresource}" if self.target.subresource else name

    def is_on(self, parameter: str) -> bool:
        """A boolean query parameter."""
        return self.query.get(parameter, "") in {"1", "true", "True"}

    def number(self, parameter: str) -> int:
        """A query parameter that is a whole number, 0 when it is not given; 400 for anything else."""
        text = self.query.get(parameter) or "0"
        if not text.isdecimal():
            raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
        return int(text)

    @property
    def wants_table(self) -> bool:
        """The client prefers a Table to the objects."""
        return "as=Table" in self.headers.get("accept", "").split(",")[0]


def read_request(method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
    """The request for a request line's target."""
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return Request(method, url.path, query, headers, body, _target(url.path))


def _target(path: str) -> Target | None:
    match [unquote(part) for part in path.split("/") if part]:
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in {"status", "finalize"}:
        namespace, rest = rest[1], rest[2:]
    if not rest:
        return None
    resource = find_resource(group, version, rest[0])
    if resource is None or (namespace and not resource.namespaced):
        return None
    name, subresource = [*rest[1:3], "", ""][:2]
    return Target(resource, namespace, name, subresource, "/".join(rest[3:]))
