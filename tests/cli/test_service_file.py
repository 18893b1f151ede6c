"""init, validate and explain-file as a user types them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import Goweb

WEB = Path(__file__).parents[1] / "real" / "go" / "web"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(WEB, folder)
    return folder


def test_init_writes_files_that_are_valid_and_says_where_it_found_what(goweb: Goweb, repository: Path) -> None:
    ran = goweb("init", str(repository), "--image", "registry.example.com/shop")
    assert ran.code == 0
    assert "port 8080: found in main.go" in ran.err
    assert "health check /api/health: found in service.go" in ran.err or "found in main.go" in ran.err
    assert (repository / "goweb.yaml").read_text().startswith("# yaml-language-server: $schema=.goweb/")
    assert (repository / ".goweb" / "goweb-service-v1.json").exists()
    assert goweb("validate", "-f", str(repository)).out == f"{repository}/goweb.yaml is valid\n"


def test_init_overwrites_nothing(goweb: Goweb, repository: Path) -> None:
    (repository / "Dockerfile").write_text("FROM mine\n")
    ran = goweb("init", str(repository))
    assert f"{repository}/Dockerfile kept, it was there" in ran.out
    assert (repository / "Dockerfile").read_text() == "FROM mine\n"


def test_init_in_dry_run_writes_nothing(goweb: Goweb, repository: Path) -> None:
    before = sorted(repository.iterdir())
    assert goweb("init", str(repository), "--dry-run").code == 0
    assert sorted(repository.iterdir()) == before


def test_a_missing_file_is_told_with_the_way_to_one(goweb: Goweb, tmp_path: Path) -> None:
    ran = goweb("validate", "-f", str(tmp_path))
    assert ran.code == 2
    assert "kubectl goweb init" in ran.err


def test_a_key_is_documented_with_its_form_and_default(goweb: Goweb) -> None:
    assert goweb("explain-file", "healthCheck.interval").out.splitlines() == [
        "healthCheck.interval: text",
        "  Time between two checks; Kubernetes counts whole seconds.",
        "  default: 5s",
    ]
