"""From a Go repository to a guarded release, with a real Docker Engine, registry, API server and kubelet."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.real.delivery.repository import BUILDING, MAIN, Repository, deployment, get
from tests.real.harness import build, postgres
from tests.real.harness.cluster import Cluster
from tests.real.harness.images import docker, web_image
from tests.real.harness.kubectl import Kubectl
from tests.real.harness.waiting import until
from tests.real.program import PROGRAM, Goweb, Ran
from tests.real.terminal import terminal

DATABASE = Path(__file__).parents[2] / "delivery" / "data" / "vulndb"


LANGUAGES = """\
package main

import "golang.org/x/text/language"

func init() { _, _, _ = language.ParseAcceptLanguage("en") }
"""


@BUILDING
def test_a_fresh_repository_becomes_a_healthy_service_and_a_broken_version_is_taken_back(
    repository: Repository, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")

    first = repository("deploy", "-n", namespace, "--yes", "--soak", "1s")

    assert first.code == 0, first.err + first.out
    running = deployment(kubectl, namespace)
    image = running["spec"]["template"]["spec"]["containers"][0]["image"]
    assert "@sha256:" in image
    assert image in first.err, "the digest that was pushed is the one that runs"
    assert running["metadata"]["annotations"]["kubernetes.io/change-cause"].endswith(": Serve the shop")
    assert get(kubectl, namespace, "/api/health")["status"] == "ok"
    pods = kubectl.json("-n", namespace, "get", "pods", "-l", "app=shop")["items"]
    assert {pod["status"]["containerStatuses"][0]["imageID"] for pod in pods} == {image}

    again = repository("deploy", "-n", namespace, "--yes")
    assert again.code == 0
    assert "nothing has changed since the last build" in again.err
    assert "everything is as goweb.yaml says" in again.out
    assert deployment(kubectl, namespace)["metadata"]["generation"] == running["metadata"]["generation"]

    repository.replace(MAIN, "prepare(map[string]string{})", "prepare(nil)")
    repository.commit("Prepare nothing")
    broken = repository("deploy", "-n", namespace, "--yes", "--soak", "1s")

    assert broken.code == 1, broken.out
    assert "panic: assignment to entry in nil map" in broken.out
    assert "available Pods: never below 2" in broken.out
    after = deployment(kubectl, namespace)
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == image, "rolled back by itself"
    assert get(kubectl, namespace, "/api/health")["status"] == "ok"


@BUILDING
def test_the_cockpit_builds_and_deploys_with_keys_asks_first_and_ends_a_build(
    repository: Repository, goweb: Goweb, cluster: Cluster, kubectl: Kubectl, namespace: str
) -> None:
    command = [*PROGRAM, "-n", namespace, "-f", str(repository.folder)]
    with (repository.folder / "goweb.yaml").open("a") as file:
        file.write("environments: {trial: {replicas: 1}}\n")
    with terminal(command, goweb.environ, columns=140) as screen:
        screen.shows("no workloads", "live")
        screen.press(":scan", "Enter")
        screen.shows("scan shop   done", "▲ unknown", timeout=60)
        screen.press("d")
        screen.shows("How to deploy", "trial: push to")
        screen.press("trial", "Enter")
        screen.shows("+ Deployment shop: new", "danger", "Do it (y)", timeout=300)
        assert kubectl("-n", namespace, "get", "deployments", "-o", "name") == "", "nothing is done without a yes"
        screen.press("y")
        screen.shows("deploy shop   done after", "▲ unknown", "guard  ✔ passed", timeout=120)
        assert get(kubectl, namespace, "/api/health")["status"] == "ok"
        assert deployment(kubectl, namespace)["spec"]["replicas"] == 1, "as the environment says"

        repository.replace(MAIN, "prepare(map[string]string{})", "prepare(nil)")
        repository.commit("Prepare nothing")
        screen.press("d")
        screen.shows("How to deploy")
        screen.press("trial", "Enter")
        screen.shows("- Deployment shop spec.template", "Do it (y)", timeout=300)
        screen.press("y")
        screen.shows("deploy shop   failed after", "panic: assignment to entry in nil map", timeout=120)

        slow = f"RUN echo {namespace}-keys && while true; do : ; done\nRUN go build -trimpath -ldflags"
        repository.replace("Dockerfile", "RUN go build -trimpath -ldflags", slow)

        def compiling() -> bool:
            return f"{namespace}-keys" in docker(cluster.layout, "ps", "--no-trunc", "--format", "{{.Command}}")

        screen.press("b")
        screen.shows("build shop   running", "now RUN echo")
        until(compiling, what="building", timeout=60)
        screen.press("Escape")
        screen.shows("Workloads", "build shop: build")
        screen.press("B")
        screen.press("C-k")
        screen.shows("build shop   cancelled")
        until(lambda: not compiling(), what="without that step", timeout=30)
        screen.press("q")
        until(lambda: not screen.is_open(), what="the end of the program")


@BUILDING
def test_code_that_does_not_compile_is_told_by_its_line_and_nothing_is_deployed(
    repository: Repository, kubectl: Kubectl, namespace: str
) -> None:
    repository.replace(MAIN, "served.Load()", "served.Lod()")
    ran = repository("deploy", "-n", namespace, "--yes")
    assert ran.code == 1
    assert "goweb: the Go code does not compile: cmd/shop/main.go:52:94: served.Lod undefined" in ran.err
    assert kubectl("-n", namespace, "get", "deployments,services", "-o", "name") == ""


@pytest.mark.parametrize("store", ["vault", "csi"])
def test_what_is_rendered_passes_strict_validation_and_the_restricted_level(
    goweb: Goweb, kubectl: Kubectl, namespace: str, tmp_path: Path, store: str
) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    (tmp_path / "goweb.yaml").write_text(
        """\
