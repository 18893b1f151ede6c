"""What every test of the delivery begins with."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_goweb.delivery.looking import look
from tests.real.delivery.repository import MAIN, SHOP, Repository
from tests.real.harness.cluster import Cluster
from tests.real.harness.golang import require_base_images
from tests.real.harness.images import docker
from tests.real.program import Goweb


@pytest.fixture
def goweb(cluster: Cluster, tmp_path: Path) -> Goweb:
    """kubectl-goweb with the cluster's Docker Engine, and a home of its own."""
    (tmp_path / "home").mkdir()
    caches = subprocess.run(["go", "env", "-json", "GOCACHE", "GOMODCACHE"], check=True, capture_output=True).stdout
    environment: dict[str, str] = {
        **cluster.environment(),
        **json.loads(caches),
        "HOME": str(tmp_path / "home"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    return Goweb(cluster.kubectl.kubeconfig, environment)


@pytest.fixture
def repository(cluster: Cluster, goweb: Goweb, tmp_path: Path, namespace: str) -> Iterator[Repository]:
    """The shop as a fresh repository with one commit, initialised for the cluster's registry."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    made = Repository(folder, goweb)
    require_base_images(cluster.layout, look(folder).toolchain)
    made.git("init", "-q")
    image = f"{cluster.layout.registry}/{namespace}"
    told = made("init", "--image", image)
    assert told.code == 0, told.err
    made.replace("goweb.yaml", "  interval: 5s", "  interval: 1s")
    made.replace("goweb.yaml", "  timeout: 2s", "  timeout: 1s")
    # Its own: what two builds make of the same sources at the same time, the engine's cache mistakes for one another.
    with (folder / MAIN).open("a") as source:
        source.write(f"\n// {namespace}\n")
    made.commit("Serve the shop")
    yield made
    images = docker(cluster.layout, "images", "--quiet", "--filter", f"reference=*/{namespace}").split()
    if images:
        docker(cluster.layout, "rmi", "--force", *dict.fromkeys(images))
