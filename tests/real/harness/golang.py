"""The two base images of a Go service's Dockerfile, made on this machine, as nothing can be pulled. One holds the
machine's own Go and a shell, the other is as bare as a distroless one.
"""

import io
import json
import subprocess
import tarfile
from pathlib import Path

from .images import BASE_IMAGE, docker
from .layout import Layout
from .rootfs import add_folder, add_program

DISTROLESS = "gcr.io/distroless/static-debian12:nonroot"
_UNNEEDED = {"api", "doc", "misc", "test"}


def require_base_images(layout: Layout, toolchain: str) -> None:
    """Give the cluster's Docker Engine `golang:TOOLCHAIN` and the distroless base, unless it has them. About ten
    seconds the first time.
    """
    golang = f"golang:{toolchain}"
    present = docker(layout, "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    if DISTROLESS not in present:
        docker(layout, "tag", BASE_IMAGE, DISTROLESS)
    if golang in present:
        return
    others = [name for name in present if name.startswith("golang:")]
    if others:
        docker(layout, "tag", others[0], golang)
        return
    changes = ["ENV PATH=/usr/local/go/bin:/bin GOTOOLCHAIN=local GOFLAGS=-buildvcs=false HOME=/root GOPATH=/go"]
    arguments = [part for change in changes for part in ("--change", change)]
    docker(layout, "import", *arguments, "-", golang, stdin=_toolchain())


def _toolchain() -> bytes:
    """The machine's Go and its shell as the root file system of an image."""
    environment = subprocess.run(["go", "env", "-json", "GOROOT"], capture_output=True, check=True).stdout
    root = Path(json.loads(environment)["GOROOT"])
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for folder in sorted(root.iterdir()):
            if folder.name not in _UNNEEDED:
                tar.add(folder, f"usr/local/go/{folder.name}", filter=_without_tests)
        for program in ("/bin/sh", "/bin/mkdir"):
            add_program(tar, Path(program))
        add_folder(tar, "tmp", 0o1777)
        add_folder(tar, "root", 0o755)
        add_folder(tar, "go", 0o755)
    return target.getvalue()


def _without_tests(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if entry.name.endswith("_test.go") or "/testdata" in entry.name else entry
