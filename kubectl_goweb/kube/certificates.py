"""Whose certificate it is and until when it holds, read from its DER. Only for telling people why a handshake failed;
nothing here decides about trust.

The ssl module decodes only certificates it has verified, and an expired one is just the one that it has not.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

_COMMON_NAME = bytes.fromhex("0603550403")
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")


class Certificate(msgspec.Struct, frozen=True):
    """The parts that people are told."""

    subject: str
    """The subject's common name; empty when there is none."""
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    """The DNS names it is for."""


def read_pem(pem: str) -> Certificate | None:
    """The first certificate of a PEM text; None when there is none that can be read."""
    import binascii

    found = re.search(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", pem, re.DOTALL)
    if not found:
        return None
    try:
        return read_der(binascii.a2b_base64(found[1]))
    except ValueError:
        return None


def read_der(der: bytes) -> Certificate | None:
    """Subject and validity of an X.509 certificate (RFC 5280, 4.1); None when it cannot be read."""
    try:
        certificate = _content(der, 0)[0]
        fields = _children(_content(certificate, 0)[0])
        if fields[0][0] == 0xA0:  # the version is optional
            fields = fields[1:]
        _serial, _signature, _issuer, validity, subject = (content for _tag, content in fields[:5])
        start, end = _children(validity)
        return Certificate(_common_name(subject), _time(*start), _time(*end), _names(certificate))
    except (IndexError, ValueError):
        return None


def _names(certificate: bytes) -> tuple[str, ...]:
    """The dNSNames of subjectAltName (RFC 5280, 4.2.1.6)."""
    at = certificate.find(_ALTERNATIVE_NAMES)
    if at < 0:
        return ()
    after = at + len(_ALTERNATIVE_NAMES)
    if certificate[after] == 0x01:  # whether it is critical
        after += 3
    names, _ = _content(_content(certificate, after)[0], 0)
    return tuple(content.decode("ascii", "replace") for tag, content in _children(names) if tag == 0x82)


def _content(der: bytes, at: int) -> tuple[bytes, int]:
    """The content of the element at an offset, and the offset behind it."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(der[start : start + size], "big"), start + size
    if start + length > len(der):
        raise ValueError("an element longer than its parent")
    return der[start : start + length], start + length


def _children(content: bytes) -> list[tuple[int, bytes]]:
    children = []
    at = 0
    while at < len(content):
        inner, behind = _content(content, at)
        children.append((content[at], inner))
        at = behind
    return children


def _time(tag: int, text: bytes) -> datetime:
    """UTCTime (two-digit year, 50 and later is the last century) or GeneralizedTime."""
    digits = text.decode("ascii").removesuffix("Z")
    if tag == 0x17:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _common_name(subject: bytes) -> str:
    at = subject.rfind(_COMMON_NAME)
    return "" if at < 0 else _content(subject, at + len(_COMMON_NAME))[0].decode("utf-8", "replace")
