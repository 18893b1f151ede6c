from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from kubectl_goweb.cli import schemas
from kubectl_goweb.cli.printing import cut
from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.status.verdicts import Answer
from tests.cli.conftest import Goweb

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "goweb-v1-status.json"


def rows(text: str) -> dict[str, list[str]]:
    """The printed rows by NAME, split where two spaces or more stand."""
    return {cells[1]: cells for line in text.splitlines()[1:] if (cells := re.split(r" {2,}", line.strip()))}


def test_every_workload_gets_one_line_with_its_verdict(goweb: Goweb) -> None:
    ran = goweb("status", "-A")
    verdicts = {name: cells[2] for name, cells in rows(ran.out).items()}
    assert verdicts["api"] == "+ healthy"
    assert "failing" in verdicts["web"]
    assert "paused" in verdicts["mail"]
    assert "idle" in verdicts["batch"]
    assert "sts/postgres" in verdicts
    assert "ds/node-agent" in verdicts


def test_the_exit_code_is_the_worst_verdict(goweb: Goweb) -> None:
    assert goweb("status").code == 1
    assert goweb("status", "api").code == 0
    assert goweb("status", "mail").code == 5
    assert goweb("status", "batch").code == 0


def test_a_name_gives_the_whole_story_with_the_panic_from_the_log(goweb: Goweb) -> None:
    ran = goweb("status", "web")
    assert ran.code == 1
    assert "failed: 3 of 3 new Pods abnormal: CrashLoopBackOff" in ran.out
    assert "GW-POD-CRASHLOOP" in ran.out
    assert "panic: assignment to entry in nil map (store.go:14)" in ran.out
    assert "at least 4 available, at most 7 existing (surge 2, unavailable 1)" in ran.out
    assert re.search(r"next +kubectl logs web-\S+ -n shop -c web --previous", ran.out)
    assert "REVISIONS" in ran.out
    assert re.search(r"service +web: 4 of 7 endpoints ready", ran.out)


def test_kinds_can_be_named_as_kubectl_names_them(goweb: Goweb) -> None:
    for name in ("sts/postgres", "statefulset/postgres", "statefulsets.apps/postgres"):
        assert goweb("status", name).code == 0
    ran = goweb("status", "pod/web")
    assert (ran.code, ran.out) == (2, "")
    assert "'pod/web' names no workload" in ran.err


def test_flags_work_before_and_after_the_verb(goweb: Goweb) -> None:
    names = "deployment.apps/coredns\ndaemonset.apps/node-agent\n"
    assert goweb("-n", "kube-system", "status", "-o", "name").out == names
    assert goweb("status", "-n", "kube-system", "-o", "name").out == names


def test_a_name_that_does_not_exist_is_said_and_fails(goweb: Goweb) -> None:
    ran = goweb("status", "nope")
    assert (ran.code, ran.out) == (1, "")
    assert "no workload 'nope' in namespace shop" in ran.err


def test_an_empty_namespace_is_fine_and_said_on_standard_error(goweb: Goweb) -> None:
    ran = goweb("status", "-n", "empty")
    assert (ran.code, ran.out) == (0, "")
    assert "no workloads found in namespace empty" in ran.err


def test_no_headers_and_wide(goweb: Goweb) -> None:
    assert not goweb("status", "--no-headers").out.startswith("NAMESPACE")
    wide = goweb("status", "-o", "wide").out.splitlines()
    assert "ROLLOUT" in wide[0]
    assert "ENDPOINTS" in wide[0]
    assert any("web 4/7" in line for line in wide)


def test_what_is_piped_is_never_cut_and_a_terminal_gets_its_width(goweb: Goweb) -> None:
    assert "Readiness probe failed: HTTP probe failed with statuscode: 500" in goweb("status").out
    shown = goweb("status", "--color=never", terminal=True).out
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_colours_are_for_terminals_and_no_color_turns_them_off(goweb: Goweb, environ: dict[str, str]) -> None:
    assert "\x1b" not in goweb("status").out
    assert "\x1b[" in goweb("status", terminal=True).out
    assert "\x1b[" in goweb("status", "--color=always").out
    environ["NO_COLOR"] = "1"
    assert "\x1b" not in goweb("status", terminal=True).out


