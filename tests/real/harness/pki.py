"""Keys and certificates of one cluster, made by the openssl command. P-256 keys: they are there at once, where RSA
keys take a second.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import HarnessError
from .layout import NODE, Layout

DAYS = 3650


@dataclass(frozen=True)
class Login:
    """A client certificate and its key, as files."""

    certificate: Path
    key: Path


def create(layout: Layout) -> None:
    """Make the authority and every certificate the cluster's own parts need, in the empty folder `layout.pki`."""
    folder = layout.pki
    folder.mkdir(parents=True, mode=0o700)
    certificate: list[str | Path] = ["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", folder / "ca.crt"]
    _certify("/CN=goweb-test-ca", folder / "ca.key", DAYS, certificate)
    _openssl("genrsa", "-out", folder / "service-accounts.key", "2048")
    _openssl("rsa", "-in", folder / "service-accounts.key", "-pubout", "-out", folder / "service-accounts.pub")
    issue_serving(layout)
    issue(
        folder,
        "kubelet-serving",
        f"system:node:{NODE}",
        ["system:nodes"],
        names=[f"IP:{layout.node_ip}", f"DNS:{NODE}"],
        server=True,
    )
    issue(folder, "kubelet", f"system:node:{NODE}", ["system:nodes"])
    issue(folder, "apiserver-kubelet", "kube-apiserver-kubelet-client", ["system:masters"])
    issue(folder, "admin", "admin", ["system:masters"])
    issue(folder, "kwok", "kwok", ["system:masters"])
    issue(folder, "controller-manager", "system:kube-controller-manager")
    issue(folder, "scheduler", "system:kube-scheduler")
    issue(folder, "proxy", "system:kube-proxy")


def issue_serving(layout: Layout, *, days: int = DAYS) -> None:
    """The certificate that the API server shows; it takes a new one up when it starts."""
    addresses = [f"IP:{layout.node_ip}", f"IP:{layout.api_service_ip}", "IP:127.0.0.1"]
    names = [f"DNS:{name}" for name in ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")]
    issue(layout.pki, "apiserver", "kube-apiserver", names=[*addresses, *names], server=True, days=days)


def login(folder: Path, name: str) -> Login:
    """The files of a certificate made before."""
    return Login(folder / f"{name}.crt", folder / f"{name}.key")


def issue(
    authority: Path,
    file: str,
    user: str,
    groups: Sequence[str] = (),
    *,
    names: Sequence[str] = (),
    server: bool = False,
    days: int = DAYS,
    folder: Path | None = None,
) -> Login:
    """Sign a certificate for a user and its groups, as Kubernetes reads them: CN is the user, each O a group.

    `authority` is the folder of ca.crt and ca.key; `folder` gets the files, the authority's own if None. `names` are
    subject alternative names such as `IP:10.0.0.1`. See
    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
    """
    issued = login(folder or authority, file)
    subject = "".join(f"/O={_escape(group)}" for group in groups) + f"/CN={_escape(user)}"
    usage = "serverAuth,clientAuth" if server else "clientAuth"
    extensions = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"extendedKeyUsage={usage}"]
    if names:
        extensions += ["-addext", f"subjectAltName={','.join(names)}"]
    signer: list[str | Path] = ["-CA", authority / "ca.crt", "-CAkey", authority / "ca.key", "-out", issued.certificate]
    _certify(subject, issued.key, days, [*extensions, *signer])
    return issued


def _certify(subject: str, key: Path, days: int, more: Sequence[str | Path]) -> None:
    """A new key and its certificate, self-signed unless `more` names an authority."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    _openssl("req", "-x509", "-nodes", "-days", str(days), "-subj", subject, *curve, "-keyout", key, *more)


def _escape(name: str) -> str:
    """A name as openssl's -subj wants it: slashes part its fields, plus signs its values."""
    return "".join(f"\\{letter}" if letter in "\\/+=" else letter for letter in name)


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise HarnessError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
