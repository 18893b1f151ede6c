"""What a table is made of: tones, cells, columns, rows."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Tone(StrEnum):
    """What a cell says at a glance; never the only carrier of it."""

    PLAIN = "plain"
    GOOD = "good"
    BUSY = "busy"
    HELD = "held"
    WARN = "warn"
    BAD = "bad"
    FAINT = "faint"


class Cell(Struct, frozen=True, gc=False):
    text: str
    tone: Tone = Tone.PLAIN


class Column(Struct, frozen=True, gc=False):
    key: str
    title: str
    right: bool = False
    """Numbers are aligned at their right."""
    wide: bool = False
    """Shown by `-o wide`, and where there is room."""
    elastic: bool = False
    """Takes the room that is left, and gives it up first."""
    spare: int = 0
    """Where room is short, columns with the highest number are left out first; 0 stays."""


class Row(Struct, frozen=True, gc=False):
    key: str
    """The identity of its object: `Kind/namespace/name`."""
    cells: tuple[Cell, ...]


class Table(Struct, frozen=True, gc=False):
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
