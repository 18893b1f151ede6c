from __future__ import annotations

import subprocess
from pathlib import Path

from kubectl_goweb.kube.certificates import read_pem


def test_the_names_of_a_certificate_are_read_with_its_dates(tmp_path: Path) -> None:
    target = tmp_path / "one.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(target), "-subj", "/CN=shop", "-days", "3",
         "-addext", "subjectAltName=DNS:shop.example,DNS:*.shop.example,IP:10.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    found = read_pem(target.read_text())
    assert found is not None
    assert (found.subject, found.names) == ("shop", ("shop.example", "*.shop.example"))
    assert (found.not_after - found.not_before).days == 3