name: shop
image: registry.example.com/shop
resources: {cpu: 100m, memory: 64Mi, cpuLimit: "1", memoryLimit: 128Mi}
ingress: {host: shop.example.com}
network: {allowFrom: [{app: gateway}, {namespace: monitoring}]}
config:
  env: {LOG_LEVEL: info}
  secrets: [{name: DATABASE_URL, secret: shop-db, key: url}]
  store: {kind: STORE, name: main, path: shop}
storage: {postgres: {passwordSecret: shop-db}}
""".replace("STORE", store)
    )
    ran = goweb("render", "-f", str(tmp_path), "-n", namespace)
    assert ran.code == 0, ran.err
    kinds = {one["kind"] for one in yaml.safe_load_all(ran.out)}
    assert kinds == {
        "ServiceAccount", "ConfigMap", "StatefulSet", "Service", "NetworkPolicy", "Ingress", "PodDisruptionBudget",
        "Deployment",
    }  # fmt: skip
    (tmp_path / "objects.yaml").write_text(ran.out)
    told = kubectl.run(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", str(tmp_path / "objects.yaml")
    )
    assert told.returncode == 0, told.stderr
    assert "would violate PodSecurity" not in told.stderr
    for one in yaml.safe_load_all(ran.out):
        if one["kind"] in ("Deployment", "StatefulSet"):
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"as-{one['kind'].lower()}"}}
            spec = one["spec"]["template"]["spec"]
            spec["volumes"] = [*spec["volumes"], {"name": "data", "emptyDir": {}}]
            spec.pop("serviceAccountName", None)
            kubectl("-n", namespace, "create", "--dry-run=server", "-f", "-", stdin=json.dumps({**pod, "spec": spec}))


@pytest.fixture
def settled(goweb: Goweb, kubectl: Kubectl, namespace: str, tmp_path: Path) -> Callable[..., Ran]:
    """`settled("deploy", more="...")` runs a verb on a file of the given keys and an image that is there."""

    def run(verb: str, *arguments: str, more: str = "") -> Ran:
        (tmp_path / "goweb.yaml").write_text(f"name: shop\nimage: registry.example.com/shop\n{more}")
        return goweb(verb, "-f", str(tmp_path), "-n", namespace, "--image", "registry.example.com/shop:1", *arguments)

    return run


def test_a_field_that_is_somebody_elses_is_named_with_its_owner(
    settled: Callable[..., Ran], kubectl: Kubectl, namespace: str
) -> None:
    assert settled("deploy", "--yes", "--no-guard").code == 0
    kubectl(
        "-n", namespace, "patch", "deployment", "shop", "--field-manager=night-shift", "-p", '{"spec":{"replicas":7}}'
    )

    refused = settled("deploy", "--yes", "--no-guard")
    assert refused.code == 4
    assert "Deployment shop is not only yours: spec.replicas is night-shift's" in refused.err
    assert deployment(kubectl, namespace)["spec"]["replicas"] == 7

    taken = settled("deploy", "--yes", "--no-guard", "--force-conflicts")
    assert taken.code == 0
    assert "spec.replicas was set by night-shift, and is taken over" in taken.err
    assert deployment(kubectl, namespace)["spec"]["replicas"] == 2


def test_diff_tells_what_deploy_would_do_and_writes_nothing(
    settled: Callable[..., Ran], kubectl: Kubectl, namespace: str
) -> None:
    network = "network: {allowFrom: [{app: gateway}]}\n"
    assert settled("deploy", "--yes", "--no-guard", more=network).code == 0
    assert settled("diff", more=network).code == 0
    before = deployment(kubectl, namespace)["metadata"]["resourceVersion"]
    kubectl("-n", namespace, "create", "configmap", "not-ours", "--from-literal=a=b")

    ran = settled("diff", more="replicas: 5\nconfig: {env: {LEVEL: debug}}\n")

    assert ran.code == 1
    assert "- Deployment shop spec.replicas: 2" in ran.out
    assert "+ Deployment shop spec.replicas: 5" in ran.out
    assert "new, with LEVEL" in ran.out
    assert "- NetworkPolicy shop: made by goweb, not in the file any more" in ran.out
    assert "not-ours" not in ran.out
    assert deployment(kubectl, namespace)["metadata"]["resourceVersion"] == before


def test_what_the_file_does_not_ask_for_any_more_goes_except_the_values_of_old_revisions(
    settled: Callable[..., Ran], kubectl: Kubectl, namespace: str
) -> None:
    network = "network: {allowFrom: [{app: gateway}]}\n"
    assert settled("deploy", "--yes", "--no-guard", more=f"{network}config: {{env: {{LEVEL: info}}}}\n").code == 0
    kubectl("-n", namespace, "wait", "--for=create", "replicaset", "-l", "app=shop", "--timeout=20s")

    assert settled("deploy", "--yes", "--no-guard", more="config: {env: {LEVEL: debug}}\n").code == 0

    kept = kubectl("-n", namespace, "get", "networkpolicies,configmaps", "-l", "app=shop", "-o", "name").split()
    assert [one for one in kept if one.startswith("networkpolicy")] == []
    assert len(kept) == 2, "a rollback finds the ConfigMap of its time"


def test_a_deploy_is_taken_back_as_far_as_its_pods_are_concerned_and_says_what_stays(
    settled: Callable[..., Ran], goweb: Goweb, kubectl: Kubectl, namespace: str
) -> None:
    def values() -> str:
        """Of the ConfigMap that the Pods are made with."""
        (source,) = deployment(kubectl, namespace)["spec"]["template"]["spec"]["containers"][0]["envFrom"]
        found = kubectl.json("-n", namespace, "get", "configmap", source["configMapRef"]["name"])
        return str(found["data"]["LEVEL"])

    network = "network: {allowFrom: [{app: gateway}]}\n"
    for level, more in (("info", network), ("debug", "replicas: 3\n"), ("warn", "replicas: 3\n")):
        ran = settled("deploy", "--yes", "--no-guard", more=f"{more}config: {{env: {{LEVEL: {level}}}}}\n")
        assert ran.code == 0, ran
        kubectl("-n", namespace, "rollout", "status", "deployment/shop", "--watch=false")
        until(
            lambda: (
                deployment(kubectl, namespace)["status"].get("observedGeneration")
                == deployment(kubectl, namespace)["metadata"]["generation"]
            ),
            what="a recorded revision",
        )
    early = goweb("revert", "2", "-n", namespace, "-y")
    assert early.code == 4, "another deploy came after it"
    assert "it has changed since entry 2: spec.template differs" in early.err
    assert goweb("revert", "3", "-n", namespace, "-y").code == 0
    assert values() == "debug"
    plan = goweb("revert", "2", "-n", namespace, "--dry-run=client")
    said = " ".join(plan.out.split())
    assert "entry 2 changed more, which stays as it is: Deployment shop spec.replicas, NetworkPolicy shop" in said
    assert goweb("revert", "2", "-n", namespace, "-y").code == 0
    assert values() == "info"
    assert deployment(kubectl, namespace)["spec"]["replicas"] == 3


@pytest.fixture
def buildkit(goweb: Goweb) -> None:
    """docker's BuildKit plugin, in the home of the test."""
    plugins = Path(goweb.environment["HOME"]) / ".docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-buildx").symlink_to(build.tool(build.BUILDX, print))


