"""What the journal says of one applied Plan. Values only; the file is `journal`'s."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from kubectl_goweb.actions.requests import Request
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Ref


class Entry(Struct, frozen=True, rename="camel", kw_only=True):
    """One line."""

    id: int
    at: datetime
    user: str
    login: str
    context: str
    server: str
    verb: str
    target: Ref
    uid: str
    sentence: str
    kubectl: str
    outcome: str
    """`done`, `unknown` (the connection was lost before the answer), or `partly: 1 of 2 writes`."""
    changes: tuple[Change, ...]
    before: Mapping[str, str]
    """Fingerprints by JSON pointer into the target."""
    after: Mapping[str, str]
    """The same, as the server answered. What still has them may be reverted."""
    generation: int = 0
    """metadata.generation as the server answered; 0 when it did not say."""
    inverse: Request | None = None
    one_way: str = ""
    stays: str = ""
    """What the inverse does not take back."""
