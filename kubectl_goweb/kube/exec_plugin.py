"""Logins by a program: run it, read the ExecCredential that it prints. When to run it and how long its answer holds
lives in credentials.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
The program never sees our terminal: its input is empty and what it writes is kept for the error, so that it cannot
scribble over a screen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime

import msgspec

from kubectl_goweb.errors import KubeconfigError, UnauthorizedError
from kubectl_goweb.kube.access import ClientCertificate, ExecPlugin, Pem, Secret

PLUGIN_SECONDS = 60.0


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    expiration_timestamp: datetime | None = None
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""


class _ExecCredential(msgspec.Struct, frozen=True, rename="camel"):
    kind: str = ""
    api_version: str = ""
    status: _Status | None = None


class PluginCredential(msgspec.Struct, frozen=True):
    """What the program gave: a token, a client certificate or both; and until when (None: until it is refused)."""

    token: Secret | None
    certificate: ClientCertificate | None
    expires: datetime | None


def run_plugin(plugin: ExecPlugin, who: str, *, timeout: float = PLUGIN_SECONDS) -> PluginCredential:
    """Run the program of user `who` and read its answer. KubeconfigError when it is missing or speaks otherwise,
    UnauthorizedError when it fails or takes more than `timeout` seconds.
    """
    if plugin.needs_terminal:
        raise KubeconfigError(
            f"{who}: the login program {plugin.command!r} wants a terminal (interactiveMode Always)",
            hint="log in with it by hand and use a kubeconfig whose interactiveMode is IfAvailable",
        )
    environ: Mapping[str, str] = msgspec.json.decode(plugin.environ.value, type=dict[str, str])
    command = _found(plugin, environ, who)
    spec: dict[str, object] = {"interactive": False}
    if plugin.cluster is not None:
        spec["cluster"] = msgspec.Raw(plugin.cluster.value.encode())
    info = msgspec.json.encode({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}).decode()
    try:
        done = subprocess.run(
            [command, *plugin.args],
            env={**environ, "KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            start_new_session=True,  # Ctrl-C belongs to us; and it has no terminal to open
        )
    except subprocess.TimeoutExpired as error:
        raise UnauthorizedError(
            f"{who}: the login program {plugin.command!r} did not finish within {timeout:g} s{_said(error.stderr)}",
            hint="if it waits for you to log in, do so once with: kubectl get --raw /version",
        ) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise KubeconfigError(
            f"{who}: cannot run the login program {plugin.command!r}: {why}", hint=plugin.install_hint
        ) from error
    if done.returncode != 0:
        raise UnauthorizedError(
            f"{who}: the login program {plugin.command!r} failed with exit code {done.returncode}{_said(done.stderr)}",
            hint=_one_line(plugin.install_hint) or "log in again, then try: kubectl get --raw /version",
        )
    return _read(done.stdout, plugin, who)


def _found(plugin: ExecPlugin, environ: Mapping[str, str], who: str) -> str:
    """The program's path: on PATH, or beside the kubeconfig when its name has a slash."""
    name = plugin.command
    path = os.path.join(plugin.folder, name) if os.sep in name else name  # noqa: PTH118  # a Path would drop a leading ./
    found = shutil.which(path, path=environ.get("PATH"))
    if found is None:
        raise KubeconfigError(
            f"{who}: the login program {name!r} is not there",
            hint=_one_line(plugin.install_hint) or "install it, or correct exec.command in the kubeconfig",
        )
    return found


def _read(output: bytes, plugin: ExecPlugin, who: str) -> PluginCredential:
    program = f"{who}: the login program {plugin.command!r}"
    hint = f"run it by hand to see what it prints; it must be an ExecCredential of {plugin.api_version}"
    try:
        answer = msgspec.json.decode(output, type=_ExecCredential)
    except msgspec.DecodeError as error:
        raise KubeconfigError(f"{program} did not print an ExecCredential", hint=hint) from error
    if answer.kind != "ExecCredential" or answer.api_version != plugin.api_version:
        raise KubeconfigError(
            f"{program} printed a {answer.kind!r} of {answer.api_version!r}, not of {plugin.api_version!r}",
            hint=hint,
        )
    status = answer.status or _Status()
    if bool(status.client_certificate_data) != bool(status.client_key_data):
        raise KubeconfigError(f"{program} gave only one of certificate and key", hint=hint)
    if not (status.token or status.client_key_data):
        raise KubeconfigError(f"{program} gave neither a token nor a certificate", hint=hint)
    certificate = None
    if status.client_key_data:
        certificate = ClientCertificate(
            Pem(data=Secret(status.client_certificate_data)), Pem(data=Secret(status.client_key_data))
        )
    return PluginCredential(Secret(status.token) if status.token else None, certificate, status.expiration_timestamp)


def _said(stderr: bytes | None) -> str:
    said = _one_line((stderr or b"").decode("utf-8", "replace"))
    return f"; it said: {said}" if said else ""


def _one_line(text: str) -> str:
    """The end of what a program said, on one line and without control characters: it goes into a sentence."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(line.split())
    return line if len(line) <= 300 else "..." + line[-300:]
