"""The same service outside Kubernetes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kubectl_goweb.delivery.manifests import Release
from kubectl_goweb.delivery.service import read
from kubectl_goweb.delivery.targets import compose, nginx, render, systemd, traefik
from kubectl_goweb.errors import UsageError

HEAD = "name: shop\nimage: registry.example.com/shop\n"
FULL = (
    HEAD
    + 'resources: {memoryLimit: 128Mi, cpuLimit: "0.5"}\nconfig: {env: {GREETING: \'say "100%"\'}}\n'
    + "ingress: {host: shop.example.com}\n"
)


def release(text: str = FULL) -> Release:
    return Release(file=read(text).file, image="registry.example.com/shop:1")


def test_the_unit_is_limited_and_hardened_and_quotes_what_it_is_given() -> None:
    unit = systemd(release())
    assert 'Environment="GREETING=say \\"100%%\\""\n' in unit
    assert "MemoryMax=134217728\nCPUQuota=50%\n" in unit
    for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=on-failure"):
        assert f"{line}\n" in unit


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "shop.service"
    unit.write_text(systemd(release()).replace("/usr/local/bin/shop", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "shop.service" not in done.stderr, done.stderr


def test_nginx_serves_tls_redirects_to_it_and_tries_elsewhere() -> None:
    site = nginx(release().file)
    assert "return 301 https://$host$request_uri;" in site
    assert "server 127.0.0.1:8080 max_fails=3 fail_timeout=15s;" in site
    assert "ssl_certificate /etc/ssl/certs/shop.example.com.pem;" in site
    assert "listen 443" not in nginx(release(HEAD + "ingress: {host: a.example.com, tls: false}\n").file)


def test_traefik_asks_the_health_check() -> None:
    http = yaml.safe_load(traefik(release().file))["http"]
    assert http["services"]["shop"]["loadBalancer"]["healthCheck"]["path"] == "/api/health"
    assert http["routers"]["shop"]["rule"] == "Host(`shop.example.com`)"
    assert http["routers"]["shop-http"]["middlewares"] == ["shop-https"]


def test_compose_is_as_hardened_as_the_pod() -> None:
    service = yaml.safe_load(compose(release()))["services"]["shop"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["deploy"]["resources"]["limits"] == {"memory": "134217728", "cpus": "0.5"}
    assert service["environment"]["GOMEMLIMIT"] == "115MiB"


def test_a_proxy_without_a_host_is_told_where_to_write_it() -> None:
    with pytest.raises(UsageError, match="a proxy needs a host name"):
        render("nginx", release(HEAD))
