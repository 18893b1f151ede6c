"""How a change is planned, shown, confirmed, written and told: the same for every verb, shown with scale and pause."""

from __future__ import annotations

import io
import json
import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kubectl_goweb.actions.plan import Refusal
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Pause
from kubectl_goweb.actions.verbs import VERBS
from kubectl_goweb.cli import verbs
from kubectl_goweb.cli.acting import act
from kubectl_goweb.cli.acting_on_many import act_on_all
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.main import verb_parser
from kubectl_goweb.cli.options import overrides
from kubectl_goweb.demo.server import ApiServer
from kubectl_goweb.errors import RefusedError, UnansweredError, UnreachableError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.verdicts import Ref
from tests.cli.conftest import Goweb, Terminal

Stored = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def stored(server: ApiServer) -> Stored:
    """stored("deployments", "api") is the object as the server has it."""

    def find(resource: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            one for one in server.world.sim.find(resource, "shop") if one["metadata"]["name"] == name
        )
        return found

    return find


def writes(server: ApiServer) -> int:
    return sum(count for (verb, _), count in server.requests.items() if verb in ("patch", "update", "delete"))


def test_every_verb_is_a_verb_of_the_command_line_in_the_same_words() -> None:
    told = {one.name: one.says for one in verbs.VERBS}
    for one in VERBS:
        assert told.get(one.id) == one.says


def test_without_a_terminal_and_without_yes_the_plan_is_shown_and_nothing_done(
    goweb: Goweb, server: ApiServer, stored: Stored
) -> None:
    before = stored("deployments", "api")["spec"]["replicas"]
    ran = goweb("scale", "api", "--replicas=9")
    assert (ran.code, ran.out) == (2, "")
    assert f"- spec.replicas: {before}\n  + spec.replicas: 9" in ran.err
    assert f"kubectl scale deployment/api --current-replicas={before} --replicas=9 -n shop" in ran.err
    assert "--yes" in ran.err
    assert writes(server) == 0


def test_yes_does_it_and_says_it_in_kubectls_words(goweb: Goweb, stored: Stored) -> None:
    ran = goweb("scale", "deployment", "api", "--replicas=2", "-y")
    assert (ran.code, ran.out) == (0, "deployment.apps/api scaled\n")
    assert stored("deployments", "api")["spec"]["replicas"] == 2


def test_a_terminal_is_asked_after_the_plan_was_shown(goweb: Goweb, stored: Stored) -> None:
    ran = goweb("scale", "api", "--replicas=1", typed="y\n")
    assert (ran.code, ran.out) == (0, "deployment.apps/api scaled\n")
    assert ran.err.index("spec.replicas: 1") < ran.err.index("do it? [y/N]")
    assert stored("deployments", "api")["spec"]["replicas"] == 1


@pytest.mark.parametrize("typed", ["\n", "n\n", "", "api\n"])
def test_anything_but_yes_is_no(goweb: Goweb, server: ApiServer, typed: str) -> None:
    ran = goweb("scale", "api", "--replicas=1", typed=typed)
    assert (ran.code, ran.out) == (1, "")
    assert "nothing was done" in ran.err
    assert writes(server) == 0


def test_a_protected_context_wants_the_name_typed(goweb: Goweb, server: ApiServer, tmp_path: Path) -> None:
    config = tmp_path / ".config" / "kubectl-goweb" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[contexts."goweb-*"]\nprotected = true\n')
    refused = goweb("scale", "api", "--replicas=1", typed="y\n")
    assert (refused.code, writes(server)) == (1, 0)
    assert "context goweb-demo is protected: type api" in refused.err
    assert goweb("scale", "api", "--replicas=1", typed="api\n").code == 0


@pytest.mark.parametrize("how", ["flag", "environment", "context"])
def test_read_only_leaves_only_a_look_at_the_plan(
    goweb: Goweb, server: ApiServer, environ: dict[str, str], tmp_path: Path, how: str
) -> None:
    flags = ["--read-only"] if how == "flag" else []
    if how == "environment":
        environ["GOWEB_READ_ONLY"] = "true"
    if how == "context":
        config = tmp_path / ".config" / "kubectl-goweb" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text('[contexts."*demo"]\nread_only = true\n')
    ran = goweb("scale", "api", "--replicas=1", "-y", *flags)
    assert (ran.code, ran.out) == (4, "")
    assert "read-only" in ran.err
    assert goweb("scale", "api", "--replicas=1", "--dry-run=client", *flags).code == 0
    assert writes(server) == 0


