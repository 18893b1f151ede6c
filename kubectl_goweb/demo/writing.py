"""Writes of the API server: update, patch, scale, delete, evict, with optimistic concurrency and dry runs.

Objects are not created by clients here, except reviews of access: the demo has its own cast.
"""

from __future__ import annotations

import json
from typing import Any

from kubectl_goweb.demo.bodies import JSON, clone
from kubectl_goweb.demo.faults import USER, Faults
from kubectl_goweb.demo.patches import patched
from kubectl_goweb.demo.reading import get_object
from kubectl_goweb.demo.requests import Request, Target
from kubectl_goweb.demo.resources import RESOURCES, StatusError, bad_request, conflict, forbidden, invalid
from kubectl_goweb.demo.simulation import Simulation

_FIXED = ("name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp")


def write(sim: Simulation, request: Request, target: Target) -> tuple[int, JSON]:
    """Do what a PUT, PATCH, POST or DELETE asks for: (HTTP code, answer). Raises a StatusError."""
    if request.query.get("dryRun", "All") != "All":
        raise bad_request(f'dryRun: Unsupported value: "{request.query["dryRun"]}": supported values: "All"')
    match request.verb, target.subresource:
        case (("update" | "patch"), ("" | "status")):
            return 200, _change(sim, request, target)
        case (("update" | "patch"), "scale"):
            return 200, _rescale(sim, request, target)
        case "delete", "":
            return 200, _delete(sim, request, target)
        case "create", "eviction" if target.resource.name == "pods":
            return 201, _evict(sim, request, target)
        case _:
            raise StatusError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )


