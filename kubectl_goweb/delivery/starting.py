"""The files that `init` writes for a module it has looked at, as text."""

from __future__ import annotations

from msgspec import Struct

from kubectl_goweb.delivery.go_source import GoModule

SERVICE_FILE = "goweb.yaml"
SCHEMA_FILE = ".goweb/goweb-service-v1.json"
DOCKERIGNORE = """\
# What the builder is never sent: history, secrets, and what a build does not need.
.git
.goweb
.env
.env.*
*.pem
*.key
**/.env
**/.env.*
**/*.pem
**/*.key
.dockerignore
Dockerfile
goweb.yaml
*.md
bin
dist
"""
STATE_IGNORE = "*\n"
_HOSTS = {"github.com": "ghcr.io", "gitlab.com": "registry.gitlab.com"}


class Start(Struct, frozen=True, kw_only=True):
    """What a new goweb.yaml says beyond the defaults."""

    module: GoModule
    name: str
    image: str
    main: str
    port: int
    health: str


def image_of(module_path: str, name: str) -> str:
    """The repository of the image where the code's host keeps images too; else a registry on this machine."""
    host, *rest = module_path.split("/")
    if host in _HOSTS and len(rest) >= 2:
        return f"{_HOSTS[host]}/{rest[0]}/{rest[1]}".lower()
    return f"localhost:5000/{name}"


def main_of(module: GoModule, name: str) -> str:
    """The main package that is the service: the only one, the one named like it, or the one whose name says so."""
    wanted = (f"./cmd/{name}", ".", "./cmd/server", "./cmd/web", "./cmd/api", "./cmd/app")
    return next((one for one in wanted if one in module.mains), module.mains[0] if module.mains else ".")


def service_file(start: Start) -> str:
    """A goweb.yaml with what differs from the defaults, and what is most often changed next."""
    return f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# What each key means: kubectl goweb explain-file KEY
name: {start.name}
image: {start.image}
port: {start.port}
replicas: 2

build:
  main: {start.main}

# Startup, readiness and liveness are asked here.
healthCheck:
  endpoint: {start.health}
  interval: 5s
  timeout: 2s
  retries: 3

resources:
  cpu: 100m
  memory: 64Mi
  memoryLimit: 128Mi  # becomes GOMEMLIMIT too

rollout:
  maxSurge: 1
  maxUnavailable: 0
  deadline: 5m
  onFailure: rollback

scan:
  failOn: HIGH
  onError: warn  # without a scanner: fail blocks the release, warn says so and goes on

# ingress:
#   host: {start.name}.example.com
# network:
#   allowFrom:
#     - app: gateway
# config:
#   env:
#     LOG_LEVEL: info
#   secrets:
#     - name: DATABASE_URL
#       secret: {start.name}-database
# environments:
#   production:
#     replicas: 5
"""


def dockerfile(start: Start, *, has_buildkit: bool = False) -> str:
    """The two stages of the image: Go's tools in the first, nothing but the binary in the second. BuildKit keeps Go's
    caches between builds; the classic builder cannot, and keeps layers.
    """
    return f"""\
FROM golang:{start.module.toolchain} AS build
WORKDIR /src
ENV CGO_ENABLED=0
{_compiled_with_caches(start) if has_buildkit else _compiled_in_layers(start)}
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/app /app
USER 65532:65532
EXPOSE {start.port}
ENTRYPOINT ["/app"]
"""


_WHY_SYMBOLS = """\
# -w leaves debug data out; the symbols stay, so that govulncheck can tell which functions are in the binary.
"""


def _compiled_with_caches(start: Start) -> str:
    caches = "--mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod"
    return f"""\
COPY . .
ARG MAIN={start.main}
{_WHY_SYMBOLS}RUN {caches} \\
    go build -trimpath -ldflags=-w -o /out/app "$MAIN"
"""


def _compiled_in_layers(start: Start) -> str:
    sums = "go.mod go.sum" if start.module.has_requirements else "go.mod"
    fetch = "" if start.module.is_vendored else f"COPY {sums} ./\nRUN go mod download\n"
    return f"""\
# Compiled once, and not again with every change of the source below.
RUN go build -trimpath net/http
{fetch}COPY . .
ARG MAIN={start.main}
{_WHY_SYMBOLS}RUN go build -trimpath -ldflags=-w -o /out/app "$MAIN"
"""
