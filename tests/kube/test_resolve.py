"""Which cluster, user and namespace a set of files, flags and variables leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import Configuration
from kubernetes.config import kube_config

from kubectl_goweb.errors import KubeconfigError, UsageError
from kubectl_goweb.kube.access import (
    Access,
    Anonymous,
    BasicAuth,
    ExecPlugin,
    Impersonation,
    Login,
    Secret,
    Token,
    TokenFile,
)
from kubectl_goweb.kube.credentials import Credentials
from kubectl_goweb.kube.kubeconfig import Overrides, available, resolve
from kubectl_goweb.kube.timeouts import parse_timeout
from tests.kube.kubeconfigs import access, config, write
from tests.kube.pki import Pki

CLUSTER = {"server": "https://10.0.0.1:6443"}


def good_ones(pki: Pki, folder: Path) -> dict[str, dict[str, Any]]:
    """Kubeconfigs as tools write them, with files beside the kubeconfig."""
    pair, authority = pki.signed("client-ana"), pki.authority("ca")
    (folder / "pki").mkdir()
    for name, file in (("ca.crt", authority.certificate), ("ana.crt", pair.certificate), ("ana.key", pair.key)):
        (folder / "pki" / name).write_bytes(file.read_bytes())
    (folder / "token").write_text("from-a-file")
    ca = {**CLUSTER, "certificate-authority-data": authority.certificate_data}
    return {
        "data": config(ca, {"client-certificate-data": pair.certificate_data, "client-key-data": pair.key_data}),
        "relative_files": config(
            {**CLUSTER, "certificate-authority": "pki/ca.crt"},
            {"client-certificate": "pki/ana.crt", "client-key": "pki/ana.key"},
        ),
        "token": config(ca, {"token": "abc.def"}),
        "token_file": config(ca, {"tokenFile": "token"}),
        "password": config(ca, {"username": "ana", "password": "pass:word"}),
        "insecure": config({**CLUSTER, "insecure-skip-tls-verify": True}, {"token": "abc"}),
        "server_name_and_proxy": config(
            {**ca, "tls-server-name": "api.internal", "proxy-url": "http://proxy:3128"}, {"token": "abc"}
        ),
        "behind_a_path": config({**ca, "server": "https://rancher/k8s/clusters/c-1/"}, {"token": "abc"}),
        "plain": config({"server": "http://127.0.0.1:8001"}, {}),
    }


KINDS = [
    "data",
    "relative_files",
    "token",
    "token_file",
    "password",
    "insecure",
    "server_name_and_proxy",
    "behind_a_path",
    "plain",
]


@pytest.mark.parametrize("kind", KINDS)
def test_resolve_agrees_with_the_kubernetes_package_field_by_field(kind: str, kubeconfig: Path, pki: Pki) -> None:
    write(kubeconfig, good_ones(pki, kubeconfig.parent)[kind])
    theirs = Configuration()
    kube_config.load_kube_config(str(kubeconfig), client_configuration=theirs)  # type: ignore[no-untyped-call]

    ours = access(kubeconfig)

    assert ours.server == theirs.host
    assert ours.ca == _content(theirs.ssl_ca_cert)
    assert (ours.certificate.certificate.read() if ours.certificate else "") == _content(theirs.cert_file)
    assert (ours.certificate.key.read() if ours.certificate else "") == _content(theirs.key_file)
    assert ours.insecure is not theirs.verify_ssl
    assert ours.tls_server_name == (theirs.tls_server_name or "")
    assert (ours.proxy_url.value if ours.proxy_url else None) == theirs.proxy
    header = Credentials(ours).current().authorization
    assert (header.value if header else None) == theirs.api_key.get("BearerToken")


def _content(path: str | None) -> str:
    return Path(path).read_text() if path else ""


def test_first_of_several_files_wins_name_by_name(tmp_path: Path) -> None:
    one = write(tmp_path / "one", config(CLUSTER, {"token": "one"}, namespace="shop"))
    second = config({"server": "https://10.0.0.2"}, {"token": "two"}, namespace="bank")
    second["current-context"] = "other"
    second["contexts"].append({"name": "other", "context": {"cluster": "kind", "user": "bob"}})
    second["users"].append({"name": "bob", "user": {"token": "bob"}})
    two = write(tmp_path / "two", second)
    environ = {"KUBECONFIG": f"{one}::{tmp_path}/missing:{two}:{one}"}

    first = resolve(Overrides(), environ, tmp_path)
    other = resolve(Overrides(context="other"), environ, tmp_path)

    assert (first.context, first.namespace, first.server) == ("kind", "shop", "https://10.0.0.1:6443")
    assert first.login == Token(Secret("one"))
    assert (other.server, other.user, other.login) == ("https://10.0.0.1:6443", "bob", Token(Secret("bob")))
    assert other.source == str(two)
    assert sorted(available(Overrides(), environ, tmp_path).contexts) == ["kind", "other"]


def test_relative_paths_start_from_the_file_that_names_them(tmp_path: Path, pki: Pki) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "ca.crt").write_bytes(pki.authority("ca").certificate.read_bytes())
    (tmp_path / "b" / "token").write_text("b")
    whole = config({**CLUSTER, "certificate-authority": "ca.crt"}, {"tokenFile": "token"})
    write(tmp_path / "a" / "config", {**whole, "users": []})
    write(tmp_path / "b" / "config", {"users": whole["users"]})

    found = resolve(Overrides(), {"KUBECONFIG": f"{tmp_path}/a/config:{tmp_path}/b/config"}, tmp_path)

    assert found.ca == pki.authority("ca").certificate.read_text()
    assert found.login == TokenFile(tmp_path / "b" / "token")


def test_home_is_used_when_no_variable_and_no_flag_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    write(tmp_path / ".kube" / "config", config(CLUSTER, {}))
    assert resolve(Overrides(), {}, tmp_path).server == "https://10.0.0.1:6443"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"KUBECONFIG": "/gone/a:/gone/b"}, "KUBECONFIG names /gone/a and /gone/b, which does not exist"),
        ({}, "/.kube/config does not exist"),
        ({"KUBECONFIG": "/dev/null"}, "kubeconfig /dev/null is empty"),
    ],
)
def test_no_kubeconfig_at_all_is_told_with_where_it_was_looked_for(
    environ: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(KubeconfigError) as caught:
        resolve(Overrides(), environ, tmp_path)
    assert sentence in caught.value.sentence
    assert "kubectl goweb demo" in caught.value.hint or "kubectl config" in caught.value.hint


def test_service_account_is_used_in_a_pod_without_kubeconfig(tmp_path: Path) -> None:
    for name, text in (("token", "t"), ("ca.crt", "CA"), ("namespace", "shop\n")):
        (tmp_path / name).write_text(text)
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}

    found = resolve(Overrides(), environ, tmp_path / "home", service_account=tmp_path)

    assert found == Access(
        server="https://[fd00::1]:443",
        namespace="shop",
        source="in-cluster",
        login=TokenFile(tmp_path / "token"),
        ca="CA",
    )


def test_pod_without_service_account_is_told(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="in-cluster: the service account's token: cannot read"):
        resolve(Overrides(), {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path, service_account=tmp_path)


def test_flags_win_over_the_kubeconfig(kubeconfig: Path, pki: Pki) -> None:
    entry = {**CLUSTER, "certificate-authority-data": pki.authority("ca").certificate_data, "tls-server-name": "inside"}
    write(kubeconfig, config(entry, {"exec": {"command": "x"}, "as": "bob"}, namespace="shop"))

    token = access(kubeconfig, token="flag", namespace="bank", request_timeout=5.0)
    server = access(kubeconfig, server="https://10.9.9.9", token="flag")
    insecure = access(kubeconfig, insecure_skip_tls_verify=True, token="flag")
    actor = access(kubeconfig, as_user="eve", as_groups=("ops",), token="flag")
    named = access(kubeconfig, tls_server_name="outside", token="flag")

    assert (token.login, token.namespace, token.request_timeout) == (Token(Secret("flag")), "bank", 5.0)
    assert token.impersonation == Impersonation("bob")
    assert (server.server, server.tls_server_name, server.ca != "") == ("https://10.9.9.9", "", True)
    assert (insecure.insecure, insecure.ca) == (True, "")
    assert actor.impersonation == Impersonation("eve", groups=("ops",))
    assert named.tls_server_name == "outside"


def test_server_flag_alone_needs_no_kubeconfig(tmp_path: Path) -> None:
    found = resolve(Overrides(server="https://10.0.0.1", token="t"), {}, tmp_path)
    assert (found.server, found.login, found.place) == ("https://10.0.0.1", Token(Secret("t")), "10.0.0.1")


def test_group_without_a_user_to_act_as_is_refused(kubeconfig: Path) -> None:
    write(kubeconfig, config(CLUSTER, {}))
    with pytest.raises(KubeconfigError, match="--as-group"):
        access(kubeconfig, as_groups=("ops",))


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ({"server": "localhost:8080"}, "http://localhost:8080"),
        ({"server": "localhost:8443", "insecure-skip-tls-verify": True}, "https://localhost:8443"),
        ({"server": "https://[::1]:6443/"}, "https://[::1]:6443"),
    ],
)
def test_server_without_scheme_is_read_as_client_go_does(entry: dict[str, Any], url: str, kubeconfig: Path) -> None:
    assert access(write(kubeconfig, config(entry, {}))).server == url


def test_no_credential_is_sent_in_the_clear(kubeconfig: Path) -> None:
    found = access(write(kubeconfig, config({"server": "http://10.0.0.1"}, {"token": "secret"})))
    assert found.login == Anonymous()


@pytest.mark.parametrize(
    ("user", "login"),
    [
        ({"username": "ana", "password": "p"}, BasicAuth("ana", Secret("p"))),
        ({"token": "a", "tokenFile": "token"}, None),
    ],
)
def test_logins_are_told_apart(user: dict[str, str], login: Login | None, kubeconfig: Path) -> None:
    token = kubeconfig.parent / "token"
    token.write_text("t")
    found = access(write(kubeconfig, config(CLUSTER, user)))
    assert found.login == (login or TokenFile(token))


def test_exec_plugin_is_told_of_its_cluster_only_when_it_asks(kubeconfig: Path) -> None:
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "provideClusterInfo": True}
    cluster = {**CLUSTER, "insecure-skip-tls-verify": True, "extensions": [extension]}
    found = access(write(kubeconfig, config(cluster, {"exec": plugin})), {"PATH": "/bin"})
    without = access(write(kubeconfig, config(cluster, {"exec": {**plugin, "provideClusterInfo": False}})))

    assert isinstance(found.login, ExecPlugin)
    assert found.login.cluster == Secret(
        '{"server":"https://10.0.0.1:6443","insecure-skip-tls-verify":true,"config":{"audience":"x"}}'
    )
    assert found.login.folder == str(kubeconfig.parent)
    assert isinstance(without.login, ExecPlugin)
    assert without.login.cluster is None


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "p:1"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://up:1", "https_proxy": "http://low:1"}, "http://up:1"),
        ({"HTTP_PROXY": "http://p:1"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "x, 10.0.0.1"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.1:6443"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.1:443"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.1.0.0/16,0.0.0.1"}, "http://p:1"),
    ],
)
def test_environment_proxy_follows_gos_rules(environ: dict[str, str], proxy: str | None, kubeconfig: Path) -> None:
    found = access(write(kubeconfig, config(CLUSTER, {})), environ)
    assert (found.proxy_url.value if found.proxy_url else None) == proxy


@pytest.mark.parametrize(
    ("exceptions", "direct"),
    [
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("api.example.com", True),
        ("API.Example.COM", True),
        ("pi.example.com", False),
        ("other.com,example.com:443", True),
        ("example.com:8443", False),
        ("[::1]:443,", False),
    ],
)
def test_names_in_no_proxy_stand_for_themselves_and_what_is_below(
    exceptions: str, direct: bool, kubeconfig: Path
) -> None:
    write(kubeconfig, config({"server": "https://api.example.com"}, {}))
    found = access(kubeconfig, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": exceptions})
    assert (found.proxy_url is None) is direct


@pytest.mark.parametrize("server", ["https://localhost:6443", "https://127.0.0.1:6443", "https://[::1]:6443"])
def test_loopback_is_never_proxied(server: str, kubeconfig: Path) -> None:
    found = access(write(kubeconfig, config({"server": server}, {})), {"HTTPS_PROXY": "http://p:1"})
    assert found.proxy_url is None


def test_proxy_of_the_cluster_wins_over_the_environment(kubeconfig: Path) -> None:
    entry = {**CLUSTER, "proxy-url": "socks5://s:1"}
    found = access(write(kubeconfig, config(entry, {})), {"HTTPS_PROXY": "http://p:1"})
    assert found.proxy_url == Secret("socks5://s:1")


def test_dates_and_nulls_in_yaml_are_read_as_kubectl_reads_them(kubeconfig: Path) -> None:
    write(
        kubeconfig,
        "current-context: 2024-01-01\n"
        "contexts: [{name: 2024-01-01, context: {cluster: c, user: u, namespace: null}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://10.0.0.1', extensions: null}}, null]\n"
        "users: [{name: u, user: {auth-provider: {name: gcp, config: {expiry: 2020-01-01T00:00:00Z}}}}]\n"
        "preferences: {}\nunknown: [1]\n",
    )
    assert access(kubeconfig).context == "2024-01-01"


def test_secrets_never_appear_in_a_repr(kubeconfig: Path, pki: Pki) -> None:
    secret, pair = "s3cr3t", pki.signed("client-ana")
    user = {"token": secret, "client-certificate-data": pair.certificate_data, "client-key-data": pair.key_data}
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "x",
        "env": [{"name": "A", "value": secret}],
    }
    proxied = {**CLUSTER, "proxy-url": f"http://me:{secret}@p:1"}
    shown = [
        repr(access(write(kubeconfig, config(proxied, user)))),
        repr(access(write(kubeconfig, config(CLUSTER, {"exec": plugin})), {"TOKEN": secret})),
        repr(access(write(kubeconfig, config(CLUSTER, {"username": "ana", "password": secret})))),
        repr(Overrides(token=secret)),
    ]
    for text in shown:
        assert secret not in text
        assert "PRIVATE KEY" not in text


def test_yaml_of_kubectl_and_json_read_the_same(tmp_path: Path, pki: Pki) -> None:
    for name, content in good_ones(pki, tmp_path).items():
        from_json = access(write(tmp_path / "config", content))
        from_yaml = access(write(tmp_path / "config", yaml.safe_dump(content)))
        assert from_json == from_yaml, name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", None), ("0s", None), ("30", 30.0), ("5s", 5.0), ("1m30s", 90.0), ("500ms", 0.5), ("1.5h", 5400.0)],
)
def test_timeouts_are_read_as_kubectl_reads_them(text: str, seconds: float | None) -> None:
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize("text", ["", "5 s", "-1s", "1d", "s", "5s!", "٥s"])
def test_timeout_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="invalid timeout"):
        parse_timeout(text)
