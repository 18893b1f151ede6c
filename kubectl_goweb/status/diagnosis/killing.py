"""Containers that the kubelet ends because their liveness or startup probe fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from kubectl_goweb.objects import Event
from kubectl_goweb.objects.core import Probe, Terminated
from kubectl_goweb.objects.template import FullContainer
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.ages import duration
from kubectl_goweb.status.diagnosis.case import Group
from kubectl_goweb.status.diagnosis.codes import Code, finding
from kubectl_goweb.status.diagnosis.crashes import Crash, CrashKind
from kubectl_goweb.status.diagnosis.dependencies import behind
from kubectl_goweb.status.diagnosis.listening import listening, probed_port
from kubectl_goweb.status.diagnosis.probe_words import answered, budget, redirected
from kubectl_goweb.status.diagnosis.reasons import Told, reason_of
from kubectl_goweb.status.diagnosis.throttling import REASON, cpu_fact, throttled
from kubectl_goweb.status.verdicts import Confidence, Evidence, Finding, Severity

_KILL_WINDOW = 60.0
"""Seconds between the last failed probe and the end of the container within which the one is taken to have caused the
other: the default grace period and some."""
_LOOP = 900.0
"""Seconds for which an event about one run of a crash loop tells of the later ones, too: events may be five minutes
apart, and so may runs."""
BY_KUBELET = (137, 143, 0, 2)
"""How a container ends that is told to: killed, ended by SIGTERM, or having heeded it. A Go program that ignores
SIGTERM exits with 2 as the first process of a container, which the kernel does not end by a signal."""
_SLACK = 3.0
"""Seconds by which a run that a probe ended may differ from what the probe gives it, besides the grace period."""
_PROBE = re.compile(r"(?i)\b(?P<probe>liveness|startup) probe\b")
_UNWELL = re.compile(r"statuscode: 5\d\d|deadline exceeded|[Tt]imeout|timed out")


def killed(group: Group, ended: Terminated | None, read: Crash | None) -> Finding | None:
    """The kubelet ended it: its liveness or startup probe failed as often as it may.

    An error that the program itself wrote last (`read`) speaks against it where no event speaks for it; where one does,
    it may tell why the probe fails.
    """
    is_told = read is not None and read.is_told
    container, lasted = group.container, _seconds(ended)
    event = _kill_event(group, ended, container, lasted)
    if event is not None:
        probe = (_PROBE.search(event.message) or {"probe": "liveness"})["probe"].lower()
        failed = next((e for e in group.told if e.reason == "Unhealthy" and probe in e.message.lower()), event)
        said = failed.message.partition("failed: ")[2] or failed.message
    elif not is_told and (matching := _matching(group, container, ended, lasted)):
        probe, said = matching, "the run lasted just as long as the probe allows"
    else:
        return None
    spec = (container.startup_probe if probe == "startup" else container.liveness_probe) if container else None
    never_ready = not any(pod.is_ready for pod in group.pods)
    slow = lasted is not None and spec is not None and never_ready and lasted <= budget(spec) + _KILL_WINDOW
    refused = "connection refused" in said and not redirected(said, spec)
    late = refused or probe == "startup" or (event is None and not _was_up(group))
    reason, why = f"{probe}-probe", "nothing listens on the port that is probed" if refused else ""
    known = answered(said, spec) if event is not None else None
    if slow and late and spec is not None and (known is None or known[0] == "probe-status"):
        reason, why = "slow-start", _too_late(spec, has_startup=bool(container and container.startup_probe))
    elsewhere = _elsewhere(group, container, spec) if refused else ""
    if elsewhere:
        reason, why = f"{probe}-probe", elsewhere
    if not why and known is not None:
        why = known[1].removesuffix(f" ({said})")
    wanting = _wanting(said, read) if event is not None else None
    found = behind(group.case, wanting) if wanting else None
    if wanting is not None:
        reason, why = "probe-dependency", _not_alive_itself(wanting, probe)
    held = throttled(group)
    if held is not None:
        reason, why = REASON, f"{why}; {held.text}" if why else held.text
    title = f"{group.who} {group.verb('are', 'is')} killed by {group.verb('their', 'its')}"
    cause = f"the kubelet ends it because its {probe} probe fails ({said})" + (f"; {why}" if why else "")
    return finding(
        Code.POD_KILLED,
        Severity.CRITICAL,
        group.case.ref,
        plain(f"{title} {probe} probe{group.where}: {said}"),
        cause=plain(cause),
        next=group.show,
        evidence=group.evidence(
            _lasted(lasted, ended),
            held,
            Evidence("log", plain(read.message)) if wanting and read else None,
            *(found.evidence if found else ()),
        ),
        since=group.since,
        affected=group.names,
        reason=reason,
        confidence=Confidence.CERTAIN if event is not None and event.reason == "Killing" else Confidence.LIKELY,
        related=found.refs if found else (),
        unseen=tuple(_unseen(group, event, said)),
    )


def _unseen(group: Group, event: Event | None, said: str) -> Iterator[str]:
    if event is None:
        yield "the kubelet's events about its probes"
    why = group.case.snapshot.facts.unseen.get(cpu_fact(group), "")
    if why and throttled(group) is None and ("deadline exceeded" in said or "timed out" in said):
        limit = group.container.resources.limits.get("cpu", "") if group.container else ""
        yield f"whether it used up its CPU limit{f' of {limit}' if limit else ''}: {plain(why)}"


def _too_late(spec: Probe, *, has_startup: bool) -> str:
    return (
        f"it is given {duration(budget(spec))} from its start to answer"
        + ("" if has_startup else " and has no startupProbe")
        + ": if it needs longer to start, it is killed each time before it is ready"
    )


def _not_alive_itself(wanting: Told, probe: str) -> str:
    return (
        f"it answers so because of what it depends on: {wanting.sentence}. A restart mends no dependency: let the "
        f"{probe} probe ask only whether the process is alive"
    )


def _wanting(said: str, read: Crash | None) -> Told | None:
    """The dependency for whose sake the program itself says that it is not alive."""
    if read is None or read.kind is not CrashKind.LOGGED or not _UNWELL.search(said):
        return None
    told = reason_of(read.error)
    return told if told is not None and told.reason.startswith("dependency-") else None


def _elsewhere(group: Group, container: FullContainer | None, spec: Probe | None) -> str:
    """That the program says that it listens on another port than is probed; empty when it does not say."""
    port = probed_port(container, spec)
    heard = [number for _, number, _ in listening(group)]
    if port is None or not heard or port in heard:
        return ""
    return f"the program listens on port {heard[0]}, and port {port} is probed"


def _was_up(group: Group) -> bool:
    """Whether the program said that it listens."""
    return any(re.search(r"(?i)\b(?:listen|serving|started)", line) for line in group.lines)


def _matching(group: Group, container: FullContainer | None, ended: Terminated | None, lasted: float | None) -> str:
    """Without events: the probe that would have ended the container just when it ended; empty when none would."""
    if container is None or ended is None or lasted is None or ended.exit_code not in BY_KUBELET:
        return ""
    if any(pod.is_ready for pod in group.pods):
        return ""
    spec = group.case.spec_of(group.pod)
    # Only a container that does not heed SIGTERM takes its grace period.
    grace = spec.termination_grace_period_seconds if spec and ended.exit_code == 137 else 0
    for name, probe in (("startup", container.startup_probe), ("liveness", container.liveness_probe)):
        if probe is not None:
            least = budget(probe) - probe.period_seconds - _SLACK
            return name if least <= lasted <= budget(probe) + grace + _SLACK else ""
    return ""


def _kill_event(
    group: Group, ended: Terminated | None, container: FullContainer | None, lasted: float | None
) -> Event | None:
    killing = next((e for e in group.told if e.reason == "Killing" and _PROBE.search(e.message)), None)
    if killing is not None and (_is_near(killing.last_seen, ended) or _goes_on(killing, ended, container, lasted)):
        return killing
    if ended is None or ended.exit_code not in BY_KUBELET:
        return None
    unhealthy = next((e for e in group.told if e.reason == "Unhealthy" and _PROBE.search(e.message)), None)
    return unhealthy if unhealthy is not None and _is_near(unhealthy.last_seen, ended) else None


def _goes_on(killing: Event, ended: Terminated | None, container: FullContainer | None, lasted: float | None) -> bool:
    """The last run ended as those before it, of which the event tells: of a Pod that had many events the kubelet writes
    no more than one in five minutes.
    """
    seen, at = killing.last_seen, ended.finished_at if ended else None
    if ended is None or ended.exit_code not in BY_KUBELET or seen is None or at is None or lasted is None:
        return False
    is_startup = "startup" in killing.message.lower()
    spec = (container.startup_probe if is_startup else container.liveness_probe) if container else None
    if spec is None or (at - seen).total_seconds() > _LOOP:
        return False
    return lasted >= budget(spec) - spec.period_seconds - _SLACK


def _is_near(at: datetime | None, ended: Terminated | None) -> bool:
    """Whether the event belongs to the end of a run; events of a later run count too: the loop goes on alike."""
    if at is None or ended is None or ended.finished_at is None:
        return True
    return (ended.finished_at - at).total_seconds() <= _KILL_WINDOW


def _seconds(ended: Terminated | None) -> float | None:
    """How long the run took."""
    if ended is None or ended.started_at is None or ended.finished_at is None:
        return None
    return (ended.finished_at - ended.started_at).total_seconds()


def _lasted(seconds: float | None, ended: Terminated | None) -> Evidence | None:
    if seconds is None or ended is None:
        return None
    return Evidence("lastState.terminated", f"ran for {duration(seconds)}", ended.finished_at)
