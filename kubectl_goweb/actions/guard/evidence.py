"""What a failed rollout leaves behind, kept in a folder before it is taken back: logs, objects, events, findings.

Nothing here may stand in the way of the rollback: whatever cannot be had in time, or not be written, is listed. Values
of environment variables never get into the folder, Secrets are never asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol

import msgspec
from msgspec import Struct, structs

from kubectl_goweb.actions.guard.judging import Judgement
from kubectl_goweb.actions.guard.sight import Sight
from kubectl_goweb.errors import ApiError, NotFoundError
from kubectl_goweb.kube.reading import NO_LOG
from kubectl_goweb.objects import ContainerStatus, Kind, LogTail, Pod, Snapshot
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.pod_trouble import Trouble
from kubectl_goweb.status.secrets import HIDDEN, without_secrets
from kubectl_goweb.status.verdicts import Answer, Ref

_PODS = 4
"""Failing Pods of which everything is kept; the others of a rollout fail in the same way."""
_LINES = 2000
_BYTES = 262_144
"""Of each log, from its end."""
_TAIL = 60
_HANDS = 4
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Captured(Answer, frozen=True):
    """What was kept."""

    folder: str
    """Empty when it could not be made."""
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """What could not be had, and why."""


class Fetched(Struct, frozen=True):
    """What was had in time, not written yet."""

    files: Mapping[str, bytes]
    missing: tuple[str, ...]
    tails: tuple[LogTail, ...]
    """The last words of containers that ended, for the findings."""


class Reader(Protocol):
    """What is needed of a connection."""

    def get(self, path: str, query: Mapping[str, str] = ..., *, accept: str = ...) -> bytes: ...

    def pages(self, path: str, query: Mapping[str, str] = ..., *, limit: int = ...) -> Iterable[bytes]: ...


class _Piece(Struct, frozen=True):
    """One file to be."""

    name: str
    what: str
    """For the list of what is missing."""
    fetch: Callable[[], bytes]


def fetch(reader: Reader, found: Snapshot, seen: Sight, judged: Judgement, *, seconds: float = 10.0) -> Fetched:
    """Ask for everything at once, for at most so many seconds. Never raises for what it could not get."""
    pods = failing(found, seen, judged)
    pieces = [*_objects(reader, found, seen, pods), *_logs(reader, pods)]
    if judged.code == Code.ROLLOUT_REFUSED:
        path = Kind.RESOURCE_QUOTA.resource.path(seen.ref.namespace)
        pieces.append(_Piece("objects/resourcequotas.json", "the quotas", partial(_as_file, reader, path)))
    files, missing = _fetched(pieces, seconds)
    return Fetched(files, tuple(missing), tuple(_tails(pods, files)))


def write(fetched: Fetched, more: Mapping[str, bytes], folder: Path) -> Captured:
    """Put it all into a folder that only the user can read. What cannot be written is among what is missing."""
    files, missing = [], list(fetched.missing)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        return Captured("", missing=(*missing, f"the folder {folder} cannot be made: {error.strerror}"))
    for name, content in sorted({**fetched.files, **more}.items()):
        try:
            _write(folder / name, content)
            files.append(name)
        except OSError as error:
            missing.append(f"{name} cannot be written: {error.strerror}")
    return Captured(str(folder), tuple(files), tuple(missing))


def with_file(kept: Captured, name: str, content: bytes) -> Captured:
    """The same folder with one more file, or with why it is not there."""
    if not kept.folder:
        return kept
    try:
        _write(Path(kept.folder) / name, content)
    except OSError as error:
        return structs.replace(kept, missing=(*kept.missing, f"{name} cannot be written: {error.strerror}"))
    return structs.replace(kept, files=(*kept.files, name))


def document(value: Any) -> bytes:
    """A value as a JSON file."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def failing(found: Snapshot, seen: Sight, judged: Judgement) -> tuple[Pod, ...]:
    """The Pods worth keeping: those of the verdict first, whatever their revision, then other new ones that ail."""
    new = {pod.health.name for pod in seen.pods}
    older = (f"{seen.ref.namespace}/{name}" for name in judged.pods if name not in new)
    ailing = [pod.health for pod in seen.pods if pod.health.name in judged.pods or not pod.health.is_ready]
    ailing.sort(key=lambda one: (one.name not in judged.pods, one.trouble is Trouble.NONE, -one.restarts, one.name))
    keys = [*older, *(f"{one.namespace}/{one.name}" for one in ailing)]
    return tuple(found.pods[key] for key in keys[:_PODS] if key in found.pods)


