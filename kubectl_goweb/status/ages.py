"""Ages as kubectl writes them."""

from __future__ import annotations

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in kubectl's two-unit form (`90s`, `9m30s`, `170m`, `7d3h`); `<unknown>` without a time.

    Follows k8s.io/apimachinery/pkg/util/duration.HumanDuration, which tolerates a clock that is one second behind.
    """
    if since is None:
        return "<unknown>"
    return duration((now - since).total_seconds())


def duration(seconds: float) -> str:
    """A length of time in seconds, in the same form; more than a second negative is `<invalid>`."""
    whole = int(seconds)  # towards zero, as Go converts
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    minutes, hours, days = whole // _MINUTE, whole // _HOUR, whole // _DAY
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % _MINUTE, "s")
    if minutes < 3 * 60:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 8 * 24:
        return _pair(days, "d", hours % 24, "h")
    if days < 2 * 365:
        return f"{days}d"
    if days < 8 * 365:
        return _pair(whole // _YEAR, "y", days % 365, "d")
    return f"{whole // _YEAR}y"


def _pair(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big}{big_unit}{small}{small_unit}" if small else f"{big}{big_unit}"
