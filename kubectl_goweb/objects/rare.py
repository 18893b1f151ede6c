"""How the kinds are decoded that only suspects and plans need, and Pods and workloads in full.

All in one module, so that Python's import lock lets one thread make all of these decoders (see `decoding.decoders`).
"""

from __future__ import annotations

import msgspec

from kubectl_goweb.errors import ServerError
from kubectl_goweb.objects.decoding import decoders, decoders_of
from kubectl_goweb.objects.kinds import Kind
from kubectl_goweb.objects.meta import Object, Written
from kubectl_goweb.objects.node import FullNode
from kubectl_goweb.objects.template import FullPod, FullWorkload, RecordedRevision, RecordedTemplate
from kubectl_goweb.objects.withheld import withhold

DECODERS = {kind: decoders(kind, withhold) for kind in Kind if kind.is_rare}
FULL = {Kind.POD: decoders(Kind.POD, struct=FullPod), Kind.NODE: decoders(Kind.NODE, struct=FullNode)}
"""Lists of Pods and nodes with all that decides about placing; for `decode_page`."""
_POD = msgspec.json.Decoder(FullPod)
_WORKLOAD = msgspec.json.Decoder(FullWorkload)
_REVISION = msgspec.json.Decoder(RecordedRevision)
_WRITTEN = msgspec.json.Decoder(Written)


def decode_one(kind: Kind, body: bytes) -> Object:
    """One object of a kind as GET answers it. ServerError when it is none."""
    try:
        one: Object = decoders_of(kind).item.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the {kind} cannot be read: {error}") from error
    return one


def decode_full_pod(body: bytes) -> FullPod:
    """One Pod as GET answers it. ServerError when it is none."""
    try:
        return _POD.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the Pod cannot be read: {error}") from error


def decode_full_workload(body: bytes) -> FullWorkload:
    """One Deployment, StatefulSet, DaemonSet, ReplicaSet or Job as GET answers it. ServerError when it is none."""
    try:
        return _WORKLOAD.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the workload cannot be read: {error}") from error


def decode_written(body: bytes) -> Written:
    """Any object's metadata with its writers. ServerError when it is none."""
    try:
        return _WRITTEN.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the metadata cannot be read: {error}") from error


def decode_recorded(body: bytes) -> RecordedTemplate:
    """The Pod template of a ReplicaSet or ControllerRevision as GET answers it. ServerError when it is none."""
    try:
        return _REVISION.decode(body).recorded
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServerError(f"the revision cannot be read: {error}") from error
