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
