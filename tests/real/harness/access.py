"""Logins: kubeconfig files of every kind, written as kubectl would.

An exec plugin here is a real program: a script that counts its calls and prints the credential a test left for it.
"""

import base64
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import pki
from .layout import Layout

CONTEXT = "goweb-real"


@dataclass(frozen=True)
class ExecPlugin:
    """A kubeconfig whose login is an exec plugin, and what the test can see and change of that plugin."""

    kubeconfig: Path
    credential: Path
    """The ExecCredential that the next call prints."""
    calls: Path
    """One line a call."""

    def call_count(self) -> int:
        """How often the plugin was run."""
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


def by_certificate(
    layout: Layout, target: Path, login: pki.Login, *, namespace: str = "default", server: str | None = None
) -> Path:
    """A kubeconfig that logs in with a client certificate, embedded in it."""
    user = {"client-certificate-data": _embedded(login.certificate), "client-key-data": _embedded(login.key)}
    return _write(layout, target, user, namespace, server)


def by_token(layout: Layout, target: Path, token: str, *, namespace: str = "default") -> Path:
    """A kubeconfig that logs in with a bearer token."""
    return _write(layout, target, {"token": token}, namespace)


def by_token_file(layout: Layout, target: Path, token_file: Path, *, namespace: str = "default") -> Path:
    """A kubeconfig that logs in with the token in a file, which may change while a program runs."""
    return _write(layout, target, {"tokenFile": str(token_file)}, namespace)


def by_exec(layout: Layout, folder: Path, *, namespace: str = "default") -> ExecPlugin:
    """A kubeconfig that logs in by an exec plugin, in `folder`; give it a credential with `exec_credential` before its
    first call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plugin = ExecPlugin(folder / "kubeconfig", folder / "credential.json", folder / "calls")
    script = folder / "login"
    script.write_text(f"#!/bin/sh\necho called >> '{plugin.calls}'\nexec cat '{plugin.credential}'\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(script),
            "interactiveMode": "Never",
            "provideClusterInfo": False,
        }
    }
    _write(layout, plugin.kubeconfig, user, namespace)
    return plugin


def exec_credential(
    plugin: ExecPlugin, *, token: str | None = None, login: pki.Login | None = None, expires: datetime | None = None
) -> None:
    """What the plugin answers from now on: a token or a client certificate, good until `expires`."""
    status: dict[str, str] = {}
    if token is not None:
        status["token"] = token
    if login is not None:
        status["clientCertificateData"] = login.certificate.read_text()
        status["clientKeyData"] = login.key.read_text()
    if expires is not None:
        status["expirationTimestamp"] = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    fresh = plugin.credential.with_suffix(".new")
    fresh.write_text(json.dumps(answer))
    fresh.replace(plugin.credential)


def _write(layout: Layout, target: Path, user: Mapping[str, object], namespace: str, server: str | None = None) -> Path:
    cluster = {"server": server or layout.server, "certificate-authority-data": _embedded(layout.pki / "ca.crt")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "preferences": {},
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}}],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text(_yaml(document) + "\n")
    return target


def _yaml(value: object, indent: str = "") -> str:
    """Block YAML of mappings, lists of mappings and scalars: all that a kubeconfig holds. Scalars are written as JSON,
    which YAML reads.
    """
    lines: list[str] = []
    match value:
        case dict():
            for key, inner in value.items():
                if isinstance(inner, dict | list) and inner:
                    lines += [f"{indent}{key}:", _yaml(inner, indent + "  ")]
                else:
                    lines.append(f"{indent}{key}: {json.dumps(inner)}")
        case list() as items:
            for item in items:
                text = _yaml(item, indent + "  ")
                lines.append(f"{indent}- {text[len(indent) + 2 :]}")
        case _:
            lines.append(f"{indent}{json.dumps(value)}")
    return "\n".join(lines)


def _embedded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
