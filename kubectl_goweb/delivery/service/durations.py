"""Times and amounts as they are written in the file, as numbers."""

from __future__ import annotations

import math
import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


def seconds(text: str) -> float:
    """A Duration in seconds."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|s|m|h)", text))


def whole_seconds(text: str, least: int = 0) -> int:
    """A Duration for a field of Kubernetes that counts whole seconds: rounded up, never below `least`."""
    return max(least, math.ceil(seconds(text)))


def amount(text: str) -> int:
    """Bytes of a quantity such as 64Mi."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", text)
    if match is None:
        raise ValueError(text)
    return int(float(match[1]) * _BYTES[match[2]])


def cores(text: str) -> float:
    """Cores of a quantity such as 250m."""
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)
