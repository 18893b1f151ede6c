"""Trivy's JSON report and its complaints. Pure.

Nearly every field may be missing: a clean image has no `Vulnerabilities`, an unfixed one no `FixedVersion`.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from msgspec import Struct

from kubectl_goweb.delivery.scan.findings import Severity, Vulnerability
from kubectl_goweb.objects.text import plain

NAME = "trivy"


class _Found(Struct, frozen=True, rename="pascal"):
    vulnerability_id: str = msgspec.field(name="VulnerabilityID")
    pkg_name: str = ""
    installed_version: str = ""
    fixed_version: str = ""
    title: str = ""
    severity: str = ""
    primary_url: str = msgspec.field(name="PrimaryURL", default="")
    vendor_ids: tuple[str, ...] = msgspec.field(name="VendorIDs", default=())


class _Result(Struct, frozen=True, rename="pascal"):
    vulnerabilities: tuple[_Found, ...] | None = None


class _Report(Struct, frozen=True, rename="pascal"):
    schema_version: int
    results: tuple[_Result, ...] | None = None


class _Database(Struct, frozen=True, rename="pascal"):
    updated_at: datetime | None = None


class _Version(Struct, frozen=True, rename="pascal"):
    vulnerability_db: _Database | None = msgspec.field(name="VulnerabilityDB", default=None)


def command(image: str) -> list[str]:
    """Every severity is asked for: what Trivy filters is missing in its report, and the totals would lie."""
    flags = ["--format=json", "--quiet", "--no-progress", "--scanners=vuln", "--list-all-pkgs=false"]
    return ["trivy", "image", *flags, image]


VERSION = ("trivy", "version", "--format=json")


def findings(report: bytes) -> tuple[Vulnerability, ...]:
    """What the report tells. msgspec.DecodeError when it is none."""
    decoded = msgspec.json.decode(report, type=_Report)
    return tuple(
        Vulnerability(
            id=plain(one.vulnerability_id),
            aliases=one.vendor_ids,
            severity=Severity.__members__.get(one.severity, Severity.UNKNOWN),
            package=plain(one.pkg_name),
            installed=plain(one.installed_version),
            fixed=plain(one.fixed_version),
            title=plain(one.title),
            url=plain(one.primary_url),
            scanners=(NAME,),
        )
        for result in decoded.results or ()
        for one in result.vulnerabilities or ()
    )


def database_updated(version: bytes) -> datetime | None:
    """When the database was made; None when there is none. A scan with an old one succeeds, and says nothing of it."""
    database = msgspec.json.decode(version, type=_Version).vulnerability_db
    return None if database is None else database.updated_at


_COMPLAINTS = (
    (r"cannot be specified on the first run", "it has no vulnerability database yet"),
    (r"failed to download vulnerability DB|DB error", "its vulnerability database cannot be downloaded"),
    (r"unable to find the specified image", "it finds the image neither here nor in a registry"),
    (r"context deadline exceeded|timeout", "it took too long"),
    (r"no space left", "its cache's disk is full"),
)


def complaint(stderr: str) -> str:
    """Why Trivy gave up, which it always does with exit code 1."""
    for pattern, sentence in _COMPLAINTS:
        if re.search(pattern, stderr, re.IGNORECASE):
            return sentence
    lines = [line for line in stderr.splitlines() if line.strip()]
    return plain(re.sub(r"^\S+\s+(FATAL|ERROR)\s+", "", lines[-1]), 300) if lines else "it gave no reason"
