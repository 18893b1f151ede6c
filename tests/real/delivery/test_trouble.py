"""Delivery interrupted, refused or left alone at each of its stages."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from kubectl_goweb.delivery.pipeline.stages import ORDER
from tests.real.delivery.repository import BUILDING, MAIN, Repository, deployment, processes_with, wait_for
from tests.real.harness import bad_registry
from tests.real.harness.cable import cable
from tests.real.harness.cluster import Cluster
from tests.real.harness.images import docker, web_image
from tests.real.harness.kubectl import Kubectl
from tests.real.harness.waiting import until
from tests.real.program import PROGRAM, Goweb


@BUILDING
@pytest.mark.parametrize("verb", ["build", "deploy", "pipeline"])
def test_an_interrupted_build_leaves_nothing_running(
    repository: Repository, cluster: Cluster, kubectl: Kubectl, namespace: str, verb: str
) -> None:
    slow = f"RUN echo {namespace}-{verb} && while true; do : ; done\nRUN go build -trimpath -ldflags"
    repository.replace("Dockerfile", "RUN go build -trimpath -ldflags", slow)
    arguments = {"build": (), "deploy": ("-n", namespace, "--yes"), "pipeline": ("--from", "build", "--yes")}[verb]

    def compiling() -> bool:
        running = docker(cluster.layout, "ps", "--no-trunc", "--format", "{{.Command}}")
        return f"{namespace}-{verb}" in running

    with repository.start(verb, *arguments) as process:
        until(compiling, what="building", timeout=240)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]

    assert process.returncode == 130, told
    assert "Traceback" not in told
    until(lambda: not compiling(), what="without that step", timeout=30)
    assert kubectl("-n", namespace, "get", "deployments", "-o", "name") == ""


@BUILDING
@pytest.mark.parametrize(
    ("how", "sentence", "hint"),
    [
        ("401", "{host} does not know who pushes to {host}/", "log in: docker login {host}"),
        ("500", "{host} failed while {host}/", "try again; see the registry's log"),
        ("cut", "{host} cut the upload to {host}/", "try again; is a proxy in between with a limit on sizes?"),
    ],
)
def test_a_registry_that_refuses_is_told_with_what_to_do(
    repository: Repository, kubectl: Kubectl, cluster: Cluster, namespace: str, how: str, sentence: str, hint: str
) -> None:
    with bad_registry.started_in(cluster.layout.name, how) as registry:
        host = registry.host
        repository.replace("goweb.yaml", f"{cluster.layout.registry}/", f"{host}/")
        ran = repository("deploy", "-n", namespace, "--yes")
    assert ran.code == 1, ran.err
    assert sentence.format(host=host) in ran.err
    assert hint.format(host=host) in ran.err
    assert kubectl("-n", namespace, "get", "deployments", "-o", "name") == ""


@BUILDING
def test_a_push_that_hangs_can_be_interrupted(repository: Repository, cluster: Cluster) -> None:
    with bad_registry.started_in(cluster.layout.name, "hang") as registry:
        repository.replace("goweb.yaml", f"{cluster.layout.registry}/", f"{registry.host}/")
        with repository.start("push") as process:
            registry.wait_for_upload()
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=30)[1]
    assert process.returncode == 130, told
    assert "Traceback" not in told


@BUILDING
def test_an_engine_that_dies_during_the_push_is_told_in_one_sentence(
    repository: Repository, goweb: Goweb, cluster: Cluster, tmp_path: Path
) -> None:
    with (
        bad_registry.started_in(cluster.layout.name, "hang") as registry,
        cable(tmp_path / "docker.sock", cluster.layout.docker_socket) as way,
    ):
        repository.replace("goweb.yaml", f"{cluster.layout.registry}/", f"{registry.host}/")
        goweb.environment["DOCKER_HOST"] = f"unix://{way.path}"
        with repository.start("push") as process:
            registry.wait_for_upload()
            way.cut()
            told = process.communicate(timeout=60)[1]
    assert process.returncode == 1, told
    assert f"goweb: the Docker Engine at unix://{way.path} went away meanwhile" in told


@pytest.mark.parametrize("stage", [name for name in ORDER if name != "acceptance"])  # which probes what runs first
def test_a_pipeline_interrupted_in_any_stage_ends_what_runs_and_starts_nothing_more(
    repository: Repository, namespace: str, stage: str
) -> None:
    mark = f"{namespace}-{stage}"
    commands = dict.fromkeys(ORDER, "true") | {stage: f"echo {mark}; sleep 600; true"}
    stages = [{"name": name, "command": ["sh", "-c", command]} for name, command in commands.items()]
    with (repository.folder / "goweb.yaml").open("a") as file:
        yaml.safe_dump({"pipeline": {"stages": stages}, "environments": {"staging": {"namespace": mark}}}, file)

    with repository.start("pipeline", "--yes", "-n", namespace, "--from", stage, "-o", "json") as process:
        until(lambda: processes_with(f"echo {mark}"), what=f"{stage} under way", timeout=30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    outcomes = {one["name"]: one["outcome"] for one in json.loads(out)["stages"]}
    assert outcomes[stage] == "cancelled"
    later = ORDER[ORDER.index(stage) + 1 :]
    assert {outcomes[name] for name in later} <= {"not run"}
    assert not processes_with(f"echo {mark}")


@BUILDING
def test_a_deploy_interrupted_under_its_guard_leaves_the_rollout_and_says_so(
    repository: Repository, kubectl: Kubectl, namespace: str
) -> None:
    repository.replace(MAIN, "prepare(map[string]string{})", "prepare(map[string]string{})\n\ttime.Sleep(time.Minute)")
    repository.commit("Start slowly")

    with repository.start("deploy", "-n", namespace, "--yes") as process:
        wait_for(process.stdout, "guarding deploy/shop")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert "the rollout goes on as it is" in out + err
    assert deployment(kubectl, namespace)["spec"]["replicas"] == 2


@pytest.mark.parametrize("verb", ["build", "push", "deploy"])
def test_an_engine_that_does_not_run_is_told_in_one_sentence(
    repository: Repository, goweb: Goweb, tmp_path: Path, verb: str
) -> None:
    dead = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(dead))  # what a dead daemon leaves: a socket on which nobody listens
    goweb.environment["DOCKER_HOST"] = f"unix://{dead}"
    ran = repository(verb, *(["--yes"] if verb == "deploy" else []))
    assert ran.code == 1
    assert f"the Docker Engine at unix://{dead} does not run: connection refused" in ran.err


@BUILDING
def test_an_engine_that_dies_during_the_build_is_told_in_one_sentence(
    repository: Repository, goweb: Goweb, cluster: Cluster, tmp_path: Path, namespace: str
) -> None:
    slow = f"RUN echo {namespace} && while true; do : ; done\nRUN go build -trimpath -ldflags"
    repository.replace("Dockerfile", "RUN go build -trimpath -ldflags", slow)
    with cable(tmp_path / "docker.sock", cluster.layout.docker_socket) as way:
        goweb.environment["DOCKER_HOST"] = f"unix://{way.path}"
        with repository.start("deploy", "-n", namespace, "--yes") as process:
            running = ("ps", "--no-trunc", "--format", "{{.Command}}")
            until(lambda: namespace in docker(cluster.layout, *running), what="building", timeout=240)
            way.cut()
            told = process.communicate(timeout=60)[1]
    assert process.returncode == 1, told
    assert f"goweb: the Docker Engine at unix://{way.path} went away meanwhile" in told
    assert "Traceback" not in told


def test_an_image_runs_on_this_machine_until_it_is_interrupted(
    goweb: Goweb, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    image = web_image(cluster.layout, "1")
    (tmp_path / "goweb.yaml").write_text(f"name: {namespace}\nimage: {image.partition(':')[0]}\n")
    # The engine publishes ports on loopback where it lives.
    inside = ["ip", "netns", "exec", cluster.layout.name, *PROGRAM]
    with subprocess.Popen(
        [*inside, "run", "-f", str(tmp_path), "--image", image], env=goweb.environ, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(process.stderr, "healthy: http://127.0.0.1:8080/api/health answered 200")
        assert f"goweb-{namespace}" in docker(cluster.layout, "ps", "--format", "{{.Names}}")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert f"goweb-{namespace}" not in docker(cluster.layout, "ps", "--all", "--format", "{{.Names}}")