def test_a_client_dry_run_sends_nothing_and_a_server_dry_run_keeps_nothing(
    goweb: Goweb, server: ApiServer, stored: Stored
) -> None:
    before = stored("deployments", "api")
    plan = goweb("scale", "api", "--replicas=9", "--dry-run=client")
    assert plan.code == 0
    assert "+ spec.replicas: 9" in plan.out
    assert writes(server) == 0
    asked = goweb("scale", "api", "--replicas=9", "--dry-run=server")
    assert (asked.code, asked.out) == (0, "deployment.apps/api scaled (server dry run)\n")
    assert writes(server) == 1
    assert stored("deployments", "api") == before


def test_what_is_so_already_is_nothing_to_do(goweb: Goweb, server: ApiServer, stored: Stored) -> None:
    replicas = stored("deployments", "api")["spec"]["replicas"]
    ran = goweb("scale", "api", f"--replicas={replicas}")
    assert ran.code == 0
    assert f"it has {replicas} replicas already" in ran.out
    assert writes(server) == 0


def test_a_terminal_gets_a_plan_in_its_width_with_the_labels_in_a_column(goweb: Goweb, environ: dict[str, str]) -> None:
    environ["COLUMNS"] = "72"
    ran = goweb("abort", "web", "--dry-run=client", terminal=True)
    text = re.sub(r"\x1b\[[\d;]*m", "", ran.out)
    noted = [line for line in text.splitlines() if line.startswith(("  danger ", "  note ", "             "))]
    assert len(noted) > 4
    assert max(map(len, noted)) <= 72
    assert {line[12] for line in noted} == {" "}


def test_the_plan_is_a_document_for_programs(goweb: Goweb) -> None:
    told = json.loads(goweb("scale", "api", "--replicas=0", "--dry-run=client", "-o", "json").out)
    assert (told["apiVersion"], told["kind"], told["verb"], told["outcome"]) == ("goweb/v1", "Plan", "scale", "dry-run")
    assert told["cautions"][0]["code"] == "GW-ACT-TO-ZERO"
    assert told["writes"][0]["body"][-1] == {"op": "add", "path": "/spec/replicas", "value": 0}
    schema = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "goweb-v1-plan.json").read_text())
    jsonschema.validate(told, schema)
    done = json.loads(goweb("pause", "api", "-y", "-o", "json").out)
    jsonschema.validate(done, schema)
    assert (done["outcome"], done["entry"], done["generation"] > 0) == ("applied", 1, True)
    assert goweb("scale", "api", "--replicas=1", "-y", "-o", "name").out == "deployment.apps/api\n"


def test_no_replicas_can_be_scaled_up_again(goweb: Goweb, stored: Stored) -> None:
    assert goweb("scale", "api", "--replicas=0", "-y").code == 0
    assert goweb("scale", "api", "--replicas=2", "-y").code == 0
    assert stored("deployments", "api")["spec"]["replicas"] == 2


def test_the_wrong_number_of_current_replicas_is_refused(goweb: Goweb, server: ApiServer) -> None:
    ran = goweb("scale", "api", "--replicas=9", "--current-replicas=77", "-y")
    assert (ran.code, ran.out) == (4, "")
    assert "from 77 replicas" in ran.err
    assert writes(server) == 0


def test_what_is_forbidden_is_refused_before_anything_is_written(goweb: Goweb, server: ApiServer) -> None:
    server.faults.forbid("deployments/scale")
    ran = goweb("scale", "api", "--replicas=9", "-y")
    assert (ran.code, ran.out) == (4, "")
    assert "may not patch deployments.apps/scale api in namespace shop" in ran.err
    assert writes(server) == 0


def test_pause_and_resume_are_said_when_they_change_nothing(goweb: Goweb, stored: Stored) -> None:
    assert goweb("pause", "api", "-y").out == "deployment.apps/api paused\n"
    assert stored("deployments", "api")["spec"]["paused"] is True
    assert "it is paused already" in goweb("pause", "api", "-y").out
    refused = goweb("restart", "api", "-y")
    assert refused.code == 4
    assert "resume it first" in refused.err
    assert goweb("resume", "api", "-y").out == "deployment.apps/api resumed\n"
    assert "paused" not in stored("deployments", "api")["spec"]


