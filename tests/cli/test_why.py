from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from kubectl_goweb.status.diagnosis.codes import Code
from tests.cli.conftest import Goweb

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def test_triage_tells_the_worst_first_with_what_to_do_next(goweb: Goweb) -> None:
    ran = goweb("triage", "-n", "shop")
    assert ran.code == 1
    first = ran.out.splitlines()[1]
    assert "deploy/web" in first
    assert "panic: assignment to entry in nil map (store.go:14)" in first
    assert "way back: kubectl goweb undo deploy/web -n shop --to-revision=7\n    next: kubectl logs web-" in ran.out
    assert "GW-POD-CRASHLOOP (go-panic)" in ran.out


def test_triage_agrees_with_its_document_and_the_exit_code(goweb: Goweb) -> None:
    ran = goweb("triage", "-A", "-o", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((SCHEMAS / "goweb-v1-triage.json").read_text()))
    assert document["exitCode"] == ran.code
    assert document["gaps"] == []
    names = [one["finding"]["object"]["name"] for one in document["problems"]]
    assert goweb("triage", "-A", "-o", "name").out.split() == [
        f"{one['finding']['object']['kind'].lower()}/{name}"
        for one, name in zip(document["problems"], names, strict=True)
    ]


def test_triage_for_the_incident_channel_is_a_table_that_cluster_text_cannot_break(goweb: Goweb) -> None:
    text = goweb("triage", "-A", "-o", "markdown").out
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert table[0] == "| impact | object | what | since | code |"
    assert all(line.replace("\\|", "").count("|") == 6 for line in table)
    assert "* way back: `kubectl goweb undo deploy/web -n shop --to-revision=7`\n* next: `kubectl " in text


def test_why_tells_the_cause_of_a_pod_and_of_the_service_before_it(goweb: Goweb) -> None:
    of_workload = goweb("why", "web", "-n", "shop")
    assert of_workload.code == 1
    assert of_workload.out.startswith("critical GW-POD-CRASHLOOP (go-panic)")
    assert "  way back   kubectl goweb undo deploy/web -n shop --to-revision=7\n" in of_workload.out
    more = "\nwhat changed before: kubectl goweb changes deploy/web -n shop\n"
    assert of_workload.out == goweb("why", "svc/web", "-n", "shop").out + more


def test_why_says_so_when_nothing_is_wrong_and_when_there_is_no_such_object(goweb: Goweb) -> None:
    well = goweb("why", "api", "-n", "shop")
    assert (well.code, well.out) == (0, "nothing wrong is seen with deploy/api\n")
    missing = goweb("why", "svc/nowhere", "-n", "shop")
    assert (missing.code, missing.out) == (1, "")
    assert "there is no Service 'nowhere' in namespace shop" in missing.err


def test_why_takes_kubectls_spelling_and_says_how_a_name_may_have_been_meant(goweb: Goweb) -> None:
    assert goweb("why", "service", "web", "api", "-n", "shop").out.startswith("critical GW-POD-CRASHLOOP")
    near = goweb("why", "svc/wbe", "-n", "shop")
    assert "there is no Service 'wbe' in namespace shop; did you mean svc/web?" in near.err
    assert "an object cannot be named across all namespaces" in goweb("why", "web", "-A").err
    assert "use deploy, sts, ds, pod, svc, ing" in goweb("why", "secret/x", "-n", "shop").err


def test_why_tells_of_what_is_well_what_there_is_to_know(goweb: Goweb) -> None:
    told = goweb("why", "svc/api", "-n", "shop").out.splitlines()
    assert re.fullmatch(r"nothing wrong is seen with svc/api; (\d) of \1 endpoints are ready", told[0])
    assert told[1] == "  next       kubectl goweb path svc/api -n shop --live"


def test_explain_takes_a_reason_and_a_part_of_a_code(goweb: Goweb) -> None:
    assert goweb("explain", "selects-nothing").out.startswith("GW-SERVICE-SELECTOR\n")
    ingress = [line for line in goweb("explain", "ingress").out.splitlines() if line.startswith("GW-")]
    assert set(ingress) >= {code for code in Code if "INGRESS" in code}
    assert "did you mean: selects-nothing" in goweb("explain", "select-nothing").err
    assert "there is no code or reason 'GW-X'" in goweb("explain", "GW-X").err


