"""Kubernetes quantities (`500m`, `1.5Gi`, `1e3`) to exact numbers and back.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from fractions import Fraction

_SHAPE = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E)?)$")
_BINARY = {unit: Fraction(1024) ** power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
}
_SUFFIXES = {"": Fraction(1), **_BINARY, **_DECIMAL}


def quantity(text: str | float) -> Fraction | None:
    """The exact number; None when it is no quantity. A number stands for itself."""
    if isinstance(text, float):
        return Fraction(str(text)) if text == text and abs(text) != float("inf") else None  # NaN
    if isinstance(text, int):
        return Fraction(text)
    found = _SHAPE.match(text)
    if found is None:
        return None
    number, exponent, suffix = found.groups()
    value = Fraction(number)
    if exponent:
        return value * Fraction(10) ** int(exponent[1:])
    return value * _SUFFIXES[suffix or ""]


def cpu_text(cores: Fraction) -> str:
    """As kubectl writes CPU: `2`, `500m`; what is finer than a thousandth is rounded up."""
    milli = _ceil(cores * 1000)
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"


def bytes_text(amount: Fraction) -> str:
    """In the largest binary unit in which it is a whole number or at least ten: `64Mi`, `1536Mi`, `100k` as `98Ki`."""
    whole = _ceil(amount)
    for unit, size in reversed(_BINARY.items()):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    for unit, size in reversed(_BINARY.items()):
        if abs(whole) >= 10 * size:
            return f"{round(whole / size)}{unit}"
    return str(whole)


def amount_text(resource: str, amount: Fraction) -> str:
    """CPU as CPU, memory and storage as bytes, everything else as a count."""
    name = resource.removeprefix("requests.").removeprefix("limits.")
    if name == "cpu":
        return cpu_text(amount)
    if name in ("memory", "storage", "ephemeral-storage") or name.startswith("hugepages-"):
        return bytes_text(amount)
    return str(_ceil(amount))


def _ceil(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)