def test_restart_annotates_the_template_as_kubectl_does(goweb: Goweb, stored: Stored) -> None:
    for name, resource in (("deploy/api", "deployments"), ("sts/postgres", "statefulsets"), ("ds/node-agent", "")):
        where = () if resource else ("-n", "kube-system")
        assert goweb("restart", name, "-y", *where).code == 0
        if resource:
            template = stored(resource, name.partition("/")[2])["spec"]["template"]
            assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]


def images(stored: Stored, name: str) -> list[str]:
    return [one["image"] for one in stored("deployments", name)["spec"]["template"]["spec"]["containers"]]


def test_abort_goes_back_to_the_revision_that_still_serves_and_says_how_it_knows(goweb: Goweb, stored: Stored) -> None:
    ran = goweb("abort", "web", "--dry-run=client")
    assert re.search(r"abort the rollout of deploy/web: from revision 8 back to revision 7", ran.out)
    assert "revision 7 is chosen because 4 of its 4 Pods are available now" in ran.out
    before = images(stored, "web")
    assert goweb("abort", "web", "-y").out == "deployment.apps/web rolled back\n"
    assert images(stored, "web") != before


def test_undo_to_the_present_revision_is_skipped_in_kubectls_words(goweb: Goweb, server: ApiServer) -> None:
    ran = goweb("undo", "web", "--to-revision=8", "-y")
    told = "deployment.apps/web skipped rollback (current template already matches revision 8)\n"
    assert (ran.code, ran.out) == (0, told)
    assert writes(server) == 0


def test_what_is_done_cannot_be_aborted_and_what_is_paused_not_undone(goweb: Goweb, server: ApiServer) -> None:
    done, paused = goweb("abort", "api", "-y"), goweb("undo", "mail", "-y")
    assert (done.code, paused.code) == (4, 4)
    assert "no rollout is under way" in done.err
    assert "kubectl goweb undo deployment/api" in done.err
    assert "paused" in paused.err
    assert writes(server) == 0


def test_a_revision_that_does_not_exist_is_named_with_those_that_do(goweb: Goweb) -> None:
    ran = goweb("undo", "web", "--to-revision=99", "-y")
    assert (ran.code, ran.out) == (1, "")
    assert "unable to find specified revision 99 in history" in ran.err
    assert re.search(r"there are: .*7, 8", ran.err)


def test_set_image_writes_the_image_and_why(goweb: Goweb, stored: Stored) -> None:
    assert goweb("set-image", "api", "api=shop/api:9", "-y", "--cause", "faster").code == 0
    assert images(stored, "api") == ["shop/api:9"]
    assert stored("deployments", "api")["metadata"]["annotations"]["kubernetes.io/change-cause"] == "faster"
    assert "already" in goweb("set-image", "deployment", "-y", "api", "--dry-run=server", "shop/api:9").out
    wrong = goweb("set-image", "api", "nope=x:1", "-y")
    assert wrong.code == 1
    assert 'unable to find container named "nope"' in wrong.err
    assert goweb("set-image", "api", "-y").code == 2


def test_every_change_is_in_the_journal_that_only_the_user_can_read(goweb: Goweb, tmp_path: Path) -> None:
    goweb("scale", "api", "--replicas=9", "-y")
    goweb("scale", "api", "--replicas=9", "--dry-run=server")
    goweb("pause", "api", "-y")
    path = tmp_path / ".local" / "state" / "kubectl-goweb" / "journal.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first["id"], first["verb"], first["after"]) == (1, "scale", {"/spec/replicas": "9"})
    assert (second["id"], second["inverse"]["verb"]) == (2, "resume")
    assert second["context"] == "goweb-demo"


def test_a_name_that_is_no_workload_or_of_the_wrong_kind_is_said(goweb: Goweb) -> None:
    assert goweb("scale", "nope", "--replicas=1", "-y").code == 1
    ran = goweb("pause", "sts/postgres", "-y")
    assert ran.code == 2
    assert "pause is for Deployments" in ran.err
    assert goweb("scale", "api", "-A", "--replicas=1").code == 2
    assert goweb("scale", "api", "--replicas=-1").code == 2


