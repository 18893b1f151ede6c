"""`pipeline` before it changes a cluster: what it asks, and what counts as yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Goweb

FILE = """
name: shop
image: registry.example.com/shop
pipeline: {stages: [{name: production, command: ["true"]}]}
"""


@pytest.fixture
def pipeline(goweb: Goweb, tmp_path: Path) -> tuple[str, ...]:
    """The words that run it on a protected context, and release nothing."""
    (tmp_path / "goweb.yaml").write_text(FILE)
    config = tmp_path / ".config/kubectl-goweb/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[contexts."goweb-*"]\nprotected = true\n')
    return "pipeline", "-f", str(tmp_path / "goweb.yaml"), "--image", "registry.example.com/shop:1"


ASKED = "deploy shop to production, namespace shop of context goweb-demo, which is protected"


@pytest.mark.parametrize(("typed", "code", "outcome"), [("y\n", 1, "refused"), ("shop\n", 0, "passed")])
def test_a_protected_context_wants_the_name_typed(
    goweb: Goweb, pipeline: tuple[str, ...], typed: str, code: int, outcome: str
) -> None:
    ran = goweb(*pipeline, "-o", "json", typed=typed)
    assert f"{ASKED}: type shop to do it: " in ran.err
    assert ran.code == code
    assert [one["outcome"] for one in json.loads(ran.out)["stages"]] == [outcome]


def test_a_program_that_runs_it_is_told_which_answer_means_yes(goweb: Goweb, pipeline: tuple[str, ...]) -> None:
    ran = goweb(*pipeline, "--events", typed="y\n")
    told = [json.loads(line) for line in ran.err.splitlines()]
    asked = next(one for one in told if one["type"] == "asked")
    assert (asked["question"], asked["answer"]) == (f"{ASKED}?", "shop")
    assert ran.code == 1
