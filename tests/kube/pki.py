"""Certificates made by the openssl command line, for servers and clients of these tests."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @property
    def certificate_data(self) -> str:
        return b64encode(self.certificate.read_bytes()).decode()

    @property
    def key_data(self) -> str:
        return b64encode(self.key.read_bytes()).decode()


@dataclass(frozen=True)
class Pki:
    """A certificate authority and what it signed, made once a test session."""

    folder: Path

    def authority(self, name: str) -> Pair:
        pair = self._pair(name)
        if not pair.certificate.exists():
            self._openssl(
                *(
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                    "-days",
                    "3650",
                ),
                *("-keyout", str(pair.key), "-out", str(pair.certificate), "-subj", f"/CN={name}"),
            )
        return pair

    def signed(
        self,
        name: str,
        *,
        authority: str = "ca",
        names: str = "DNS:localhost,IP:127.0.0.1",
        subject: str = "",
        start: str = "20200101000000Z",
        end: str = "20400101000000Z",
    ) -> Pair:
        """A certificate for `names` that is valid from `start` to `end`."""
        issuer, pair = self.authority(authority), self._pair(name)
        if pair.certificate.exists():
            return pair
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(pair.key), "-out", str(request), "-subj", subject or f"/CN={name}"),
        )
        # Only `openssl ca` lets a test choose both dates, on every version of openssl.
        database = self.folder / f"{name}.db"
        database.mkdir()
        (database / "index.txt").touch()
        (database / "serial").write_text("01\n")
        config = database / "ca.cnf"
        config.write_text(
            "[ca]\ndefault_ca=here\n[here]\n"
            f"database={database}/index.txt\nserial={database}/serial\nnew_certs_dir={database}\n"
            f"certificate={issuer.certificate}\nprivate_key={issuer.key}\ndefault_md=sha256\npolicy=any\n"
            "[any]\ncommonName=optional\norganizationName=optional\n"
        )
        self._openssl(
            *("ca", "-batch", "-notext", "-config", str(config), "-in", str(request), "-out", str(pair.certificate)),
            *("-startdate", start, "-enddate", end, "-extfile", str(extensions)),
        )
        return pair

    def _pair(self, name: str) -> Pair:
        return Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)