def test_several_workloads_are_shown_in_one_list_and_confirmed_once(
    goweb: Goweb, server: ApiServer, stored: Stored
) -> None:
    refused = goweb("restart", "api", "mail", "nope", typed="y\n")
    assert refused.code == 4, "mail is paused, which is worse than a name that stands for nothing"
    assert refused.out == "deployment.apps/api restarted\n"
    for words in ("cannot restart deploy/mail: it is paused", "no workload 'nope' in namespace shop", "do it? [y/N]"):
        assert words in refused.err
    assert refused.err.index("cannot restart deploy/mail") < refused.err.index("do it? [y/N]")
    done = goweb("scale", "deployment", "api", "batch", "--replicas=3", typed="y\n")
    assert (done.code, done.out) == (0, "deployment.apps/api scaled\ndeployment.apps/batch scaled\n")
    assert done.err.count("[y/N]") == 1
    assert "do all 2? [y/N]" in done.err
    assert [stored("deployments", name)["spec"]["replicas"] for name in ("api", "batch")] == [3, 3]
    before = writes(server)
    assert goweb("pause", "api", "sts/postgres", "-y").code == 2, "what cannot be meant stops everything"
    assert goweb("restart", "api", "batch", "--guard").code == 2
    assert goweb("restart", "-y").code == 2
    assert goweb("restart", "api", "batch").code == 2, "nobody to ask"
    assert goweb("pause", "api", "batch", typed="n\n").code == 1
    assert writes(server) == before


def test_workloads_are_named_by_their_labels_and_told_a_document_a_line(goweb: Goweb) -> None:
    asked = goweb("pause", "-l", "app in (api,mail)", "--dry-run=client", "-o", "json")
    assert asked.code == 0
    told = [json.loads(line) for line in asked.out.splitlines()]
    assert [(one["target"]["name"], one["outcome"]) for one in told] == [("api", "dry-run"), ("mail", "nothing")]
    assert goweb("pause", "-l", "app=nobody", "-y").code == 1
    assert goweb("pause", "api", "-l", "app=api", "-y").code == 2
    kinds = goweb("restart", "statefulset", "-l", "app", "--dry-run=server", "-y")
    assert kinds.out == "statefulset.apps/postgres restarted (server dry run)\n"


class Gone:
    """A connection whose server has just gone."""

    def get(self, path: str) -> bytes:
        raise UnreachableError("no answer")

    def send(self, method: str, path: str, body: bytes = b"", **_: object) -> bytes:
        raise UnansweredError("no answer")


def test_a_server_that_goes_away_ends_the_list(environ: dict[str, str], tmp_path: Path, server: ApiServer) -> None:
    args = verb_parser(verbs.verb("pause")).parse_args(["api", "batch", "mail", "-y"])
    access = resolve(overrides(args), environ, tmp_path)
    environment = Environment(environ, tmp_path, io.StringIO(), err := io.StringIO(), io.StringIO(), server.now)
    targets = [Ref("Deployment", name, "shop") for name in args.names]
    with Connection(access) as connection:
        plans = {target: prepare(connection, Pause(target), server.now) for target in targets[:2]}
    plans[targets[2]] = Refusal("pause", targets[2], "nobody may")
    code = act_on_all(targets, (), plans.__getitem__, args, access, Gone(), Settings(), environment)
    assert code == 3, "it is not known whether the first one was paused"
    assert "cannot pause deploy/mail: nobody may" in err.getvalue()
    assert "deploy/api: no answer" in err.getvalue()
    assert err.getvalue().endswith("not tried: deploy/batch\n")


def test_what_was_done_is_listed_and_taken_back(goweb: Goweb, stored: Stored) -> None:
    before = stored("deployments", "api")["spec"]["replicas"]
    goweb("scale", "api", "--replicas=9", "-y")
    listed = goweb("journal")
    assert f"scale deploy/api from {before} to 9 replicas" in listed.out
    assert "way back   kubectl goweb revert 1" in goweb("journal", "1").out
    plan = goweb("revert", "--dry-run=client")
    assert "take back entry 1" in plan.out
    assert goweb("revert", "1", "-y").out == "deployment.apps/api scaled\n"
    assert stored("deployments", "api")["spec"]["replicas"] == before
    assert [json.loads(line)["id"] for line in goweb("journal", "-o", "json").out.splitlines()] == [1, 2]


