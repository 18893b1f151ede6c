"""Plans other images for containers of the Pod template, as `kubectl set image`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from kubectl_goweb.actions import cautions
from kubectl_goweb.actions.drafts import draft, nothing, patch
from kubectl_goweb.actions.facts import Facts
from kubectl_goweb.actions.plan import Danger, Plan, Refusal
from kubectl_goweb.actions.pointers import Json, fingerprint, pointer
from kubectl_goweb.actions.recorded import CAUSE
from kubectl_goweb.actions.requests import SetImage
from kubectl_goweb.errors import Exit
from kubectl_goweb.objects.text import short_image
from kubectl_goweb.status.template_changes import Change

_TEMPLATE = "/spec/template"
_EVERY = "*"


def plan_set_image(request: SetImage, facts: Facts) -> Plan | Refusal:
    """New images, and the annotation that tells the history why: an old cause would be wrong for them."""
    wanted = _by_container(request, facts)
    if isinstance(wanted, Refusal):
        return wanted
    old = {name: image for name, (_, image) in _containers(facts.template).items() if name in wanted}
    new = {name: image for name, image in wanted.items() if old[name] != image}
    words = " ".join(f"{name}={image}" for name, image in sorted(new.items() or wanted.items()))
    short = " ".join(f"{name}={short_image(image)}" for name, image in sorted(new.items() or wanted.items()))
    cause = request.cause or f"kubectl goweb set-image {facts.named} {words}"
    made = draft(
        facts,
        "set-image",
        sentence=f"roll out {short} in {facts.target.short}",
        done="image updated",
        kubectl=f"set image {facts.named} {words}",
        before={_TEMPLATE: fingerprint(facts.template)},
    )
    if not new:
        return nothing(made, f"it has {words} already")
    template = _with_images(facts.template, new)
    return msgspec.structs.replace(
        made,
        writes=patch(facts, *_operations(facts, new), *_cause(facts, cause)),
        changes=tuple(
            Change(f"containers[{name}].image", old[name] or None, image) for name, image in sorted(new.items())
        ),
        danger=Danger.ROLLING,
        cautions=cautions.on_rollout(facts, template),
        notes=("it is paused: the change waits until it is resumed",) if facts.is_paused else (),
        inverse=SetImage(facts.target, {name: old[name] for name in new}) if all(old.values()) else None,
        one_way="" if all(old.values()) else "a container had no image",
    )


def _containers(template: Json) -> dict[str, tuple[str, str]]:
    """Pointer and image of every container by name, init containers too."""
    found = {}
    for field in ("containers", "initContainers"):
        for index, one in enumerate(template["spec"].get(field) or ()):
            found[one["name"]] = (f"{_TEMPLATE}/spec/{field}/{index}", one.get("image", ""))
    return found


def _by_container(request: SetImage, facts: Facts) -> dict[str, str] | Refusal:
    known = _containers(facts.template)
    main = [one["name"] for one in facts.template["spec"]["containers"]]
    if _EVERY in request.images:
        if len(main) > 1 or len(request.images) > 1:
            why = f"it has the containers {', '.join(main)}, and it is not said which one is meant"
            return Refusal("set-image", facts.target, why, f"as in: {main[0]}={request.images[_EVERY]}")
        return {main[0]: request.images[_EVERY]}
    for name in request.images:
        if name not in known:
            why = f'unable to find container named "{name}"'
            return Refusal("set-image", facts.target, why, f"there are: {', '.join(known)}", Exit.FAILING)
    return dict(request.images)


def _operations(facts: Facts, new: dict[str, str]) -> Iterator[dict[str, Any]]:
    known = _containers(facts.template)
    for name, image in new.items():
        yield {"op": "add", "path": f"{known[name][0]}/image", "value": image}


def _cause(facts: Facts, cause: str) -> Iterator[dict[str, Any]]:
    if not facts.annotations:
        yield {"op": "add", "path": "/metadata/annotations", "value": {}}
    yield {"op": "add", "path": pointer("metadata", "annotations", CAUSE), "value": cause}


def _with_images(template: Json, new: dict[str, str]) -> Json:
    spec = dict(template["spec"])
    for field in ("containers", "initContainers"):
        if field in spec:
            spec[field] = [{**one, "image": new.get(one["name"], one.get("image"))} for one in spec[field]]
    return {**template, "spec": spec}
