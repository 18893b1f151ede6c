from __future__ import annotations

from pathlib import Path

import pytest

from tests.install.machine import Machine, copy_checkout, make_machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path / "checkout")
