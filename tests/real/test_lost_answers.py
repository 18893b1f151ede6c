"""The way to the API server is cut in the middle of a write: a look tells what became of it, nothing is sent twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kubectl_goweb.actions.apply import LostError, apply
from kubectl_goweb.actions.guard.guarding import Guard
from kubectl_goweb.actions.guard.orders import Orders
from kubectl_goweb.actions.guard.telling import Action, Happening, Progress, Step
from kubectl_goweb.actions.guard.terms import Terms
from kubectl_goweb.actions.journal import Journal, Who
from kubectl_goweb.actions.plan import Plan
from kubectl_goweb.actions.prepare import prepare
from kubectl_goweb.actions.requests import Restart
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import Overrides, resolve
from kubectl_goweb.status.verdicts import Ref

from .conftest import DeployWeb
from .harness.kubectl import Kubectl
from .harness.severing import Loss, Severing, severing
from .program import PROGRAM, Goweb
from .terminal import terminal


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def way(kubectl: Kubectl) -> Iterator[Severing]:
    """To the API server, until it is cut."""
    server = kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    parts = urlsplit(server)
    assert parts.hostname is not None
    with severing((parts.hostname, parts.port or 443)) as made:
        yield made


@pytest.fixture
def overrides(kubectl: Kubectl, way: Severing) -> Overrides:
    """How to go that way; the certificate is still that of the server."""
    server = urlsplit(kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"))
    return Overrides(
        kubeconfig=str(kubectl.kubeconfig),
        server=f"https://127.0.0.1:{way.port}",
        tls_server_name=server.hostname or "",
    )


@pytest.fixture
def connection(overrides: Overrides) -> Iterator[Connection]:
    with Connection(resolve(overrides, {"NO_PROXY": "*"}, Path("/nonexistent"))) as made:
        yield made


@dataclass
class Deployed:
    """The Deployment as the administrator sees it."""

    kubectl: Kubectl
    namespace: str

    @property
    def now(self) -> Any:
        return self.kubectl.json("-n", self.namespace, "get", "deployment", "web")

    @property
    def generation(self) -> int:
        """Counts every change of the spec: a write that was repeated would count twice."""
        return int(self.now["metadata"]["generation"])


def _journal(folder: Path) -> Journal:
    return Journal(folder / "journal.jsonl", Who("ann", "ann@here", "x"))


def test_a_write_whose_answer_got_lost_is_found_to_be_done_and_not_sent_again(
    kubectl: Kubectl, namespace: str, deploy_web: DeployWeb, connection: Connection, way: Severing, tmp_path: Path
) -> None:
    deploy_web(replicas=0)
    web = Deployed(kubectl, namespace)
    before = web.generation
    planned = prepare(connection, Restart(Ref("Deployment", "web", namespace)), _now)
    assert isinstance(planned, Plan)

    way.lose(Loss.ANSWER)
    applied = apply(planned, connection, journal=_journal(tmp_path), now=_now)
    assert way.lost.is_set()
    assert applied.lost.endswith("It was: a look afterwards shows it")
    assert applied.generation == web.generation == before + 1
    (entry,), _ = _journal(tmp_path).entries()
    assert (entry.outcome, entry.generation) == ("done", before + 1)


def test_a_write_that_never_arrived_is_found_not_to_be_done_and_left_at_that(
    kubectl: Kubectl, namespace: str, deploy_web: DeployWeb, connection: Connection, way: Severing, tmp_path: Path
) -> None:
    deploy_web(replicas=0)
    web = Deployed(kubectl, namespace)
    before = web.generation
    planned = prepare(connection, Restart(Ref("Deployment", "web", namespace)), _now)
    assert isinstance(planned, Plan)

    way.lose(Loss.REQUEST)
    with pytest.raises(LostError, match="A look afterwards does not show it"):
        apply(planned, connection, journal=_journal(tmp_path), now=_now)
    assert way.lost.is_set()
    assert web.generation == before
    assert _journal(tmp_path).entries() == ((), 0)


def test_the_command_line_says_that_it_was_done_although_the_answer_got_lost(
    kubectl: Kubectl, namespace: str, deploy_web: DeployWeb, way: Severing, overrides: Overrides, tmp_path: Path
) -> None:
    deploy_web(replicas=0)
    web = Deployed(kubectl, namespace)
    before = web.generation
    environ = Goweb(kubectl.kubeconfig, {"XDG_STATE_HOME": str(tmp_path)}).environ
    flags = f"--server={overrides.server} --tls-server-name={overrides.tls_server_name}"
    command = f"{' '.join(PROGRAM)} -n {namespace} {flags} restart web; echo code $?; cat"
    with terminal(["sh", "-c", command], environ) as screen:
        screen.shows("do it? [y/N]")
        way.lose(Loss.ANSWER)
        screen.press("y", "Enter")
        screen.shows("deployment.apps/web restarted", "a look afterwards shows it", "revert 1", "code 0")
    assert web.generation == before + 1


class Cutting:
    """Cuts the way in the moment in which a guard is about to go back."""

    def __init__(self, way: Severing, what: Loss) -> None:
        self._way = way
        self._what: Loss | None = what
        self.told: list[Happening] = []

    def progress(self, now: Progress) -> None:
        """Nobody looks."""

    def happened(self, what: Happening) -> None:
        self.told.append(what)
        if what.step is Step.ACTING and self._what is not None:
            self._way.lose(self._what)
            self._what = None


@pytest.mark.parametrize("what", list(Loss))
def test_a_guard_whose_way_back_is_cut_goes_back_all_the_same_and_once(
    kubectl: Kubectl, namespace: str, deploy_web: DeployWeb, connection: Connection, way: Severing, tmp_path: Path,
    what: Loss,
) -> None:  # fmt: skip
    release = deploy_web(replicas=2, surge=1, unavailable=0)
    web = Deployed(kubectl, namespace)
    template = web.now["spec"]["template"]
    release.update(version="missing")
    broken = web.generation
    cutting = Cutting(way, what)
    orders = Orders(tmp_path / "evidence", terms=Terms(soak=1))
    guard = Guard(
        connection, Ref("Deployment", "web", namespace), orders, cutting, now=_now, journal=_journal(tmp_path)
    )

    report = guard.run()
    assert way.lost.is_set()
    assert report.action is Action.DONE, [one.sentence for one in cutting.told]
    assert web.now["spec"]["template"] == template
    assert web.generation == broken + 1
    (entry,), _ = _journal(tmp_path).entries()
    assert entry.outcome == "done"