def test_what_somebody_else_changed_since_is_not_taken_back(goweb: Goweb, server: ApiServer, stored: Stored) -> None:
    goweb("scale", "api", "--replicas=9", "-y")
    with server.changed, server.world.sim.edit("deployments", stored("deployments", "api")) as draft:
        draft["spec"]["replicas"] = 4
    ran = goweb("revert", "1", "-y")
    assert (ran.code, ran.out) == (4, "")
    assert "it has changed since entry 1: spec.replicas is 4 and was left as 9" in ran.err
    assert stored("deployments", "api")["spec"]["replicas"] == 4


def test_images_are_taken_back_to_the_template_before(goweb: Goweb, stored: Stored) -> None:
    template = stored("deployments", "api")["spec"]["template"]
    goweb("set-image", "api", "shop/api:9", "-y")
    assert goweb("revert", "-y").code == 0
    assert stored("deployments", "api")["spec"]["template"] == template


def test_an_empty_or_damaged_journal_is_said(goweb: Goweb, tmp_path: Path) -> None:
    assert "nothing was done" in goweb("journal").err
    assert goweb("revert", "-y").code == 1
    assert goweb("journal", "7").code == 1
    path = tmp_path / ".local" / "state" / "kubectl-goweb" / "journal.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"id": 1, half')
    goweb("scale", "api", "--replicas=9", "-y")
    listed = goweb("journal")
    assert "1 lines of" in listed.err
    assert "scale deploy/api" in listed.out


def test_an_entry_of_another_cluster_is_not_taken_back_here(goweb: Goweb, tmp_path: Path) -> None:
    goweb("scale", "api", "--replicas=9", "-y")
    path = tmp_path / ".local" / "state" / "kubectl-goweb" / "journal.jsonl"
    entry = {**json.loads(path.read_text()), "server": "https://elsewhere:6443"}
    path.write_text(json.dumps(entry) + "\n")
    ran = goweb("revert", "1", "-y")
    assert ran.code == 4
    assert "on another cluster" in ran.err


def test_history_lists_the_revisions_and_what_going_back_changes(goweb: Goweb) -> None:
    listed = goweb("history", "web")
    assert re.search(r"^ *8 \*", listed.out, re.MULTILINE)
    one = goweb("history", "web", "--revision=7")
    assert "going back to it changes" in one.out
    assert re.search(r"\+ containers\[web\]\.image", one.out)
    told = json.loads(goweb("history", "web", "-o", "json").out)
    assert [each["revision"] for each in told["revisions"]][:2] == [8, 7]
    assert goweb("history", "web", "--revision=99").code == 1


def test_nodes_and_all_pods_are_only_looked_at_where_pods_are_added(goweb: Goweb, server: ApiServer) -> None:
    for argv, is_asked in (
        (("scale", "api", "--replicas=1"), False),
        (("pause", "api"), False),
        (("scale", "api", "--replicas=99"), True),
        (("restart", "sts/postgres"), False),
        (("restart", "api"), True),
    ):
        server.requests.clear()
        goweb(*argv, "--dry-run=client")
        assert (("list", "nodes") in server.requests) is is_asked, argv


def test_a_terminal_is_told_what_is_waited_for_after_a_second(
    environ: dict[str, str], tmp_path: Path, kubeconfig: Path, server: ApiServer
) -> None:
    err, told = Terminal(), threading.Event()

    class Heard(Terminal):
        def write(self, text: str) -> int:
            told.set()
            return err.write(text)

    environment = Environment(environ, tmp_path, io.StringIO(), Heard(), Terminal(), server.now)
    args = verb_parser(verbs.verb("pause")).parse_args(["api"])
    access = resolve(overrides(args), environ, tmp_path)
    refusal = Refusal("pause", Ref("Deployment", "api", "shop"), "it was only looked at")

    def look() -> Refusal:
        assert told.wait(20)
        return refusal

    with Connection(access) as connection, pytest.raises(RefusedError, match="only looked at"):
        act(look, args, access, connection, Settings(), environment)
    assert err.getvalue() == "goweb: looking at what stands in the way...\n"
