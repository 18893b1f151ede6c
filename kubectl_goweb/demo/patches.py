"""The three patches of the API: JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge.

The strategic merge knows the merge keys that Pods, workloads and Services need and the `$patch` directives; list orders
are not restored, and server-side apply is not served.
Rules: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from typing import Any

from kubectl_goweb.demo.bodies import JSON, clone
from kubectl_goweb.demo.resources import StatusError, bad_request

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "conditions": "type",
    "ports": "containerPort",
    "ownerReferences": "uid",
    "taints": "key",
    "imagePullSecrets": "name",
}


def patched(body: JSON, kind: str, patch: Any) -> JSON:
    """A patched copy of the object; `kind` is the content type. Raises a StatusError: 400, 415 or 422."""
    match kind.partition(";")[0].strip():
        case "application/json-patch+json":
            return _json_patched(clone(body), patch)
        case "application/merge-patch+json":
            result = _merged(body, patch)
        case "application/strategic-merge-patch+json":
            result = _strategically_merged(body, patch)
        case other:
            accepted = f"{JSON_PATCH}, {MERGE_PATCH}, {STRATEGIC_PATCH}"
            text = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
            raise StatusError(415, "UnsupportedMediaType", text, details={"kind": other} if other else None)
    if not isinstance(result, dict):
        raise bad_request("a patch of an object must be an object")
    return result


def _merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def _strategically_merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if key.startswith(("$setElementOrder/", "$retainKeys")):
            continue
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            result[field] = [each for each in result.get(field, []) if each not in value]
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, list):
            result[key] = _merged_list(key, result.get(key) or [], value)
        else:
            result[key] = _strategically_merged(result.get(key), value)
    return result


def _merged_list(field: str, old: list[Any], patch: list[Any]) -> list[Any]:
    key = _MERGE_KEYS.get(field)
    if field == "ports" and any("containerPort" not in each for each in [*old, *patch]):
        key = "port"
    if any(isinstance(each, dict) and each.get("$patch") == "replace" for each in patch):
        return [each for each in patch if each.get("$patch") != "replace"]
    if key is None:
        return patch
    result = list(old)
    for each in patch:
        place = next((index for index, known in enumerate(result) if known.get(key) == each.get(key)), None)
        if each.get("$patch") == "delete":
            if place is not None:
                del result[place]
        elif place is None:
            result.append(each)
        else:
            result[place] = _strategically_merged(result[place], each)
    return result


def _json_patched(body: JSON, operations: Any) -> JSON:
    if not isinstance(operations, list):
        raise bad_request("a JSON patch must be a list of operations")
    document: Any = {"": body}
    for operation in operations:
        path = str(operation.get("path", ""))
        match operation.get("op"):
            case "test":
                if _at_or_null(document, path) != operation.get("value"):
                    raise _unprocessable(f"testing path {path} failed")
            case "remove":
                _take(document, path)
            case "add" | "replace" as kind:
                _put(document, path, clone(operation.get("value")), replace=kind == "replace")
            case "move":
                _put(document, path, _take(document, str(operation.get("from"))), replace=False)
            case "copy":
                _put(document, path, clone(_at(document, str(operation.get("from")))), replace=False)
            case other:
                raise bad_request(f"unknown JSON patch operation: {other}")
    result: JSON = document[""]
    return result


def _unprocessable(message: str) -> StatusError:
    return StatusError(422, "Invalid", f"the server rejected our request due to an error in our request: {message}")


def _steps(path: str) -> list[str]:
    """The keys from the document's holder down; the first is the empty one that holds the object itself."""
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")]


def _parent(document: Any, path: str) -> tuple[Any, str]:
    *way, last = _steps(path)
    for step in way:
        document = _child(document, step, path)
    return document, last


def _child(holder: Any, step: str, path: str) -> Any:
    if isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
        return holder[int(step)]
    if isinstance(holder, dict) and step in holder:
        return holder[step]
    raise _unprocessable(f"path {path} does not exist")


def _at(document: Any, path: str) -> Any:
    holder, last = _parent(document, path)
    return _child(holder, last, path)


def _at_or_null(document: Any, path: str) -> Any:
    """For tests: what is not there equals null."""
    holder, last = _parent(document, path)
    return holder.get(last) if isinstance(holder, dict) else _child(holder, last, path)


def _take(document: Any, path: str) -> Any:
    holder, last = _parent(document, path)
    taken = _child(holder, last, path)
    del holder[int(last) if isinstance(holder, list) else last]
    return taken


def _put(document: Any, path: str, value: Any, *, replace: bool) -> None:
    holder, last = _parent(document, path)
    if replace:
        _child(holder, last, path)
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and replace:
        holder[int(last)] = value
    elif isinstance(holder, list) and (last == "-" or (last.isdecimal() and int(last) <= len(holder))):
        holder.insert(len(holder) if last == "-" else int(last), value)
    else:
        raise _unprocessable(f"path {path} does not exist")
