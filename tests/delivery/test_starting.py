"""What `init` finds out about a Go module by itself, and what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubectl_goweb.delivery import starting
from kubectl_goweb.delivery.go_source import GoFile, GoModule, module, service_name
from kubectl_goweb.delivery.looking import look
from kubectl_goweb.delivery.service import read
from kubectl_goweb.errors import UsageError

WEB = Path(__file__).parents[1] / "real" / "go" / "web"


def found(text: str, path: str = "main.go") -> GoModule:
    made = module("module example.com/x\n\ngo 1.21\n", [GoFile(path, f"package main\nfunc main() {{}}\n{text}")])
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ('http.ListenAndServe(":9090", nil)', "9090"),
        ('http.ListenAndServe("0.0.0.0:80", mux)', "80"),
        ('srv := &http.Server{Addr: ":8443"}', "8443"),
        ('net.Listen("tcp", ":7070")', "7070"),
        ('e.Start(":1323")', "1323"),
        ('port := getenv("PORT", "3000")', "3000"),
        ('flag.Int("port", 5001, "where to listen")', None),
        ("var port = 5001", "5001"),
        ('// http.ListenAndServe(":1111", nil)', None),
        ('other.Dial(":6060")\nhttp.ListenAndServe(":9090", nil)', "9090"),
    ],
)
def test_the_port_is_found_in_the_source(text: str, port: str | None) -> None:
    made = found(text)
    assert (made.port.value if made.port else None) == port


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('mux.HandleFunc("GET /api/health", h)', "/api/health"),
        ('http.HandleFunc("/healthz", h)', "/healthz"),
        ('r.GET("/ping", h)\nr.GET("/healthz", h)', "/healthz"),
        ('r.GET("/unhealthy", h)', None),
    ],
)
def test_the_health_path_is_found_in_the_source(text: str, path: str | None) -> None:
    made = found(text)
    assert (made.health.value if made.health else None) == path


@pytest.mark.parametrize(
    ("path", "name"),
    [("github.com/team/shop/v2", "shop"), ("example.com/My_Service", "my-service"), ("7up", "app-7up")],
)
def test_the_name_is_the_last_part_of_the_modules_path_that_says_something(path: str, name: str) -> None:
    made = module(f"module {path}\n", [])
    assert made is not None
    assert made.name == name == service_name(name)


def test_a_module_is_looked_at_as_it_lies_there(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module github.com/team/shop\n\ngo 1.22.3\n\nrequire golang.org/x/text v0.3.7\n")
    for path, text in {
        "cmd/shop/main.go": 'package main\n\nfunc main() { http.ListenAndServe(":9000", nil) }\n',
        "cmd/tool/main.go": "package main\n\nfunc main() {}\n",
        "web/web.go": 'package web\n\nfunc routes() { mux.Handle("/healthz", h) }\n',
        "web/web_test.go": 'package web\n\nvar port = "1234"\n',
        "vendor/a/main.go": "package main\n\nfunc main() {}\n",
        "other/go.mod": "module other\n",
        "other/main.go": "package main\n\nfunc main() {}\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    seen = look(tmp_path)

    assert (seen.path, seen.go, seen.toolchain, seen.has_requirements) == (
        "github.com/team/shop",
        "1.22.3",
        "1.22",
        True,
    )
    assert seen.mains == ("./cmd/shop", "./cmd/tool")
    assert starting.main_of(seen, seen.name) == "./cmd/shop"
    assert starting.image_of(seen.path, seen.name) == "ghcr.io/team/shop"
    assert (seen.port and seen.port.value, seen.health and seen.health.file) == ("9000", "web/web.go")


def test_a_folder_without_a_module_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no Go module"):
        look(tmp_path)


def test_what_is_written_for_the_real_service_is_valid() -> None:
    seen = look(WEB)
    start = starting.Start(
        module=seen, name="web", image="localhost:5000/web", main=".", port=8080, health="/api/health"
    )
    file = read(starting.service_file(start)).file
    assert (file.name, file.port, file.health_check.endpoint) == ("web", 8080, "/api/health")


@pytest.mark.parametrize(
    ("more", "is_vendored", "copied"),
    [
        ("", False, "COPY go.mod ./\nRUN go mod download\n"),
        ("require golang.org/x/text v0.3.7\n", False, "COPY go.mod go.sum ./\nRUN go mod download\n"),
        ("require golang.org/x/text v0.3.7\n", True, "\nCOPY . .\n"),
    ],
)
def test_modules_are_fetched_before_the_source_changes_and_only_when_there_are_any_to_fetch(
    more: str, is_vendored: bool, copied: str
) -> None:
    seen = module(f"module example.com/shop\n\ngo 1.24\n{more}", [], is_vendored=is_vendored)
    assert seen is not None
    text = starting.dockerfile(
        starting.Start(module=seen, name="shop", image="x", main=".", port=8080, health="/healthz")
    )
    assert copied in text
    assert ("mod download" in text) is ("mod download" in copied)


def test_secrets_and_history_are_never_sent_to_the_builder() -> None:
    assert {".git", ".env", ".env.*", "**/.env"} <= set(starting.DOCKERIGNORE.splitlines())


def test_gos_caches_are_kept_where_buildkit_can() -> None:
    seen = module("module example.com/shop\n\ngo 1.24\n", [])
    assert seen is not None
    start = starting.Start(module=seen, name="shop", image="x", main="./cmd/shop", port=8080, health="/healthz")
    text = starting.dockerfile(start, has_buildkit=True)
    assert "--mount=type=cache,target=/root/.cache/go-build" in text
    assert "--mount" not in starting.dockerfile(start)
