"""Several kubeconfig files as one, and the context, cluster and user chosen from it. What the chosen entries mean
lives in clusters and logins.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.kubefile import Cluster, Context, Kubefile, User, read_kubefile
from kubectl_goweb.kube.overrides import Overrides


class _ClusterEntry(msgspec.Struct, frozen=True):
    value: Cluster
    path: Path


class _UserEntry(msgspec.Struct, frozen=True):
    value: User
    path: Path


class _ContextEntry(msgspec.Struct, frozen=True):
    value: Context
    path: Path


class Merged:
    """Several files as one: the first that sets a name or the current context wins."""

    def __init__(self, files: list[Kubefile]) -> None:
        self.paths = tuple(file.path for file in files)
        self.current_context = next((file.current_context for file in files if file.current_context), "")
        self.clusters: dict[str, _ClusterEntry] = {}
        self.users: dict[str, _UserEntry] = {}
        self.contexts: dict[str, _ContextEntry] = {}
        for file in files:
            for name, cluster in file.clusters.items():
                self.clusters.setdefault(name, _ClusterEntry(cluster, file.path))
            for name, user in file.users.items():
                self.users.setdefault(name, _UserEntry(user, file.path))
            for name, context in file.contexts.items():
                self.contexts.setdefault(name, _ContextEntry(context, file.path))

    @property
    def is_empty(self) -> bool:
        return not (self.clusters or self.users or self.contexts or self.current_context)

    @property
    def place(self) -> str:
        return " + ".join(map(str, self.paths)) or "the flags"


def read_all(overrides: Overrides, environ: Mapping[str, str], home: Path) -> list[Kubefile]:
    """The files that count, in order of precedence: the one of --kubeconfig, which must exist; or those of
    KUBECONFIG, else
    ~/.kube/config, as far as they exist.
    """
    if overrides.kubeconfig:
        path = _expanded(overrides.kubeconfig, home)
        file = read_kubefile(path)
        if file is None:
            raise KubeconfigError(f"kubeconfig {path} does not exist", hint="check --kubeconfig")
        return [file]
    paths = _listed(environ, home)
    return [file for path in dict.fromkeys(paths) if (file := read_kubefile(path)) is not None]


def _listed(environ: Mapping[str, str], home: Path) -> list[Path]:
    named = [part for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return [Path(part).absolute() for part in named] or [home / ".kube" / "config"]


def _expanded(path: str, home: Path) -> Path:
    """The shell leaves the ~ of --kubeconfig=~/x alone."""
    return home / path[2:] if path.startswith("~/") else Path(path).absolute()


def nothing_configured(environ: Mapping[str, str], home: Path, files: list[Kubefile]) -> KubeconfigError:
    """The sentence for files that are not there, or say nothing."""
    if files:
        which = " and ".join(str(file.path) for file in files)
        return KubeconfigError(
            f"kubeconfig {which} is empty", hint="add a cluster with kubectl config, or give --kubeconfig"
        )
    missing = " and ".join(map(str, _listed(environ, home)))
    if environ.get("KUBECONFIG"):
        sentence = f"there is no kubeconfig: KUBECONFIG names {missing}, which does not exist"
    else:
        sentence = f"there is no kubeconfig: {missing} does not exist"
    return KubeconfigError(sentence, hint="set KUBECONFIG or give --kubeconfig; without a cluster: kubectl goweb demo")


def chosen_context(overrides: Overrides, merged: Merged, name: str) -> tuple[Context, Path | None]:
    """The context by that name and its file; none is needed when flags name the server."""
    if name in merged.contexts:
        return merged.contexts[name].value, merged.contexts[name].path
    if name and (overrides.context or not overrides.server):
        flag = "--context" if overrides.context else "current-context"
        raise KubeconfigError(
            f"kubeconfig {merged.place}: context {name!r} ({flag}) does not exist",
            hint=_offer("contexts", merged.contexts),
        )
    if not (overrides.server or overrides.cluster):
        raise KubeconfigError(
            f"kubeconfig {merged.place}: no current-context is set",
            hint=f"choose one: kubectl config use-context NAME, or --context; {_offer('contexts', merged.contexts)}",
        )
    return Context(), None


def chosen_cluster(overrides: Overrides, merged: Merged, name: str, context: str) -> tuple[Cluster, Path | None]:
    """The cluster by that name and its file, or an empty one when --server stands for it."""
    if name in merged.clusters:
        return merged.clusters[name].value, merged.clusters[name].path
    if overrides.server and not overrides.cluster:
        return Cluster(), None
    if not name:
        raise KubeconfigError(
            f"kubeconfig {merged.contexts[context].path}: context {context!r} names no cluster",
            hint=f"set it: kubectl config set-context {context} --cluster=NAME; {_offer('clusters', merged.clusters)}",
        )
    by = "--cluster" if overrides.cluster else f"named by context {context!r}"
    raise KubeconfigError(
        f"kubeconfig {merged.place}: cluster {name!r} ({by}) does not exist", hint=_offer("clusters", merged.clusters)
    )


def chosen_user(overrides: Overrides, merged: Merged, name: str, context: str) -> tuple[User, Path | None]:
    """The user by that name and its file, or an empty one when the context names none."""
    if name in merged.users:
        return merged.users[name].value, merged.users[name].path
    if not name:
        return User(), None
    by = "--user" if overrides.user else f"named by context {context!r}"
    raise KubeconfigError(
        f"kubeconfig {merged.place}: user {name!r} ({by}) does not exist", hint=_offer("users", merged.users)
    )


def _offer(kind: str, names: Mapping[str, object]) -> str:
    shown = ", ".join(sorted(names)[:8])
    return f"{kind} there: {shown}{', ...' if len(names) > 8 else ''}" if names else f"there are no {kind} in it"
