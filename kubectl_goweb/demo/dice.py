"""Chance that can be repeated: the same seed gives the same names, uids and delays on every machine and every run.

The world must be equal byte for byte for a seed and an instant (screen snapshots stand on it), so nothing here asks the
operating system for entropy. It is no cryptography.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1

SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names are made of: Kubernetes leaves out vowels and look-alikes, so that no word appears by chance."""


class Dice:
    """A splitmix64 generator with the few throws the world needs."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """The next 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, limit: int) -> int:
        """A whole number from 0 to limit - 1."""
        return self.bits() % limit

    def seconds(self, middle: float) -> float:
        """A duration within 20 % of `middle`, in whole milliseconds."""
        return round(middle * (800 + self.below(401)) / 1000, 3)

    def suffix(self, length: int = 5) -> str:
        """The random end of a generated name, as in web-69bf8-x7k2p."""
        return "".join(SAFE_ALPHABET[self.below(len(SAFE_ALPHABET))] for _ in range(length))

    def uid(self) -> str:
        """A uid in the form of a version 4 UUID."""
        digits = self.hex(32)
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[self.below(4)]}{digits[17:20]}-{digits[20:]}"

    def hex(self, length: int) -> str:
        """`length` hexadecimal digits."""
        digits = ""
        while len(digits) < length:
            digits += f"{self.bits():016x}"
        return digits[:length]


def fnv32(data: bytes) -> int:
    """FNV-1a, the 32-bit hash that names ReplicaSets."""
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def name_hash(data: bytes) -> str:
    """A hash as Kubernetes writes it into names: the decimal digits of FNV-1a, each moved into the safe alphabet."""
    return "".join(SAFE_ALPHABET[ord(digit) % len(SAFE_ALPHABET)] for digit in str(fnv32(data)))
