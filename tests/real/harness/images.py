"""Images without any registry on the internet: the Pods' pause container, a base as bare as a distroless one, and two
versions of the web service.
"""

import hashlib
import io
import json
import os
import subprocess
import tarfile
import urllib.request
from pathlib import Path

from .build import WEB, Binaries, tool
from .errors import HarnessError
from .layout import Layout
from .rootfs import add_file, add_folder
from .runtime import PAUSE_IMAGE

BASE_IMAGE = "goweb.test/base:1"
PASSWD = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
VERSIONS = ("1", "2")
DOCKERFILE = """\
FROM {base}
COPY web /web
ENV VERSION={version}
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/web"]
"""


def web_image(layout: Layout, version: str) -> str:
    """The name of a version of the web service in the cluster's registry."""
    return f"{layout.registry}/web:{version}"


def load_pause(layout: Layout, binaries: Binaries) -> None:
    """Give containerd the image of the container that holds a Pod's network."""
    archive = layout.data / "pause.tar"
    archive.write_bytes(_image_archive(PAUSE_IMAGE, binaries.pause.read_bytes()))
    _run(["ctr", "--address", str(layout.containerd_socket), "--namespace", "k8s.io", "images", "import", str(archive)])
    archive.unlink()


def publish_web(layout: Layout, binaries: Binaries) -> None:
    """Build the web service's images by Docker and push them to the registry."""
    base = io.BytesIO()
    with tarfile.open(fileobj=base, mode="w") as tar:
        add_file(tar, "etc/passwd", PASSWD.encode())
        if AUTHORITIES.exists():
            add_file(tar, "etc/ssl/certs/ca-certificates.crt", AUTHORITIES.read_bytes())
        add_folder(tar, "tmp", 0o1777)
        add_folder(tar, "home/nonroot", 0o755)
    docker(layout, "import", "-", BASE_IMAGE, stdin=base.getvalue())
    for version in VERSIONS:
        _publish(layout, binaries.web, version, version)


def publish_current_web(layout: Layout) -> str:
    """Push the web service as it is in this checkout, which a cluster that was up before may not have; the image's
    name. A second time it costs a second.
    """
    program = tool(WEB, print)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()[:12]
    return _publish(layout, program, f"current-{digest}", "1")


def _publish(layout: Layout, program: Path, tag: str, version: str) -> str:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        add_file(tar, "Dockerfile", DOCKERFILE.format(base=BASE_IMAGE, version=version).encode())
        add_file(tar, "web", program.read_bytes(), 0o755)
    image = web_image(layout, tag)
    docker(layout, "build", "--quiet", "--tag", image, "-", stdin=context.getvalue())
    docker(layout, "push", "--quiet", image)
    return image


def publish_variant(layout: Layout, version: str, **environment: str) -> str:
    """A version of the web service whose image itself makes it fail, as a bad release does: `UNREADY="1"`; its name."""
    variables = "".join(f"ENV {name}={value}\n" for name, value in sorted(environment.items()))
    lines = f"FROM {web_image(layout, version)}\n{variables}"
    image = web_image(layout, f"{version}-{hashlib.sha256(lines.encode()).hexdigest()[:12]}")
    docker(layout, "build", "--quiet", "--tag", image, "-", stdin=lines.encode())
    docker(layout, "push", "--quiet", image)
    return image


def publish_program(layout: Layout, program: Path) -> str:
    """An image of one program on the bare base, in the registry; its tag is the program's digest. Made once."""
    content = program.read_bytes()
    image = f"{layout.registry}/{program.name}:{hashlib.sha256(content).hexdigest()[:12]}"
    if not docker(layout, "images", "--quiet", image).strip():
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            lines = f'FROM {BASE_IMAGE}\nCOPY {program.name} /{program.name}\nENTRYPOINT ["/{program.name}"]\n'
            add_file(tar, "Dockerfile", lines.encode())
            add_file(tar, program.name, content, 0o755)
        docker(layout, "build", "--quiet", "--tag", image, "-", stdin=context.getvalue())
        docker(layout, "push", "--quiet", image)
    return image


def publish_bare(layout: Layout) -> str:
    """An image that names no command, in the registry."""
    root = io.BytesIO()
    with tarfile.open(fileobj=root, mode="w") as tar:
        add_folder(tar, "tmp", 0o1777)
    return _import(layout, "bare", root.getvalue())


def publish_unloadable(layout: Layout) -> str:
    """An image of a program of this machine with its loader and without its libraries, in the registry."""
    program = Path("/bin/true")
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    loader = next(word for word in linked.split() if "/ld-" in word)
    root = io.BytesIO()
    with tarfile.open(fileobj=root, mode="w") as tar:
        for path in (str(program), loader):
            add_file(tar, path.lstrip("/"), Path(path).read_bytes(), 0o755)
    return _import(layout, "unloadable", root.getvalue(), "--change", f'ENTRYPOINT ["{program}"]')


def _import(layout: Layout, name: str, root: bytes, *changes: str) -> str:
    """Push an image of this root file system; its name."""
    image = f"{layout.registry}/sick:{name}"
    if not docker(layout, "images", "--quiet", image).strip():
        docker(layout, "import", *changes, "-", image, stdin=root)
        docker(layout, "push", "--quiet", image)
    return image


def publish_index(layout: Layout, image: str, architecture: str) -> str:
    """An image index in the registry whose only entry is this image, for that processor; its name.

    https://github.com/opencontainers/image-spec/blob/main/image-index.md
    """
    name, _, tag = image.rpartition("/")[2].partition(":")
    manifest = "application/vnd.docker.distribution.manifest.v2+json"
    base = f"http://{layout.registry}/v2/{name}/manifests"
    with urllib.request.urlopen(urllib.request.Request(f"{base}/{tag}", headers={"Accept": manifest})) as answer:
        digest, size = answer.headers["Docker-Content-Digest"], len(answer.read())
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    entry = {"mediaType": manifest, "digest": digest, "size": size,
             "platform": {"architecture": architecture, "os": "linux"}}  # fmt: skip
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [entry]}).encode()
    put = urllib.request.Request(f"{base}/{tag}-index", body, {"Content-Type": kind}, method="PUT")
    with urllib.request.urlopen(put):
        return f"{image}-index"


def docker(layout: Layout, *arguments: str, stdin: bytes = b"") -> str:
    """Run the docker command on the cluster's engine; answers what it printed."""
    environment = {
        "DOCKER_HOST": f"unix://{layout.docker_socket}",
        "DOCKER_BUILDKIT": "0",
        "HOME": str(layout.root / "home"),
    }
    return _run(["docker", *arguments], stdin, environment)


def _image_archive(name: str, program: bytes) -> bytes:
    """An image of one program, in the format of `docker save`."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        add_file(tar, "pause", program, 0o755)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Entrypoint": ["/pause"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        add_file(tar, "config.json", config)
        add_file(tar, "layer.tar", layer.getvalue())
        add_file(tar, "manifest.json", json.dumps(manifest).encode())
    return archive.getvalue()


def _run(command: list[str], stdin: bytes = b"", environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise HarnessError(f"{' '.join(command[:6])} failed: {said}")
    return done.stdout.decode(errors="replace")
