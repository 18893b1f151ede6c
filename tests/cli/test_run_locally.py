"""`run`: a real Go service on this machine."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from .conftest import Goweb

SHOP = Path(__file__).parents[1] / "real" / "go" / "shop"
pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def shop(tmp_path: Path, environ: dict[str, str]) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    port = free_port()
    main = folder / "cmd" / "shop" / "main.go"
    main.write_text(main.read_text().replace('":8080"', f'":{port}"'))
    check = "{endpoint: /api/health, interval: 1s, timeout: 1s, startup: 5s, retries: 1}"
    (folder / "goweb.yaml").write_text(
        f"name: shop\nimage: e.com/shop\nport: {port}\nbuild: {{main: ./cmd/shop}}\nhealthCheck: {check}\n"
    )

    environ.update({name: os.environ[name] for name in ("PATH", "HOME")})
    return folder


def test_the_service_is_built_started_asked_and_ended(goweb: Goweb, shop: Path) -> None:
    ran = goweb("run", "-f", str(shop), "--once")
    assert ran.code == 0, ran.err
    assert "healthy: http://127.0.0.1:" in ran.err


def test_code_that_does_not_compile_is_told_by_its_line(goweb: Goweb, shop: Path) -> None:
    main = shop / "cmd" / "shop" / "main.go"
    main.write_text(main.read_text().replace("served.Load()", "served.Lod()"))
    ran = goweb("run", "-f", str(shop), "--once")
    assert ran.code == 1
    assert "the Go code does not compile: cmd/shop/main.go:52:94: served.Lod undefined" in ran.err


def test_a_program_that_ends_by_itself_is_told_with_its_exit_code(goweb: Goweb, shop: Path) -> None:
    main = shop / "cmd" / "shop" / "main.go"
    main.write_text(main.read_text().replace("prepare(map[string]string{})", "prepare(nil)"))
    ran = goweb("run", "-f", str(shop), "--once")
    assert ran.code == 1
    assert "shop ended with exit code 2" in ran.err
