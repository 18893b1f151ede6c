"""Which Pods of a node a drain evicts, leaves or refuses to touch. Follows kubectl's filters, in their order
(k8s.io/kubectl/pkg/drain).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kubectl_goweb.objects.template import FullPod
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.verdicts import Answer

ENDED = ("Succeeded", "Failed")


class Fate(StrEnum):
    EVICT = "evict"
    STAY = "stay"
    """It would come back at once, or the API server cannot end it."""
    REFUSE = "refuse"
    """Not without a flag that says so; then nothing at all is drained."""


class Sorted(Answer, frozen=True, gc=False):
    """One Pod of the node."""

    pod: str
    """Its key."""
    fate: Fate
    why: str = ""
    """Why it stays or is refused."""
    flag: str = ""
    """The flag that would allow it, where it is refused."""
    warning: str = ""
    """What is lost with it."""


def sort_out(pod: FullPod, flags: Flags, daemon_sets: Mapping[str, object] | None, now: datetime) -> Sorted:
    """What becomes of the Pod. `daemon_sets` by key tell whether its DaemonSet still exists; None: it is taken to."""
    key, meta = pod.key, pod.metadata
    has_ended = pod.status.phase in ENDED
    deleted, patience = meta.deletion_timestamp, flags.skip_wait_for_delete_timeout
    if patience and deleted is not None and (now - deleted).total_seconds() > patience:
        return Sorted(key, Fate.STAY, f"it is being deleted for longer than {patience} s")
    owner = meta.controller
    if owner is not None and owner.kind == "DaemonSet" and not has_ended:
        return _of_daemon_set(key, f"{meta.namespace}/{owner.name}", flags, daemon_sets)
    if meta.annotations.mirror:
        return Sorted(key, Fate.STAY, "the kubelet runs it from a file of its own (a static Pod)")
    warning = ""
    if not has_ended and any(volume.empty_dir is not None for volume in pod.spec.volumes):
        if not flags.delete_emptydir_data:
            return Sorted(key, Fate.REFUSE, "it has local data (emptyDir)", "--delete-emptydir-data")
        warning = "its local data (emptyDir) is lost"
    if not has_ended and owner is None:
        if not flags.force:
            return Sorted(key, Fate.REFUSE, "no controller would bring it back", "--force")
        warning = "; ".join(filter(None, (warning, "nothing brings it back")))
    return Sorted(key, Fate.EVICT, warning=warning)


def _of_daemon_set(key: str, owner: str, flags: Flags, daemon_sets: Mapping[str, object] | None) -> Sorted:
    if daemon_sets is not None and owner not in daemon_sets:
        why = f"its DaemonSet {owner} does not exist any more"
        if not flags.force:
            return Sorted(key, Fate.REFUSE, why, "--force")
        return Sorted(key, Fate.EVICT, warning=f"{why}; nothing brings it back")
    if not flags.ignore_daemonsets:
        return Sorted(key, Fate.REFUSE, "its DaemonSet would bring it back at once", "--ignore-daemonsets")
    return Sorted(key, Fate.STAY, "its DaemonSet would bring it back at once")
