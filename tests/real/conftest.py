"""The real cluster as fixtures. `pytest tests/real` runs this suite; a plain `pytest` leaves it out.

A cluster started by hand (`tests/real/cluster up`) is used and left running; else one is started, and ended with the
run. A machine that can never carry one skips the tests, unless CI=true or REAL_CLUSTER=require, which make that a
failure.
"""

import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from .harness import audit as auditing
from .harness import kwok, machine
from .harness import web as webs
from .harness.apiserver import ApiServer
from .harness.cluster import Cluster, add_fake_nodes, down, find, started_by, up, why_not
from .harness.images import web_image
from .harness.kubectl import Kubectl
from .harness.users import Users

HERE = Path(__file__).parent
RUN = "REAL_CLUSTER_RUN"
"""Names the test run that may end the cluster; inherited by the workers of pytest-xdist. Who sets it before pytest ends
the cluster too: tests/run has several runs share one.
"""
ALONE = frozenset({"api_server", "audit", "fake_nodes", "kwok_pods", "own_cluster"})
"""Fixtures of tests that disturb others or are disturbed by them. Those on the shared cluster run one after another,
and beside them those on a cluster of their own.
"""
TIMEOUT = 180
"""Seconds a test may take that names no time of its own: real containers start and crash at their own pace."""

PROBLEM = pytest.StashKey[str]()
OWNS_RUN = pytest.StashKey[bool]()


class DeployWeb(Protocol):
    """Deploys the web service into the test's namespace."""

    def __call__(
        self,
        name: str = "web",
        *,
        replicas: int = 1,
        version: str = "1",
        image: str | None = None,
        env: dict[str, str] | None = None,
        surge: int | str = 1,
        unavailable: int | str = 0,
        progress_deadline: int = 600,
        min_ready: int = 0,
        liveness: bool = False,
        memory: str | None = None,
        namespace: str | None = None,
        wait: bool = True,
    ) -> webs.Web:
        """See `harness.web.manifests`; `image` names any other image than a version's, `wait` waits for the rollout."""
        ...


class Audit(Protocol):
    """Records what clients send meanwhile."""

    def __call__(
        self, *, user: str | None = None, agent: str | None = None
    ) -> AbstractContextManager[auditing.Recording]:
        """See `harness.audit.record`."""
        ...


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this folder out unless the command line or testpaths name it or something in it."""
    for argument in config.args:
        named = (config.invocation_params.dir / argument.split("::")[0]).resolve()
        if named == HERE or HERE in named.parents:
            return None
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give real tests the time they need, and keep those apart that need the cluster for themselves."""
    for item in items:
        if HERE not in item.path.parents:
            continue
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT))
        if ALONE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.alone)
        if item.get_closest_marker("alone") is not None:
            is_own = "own_cluster" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("own cluster" if is_own else "shared cluster"))


def pytest_configure(config: pytest.Config) -> None:
    """Name this run, so that only what it started is ended by it."""
    if RUN not in os.environ:
        os.environ[RUN] = uuid.uuid4().hex
        config.stash[OWNS_RUN] = True


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the cluster before the first test's clock runs: the first build takes minutes."""
    config = session.config
    if config.option.collectonly or not any("cluster" in getattr(item, "fixturenames", ()) for item in session.items):
        return
    problem = machine.unfit()
    if problem is None:
        capture = config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            started = subprocess.run([sys.executable, HERE / "cluster", "up", "--owner", os.environ.get(RUN, "")])
        problem = None if started.returncode == 0 else "tests/real/cluster up failed, see above"
    if problem is not None:
        config.stash[PROBLEM] = problem


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the cluster that this run started."""
    if not config.stash.get(OWNS_RUN, False):
        return
    if started_by() == os.environ.pop(RUN):
        subprocess.run([sys.executable, HERE / "cluster", "down"], check=True)


@pytest.fixture(scope="session")
def cluster(pytestconfig: pytest.Config) -> Cluster:
    """The running cluster: `layout` (addresses, files), `environment()`, `kubectl`."""
    problem = pytestconfig.stash.get(PROBLEM, None)
    if problem is None:
        running = find()
        if running is None:
            pytest.fail(f"the cluster was up and is not any more: {why_not()}")
        return running
    if machine.unfit() is None or os.environ.get("CI") == "true" or os.environ.get("REAL_CLUSTER") == "require":
        pytest.fail(problem)
    pytest.skip(problem)


@pytest.fixture(scope="session")
def own_cluster(cluster: Cluster) -> Iterator[Cluster]:
    """A second cluster without fake nodes, for tests that stop its parts: what is stopped here is missed by nobody
    else. It takes half a minute and is there for all of them. Its kubelet that is silent is missed in half the usual
    time.
    """
    assert cluster.layout.root.exists(), "the programs are built with the shared one"
    with tempfile.TemporaryDirectory(prefix="goweb-own-", dir="/var/tmp") as folder:
        root = Path(folder) / "cluster"
        try:
            yield up(print, fake_nodes=0, root=root, node_lease=20)
        finally:
            down(print, root=root)


@pytest.fixture
def kubectl(cluster: Cluster) -> Kubectl:
    """The real kubectl as the administrator: `kubectl("-n", ns, "get", "pods")`, `.json(...)`, `.run(...)`,
    `.apply(object)`.
    """
    return cluster.kubectl


@contextmanager
def namespaces(cluster: Cluster, stem: str) -> Iterator[Callable[[], str]]:
    """Makes fresh namespaces whose Pods can start at once; they are deleted at the end, without waiting."""
    made: list[str] = []

    def make() -> str:
        name = f"{stem}-{uuid.uuid4().hex[:6]}"
        cluster.kubectl("create", "namespace", name)
        made.append(name)
        # Before it exists, the ReplicaSet controller fails to create Pods, and says so in events.
        cluster.kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=120s")
        return name

    try:
        yield make
    finally:
        if made:
            cluster.kubectl("delete", "namespace", "--wait=false", *made)


@pytest.fixture
def new_namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes fresh namespaces whose Pods can start at once; they are deleted at the end of the test, without waiting."""
    stem = re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())[:40].strip("-")
    with namespaces(cluster, stem) as make:
        yield make


