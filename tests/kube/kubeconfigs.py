"""Kubeconfigs as tests want them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.kubeconfig import Overrides, resolve


def config(cluster: dict[str, Any], user: dict[str, Any], /, **context: Any) -> dict[str, Any]:
    """One context, cluster and user, called kind, kind and ana."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "kind",
        "contexts": [{"name": "kind", "context": {"cluster": "kind", "user": "ana", **context}}],
        "clusters": [{"name": "kind", "cluster": cluster}],
        "users": [{"name": "ana", "user": user}],
    }


def write(path: Path, content: dict[str, Any] | str | bytes) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def access(path: Path, environ: dict[str, str] | None = None, **overrides: Any) -> Access:
    """What a kubeconfig leads to."""
    return resolve(Overrides(kubeconfig=str(path), **overrides), environ or {}, path.parent)
