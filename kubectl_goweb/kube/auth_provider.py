"""Logins that only the `kubernetes` package knows (oidc, gcp), by its own loader. The one place that imports it for a
login, and only when one is used: it costs a quarter of a second.
"""

# mypy: disable-error-code="no-untyped-call"
# The kubernetes package has no types for its kubeconfig loader.

from __future__ import annotations

import os

from kubectl_goweb.errors import KubeconfigError, UnauthorizedError
from kubectl_goweb.kube.access import AuthProvider

_KNOWN = ("oidc", "gcp")
_VIEW = "goweb: the user in use"


def provider_authorization(provider: AuthProvider, who: str) -> str:
    """The Authorization header of a legacy login, renewed when it has expired; a renewed one is written back to its
    kubeconfig, as kubectl does.

    KubeconfigError for a provider nobody knows any more, UnauthorizedError when it gives nothing.
    """
    if provider.name not in _KNOWN:
        raise KubeconfigError(
            f"{who}: there is no auth-provider {provider.name!r}",
            hint="renew the kubeconfig with your provider's tool: today's use an exec plugin",
        )
    from kubernetes.client import Configuration
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config import ConfigException, kube_config
    from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    merger = kube_config.KubeConfigMerger(os.pathsep.join(map(str, provider.kubeconfigs)))
    node = kube_config.ConfigNode
    # A context of our own, so that --user counts; it is in the merged view only and never saved.
    merged = merger.config
    merged.value["clusters"].append(node("goweb", {"name": _VIEW, "cluster": {}}, ""))
    merged.value["contexts"].append(
        node("goweb", {"name": _VIEW, "context": {"cluster": _VIEW, "user": provider.user}}, "")
    )
    config = Configuration()
    hint = "log in again with your provider's tool"
    try:
        loader = kube_config.KubeConfigLoader(
            config_dict=merged, active_context=_VIEW, config_base_path=None, config_persister=merger.save_changes
        )
        loader.load_and_set(config)
    except (
        ConfigException,
        ApiException,
        OAuth2Error,
        RequestException,
        HTTPError,
        OSError,
        ValueError,
        KeyError,
    ) as error:
        raise UnauthorizedError(
            f"{who}: the auth-provider {provider.name!r} cannot log in ({type(error).__name__})", hint=hint
        ) from error
    header = config.api_key.get("BearerToken") or config.api_key.get("authorization")
    if not header:
        raise UnauthorizedError(f"{who}: the auth-provider {provider.name!r} gave no token", hint=hint)
    return str(header)
