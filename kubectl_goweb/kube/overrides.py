"""kubectl's flags that choose or change how the cluster is reached. What they do lives in kubeconfig, how they are
read in the command line.
"""

from __future__ import annotations

import msgspec


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """kubectl's flags that choose or change how the cluster is reached. Empty means: as the kubeconfig says."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    as_user: str = ""
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    server: str = ""
    token: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    request_timeout: float | None = None
    """Seconds; None for no limit (timeouts.parse_timeout reads the flag)."""

    def __repr__(self) -> str:
        fields = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={'...' if name == 'token' else repr(value)}" for name, value in fields if value)
        return f"Overrides({', '.join(shown)})"
