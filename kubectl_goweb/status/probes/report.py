"""Everything told of one probed target: our result, its history, what the kubelet says, and where the two differ. The
command line, its documents and the cockpit all show this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from kubectl_goweb.errors import Exit
from kubectl_goweb.objects import Pod, ReplicaSet
from kubectl_goweb.status.probes.history import History
from kubectl_goweb.status.probes.kubelet import KubeletView, disagreement
from kubectl_goweb.status.probes.results import ProbeResult
from kubectl_goweb.status.probes.targets import Target
from kubectl_goweb.status.verdicts import Answer, Ref


class HistoryFacts(Answer, frozen=True, gc=False):
    """What the history says, in numbers."""

    count: int
    success_ratio: float | None
    failures_in_a_row: int
    p50: float | None
    """Seconds, of the successful ones."""
    p95: float | None


class ProbeReport(Answer, frozen=True, gc=False):
    target: str
    ref: Ref | None
    container: str
    request: str
    rules: str
    """`kubelet` or `http_2xx`: by which rules our result was judged."""
    revision: str
    """Of the Pod: the Deployment's revision number, else the template's hash; empty when there is none."""
    result: ProbeResult | None
    history: HistoryFacts | None
    kubelet: tuple[KubeletView, ...]
    """The declared probes that send this request."""
    disagreement: str


def report(
    target: Target,
    result: ProbeResult | None,
    views: Iterable[KubeletView],
    now: datetime,
    *,
    history: History | None = None,
    revision: str = "",
) -> ProbeReport:
    """`views` are the Pod's; those that belong to the target's container and request are taken."""
    mine = tuple(
        view
        for view in views
        if view.declared.container == target.container
        and (view.declared.role in target.roles or (not target.roles and view.declared.role == "readiness"))
    )
    # Only the same request can be agreed about.
    differs = [disagreement(result, view, now) for view in mine] if result is not None and target.roles else []
    return ProbeReport(
        target=target.key,
        ref=target.ref,
        container=target.container,
        request=target.request.says,
        rules=target.rules.name,
        revision=revision,
        result=result,
        history=history_facts(history) if history is not None else None,
        kubelet=mine,
        disagreement="; ".join(one for one in differs if one),
    )


def history_facts(history: History) -> HistoryFacts:
    return HistoryFacts(
        len(history.results),
        history.success_ratio,
        history.failures_in_a_row,
        history.percentile(0.5),
        history.percentile(0.95),
    )


def exit_code(results: Iterable[ProbeResult | None]) -> Exit:
    """Failing when any failed, unknown when any cannot tell, else OK."""
    told = [None if result is None else result.success for result in results]
    if False in told:
        return Exit.FAILING
    return Exit.UNKNOWN if None in told else Exit.OK


def pod_revision(pod: Pod, replica_sets: Mapping[str, ReplicaSet]) -> str:
    """The Deployment's revision that a Pod is of, by its ReplicaSet; else its template's hash."""
    owner = pod.metadata.controller
    found = replica_sets.get(f"{pod.namespace}/{owner.name}") if owner is not None else None
    if found is not None and found.metadata.annotations.revision:
        return found.metadata.annotations.revision
    labels = pod.metadata.labels
    return labels.get("pod-template-hash") or labels.get("controller-revision-hash", "")
