"""Kubernetes, etcd, kwok and our two small programs, built from Go modules into a cache outside the checkout.

A folder of the cache is named by everything that decides what is in it (go.mod, go.sum, own sources, Go's version,
flags), so it is never stale and never rebuilt. Building waits for a lock: several runs at once build once.
"""

import fcntl
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import HarnessError

SOURCES = Path(__file__).resolve().parent.parent / "go"
VERSION = "v1.34.4"
# Without these stamps every component calls itself v0.0.0, and so does its user agent.
STAMPS = " ".join(
    f"-X {package}.gitVersion={VERSION} -X {package}.gitMajor=1 -X {package}.gitMinor=34"
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
)
SILENCE = 20.0
"""Seconds after which a build in progress says that it still builds."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Module:
    """One Go module under `go/` and the commands built from it, by the name each binary gets."""

    folder: str
    commands: dict[str, str]
    link_flags: str = "-s -w"
    architecture: str = ""
    """Another one than the machine's, in Go's words; empty for the machine's own."""


KUBERNETES = Module(
    "kubernetes",
    {
        "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        "etcd": "go.etcd.io/etcd/server/v3",
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
        "kubelet": "k8s.io/kubernetes/cmd/kubelet",
        "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    },
    f"-s -w {STAMPS}",
)
KWOK = Module("kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"})
PAUSE = Module("pause", {"pause": "."})
SICK = Module("sick", {"sick": "."})
FOREIGN = Module("sick", {"sick": "."}, architecture="amd64" if os.uname().machine == "aarch64" else "arm64")
WEB = Module("web", {"web": "."})
BUILDX = Module("buildx", {"docker-buildx": "github.com/docker/buildx/cmd/buildx"})
COREDNS = Module("coredns", {"coredns": "."})
NETPOL = Module("netpol", {"netpol": "."})
GOVULNCHECK = Module("govulncheck", {"govulncheck": "golang.org/x/vuln/cmd/govulncheck"})


@dataclass(frozen=True)
class Binaries:
    """Where the programs of a cluster are."""

    kubernetes: Path
    """The folder of kubectl, kubelet and the rest; made to be put on PATH."""
    kwok: Path
    pause: Path
    web: Path

    @property
    def kubectl(self) -> Path:
        """The kubectl of the cluster's own version; a machine's own may be a vendor's dispatcher."""
        return self.kubernetes / "kubectl"


def binaries(say: Say) -> Binaries:
    """Every program, built where the cache lacks it. The first time takes six to ten minutes on two cores."""
    kubernetes = _build(KUBERNETES, say)
    kwok, pause, web = (_build(module, say) for module in (KWOK, PAUSE, WEB))
    return Binaries(kubernetes, kwok / "kwok", pause / "pause", web / "web")


def sick(say: Say) -> Path:
    """The program that fails as it is told to; only the tests about causes need it."""
    return _build(SICK, say) / "sick"


def foreign(say: Say) -> Path:
    """The same, built for a processor that this machine does not have."""
    return _build(FOREIGN, say) / "sick"


def tool(module: Module, say: Say) -> Path:
    """A program that only some tests need, built when the first of them asks: docker-buildx takes four minutes of two
    cores, CoreDNS two, netpol half a minute to one, govulncheck 15 seconds.
    """
    (name,) = module.commands
    return _build(module, say) / name


def built() -> Binaries | None:
    """Every program if all are in the cache already, else None."""
    folders = {module.folder: _folder(module) for module in (KUBERNETES, KWOK, PAUSE, WEB)}
    if any(_missing(module, folders[module.folder]) for module in (KUBERNETES, KWOK, PAUSE, WEB)):
        return None
    return Binaries(folders["kubernetes"], folders["kwok"] / "kwok", folders["pause"] / "pause", folders["web"] / "web")


def cache() -> Path:
    """The folder that keeps what was built, shared by all checkouts of this user."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "kubectl-goweb" / "real"


def _build(module: Module, say: Say) -> Path:
    folder = _folder(module)
    if not _missing(module, folder):
        return folder
    with _lock(cache() / f"{module.folder}.lock", say):
        missing = _missing(module, folder)  # another run may have built them while this one waited
        for number, name in enumerate(missing, 1):
            say(f"building {name} ({number} of {len(missing)} in {module.folder})")
            began = time.monotonic()
            _compile(module, name, folder, say)
            say(f"built {name} in {time.monotonic() - began:.0f} s")
    return folder


def _compile(module: Module, name: str, folder: Path, say: Say) -> None:
    target = folder / f"{name}.new"
    command = ["nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", module.link_flags]
    command += ["-o", str(target), module.commands[name]]
    log = folder / f"{name}.log"
    here, environment = SOURCES / module.folder, _environment()
    if module.architecture:
        environment["GOARCH"] = module.architecture
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as compiler,
    ):
        began = time.monotonic()
        while True:
            try:
                code = compiler.wait(SILENCE)
                break
            except subprocess.TimeoutExpired:
                say(f"still building {name} after {time.monotonic() - began:.0f} s")
    if code != 0:
        raise HarnessError(f"go build {module.commands[name]} failed in {SOURCES / module.folder}:\n{log.read_text()}")
    log.unlink()
    target.replace(folder / name)


def _environment() -> dict[str, str]:
    # GOFLAGS of the machine could change what is built (-mod, -tags), and with it what the cache's name promises.
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}


def _missing(module: Module, folder: Path) -> list[str]:
    return [name for name in module.commands if not (folder / name).exists()]


def _folder(module: Module) -> Path:
    """The module's folder in the cache, made when it is not there."""
    source = SOURCES / module.folder
    digest = hashlib.sha256()
    for file in sorted(file for file in source.iterdir() if file.name in {"go.mod", "go.sum"} or file.suffix == ".go"):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    digest.update(
        f"{_go_version()} {module.link_flags} {sorted(module.commands.items())} trimpath{module.architecture}".encode()
    )
    folder = cache() / f"bin-{module.folder}-{digest.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _go_version() -> str:
    # Asked inside a module, because `go` may switch to the toolchain that go.mod names.
    asked = subprocess.run(
        ["go", "env", "GOVERSION", "GOOS", "GOARCH"],
        cwd=SOURCES / "kubernetes",
        env=_environment(),
        capture_output=True,
        text=True,
    )
    if asked.returncode != 0:
        raise HarnessError(f"go env failed: {asked.stderr.strip()}")
    return " ".join(asked.stdout.split())


@contextmanager
def _lock(path: Path, say: Say) -> Iterator[None]:
    """Hold a lock that dies with its holder."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another build, which holds {path}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
