"""Probes that are answered with a redirect to another host: they succeed whatever the service does.

The kubelet does not follow such a redirect and takes it for a success, with a warning.
https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#http-probes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_goweb.objects import Event, Kind
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.case import from_event
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.surroundings import Surroundings
from kubectl_goweb.status.verdicts import Finding, Ref, Severity
from kubectl_goweb.status.workloads import Workload

_ONGOING = 900.0
"""Seconds since the kubelet last said so: of many events it writes no more than one in five minutes."""


def redirect_findings(around: Surroundings, workloads: Iterable[Workload]) -> Iterator[Finding]:
    """One a workload and probe."""
    events = [one for one in around.snapshot.events.values() if _is_told(one, around)]
    if not events:
        return
    owner = {(pod.namespace, pod.name): one.ref for one in workloads for pod in one.pods}
    told: dict[tuple[Ref, str], list[Event]] = {}
    for event in events:
        about = event.involved_object
        ref = owner.get((event.namespace, about.name), Ref(Kind.POD, about.name, event.namespace))
        told.setdefault((ref, event.message.partition(" ")[0].lower()), []).append(event)
    for (ref, probe), ones in told.items():
        yield finding(
            Code.PROBE_REDIRECTED,
            Severity.WARNING,
            ref,
            f"the {probe} probe of {ref.short} is answered with a redirect to another host, which counts as success",
            cause="the kubelet does not follow it: the probe says that all is well whatever the service behind does; "
            "probe a path that answers by itself",
            next=f"kubectl goweb probe {ref.short} -n {ref.namespace}",
            evidence=(from_event(ones[0]),),
            since=min((one.first_timestamp for one in ones if one.first_timestamp), default=None),
            affected=tuple(sorted({plain(one.involved_object.name) for one in ones})),
            reason="elsewhere",
        )


def _is_told(event: Event, around: Surroundings) -> bool:
    seen = event.last_seen
    return (
        event.reason == "ProbeWarning"
        and "terminated redirects" in event.message
        and seen is not None
        and (around.now - seen).total_seconds() < _ONGOING
    )
