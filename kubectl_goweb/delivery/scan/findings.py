"""What any scanner finds, as one type."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct, structs


class Severity(IntEnum):
    """Higher is worse."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Reach(IntEnum):
    """How near a vulnerability is to the code, as govulncheck sees it. Higher is nearer."""

    REQUIRED = 0
    """Only the module is there."""
    IMPORTED = 1
    """The package is compiled in."""
    CALLED = 2
    """The vulnerable function can be reached."""


class Vulnerability(Struct, frozen=True, kw_only=True, rename="camel"):
    """One vulnerability in one package."""

    id: str
    """`CVE-2021-38561`, or the Go database's when there is no CVE."""
    aliases: tuple[str, ...] = ()
    severity: Severity
    is_own_severity: bool = True
    """False when the scanner knows none and it follows from the reach."""
    package: str
    installed: str
    fixed: str = ""
    """The first version without it; empty when there is none yet."""
    title: str = ""
    url: str = ""
    scanners: tuple[str, ...]
    reach: Reach | None = None
    """None when only a scanner that does not look at code has told."""
    trace: tuple[str, ...] = ()
    """From main to the vulnerable function, `shop.main (main.go:15)`."""

    @property
    def names(self) -> frozenset[str]:
        """Every name it is known by."""
        return frozenset((self.id, *self.aliases))

    @property
    def key(self) -> tuple[str, str]:
        """The same vulnerability in another image has the same key."""
        return self.id, self.package


def merged(findings: tuple[Vulnerability, ...]) -> tuple[Vulnerability, ...]:
    """What two scanners tell of the same thing as one, the worst first."""
    kept: list[Vulnerability] = []
    for one in findings:
        index = next(
            (n for n, other in enumerate(kept) if other.package == one.package and other.names & one.names), None
        )
        if index is None:
            kept.append(one)
        else:
            kept[index] = _together(kept[index], one)
    return tuple(sorted(kept, key=lambda one: (-one.severity, one.package, one.id)))


def _together(one: Vulnerability, other: Vulnerability) -> Vulnerability:
    """Severity and CVE from who knows them, reach and trace from who looks at code."""
    base, more = (one, other) if one.is_own_severity else (other, one)
    is_cve = [name for name in (base.id, more.id) if name.startswith("CVE-")]
    reaching = max((one, other), key=lambda each: -1 if each.reach is None else each.reach)
    return structs.replace(
        base,
        id=is_cve[0] if is_cve else base.id,
        aliases=tuple(sorted((base.names | more.names) - {is_cve[0] if is_cve else base.id})),
        severity=base.severity if base.is_own_severity else max(base.severity, more.severity),
        fixed=base.fixed or more.fixed,
        title=base.title or more.title,
        url=base.url or more.url,
        scanners=tuple(dict.fromkeys((*base.scanners, *more.scanners))),
        reach=reaching.reach,
        trace=reaching.trace,
    )
