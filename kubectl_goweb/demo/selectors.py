"""Label and field selectors, as the API server reads them.

Rules: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kubectl_goweb.demo.bodies import JSON
from kubectl_goweb.demo.resources import bad_request

Matches = Callable[[JSON], bool]

_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<gone>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*(?:,|$)"
)

_EVERYWHERE = frozenset({"metadata.name", "metadata.namespace"})
_FIELDS = {
    "pods": {"spec.nodeName", "status.phase", "spec.restartPolicy", "spec.schedulerName", "status.podIP"},
    "events": {
        "type",
        "reason",
        "source",
        "reportingComponent",
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
    },
    "nodes": {"spec.unschedulable"},
    "namespaces": {"status.phase"},
    "replicasets": {"status.replicas"},
}


def label_selector(text: str) -> Matches:
    """The test that a labelSelector stands for. Raises a 400 StatusError when it cannot be read."""
    tests: list[Callable[[dict[str, str]], bool]] = []
    position = 0
    while position < len(text.rstrip()):
        term = _TERM.match(text, position)
        if term is None:
            raise bad_request(f"unable to parse requirement: found '{text[position:]}'")
        tests.append(_label_test(term))
        position = term.end()

    def matches(body: JSON) -> bool:
        labels = body["metadata"].get("labels") or {}
        return all(test(labels) for test in tests)

    return matches


def _label_test(term: re.Match[str]) -> Callable[[dict[str, str]], bool]:
    if term["absent"]:
        return lambda labels: term["gone"] not in labels
    key, value = term["key"], term["value"]
    if term["op"] in {"=", "=="}:
        return lambda labels: labels.get(key) == value
    if term["op"] == "!=":
        return lambda labels: labels.get(key) != value
    if term["set"] is not None:
        values = {each.strip() for each in term["values"].split(",")}
        wanted = term["set"] == "in"
        return lambda labels: (labels.get(key) in values) == wanted
    return lambda labels: key in labels


def field_selector(resource: str, text: str) -> Matches:
    """The test that a fieldSelector stands for. Raises a 400 StatusError for a field the server does not index."""
    known = _EVERYWHERE | _FIELDS.get(resource, set())
    tests: list[tuple[str, bool, str]] = []
    for term in filter(None, text.split(",")):
        field, operator, value = re.split(r"(!=|==|=)", term, maxsplit=1) if "=" in term else (term, "", "")
        if not operator or field not in known:
            raise bad_request(f"field label not supported: {field}" if operator else f"invalid selector: '{term}'")
        tests.append((field, operator != "!=", value))

    def matches(body: JSON) -> bool:
        return all((_field(body, field) == value) == equal for field, equal, value in tests)

    return matches


def _field(body: JSON, path: str) -> str:
    if path == "source":
        path = "source.component"
    found: object = body
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, bool) or path == "spec.unschedulable":
        return "true" if found else "false"
    return "" if found is None else str(found)
