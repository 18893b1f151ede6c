from __future__ import annotations

from pathlib import Path

import pytest

from tests.kube.pki import Pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    """Where a test may write its kubeconfig."""
    return tmp_path / "config"