@pytest.fixture
def namespace(new_namespace: Callable[[], str]) -> str:
    """A fresh namespace of the test's own."""
    return new_namespace()


@pytest.fixture
def deploy_web(cluster: Cluster, namespace: str) -> DeployWeb:
    """Deploys the real web service: `deploy_web(replicas=5, surge=2, env={"CRASH": "1"}, wait=False)`."""
    home = namespace

    def deploy(
        name: str = "web",
        *,
        replicas: int = 1,
        version: str = "1",
        image: str | None = None,
        env: dict[str, str] | None = None,
        surge: int | str = 1,
        unavailable: int | str = 0,
        progress_deadline: int = 600,
        min_ready: int = 0,
        liveness: bool = False,
        memory: str | None = None,
        namespace: str | None = None,
        wait: bool = True,
    ) -> webs.Web:
        place = namespace or home
        objects = webs.manifests(
            place,
            name,
            image=image or web_image(cluster.layout, version),
            replicas=replicas,
            env=env,
            surge=surge,
            unavailable=unavailable,
            progress_deadline=progress_deadline,
            min_ready=min_ready,
            liveness=liveness,
            memory=memory,
        )
        cluster.kubectl.create(*objects)
        web = webs.Web(cluster.kubectl, place, name, cluster.layout.registry)
        if wait:
            web.wait()
        return web

    return deploy


@pytest.fixture
def audit(cluster: Cluster) -> Audit:
    """Records requests: `with audit(agent="kubectl-goweb") as seen: ...`, then `seen.requests` and `seen.writes`."""
    return partial(auditing.record, cluster.layout)


@pytest.fixture
def api_server(cluster: Cluster) -> Iterator[ApiServer]:
    """The API server, to be killed, started and made to hang; at the end of the test it serves again."""
    server = ApiServer(cluster.layout, cluster.binaries)
    yield server
    server.start()


@pytest.fixture
def user(cluster: Cluster, tmp_path: Path) -> Iterator[Users]:
    """Makes logins: `user("ann", groups=["ops"], rules=[Rule(("get",), ("pods",))], namespace=ns)` is a kubeconfig;
    see `harness.users`.
    """
    users = Users(cluster, tmp_path / "users")
    yield users
    users.revoke()


@pytest.fixture
def fake_nodes(cluster: Cluster) -> Iterator[Callable[[int], None]]:
    """`fake_nodes(10)` sees that there are at least ten fake nodes; those it adds go with the test."""
    added: list[str] = []

    def ensure(count: int) -> None:
        added.extend(add_fake_nodes(cluster, count))

    yield ensure
    if added:
        cluster.kubectl("delete", "nodes", "--wait=false", *added)


@pytest.fixture
def kwok_pods(cluster: Cluster, namespace: str) -> Callable[[int], None]:
    """`kwok_pods(500)` has that many Pods Running on fake nodes, under the Deployment `load`; about 30 a second."""

    def ensure(count: int) -> None:
        cluster.kubectl.apply(kwok.pods(namespace, "load", count, web_image(cluster.layout, "1")))
        cluster.kubectl("-n", namespace, "rollout", "status", "deployment/load", f"--timeout={30 + count // 20}s")

    return ensure
