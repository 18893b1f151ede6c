"""One Pod: kubectl's columns, what is wrong, its containers, conditions and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from textual.content import Content
from textual.widget import Widget

from kubectl_goweb.objects import Event, Kind, Pod
from kubectl_goweb.objects.text import plain
from kubectl_goweb.objects.wants import Want
from kubectl_goweb.status.ages import age
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.pods import PodHealth, pod_health
from kubectl_goweb.status.verdicts import Evidence
from kubectl_goweb.tables import Tone, pod_tone
from kubectl_goweb.tui import declared_text, detail_text
from kubectl_goweb.tui.containers import containers
from kubectl_goweb.tui.details import Details, Writer
from kubectl_goweb.tui.events_of import pod_event_want
from kubectl_goweb.tui.probe_rows import probe_lines
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.summary import Summary
from kubectl_goweb.tui.view import View
from kubectl_goweb.tui.viewing import ViewScreen
from kubectl_goweb.tui.words import hanging, line

_EVENTS = 50


class PodScreen(ViewScreen):
    def __init__(self, stage: Stage, key: str) -> None:
        super().__init__(stage)
        self.about = key
        self._pod_key = key.removeprefix("Pod/")
        self._pod_name = plain(key.rpartition("/")[2])
        self._summary = Summary()
        self._containers = stage.panel("Containers", "containers")
        self._details = Details("Why", id="details")
        self._last: Pod | None = None

    def body(self) -> Iterable[Widget]:
        return (self._summary, self._containers, self._details)

    def prepare(self, view: View) -> Callable[[], None]:
        found = view.snapshot.pods.get(self._pod_key)
        pod = found or self._last
        if pod is None:
            return lambda: self._summary.show(lambda _: (line(f"pod/{self._pod_name} is not there"),))
        health = pod_health(pod, view.now)
        rows = containers(pod, view.now)
        events = _events(view, pod)
        is_stale = found is None or view.is_stale(Kind.POD)

        def paint() -> None:
            self._last = pod
            self._summary.show(self._summarize(health, view, is_gone=found is None))
            self._summary.set_class(is_stale, "-stale")
            self._containers.show(rows, is_stale=is_stale)
            self._details.show(self._explain(pod, health, events, view))
            self._details.set_class(is_stale, "-stale")

        return paint

    def wants(self, view: View) -> tuple[Want, ...]:
        pod = view.snapshot.pods.get(self._pod_key)
        return (pod_event_want(pod),) if pod is not None else ()

    def _summarize(self, pod: PodHealth, view: View, *, is_gone: bool) -> Writer:
        def write(width: int) -> Iterator[Content]:
            if is_gone:
                yield line((f"pod/{plain(pod.name)} is gone; this was the last of it", Tone.WARN))
            yield line(
                (f"pod/{plain(pod.name)}", "bold"),
                ("  in ", Tone.FAINT),
                plain(pod.namespace),
                "   ",
                (plain(pod.status), pod_tone(pod)),
            )
            yield line(
                ("ready ", Tone.FAINT),
                pod.ready_text,
                ("   restarts ", Tone.FAINT),
                pod.restarts_text(view.now),
                ("   age ", Tone.FAINT),
                age(pod.created, view.now),
                ("   node ", Tone.FAINT),
                plain(pod.node or "<none>"),
                ("   ip ", Tone.FAINT),
                plain(pod.ip or "<none>"),
            )
            if pod.trouble is not Trouble.NONE:
                why = ": ".join(part for part in (pod.container, pod.reason, pod.message) if part)
                yield hanging(line((f"{pod.trouble}  ", pod_tone(pod))), line((plain(why), pod_tone(pod))), width)

        return write

    def _explain(self, pod: Pod, health: PodHealth, events: tuple[Evidence, ...], view: View) -> Writer:
        conditions = tuple(
            Evidence(
                f"{one.type}={one.status}",
                plain(": ".join(part for part in (one.reason, one.message) if part)),
                one.last_transition_time,
            )
            for one in pod.status.conditions
        )
        findings = tuple(
            finding
            for finding in view.findings
            if finding.object.namespace == health.namespace and health.name in finding.affected
        )

        def write(width: int) -> Iterator[Content]:
            yield from detail_text.findings(findings, view.now, width)
            yield from declared_text.probes(pod, width)
            yield from probe_lines(view, (pod.key,), (), width, signs=not self.stage.ascii_only)
            yield from declared_text.resources(pod)
            yield from detail_text.facts("Events", events, view.now, width, ellipsis=self.stage.ellipsis)
            yield from detail_text.facts("Conditions", conditions, view.now, width, ellipsis=self.stage.ellipsis)

        return write


def _events(view: View, pod: Pod) -> tuple[Evidence, ...]:
    """What is told about this Pod, newest first."""
    about = [event for event in view.snapshot.events.values() if event.involved_object.uid == pod.metadata.uid]
    about.sort(key=_last_seen, reverse=True)
    return tuple(
        Evidence(
            plain(event.reason),
            plain(event.message) + (f" ({event.times} times)" if event.times > 1 else ""),
            event.last_seen,
        )
        for event in about[:_EVENTS]
    )


def _last_seen(event: Event) -> float:
    return event.last_seen.timestamp() if event.last_seen else 0.0
