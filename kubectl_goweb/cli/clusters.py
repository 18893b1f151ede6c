"""The clusters that the cockpit looks at: each context of the kubeconfig, opened, watched, and acted on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from kubectl_goweb.cli.acting import journal_of, why_read_only
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, Name, whole
from kubectl_goweb.cli.options import Arguments, overrides
from kubectl_goweb.errors import ApiError, GowebError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import available, resolve
from kubectl_goweb.kube.live import Live
from kubectl_goweb.kube.overrides import Overrides
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.objects import Kind
from kubectl_goweb.settings import Settings

if TYPE_CHECKING:
    from kubectl_goweb.actions.apply import Applied
    from kubectl_goweb.actions.entries import Entry
    from kubectl_goweb.actions.guard.guarding import Guard
    from kubectl_goweb.actions.guard.telling import Teller
    from kubectl_goweb.actions.guard.terms import OnFailure
    from kubectl_goweb.actions.nodes.drained import News
    from kubectl_goweb.actions.nodes.evicting import Evicting
    from kubectl_goweb.actions.plan import Plan, Refusal
    from kubectl_goweb.actions.requests import Drain, Request, WorkloadRequest
    from kubectl_goweb.kube.log_tail import LogAsk
    from kubectl_goweb.kube.logs import Logs
    from kubectl_goweb.objects import Snapshot
    from kubectl_goweb.objects.wants import Want
    from kubectl_goweb.probing.background import Background
    from kubectl_goweb.probing.load_watch import LoadWatch
    from kubectl_goweb.status.changes.model import WorkloadChanges
    from kubectl_goweb.status.live_paths import Traced
    from kubectl_goweb.status.verdicts import Ref
    from kubectl_goweb.tui.source import Session

_PATIENCE = 2.0
"""Seconds for which the version may keep the screen waiting."""


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


class Cluster:
    """One context, watched, read and acted on over one connection: the cockpit's Source."""

    def __init__(
        self,
        access: Access,
        live: Live,
        connection: Connection,
        environment: Environment,
        closed: Callable[[Cluster], None],
    ) -> None:
        """`closed` is called when it is; it may be closed more than once."""
        self._access = access
        self._closed = closed
        self._live = live
        self._connection = connection
        self._environment = environment
        self._probes: Background | None = None
        self._loads: LoadWatch | None = None

    def next(self, timeout: float) -> Snapshot | None:
        return self._live.next(timeout)

    def restart(self, namespace: str) -> None:
        self._live.restart(namespace)

    def suspect(self, wants: Iterable[Want]) -> None:
        self._live.suspect(wants)

    def logs(self, ask: LogAsk) -> Logs:
        return self._live.logs(ask)

    def probes(self) -> Background:
        if self._probes is None:
            from kubectl_goweb.probing.background import Background  # only needed once somebody looks at probes
            from kubectl_goweb.probing.sending import Sender

            self._probes = Background(Sender(self._environment.now, self._connection))
        return self._probes

    def loads(self) -> LoadWatch:
        if self._loads is None:
            from kubectl_goweb.probing.load_watch import LoadWatch  # the first screen need not wait for it

            self._loads = LoadWatch(self._connection, self._environment.now)
        return self._loads

    def read(self, path: str) -> bytes:
        return self._connection.get(path)

    def denied(self, namespace: str) -> frozenset[str]:
        from kubectl_goweb.actions.rights import rights  # only needed once the first screen is there

        return rights(self._connection, namespace).denied

    def plan(self, request: Request) -> Plan | Refusal:
        from kubectl_goweb.actions.prepare import prepare

        return prepare(self._connection, request, self._environment.now)

    def apply(self, plan: Plan) -> Applied:
        from kubectl_goweb.actions.apply import apply

        journal = journal_of(self._access, self._environment)
        return apply(plan, self._connection, journal=journal, now=self._environment.now)

    def trace(self, ref: Ref) -> tuple[Traced, ...]:
        from kubectl_goweb.cli.tracing import trace_all

        return trace_all(self._connection, ref, self._environment.now)

    def changes(self, ref: Ref) -> WorkloadChanges | None:
        from kubectl_goweb.cli.changing import gather
        from kubectl_goweb.status.changes.engine import BACK

        want = Look(ref.namespace, (Name(ref.name, Kind(ref.kind), ref.short),), detail=True)
        journal = journal_of(self._access, self._environment)
        found = gather(self._connection, want, self._environment.now, BACK, journal)
        return next(iter(found.changes), None)

    def draining(self, request: Drain, tell: Callable[[News], None]) -> Evicting:
        from kubectl_goweb.actions.nodes.drained import Orders
        from kubectl_goweb.actions.nodes.evicting import Evicting

        return Evicting(self._connection, request, Orders(), tell, self._environment.now)

    def guard(self, ref: Ref, policy: OnFailure, way_back: WorkloadRequest | None, teller: Teller) -> Guard:
        from kubectl_goweb.actions.guard.guarding import Guard
        from kubectl_goweb.actions.guard.orders import Orders, evidence_folder
        from kubectl_goweb.settings import state_folder

        environment = self._environment
        state = state_folder(environment.environ, environment.home)
        folder = evidence_folder(state, self._access.context, ref, environment.now())
        orders = Orders(folder, policy, way_back=way_back)
        journal = journal_of(self._access, environment)
        return Guard(self._connection, ref, orders, teller, now=environment.now, journal=journal)

    def journal(self) -> tuple[tuple[Entry, ...], int]:
        return journal_of(self._access, self._environment).entries()

    def revert(self, entry: Entry) -> Plan | Refusal:
        from kubectl_goweb.actions.plan import Refusal
        from kubectl_goweb.actions.prepare import prepare
        from kubectl_goweb.actions.reverting import revert, why_not

        why = why_not(entry, self._access.server)
        if why or entry.inverse is None:
            return Refusal("revert", entry.target, why)
        return revert(entry, prepare(self._connection, entry.inverse, self._environment.now))

    def close(self) -> None:
        if self._probes is not None:
            self._probes.close()
        if self._loads is not None:
            self._loads.close()
        self._live.close()
        self._connection.close()
        self._closed(self)


