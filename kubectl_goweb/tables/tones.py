"""The tone and the sign of every verdict, phase and severity: the one place where meaning gets its looks."""

from __future__ import annotations

from typing import assert_never

from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth
from kubectl_goweb.status.verdicts import Phase, Severity, Verdict
from kubectl_goweb.tables.model import Tone

SIGNS = {
    Verdict.HEALTHY: "✔",
    Verdict.IDLE: "○",
    Verdict.PROGRESSING: "◐",
    Verdict.PAUSED: "‖",
    Verdict.UNKNOWN: "?",
    Verdict.DEGRADED: "▲",
    Verdict.FAILING: "✖",
}
"""A sign for each verdict, one cell wide; the word stands beside it."""

ASCII_SIGNS = {
    Verdict.HEALTHY: "+",
    Verdict.IDLE: "o",
    Verdict.PROGRESSING: "~",
    Verdict.PAUSED: "=",
    Verdict.UNKNOWN: "?",
    Verdict.DEGRADED: "!",
    Verdict.FAILING: "x",
}


def verdict_tone(verdict: Verdict) -> Tone:
    match verdict:
        case Verdict.HEALTHY:
            return Tone.GOOD
        case Verdict.IDLE:
            return Tone.FAINT
        case Verdict.PROGRESSING:
            return Tone.BUSY
        case Verdict.PAUSED:
            return Tone.HELD
        case Verdict.UNKNOWN | Verdict.DEGRADED:
            return Tone.WARN
        case Verdict.FAILING:
            return Tone.BAD
        case _:
            assert_never(verdict)


def phase_tone(phase: Phase) -> Tone:
    match phase:
        case Phase.SUCCEEDED:
            return Tone.GOOD
        case Phase.UPDATING:
            return Tone.BUSY
        case Phase.PAUSED:
            return Tone.HELD
        case Phase.SUPERSEDED | Phase.UNKNOWN:
            return Tone.WARN
        case Phase.FAILED | Phase.STUCK:
            return Tone.BAD
        case _:
            assert_never(phase)


def severity_tone(severity: Severity) -> Tone:
    match severity:
        case Severity.INFO:
            return Tone.HELD
        case Severity.WARNING:
            return Tone.WARN
        case Severity.CRITICAL:
            return Tone.BAD
        case _:
            assert_never(severity)


def pod_tone(pod: PodHealth) -> Tone:
    if pod.is_ready:
        return Tone.GOOD
    if pod.trouble is Trouble.NONE:
        return Tone.FAINT if pod.terminating or pod.status == "Completed" else Tone.BUSY
    return Tone.BAD if pod.trouble.is_fatal else Tone.WARN