@pytest.mark.timeout(1500)  # the plugin is built the first time
@pytest.mark.usefixtures("buildkit")
def test_buildkit_builds_the_same_service_and_keeps_gos_caches(repository: Repository, namespace: str) -> None:
    assert "--mount=type=cache" in (repository.folder / "Dockerfile").read_text()
    first = repository("push")
    assert first.code == 0, first.err
    assert "with buildkit" in first.err
    assert "@sha256:" in first.out

    repository.replace(MAIN, 'greeting = "hello"', f'greeting = "{namespace}"')
    second = repository("build")
    assert second.code == 0, second.err
    assert "against the last build" in second.err
    assert compile_seconds(second.err) < 5, "Go's cache is kept between builds"

    repository.replace(MAIN, "served.Load()", "served.Lod()")
    broken = repository("build")
    assert broken.code == 1
    assert "goweb: the Go code does not compile: cmd/shop/main.go:52:94: served.Lod undefined" in broken.err


def compile_seconds(told: str) -> float:
    (line,) = [line for line in told.splitlines() if "go build" in line]
    return float(line.rpartition("  ")[2].removesuffix(" s"))


@pytest.fixture
def govulncheck(goweb: Goweb, tmp_path: Path) -> str:
    """The real govulncheck on PATH; gives the address of its small local database."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "govulncheck").symlink_to(build.tool(build.GOVULNCHECK, print))
    goweb.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
    return f"file://{DATABASE}"


@BUILDING
def test_a_vulnerable_release_is_blocked_by_what_the_real_govulncheck_finds(
    repository: Repository, kubectl: Kubectl, namespace: str, govulncheck: str
) -> None:
    (repository.folder / "cmd" / "shop" / "languages.go").write_text(LANGUAGES)
    subprocess.run(["go", "get", "golang.org/x/text@v0.3.5"], cwd=repository.folder, check=True, capture_output=True)
    subprocess.run(["go", "mod", "vendor"], cwd=repository.folder, check=True, capture_output=True)
    repository.replace("Dockerfile", "COPY go.mod ./\nRUN go mod download\n", "")
    repository.replace("goweb.yaml", "onError: warn", "onError: warn\n  databaseAge: 1000000h")

    blocked = repository("deploy", "-n", namespace, "--yes", "--govulndb", govulncheck)

    assert blocked.code == 1, blocked.err
    assert "CVE-2021-38561 is reached: shop.init" in blocked.err
    assert "is not released: 1 high at or above HIGH" in blocked.err
    assert kubectl("-n", namespace, "get", "deployments", "-o", "name") == ""

    waiver = "\n  waivers: [{id: GO-2021-0113, owner: ann, expires: 2099-01-01, reason: internal}]"
    repository.replace("goweb.yaml", "databaseAge: 1000000h", f"databaseAge: 1000000h{waiver}")
    let_through = repository("deploy", "-n", namespace, "--yes", "--govulndb", govulncheck, "--soak", "1s")
    assert let_through.code == 0, let_through.err + let_through.out
    mark = deployment(kubectl, namespace)["metadata"]["annotations"]["kubectl-goweb/scan"]
    assert mark.startswith("passed sha256:")
    assert mark.endswith(": 1 high")


def test_secret_variables_get_into_the_cluster_and_nowhere_else(
    goweb: Goweb, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "goweb.yaml").write_text("name: shop\nimage: registry.example.com/shop\nconfig: {envFile: .env}\n")
    (tmp_path / ".env").write_text("LOG_LEVEL=info\nDB_PASSWORD=hunter2-hunter2\n")
    here = ("-f", str(tmp_path), "-n", namespace)

    early = goweb("deploy", *here, "--image", "registry.example.com/shop:1", "--dry-run", "client")
    assert "Secret shop-env is not there: new Pods will not start" in early.out
    shown = goweb("config", *here)
    applied = goweb("config", *here, "--apply", "--yes", "-o", "json")
    again = goweb("config", *here, "--apply", "--yes")
    rendered = goweb("render", *here)
    deployed = goweb("deploy", *here, "--image", "registry.example.com/shop:1", "--yes", "--no-guard")

    assert [ran.code for ran in (shown, applied, again, rendered, deployed)] == [0, 0, 0, 0, 0]
    assert "the cluster has the same values" in again.out
    assert "is not there" not in deployed.err
    secret = kubectl.json("-n", namespace, "get", "secret", "shop-env")
    assert secret["data"] == {"DB_PASSWORD": "aHVudGVyMi1odW50ZXIy"}
    env = deployment(kubectl, namespace)["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "shop-env", "key": "DB_PASSWORD"}}} in env
    journal = (tmp_path / "state" / "kubectl-goweb" / "journal.jsonl").read_text()
    told = "".join(str(part) for ran in (shown, applied, again, rendered, deployed) for part in ran)
    for secret_text in ("hunter2", "aHVudGVy"):
        assert secret_text not in told + journal


@pytest.fixture
def external_secrets(kubectl: Kubectl) -> Iterator[None]:
    """The kind ExternalSecret, without the operator that fills the Secrets."""
    names = {"plural": "externalsecrets", "singular": "externalsecret", "kind": "ExternalSecret"}
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": anything}
    spec = {"group": "external-secrets.io", "scope": "Namespaced", "names": names, "versions": [version]}
    name = "externalsecrets.external-secrets.io"
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    kubectl.create({**definition, "metadata": {"name": name}, "spec": spec})
    kubectl("wait", "--for=condition=Established", f"crd/{name}", "--timeout=30s")
    yield
    kubectl("delete", "crd", name)


@pytest.mark.usefixtures("external_secrets")
def test_a_guarded_release_waits_for_the_secret_that_an_operator_fills(
    goweb: Goweb, kubectl: Kubectl, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    image = web_image(cluster.layout, "1")
    (tmp_path / "goweb.yaml").write_text(
        f"""\
