"""The TLS side of a connection: a context from an Access, and a sentence for every way a handshake fails. Opening
sockets lives in dial.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from kubectl_goweb.errors import KubeconfigError, UnreachableError
from kubectl_goweb.kube.access import Access, ClientCertificate, Pem
from kubectl_goweb.kube.certificates import read_der, read_pem

_EXPIRED, _NOT_YET_VALID = 10, 9
_UNKNOWN_ISSUER = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)


def tls_context(access: Access, certificate: ClientCertificate | None) -> ssl.SSLContext:
    """A client context that trusts the cluster's CA only, or the system's when the kubeconfig gives none.
    KubeconfigError for a CA, certificate or key that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.ca:
        # Go trusts whatever certificate the kubeconfig names, be it a root or not.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(cadata=access.ca)
        except (ssl.SSLError, ValueError) as error:
            raise KubeconfigError(
                f"kubeconfig {access.source}: cluster {access.cluster!r}: no certificate in its certificate-authority",
                hint="it must be PEM; fetch the kubeconfig again",
            ) from error
    else:
        context.load_default_certs()
    if certificate is not None:
        _present(context, certificate, access)
    return context


def _present(context: ssl.SSLContext, certificate: ClientCertificate, access: Access) -> None:
    who = f"kubeconfig {access.source}: user {access.user!r}"
    hint = "log in again, or fetch the kubeconfig again"
    try:
        texts = certificate.certificate.read(), certificate.key.read()
        with (
            _as_file(certificate.certificate, texts[0]) as certificate_file,
            _as_file(certificate.key, texts[1]) as key_file,
        ):
            # An empty password instead of a prompt: nothing here may write on the terminal.
            context.load_cert_chain(certificate_file, key_file, password="")
    except ssl.SSLError as error:
        raise KubeconfigError(f"{who}: {_pem_fault(error, *texts)}", hint=hint) from error
    except OSError as error:
        raise KubeconfigError(
            f"{who}: cannot read the client certificate: {(error.strerror or str(error)).lower()}", hint=hint
        ) from error


def _pem_fault(error: ssl.SSLError, certificate: str, key: str) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the client-key does not belong to the client-certificate"
    if "-----BEGIN CERTIFICATE-----" not in certificate:
        return "the client-certificate holds no certificate"
    if "ENCRYPTED" in key:
        return "the client-key is encrypted, which kubectl does not support either"
    if "PRIVATE KEY-----" not in key:
        return "the client-key holds no private key"
    return "the client-certificate or the client-key is damaged"


@contextmanager
def _as_file(pem: Pem, text: str) -> Iterator[str]:
    """A path under which OpenSSL can read the PEM, for as long as it takes to load: the file itself, or memory that
    has a path (Linux), or a 0600 file that is removed at once.
    """
    if pem.path is not None:
        yield str(pem.path)
        return
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):  # noqa: PTH112  # a Path costs more than the question
        descriptor = os.memfd_create("goweb", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="goweb-") as file:
        file.write(text)
        file.flush()
        yield file.name


def server_name(access: Access, host: str) -> str:
    """The name the server's certificate must carry."""
    return access.tls_server_name or host


def unverified() -> ssl.SSLContext:
    """A context that looks at whatever certificate there is; nothing secret may be sent under it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def verification_failed(error: ssl.SSLCertVerificationError, access: Access, der: bytes | None) -> UnreachableError:
    """Why the server's certificate (`der`, when it could be fetched) was not accepted."""
    certificate = read_der(der) if der else None
    whose = f"the certificate of {access.place}"
    now = datetime.now(UTC)
    if error.verify_code == _EXPIRED:
        if certificate and certificate.not_after < now:
            sentence = f"{whose} expired on {day(certificate.not_after)}"
        else:
            sentence = f"{whose} is signed by an authority whose own certificate has expired"
        return UnreachableError(
            sentence, hint="renew the cluster's certificates (kubeadm certs renew all), or correct this machine's clock"
        )
    if error.verify_code == _NOT_YET_VALID:
        since = f" is valid only from {day(certificate.not_before)}" if certificate else " is not valid yet"
        return UnreachableError(f"{whose}{since}", hint=f"this machine's clock says {day(now)}: correct it, or wait")
    if error.verify_code in _WRONG_NAME:
        name = server_name(access, access.hostname)
        return UnreachableError(
            f"{whose} is not made out to {name!r}",
            hint="use a name that is in it: --tls-server-name NAME, or tls-server-name in the kubeconfig",
        )
    by = "the certificate authority in the kubeconfig" if access.ca else "an authority that this machine trusts"
    hint = "the cluster may have been made anew, or something stands in between: fetch its kubeconfig again"
    if error.verify_code in _UNKNOWN_ISSUER:
        return UnreachableError(f"{whose} is not signed by {by}", hint=hint)
    return UnreachableError(f"{whose} cannot be trusted: {error.verify_message}", hint=hint)


def handshake_failed(error: ssl.SSLError, access: Access, certificate: ClientCertificate | None) -> UnreachableError:
    """Why TLS could not be spoken, or was refused by the server."""
    reason = error.reason or ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        expired = client_certificate_fault(access, certificate)
        hint = "log in again, or fetch the kubeconfig again"
        return UnreachableError(
            expired or f"{access.place} does not accept the client certificate of user {access.user!r}", hint=hint
        )
    if reason in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "UNEXPECTED_MESSAGE",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
    ):
        return UnreachableError(
            f"{access.place} does not speak TLS", hint="check the port; a plain server's URL starts with http://"
        )
    what = "the connection was closed" if isinstance(error, ssl.SSLEOFError) else reason.replace("_", " ").lower()
    return UnreachableError(
        f"no TLS connection to {access.place}: {what}", hint="something between here and the server may be interfering"
    )


def client_certificate_fault(access: Access, certificate: ClientCertificate | None) -> str:
    """A sentence when our own certificate's time is over or not yet come; empty otherwise."""
    try:
        mine = read_pem(certificate.certificate.read()) if certificate else None
    except OSError:
        return ""  # it was readable when it was loaded; then its dates are not the fault
    if mine is None:
        return ""
    who = f"the client certificate of user {access.user!r}" + (f" ({mine.subject})" if mine.subject else "")
    now = datetime.now(UTC)
    if mine.not_after < now:
        return f"{who} expired on {day(mine.not_after)}"
    return f"{who} is valid only from {day(mine.not_before)}" if mine.not_before > now else ""


def day(moment: datetime) -> str:
    """A moment as people are told it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
