"""What the autoscaler of a workload did, and what was done to the autoscaler."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_goweb.objects import Kind
from kubectl_goweb.objects.policy import HorizontalPodAutoscaler
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.changes.model import PastChange, Sight, Topic, listed
from kubectl_goweb.status.verdicts import Ref


def autoscalers(sight: Sight) -> tuple[HorizontalPodAutoscaler, ...]:
    """Those that scale it."""
    return tuple(
        one
        for one in sight.snapshot.autoscalers.values()
        if one.namespace == sight.ref.namespace
        and (one.spec.scale_target_ref.kind, one.spec.scale_target_ref.name) == (sight.ref.kind, sight.ref.name)
    )


def autoscaler_changes(sight: Sight) -> Iterator[PastChange]:
    for one in autoscalers(sight):
        ref = Ref(Kind.HORIZONTAL_POD_AUTOSCALER, one.name, one.namespace)
        told = False
        for event in sight.snapshot.events.values():
            at = event.last_seen
            if event.involved_object.uid == one.metadata.uid and event.reason == "SuccessfulRescale" and at is not None:
                told = told or at == one.status.last_scale_time
                if sight.is_recent(at):
                    text = f"{ref.short} scaled {sight.ref.short}: {plain(event.message)}"
                    yield PastChange(Topic.AUTOSCALER, ref, at, text, "event SuccessfulRescale", "autoscaler")
        scaled = one.status.last_scale_time
        if scaled is not None and sight.is_recent(scaled) and not told:
            text = f"{ref.short} scaled {sight.ref.short} to {one.status.desired_replicas}"
            yield PastChange(Topic.AUTOSCALER, ref, scaled, text, "status.lastScaleTime", "autoscaler")
        for write in sight.writes(Kind.HORIZONTAL_POD_AUTOSCALER, one.key):
            if write.time is not None and write.spec:
                text = f"{ref.short} written: {listed(write.spec)}"
                yield PastChange(Topic.AUTOSCALER, ref, write.time, text, "managedFields", write.manager)
