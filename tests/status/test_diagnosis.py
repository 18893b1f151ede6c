"""The rules over what a real cluster said once: tests/real provoked it, and recorded it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail, Snapshot, decode_page
from kubectl_goweb.objects.facts import Facts, ServedCertificate, named
from kubectl_goweb.objects.networking import NetworkPolicy
from kubectl_goweb.objects.wants import Ask, Want
from kubectl_goweb.status.diagnosis.catalogue import CATALOGUE, page
from kubectl_goweb.status.diagnosis.codes import Code
from kubectl_goweb.status.diagnosis.order import EXPLAINS
from kubectl_goweb.status.diagnosis.triage import Impact, Problem, problems
from kubectl_goweb.status.diagnosis.wants import wants
from kubectl_goweb.status.overview import overview
from tests.recorded import DATA, FILES, read

SNAPSHOT, NOW, EXPECTED = read(DATA / "why.json.gz")


def found_in(snapshot: Snapshot, now: datetime) -> dict[str, Problem]:
    """The worst problem of each object by its name."""
    return {one.finding.object.name: one for one in reversed(problems(overview(snapshot, now)))}


FOUND = found_in(SNAPSHOT, NOW)
RECORDED = {file: read(DATA / f"{file}.json.gz") for file in FILES}
ROOTS = {file: found_in(snapshot, now) for file, (snapshot, now, _) in RECORDED.items()}


@pytest.mark.parametrize(("file", "name"), [(file, name) for file in RECORDED for name in sorted(RECORDED[file][2])])
def test_each_fault_that_was_recorded_is_told_by_its_root(file: str, name: str) -> None:
    found = ROOTS[file][name].finding
    assert f"{found.code} {found.reason}" == RECORDED[file][2][name]


@pytest.mark.parametrize("file", RECORDED)
def test_nothing_else_is_told_of_what_was_recorded(file: str) -> None:
    assert sorted(ROOTS[file]) == sorted(RECORDED[file][2])


def test_the_worst_is_told_first() -> None:
    impacts = [one.impact for one in problems(overview(SNAPSHOT, NOW))]
    assert impacts == sorted(impacts, key=lambda impact: impact.rank, reverse=True)
    assert {*impacts} == {*Impact}


def without(problem: str, **changed: Any) -> Problem:
    """The problem as it is told without some of the facts."""
    snapshot = structs.replace(SNAPSHOT, **changed)
    return {one.finding.object.name: one for one in problems(overview(snapshot, NOW))}[problem]


def test_a_cause_elsewhere_takes_its_consequences_with_it() -> None:
    below = {f"{one.code} {one.object.name}" for one in FOUND["database"].below}
    assert {"GW-POD-CRASHLOOP needs-database", "GW-SERVICE-NO-ENDPOINTS database"} <= below


def test_without_logs_a_crash_is_told_with_less_confidence() -> None:
    assert FOUND["refused"].finding.confidence == "certain"
    told = without("refused", logs=()).finding
    assert (told.code, told.reason, told.confidence) == ("GW-POD-CRASHLOOP", "", "likely")


def test_without_events_what_is_missing_is_named() -> None:
    told = without("wrong-path", events={}, logs=()).finding
    assert told.code == "GW-POD-NOT-READY"
    assert told.confidence == "possible"
    assert told.unseen == ("the kubelet's events about the probe, which expire after an hour",)


def test_facts_are_asked_for_about_suspects_alone() -> None:
    told = overview(SNAPSHOT, NOW)
    healthy = {one.ref.name for one in told.workloads if not one.findings}
    wanted = [one for one in wants(SNAPSHOT, told, suspects=100) if one.kind is Kind.POD]
    asked = {one.name.rsplit("-", 2)[0] for one in wanted if one.ask is not Ask.LISTENS}  # for a Service's sake
    assert asked
    assert healthy.isdisjoint(asked)


def test_every_code_is_explained_and_the_published_page_is_that_of_the_codes() -> None:
    """When this fails, write it anew: python -m kubectl_goweb.status.diagnosis.catalogue > docs/codes.md."""
    assert set(CATALOGUE) == set(Code)
    assert (DATA.parents[1] / "docs" / "codes.md").read_text() == page()


def test_no_code_explains_itself_even_by_a_detour() -> None:
    for code in Code:
        seen: set[Code] = set()
        waiting = list(EXPLAINS.get(code, ()))
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting.extend(EXPLAINS.get(one, ()))
        assert code not in seen


def test_every_reason_that_was_recorded_is_documented() -> None:
    for one in (one for found in ROOTS.values() for one in found.values()):
        entry = CATALOGUE[Code(one.finding.code)]
        assert not one.finding.reason or one.finding.reason in entry.reasons, one.finding


def cut_off(spec: dict[str, Any], error: str) -> dict[str, Problem]:
    """The recorded service `refused`, whose last error is another one, behind a NetworkPolicy."""
    pod = next(one for one in SNAPSHOT.pods.values() if one.name.startswith("refused-"))
    item = {"metadata": {"name": "gate", "namespace": pod.namespace}, "spec": spec}
    page = decode_page(Kind.NETWORK_POLICY, json.dumps({"items": [item]}).encode())
    (policy,) = [one for one in page.items if isinstance(one, NetworkPolicy)]
    logs = (*(one for one in SNAPSHOT.logs if one.pod != pod.key), LogTail(pod.key, "web", (error,)))
    snapshot = structs.replace(SNAPSHOT, network_policies={policy.key: policy}, logs=logs)
    return {one.finding.object.name: one for one in problems(overview(snapshot, NOW))}


EGRESS = {"podSelector": {"matchLabels": {"app": "refused"}}, "policyTypes": ["Egress"]}
WEB_ONLY = {**EGRESS, "egress": [{"ports": [{"port": 443}]}]}
TIMEOUT = "cannot open the database: dial tcp 192.0.2.9:5432: i/o timeout"
NO_DNS = "cannot open the database: dial tcp: lookup db on 10.96.0.10:53: read udp: i/o timeout"


@pytest.mark.parametrize(("error", "reason"), [(TIMEOUT, "egress"), (NO_DNS, "dns")])
def test_a_policy_that_keeps_pods_from_what_they_need_is_the_root(error: str, reason: str) -> None:
    found = cut_off(WEB_ONLY, error)
    assert (found["gate"].finding.code, found["gate"].finding.reason) == ("GW-NETPOL-CUTS", reason)
    assert [one.object.name for one in found["gate"].below] == ["refused"]
    assert "refused" not in found


def test_a_policy_that_allows_what_times_out_is_not_blamed() -> None:
    open_port = {**EGRESS, "egress": [{"ports": [{"port": 5432}, {"port": 53, "protocol": "UDP"}]}]}
    for error in (TIMEOUT, NO_DNS):
        found = cut_off(open_port, error)
        assert "gate" not in found
        assert "refused" in found


def test_a_policy_that_lets_other_namespaces_be_asked_is_not_blamed_for_an_address_that_may_be_theirs() -> None:
    dns = {"ports": [{"port": 53, "protocol": "UDP"}]}
    for port, is_told in ((5432, False), (443, True)):
        elsewhere = {"to": [{"namespaceSelector": {}}], "ports": [{"port": port}]}
        assert ("gate" in cut_off({**EGRESS, "egress": [elsewhere, dns]}, TIMEOUT)) is is_told


@pytest.mark.parametrize(
    ("starts", "ends", "names", "reason"),
    [
        (-90, -1, ("x.example",), "expired"),
        (1, 90, ("x.example",), "not-yet-valid"),
        (-1, 90, ("y.example", "*.z.example"), "wrong-name"),
        (-80, 3, ("*.example",), "expires-soon"),
        (-1, 90, ("x.example",), ""),
    ],
)
def test_a_certificate_is_told_by_its_dates_and_names(
    starts: int, ends: int, names: tuple[str, ...], reason: str
) -> None:
    served = ServedCertificate("", NOW + timedelta(days=starts), NOW + timedelta(days=ends), names)
    key = f"{SNAPSHOT.namespace}/no-cert-yet"
    facts = structs.replace(SNAPSHOT.facts, absent=frozenset(), certificates={key: served})
    snapshot = structs.replace(SNAPSHOT, facts=facts)
    found = {one.finding.object.name: one.finding for one in problems(overview(snapshot, NOW))}
    told = found.get("no-certificate")
    assert (told.reason if told else "") == reason


def test_a_pod_that_waits_without_a_word_is_asked_about_and_told_by_what_is_not_there() -> None:
    silent = structs.replace(SNAPSHOT, events={}, facts=Facts())
    assert "no-volume-secret" not in {one.finding.object.name for one in problems(overview(silent, NOW))}
    key = f"{SNAPSHOT.namespace}/no-volume-secret"
    assert Want(Ask.FULL, Kind.DEPLOYMENT, key) in wants(silent, overview(silent, NOW))

    template = SNAPSHOT.facts.workloads[named(Kind.DEPLOYMENT, key)]
    known = structs.replace(silent, facts=Facts(workloads={named(Kind.DEPLOYMENT, key): template}))
    secret = f"{SNAPSHOT.namespace}/web-tls"
    assert Want(Ask.THERE, Kind.SECRET, secret) in wants(known, overview(known, NOW))

    facts = structs.replace(known.facts, absent=frozenset({named(Kind.SECRET, secret)}))
    told = without("no-volume-secret", events={}, facts=facts).finding
    assert (told.code, told.reason) == ("GW-POD-CONFIG", "missing-secret")
