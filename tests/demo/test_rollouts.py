"""The Deployment controller against the sizes that Kubernetes' own goes through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubectl_goweb.demo import manifests
from kubectl_goweb.demo.bodies import condition
from kubectl_goweb.demo.rollouts import Rollouts
from kubectl_goweb.demo.simulation import Simulation
from kubectl_goweb.demo.sizes import DESIRED, MAXIMUM, fence_posts, proportional, revision

START = datetime(2025, 3, 9, 3, 7, 41, tzinfo=UTC)


class Stage:
    """A Deployment without a ReplicaSet controller: the test says when the Pods of a ReplicaSet are there and ready."""

    def __init__(self, replicas: int, surge: int | str = "25%", unavailable: int | str = "25%") -> None:
        self.sim = Simulation(7, START)
        self.wakes: list[float] = []
        self.controller = Rollouts(self.sim, lambda namespace, name, seconds: self.wakes.append(seconds))
        template = manifests.template({"app": "web"}, [manifests.container("web", "web:1")])
        self.sim.create(
            "deployments",
            manifests.deployment(
                "web", "shop", replicas, template, created=START, surge=surge, unavailable=unavailable
            ),
        )
        self.settle()

    @property
    def deployment(self) -> dict[str, Any]:
        found = self.sim.get("deployments", "shop", "web")
        assert found is not None
        return found

    @property
    def sets(self) -> list[dict[str, Any]]:
        return sorted(self.sim.owned("replicasets", self.deployment), key=revision)

    @property
    def sizes(self) -> list[int]:
        return [each["spec"]["replicas"] for each in self.sets]

    def change(self, **spec: Any) -> None:
        with self.sim.edit("deployments", self.deployment) as draft:
            draft["spec"].update(spec)

    def release(self, image: str) -> None:
        with self.sim.edit("deployments", self.deployment) as draft:
            draft["spec"]["template"]["spec"]["containers"][0]["image"] = image

    def make_pods(self, *, ready: bool, only_newest: bool = False) -> None:
        for each in self.sets[-1:] if only_newest else self.sets:
            with self.sim.edit("replicasets", each, status=True) as draft:
                size = draft["spec"]["replicas"]
                kept = min(size, draft["status"].get("availableReplicas", 0))
                able = size if ready else kept
                draft["status"] = {"replicas": size, "readyReplicas": able, "availableReplicas": able}

    def until_quiet(self) -> list[tuple[int, int]]:
        """Passes of the controller until it writes nothing more: the (old, new) sizes on the way."""
        seen: list[tuple[int, int]] = []
        while True:
            before = self.sim.version
            self.controller.sync("shop", "web")
            self.make_pods(ready=False)
            sizes = self.sizes
            step = (sum(sizes[:-1]), sizes[-1]) if sizes else (0, 0)
            if not seen or seen[-1] != step:
                seen.append(step)
            if self.sim.version == before:
                return seen

    def settle(self, *, most: int = 50) -> list[tuple[int, int]]:
        """The (old, new) sizes until the rollout is complete, every Pod becoming ready when the controller rests."""
        seen: list[tuple[int, int]] = []
        for _ in range(most):
            steps = self.until_quiet()
            seen += [step for step in steps if not seen or seen[-1] != step]
            before = self.sim.version
            self.make_pods(ready=True)
            if self.sim.version == before:
                return seen
        raise AssertionError(f"not quiet after {most} rounds: {seen}")


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "posts"),
    [
        (1, "25%", "25%", (1, 0)),
        (3, "25%", "25%", (1, 0)),
        (4, "25%", "25%", (1, 1)),
        (10, "25%", "25%", (3, 2)),
        (5, "100%", 0, (5, 0)),
        (3, 0, 0, (0, 1)),
        (3, 0, "10%", (0, 1)),
        (0, "25%", "25%", (0, 0)),
        (2, 1, 5, (1, 2)),
    ],
)
def test_surge_is_rounded_up_and_unavailable_down(
    replicas: int, surge: int | str, unavailable: int | str, posts: tuple[int, int]
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}

    assert fence_posts({"replicas": replicas, "strategy": strategy}) == posts


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "steps"),
    [
        (10, "25%", "25%", [(10, 3), (8, 3), (8, 5), (3, 5), (3, 10), (0, 10)]),
        (4, 1, 0, [(4, 1), (3, 1), (3, 2), (2, 2), (2, 3), (1, 3), (1, 4), (0, 4)]),
        (4, 0, 1, [(4, 0), (3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 3), (0, 3), (0, 4)]),
        (1, "25%", "25%", [(1, 1), (0, 1)]),
        (5, "100%", 0, [(5, 5), (0, 5)]),
    ],
)
def test_a_rolling_update_goes_through_the_sizes_of_kubernetes(
    replicas: int, surge: int | str, unavailable: int | str, steps: list[tuple[int, int]]
) -> None:
    stage = Stage(replicas, surge, unavailable)
    stage.release("web:2")

    assert stage.settle() == steps
    progressing = condition(stage.deployment, "Progressing")
    assert progressing is not None
    assert progressing["reason"] == "NewReplicaSetAvailable"


@pytest.mark.parametrize(("replicas", "stuck"), [(10, (8, 5)), (3, (3, 1))])
def test_a_broken_version_gets_stuck_with_enough_old_pods_serving(replicas: int, stuck: tuple[int, int]) -> None:
    stage = Stage(replicas)
    stage.release("web:broken")

    assert stage.until_quiet()[-1] == stuck


def test_the_deadline_passes_when_nothing_progresses_and_is_taken_back_by_progress() -> None:
    stage = Stage(3)
    stage.release("web:slow")
    stage.until_quiet()
    assert 599 < stage.wakes[-1] <= 601

    stage.sim.run(START + timedelta(seconds=602))
    stage.until_quiet()
    late = condition(stage.deployment, "Progressing")
    assert late is not None
    assert (late["status"], late["reason"]) == ("False", "ProgressDeadlineExceeded")

    stage.settle()
    done = condition(stage.deployment, "Progressing")
    assert done is not None
    assert (done["status"], done["reason"]) == ("True", "NewReplicaSetAvailable")


def test_undo_renumbers_the_old_replica_set_and_keeps_its_old_numbers() -> None:
    stage = Stage(3)
    stage.release("web:2")
    stage.settle()
    stage.release("web:1")
    stage.settle()

    assert [revision(each) for each in stage.sets] == [2, 3]
    assert stage.sets[-1]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"
    assert revision(stage.deployment) == 3


def test_a_paused_deployment_makes_no_replica_set_but_can_be_scaled() -> None:
    stage = Stage(3)
    stage.change(paused=True)
    stage.release("web:2")
    stage.until_quiet()
    stage.change(replicas=5)
    stage.settle()

    paused = condition(stage.deployment, "Progressing")
    assert paused is not None
    assert (paused["status"], paused["reason"]) == ("Unknown", "DeploymentPaused")
    assert stage.sizes == [5]

    stage.change(paused=False)
    assert stage.settle()[-1] == (0, 5)


def test_scaling_in_the_middle_of_a_rollout_grows_both_in_proportion() -> None:
    stage = Stage(10)
    stage.release("web:broken")
    stage.until_quiet()
    assert stage.sizes == [8, 5]

    stage.change(replicas=20)
    stage.controller.sync("shop", "web")

    assert (stage.sizes, sum(stage.sizes)) == ([15, 10], 25)


def test_a_recreate_stops_the_old_before_it_starts_the_new() -> None:
    stage = Stage(3)
    stage.change(strategy={"type": "Recreate"})
    stage.release("web:2")

    assert stage.settle() == [(0, 0), (0, 3)]


def test_history_is_kept_to_its_limit() -> None:
    stage = Stage(1)
    stage.change(revisionHistoryLimit=2)
    for version in range(2, 7):
        stage.release(f"web:{version}")
        stage.settle()

    assert [revision(each) for each in stage.sets] == [4, 5, 6]


@pytest.mark.parametrize(
    ("sizes", "before", "desired", "surge", "expected"),
    [
        ([2, 3], 5, 10, 0, [4, 6]),
        ([2, 3], 5, 3, 0, [1, 2]),
        ([8, 1], 9, 4, 0, [4, 0]),
        ([2, 3, 2], 7, 10, 0, [3, 4, 3]),
        ([2, 8, 3], 13, 8, 0, [1, 5, 2]),
        ([1, 1, 1], 3, 4, 0, [2, 1, 1]),
        ([1, 1, 1], 3, 2, 0, [1, 1, 0]),
        ([2, 2], 4, 5, 0, [3, 2]),
        ([3, 3], 6, 0, 0, [0, 0]),
        ([6, 6], 12, 20, 2, [11, 11]),
        ([5, 8], 13, 50, 6, [22, 34]),
        ([7, 3], 10, 14, 0, [10, 4]),
    ],
)
def test_proportions_are_those_of_kubernetes(
    sizes: list[int], before: int, desired: int, surge: int, expected: list[int]
) -> None:
    """Sizes are given newest first; `before` is what the annotation says they were sized for, surge included."""
    sets = [
        {
            "metadata": {
                "name": f"web-{age}",
                "creationTimestamp": f"2025-01-0{9 - age}T00:00:00Z",
                "annotations": {MAXIMUM: str(before), DESIRED: str(before)},
            },
            "spec": {"replicas": size},
        }
        for age, size in enumerate(sizes)
    ]
    scaled = {each["metadata"]["name"]: size for each, size in proportional(sets, desired, surge, before)}

    assert [scaled[f"web-{age}"] for age in range(len(sizes))] == expected
