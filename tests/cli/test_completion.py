"""What the shell is offered after `kubectl goweb`."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_goweb.cli.completion import complete
from kubectl_goweb.cli.environment import Environment
from tests.cli.conftest import Goweb

Offered = Callable[..., list[str]]


@pytest.fixture
def offered(environ: dict[str, str], tmp_path: Path) -> Offered:
    """offered("undo", "a") are the candidates for an unfinished `kubectl goweb undo a`."""

    def ask(*words: str) -> list[str]:
        environment = Environment(environ, tmp_path, io.StringIO(), io.StringIO(), io.StringIO())
        *found, directive = complete(words, environment)
        assert directive == ":4"
        return found

    return ask


@pytest.mark.parametrize("verb", ["scale", "pause", "restart", "undo", "abort", "set-image", "history", "status"])
def test_verbs_about_workloads_are_offered_workloads(offered: Offered, verb: str) -> None:
    assert {"api", "web", "sts/postgres"} <= set(offered(verb, ""))


@pytest.mark.parametrize("words", [("-n", "kube-system", "undo", ""), ("undo", "--namespace=kube-system", "")])
def test_the_namespace_counts_wherever_it_stands(offered: Offered, words: tuple[str, ...]) -> None:
    found = offered(*words)
    assert "coredns" in found
    assert "web" not in found


def test_flags_and_their_values_are_offered(offered: Offered) -> None:
    assert "--to-revision" in offered("undo", "--to")
    assert offered("undo", "web", "--dry-run", "") == ["client", "none", "server"]


def test_entries_of_the_journal_are_offered_to_take_back(offered: Offered, goweb: Goweb) -> None:
    assert offered("revert", "") == []
    goweb("scale", "api", "--replicas=9", "-y")
    assert offered("revert", "") == offered("journal", "") == ["1"]


@pytest.mark.parametrize("verb", ["isolate", "rejoin", "drain"])
def test_verbs_about_nodes_are_offered_nodes(offered: Offered, verb: str) -> None:
    assert {"worker-1", "worker-2"} <= set(offered(verb, "wor"))


def test_a_flag_of_one_verb_is_offered_its_choices_and_a_free_text_nothing(offered: Offered) -> None:
    assert offered("isolate", "worker-1", "--taint", "No") == ["NoExecute", "NoSchedule"]
    assert offered("isolate", "worker-1", "--taint=none") == ["none"]
    assert offered("isolate", "worker-1", "--reason", "") == []
    assert "worker-1" in offered("drain", "--ignore-daemonsets", "")
