"""API versions that the server does not serve, and somebody still asks for: by what their events say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_goweb.objects import Event, Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Evidence, Finding, Ref, Severity

_NO_MATCH = re.compile(
    r"no matches for (?:kind \\?\"(?P<kind>[\w.-]+)\\?\" in (?:version|group)s? \[?\\?\"(?P<version>[\w./-]+)\\?\""
    r"|(?P<group>[\w./-]+), Resource=(?P<plural>\w+))"
)
CAUSE = (
    "the version was removed with an upgrade, or the CustomResourceDefinition is not installed; what asks for it must "
    "name a version that `kubectl api-versions` lists"
)
_ONGOING = 900.0
"""Seconds since an event was last seen within which what it tells goes on: controllers try again every few minutes."""


def unserved(message: str) -> str:
    """What kind of which version a message says is not served, in words; empty when it says no such thing.

    The words are those of k8s.io/apimachinery/pkg/api/meta (NoKindMatchError, NoResourceMatchError).
    """
    found = _NO_MATCH.search(message)
    if found is None:
        return ""
    return f"{found['kind'] or found['plural']} of {found['version'] or found['group']}"


def served_findings(around: Surroundings) -> Iterator[Finding]:
    """Each object whose controller says that it asked for a kind or version which is not there."""
    told: dict[Ref, Event] = {}
    for event in around.snapshot.events.values():
        about, seen = event.involved_object, event.last_seen
        if "no matches for " not in event.message or about.kind == Kind.HORIZONTAL_POD_AUTOSCALER:
            continue  # an autoscaler says it in its conditions, which are told on their own
        if not unserved(event.message) or seen is None or (around.now - seen).total_seconds() > _ONGOING:
            continue
        told[Ref(about.kind, about.name, event.namespace)] = event
    for ref, event in told.items():
        what = unserved(event.message)
        yield finding(
            Code.API_GONE,
            Severity.WARNING,
            ref,
            plain(f"{ref.short} needs {what}, which this API server does not serve"),
            cause=CAUSE,
            next="kubectl api-resources",
            evidence=(from_event(event), Evidence("asked for", what)),
            since=event.first_timestamp or event.last_seen,
            reason="api-not-served",
        )
