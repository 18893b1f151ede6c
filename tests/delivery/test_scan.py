"""What scanners find and whether it may pass. Trivy's part is played by a stand-in that replays its words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kubectl_goweb.delivery.scan import govulncheck, trivy
from kubectl_goweb.delivery.scan.findings import Reach, Severity, Vulnerability, merged
from kubectl_goweb.delivery.scan.gate import Outcome, Ran, Why, judge
from kubectl_goweb.delivery.scan.running import scan_image
from kubectl_goweb.delivery.scan.sarif import sarif
from kubectl_goweb.delivery.service.model import Scan, Waiver

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
REPORT = {
    "SchemaVersion": 2,
    "ArtifactName": "shop:1",
    "Results": [
        {"Target": "os", "Class": "os-pkgs", "Type": "debian"},
        {
            "Target": "app",
            "Class": "lang-pkgs",
            "Type": "gobinary",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2021-38561",
                    "PkgName": "golang.org/x/text",
                    "InstalledVersion": "v0.3.5",
                    "FixedVersion": "0.3.7",
                    "Title": "out-of-bounds read",
                    "Severity": "CRITICAL",
                    "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2021-38561",
                },
                {"VulnerabilityID": "CVE-2020-1", "PkgName": "stdlib", "InstalledVersion": "v1.21.0", "Severity": ""},
            ],
        },
    ],
}


def vulnerability(severity: Severity = Severity.HIGH, **more: Any) -> Vulnerability:
    given = {"id": "CVE-1", "package": "p", "installed": "v1", "fixed": "v2", "scanners": ("trivy",), **more}
    return Vulnerability(severity=severity, **given)


def ran(*found: Vulnerability, **more: Any) -> Ran:
    return Ran("trivy", found, **{"database": NOW, **more})


def test_a_report_is_read_with_all_that_may_be_missing() -> None:
    text, stdlib = trivy.findings(json.dumps(REPORT).encode())
    assert (text.id, text.severity, text.fixed) == ("CVE-2021-38561", Severity.CRITICAL, "0.3.7")
    assert (stdlib.severity, stdlib.fixed) == (Severity.UNKNOWN, "")
    assert trivy.findings(b'{"SchemaVersion": 2}') == (), "a clean image"


@pytest.mark.parametrize(("name", "reach"), [("source", Reach.CALLED), ("binary", Reach.CALLED)])
def test_govulncheck_says_how_near_a_vulnerability_is(name: str, reach: Reach) -> None:
    told = govulncheck.told((DATA / f"govulncheck-{name}.json").read_text())
    (one,) = told.findings
    assert (one.id, one.aliases, one.package, one.fixed) == (
        "CVE-2021-38561", ("GO-2021-0113",), "golang.org/x/text", "v0.3.7",
    )  # fmt: skip
    assert one.reach is reach
    assert told.database == datetime(2024, 5, 20, 16, 3, 47, tzinfo=UTC)


def test_the_way_from_main_to_what_is_vulnerable_is_told() -> None:
    (one,) = govulncheck.told((DATA / "govulncheck-source.json").read_text()).findings
    assert one.trace[0] == "shop.main (main.go:16)"
    assert one.trace[-1].startswith("language.ParseAcceptLanguage")


def test_what_two_scanners_tell_of_the_same_thing_is_one_finding() -> None:
    both = (
        *trivy.findings(json.dumps(REPORT).encode()),
        *govulncheck.told((DATA / "govulncheck-source.json").read_text()).findings,
    )
    first, second = merged(both)
    assert (first.scanners, first.severity, first.reach) == (("trivy", "govulncheck"), Severity.CRITICAL, Reach.CALLED)
    assert first.names == {"CVE-2021-38561", "GO-2021-0113"}
    assert second.id == "CVE-2020-1"


WAIVED = Waiver(id="CVE-1", owner="ann", expires="2026-12-01", reason="not reached")
EXPIRED = msgspec.structs.replace(WAIVED, expires="2026-11-25")


@pytest.mark.parametrize(
    ("terms", "found", "why"),
    [
        (Scan(), vulnerability(Severity.HIGH), Why.BLOCKS),
        (Scan(), vulnerability(Severity.MEDIUM), Why.BELOW),
        (Scan(fail_on="CRITICAL"), vulnerability(Severity.HIGH), Why.BELOW),
        (Scan(ignore_unfixed=True), vulnerability(fixed=""), Why.UNFIXED),
        (Scan(ignore_unfixed=True), vulnerability(), Why.BLOCKS),
        (Scan(waivers=(WAIVED,)), vulnerability(), Why.WAIVED),
        (Scan(waivers=(WAIVED,)), vulnerability(id="GO-1", aliases=("CVE-1",)), Why.WAIVED),
        (Scan(waivers=(msgspec.structs.replace(WAIVED, package="q"),)), vulnerability(), Why.BLOCKS),
        (Scan(waivers=(EXPIRED,)), vulnerability(), Why.BLOCKS),
        (Scan(only_new=True), vulnerability(package="known"), Why.KNOWN),
        (Scan(only_new=True), vulnerability(), Why.BLOCKS),
    ],
)
def test_each_rule_of_the_gate_decides_about_a_finding(terms: Scan, found: Vulnerability, why: Why) -> None:
    verdict = judge((ran(found),), terms, NOW, running=frozenset({("CVE-1", "known")}))
    assert [one.why for one in verdict.findings] == [why]
    assert verdict.blocks is (why is Why.BLOCKS)


def test_an_expired_waiver_is_told_with_its_owner() -> None:
    verdict = judge((ran(vulnerability()),), Scan(waivers=(EXPIRED,)), NOW)
    assert verdict.problems == ("the waiver of ann for CVE-1 has expired on 2026-11-25",)


ABSENT = (Ran("trivy", failure="it is not installed", is_absent=True), Ran("govulncheck", failure="x", is_absent=True))


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (ABSENT, "no scanner is installed: neither trivy nor govulncheck"),
        ((Ran("trivy", failure="it took too long"),), "trivy cannot tell: it took too long"),
        ((ran(database=NOW - timedelta(days=9)),), "trivy's database is 9 days old, which is more than 48h"),
    ],
)
def test_what_cannot_be_told_is_never_green_and_blocks_unless_the_policy_says_otherwise(
    runs: tuple[Ran, ...], sentence: str
) -> None:
    strict, lax = judge(runs, Scan(), NOW), judge(runs, Scan(on_error="warn"), NOW)
    assert (strict.outcome, strict.sentence) == (Outcome.BLOCKED, sentence)
    assert (lax.outcome, lax.sentence) == (Outcome.UNKNOWN, sentence)


def test_a_blocking_finding_blocks_even_where_errors_only_warn() -> None:
    runs = (ran(vulnerability()), Ran("govulncheck", failure="the code does not build"))
    verdict = judge(runs, Scan(on_error="warn"), NOW)
    assert verdict.blocks
    assert verdict.problems == ("govulncheck cannot tell: the code does not build",)


def test_without_knowing_what_runs_everything_counts_as_new() -> None:
    verdict = judge((ran(vulnerability()),), Scan(only_new=True), NOW, running=None)
    assert verdict.blocks
    assert "everything counts as new" in verdict.problems[0]


def test_the_mark_on_the_deployment_is_the_same_for_the_same_findings() -> None:
    verdict = judge((ran(vulnerability(Severity.LOW)),), Scan(), NOW)
    later = judge((ran(vulnerability(Severity.LOW)),), Scan(), NOW + timedelta(hours=1))
    assert verdict.mark("sha256:ab") == later.mark("sha256:ab") == "passed sha256:ab: 1 low"


def test_sarif_suppresses_what_may_pass_with_its_reason() -> None:
    found = (vulnerability(), vulnerability(id="CVE-2", severity=Severity.LOW))
    document = sarif(judge((ran(*found),), Scan(), NOW), "1.0")
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CVE-1", "CVE-2"]
    assert [one.get("suppressions", []) for one in run["results"]] == [
        [],
        [{"kind": "external", "justification": "below the severity that blocks"}],
    ]


StandIn = Callable[..., dict[str, str]]


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    """A program called trivy that prints what Trivy would; gives the environment that finds it."""

    def make(
        report: str = "", complaint: str = "", code: int = 0, updated: str = "2026-11-24T12:00:00Z"
    ) -> dict[str, str]:
        version = json.dumps({"Version": "0.67.0", "VulnerabilityDB": {"Version": 2, "UpdatedAt": updated}})
        (tmp_path / "report").write_text(report)
        (tmp_path / "complaint").write_text(complaint)
        program = tmp_path / "trivy"
        program.write_text(
            f"#!/bin/sh\n[ \"$1\" = version ] && {{ echo '{version}'; exit 0; }}\n"
            f'cat "{tmp_path}/report"; cat "{tmp_path}/complaint" >&2; exit {code}\n'
        )
        program.chmod(0o755)
        return {"PATH": f"{tmp_path}:{os.defpath}"}

    return make


def test_trivy_is_run_and_the_age_of_its_database_is_asked(stand_in: StandIn) -> None:
    told = scan_image("shop:1", stand_in(json.dumps(REPORT)))
    assert not told.failure
    assert len(told.findings) == 2
    assert told.database == datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("complaint", "told"),
    [
        (
            "2026-11-25T00:00:00Z\tFATAL\tFatal error\tinit error: DB error: failed to download vulnerability DB",
            "its vulnerability database cannot be downloaded",
        ),
        (
            "FATAL Fatal error --skip-db-update cannot be specified on the first run",
            "it has no vulnerability database yet",
        ),
        (
            'FATAL image scan error: unable to find the specified image "x" in ["docker" "remote"]',
            "it finds the image neither here nor in a registry",
        ),
        ("", "it gave no reason"),
    ],
)
def test_trivys_complaints_are_told_apart_from_findings(stand_in: StandIn, complaint: str, told: str) -> None:
    assert scan_image("shop:1", stand_in(complaint=complaint, code=1)).failure == told


def test_an_absent_trivy_is_told_as_absent(tmp_path: Path) -> None:
    told = scan_image("shop:1", {"PATH": str(tmp_path)})
    assert told.is_absent


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("govulncheck: unrecognized binary format\n", "the program of the image is no Go binary"),
        ("creating client: stat /x: no such file or directory\n", "its vulnerability database cannot be used"),
        ("govulncheck: no go.mod file\n\nTry navigating\n", "the code does not build"),
    ],
)
def test_govulnchecks_complaints_have_their_sentences(stderr: str, told: str) -> None:
    assert govulncheck.complaint(1, stderr) == told