def test_why_answers_programs_too(goweb: Goweb) -> None:
    ran = goweb("why", "web", "-n", "shop", "-o", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((SCHEMAS / "goweb-v1-why.json").read_text()))
    assert document["findings"][0]["code"] == "GW-POD-CRASHLOOP"


def test_a_node_that_uses_nearly_all_its_memory_is_told_below_its_pressure(goweb: Goweb) -> None:
    told = goweb("why", "node/worker-3", "-n", "shop").out
    assert "follows    GW-NODE-BUSY: node worker-3 is too busy: memory 9" in told
    assert "GW-NODE-BUSY" not in goweb("triage", "-A", "-o", "json", "--quick").out, "it is asked of nobody then"


def test_quick_asks_for_nothing_but_the_lists(goweb: Goweb) -> None:
    ran = goweb("triage", "-n", "shop", "--quick")
    assert "panic:" not in ran.out
    assert "deploy/web" in ran.out


def test_explain_lists_all_codes_and_tells_one_in_full(goweb: Goweb) -> None:
    listed = goweb("explain")
    assert [line.split()[0] for line in listed.out.splitlines()] == list(Code)
    assert goweb("explain", "pod-oom").out.startswith("GW-POD-OOM\n")
    wrong = goweb("explain", "GW-POD-OM")
    assert wrong.code == 2
    assert "did you mean: GW-POD-OOM" in wrong.err


def test_path_follows_a_request_to_its_pods(goweb: Goweb) -> None:
    ran = goweb("path", "web", "-n", "shop")
    told = [line.split("  ")[0] for line in ran.out.splitlines()]
    assert told[:2] == ["+ Service", "+ Service port"]
    assert ran.code in (0, 3)
    missing = goweb("path", "nowhere", "-n", "shop")
    assert (missing.code, missing.out) == (1, "x Service  there is no Service nowhere in namespace shop\n")


def test_path_asks_every_hop_for_real_and_tells_it_beside_the_objects(goweb: Goweb) -> None:
    ran = goweb("path", "web", "-n", "shop", "--live")
    lines = ran.out.splitlines()
    asked = [line[:16].strip() for line in lines if "  live " in line]
    assert asked == ["?   live DNS", "+   live Service", "+   live Pods"]
    assert "not checked: pod/coredns-" in ran.out, "the demo forwards no ports"
    assert lines[-2].startswith("by the objects  ")
    document = json.loads(goweb("path", "web", "-n", "shop", "--live", "-o", "json").out)
    jsonschema.validate(document, json.loads((SCHEMAS / "goweb-v1-path.json").read_text()))
    assert [one["state"] for one in document["live"]] == ["unknown", "ok", "ok"]
    assert document["liveAnswer"]["what"] == "Service"


def test_path_answers_programs_too(goweb: Goweb) -> None:
    document = json.loads(goweb("path", "svc/nowhere:80", "-n", "shop", "-o", "json").out)
    jsonschema.validate(document, json.loads((SCHEMAS / "goweb-v1-path.json").read_text()))
    assert document["answer"]["state"] == "broken"


def test_changes_tells_what_changed_before_it_broke_and_gives_the_verdict_as_its_exit_code(goweb: Goweb) -> None:
    ran = goweb("changes", "web", "-n", "shop", "--since", "24h")
    head, began, first = ran.out.splitlines()[:3]
    assert ran.code == 1
    assert head.startswith("deploy/web in shop: failing: ")
    assert began.startswith("  began ")
    assert re.search(r"^ +\d+m?\d*s? before  revision \d+ changes image", first), ran.out
    assert "containers[web].image: " in ran.out


def test_changes_of_all_agrees_with_its_document(goweb: Goweb) -> None:
    ran = goweb("changes", "-A", "-o", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((SCHEMAS / "goweb-v1-changes.json").read_text()))
    assert document["exitCode"] == ran.code
    assert {one["verdict"] for one in document["workloads"][:2]} == {"failing"}
    assert document["workloads"][0]["onset"]["how"]


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (("nowhere", "-n", "shop"), 1, "no workload 'nowhere' in namespace shop"),
        (("web", "-A"), 2, "a workload cannot be named across all namespaces"),
        (("web", "--since", "0"), 2, "--since is how far back to look"),
        (("node/a",), 2, "names no workload"),
    ],
)
def test_changes_says_what_it_cannot_tell(goweb: Goweb, argv: tuple[str, ...], code: int, says: str) -> None:
    ran = goweb("changes", *argv)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
