"""What is written for users is held against the program: its commands, its verbs, its exit codes, its links."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import msgspec
import pytest

from kubectl_goweb.cli.main import parser
from kubectl_goweb.cli.verbs import VERBS
from kubectl_goweb.errors import Exit
from kubectl_goweb.settings import Context, Metrics, Settings
from tests import keys_page

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    """Every command line of the program in an indented or fenced block, without what follows it on its line."""
    found: dict[str, None] = {}
    for page in PAGES:
        in_fence = False
        for line in page.read_text("utf-8").splitlines():
            in_fence ^= line.startswith("```")
            if in_fence or line.startswith("    "):
                match = re.match(r"[\s$]*kubectl goweb\b(?P<rest>.*)", line)
                if match:
                    command = re.split(r"\s{3,}|\s#|\s[|>&]", match["rest"], maxsplit=1)[0].strip()
                    found[command] = None
    return list(found)


@pytest.mark.parametrize("command", commands())
def test_a_command_in_the_documentation_is_one_that_the_program_takes(command: str) -> None:
    parser().parse_args(shlex.split(command))


def test_every_verb_is_told_in_the_readme() -> None:
    missing = [verb.name for verb in VERBS if not re.search(rf"goweb (?:[^\n`]*\| *)?{verb.name}\b", README)]
    assert missing == []


def test_every_exit_code_is_told_in_the_readme() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)] == [int(code) for code in Exit]


def test_the_page_of_settings_has_every_one_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    example = "\n".join(line.removeprefix("    ") for line in page.splitlines() if line.startswith("    "))
    told = tomllib.loads(example)
    for struct, table in ((Settings, told), (Metrics, told["metrics"]), (Context, told["contexts"]["prod-*"])):
        assert set(table) == set(struct.__struct_fields__)
    defaults = {name: getattr(Settings(), name) for name in told if not isinstance(told[name], dict)}
    assert {name: told[name] for name in defaults} == defaults
    assert told["metrics"] == msgspec.to_builtins(Metrics())


def test_every_key_is_told_as_it_is_declared() -> None:
    assert (ROOT / "docs" / "keys.md").read_text("utf-8") == keys_page.page(), "see tests/keys_page.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
