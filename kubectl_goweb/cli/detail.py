"""One workload in full, as text: rollout, findings with evidence, revisions, Pods, Services, conditions, events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_goweb import tables
from kubectl_goweb.cli.finding_text import finding_lines
from kubectl_goweb.cli.printing import Paper, lines
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import age, duration
from kubectl_goweb.status.nodes import NodeHealth
from kubectl_goweb.status.verdicts import Finding, Verdict
from kubectl_goweb.status.weight import weight
from kubectl_goweb.status.workloads import Rollout, Workload
from kubectl_goweb.tables import Tone, phase_tone, verdict_tone

_OLD_REVISIONS = 3
"""How many revisions without Pods are shown."""


def detail(
    one: Workload,
    nodes: Iterable[NodeHealth],
    now: datetime,
    paper: Paper,
    walls: Iterable[Finding] = (),
    *,
    sees_services: bool,
) -> Iterable[str]:
    """All there is to say about one workload; `walls` are the findings about the NetworkPolicies over it."""
    sign = (tables.SIGNS if paper.signs else tables.ASCII_SIGNS)[one.verdict]
    head = f"{sign} {one.verdict}"
    yield f"{one.ref.short} in {one.ref.namespace}: {paper.tinted(head, verdict_tone(one.verdict))}"
    if one.why:
        yield f"  {paper.tinted(one.why, verdict_tone(one.verdict))}"
    yield ""
    yield from _facts(one, now, paper, sees_services=sees_services)
    yield from finding_lines((*one.findings, *walls), now, paper)
    old = 0
    revisions = []
    for revision in one.revisions:
        old += not (revision.existing or revision.is_current)
        if old <= _OLD_REVISIONS or revision.existing or revision.is_current:
            revisions.append(revision)
    if revisions:
        yield from _section("REVISIONS (* newest)", lines(tables.revisions(revisions, now), paper, indent=2))
    if one.pods:
        order = {revision.hash: index for index, revision in enumerate(one.revisions)}
        order |= {revision.name: index for index, revision in enumerate(one.revisions)}
        pods = sorted(one.pods, key=lambda pod: (order.get(pod.revision, -1), pod.name))
        yield from _section("PODS", lines(tables.pods(pods, now), paper, indent=2))
    if one.conditions:
        yield from _section("CONDITIONS", lines(tables.facts(one.conditions, now), paper, indent=2, headers=False))
    if one.events:
        yield from _section("WARNINGS", lines(tables.facts(one.events, now), paper, indent=2, headers=False))
    used = {pod.node for pod in one.pods}
    matter = [node for node in nodes if node.name in used and node.verdict is not Verdict.HEALTHY]
    if matter:
        table = tables.nodes(matter, now, signs=paper.signs)
        yield from _section("NODES THAT MATTER", lines(table, paper, indent=2))


def _section(title: str, body: Iterable[str]) -> Iterable[str]:
    yield ""
    yield title
    yield from body


def _facts(one: Workload, now: datetime, paper: Paper, *, sees_services: bool) -> Iterable[str]:
    rollout, counts = one.rollout, one.counts
    phase = paper.tinted(rollout.phase, phase_tone(rollout.phase))
    yield f"  rollout    {phase}: {plain(rollout.message)}{_times(rollout, now)}"
    yield f"  revision   {rollout.revision or '?'}   {plain(', '.join(one.images))}"
    yield (
        f"  replicas   {counts.desired} desired, {counts.existing} existing, {counts.updated} updated, "
        f"{counts.ready} ready, {counts.available} available"
    )
    if rollout.limits is not None:
        limits = rollout.limits
        least, most = limits.at_least(counts.desired), limits.at_most(counts.desired)
        yield (
            f"  limits     at least {least} available, at most {most} existing "
            f"(surge {limits.surge}, unavailable {limits.unavailable})"
        )
    if one.endpoints:
        for service in one.endpoints:
            tone = Tone.BAD if service.ready == 0 and counts.desired else Tone.PLAIN
            ready = paper.tinted(f"{service.ready} of {service.total} endpoints ready", tone)
            yield f"  service    {plain(service.service)}: {ready}"
    elif sees_services:
        yield "  service    none selects its Pods"
    if one.paused:
        carried = weight(one)
        held = f"; {carried.words}" if carried is not None else ""
        yield f"  paused     {paper.tinted('spec.paused is set', Tone.HELD)}{held}"


def _times(rollout: Rollout, now: datetime) -> str:
    parts = []
    if rollout.started:
        parts.append(f"started {age(rollout.started, now)} ago")
    if rollout.deadline:
        left = (rollout.deadline - now).total_seconds()
        parts.append(f"deadline in {duration(left)}" if left > 0 else "deadline passed")
    return f" ({', '.join(parts)})" if parts else ""