name: shop
image: {image.partition(":")[0]}
healthCheck: {{interval: 1s, timeout: 1s}}
config:
  secrets: [{{name: TOKEN, secret: shop-token, key: token}}]
  store: {{kind: externalSecrets, name: main, path: shop}}
"""
    )
    with goweb.start(
        "deploy", "-f", str(tmp_path), "-n", namespace, "--image", image, "--yes", "--soak", "0s"
    ) as process:
        kubectl("-n", namespace, "wait", "--for=create", "externalsecret/shop-token", "--timeout=30s")
        kubectl("-n", namespace, "wait", "--for=create", "pod", "-l", "app=shop", "--timeout=30s")
        kubectl("-n", namespace, "create", "secret", "generic", "shop-token", "--from-literal=token=hunter2")
        out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    assert "hunter2" not in out + err
    assert deployment(kubectl, namespace)["status"]["readyReplicas"] == 2


@BUILDING
def test_a_database_beside_the_service_keeps_its_rows_when_its_pod_is_replaced(
    goweb: Goweb, kubectl: Kubectl, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    image = web_image(cluster.layout, "1")
    database = postgres.publish_postgres(cluster.layout, print)
    disk = tmp_path / "disk"
    disk.mkdir()
    os.chown(disk, postgres.USER, postgres.USER)
    kubectl.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": namespace},
            "spec": {
                "storageClassName": namespace,
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "hostPath": {"path": str(disk)},
            },
        }
    )
    kubectl("-n", namespace, "create", "secret", "generic", "shop-db", "--from-literal=password=hunter2")
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    (tmp_path / "goweb.yaml").write_text(
        f"""\
