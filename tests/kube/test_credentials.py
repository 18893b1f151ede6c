"""Tokens that change, programs that log in, and what happens when the server no longer knows who is asking."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from kubectl_goweb.errors import KubeconfigError, UnauthorizedError
from kubectl_goweb.kube.access import Access, ExecPlugin, Secret
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.credentials import Credentials
from kubectl_goweb.kube.exec_plugin import run_plugin
from tests.kube.kubeconfigs import access, config, write
from tests.kube.pki import Pki
from tests.kube.tiny_server import Asked, TinyServer, refusal, response, tls

V1 = "client.authentication.k8s.io/v1"
NODES = "/api/v1/nodes"


class Cluster:
    """A TLS server that knows some tokens, and a kubeconfig for it."""

    def __init__(self, pki: Pki, kubeconfig: Path, known: set[str]) -> None:
        self.known = known
        self._pki, self._kubeconfig = pki, kubeconfig
        context = tls(pki.signed("server"), client_authority=pki.authority("ca"))
        self.server = TinyServer(self._respond, context)

    def connection(self, user: dict[str, Any]) -> Connection:
        return Connection(self.access(user))

    def access(self, user: dict[str, Any]) -> Access:
        entry = {"server": self.server.url, "certificate-authority-data": self._pki.authority("ca").certificate_data}
        return access(write(self._kubeconfig, config(entry, user)), {"PATH": "/usr/bin:/bin", "INHERITED": "yes"})

    def _respond(self, asked: Asked) -> bytes:
        who = asked.headers.get("authorization", "") or asked.certificate
        return response({"user": who}) if who in self.known else refusal(401, "Unauthorized", "Unauthorized")


@pytest.fixture
def cluster(pki: Pki, kubeconfig: Path) -> Any:
    cluster = Cluster(pki, kubeconfig, {"Bearer good"})
    with cluster.server:
        yield cluster


def program(folder: Path, status: dict[str, Any] | None = None, *, version: str = V1, before: str = "") -> Path:
    """A login program that counts its runs in `runs` and prints what `answer` holds."""
    path = folder / "login"
    answer(folder, status or {"token": "good"}, version)
    path.write_text(f'#!/bin/sh\necho run >> "{folder}/runs"\n{before}\ncat "{folder}/answer"\n')
    path.chmod(0o755)
    return path


def answer(folder: Path, status: dict[str, Any], version: str = V1) -> None:
    (folder / "answer").write_text(json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status}))


def runs(folder: Path) -> int:
    return (folder / "runs").read_text().count("run")


def plugin(command: Path | str, **fields: Any) -> dict[str, Any]:
    return {"exec": {"command": str(command), "apiVersion": V1, "interactiveMode": "IfAvailable", **fields}}


def test_token_is_sent(cluster: Cluster) -> None:
    with cluster.connection({"token": "good"}) as connection:
        assert json.loads(connection.get(NODES)) == {"user": "Bearer good"}


def test_password_is_sent(cluster: Cluster) -> None:
    cluster.known = {"Basic " + b64encode("zoë:p:w".encode()).decode()}
    with cluster.connection({"username": "zoë", "password": "p:w"}) as connection:
        connection.get(NODES)


def test_unknown_token_is_told_once_and_not_tried_again(cluster: Cluster) -> None:
    with (
        cluster.connection({"token": "bad"}) as connection,
        pytest.raises(UnauthorizedError, match=r"does not know user 'ana' \(401\)"),
    ):
        connection.get(NODES)
    assert len(cluster.server.asked) == 1


def test_token_file_is_read_again_when_it_changes(cluster: Cluster, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("good\n")
    with cluster.connection({"tokenFile": "token"}) as connection:
        connection.get(NODES)
        token.write_text("better")
        cluster.known = {"Bearer better"}
        connection.get(NODES)


def test_token_file_that_vanished_is_told(cluster: Cluster, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("good")
    with cluster.connection({"tokenFile": "token"}) as connection:
        token.unlink()
        with pytest.raises(KubeconfigError, match="cannot read the token file"):
            connection.get(NODES)
        token.write_text(" \n")
        with pytest.raises(KubeconfigError, match="is empty"):
            connection.get(NODES)


@pytest.mark.parametrize("version", [V1, "client.authentication.k8s.io/v1beta1"])
def test_login_program_is_run_once_for_many_threads(version: str, cluster: Cluster, tmp_path: Path) -> None:
    command = program(tmp_path, version=version)
    with cluster.connection(plugin(command, apiVersion=version)) as connection:
        threads = [threading.Thread(target=connection.get, args=(NODES,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (runs(tmp_path), len(cluster.server.asked)) == (1, 8)


def test_login_program_beside_the_kubeconfig_is_found(cluster: Cluster, tmp_path: Path) -> None:
    program(tmp_path)
    with cluster.connection(plugin("./login")) as connection:
        connection.get(NODES)


def test_login_program_gets_the_environment_and_the_info_of_the_protocol(cluster: Cluster, tmp_path: Path) -> None:
    seen = 'printf "%s\\n" "$INHERITED" "$MORE" "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/seen"'
    command = program(tmp_path, before=seen)
    fields = {"env": [{"name": "MORE", "value": "some"}], "args": ["get-token"], "provideClusterInfo": True}
    with cluster.connection(plugin(command, **fields)) as connection:
        connection.get(NODES)
    inherited, more, info = (tmp_path / "seen").read_text().splitlines()
    assert (inherited, more) == ("yes", "some")
    told = json.loads(info)
    assert (told["apiVersion"], told["kind"], told["spec"]["interactive"]) == (V1, "ExecCredential", False)
    assert told["spec"]["cluster"]["server"] == cluster.server.url
    assert "certificate-authority-data" in told["spec"]["cluster"]


def test_login_program_has_no_input_and_cannot_write_on_our_terminal(
    cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = program(tmp_path, before="read line && exit 9; echo scribble >&2; (echo scribble > /dev/tty) 2>/dev/null")
    with cluster.connection(plugin(command)) as connection:
        connection.get(NODES)
    assert capfd.readouterr() == ("", "")


def test_refused_token_of_a_program_is_renewed_once(cluster: Cluster, tmp_path: Path) -> None:
    command = program(tmp_path, {"token": "old"})
    cluster.known = {"Bearer old"}
    with cluster.connection(plugin(command)) as connection:
        connection.get(NODES)
        answer(tmp_path, {"token": "good"})
        cluster.known = {"Bearer good"}
        connection.get(NODES)
        assert runs(tmp_path) == 2
        cluster.known = set()
        with pytest.raises(UnauthorizedError):
            connection.get(NODES)
    assert runs(tmp_path) == 3


def test_write_is_sent_again_after_a_renewed_login(cluster: Cluster, tmp_path: Path) -> None:
    command = program(tmp_path, {"token": "old"})
    with cluster.connection(plugin(command)) as connection:
        connection_credentials_are_taken(connection)
        answer(tmp_path, {"token": "good"})
        assert connection.send("PATCH", NODES + "/n1", b"{}")
    assert [asked.body for asked in cluster.server.asked if asked.method == "PATCH"] == [b"{}", b"{}"]


def connection_credentials_are_taken(connection: Connection) -> None:
    with pytest.raises(UnauthorizedError):
        connection.get(NODES)


def test_credential_is_renewed_shortly_before_it_expires(tmp_path: Path) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    command = program(tmp_path, {"token": "good", "expirationTimestamp": "2025-01-01T01:00:00Z"})
    user = plugin(command)
    found = access(write(tmp_path / "config", config({"server": "https://x"}, user)), {"PATH": "/bin"})
    credentials = Credentials(found, now=lambda: now)
    credentials.current()
    now += timedelta(minutes=59)
    credentials.current()
    assert runs(tmp_path) == 1
    now += timedelta(seconds=51)
    credentials.current()
    assert runs(tmp_path) == 2


def test_certificate_of_a_login_program_is_shown_and_replaced(cluster: Cluster, tmp_path: Path, pki: Pki) -> None:
    def given(name: str) -> dict[str, str]:
        pair = pki.signed(name)
        return {"clientCertificateData": pair.certificate.read_text(), "clientKeyData": pair.key.read_text()}

    cluster.known = {"client-ana"}
    command = program(tmp_path, given("client-ana"))
    with cluster.connection(plugin(command)) as connection:
        assert json.loads(connection.get(NODES)) == {"user": "client-ana"}
        answer(tmp_path, given("client-bob"))
        cluster.known = {"client-bob"}
        assert json.loads(connection.get(NODES)) == {"user": "client-bob"}


def test_login_program_that_waits_for_ever_is_given_up(tmp_path: Path) -> None:
    command = program(tmp_path, before="echo 'open https://login in your browser' >&2; sleep 30 >/dev/null 2>&1")
    login = ExecPlugin(command=str(command), environ=Secret('{"PATH":"/usr/bin:/bin"}'), api_version=V1)
    started = time.monotonic()
    with pytest.raises(UnauthorizedError) as caught:
        run_plugin(login, "user 'ana'", timeout=0.3)
    assert time.monotonic() - started < 10
    assert "did not finish within 0.3 s; it said: open https://login in your browser" in caught.value.sentence
    assert "kubectl get --raw" in caught.value.hint


def jwt(expires: int) -> str:
    parts: list[dict[str, Any]] = [{"alg": "none"}, {"exp": expires}]
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".sig"


def test_oidc_login_is_taken_from_the_kubernetes_package(cluster: Cluster) -> None:
    token = jwt(4_000_000_000)
    cluster.known = {f"Bearer {token}"}
    with cluster.connection({"auth-provider": {"name": "oidc", "config": {"id-token": token}}}) as connection:
        connection.get(NODES)


def test_oidc_login_without_token_is_told(cluster: Cluster) -> None:
    user = {"auth-provider": {"name": "oidc", "config": {}}}
    with (
        cluster.connection(user) as connection,
        pytest.raises(UnauthorizedError, match="user 'ana': the auth-provider 'oidc' cannot log in"),
    ):
        connection.get(NODES)


class Issuer:
    """An OpenID provider on loopback that hands out the next id-token for the newest refresh-token."""

    def __init__(self, pki: Pki, *, refresh: str, id_token: str) -> None:
        self.refresh, self.id_token = refresh, id_token
        self.server = TinyServer(self._respond, tls(pki.signed("server")))
        self.config = {
            "idp-issuer-url": self.server.url,
            "idp-certificate-authority-data": pki.authority("ca").certificate_data,
            "client-id": "kubernetes",
            "client-secret": "shared",
        }

    def _respond(self, asked: Asked) -> bytes:
        if asked.target == "/.well-known/openid-configuration":
            return response({"issuer": self.server.url, "token_endpoint": f"{self.server.url}/token"})
        if asked.target != "/token" or parse_qs(asked.body.decode()).get("refresh_token") != [self.refresh]:
            return response({"error": "invalid_grant"}, "400 Bad Request")
        self.refresh += "+"
        tokens: dict[str, object] = {"id_token": self.id_token, "refresh_token": self.refresh}
        return response({"access_token": "unused", "token_type": "Bearer", **tokens})


def test_expired_oidc_login_is_renewed_at_the_issuer_and_kept_in_the_kubeconfig(
    cluster: Cluster, pki: Pki, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    issuer = Issuer(pki, refresh="first", id_token=jwt(4_000_000_000))
    cluster.known = {f"Bearer {issuer.id_token}"}
    login = {**issuer.config, "id-token": jwt(1), "refresh-token": "first"}
    with issuer.server:
        with cluster.connection({"auth-provider": {"name": "oidc", "config": login}}) as connection:
            connection.get(NODES)
            connection.get(NODES)
        [kept] = yaml.safe_load(kubeconfig.read_text())["users"]
        with Connection(access(kubeconfig)) as later:
            later.get(NODES)
    assert kept["user"]["auth-provider"]["config"] == login | {"id-token": issuer.id_token, "refresh-token": "first+"}
    assert [asked.target for asked in issuer.server.asked].count("/token") == 1


def test_oidc_login_that_the_issuer_does_not_renew_is_told(
    cluster: Cluster, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    issuer = Issuer(pki, refresh="first", id_token=jwt(4_000_000_000))
    login = {**issuer.config, "id-token": jwt(1), "refresh-token": "revoked"}
    with (
        issuer.server,
        cluster.connection({"auth-provider": {"name": "oidc", "config": login}}) as connection,
        pytest.raises(UnauthorizedError, match="user 'ana': the auth-provider 'oidc' cannot log in") as caught,
    ):
        connection.get(NODES)
    assert "log in again" in caught.value.hint
