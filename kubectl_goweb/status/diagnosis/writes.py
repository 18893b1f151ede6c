"""ConfigMaps and Secrets that were written shortly before the trouble began: often what it began with."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.config import ConfigMap, Secret
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Case
from kubectl_goweb.status.references import references
from kubectl_goweb.status.verdicts import Evidence

_BEFORE = timedelta(minutes=30)
_AFTER = timedelta(minutes=2)
"""A mounted file is read anew within about a minute, and the failure is then told a probe later."""


def writes_before(case: Case, since: datetime | None) -> tuple[Evidence, ...]:
    """Who wrote what the template reads, if that was within half an hour before `since`."""
    if case.full is None or since is None:
        return ()
    found: dict[str, Evidence] = {}
    for reference in references(case.full):
        if reference.kind not in (Kind.CONFIG_MAP, Kind.SECRET):
            continue
        one = case.snapshot.facts.objects.get(named(reference.kind, f"{case.ref.namespace}/{reference.name}"))
        write = one.metadata.last_write if isinstance(one, ConfigMap | Secret) else None
        if write is None or write.time is None or not since - _BEFORE <= write.time <= since + _AFTER:
            continue
        before = (since - write.time).total_seconds()
        when = f"{duration(before)} before this began" if before >= 0 else "as this began"
        text = f"written by {write.manager or 'somebody'} {when}; read by {reference.where}"
        found[f"{reference.kind} {reference.name}"] = Evidence(
            f"{reference.kind} {reference.name}", plain(text), write.time
        )
    return tuple(found.values())
