"""The verdict on a guarded rollout, a fold over what is seen: `judge(memory, sight, terms)`. Pure; the time is the
sight's.

`status` says how things are now. Here is decided when something is certain enough to act on, and whose change it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, structs

from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.actions.guard.symptoms import NEVER, Rule, Symptom, symptoms, told
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.errors import Exit
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.verdicts import Answer, Phase
from kubectl_goweb.status.workloads import Counts, Workload


class Outcome(StrEnum):
    GOING = "going"
    """Nothing is certain yet."""
    BLIND = "blind"
    """The API server does not tell at the moment: nothing is concluded until it does again."""
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    """Somebody else has changed the template, or deleted the object: it is theirs now."""
    PAUSED = "paused"
    """Somebody holds it."""
    HIDDEN = "hidden"
    """The workload may not be seen: no verdict is possible."""

    @property
    def is_final(self) -> bool:
        return self not in (Outcome.GOING, Outcome.BLIND)

    @property
    def exit_code(self) -> Exit:
        """GOING and BLIND are exit codes only of a guard that has run out of time."""
        return _EXITS[self]


_EXITS = {
    Outcome.GOING: Exit.TIMEOUT,
    Outcome.BLIND: Exit.UNKNOWN,
    Outcome.DONE: Exit.OK,
    Outcome.FAILED: Exit.FAILING,
    Outcome.SUPERSEDED: Exit.FAILING,
    Outcome.PAUSED: Exit.PROGRESSING,
    Outcome.HIDDEN: Exit.UNKNOWN,
}


class Judgement(Answer, frozen=True):
    """Where the guarded rollout stands, and how that is known."""

    outcome: Outcome
    sentence: str
    code: str = ""
    """Of a failure: a finding's code."""
    pods: tuple[str, ...] = ()
    """Names of the Pods that show it."""
    watched: tuple[str, ...] = ()
    """Signs that are not certain, or not yet: what is waited for besides."""


class Memory(Struct, frozen=True):
    """What has been seen so far."""

    uid: str = ""
    revision: str = ""
    """The ReplicaSet or ControllerRevision whose rollout is guarded."""
    number: int = 0
    standing: Mapping[str, datetime] = {}
    """Since when each sign stands without a break."""
    forgiven: Mapping[str, int] = {}
    """Ends by Pod that were there when a Pod that served was seen first."""
    was_ready: frozenset[str] = frozenset()
    complete_since: datetime | None = None
    still_since: datetime | None = None
    """Since when nothing has moved."""
    gist: tuple[object, ...] = ()
    due: datetime | None = None
    """When time alone will have made something certain: nobody has to tell."""


def judge(memory: Memory, sight: Sight, terms: Terms) -> tuple[Memory, Judgement]:
    """The next memory, and the verdict so far."""
    memory = structs.replace(memory, due=None)
    if sight.denied:
        return memory, Judgement(Outcome.HIDDEN, sight.denied)
    if sight.blind:
        # What stood before it went dark may have healed meanwhile.
        return structs.replace(memory, standing={}, still_since=None, complete_since=None), Judgement(
            Outcome.BLIND, sight.blind
        )
    workload = sight.workload
    if workload is None:
        return memory, Judgement(Outcome.SUPERSEDED, f"{sight.ref.short} is not there any more: somebody deleted it")
    theirs = _superseded(memory, sight)
    if theirs:
        return memory, Judgement(Outcome.SUPERSEDED, theirs)
    if not sight.is_observed:
        return memory, Judgement(Outcome.GOING, workload.rollout.message)
    memory = _remembered(memory, sight, workload)
    if workload.rollout.phase is Phase.PAUSED and not terms.is_held:
        return memory, Judgement(Outcome.PAUSED, workload.rollout.message)
    signs = symptoms(sight, terms, memory.forgiven, memory.was_ready)
    if memory.complete_since is not None:
        # The controller's counters are stale for a moment when all is well; what it complained of is over.
        signs = tuple(sign for sign in signs if sign.rule not in (Rule.REFUSED, Rule.OVERDUE))
    memory = structs.replace(memory, standing={sign.key: memory.standing.get(sign.key, sight.at) for sign in signs})
    certain = [sign for sign in signs if _stands(memory, sign, sight)]
    if certain:
        return memory, _failed(certain, workload)
    watched = told(signs)
    memory = structs.replace(memory, due=_due(memory, signs, terms))
    if memory.complete_since is not None:
        soaked = (sight.at - memory.complete_since).total_seconds()
        if soaked >= terms.soak:
            return memory, Judgement(Outcome.DONE, f"revision {sight.number} is fully available", watched=watched)
        return memory, Judgement(
            Outcome.GOING, f"rolled out; has to stay fully available for {terms.soak:g} s", watched=watched
        )
    return memory, Judgement(Outcome.GOING, workload.rollout.message, watched=watched)


