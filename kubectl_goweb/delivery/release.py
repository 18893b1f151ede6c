"""What a release would do to the cluster, by asking the server: every object is applied in a dry run, with every field
checked, and compared with what is there. Nothing is written here.

Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.differences import Difference, differences
from kubectl_goweb.delivery.kinds import PLACES, PRUNED, path_of, short
from kubectl_goweb.delivery.manifests.body import MANAGED_BY, Body, owned_by
from kubectl_goweb.delivery.manifests.workload import CHANGE_CAUSE
from kubectl_goweb.errors import FieldConflict, ForbiddenError, NotFoundError, RefusedError
from kubectl_goweb.kube.connection import Connection

APPLY = "application/apply-patch+yaml"
MANAGER = MANAGED_BY
_METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


class Step(Struct, frozen=True):
    """One object of the release."""

    body: Body
    path: str
    is_new: bool
    differences: tuple[Difference, ...] = ()
    force: bool = False
    """Whether fields of other managers are taken over."""
    taken: tuple[FieldConflict, ...] = ()
    """Those fields, and whose they are."""
    uid: str = ""
    """Of the object that is there."""

    @property
    def changes(self) -> bool:
        return self.is_new or bool(self.differences)

    @property
    def rolls_out(self) -> bool:
        """Whether Pods are replaced."""
        return self.body["kind"] == "Deployment" and any(
            one.field.startswith("spec.template") for one in self.differences
        )


class Extra(Struct, frozen=True):
    """An object that goweb made for an earlier version of the file."""

    kind: str
    name: str
    path: str
    uid: str


class Outlook(Struct, frozen=True):
    """What the release would do."""

    steps: tuple[Step, ...]
    extras: tuple[Extra, ...]
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Secrets that the Pods refer to and that are not there: they would not start."""

    @property
    def is_nothing(self) -> bool:
        return not self.extras and not any(step.changes for step in self.steps)


class Live(Struct, frozen=True):
    """What is there of the service's Deployment."""

    image: str
    """The image of its container as it is asked for; empty when there is none."""
    version: str
    """The version label of its Pods."""
    annotations: dict[str, str]

    @property
    def cause(self) -> str:
        return self.annotations.get(CHANGE_CAUSE, "")

    @property
    def own(self) -> dict[str, str]:
        """What an earlier release has noted about the image."""
        return {key: value for key, value in self.annotations.items() if key.startswith(f"{MANAGER}/")}


def outlook(connection: Connection, bodies: Sequence[Body], namespace: str, *, force: bool = False) -> Outlook:
    """Ask the server about every object. RefusedError with the owner when a field is somebody else's and `force` is
    not given, or with the field when the server does not know it.
    """
    deployment = next(body for body in bodies if body["kind"] == "Deployment")
    name = deployment["metadata"]["name"]
    scaler = _autoscaler(connection, name, namespace)
    notes = []
    if scaler:
        deployment = {**deployment, "spec": {k: v for k, v in deployment["spec"].items() if k != "replicas"}}
        bodies = [deployment if body["kind"] == "Deployment" else body for body in bodies]
        notes.append(f"replicas are left to HorizontalPodAutoscaler {scaler}")
    steps = tuple(_step(connection, body, namespace, force=force) for body in bodies)
    extras = tuple(_extras(connection, name, bodies, namespace))
    filled = {body["spec"]["target"]["name"] for body in bodies if body["kind"] == "ExternalSecret"}
    missing = tuple(one for one in _secrets(deployment) if one not in filled and _is_gone(connection, one, namespace))
    return Outlook(steps, extras, tuple(notes), missing)


def live(connection: Connection, name: str, namespace: str) -> Live:
    """The Deployment that runs now."""
    found = _get(connection, PLACES["Deployment"].path(namespace, name))
    if found is None:
        return Live("", "", {})
    template = found["spec"]["template"]
    containers = template["spec"]["containers"]
    version = template["metadata"].get("labels", {}).get("app.kubernetes.io/version", "")
    image = next((one["image"] for one in containers if one["name"] == name), containers[0]["image"])
    return Live(image, version, found["metadata"].get("annotations", {}))


def _get(connection: Connection, path: str) -> Body | None:
    try:
        found: Body = msgspec.json.decode(connection.get(path))
    except NotFoundError:
        return None
    return found


def _step(connection: Connection, body: Body, namespace: str, *, force: bool) -> Step:
    path = path_of(body, namespace)
    there = _get(connection, path)
    taken: tuple[FieldConflict, ...] = ()
    is_forced = False
    try:
        kept = _dry_run(connection, path, body, force=False)
    except NotFoundError as error:
        raise _explained(error, body, namespace) from error
    except RefusedError as error:
        taken = error.conflicts
        others = [one for one in taken if not one.manager.startswith(MANAGER)]
        if not taken or (others and not force):
            raise _named(error, body, others) from error
        is_forced = True
        kept = _dry_run(connection, path, body, force=True)
    if there is None:
        return Step(body, path, is_new=True, force=is_forced, taken=taken)
    uid = there["metadata"].get("uid", "")
    return Step(body, path, False, differences(there, kept), is_forced, taken, uid)


