"""Which further facts would tell more about what is wrong: for suspects only, the most telling first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.case import last_ended
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.diagnosis.creating import is_waiting
from kubectl_goweb.status.diagnosis.inits import SOON, running_init
from kubectl_goweb.status.diagnosis.mechanisms import Reason
from kubectl_goweb.status.diagnosis.stale import comparisons, read_once
from kubectl_goweb.status.diagnosis.stopping import ended_hard
from kubectl_goweb.status.diagnosis.wants_around import wants_around
from kubectl_goweb.status.overview import Overview
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.references import references
from kubectl_goweb.status.verdicts import Finding
from kubectl_goweb.status.workloads import Workload

SUSPECTS = 20
"""Findings that are looked into for one answer, the worst first."""
_SILENT = 15.0
"""Seconds that a Pod may wait for its start without a word."""
_LOGS = 2
"""Logs that are read for one finding: that they agree is worth knowing, more is not."""

_ENDED = (Code.POD_CRASHLOOP, Code.POD_KILLED, Code.POD_OOM, Code.POD_START, Code.POD_ENDED, Code.POD_RESTARTS)
_NEEDS_TEMPLATE = (*_ENDED, Code.POD_NOT_READY, Code.POD_CONFIG, Code.POD_IMAGE, Code.POD_VOLUME)
_TOLD_WITH_THEM = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.NETWORK_POLICY)
"""Whose Pods are asked about with them."""
_DEPENDENCIES = (Reason.DNS, Reason.REFUSED, Reason.TIMEOUT, Reason.UNREACHABLE, Reason.RESET, Reason.TLS)
_OF_WELL = (Code.JOB_HELD, Code.SERVICE_PORT)
"""Told of Pods that are well."""
_STORAGE = ("claim-missing", "claim-deleting", "claim-unbound", "volume-elsewhere", "volume-binding")
_KEYED = ("missing-key", f"missing-{Kind.CONFIG_MAP.lower()}")


def configured(snapshot: Snapshot, workloads: Iterable[Workload]) -> tuple[Want, ...]:
    """What these workloads are made from, whether they are ill or not: their templates, and when what their variables
    come from was written.
    """
    return tuple(want for one in workloads for want in _configured(one, snapshot))


def wants(
    snapshot: Snapshot,
    told: Overview,
    *,
    suspects: int = SUSPECTS,
    deep: bool = False,
    fronts: Collection[tuple[Kind, str]] = (),
) -> tuple[Want, ...]:
    """What to ask for next; what is there already is asked for again by nobody, for the caller remembers. `fronts` are
    the Ingresses and Services that are asked about by name.
    """
    found: list[Want] = []
    ill = [(one, f) for one in told.workloads for f in one.findings if f.is_root or f.code in _ENDED]
    ill.sort(key=lambda pair: (-pair[1].severity.rank, -len(pair[1].affected)))
    for one, finding in ill[:suspects]:
        found.extend(_about(one, finding, snapshot, deep=deep))
    for one in told.workloads:
        found.extend(_silent(one, snapshot, told.at))
        found.extend(_killed(one, snapshot))
        found.extend(_initialising(one, snapshot, told.at))
    for finding in told.findings:
        if finding.affected and finding.object.kind not in _TOLD_WITH_THEM and finding.code not in _OF_WELL:
            found.extend(_about_bare(finding, snapshot))
    found.extend(wants_around(snapshot, told, {name for kind, name in fronts if kind is Kind.SERVICE}))
    routes = {name for kind, name in fronts if kind is Kind.INGRESS}
    found.extend(_certificates(snapshot, deep=deep, routes=routes))
    here = snapshot.feeds.keys() - snapshot.facts.listed
    return tuple(want for want in found if want.ask is not Ask.LIST or want.kind not in here)


def _certificates(snapshot: Snapshot, *, deep: bool, routes: Collection[str]) -> Iterator[Want]:
    """Whether what Ingresses name is there. The Secret itself is read only on purpose, and only its certificate."""
    pairs = {(one.key, part.secret_name) for one in snapshot.ingresses.values() for part in one.spec.tls}
    for key, name in sorted(pairs) if pairs else ():
        namespace, _, route = key.partition("/")
        if name:
            yield Want(Ask.THERE, Kind.SECRET, f"{namespace}/{name}")
        if name and (deep or route in routes):
            yield Want(Ask.CERTIFICATE, Kind.SECRET, f"{namespace}/{name}")


def _about(one: Workload, finding: Finding, snapshot: Snapshot, *, deep: bool) -> Iterator[Want]:
    ref = one.ref
    pods = sorted(
        (pod for pod in one.pods if pod.name in finding.affected),
        key=lambda pod: (pod.restarts, pod.name),
        reverse=True,
    )
    code = Code(finding.code)
    if code in _ENDED:
        yield from _logs(pods, snapshot, previous=True)
    if code in (Code.POD_CRASHLOOP, Code.POD_KILLED, Code.POD_RESTARTS) and pods:
        yield from _events(pods[0], snapshot)
    if code is Code.POD_KILLED or finding.reason == "probe-timeout":
        yield from _cpu(pods[:1], snapshot, deep=deep)
    if code is Code.POD_NOT_READY:
        yield from _logs(pods[:1], snapshot, previous=False)
    if code in _NEEDS_TEMPLATE:
        yield Want(Ask.FULL, Kind(ref.kind), f"{ref.namespace}/{ref.name}")
        yield from _named_by(one, snapshot, finding)
    if code is Code.POD_STUCK_TERMINATING and pods:
        yield Want(Ask.FULL, Kind.POD, f"{pods[0].namespace}/{pods[0].name}")
        yield Want(Ask.LIST, Kind.NODE, "")
    if code is Code.POD_UNSCHEDULABLE:
        yield from _placing(pods, finding)
    if code is Code.POD_INIT or finding.reason in _DEPENDENCIES:
        where = "" if not snapshot.namespace else ref.namespace
        yield Want(Ask.LIST, Kind.SERVICE, where)
        yield Want(Ask.LIST, Kind.ENDPOINT_SLICE, where)
        yield Want(Ask.LIST, Kind.NETWORK_POLICY, where)
    if code in (Code.POD_LOST, Code.POD_EVICTED):
        yield Want(Ask.LIST, Kind.NODE, "")


def _killed(one: Workload, snapshot: Snapshot) -> Iterator[Want]:
    """Pods that are ending and whose containers were killed: whether for want of time, and their last words."""
    ended = [
        (pod, status)
        for pod in one.pods
        if pod.terminating and (status := ended_hard(pod, snapshot.pods.get(f"{pod.namespace}/{pod.name}"))) is not None
    ]
    if ended:
        yield Want(Ask.FULL, Kind(one.ref.kind), f"{one.ref.namespace}/{one.ref.name}")
    for pod, status in ended[:_LOGS]:
        yield from _events(pod, snapshot)
        yield Want(Ask.LOG, Kind.POD, f"{pod.namespace}/{pod.name}", status.name)


def _initialising(one: Workload, snapshot: Snapshot, now: datetime) -> Iterator[Want]:
    """What the init container says that a Pod waits for: of one Pod, for the others wait for the same."""
    for pod in one.pods:
        raw = None if pod.is_ready else snapshot.pods.get(f"{pod.namespace}/{pod.name}")
        found = running_init(raw, now) if raw is not None else None
        if found is not None and found[1] > SOON:
            yield Want(Ask.LOG, Kind.POD, f"{pod.namespace}/{pod.name}", found[0])
            return


def _silent(one: Workload, snapshot: Snapshot, now: datetime) -> Iterator[Want]:
    """Pods that have waited long for their start while nobody says for what: what is done for one of them, and whether
    what they mount is there.
    """
    late = next(
        (
            pod
            for pod in one.pods
            if pod.trouble is Trouble.NONE
            and not pod.is_ready
            and pod.created is not None
            and (now - pod.created).total_seconds() > _SILENT
            and (raw := snapshot.pods.get(f"{pod.namespace}/{pod.name}")) is not None
            and is_waiting(raw)
        ),
        None,
    )
    if not late or any(finding.affected for finding in one.findings):
        return
    key = f"{one.ref.namespace}/{one.ref.name}"
    yield from _events(late, snapshot)
    yield Want(Ask.FULL, Kind(one.ref.kind), key)
    template = snapshot.facts.workloads.get(named(one.ref.kind, key))
    for reference in references(template.spec.template.spec) if template else ():
        if reference.as_file:
            yield Want(Ask.THERE, reference.kind, f"{one.ref.namespace}/{reference.name}")


def _about_bare(finding: Finding, snapshot: Snapshot) -> Iterator[Want]:
    """A Pod that no workload tells of."""
    for name in finding.affected[:1]:
        key = f"{finding.object.namespace}/{name}"
        raw = snapshot.pods.get(key)
        if raw is None:
            continue
        yield Want(Ask.FULL, Kind.POD, key)
        ended = [one.name for one in raw.status.container_statuses if one.restart_count or one.state.terminated]
        if ended and finding.code in _ENDED:
            yield Want(Ask.LOG, Kind.POD, key, ended[0], previous=True)
        if finding.reason in _STORAGE:
            yield Want(Ask.LIST, Kind.PERSISTENT_VOLUME_CLAIM, finding.object.namespace)


def _logs(pods: list[PodHealth], snapshot: Snapshot, *, previous: bool) -> Iterator[Want]:
    for pod in pods[:_LOGS]:
        key = f"{pod.namespace}/{pod.name}"
        raw = snapshot.pods.get(key)
        ended = last_ended(raw) if raw and not pod.container else None
        container = pod.container or (ended.name if ended else "")
        if container:
            yield Want(Ask.LOG, Kind.POD, key, container, previous)


def _cpu(pods: list[PodHealth], snapshot: Snapshot, *, deep: bool) -> Iterator[Want]:
    """What a container used, when it has a limit that could hold it back."""
    for pod in pods:
        raw = snapshot.pods.get(f"{pod.namespace}/{pod.name}")
        slim = next((one for one in raw.spec.containers if one.name == pod.container), None) if raw else None
        if slim is not None and slim.resources.limits.cpu != "" and pod.node:
            for ask in (Ask.CPU, Ask.THROTTLING) if deep else (Ask.CPU,):
                yield Want(ask, Kind.POD, f"{pod.namespace}/{pod.name}", pod.container, uid=pod.node)


def _events(pod: PodHealth, snapshot: Snapshot) -> Iterator[Want]:
    """All of them: that the kubelet killed a container for its probe is told by a normal event."""
    key = f"{pod.namespace}/{pod.name}"
    raw = snapshot.pods.get(key)
    if raw is not None:
        yield Want(Ask.EVENTS, Kind.POD, key, uid=raw.metadata.uid)


def _named_by(one: Workload, snapshot: Snapshot, finding: Finding) -> Iterator[Want]:
    """The ConfigMaps and Secrets of its template: when they were written; for a missing key, which there are."""
    template = snapshot.facts.workloads.get(named(one.ref.kind, f"{one.ref.namespace}/{one.ref.name}"))
    if template is None or Code(finding.code) not in (Code.POD_CRASHLOOP, Code.POD_NOT_READY, Code.POD_CONFIG):
        return
    for reference in references(template.spec.template.spec):
        if reference.kind in (Kind.CONFIG_MAP, Kind.SECRET):
            is_whole = reference.kind is Kind.CONFIG_MAP and finding.reason in (
                *_KEYED,
                Reason.VARIABLE,
                Reason.NO_FILE,
                Reason.DIRECTORY,
            )
            ask = Ask.WHOLE if is_whole else Ask.THERE
            yield Want(ask, reference.kind, f"{one.ref.namespace}/{reference.name}")


def _configured(one: Workload, snapshot: Snapshot) -> Iterator[Want]:
    key = f"{one.ref.namespace}/{one.ref.name}"
    yield Want(Ask.FULL, Kind(one.ref.kind), key)
    for reference in read_once(one, snapshot):
        yield Want(Ask.THERE, reference.kind, f"{one.ref.namespace}/{reference.name}")
    yield from comparisons(one, snapshot)


def _placing(pods: list[PodHealth], finding: Finding) -> Iterator[Want]:
    if not pods:
        return
    yield Want(Ask.FULL, Kind.POD, f"{pods[0].namespace}/{pods[0].name}")
    yield Want(Ask.LIST, Kind.PERSISTENT_VOLUME_CLAIM, pods[0].namespace)
    if finding.reason in _STORAGE:
        yield Want(Ask.LIST, Kind.STORAGE_CLASS, "")
        yield Want(Ask.LIST, Kind.PERSISTENT_VOLUME, "")
        if finding.reason == "volume-elsewhere":
            yield Want(Ask.LIST, Kind.NODE, "")
    else:
        yield Want(Ask.ROOM, Kind.NODE, "")
