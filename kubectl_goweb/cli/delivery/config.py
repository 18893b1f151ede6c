"""config: show which variables of the .env file are secret, and put those into a Secret of the cluster (--apply)."""

from __future__ import annotations

import base64

import msgspec

from kubectl_goweb.actions.plan import Plan, Write
from kubectl_goweb.cli import acting
from kubectl_goweb.cli.delivery.env_values import env_values
from kubectl_goweb.cli.delivery.releasing import access_of
from kubectl_goweb.cli.delivery.service_file import Here, declare_file, service_file
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.cli.printing import lines, paper, write
from kubectl_goweb.delivery.env_file import Sorted
from kubectl_goweb.delivery.kinds import PLACES
from kubectl_goweb.delivery.manifests import Body, Release
from kubectl_goweb.delivery.manifests.configuration import env_secret
from kubectl_goweb.delivery.release import APPLY, query
from kubectl_goweb.errors import Exit, NotFoundError, RefusedError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.secrets import HIDDEN
from kubectl_goweb.status.template_changes import Change
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables import Cell, Column, Row, Table, Tone

_COLUMNS = (Column("name", "NAME"), Column("goes", "GOES INTO"), Column("why", "BECAUSE", elastic=True))


def declare(parser: Parser) -> None:
    declare_file(parser)
    parser.add_argument("--apply", action="store_true", help="write the secret ones into the Secret NAME-env")
    acting.add_flags(parser)


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    here = service_file(args)
    found = env_values(here)
    wanted = Release(file=here.reading.file, image="")
    if not args.apply:
        on = paper(environment.stdout, environment.environ, settings)
        for line in lines(_table(here, found, wanted), on):
            write(environment.stdout, line + "\n")
        return Exit.OK
    store = here.reading.file.config.store
    if store is not None:
        raise RefusedError(
            f"the Secrets of {wanted.file.name} come from {store.name} ({store.kind})", hint="change the values there"
        )
    access = access_of(args, here, environment)
    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        return acting.act(
            lambda: _plan(connection, found, wanted), args, access, connection, settings, environment
        ).code


def _table(here: Here, found: Sorted, wanted: Release) -> Table:
    rows = [(one.name, "ConfigMap", "nothing says that it is secret") for one in found.plain]
    rows += [(one.name, f"Secret {env_secret(wanted)}", found.why[one.name]) for one in found.secret]
    rows += [(name, "ConfigMap", "config.env") for name in here.reading.file.config.env]
    rows += [(one.name, f"Secret {one.secret}", "config.secrets") for one in here.reading.file.config.secrets]
    return Table(
        _COLUMNS,
        tuple(
            Row(name, (Cell(name), Cell(goes, Tone.HELD if goes != "ConfigMap" else Tone.PLAIN), Cell(why, Tone.FAINT)))
            for name, goes, why in sorted(rows)
        ),
    )


def _plan(connection: Connection, found: Sorted, wanted: Release) -> Plan:
    namespace, name = connection.access.namespace, env_secret(wanted)
    path = PLACES["Secret"].path(namespace, name)
    data = {one.name: base64.b64encode(one.value.encode()).decode() for one in found.secret}
    there = _there(connection, path)
    body = wanted.body("v1", "Secret", name=name, type="Opaque", data=data)
    target = Ref("Secret", name, namespace)
    before = there.get("data", {})
    changes = tuple(
        Change(f"data.{key}", HIDDEN if key in before else None, HIDDEN if key in data else None)
        for key in sorted(before.keys() | data.keys())
        if before.get(key) != data.get(key)
    )
    return Plan(
        verb="config",
        target=target,
        uid=there.get("metadata", {}).get("uid", ""),
        context=connection.access.context,
        sentence=f"put {len(data)} secret variables into Secret {name}",
        done="configured",
        writes=(Write("PATCH", path, msgspec.json.encode(body), APPLY, query(force=True)),) if changes else (),
        nothing="" if changes else "the cluster has the same values",
        changes=changes,
        kubectl=f"kubectl create secret generic {name} --from-env-file=...",
        notes=(f"Pods read it when they start: kubectl goweb restart {wanted.file.name}",) if changes and there else (),
        one_way="earlier values are kept nowhere",
    )


def _there(connection: Connection, path: str) -> Body:
    try:
        found: Body = msgspec.json.decode(connection.get(path))
    except NotFoundError:
        return {}
    return found
