"""Everything told about a Snapshot: the one answer that the command line and the cockpit both show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import structs

from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.diagnosis.codes import worst_first
from kubectl_goweb.status.index import Index, ending_namespaces
from kubectl_goweb.status.nodes import NodeHealth, node_health, pods_by_node
from kubectl_goweb.status.pods import PodHealth, pod_health
from kubectl_goweb.status.verdicts import Answer, Finding, Gap, Verdict
from kubectl_goweb.status.workload_health import Known, daemon_set_health, deployment_health, stateful_set_health
from kubectl_goweb.status.workloads import Workload


class Overview(Answer, frozen=True, gc=False):
    """What is known, and what is not."""

    namespace: str
    """Where was looked; empty means in all namespaces."""
    at: datetime
    verdict: Verdict
    """The worst of the workloads; unknown when there may be workloads that could not be seen."""
    workloads: tuple[Workload, ...]
    """By namespace, then name."""
    nodes: tuple[NodeHealth, ...]
    findings: tuple[Finding, ...]
    """Of all workloads and nodes, worst first."""
    gaps: tuple[Gap, ...]

    @property
    def exit_code(self) -> Exit:
        """The verdict as an exit code. What is known to fail outweighs what is not known."""
        return self.verdict.exit_code


def overview(snapshot: Snapshot, now: datetime, *, asked: int | None = None) -> Overview:
    """Judge everything in the Snapshot at the instant `now`.

    `asked` is the revision that the caller follows, when it asks about one.
    """
    index = Index(snapshot)
    known = Known(index, {tail.pod: tail for tail in snapshot.logs}, now, ending_namespaces(snapshot))
    workloads = [deployment_health(one, known, asked) for one in snapshot.deployments.values()]
    workloads += [stateful_set_health(one, known) for one in snapshot.stateful_sets.values()]
    workloads += [daemon_set_health(one, known) for one in snapshot.daemon_sets.values()]
    workloads.sort(key=lambda workload: (workload.ref.namespace, workload.ref.name, workload.ref.kind))
    nodes = _nodes(snapshot)
    findings = [finding for workload in workloads for finding in workload.findings]
    findings += [finding for node in nodes for finding in node.findings]
    if Kind.INGRESS in snapshot.feeds:  # who asks for Ingresses asks for everything around the workloads
        from kubectl_goweb.status.diagnosis.around import around_findings

        findings += around_findings(snapshot, workloads, index, now)
    elif snapshot.network_policies:
        from kubectl_goweb.status.diagnosis.around import walled_findings

        findings += walled_findings(snapshot, workloads, index, now)
    if any(finding.related for finding in findings):
        from kubectl_goweb.status.diagnosis.around import explained, with_cuts

        findings = list(explained(with_cuts(findings), workloads))
        marks = {finding.id: finding.explained_by for finding in findings if finding.explained_by}
        workloads = [_marked(workload, marks) for workload in workloads]
    gaps = _gaps(snapshot)
    return Overview(
        namespace=snapshot.namespace,
        at=now,
        verdict=_worst(snapshot, workloads),
        workloads=tuple(workloads),
        nodes=nodes,
        findings=worst_first(tuple(findings)),
        gaps=gaps,
    )


def _marked(workload: Workload, marks: Mapping[str, str]) -> Workload:
    """The workload with its findings marked as they are in the whole."""
    if not any(finding.is_root and finding.id in marks for finding in workload.findings):
        return workload
    marked = (structs.replace(f, explained_by=f.explained_by or marks.get(f.id, "")) for f in workload.findings)
    return structs.replace(workload, findings=worst_first(marked))


def pods(snapshot: Snapshot, now: datetime) -> tuple[PodHealth, ...]:
    """Every Pod, owned by a workload or not, by namespace and name."""
    return tuple(
        pod_health(pod, now) for pod in sorted(snapshot.pods.values(), key=lambda pod: (pod.namespace, pod.name))
    )


_WORKLOAD_KINDS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET)


def _worst(snapshot: Snapshot, workloads: Iterable[Workload]) -> Verdict:
    worst = max((workload.verdict for workload in workloads), key=lambda one: one.rank, default=Verdict.HEALTHY)
    blind = any(
        (feed := snapshot.feeds.get(kind)) is not None and not feed.state.is_current for kind in _WORKLOAD_KINDS
    )
    malformed = any(feed.malformed for kind, feed in snapshot.feeds.items() if kind in _WORKLOAD_KINDS)
    if (blind or malformed) and worst.rank < Verdict.UNKNOWN.rank:
        return Verdict.UNKNOWN
    return worst


def _gaps(snapshot: Snapshot) -> tuple[Gap, ...]:
    gaps = []
    for kind, feed in snapshot.feeds.items():
        part = kind.resource.group_plural
        if feed.state is not FeedState.LIVE:
            gaps.append(Gap(part, feed.state, plain(feed.why), feed.since))
        gaps.extend(Gap(f"{part} {plain(bad.name)}", "malformed", plain(bad.why)) for bad in feed.malformed)
    return tuple(gaps)


def _nodes(snapshot: Snapshot) -> tuple[NodeHealth, ...]:
    feed = snapshot.feeds.get(Kind.POD)
    sees_all = feed is not None and feed.state.is_current and not snapshot.namespace
    bound = pods_by_node(snapshot.pods.values()) if sees_all else None
    return tuple(
        node_health(node, None if bound is None else bound[node.name])
        for node in sorted(snapshot.nodes.values(), key=lambda node: node.name)
    )