def _body(request: Request) -> Any:
    kind = request.headers.get("content-type", "application/json")
    if "json" not in kind:
        raise StatusError(415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {kind}")
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise bad_request(f"the object provided is unrecognized (must be of type JSON): {error}") from error


def _options(request: Request) -> JSON:
    options = _body(request) if request.body else {}
    if not isinstance(options, dict):
        raise bad_request("the options must be an object")
    return options


def _is_dry(request: Request, body: Any = None) -> bool:
    return bool("dryRun" in request.query or (isinstance(body, dict) and body.get("dryRun")))


def _change(sim: Simulation, request: Request, target: Target) -> JSON:
    stored = get_object(sim, target)
    content = _body(request)
    if request.verb == "patch":
        wanted = patched(stored, request.headers.get("content-type", ""), content)
        given = _given_version(content)
    else:
        wanted, given = content, _given_version(content)
    if not isinstance(wanted.get("metadata"), dict) or wanted["metadata"].get("name") != target.name:
        raise bad_request(f"the name of the object does not match the name on the URL ({target.name})")
    if given not in {None, "", stored["metadata"]["resourceVersion"]}:
        raise conflict(target.resource, target.name)
    result = _kept(stored, wanted, status=target.subresource == "status")
    _validate(target, stored, result)
    if _is_dry(request):
        return result
    return sim.replace(target.resource.name, result, status=target.subresource == "status")


def _given_version(content: Any) -> str | None:
    """The resourceVersion a write insists on: in the object, in a patch, or in a JSON patch's test."""
    if isinstance(content, list):
        tests = (each for each in content if each.get("op") in {"test", "replace"})
        return next((str(each["value"]) for each in tests if each.get("path") == "/metadata/resourceVersion"), None)
    version = content.get("metadata", {}).get("resourceVersion") if isinstance(content, dict) else None
    return None if version is None else str(version)


def _kept(stored: JSON, wanted: JSON, *, status: bool) -> JSON:
    """What a write may change: the main endpoint all but the status, /status only that; never what creation fixed."""
    result: JSON = clone(stored if status else wanted)
    other = "status"
    if status:
        result["status"] = clone(wanted.get("status", {}))
    elif other in stored:
        result[other] = clone(stored[other])
    if "spec" in result:
        result["spec"] = _without_nulls(result["spec"])
    for field in (*_FIXED, "resourceVersion", "ownerReferences"):
        if field in stored["metadata"]:
            result["metadata"][field] = stored["metadata"][field]
    return result


def _without_nulls(value: Any) -> Any:
    """A spec as typed objects keep it: a null is nothing (older clients send creationTimestamp: null in templates)."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _validate(target: Target, stored: JSON, wanted: JSON) -> None:
    """The few rules a mistaken client would meet first."""
    spec = wanted.get("spec", {})
    if wanted.get("kind") != stored["kind"] or wanted.get("apiVersion") != stored["apiVersion"]:
        raise bad_request("the API version or kind in the data does not match the object on the server")
    replicas = spec.get("replicas", 1)
    if not isinstance(replicas, int):
        raise bad_request(
            f'{stored["kind"]} in version "{target.resource.version}" cannot be handled: spec.replicas is no number'
        )
    if replicas < 0:
        raise invalid(
            target.resource,
            target.name,
            "spec.replicas",
            f"Invalid value: {replicas}: must be greater than or equal to 0",
        )
    if target.resource.group == "apps" and spec.get("selector") != stored["spec"].get("selector"):
        raise invalid(target.resource, target.name, "spec.selector", "Invalid value: field is immutable")


def scale_of(body: JSON) -> JSON:
    """The Scale of a Deployment, ReplicaSet or StatefulSet."""
    meta, labels = body["metadata"], body["spec"]["selector"]["matchLabels"]
    fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: meta[field] for field in fields},
        # The API leaves 0 out.
        "spec": {"replicas": body["spec"]["replicas"]} if body["spec"]["replicas"] else {},
        "status": {
            "replicas": body["status"].get("replicas", 0),
            "selector": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
        },
    }


def _rescale(sim: Simulation, request: Request, target: Target) -> JSON:
    stored = get_object(sim, target)
    content = _body(request)
    scale = scale_of(stored)
    wanted = patched(scale, request.headers.get("content-type", ""), content) if request.verb == "patch" else content
    if _given_version(content) not in {None, "", stored["metadata"]["resourceVersion"]}:
        raise conflict(target.resource, target.name)
    result = clone(stored)
    result["spec"]["replicas"] = wanted.get("spec", {}).get("replicas", 0)
    _validate(target, stored, result)
    return scale_of(result if _is_dry(request) else sim.replace(target.resource.name, result))


def _delete(sim: Simulation, request: Request, target: Target) -> JSON:
    stored = get_object(sim, target)
    options = _options(request)
    meta = stored["metadata"]
    wanted = options.get("preconditions", {})
    if any(wanted.get(field) not in {None, meta[field]} for field in ("uid", "resourceVersion")):
        raise conflict(target.resource, target.name)
    if _is_dry(request, options):
        return stored
    if target.resource.name == "pods":
        grace = options.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
        return sim.delete_pod(stored, None if grace is None else int(grace))
    sim.remove(target.resource.name, target.namespace, target.name)
    details = {"name": target.name, "group": target.resource.group, "kind": target.resource.name, "uid": meta["uid"]}
    shown = {key: value for key, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}


def _evict(sim: Simulation, request: Request, target: Target) -> JSON:
    stored = get_object(sim, target)
    options = _options(request).get("deleteOptions") or {}
    if not _is_dry(request, options):
        grace = options.get("gracePeriodSeconds")
        sim.delete_pod(stored, None if grace is None else int(grace))
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def review_access(request: Request, faults: Faults) -> JSON:
    """The answer to a SelfSubjectAccessReview: what is not forbidden by a fault is allowed."""
    review: JSON = _body(request)
    asked = review.get("spec", {}).get("resourceAttributes", {})
    name = "/".join(filter(None, [asked.get("resource", ""), asked.get("subresource", "")]))
    allowed = faults.allows(asked.get("verb", ""), name)
    status: JSON = {"allowed": allowed}
    known = next((each for each in RESOURCES if each.name == asked.get("resource")), None)
    if not allowed and known is not None:
        status["reason"] = str(forbidden(USER, asked.get("verb", ""), known, asked.get("namespace", ""), ""))
    return {**review, "status": status}
