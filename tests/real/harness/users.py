"""People and machines that may do only what a test allows them."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import access, pki
from .cluster import Cluster


@dataclass(frozen=True)
class Rule:
    """What somebody may do, as a rule of a Role."""

    verbs: Sequence[str]
    resources: Sequence[str]
    api_groups: Sequence[str] = ("",)
    names: Sequence[str] = ()

    def as_json(self) -> dict[str, list[str]]:
        """The rule as RBAC wants it."""
        rule = {"verbs": list(self.verbs), "resources": list(self.resources), "apiGroups": list(self.api_groups)}
        return {**rule, "resourceNames": list(self.names)} if self.names else rule


READ_ONLY = (
    Rule(
        ("get", "list", "watch"),
        ("*",),
        ("", "apps", "batch", "autoscaling", "discovery.k8s.io", "networking.k8s.io", "policy", "events.k8s.io"),
    ),
)
"""What a person may do who looks and changes nothing."""


class Users:
    """Makes logins for one test and takes their rights away at its end."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._granted: list[str] = []

    def __call__(
        self,
        name: str,
        *,
        groups: Sequence[str] = (),
        rules: Sequence[Rule] = (),
        namespace: str | None = None,
        days: int = 30,
    ) -> Path:
        """The kubeconfig of a user with a client certificate, who may do what `rules` say: in one namespace if named,
        else everywhere.

        Without rules it is a user who is known and may do nothing.
        """
        self.grant({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}, rules, namespace)
        return access.by_certificate(
            self._cluster.layout,
            self._file(name),
            self.certificate(name, groups, days=days),
            namespace=namespace or "default",
        )

    def certificate(self, name: str, groups: Sequence[str] = (), *, days: int = 30) -> pki.Login:
        """A client certificate alone, for kubeconfigs of a test's own."""
        folder = self._folder / uuid.uuid4().hex
        folder.mkdir(parents=True)
        return pki.issue(self._cluster.layout.pki, "client", name, groups, days=days, folder=folder)

    def token(self, name: str, namespace: str, *, rules: Sequence[Rule] = (), seconds: int = 3600) -> str:
        """A bearer token of a service account, which is made if it is not there; good for `seconds` (the server gives
        no less than 600).
        """
        kubectl = self._cluster.kubectl
        kubectl.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
        )
        self.grant({"kind": "ServiceAccount", "name": name, "namespace": namespace}, rules, namespace)
        return kubectl("-n", namespace, "create", "token", name, f"--duration={seconds}s").strip()

    def with_token(self, token: str, *, namespace: str = "default") -> Path:
        """A kubeconfig that logs in with a bearer token."""
        return access.by_token(self._cluster.layout, self._file("token"), token, namespace=namespace)

    def with_token_file(self, token_file: Path, *, namespace: str = "default") -> Path:
        """A kubeconfig that logs in with the token in a file, which the test may replace."""
        return access.by_token_file(self._cluster.layout, self._file("token-file"), token_file, namespace=namespace)

    def with_exec_plugin(
        self,
        *,
        token: str | None = None,
        login: pki.Login | None = None,
        expires: datetime | None = None,
        namespace: str = "default",
    ) -> access.ExecPlugin:
        """A kubeconfig that logs in by an exec plugin, which answers with a token or a client certificate;
        `access.exec_credential` changes the answer.
        """
        plugin = access.by_exec(self._cluster.layout, self._folder / uuid.uuid4().hex, namespace=namespace)
        access.exec_credential(plugin, token=token, login=login, expires=expires)
        return plugin

    def grant(self, subject: dict[str, str], rules: Sequence[Rule], namespace: str | None) -> None:
        """Allow somebody something until the end of the test."""
        if not rules:
            return
        name = f"goweb-test-{uuid.uuid4().hex[:8]}"
        scope = "" if namespace else "Cluster"
        group = "rbac.authorization.k8s.io"
        metadata = {"name": name, "namespace": namespace} if namespace else {"name": name}
        role = {
            "apiVersion": f"{group}/v1",
            "kind": f"{scope}Role",
            "metadata": metadata,
            "rules": [rule.as_json() for rule in rules],
        }
        reference = {"apiGroup": group, "kind": f"{scope}Role", "name": name}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": f"{scope}RoleBinding",
            "metadata": metadata,
            "roleRef": reference,
            "subjects": [subject],
        }
        self._cluster.kubectl.create(role, binding)
        if not namespace:
            self._granted.append(name)

    def revoke(self) -> None:
        """Take away what was granted on the whole cluster; what was granted in a namespace goes with it."""
        if self._granted:
            self._cluster.kubectl(
                "delete", "clusterrole,clusterrolebinding", "--ignore-not-found", "--wait=false", *self._granted
            )

    def _file(self, name: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{re.sub('[^a-z0-9-]', '-', name)}-{uuid.uuid4().hex[:8]}.kubeconfig"