@pytest.mark.parametrize("argv", [("status",), ("status", "web"), ("status", "-A"), ("status", "nope")])
def test_json_validates_against_the_published_schema(goweb: Goweb, argv: tuple[str, ...]) -> None:
    ran = goweb(*argv, "-o", "json")
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["apiVersion"] == "goweb/v1"
    assert document["exitCode"] == ran.code


@pytest.mark.parametrize(("name", "struct"), schemas.published().items())
def test_the_published_schemas_are_those_of_the_types(name: str, struct: type[Answer]) -> None:
    """When this fails, write it anew: python -m kubectl_goweb.cli.schemas NAME > docs/schema/NAME.json."""
    assert (SCHEMA.parent / f"{name}.json").read_text() == schemas.schema_text(struct)


def test_yaml_says_the_same_as_json(goweb: Goweb) -> None:
    as_json: dict[str, Any] = json.loads(goweb("status", "web", "-o", "json").out)
    assert yaml.safe_load(goweb("status", "web", "-o", "yaml").out) == as_json


def test_a_forbidden_part_is_named_and_the_rest_is_told(goweb: Goweb, server: ApiServer) -> None:
    server.faults.forbid("statefulsets")
    ran = goweb("status")
    assert ran.code == 1  # what is known to fail outweighs what cannot be seen
    assert "web" in rows(ran.out)
    assert "not seen: statefulsets.apps: denied" in ran.err
    assert goweb("status", "api").code == 3


def test_forbidden_pods_are_no_pods_without_restarts(goweb: Goweb, server: ApiServer) -> None:
    server.faults.forbid("pods")
    assert rows(goweb("status").out)["api"][8] == "?"


def test_forbidden_endpoints_are_neither_none_nor_a_service_without_any(goweb: Goweb, server: ApiServer) -> None:
    seen = (goweb("status", "api").out, goweb("why", "svc/api").out)
    assert re.search(r"service +api: \d of \d endpoints ready", seen[0])
    assert "endpoints are ready" in seen[1]

    server.faults.forbid("endpointslices")
    hidden = (goweb("status", "api").out, goweb("why", "svc/api").out)
    assert "service" not in hidden[0]
    assert "endpoints are ready" not in hidden[1]
    assert "GW-SERVICE-NO-ENDPOINTS" not in hidden[0] + hidden[1] + goweb("triage").out


def test_an_api_version_that_the_server_does_not_know_is_named_and_the_rest_is_told(
    goweb: Goweb, server: ApiServer
) -> None:
    server.faults.status(404, resource="statefulsets")
    ran = goweb("status", "-A")
    assert "not seen: statefulsets.apps: failed: " in ran.err
    assert {"web", "api", "ds/node-agent"} <= set(rows(ran.out))
    server.faults.status(404, resource="deployments")
    assert goweb("status", "-l", "app=api").code == 3


def test_a_malformed_object_is_named_and_the_rest_is_told(goweb: Goweb, server: ApiServer) -> None:
    server.faults.malformed("deployments")
    ran = goweb("status")
    assert "malformed" in ran.err
    assert "replicas" in ran.err
    assert "sts/postgres" in rows(ran.out)


def test_a_login_that_is_not_accepted_is_told_in_one_sentence(goweb: Goweb, server: ApiServer) -> None:
    server.faults.unauthorized()
    ran = goweb("status")
    assert (ran.code, ran.out) == (3, "")
    assert "401" in ran.err
    assert "Traceback" not in ran.err


def test_a_dead_server_is_told_in_one_sentence(goweb: Goweb, server: ApiServer) -> None:
    server.stop()
    ran = goweb("status")
    assert (ran.code, ran.out) == (3, "")
    assert "refused" in ran.err
    assert "goweb-demo" in ran.err
    assert "Traceback" not in ran.err


