"""One kubeconfig file, read and checked: which names it has and what stands under them. Choosing among them lives in
kubeconfig.

The fields are client-go's (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/); unknown ones are ignored,
as kubectl does. Every complaint names the file
and the entry, and none repeats a value: a kubeconfig is full of secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec

from kubectl_goweb.errors import KubeconfigError
from kubectl_goweb.kube.plain_yaml import read_plain_yaml

_T = TypeVar("_T")


class Extension(msgspec.Struct, frozen=True):
    """Whatever a tool put beside a cluster; exec plugins are handed theirs."""

    name: str
    extension: Any = None


class Cluster(msgspec.Struct, frozen=True, rename="kebab"):
    """Where an API server is and how it proves itself."""

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: list[Extension] = []


class EnvironmentVariable(msgspec.Struct, frozen=True):
    """One variable for an exec plugin."""

    name: str
    value: str = ""


class Exec(msgspec.Struct, frozen=True, rename="camel"):
    """A login by a program."""

    command: str = ""
    api_version: str = ""
    args: list[str] = []
    env: list[EnvironmentVariable] = []
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class Provider(msgspec.Struct, frozen=True):
    """A legacy login."""

    name: str = ""


class User(msgspec.Struct, frozen=True, rename="kebab"):
    """How somebody proves who they are."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    as_: str = msgspec.field(default="", name="as")
    as_uid: str = ""
    as_groups: list[str] = []
    as_user_extra: dict[str, list[str]] = {}
    exec: Exec | None = None
    auth_provider: Provider | None = None


class Context(msgspec.Struct, frozen=True):
    """A cluster, a user and a namespace under one name."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _NamedCluster(msgspec.Struct, frozen=True):
    name: str
    cluster: Cluster = Cluster()


class _NamedUser(msgspec.Struct, frozen=True):
    name: str
    user: User = User()


class _NamedContext(msgspec.Struct, frozen=True):
    name: str
    context: Context = Context()


class _Document(msgspec.Struct, frozen=True):
    api_version: str = msgspec.field(default="v1", name="apiVersion")
    kind: str = "Config"
    current_context: str = msgspec.field(default="", name="current-context")
    clusters: list[_NamedCluster] = []
    users: list[_NamedUser] = []
    contexts: list[_NamedContext] = []


class Kubefile(msgspec.Struct, frozen=True):
    """What one file says."""

    path: Path
    current_context: str
    clusters: Mapping[str, Cluster]
    users: Mapping[str, User]
    contexts: Mapping[str, Context]


def read_kubefile(path: Path) -> Kubefile | None:
    """The file's entries; None when there is no such file. KubeconfigError when it is there and cannot be meant."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise KubeconfigError(
            f"kubeconfig {path} is a directory", hint="give the file in it, usually named config"
        ) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise KubeconfigError(
            f"cannot read kubeconfig {path}: {why.lower()}", hint=f"look at it with: ls -l {path}"
        ) from error
    return parse_kubefile(raw, path)


def parse_kubefile(raw: bytes, path: Path) -> Kubefile:
    """The entries of a kubeconfig's bytes; `path` is for messages and for relative paths."""
    content = _load(raw, path)
    if content is None:
        content = {}  # an empty file is an empty kubeconfig, as for kubectl
    if not isinstance(content, dict):
        raise KubeconfigError(
            f"kubeconfig {path} is a {_kind(content)}, not a kubeconfig",
            hint="a kubeconfig is a map with clusters, users and contexts; see: kubectl config view",
        )
    try:
        document = msgspec.convert(_without_nulls(content), _Document)
    except msgspec.ValidationError as error:
        raise KubeconfigError(
            f"kubeconfig {path}: {_located(str(error), content)}",
            hint="correct the entry, or write it anew with kubectl config",
        ) from error
    if (document.kind, document.api_version) != ("Config", "v1"):
        raise KubeconfigError(
            f"kubeconfig {path} holds {document.kind} {document.api_version}, not Config v1",
            hint="is this the right file? see: kubectl config view",
        )
    return Kubefile(
        path=path,
        current_context=document.current_context,
        clusters=_by_name(path, "cluster", [(entry.name, entry.cluster) for entry in document.clusters]),
        users=_by_name(path, "user", [(entry.name, entry.user) for entry in document.users]),
        contexts=_by_name(path, "context", [(entry.name, entry.context) for entry in document.contexts]),
    )


def _load(raw: bytes, path: Path) -> object:
    if raw.startswith(b"{"):
        try:
            content: object = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            return _load_any(raw, path)  # YAML in braces, or an error that the library tells better
        return content
    plain = read_plain_yaml(raw.decode("ascii", "replace"))
    return _load_any(raw, path) if plain is None else plain[0]


def _load_any(raw: bytes, path: Path) -> object:
    """By the library: everything that is YAML, which every JSON is, too."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time: libyaml when it is there
        """Without timestamps: a context may be called 2024-01-01."""

        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    try:
        content: object = yaml.load(raw, Loader)  # noqa: S506  # derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise _not_yaml(path, f"{error.problem or error.context}{where}") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _not_yaml(path, "it has bytes that no text file has") from error
    return content


def _not_yaml(path: Path, why: str) -> KubeconfigError:
    return KubeconfigError(
        f"kubeconfig {path} is not YAML: {why}", hint="correct the file, or fetch the kubeconfig again"
    )


def _without_nulls(value: object) -> object:
    """Go reads a null as the field's zero value; so does this."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "list"
    return "line of text" if isinstance(value, str) else type(value).__name__


def _located(message: str, content: Mapping[object, object]) -> str:
    """msgspec's `... - at `$.users[1].user.token`` told with the entry's name."""
    fault, _, where = message.partition(" - at ")
    fault = fault.replace("`", "").replace("Object missing required field", "missing field")
    fault = fault[:1].lower() + fault[1:]
    found = re.fullmatch(r"`\$\.(clusters|users|contexts)\[(\d+)\]\.?(.*)`", where)
    if not found:
        return f"{fault} at {where.strip('`').removeprefix('$.')}" if where else fault
    section, index, field = found[1], int(found[2]), found[3]
    entries = [entry for entry in _entries(content, section) if entry is not None]
    entry = entries[index] if index < len(entries) else None
    name = entry.get("name") if isinstance(entry, dict) else None
    who = f"{section[:-1]} {name!r}" if isinstance(name, str) else f"{section}, entry {index + 1}"
    return f"{who}: {fault}" + (f" at {field}" if field else "")


def _entries(content: Mapping[object, object], section: str) -> list[object]:
    entries = content.get(section)
    return entries if isinstance(entries, list) else []


def _by_name(path: Path, kind: str, entries: list[tuple[str, _T]]) -> Mapping[str, _T]:
    named: dict[str, _T] = {}
    for name, entry in entries:
        if name in named:
            raise KubeconfigError(
                f"kubeconfig {path}: there are two {kind}s named {name!r}", hint="rename or remove one of them"
            )
        named[name] = entry
    return named