class Contexts:
    """Opens the contexts of the kubeconfig; what is open is closed with it."""

    def __init__(self, args: Arguments, settings: Settings, environment: Environment) -> None:
        self._args = args
        self._settings = settings
        self._environment = environment
        self._open: set[Cluster] = set()

    def names(self) -> Sequence[str]:
        try:
            found = available(overrides(self._args), self._environment.environ, self._environment.home)
        except GowebError:
            return ()  # it could be read when the program started; opening one will tell what is wrong now
        return tuple(found.contexts)

    def start(self) -> tuple[Cluster, Session]:
        """The context that the flags and the kubeconfig say."""
        namespace = "" if getattr(self._args, "all_namespaces", False) else None
        return self._opened(
            resolve(overrides(self._args), self._environment.environ, self._environment.home), namespace
        )

    def open(self, name: str, namespace: str | None) -> tuple[Cluster, Session]:
        """Another one. Flags that say how the first one is reached do not hold for it."""
        first = overrides(self._args)
        wanted = Overrides(kubeconfig=first.kubeconfig, context=name, request_timeout=first.request_timeout)
        return self._opened(self._resolved(wanted), namespace)

    def _resolved(self, wanted: Overrides) -> Access:
        return resolve(wanted, self._environment.environ, self._environment.home)

    def _opened(self, access: Access, namespace: str | None) -> tuple[Cluster, Session]:
        from kubectl_goweb.tui.source import Session

        labels = getattr(self._args, "selector", "")

        def watched(where: str) -> list[Ask]:
            return [*whole(Look(where, labels=labels, detail=True)), Ask(Kind.NAMESPACE)]

        rules = self._settings.context(access.context)
        where = access.namespace if namespace is None else namespace
        connection = Connection(access, read_only=rules.read_only)
        # What is closed is forgotten: every context that was looked at would keep all its objects.
        cluster = Cluster(access, Live(connection, watched, where), connection, self._environment, self._open.discard)
        self._open.add(cluster)
        session = Session(
            context=access.context,
            server=access.host,
            version=_version(access),
            user=access.impersonation.user or access.user,
            namespace=where,
            read_only=why_read_only(self._args, self._settings, access.context),
            is_protected=rules.protected,
        )
        return cluster, session

    def close(self) -> None:
        for one in tuple(self._open):
            one.close()


def _version(access: Access) -> str:
    """The API server's version; empty when it does not say so at once."""
    try:
        with Connection(access, read_only=True, silence=_PATIENCE) as connection:
            return msgspec.json.decode(connection.get("/version"), type=_Version).git_version
    except (ApiError, msgspec.DecodeError):
        return ""  # the header leaves it out, and the feeds say what is wrong
