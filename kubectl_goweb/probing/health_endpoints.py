"""The API server's own health endpoints, asked with their checks. What they say is judged in status.controlplane."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.connection import Relayed
from kubectl_goweb.status.controlplane import Checked

_MOST = 64 * 1024


class Relay(Protocol):
    def relay(self, path: str, query: Mapping[str, str], *, timeout: float, most: int) -> Relayed: ...


def check(connection: Relay, path: str, *, timeout: float = 10.0) -> Checked:
    """`/livez` or `/readyz`, whatever the answer; status 0 with the reason when there is none."""
    begun = monotonic()
    try:
        got = connection.relay(path, {"verbose": ""}, timeout=timeout, most=_MOST)
    except TimeoutError:
        return Checked(0, f"{path} did not answer within {timeout:g} s", monotonic() - begun)
    except ApiError as error:
        return Checked(0, error.sentence, monotonic() - begun)
    return Checked(got.head.status, got.body.decode("utf-8", "replace"), got.processing)
