"""Kubeconfigs that cannot be meant: each is told in one sentence that names file and entry, with a next step."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb.errors import GowebError, KubeconfigError, UnauthorizedError
from kubectl_goweb.kube.connection import Connection
from tests.kube.kubeconfigs import access, config, write
from tests.kube.pki import Pki

SERVER = "https://127.0.0.1:1"
CLUSTER = {"server": SERVER}
V1 = "client.authentication.k8s.io/v1"


def told(path: Path, **overrides: Any) -> KubeconfigError:
    """The complaint, wherever on the way to the first request it comes."""
    with pytest.raises(KubeconfigError) as caught:
        use(path, **overrides)
    return caught.value


def use(path: Path, **overrides: Any) -> None:
    with Connection(access(path, dict(os.environ), **overrides)) as connection:
        connection.get("/version")


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


BROKEN: dict[str, tuple[str | bytes | dict[str, Any], str]] = {
    "empty": ("", "is empty"),
    "not_yaml": ("clusters: [\n  - {", "is not YAML: "),
    "tab": ("clusters:\n\t- name: x", "line 2, column 1"),
    "list": ("- a\n- b\n", "is a list, not a kubeconfig"),
    "text": ("hello", "is a line of text, not a kubeconfig"),
    "binary": (bytes(range(256)), "is not YAML"),
    "other_version": ({**config(CLUSTER, {}), "apiVersion": "v2"}, "holds Config v2, not Config v1"),
    "other_kind": ({**config(CLUSTER, {}), "kind": "Pod"}, "holds Pod v1, not Config v1"),
    "clusters_as_map": (
        "clusters: {kind: {server: x}}\ncurrent-context: kind",
        "expected array, got object at clusters",
    ),
    "unknown_context": (
        {**config(CLUSTER, {}), "current-context": "prod"},
        "context 'prod' (current-context) does not exist",
    ),
    "no_current_context": ({**config(CLUSTER, {}), "current-context": ""}, "no current-context is set"),
    "context_without_cluster": (config(CLUSTER, {}, cluster=""), "context 'kind' names no cluster"),
    "missing_cluster": (config(CLUSTER, {}, cluster="gone"), "cluster 'gone' (named by context 'kind') does not exist"),
    "missing_user": (config(CLUSTER, {}, user="bob"), "user 'bob' (named by context 'kind') does not exist"),
    "no_server": (config({}, {}), "cluster 'kind' has no server"),
    "server_not_a_url": (config({"server": "ftp://x"}, {}), "server 'ftp://x' is not an http or https URL"),
    "server_port": (config({"server": "https://x:99999"}, {}), "server 'https://x:99999' is not an http or https URL"),
    "missing_ca": (
        config({**CLUSTER, "certificate-authority": "gone.crt"}, {}),
        "cluster 'kind': certificate-authority: cannot read",
    ),
    "ca_not_base64": (
        config({**CLUSTER, "certificate-authority-data": "%%%"}, {}),
        "cluster 'kind': certificate-authority-data is not valid base64",
    ),
    "ca_without_certificate": (
        config({**CLUSTER, "certificate-authority-data": "aGVsbG8K"}, {}),
        "cluster 'kind': no certificate in its certificate-authority",
    ),
    "ca_and_insecure": (
        config({**CLUSTER, "certificate-authority-data": "aGVsbG8K", "insecure-skip-tls-verify": True}, {}),
        "has both a certificate-authority and insecure-skip-tls-verify",
    ),
    "insecure_as_text": (
        config({**CLUSTER, "insecure-skip-tls-verify": "yes"}, {}),
        "cluster 'kind': expected bool, got str at cluster.insecure-skip-tls-verify",
    ),
    "bad_proxy_url": (config({**CLUSTER, "proxy-url": "http://"}, {}), "proxy-url is not a URL"),
    "proxy_of_unknown_kind": (config({**CLUSTER, "proxy-url": "gopher://p:1"}, {}), "gopher proxies are not supported"),
    "certificate_without_key": (
        config(CLUSTER, {"client-certificate-data": "aGVsbG8K"}),
        "user 'ana' has a client-certificate and no client-key",
    ),
    "token_as_number": (config(CLUSTER, {"token": 12345}), "user 'ana': expected str, got int at user.token"),
    "token_file_missing": (config(CLUSTER, {"tokenFile": "gone"}), "user 'ana': tokenFile: cannot read"),
    "token_and_password": (config(CLUSTER, {"token": "a", "username": "b"}), "user 'ana' has both token and username"),
    "token_of_two_lines": (config(CLUSTER, {"token": "one\ntwo"}), "the token has characters that no token has"),
    "exec_without_command": (config(CLUSTER, {"exec": {"apiVersion": V1}}), "user 'ana': exec names no command"),
    "exec_of_old_version": (
        config(CLUSTER, {"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}}),
        "which is not supported",
    ),
    "exec_not_found": (
        config(CLUSTER, {"exec": {"command": "no-such-login", "apiVersion": V1}}),
        "the login program 'no-such-login' is not there",
    ),
    "exec_wants_a_terminal": (
        config(CLUSTER, {"exec": {"command": "true", "apiVersion": V1, "interactiveMode": "Always"}}),
        "wants a terminal",
    ),
    "unknown_auth_provider": (
        config(CLUSTER, {"auth-provider": {"name": "azure"}}),
        "user 'ana': there is no auth-provider 'azure'",
    ),
    "entry_without_name": ("clusters: [{cluster: {}}]\ncurrent-context: x", "clusters, entry 1: missing field name"),
    "duplicate_names": (
        "clusters: [{name: a, cluster: {}}, {name: a, cluster: {}}]",
        "there are two clusters named 'a'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_kubeconfig_is_told_with_file_entry_and_next_step(name: str, kubeconfig: Path) -> None:
    content, sentence = BROKEN[name]
    complaint = told(write(kubeconfig, content))
    assert str(kubeconfig) in complaint.sentence
    assert sentence in complaint.sentence
    assert "\n" not in complaint.sentence
    assert complaint.hint


def test_missing_kubeconfig_is_told_by_its_path(tmp_path: Path) -> None:
    complaint = told(tmp_path / "gone")
    assert complaint.sentence == f"kubeconfig {tmp_path}/gone does not exist"


def test_directory_instead_of_a_kubeconfig_is_told(tmp_path: Path) -> None:
    assert "is a directory" in told(tmp_path).sentence


def test_unreadable_kubeconfig_is_told(tmp_path: Path) -> None:
    socket_path = tmp_path / "sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(socket_path))  # even root cannot read a socket as a file
        assert f"cannot read kubeconfig {socket_path}" in told(socket_path).sentence


def test_key_of_another_certificate_is_told(kubeconfig: Path, pki: Pki) -> None:
    one, other = pki.signed("client-ana"), pki.signed("client-bob")
    user = {"client-certificate-data": one.certificate_data, "client-key-data": other.key_data}
    complaint = told(write(kubeconfig, config(CLUSTER, user)))
    assert "user 'ana': the client-key does not belong to the client-certificate" in complaint.sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "the client-key holds no private key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n", "is encrypted"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "is damaged"),
    ],
)
def test_bad_client_key_is_told_for_what_it_is(text: str, sentence: str, kubeconfig: Path, pki: Pki) -> None:
    key = write(kubeconfig.parent / "key.pem", text)
    user = {"client-certificate": str(pki.signed("client-ana").certificate), "client-key": key.name}
    assert sentence in told(write(kubeconfig, config(CLUSTER, user))).sentence


@pytest.mark.parametrize(
    ("prints", "sentence"),
    [
        ("echo rubbish", "did not print an ExecCredential"),
        ("true", "did not print an ExecCredential"),
        ('echo \'{"kind":"ExecCredential","apiVersion":"x/v9"}\'', "not of 'client.authentication.k8s.io/v1'"),
        (f'echo \'{{"kind":"ExecCredential","apiVersion":"{V1}"}}\'', "gave neither a token nor a certificate"),
        (
            f'echo \'{{"kind":"ExecCredential","apiVersion":"{V1}","status":{{"clientKeyData":"x"}}}}\'',
            "gave only one of certificate and key",
        ),
    ],
)
def test_login_program_that_prints_something_else_is_told(prints: str, sentence: str, kubeconfig: Path) -> None:
    user = {"exec": {"command": script(kubeconfig.parent / "login", prints), "apiVersion": V1}}
    complaint = told(write(kubeconfig, config(CLUSTER, user)))
    assert sentence in complaint.sentence
    assert str(kubeconfig) in complaint.sentence


def test_failing_login_program_is_told_with_what_it_said_and_its_hint(kubeconfig: Path) -> None:
    command = script(kubeconfig.parent / "login", "echo 'session\033[31m over' >&2; exit 7")
    user = {"exec": {"command": command, "apiVersion": V1, "installHint": "run: cloud login"}}
    with pytest.raises(UnauthorizedError) as caught:
        use(write(kubeconfig, config(CLUSTER, user)))
    assert "failed with exit code 7; it said: session [31m over" in caught.value.sentence
    assert caught.value.hint == "run: cloud login"


def test_no_complaint_repeats_a_secret(kubeconfig: Path) -> None:
    secret = "s3cr3t-s3cr3t"
    broken: list[dict[str, Any] | str] = [
        config(CLUSTER, {"token": secret, "username": secret, "password": secret}),
        config(CLUSTER, {"token": [secret]}),
        config(CLUSTER, {"client-key-data": secret}),
        config({**CLUSTER, "proxy-url": f"gopher://me:{secret}@p:1"}, {}),
        config({**CLUSTER, "proxy-url": f"http://me:{secret}@:"}, {}),
        config(CLUSTER, {"token": f"{secret}\n{secret}"}),
        f"users: [{{name: a, user: {{token: {secret}: {secret}}}}}]",
    ]
    for content in broken:
        with pytest.raises(GowebError) as caught:
            use(write(kubeconfig, content))
        assert secret not in caught.value.sentence + caught.value.hint
