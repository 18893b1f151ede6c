"""The lock files say what pyproject.toml asks for; whether they are the newest that fit is not asked here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
GROUPS = PYPROJECT["dependency-groups"]
RUNTIME = PYPROJECT["project"]["dependencies"]
LOCKS = {
    "requirements.lock": RUNTIME,
    "requirements-build.lock": GROUPS["build"] + PYPROJECT["build-system"]["requires"],
    "requirements-dev.lock": RUNTIME + GROUPS["build"] + [entry for entry in GROUPS["dev"] if isinstance(entry, str)],
}


def locked(name: str) -> dict[str, str]:
    """The version of every package in a lock, by its canonical name."""
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^\s;]+)", (PROJECT / name).read_text()))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_answers_every_requirement(name: str) -> None:
    versions = locked(name)

    for requirement in map(Requirement, LOCKS[name]):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {name}: run tests/lock"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: run tests/lock"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash_and_no_registry_is_named(name: str) -> None:
    text = (PROJECT / name).read_text()
    entries = [entry for entry in re.split(r"(?m)^(?=[a-z])", text) if entry]

    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_tests_run_with_the_versions_that_are_installed() -> None:
    shared = locked("requirements.lock").items() & locked("requirements-dev.lock").items()

    assert dict(shared) == locked("requirements.lock")