name: shop
image: {image.partition(":")[0]}
healthCheck: {{interval: 1s, timeout: 1s}}
storage: {{postgres: {{image: "{database}", passwordSecret: shop-db, storageClass: {namespace}, size: 500Mi}}}}
"""
    )
    try:
        ran = goweb(
            *("deploy", "-f", str(tmp_path), "-n", namespace, "--image", image, "--yes", "--soak", "0s"), timeout=120
        )
        assert ran.code == 0, ran.err + ran.out
        kubectl("-n", namespace, "rollout", "status", "statefulset/shop-postgres", "--timeout=60s")

        def sql(text: str) -> str:
            psql = ("psql", "-U", "app", "-d", "app", "-tAc", text)
            return kubectl("-n", namespace, "exec", "shop-postgres-0", "--", *psql).strip()

        sql("CREATE TABLE stock (name text); INSERT INTO stock VALUES ('apples')")
        kubectl("-n", namespace, "delete", "pod", "shop-postgres-0")
        kubectl("-n", namespace, "rollout", "status", "statefulset/shop-postgres", "--timeout=60s")
        assert sql("SELECT name FROM stock") == "apples"
        assert "hunter2" not in ran.out + ran.err
        told = goweb("status", "shop-postgres", "-n", namespace)
        assert told.code == 0, told.out
    finally:
        kubectl("-n", namespace, "delete", "statefulset", "shop-postgres")
        kubectl("-n", namespace, "delete", "pvc", "--all")
        kubectl("delete", "pv", namespace)


@BUILDING
def test_a_pipeline_goes_from_the_commit_to_production_and_stops_at_what_fails(
    repository: Repository, kubectl: Kubectl, new_namespace: Callable[[], str], namespace: str
) -> None:
    staging = new_namespace()
    with (repository.folder / "goweb.yaml").open("a") as file:
        file.write(f"environments:\n  staging: {{namespace: {staging}, replicas: 1}}\n")
        file.write(f"  production: {{namespace: {namespace}}}\n")
    repository.commit("Name the environments")

    good = repository("pipeline", "--yes", "-o", "json")

    document = json.loads(good.out)
    assert good.code == 0, good.err
    outcomes = {one["name"]: one["outcome"] for one in document["stages"]}
    assert list(outcomes) == ["vet", "test", "build", "scan", "staging", "acceptance", "production"]
    assert outcomes.pop("scan") == "unknown", "no scanner is there, and that is not the same as passed"
    assert set(outcomes.values()) == {"passed"}
    assert document["stages"][1]["note"] == "2 passed"
    assert deployment(kubectl, staging)["spec"]["replicas"] == 1
    made = deployment(kubectl, namespace)
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == document["image"]
    assert made["metadata"]["annotations"]["kubernetes.io/change-cause"].endswith(": Name the environments")

    repository.replace(MAIN, '"status": "ok"', '"status": "fine"')
    bad = repository("pipeline", "--yes", "--until", "build", "--junit", "junit.xml")
    assert bad.code == 1
    assert "test: failed" in bad.err
    assert "1 passed, 1 failed: TestHealth (example.com/team/shop/cmd/shop)" in bad.err
    assert "build: not run" in bad.err
    assert "TestHealth" in (repository.folder / "junit.xml").read_text()
    assert repository("pipeline", "--history").out.count("Name the environments") == 2


@BUILDING
def test_without_a_registry_the_image_is_loaded_into_the_node_by_the_command_line_and_by_the_cockpit(
    repository: Repository, goweb: Goweb, cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    name = repository.folder / "goweb.yaml"
    name.write_text(name.read_text().replace(f"{cluster.layout.registry}/", "goweb.test/"))
    node = ("--containerd", str(cluster.layout.containerd_socket))

    ran = repository("deploy", "-n", namespace, "--yes", "--soak", "0s", *node)

    assert ran.code == 0, ran.err + ran.out
    assert f"loading goweb.test/{namespace}:" in ran.err
    image = deployment(kubectl, namespace)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert get(kubectl, namespace, "/api/health")["status"] == "ok"

    repository.replace(MAIN, "func main() {", 'func main() {\n\tprintln("loaded by a key")')
    repository.commit("Say by what it was loaded")
    command = [*PROGRAM, "-n", namespace, "-f", str(repository.folder)]
    with terminal(command, _as_kind(goweb, cluster, tmp_path)) as screen:
        screen.shows("shop", "live")
        screen.press("d")
        screen.shows("How to deploy", "load into the nodes with kind", "push to goweb.test/")
        screen.press("load into", "Enter")
        screen.shows("- Deployment shop spec.template", "Do it (y)", timeout=300)
        screen.press("y")
        screen.shows("deploy shop   done after", "load   ✔ passed", timeout=120)
    loaded = deployment(kubectl, namespace)["spec"]["template"]["spec"]["containers"][0]["image"]
    assert loaded != image
    assert "loaded by a key" in kubectl("-n", namespace, "logs", "deploy/shop")
    docker(cluster.layout, "rmi", "--force", image, loaded)


def _as_kind(goweb: Goweb, cluster: Cluster, folder: Path) -> dict[str, str]:
    """The cluster under a name as kind gives them, with a `kind` that loads an image's file into its node."""
    kubeconfig = folder / "kind.kubeconfig"
    known = yaml.safe_load(Path(goweb.environ["KUBECONFIG"]).read_text())
    known["contexts"] = [{**one, "name": "kind-shop"} for one in known["contexts"][:1]]
    kubeconfig.write_text(yaml.safe_dump({**known, "current-context": "kind-shop"}))
    kind = folder / "bin" / "kind"
    kind.parent.mkdir()
    kind.write_text(
        '#!/bin/sh\n[ "$1 $2 $3" = "load image-archive --name=shop" ] || exit 64\n'
        f'exec ctr --address={cluster.layout.containerd_socket} --namespace=k8s.io images import "$4"\n'
    )
    kind.chmod(0o755)
    return {**goweb.environ, "KUBECONFIG": str(kubeconfig), "PATH": f"{kind.parent}:{goweb.environ['PATH']}"}
