"""Handshakes that work, and the sentence for each way they fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kubectl_goweb.errors import ApiError, UnauthorizedError, UnreachableError
from kubectl_goweb.kube import tls as tls_module
from kubectl_goweb.kube.access import Access, ClientCertificate, Pem, Secret
from kubectl_goweb.kube.certificates import read_der, read_pem
from kubectl_goweb.kube.connection import Connection
from tests.kube.pki import Pair, Pki
from tests.kube.tiny_server import Asked, TinyServer, refusal, response, tls

NODES = "/api/v1/nodes"


def whoami(asked: Asked) -> bytes:
    return response({"user": asked.certificate})


def to(server: TinyServer, authority: Pair | None, **changes: Any) -> Access:
    ca = authority.certificate.read_text() if authority else ""
    return Access(server=server.url, context="kind", user="ana", ca=ca, **changes)


def files(pair: Pair) -> ClientCertificate:
    return ClientCertificate(Pem(path=pair.certificate), Pem(path=pair.key))


def data(pair: Pair) -> ClientCertificate:
    return ClientCertificate(Pem(data=Secret(pair.certificate.read_text())), Pem(data=Secret(pair.key.read_text())))


def told(server_pair: Pair, authority: Pair | None, **changes: Any) -> UnreachableError:
    with TinyServer(whoami, tls(server_pair)) as server, Connection(to(server, authority, **changes)) as connection:
        with pytest.raises(UnreachableError) as caught:
            connection.get(NODES)
        assert server.asked == []  # nothing, and no credential, was sent to a server that is not trusted
    assert caught.value.hint
    return caught.value


def test_server_signed_by_the_kubeconfigs_authority_is_trusted(pki: Pki) -> None:
    with (
        TinyServer(whoami, tls(pki.signed("server"))) as server,
        Connection(to(server, pki.authority("ca"))) as connection,
    ):
        assert connection.get(NODES) == b'{"user":""}'


def test_kubeconfig_may_name_the_servers_own_certificate_as_go_allows(pki: Pki) -> None:
    pair = pki.signed("server")
    with TinyServer(whoami, tls(pair)) as server, Connection(to(server, pair)) as connection:
        assert connection.get(NODES)


def test_expired_server_certificate_is_told_with_its_date(pki: Pki) -> None:
    pair = pki.signed("server-old", start="20200101000000Z", end="20240102150400Z")
    complaint = told(pair, pki.authority("ca"))
    assert "the certificate of 127.0.0.1:" in complaint.sentence
    assert complaint.sentence.endswith("(context kind) expired on 2024-01-02 15:04 UTC")
    assert "clock" in complaint.hint


def test_server_certificate_of_the_future_is_told_with_its_date(pki: Pki) -> None:
    complaint = told(pki.signed("server-new", start="20390101000000Z"), pki.authority("ca"))
    assert complaint.sentence.endswith("is valid only from 2039-01-01 00:00 UTC")


def test_server_of_another_authority_is_told(pki: Pki) -> None:
    complaint = told(pki.signed("server"), pki.authority("other-ca"))
    assert "is not signed by the certificate authority in the kubeconfig" in complaint.sentence
    assert "fetch its kubeconfig again" in complaint.hint


def test_server_unknown_to_this_machine_is_told(pki: Pki) -> None:
    assert "not signed by an authority that this machine trusts" in told(pki.signed("server"), None).sentence


def test_certificate_for_another_name_is_told(pki: Pki) -> None:
    pair = pki.signed("server-elsewhere", names="DNS:api.example.com,IP:10.0.0.1")
    complaint = told(pair, pki.authority("ca"))
    assert "is not made out to '127.0.0.1'" in complaint.sentence
    assert "--tls-server-name" in complaint.hint
    assert "'db.example.com'" in told(pair, pki.authority("ca"), tls_server_name="db.example.com").sentence


def test_tls_server_name_is_what_the_certificate_is_compared_with(pki: Pki) -> None:
    pair = pki.signed("server-elsewhere", names="DNS:api.example.com,IP:10.0.0.1")
    with (
        TinyServer(whoami, tls(pair)) as server,
        Connection(to(server, pki.authority("ca"), tls_server_name="api.example.com")) as connection,
    ):
        assert connection.get(NODES)


def test_insecure_connection_asks_no_questions(pki: Pki) -> None:
    pair = pki.signed("server-old", start="20200101000000Z", end="20240102150400Z")
    with TinyServer(whoami, tls(pair)) as server, Connection(to(server, None, insecure=True)) as connection:
        assert connection.served_certificate is None
        assert connection.get(NODES)
        shown = connection.served_certificate
    assert shown is not None
    assert f"{shown.not_after:%Y-%m-%d %H:%M}" == "2024-01-02 15:04", "and it can be told that it is over"


def test_plain_server_behind_an_https_url_is_told(pki: Pki) -> None:
    with TinyServer(whoami) as server:
        access = Access(server=server.url.replace("http:", "https:"), ca=pki.authority("ca").certificate.read_text())
        with Connection(access) as connection, pytest.raises(UnreachableError, match="does not speak TLS"):
            connection.get(NODES)


@pytest.mark.parametrize("make", [files, data])
def test_client_certificate_is_shown(make: Any, pki: Pki) -> None:
    server_context = tls(pki.signed("server"), client_authority=pki.authority("ca"))
    with TinyServer(whoami, server_context) as server:
        access = to(server, pki.authority("ca"), certificate=make(pki.signed("client-ana")))
        with Connection(access) as connection:
            assert connection.get(NODES) == b'{"user":"client-ana"}'


@pytest.mark.parametrize("has_memory_files", [True, False])
def test_client_key_from_data_leaves_no_file_behind(
    has_memory_files: bool, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create", raising=False)  # as on macOS
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    access = Access(server="https://x", certificate=data(pki.signed("client-ana")), insecure=True)
    tls_module.tls_context(access, access.certificate)
    assert list(tmp_path.iterdir()) == []


def test_expired_client_certificate_is_told_when_the_server_answers_401(pki: Pki) -> None:
    old = pki.signed("client-old", subject="/O=ops/CN=ana@example.com", end="20240102150400Z")
    with TinyServer(lambda _: refusal(401, "Unauthorized", "Unauthorized"), tls(pki.signed("server"))) as server:
        access = to(server, pki.authority("ca"), certificate=files(old))
        with Connection(access) as connection, pytest.raises(UnauthorizedError) as caught:
            connection.get(NODES)
    assert caught.value.sentence.startswith(
        "the client certificate of user 'ana' (ana@example.com) expired on 2024-01-02 15:04 UTC; "
    )


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("20240102150400Z", "(client-x) expired on 2024-01-02 15:04 UTC"),
        ("20400101000000Z", "does not accept the client"),
    ],
)
def test_client_certificate_refused_in_the_handshake_is_told(end: str, sentence: str, pki: Pki) -> None:
    server_context = tls(pki.signed("server"), client_authority=pki.authority("ca"), required=True)
    authority = "ca" if end.startswith("2024") else "other-ca"
    pair = pki.signed(f"client-x-{end}", subject="/CN=client-x", authority=authority, end=end)
    with (
        TinyServer(whoami, server_context) as server,
        Connection(to(server, pki.authority("ca"), certificate=files(pair))) as connection,
        pytest.raises(ApiError) as caught,
    ):
        connection.get(NODES)
    assert sentence in caught.value.sentence


def test_certificate_files_renewed_in_place_are_used_for_the_next_connection(pki: Pki, tmp_path: Path) -> None:
    mine = Pair(tmp_path / "crt", tmp_path / "key")

    def become(pair: Pair, age: int) -> None:
        for file, content in ((mine.certificate, pair.certificate), (mine.key, pair.key)):
            file.write_bytes(content.read_bytes())
            os.utime(file, (age, age))

    become(pki.signed("client-ana"), 1)
    server_context = tls(pki.signed("server"), client_authority=pki.authority("ca"))
    with (
        TinyServer(whoami, server_context) as server,
        Connection(to(server, pki.authority("ca"), certificate=files(mine))) as connection,
    ):
        first = connection.get(NODES)
        become(pki.signed("client-bob"), 2)
        second = connection.get(NODES)
    assert (first, second) == (b'{"user":"client-ana"}', b'{"user":"client-bob"}')


def test_certificate_dates_and_name_are_read_from_its_bytes(pki: Pki) -> None:
    pair = pki.signed("client-2060", subject="/O=ops/CN=Zoë", end="20600102030405Z")
    certificate = read_pem(pair.certificate.read_text())
    assert certificate is not None
    assert certificate.not_before.isoformat() == "2020-01-01T00:00:00+00:00"
    assert certificate.not_after.isoformat() == "2060-01-02T03:04:05+00:00"


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82\xff\xff", b"\x30\x03\x02\x01\x01", bytes(range(256))])
def test_bytes_that_are_no_certificate_are_none(der: bytes) -> None:
    assert read_der(der) is None


def test_text_without_certificate_is_none() -> None:
    assert read_pem("hello") is None
    assert read_pem("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----") is None