def _secrets(deployment: Body) -> list[str]:
    """The Secrets without which a Pod does not start."""
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    references = [one["valueFrom"]["secretKeyRef"] for one in variables if "valueFrom" in one]
    return sorted({one["name"] for one in references if not one.get("optional")})


def _is_gone(connection: Connection, name: str, namespace: str) -> bool:
    """Asked for its metadata alone: nobody needs the values. What may not be looked at is not said to be gone."""
    try:
        connection.get(PLACES["Secret"].path(namespace, name), accept=_METADATA)
    except NotFoundError:
        return True
    except ForbiddenError:
        return False
    return False


def query(*, force: bool) -> dict[str, str]:
    """Of the request that applies an object."""
    return {"fieldValidation": "Strict", "force": str(force).lower()}


def _dry_run(connection: Connection, path: str, body: Body, *, force: bool) -> Body:
    asked = {**query(force=force), "fieldManager": MANAGER, "dryRun": "All"}
    sent = msgspec.json.encode(body)
    kept: Body = msgspec.json.decode(connection.send("PATCH", path, sent, content_type=APPLY, query=asked))
    return kept


def _named(error: RefusedError, body: Body, others: Iterable[FieldConflict]) -> RefusedError:
    """A conflict with the field and whose it is."""
    held = [f"{one.field.lstrip('.')} is {one.manager}'s" for one in others]
    if not held:
        return RefusedError(f"{short(body)}: {error.sentence}", hint=error.hint, status=error.status)
    return RefusedError(
        f"{short(body)} is not only yours: {'; '.join(held)}",
        hint="let it be theirs by taking it out of goweb.yaml, or take it over: --force-conflicts",
        status=error.status,
    )


def _explained(error: NotFoundError, body: Body, namespace: str) -> NotFoundError:
    if PLACES[body["kind"]].is_optional:
        return NotFoundError(f"{short(body)}: the cluster does not know this kind", hint="is the operator installed?")
    if "namespaces" in error.sentence:
        return NotFoundError(
            f"there is no namespace {namespace!r}", hint=f"make it: kubectl create namespace {namespace}"
        )
    return error


def _autoscaler(connection: Connection, name: str, namespace: str) -> str:
    """The HorizontalPodAutoscaler that decides about the replicas; empty when none does or they may not be seen."""
    try:
        listed = msgspec.json.decode(
            connection.get(f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")
        )
    except (ForbiddenError, NotFoundError):
        return ""
    for one in listed["items"]:
        target = one["spec"]["scaleTargetRef"]
        if target["kind"] == "Deployment" and target["name"] == name:
            return str(one["metadata"]["name"])
    return ""


def _extras(connection: Connection, name: str, bodies: Sequence[Body], namespace: str) -> Iterator[Extra]:
    wanted = {(body["kind"], body["metadata"]["name"]) for body in bodies}
    used: set[str] | None = None
    for kind in PRUNED:
        for one in _listed(connection, kind, name, namespace):
            metadata = one["metadata"]
            if (kind, metadata["name"]) in wanted or not _is_ours(one) or metadata.get("deletionTimestamp"):
                continue
            if kind == "ConfigMap":
                # A rollback needs the values of its time, for as long as the history has its revision.
                used = _config_maps_in_history(connection, name, namespace) if used is None else used
                if metadata["name"] in used:
                    continue
            yield Extra(kind, metadata["name"], PLACES[kind].path(namespace, metadata["name"]), metadata["uid"])


def _listed(connection: Connection, kind: str, name: str, namespace: str) -> list[Body]:
    try:
        found = msgspec.json.decode(connection.get(PLACES[kind].path(namespace), {"labelSelector": owned_by(name)}))
    except (NotFoundError, ForbiddenError):
        return []
    items: list[Body] = found["items"]
    return items


def _is_ours(body: Body) -> bool:
    """Whether goweb applied it; labels can be copied, the server's record of managers cannot."""
    managers = body["metadata"].get("managedFields", ())
    return any(one.get("manager") == MANAGER and one.get("operation") == "Apply" for one in managers)


def _config_maps_in_history(connection: Connection, name: str, namespace: str) -> set[str]:
    sets = msgspec.json.decode(
        connection.get(f"/apis/apps/v1/namespaces/{namespace}/replicasets", {"labelSelector": owned_by(name)})
    )
    return {
        source["configMapRef"]["name"]
        for one in sets["items"]
        for container in one["spec"]["template"]["spec"]["containers"]
        for source in container.get("envFrom", ())
        if "configMapRef" in source
    }
