"""What a verb of delivery tells whoever runs it with `--events`: a JSON document a line, on standard error. Pure.

What is no such document is text. A question is answered with a line on the verb's standard input.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.image.events import Output, Step, Transfer


class Said(Struct, frozen=True, tag="said"):
    """A sentence for people."""

    text: str


class Stages(Struct, frozen=True, tag="stages"):
    """What the verb will go through, in this order; told first."""

    names: tuple[str, ...]
    expected: dict[str, str] = {}
    """How long each is thought to take, in words."""


class Began(Struct, frozen=True, tag="began"):
    """A stage begins; the one before it has passed, unless it was said how it ended."""

    stage: str


class Ended(Struct, frozen=True, tag="ended"):
    """How a stage ended, where that is more than that the next one begins."""

    stage: str
    outcome: str
    seconds: float
    note: str = ""


class Asked(Struct, frozen=True, tag="asked"):
    """Nothing goes on before a line answers."""

    question: str
    answer: str = "y"
    """The line that means yes; any other one means no."""
    plan: msgspec.Raw = msgspec.Raw(b"null")
    """The Plan in question as `-o json` prints it (`actions.plan_document`); null when it is not about one."""


JobEvent = Said | Stages | Began | Ended | Asked | Step | Output | Transfer

_DECODER: msgspec.json.Decoder[JobEvent] = msgspec.json.Decoder(JobEvent)


def encoded(event: JobEvent) -> str:
    """One line, without its end."""
    return msgspec.json.encode(event).decode()


def decoded(line: str) -> JobEvent | None:
    """What a line tells; None when it is text."""
    if not line.startswith("{"):
        return None
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError:
        return None