def _objects(reader: Reader, found: Snapshot, seen: Sight, pods: tuple[Pod, ...]) -> Iterable[_Piece]:
    ref, kind = seen.ref, Kind(seen.ref.kind)
    yield _object(reader, kind, ref.namespace, ref.name)
    owned = [
        one for one in found.replica_sets.values() if any(o.uid == seen.uid for o in one.metadata.owner_references)
    ]
    for replica_set in owned:
        if replica_set.status.replicas or replica_set.name == seen.revision:
            yield _object(reader, Kind.REPLICA_SET, ref.namespace, replica_set.name)
    for pod in pods:
        yield _object(reader, Kind.POD, ref.namespace, pod.name)
    told = seen.workload.pods if seen.workload else ()
    uids = {seen.uid, *(one.metadata.uid for one in owned)}
    uids |= {one.metadata.uid for each in told if (one := found.pods.get(f"{each.namespace}/{each.name}"))}
    yield _Piece("events.json", "the events", partial(_events, reader, ref.namespace, uids))


def _object(reader: Reader, kind: Kind, namespace: str, name: str) -> _Piece:
    ref = Ref(kind, name, namespace)
    path = kind.resource.path(namespace, name)
    return _Piece(f"objects/{kind.lower()}-{name}.json", ref.short, partial(_as_file, reader, path))


def _logs(reader: Reader, pods: Iterable[Pod]) -> Iterable[_Piece]:
    for pod in pods:
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
            stem, what = f"logs/{pod.name}.{status.name}", f"the log of {pod.name}/{status.name}"
            if not _was_started(status):
                continue  # it has written nothing
            yield _Piece(f"{stem}.log", what, partial(_log, reader, pod, status, previous=False))
            if status.restart_count > 0:
                before = partial(_log, reader, pod, status, previous=True)
                yield _Piece(f"{stem}.previous.log", f"{what}, previous run", before)


def _was_started(status: ContainerStatus) -> bool:
    return bool(status.restart_count or status.state.running or status.state.terminated or status.last_state.terminated)


def _log(reader: Reader, pod: Pod, status: ContainerStatus, *, previous: bool) -> bytes:
    """As the container wrote it, each line with its time."""
    query = {"container": status.name, "tailLines": str(_LINES), "limitBytes": str(_BYTES), "timestamps": "true"}
    if previous:
        query["previous"] = "true"
    body = reader.get(f"{Kind.POD.resource.path(pod.namespace, pod.name)}/log", query, accept="*/*")
    if body.startswith(NO_LOG):
        raise NotFoundError("the kubelet has removed that container already")
    return body


def _events(reader: Reader, namespace: str, uids: set[str]) -> bytes:
    kept = []
    for page in reader.pages(Kind.EVENT.resource.path(namespace)):
        items = msgspec.json.decode(page).get("items") or []
        kept += [redacted(one) for one in items if one.get("involvedObject", {}).get("uid") in uids]
    return document(kept)


def _as_file(reader: Reader, path: str) -> bytes:
    return document(redacted(msgspec.json.decode(reader.get(path))))


def redacted(value: Any) -> Any:
    """An object without values of environment variables, without what looks like a secret, and without the two fields
    that repeat it all.
    """
    return without_secrets(_without_values(value))


def _without_values(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_values(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, one in value.items():
        if key in ("managedFields", _LAST_APPLIED):
            continue
        if key == "env" and isinstance(one, list):
            kept[key] = [{**each, "value": HIDDEN} if "value" in each else each for each in one]
        else:
            kept[key] = _without_values(one)
    return kept


def _fetched(pieces: list[_Piece], seconds: float) -> tuple[dict[str, bytes], list[str]]:
    """All at once; what has not come after so many seconds is given up."""
    todo: SimpleQueue[_Piece] = SimpleQueue()
    for piece in pieces:
        todo.put(piece)
    lock, fetched, failed = threading.Lock(), dict[str, bytes](), dict[str, str]()

    def work() -> None:
        while True:
            try:
                piece = todo.get_nowait()
            except Empty:
                return
            try:
                content = piece.fetch()
            except (ApiError, msgspec.DecodeError) as error:
                with lock:
                    failed[piece.name] = f"{piece.what}: {error}"
            else:
                with lock:
                    fetched[piece.name] = content

    hands = [threading.Thread(target=work, name=f"evidence-{number}", daemon=True) for number in range(_HANDS)]
    for hand in hands:
        hand.start()
    _join(hands, seconds)
    with lock:
        missing = [
            failed.get(piece.name, f"{piece.what}: no answer within {seconds:g} s")
            for piece in pieces
            if piece.name not in fetched
        ]
        return dict(fetched), missing


def _join(hands: Iterable[threading.Thread], seconds: float) -> None:
    from time import monotonic

    deadline = monotonic() + seconds
    for hand in hands:
        hand.join(max(0.0, deadline - monotonic()))


def _tails(pods: Iterable[Pod], files: Mapping[str, bytes]) -> Iterable[LogTail]:
    """Of the run before, where there was one: it is the one that ended."""
    for pod in pods:
        for status in pod.status.container_statuses:
            stem = f"logs/{pod.name}.{status.name}"
            log = files.get(f"{stem}.previous.log") or files.get(f"{stem}.log")
            if log and (status.restart_count or status.state.terminated):
                lines = log.decode("utf-8", "replace").splitlines()[-_TAIL:]
                yield LogTail(pod.key, status.name, tuple(line.partition(" ")[2] for line in lines))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(content)
