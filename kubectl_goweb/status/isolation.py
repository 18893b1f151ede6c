"""A node's isolation: who took it out of service, why, and what exactly that changed, so that exactly that can be
undone. It stands on the node itself, in one annotation, where everybody sees it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from kubectl_goweb.objects.text import plain

ANNOTATION = "kubectl-goweb/isolated"
TAINT = "kubectl-goweb/isolated"
"""The key of the taint that isolating may add."""


Effect = Literal["", "NoSchedule", "NoExecute"]
"""Of a taint; empty for no taint."""


class Isolation(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the annotation says."""

    by: str
    """The user, as the API server names them."""
    at: datetime
    reason: str = ""
    cordoned: bool = False
    """Whether isolating marked the node unschedulable; else it was so before, and stays so."""
    taint: Effect = ""
    """The effect of the taint it added: `NoSchedule` or `NoExecute`; empty for none."""

    @property
    def text(self) -> str:
        """`isolated by ana: disk`."""
        return plain(f"isolated by {self.by}" + (f": {self.reason}" if self.reason else ""))


def isolation(annotation: str) -> Isolation | None:
    """What the annotation says; None when there is none, or it was not written by this program."""
    try:
        return msgspec.json.decode(annotation, type=Isolation) if annotation else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def annotation(isolation: Isolation) -> str:
    return msgspec.json.encode(isolation).decode()
