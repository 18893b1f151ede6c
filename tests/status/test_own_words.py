"""What a program's own words tell of it, and what its template adds to them; each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from kubectl_goweb.objects import Kind, LogTail
from kubectl_goweb.objects.facts import named
from kubectl_goweb.objects.rare import decode_full_workload
from kubectl_goweb.status.diagnosis.crashes import CrashKind, read_crash
from kubectl_goweb.status.diagnosis.handling import unserved
from kubectl_goweb.status.overview import overview
from kubectl_goweb.status.verdicts import Finding
from tests.status.objects import NOW, Json
from tests.status.worlds import crashing, deployment, event, made, revisions, world

OWNER = [{"kind": "ReplicaSet", "name": "web-0", "uid": "ReplicaSet-web-0", "controller": True}]


def of_web(pod: Json, container: Json, *objects: Json, log: tuple[str, ...] = (), **spec: Any) -> Finding:
    """What is said of deploy/web, whose template has this container, of its Pod."""
    pod["metadata"]["ownerReferences"] = OWNER
    tail = LogTail("shop/web-1", "web", log)
    snapshot = world(deployment("web", {"app": "web"}), pod, *revisions("1"), *objects, logs=(tail,) if log else ())
    template = {"spec": {"containers": [{"name": "web", **container}], **spec}}
    full = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": template}}
    known = {named(Kind.DEPLOYMENT, "shop/web"): decode_full_workload(json.dumps(full).encode())}
    told = overview(structs.replace(snapshot, facts=structs.replace(snapshot.facts, workloads=known)), NOW)
    return next(one for one in told.findings if one.is_root)


def ending(container: Json, *log: str, objects: tuple[Json, ...] = (), **spec: Any) -> Finding:
    """What is said of a program that ends with these last words."""
    return of_web(crashing("web-1"), container, *objects, log=log, **spec)


USAGE = ("flag provided but not defined: -prot", "Usage of web:", "  -port int", "    \twhere to listen (default 80)")
COBRA = ("Error: unknown flag: --prot", "Usage:", "  web serve [flags]", "", "Flags:", "  -h, --help   help for serve")


@pytest.mark.parametrize(("log", "argument"), [(USAGE, "-prot"), (COBRA, "--prot")])
def test_the_argument_that_is_not_understood_stands_above_the_usage(log: tuple[str, ...], argument: str) -> None:
    found = ending({}, *log)
    assert (found.reason, argument in found.title) == ("wrong-arguments", True)


def test_a_usage_that_was_printed_before_the_program_went_on_is_not_why_it_ended() -> None:
    found = ending({}, *USAGE, "2026/03/01 12:00:00 ERROR no table orders")
    assert "no table orders" in found.title


RECOVERED = {
    "level": "ERROR", "msg": "worker died", "panic": "runtime error: index out of range [3] with length 3",
    "stack": "goroutine 6 [running]:\nruntime/debug.Stack()\n\truntime/debug/stack.go:26 +0x5e\nmain.guard.func1()\n"
             "\texample.com/shop/guard.go:71 +0x54\npanic({0x73, 0xa5})\n\truntime/panic.go:860 +0x13a\n"
             "main.(*book).price(...)\n\texample.com/shop/book.go:26\nmain.main()\n\texample.com/shop/main.go:9 +0x3",
}  # fmt: skip


def test_a_panic_that_was_recovered_and_logged_is_told_where_it_was_raised() -> None:
    found = ending({}, json.dumps(RECOVERED))
    assert found.reason == "go-panic"
    assert "worker died: runtime error: index out of range [3] with length 3 (book.go:26)" in found.title


def test_the_trace_of_an_error_is_no_panic() -> None:
    """As zap writes one with every error."""
    line = {
        "level": "error",
        "msg": "cannot open",
        "error": "no table orders",
        "stacktrace": "main.run\n\t/src/run.go:4",
    }
    crash = read_crash([json.dumps(line)])
    assert crash is not None
    assert (crash.kind, crash.message, crash.place) == (CrashKind.LOGGED, "cannot open: no table orders", "run.go:4")


def test_what_a_structured_line_misses_may_stand_in_a_field() -> None:
    found = ending({"env": []}, '{"level":"ERROR","msg":"missing required setting","name":"DATABASE_URL"}')
    assert found.reason == "missing-environment"
    assert "the template does not set DATABASE_URL" in found.cause


def test_a_password_in_an_address_is_not_repeated() -> None:
    words = 'invalid DATABASE_URL: parse "postgres://shop:s3cret@db:5432\\n": net/url: invalid control character in URL'
    found = ending({}, words)
    assert found.reason == "wrong-settings"
    assert "s3cret" not in f"{found.title} {found.cause} {found.evidence}"
    assert "postgres://shop:***@db:5432" in found.title


def test_a_reference_that_was_not_expanded_is_told_with_the_variable_that_was_meant() -> None:
    words = "listen tcp: lookup tcp/$(PRT): unknown port"
    env = [{"name": "PORT", "value": "8080"}, {"name": "ADDRESS", "value": ":$(PRT)"}]
    assert (
        "env ADDRESS has $(PRT), which stays as it is written: PRT is not set; PORT was probably meant"
        in ending({"env": env}, words).cause
    )
    below = [{"name": "ADDRESS", "value": ":$(PRT)"}, {"name": "PRT", "value": "8080"}]
    assert "PRT is set only below it" in ending({"env": below}, words).cause


def test_a_reference_in_the_arguments_is_told_too_and_there_every_variable_is_known() -> None:
    args = ["serve", ":$(PRT)"]
    words = "listen tcp: lookup tcp/$(PRT): unknown port"
    found = ending({"args": args, "env": [{"name": "PORT", "value": "80"}]}, words)
    assert "the command line has $(PRT), which stays as it is written" in found.cause
    known = ending({"args": args, "env": [{"name": "PRT", "value": "80"}]}, words)
    assert "stays as it is written" not in known.cause


def test_a_reference_that_something_else_may_set_is_not_blamed() -> None:
    env = [{"name": "ADDRESS", "value": ":$(PRT)"}]
    found = ending({"env": env, "envFrom": [{"configMapRef": {"name": "ports"}}]}, "lookup tcp/$(PRT): unknown port")
    assert "stays as it is written" not in found.cause


LINKED = 'bad DB_PORT: strconv.Atoi: parsing "tcp://10.0.0.7:5432": invalid syntax'


@pytest.mark.parametrize(
    ("address", "env", "is_said"),
    [("10.0.0.7", [], True), ("10.0.0.8", [], False), ("10.0.0.7", [{"name": "DB_PORT", "value": "x"}], False)],
    ids=["the Service's", "another address", "set by the template"],
)
def test_a_variable_that_a_service_sets_is_told(address: str, env: list[Json], is_said: bool) -> None:
    service = made("Service", "db", {"clusterIP": address, "selector": {"app": "db"}})
    found = ending({"env": env}, LINKED, objects=(service,))
    assert ("Service db makes Kubernetes set DB_PORT=tcp://10.0.0.7:5432" in found.cause) is is_said


FULL = "cache: write /cache/7: no space left on device"
MOUNT = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}


@pytest.mark.parametrize(
    ("container", "volume", "says"),
    [
        (MOUNT, {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}, "an emptyDir in memory, of at most 1Mi"),
        (MOUNT, {"persistentVolumeClaim": {"claimName": "data"}}, "volume cache at /cache is claim data"),
        ({}, {"emptyDir": {}}, "no volume is mounted there: it fills the node's own disk"),
    ],
)
def test_what_is_full_is_named(container: Json, volume: Json, says: str) -> None:
    found = ending(container, FULL, volumes=[{"name": "cache", **volume}])
    assert (found.reason, says in found.cause) == ("disk-full", True)


def unstartable(message: str, container: Json, **spec: Any) -> Finding:
    pod = crashing("web-1")
    ended = {"exitCode": 128, "reason": "StartError", "message": message}
    pod["status"]["containerStatuses"][0] |= {"lastState": {"terminated": ended}}
    return of_web(pod, container, **spec)


def test_a_program_that_is_not_there_is_named_with_what_may_have_been_meant() -> None:
    found = unstartable('exec: "serve": executable file not found in $PATH: unknown', {"command": ["serve"]})
    assert found.title.endswith("(StartError): serve is not in the image")
    assert "arguments for it belong into `args`" in found.cause
    by_path = unstartable('exec: "/web": stat /web: no such file or directory', {"command": ["/web"]})
    assert "args" not in by_path.cause


def test_a_volume_over_the_program_is_told() -> None:
    container = {"volumeMounts": [{"name": "scratch", "mountPath": "/app"}]}
    volumes = [{"name": "scratch", "emptyDir": {}}]
    found = unstartable('exec: "/app/web": stat /app/web: no such file or directory', container, volumes=volumes)
    assert found.title.endswith("volume scratch hides /app/web")
    beside = unstartable('exec: "/web": stat /web: no such file or directory', container, volumes=volumes)
    assert beside.title.endswith("/web is not in the image")


def test_a_profile_that_the_node_lacks_is_no_file_of_the_image() -> None:
    pod = crashing("web-1")
    message = 'cannot load seccomp profile "/kubelet/seccomp/app.json": open app.json: no such file or directory'
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "CreateContainerError", "message": message}}
    found = of_web(pod, {})
    assert found.reason == "missing-profile"
    assert found.title.endswith("node n1 has no seccomp profile app.json")


PANICKED = (
    "2026/03/01 12:00:00 http: panic serving 10.0.0.1:5: assignment to entry in nil map",
    "goroutine 34 [running]:", "net/http.(*conn).serve.func1()", "\t/usr/local/go/src/net/http/server.go:1868 +0xb9",
    "panic({0x1, 0x2})", "\t/usr/local/go/src/runtime/panic.go:785 +0x132", "main.(*server).count(0x0)",
    "\t/src/count.go:265 +0x1d",
)  # fmt: skip
BRIDGED = json.dumps({"level": "INFO", "msg": "\n".join(PANICKED)})
NO_FILES = "http: Accept error: accept tcp [::]:8080: accept4: too many open files; retrying in 1s"


@pytest.mark.parametrize("lines", [PANICKED, (BRIDGED,)], ids=["log", "slog"])
def test_a_handler_that_panics_is_why_its_probe_is_not_answered(lines: tuple[str, ...]) -> None:
    fault = unserved(lines, "Get http://10.0.0.9:8080/readyz: EOF")
    assert fault is not None
    assert (fault.error, fault.place) == ("assignment to entry in nil map", "count.go:265")


def test_a_handler_that_panics_is_not_why_a_probe_is_answered_with_503_or_too_late() -> None:
    for said in ("HTTP probe failed with statuscode: 503", "context deadline exceeded"):
        assert unserved(PANICKED, said) is None
    assert unserved((NO_FILES,), "EOF") is None


@pytest.mark.parametrize(
    ("said", "log", "reason"),
    [("EOF", PANICKED, "go-panic"), ("context deadline exceeded", (NO_FILES,), "too-many-open-files"),
     ("context deadline exceeded", PANICKED[:1], "probe-timeout")],
)  # fmt: skip
def test_why_a_program_that_runs_is_not_ready_stands_in_its_log(said: str, log: tuple[str, ...], reason: str) -> None:
    pod = crashing("web-1")
    status = {"name": "web", "ready": False, "restartCount": 0, "state": {"running": {}}}
    pod["status"]["containerStatuses"] = [status]
    failed = event("Pod web-1", "Unhealthy", f"Readiness probe failed: {said}", type="Warning")
    assert of_web(pod, {}, failed, log=log).reason == reason


@pytest.mark.parametrize(
    ("init", "others", "where"),
    [([{"name": "web"}], ["app"], " in init container web"), ([], ["proxy"], " in container web"), ([], [], "")],
    ids=["an init container", "one of two", "the only one"],
)
def test_which_container_it_is_stands_in_the_sentence_where_there_are_several(
    init: list[Json], others: list[str], where: str
) -> None:
    pod = crashing("web-1")
    pod["spec"]["initContainers"] = init
    pod["spec"]["containers"] = [{"name": name} for name in ([] if init else ["web"]) + others]
    assert of_web(pod, {}, log=("no table orders",)).title == f"1 Pod crashes{where}: exit code 1, no table orders"


@pytest.mark.parametrize(
    ("volume", "security", "says"),
    [
        ({"secret": {"secretName": "key"}}, {"runAsUser": 1000},
         "it runs as user 1000: defaultMode and fsGroup say who may read it, and fsGroup is not set"),
        ({"persistentVolumeClaim": {"claimName": "data"}}, {"fsGroup": 5},
         "it runs as the image's user: fsGroup gives it to the Pod's users"),
    ],
)  # fmt: skip
def test_who_may_use_what_a_volume_has_is_said(volume: Json, security: Json, says: str) -> None:
    mount = {"volumeMounts": [{"name": "k", "mountPath": "/etc/key"}]}
    words = "open /etc/key/tls.key: permission denied"
    found = ending(mount, words, volumes=[{"name": "k", **volume}], securityContext=security)
    assert (found.reason, found.cause.endswith(says)) == ("permission", True), found.cause
    assert "volume" not in ending({}, words).cause