def _due(memory: Memory, signs: Iterable[Symptom], terms: Terms) -> datetime | None:
    """When the first sign will have stood long enough, or the rollout; a moment later at most, if it goes on so."""
    moments = [memory.standing[one.key] + timedelta(seconds=one.patience) for one in signs if one.patience < NEVER]
    if memory.complete_since is not None:
        moments.append(memory.complete_since + timedelta(seconds=terms.soak))
    return min(moments, default=None)


def _superseded(memory: Memory, sight: Sight) -> str:
    if memory.uid and sight.uid != memory.uid:
        return f"{sight.ref.short} was deleted and made anew by somebody else"
    if sight.is_observed and memory.revision and sight.revision not in ("", memory.revision):
        return f"revision {memory.number} was replaced by revision {sight.number}: somebody else has changed it"
    return ""


def _remembered(memory: Memory, sight: Sight, workload: Workload) -> Memory:
    """What this sight adds, the signs aside."""
    forgiven = {pod.uid: memory.forgiven.get(pod.uid, pod.ends if pod.health.is_ready else 0) for pod in sight.pods}
    gist = _gist(sight, workload.counts)
    ended = max((pod.ended_at for pod in sight.pods if pod.ended_at), default=None)
    complete_since = None
    if _is_complete(workload):
        complete_since = memory.complete_since or sight.at
        if ended is not None and ended > complete_since:
            complete_since = ended
    return structs.replace(
        memory,
        uid=sight.uid,
        revision=memory.revision or sight.revision,
        number=sight.number if memory.revision in ("", sight.revision) else memory.number,
        forgiven=forgiven,
        was_ready=memory.was_ready | {pod.uid for pod in sight.pods if pod.health.is_ready},
        complete_since=complete_since,
        still_since=memory.still_since if gist == memory.gist and memory.still_since else sight.at,
        gist=gist,
    )


def _is_complete(workload: Workload) -> bool:
    return workload.rollout.phase is Phase.SUCCEEDED and workload.counts.available >= workload.counts.desired


def _gist(sight: Sight, counts: Counts) -> tuple[object, ...]:
    return (counts, sight.terminating, tuple((pod.uid, pod.health.status, pod.health.is_ready) for pod in sight.pods))


def _stands(memory: Memory, sign: Symptom, sight: Sight) -> bool:
    """Whether a sign has stood long enough. A refusal counts only while nothing else moves: quota that old Pods hold is
    given back as they go.
    """
    if sign.patience == NEVER:
        return False
    since = memory.standing[sign.key]
    if sign.rule is Rule.REFUSED:
        counts = sight.workload.counts if sight.workload else None
        is_idle = (
            sight.terminating == 0
            and all(pod.health.is_ready for pod in sight.pods)
            and (counts is None or counts.available == counts.ready)
        )
        if not is_idle or memory.still_since is None:
            return False
        since = max(since, memory.still_since)
    return (sight.at - since).total_seconds() >= sign.patience


_FINDINGS = {
    Rule.ENDS: (Code.POD_CRASHLOOP, Code.POD_OOM, Code.POD_KILLED, Code.POD_START, Code.POD_INIT, Code.POD_ENDED),
    Rule.IMAGE: (Code.POD_IMAGE,),
    Rule.CONFIG: (Code.POD_CONFIG,),
    Rule.START: (Code.POD_START,),
    Rule.VOLUME: (Code.POD_VOLUME, Code.POD_CONFIG, Code.CLAIM_PENDING),
}
"""The findings that tell a sign better than it does itself, as they have read logs and events; the other signs say
themselves why they are certain."""


def _failed(certain: list[Symptom], workload: Workload) -> Judgement:
    """The verdict, in the words of the finding about the same Pods where there is one: findings know the cause best."""
    order = list(Rule)
    first = min(certain, key=lambda sign: order.index(sign.rule))
    pods = tuple(sorted({sign.pod for sign in certain if sign.rule is first.rule and sign.pod}))
    telling = _FINDINGS.get(first.rule, ())
    for finding in workload.findings:
        if finding.code in telling and set(finding.affected) & set(pods):
            return Judgement(Outcome.FAILED, finding.title, code=finding.code, pods=pods)
    return Judgement(Outcome.FAILED, first.sentence, code=first.code, pods=pods)
