from __future__ import annotations

from typing import Any

import pytest

from kubectl_goweb.status.secrets import HIDDEN, looks_secret, shown, without_secrets


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "apiKey", "GITHUB_TOKEN", "PGPASSFILE", "SESSION_SALT", "DSN", "TLS_CERT"]
)
def test_names_that_look_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["LOG_LEVEL", "PORT", "GOMEMLIMIT", "VERSION", "REGION"])
def test_names_that_do_not(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("value", "as_shown"),
    [
        ("debug", "debug"),
        ("postgres://web:hunter2@db/shop?sslmode=off", f"postgres://{HIDDEN}@db/shop?sslmode=off"),
        ("--db-password=hunter2", f"--db-password={HIDDEN}"),
        ("--level=debug", "--level=debug"),
        ("API_TOKEN=hunter2 exec ./web", f"API_TOKEN={HIDDEN} exec ./web"),
        ("https://hooks/x?key=hunter2&y=1", f"https://hooks/x?key={HIDDEN}&y=1"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", HIDDEN),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x", HIDDEN),
        ("registry:5000/shop/web@sha256:0123", "registry:5000/shop/web@sha256:0123"),
        ("https://user@example.com/x:y", "https://user@example.com/x:y"),
    ],
)
def test_values_that_give_themselves_away(value: str, as_shown: str) -> None:
    assert shown(value) == as_shown


def test_a_template_is_shown_without_its_secrets_at_any_depth() -> None:
    reference = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    template: dict[str, Any] = {
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "env": [{"name": "API_KEY", "value": "hunter2"}, {"name": "LEVEL", "value": "debug"}, reference],
                    "args": ["--token=hunter2", "--db-password", "hunter2", "--level", "debug"],
                }
            ]
        }
    }
    told = without_secrets([{"op": "replace", "path": "/spec/template", "value": template}])
    assert "hunter2" not in str(told)
    (container,) = told[0]["value"]["spec"]["containers"]
    assert container["args"] == [f"--token={HIDDEN}", "--db-password", HIDDEN, "--level", "debug"]
    assert container["env"][1:] == [{"name": "LEVEL", "value": "debug"}, reference]
