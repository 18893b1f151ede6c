"""What a goweb.yaml may say and what is told of one that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml

from kubectl_goweb.delivery.service import ServiceFile, read
from kubectl_goweb.delivery.service.model import Rollout
from kubectl_goweb.delivery.service.problems import ServiceFileError
from kubectl_goweb.delivery.service.schema import explain, schema, schema_text
from kubectl_goweb.errors import UsageError

PUBLISHED = Path(__file__).parents[2] / "docs" / "schema" / "goweb-service-v1.json"
HEAD = "name: shop\nimage: registry.example.com/team/shop\n"
FULL = (
    HEAD
    + """\
port: 9000
build: {main: ./cmd/shop, args: {FLAVOUR: full}, platforms: [linux/amd64]}
rollout: {maxSurge: 2, maxUnavailable: 1, deadline: 2m, onFailure: pause}
healthCheck: {endpoint: /healthz, interval: 5s, timeout: 500ms, retries: 3}
config:
  env: {LOG_LEVEL: info, WORKERS: 4, DEBUG: no, RATE: 0.5}
  secrets:
    - {name: DATABASE_URL, secret: shop-database, key: url}
resources: {cpu: 250m, memory: 64Mi, cpuLimit: "1", memoryLimit: 128Mi}
ingress: {host: shop.example.com, tls: shop-cert, class: traefik}
network: {allowFrom: [{app: gateway}]}
scan:
  waivers:
    - {id: CVE-2021-38561, owner: team-web, expires: 2027-01-31, reason: not reached}
pipeline: {stages: [{name: test}, {name: production, environment: prod}]}
environments:
  prod:
    replicas: 5
    ingress: {host: www.example.com}
    network:
"""
)

REPO = "registry.example.com/team/shop"
OPEN = "and everybody can read this file; use config.secrets"
BROKEN = {
    "empty": ("", "goweb.yaml:1: is empty; kubectl goweb init writes one"),
    "a list": ("- name: shop\n", "goweb.yaml:1: must be keys with values, such as name: shop"),
    "no yaml": ("name: [shop\n", "goweb.yaml:2: no YAML: expected ',' or ']', but got '<stream end>'"),
    "a tab": (HEAD + "build:\n\tmain: .\n", "goweb.yaml:4: no YAML: a tab cannot indent; use spaces"),
    "a key twice": (HEAD + "port: 1\nport: 2\n", "goweb.yaml:4: port: stands twice, first in line 3"),
    "a key twice below": (
        HEAD + "build:\n  main: .\n  main: ./x\n",
        "goweb.yaml:5: build.main: stands twice, first in line 4",
    ),
    "no name": ("image: example.com/shop\n", "goweb.yaml:1: name is missing"),
    "no image": ("name: shop\n", "goweb.yaml:1: image is missing"),
    "unknown key": (HEAD + "replica: 2\n", "goweb.yaml:3: replica: unknown key; did you mean replicas?"),
    "unknown key in another case": (
        HEAD + "rollout:\n  maxsurge: 2\n",
        "goweb.yaml:4: rollout.maxsurge: unknown key; did you mean maxSurge?",
    ),
    "unknown key like no other": (
        HEAD + "service:\n  zzz: 2\n",
        "goweb.yaml:4: service.zzz: unknown key; there are: port, type",
    ),
    "name in capitals": ("name: Shop\nimage: e.com/shop\n", "goweb.yaml:1: name: 'Shop' is not a DNS label"),
    "name is a number": ("name: 7\nimage: e.com/shop\n", "goweb.yaml:1: name: must be a text, not 7"),
    "image with a tag": (
        "name: shop\nimage: e.com/shop:1.2\n",
        "goweb.yaml:2: image: 'e.com/shop:1.2' is not a repository without a tag, such as " + REPO,
    ),
    "port as text": (HEAD + 'port: "8080"\n', "goweb.yaml:3: port: must be a whole number, not '8080'"),
    "port too high": (HEAD + "port: 70000\n", "goweb.yaml:3: port: must be at most 65535, not 70000"),
    "port zero": (HEAD + "service: {port: 0}\n", "goweb.yaml:3: service.port: must be at least 1, not 0"),
    "no value": (HEAD + "port:\n", "goweb.yaml:3: port: has no value; give it one or take the key out"),
    "replicas below zero": (HEAD + "replicas: -1\n", "goweb.yaml:3: replicas: must be at least 0, not -1"),
    "replicas as a fraction": (HEAD + "replicas: 1.5\n", "goweb.yaml:3: replicas: must be a whole number, not 1.5"),
    "a section as text": (
        HEAD + "rollout: fast\n",
        "goweb.yaml:3: rollout: must be keys with values: maxSurge, maxUnavailable, deadline, minReady, onFailure",
    ),
    "a time without a unit": (
        HEAD + "healthCheck:\n  interval: 5\n",
        "goweb.yaml:4: healthCheck.interval: must be a text, not 5",
    ),
    "a time in words": (
        HEAD + "healthCheck:\n  interval: 5 sec\n",
        "goweb.yaml:4: healthCheck.interval: '5 sec' is not a time such as 500ms, 5s, 2m or 1h30m",
    ),
    "a path without its slash": (
        HEAD + "healthCheck: {endpoint: healthz}\n",
        "goweb.yaml:3: healthCheck.endpoint: 'healthz' is not a path such as /api/health",
    ),
    "timeout beyond the interval": (
        HEAD + "healthCheck: {interval: 2s,\n  timeout: 3s}\n",
        "goweb.yaml:4: healthCheck.timeout: must not be longer than the interval, 2s",
    ),
    "no retries": (
        HEAD + "healthCheck: {retries: 0}\n",
        "goweb.yaml:3: healthCheck.retries: must be at least 1, not 0",
    ),
    "an unknown policy": (
        HEAD + "rollout: {onFailure: rolback}\n",
        "goweb.yaml:3: rollout.onFailure: 'rolback' is not known; did you mean rollback?",
    ),
    "a share without its sign": (
        HEAD + "rollout: {maxSurge: 25 percent}\n",
        "goweb.yaml:3: rollout.maxSurge: '25 percent' is not a share of the replicas such as 25%",
    ),
    "no room to roll": (
        HEAD + "rollout: {maxSurge: 0, maxUnavailable: 0%}\n",
        "goweb.yaml:3: rollout.maxSurge: cannot be 0 together with maxUnavailable: no Pod could ever be replaced",
    ),
    "memory without its unit": (
        HEAD + "resources: {memory: 64 MB}\n",
        "goweb.yaml:3: resources.memory: '64 MB' is not bytes such as 64Mi or 2Gi",
    ),
    "more asked than allowed": (
        HEAD + "resources: {memory: 1Gi, memoryLimit: 128Mi}\n",
        "goweb.yaml:3: resources.memory: must not be more than memoryLimit, 128Mi",
    ),
    "more CPU asked than allowed": (
        HEAD + 'resources: {cpu: 600m, cpuLimit: "0.5"}\n',
        "goweb.yaml:3: resources.cpu: must not be more than cpuLimit, 0.5",
    ),
    "ingress without host": (HEAD + "ingress:\n  path: /\n", "goweb.yaml:4: ingress: host is missing"),
    "a URL as host": (
        HEAD + "ingress: {host: 'https://a.example.com'}\n",
        "goweb.yaml:3: ingress.host: 'https://a.example.com' is not a host name such as shop.example.com",
    ),
    "a policy for nobody": (
        HEAD + "network:\n  allowFrom:\n    - {}\n",
        "goweb.yaml:5: network.allowFrom[0]: names nobody; give it app, labels or namespace",
    ),
    "one thing where a list is due": (
        HEAD + "network: {allowFrom: gateway}\n",
        "goweb.yaml:3: network.allowFrom: must be a list: one line each, which begins with a dash",
    ),
    "a list where one thing is due": (HEAD + "port: [1]\n", "goweb.yaml:3: port: must be a whole number"),
    "a password in the open": (
        HEAD + "config:\n  env:\n    DB_PASSWORD: hunter2\n",
        f"goweb.yaml:5: config.env.DB_PASSWORD: is the name of a secret, {OPEN}, or config.plainKeys if it is none",
    ),
    "a URL with a password": (
        HEAD + "config:\n  env:\n    STORE: postgres://shop:hunter2@db/shop\n",
        f"goweb.yaml:5: config.env.STORE: looks like a URL with a password, {OPEN}",
    ),
    "a token as build argument": (
        HEAD + "build:\n  args: {GITHUB_TOKEN: x}\n",
        "goweb.yaml:4: build.args.GITHUB_TOKEN: looks like a secret; a build argument can be read in the image",
    ),
    "a variable that is no name": (
        HEAD + "config:\n  env: {1st: x}\n",
        "goweb.yaml:4: config.env.1st: '1st' cannot be a name here",
    ),
    "a waiver without owner": (
        HEAD + "scan:\n  waivers:\n    - {id: CVE-1, expires: 2027-01-01, reason: x}\n",
        "goweb.yaml:5: scan.waivers[0]: owner is missing",
    ),
    "a waiver on no day": (
        HEAD + "scan:\n  waivers:\n    - {id: CVE-1, owner: me, expires: 2027-02-30, reason: x}\n",
        "goweb.yaml:5: scan.waivers[0].expires: '2027-02-30' is no day of the calendar",
    ),
    "a severity of its own": (
        HEAD + "scan: {failOn: SEVERE}\n",
        "goweb.yaml:3: scan.failOn: 'SEVERE' is not known; there are: UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL",
    ),
    "a stage twice": (
        HEAD + "pipeline:\n  stages:\n    - name: test\n    - name: test\n",
        "goweb.yaml:6: pipeline.stages[1].name: test stands twice",
    ),
    "a stage in no environment": (
        HEAD + "pipeline: {stages: [{name: production, environment: live}]}\n",
        "goweb.yaml:3: pipeline.stages[0].environment: there is no 'live'; there are: none",
    ),
    "a build outside": (
        HEAD + "build: {context: ../..}\n",
        "goweb.yaml:3: build.context: must be inside the folder of the file, not '../..'",
    ),
    "a slip in an environment": (
        HEAD + "environments:\n  prod:\n    replicsa: 3\n",
        "goweb.yaml:5: environments.prod.replicsa: unknown key; did you mean replicas?",
    ),
    "an environment that makes it wrong": (
        HEAD + "environments:\n  prod:\n    healthCheck:\n      timeout: 9s\n",
        "goweb.yaml:6: healthCheck.timeout: must not be longer than the interval, 5s",
    ),
    "an environment of nothing": (
        HEAD + "environments:\n  prod: 5\n",
        "goweb.yaml:4: environments.prod: must be the keys that differ there",
    ),
    "a grace shorter than its delay": (
        HEAD + "shutdown: {grace: 5s}\n",
        "goweb.yaml:3: shutdown.delay: must be shorter than the grace, 5s: it is part of it",
    ),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_told_with_its_line_and_what_would_be_right(text: str, told: str) -> None:
    with pytest.raises(ServiceFileError) as caught:
        read(text)
    assert str(caught.value).split("\n")[0] == told
    assert caught.value.exit_code == 2


def test_every_problem_of_a_file_is_told_at_once_in_the_order_of_lines() -> None:
    with pytest.raises(ServiceFileError) as caught:
        read("name: S\nimage: e.com/s\nport: x\nenvironments: {a: {replicas: x}}\n")
    assert [one.line for one in caught.value.problems] == [1, 3, 4]


def test_a_file_of_two_lines_is_whole_by_its_defaults() -> None:
    file = read(HEAD).file
    assert (file.port, file.replicas, file.health_check.endpoint) == (8080, 2, "/api/health")
    assert file.rollout == Rollout()


def test_an_environment_changes_only_what_it_names() -> None:
    base, prod = read(FULL).file, read(FULL, environment="prod").file
    assert base.replicas == 2
    assert prod.replicas == 5
    assert base.ingress is not None
    assert prod.ingress == msgspec.structs.replace(base.ingress, host="www.example.com")
    assert prod.network is None, "nothing takes a key out"
    same = [name for name in ServiceFile.__struct_fields__ if name not in ("replicas", "ingress", "network")]
    assert [getattr(prod, name) for name in same] == [getattr(base, name) for name in same]


def test_an_environment_may_complete_what_the_base_leaves_out() -> None:
    assert read(HEAD + "environments: {prod: {ingress: {host: a.example.com}}}", environment="prod").file.ingress


def test_an_unknown_environment_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no environment 'prd'; did you mean prod"):
        read(FULL, environment="prd")


def test_words_stay_words_as_in_yaml_1_2() -> None:
    env = read(FULL).file.config.env
    assert env["DEBUG"] == "no"
    assert env["WORKERS"] == 4
    assert read(HEAD + "config: {env: {CODE: 012, AT: 1:30}}").file.config.env == {"CODE": "012", "AT": "1:30"}


def test_the_published_schema_is_that_of_the_types() -> None:
    assert PUBLISHED.read_text() == schema_text(), "print it: python -m kubectl_goweb explain-file --schema"


def test_the_schema_takes_what_the_reader_takes() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    document = json.loads(json.dumps(yaml.safe_load(FULL), default=str))
    del document["environments"]["prod"]["network"]  # nothing is the reader's way to take a key out
    jsonschema.validate(document, schema())


@pytest.mark.parametrize("broken", [{"prot": 1}, {"port": "x"}, {"environments": {"a": {"replica": 1}}}], ids=str)
def test_the_schema_refuses_what_the_reader_refuses(broken: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "shop", "image": "e.com/shop", **broken}, schema())


def test_every_key_is_documented() -> None:
    def undocumented(key: str) -> list[str]:
        told = explain(key)
        found = [] if told.says else [key]
        for name, _ in told.keys:
            if name != "environments":
                found += undocumented(f"{key}.{name}".lstrip("."))
        return found

    assert undocumented("") == []
