"""What somebody types after a verb, as the request that it means."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.actions import requests
from kubectl_goweb.actions.requests import Request
from kubectl_goweb.errors import UsageError
from kubectl_goweb.status.evacuation.flags import Flags
from kubectl_goweb.status.isolation import Effect
from kubectl_goweb.status.verdicts import Ref


def request(id: str, target: Ref, given: str = "", *, taint: Effect = "") -> Request:
    """The request of a verb; `given` is what it asks for, as typed into the dialog, `taint` what isolating adds.
    UsageError when it cannot be meant.

    Images are typed as `nginx:1.27` for the only container, or as `web=nginx:1.27 log=fluent:3`.
    """
    given = given.strip()
    match id:
        case "scale":
            if not given.isdecimal():
                raise UsageError(f"{given!r} is no number of replicas", hint="type 0 or more")
            return requests.Scale(target, int(given))
        case "pause":
            return requests.Pause(target)
        case "resume":
            return requests.Resume(target)
        case "restart":
            return requests.Restart(target)
        case "undo":
            if given and not given.isdecimal():
                raise UsageError(f"{given!r} is no revision", hint="type its number, or nothing")
            return requests.Undo(target, int(given or 0))
        case "abort":
            return requests.Abort(target)
        case "set-image":
            return requests.SetImage(target, images(given.split()))
        case "isolate":
            return requests.Isolate(target, given, taint)
        case "rejoin":
            return requests.Rejoin(target)
        case "drain":
            return requests.Drain(target, _drain_flags(given.split()))
    raise UsageError(f"{id} is not asked for in this way")


def images(given: Sequence[str]) -> dict[str, str]:
    """`web=nginx:1.27` by container; a bare image is for the only container. UsageError when one is empty."""
    found = {}
    for one in given:
        container, equals, image = one.partition("=")
        name, image = (container, image) if equals else ("*", container)
        if not name or not image:
            raise UsageError(f"{one!r} names no container and image", hint="as in: web=nginx:1.27")
        found[name] = image
    if not found:
        raise UsageError("no image given", hint="as in: web=nginx:1.27")
    return found


def _drain_flags(given: list[str]) -> Flags:
    """What a drain may touch besides Pods that come back by themselves; Pods of DaemonSets are left where they are."""
    words = {word.removeprefix("--") for word in given}
    for word in words - {"force", "delete-emptydir-data"}:
        raise UsageError(f"{word!r} is no flag of drain", hint="type: force delete-emptydir-data, or nothing")
    return Flags(True, "delete-emptydir-data" in words, "force" in words)
