"""Durations as kubectl's flags take them. Nothing else."""

from __future__ import annotations

import re

from kubectl_goweb.errors import UsageError

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_timeout(text: str) -> float | None:
    """Seconds of `5s`, `1m30s`, `500ms` or a bare `30`; None for `0`, which means no limit, as in kubectl. UsageError
    otherwise.
    """
    if text.isascii() and text.isdigit():
        return float(text) or None
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+", text, re.ASCII):
        raise UsageError(f"invalid timeout {text!r}", hint="write it as 5s, 2m or 1h; 0 means no limit")
    parts = re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h)", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) or None
