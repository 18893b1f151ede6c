"""Values that are never kept: of a Secret or ConfigMap only the names of its keys are read."""

from __future__ import annotations


class Withheld:
    """Stands where a value was. It holds nothing, so nothing can leak from it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(withheld)"


_WITHHELD = Withheld()


def withhold(kind: type, value: object) -> Withheld:
    """msgspec's `dec_hook`: forget the value as soon as it is parsed."""
    if kind is not Withheld:
        raise NotImplementedError(f"no value of {kind} is expected")
    return _WITHHELD