def test_status_makes_one_list_a_kind_and_reads_no_single_object(goweb: Goweb, server: ApiServer) -> None:
    server.requests.clear()
    goweb("status")
    assert {verb for verb, _ in server.requests} == {"list"}
    assert max(server.requests.values()) == 1


def test_warnings_are_asked_for_only_when_something_ails(goweb: Goweb, server: ApiServer) -> None:
    server.requests.clear()
    assert goweb("status", "-l", "app=api").code == 0
    assert ("list", "events") not in server.requests
    assert goweb("status", "-l", "app=web").code == 1
    assert server.requests["list", "events"] == 1


@pytest.mark.parametrize(
    "argv",
    [
        ("status", "--timeout", "5s"),
        ("status", "--revision", "3"),
        ("status", "web", "-A"),
        ("status", "-o", "xml"),
        ("status", "--unheard-of"),
        ("status", "--wait", "--timeout", "soon"),
        ("unheard-of",),
    ],
)
def test_wrong_arguments_are_one_sentence_and_a_hint(goweb: Goweb, argv: tuple[str, ...]) -> None:
    ran = goweb(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("goweb: ")
    assert len(ran.err.splitlines()) == 2


def test_another_revision_supersedes_the_one_that_is_followed(goweb: Goweb) -> None:
    ran = goweb("status", "web", "--revision", "7")
    assert ran.code == 1
    assert "superseded: revision 7 was replaced by revision 8" in ran.out


def test_waiting_ends_at_once_when_nothing_is_left_to_wait_for(goweb: Goweb) -> None:
    assert goweb("status", "api", "--wait").code == 0
    assert goweb("status", "web", "--wait").code == 1
    assert goweb("status", "mail", "--wait").code == 5


def test_waiting_longer_than_allowed_is_a_code_of_its_own(goweb: Goweb) -> None:
    from datetime import UTC, datetime

    ran = goweb("status", "cart", "--wait", "--timeout", "1s", now=lambda: datetime.now(UTC))
    assert ran.code == 6
    assert "not done after 1s: deploy/cart" in ran.err


PAINT = {"\x1b[0m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[36m", "\x1b[1;31m", "\x1b[H", "\x1b[J"}


def test_hostile_text_is_printed_as_text(goweb: Goweb, server: ApiServer) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J[bold]\u202egpj.exe[/]\r\n" + "x" * 1_000_000
    with server.edit("deployments", "shop", "web") as web:
        web["metadata"]["annotations"]["note"] = hostile
        web["status"]["conditions"][0]["message"] = hostile
    for argv in (("status", "web"), ("status", "-o", "wide")):
        ran = goweb(*argv, terminal=True)
        assert "web" in ran.out
        assert set(re.findall("\x1b.[^a-zA-Z]*[a-zA-Z]?", ran.out)) <= PAINT
        assert not set(ran.out) & {"\r", "\x07", "\u202e"}
    assert "[bold]gpj.exe[/]" in goweb("status", "web").out
    assert len(goweb("status", "web").out) < 20_000


def test_a_repaint_fits_the_terminal_and_says_what_it_leaves_out(goweb: Goweb, environ: dict[str, str]) -> None:
    def painted(lines: int) -> list[str]:
        environ.update(LINES=str(lines), COLUMNS="300")
        ran = goweb("status", "web", "-w", "--wait", terminal=True)
        return ran.out.split("\x1b[H\x1b[J")[-1].splitlines()

    whole, seen = painted(500), painted(20)
    assert len(seen) == 19
    assert seen[1:18] == whole[1:18]
    assert seen[-1] == f"({len(whole) - 18} more lines: the terminal is too low)"


WRAPPING = "ab\n\x1b[31mwide \u5bbd\x1b[0m\nlonger than a row\n"


@pytest.mark.parametrize(
    ("rows", "shown"), [(4, WRAPPING), (3, "ab\n\x1b[31mwide \u5bbd\x1b[0m\n(1 more"), (1, "(3 more")]
)
def test_lines_that_wrap_take_several_rows(rows: int, shown: str) -> None:
    assert cut(WRAPPING, rows, 10).startswith(shown)
