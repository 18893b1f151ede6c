"""Everything that can be wrong in a namespace or a cluster: looked at once, suspects then looked into."""

from __future__ import annotations

import gc

from msgspec import structs

from kubectl_goweb.cli.answering import closer
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, whole
from kubectl_goweb.cli.options import Arguments, overrides
from kubectl_goweb.cli.printing import waiting
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Snapshot
from kubectl_goweb.objects.wants import AROUND, CLUSTER_WIDE
from kubectl_goweb.settings import Settings
from kubectl_goweb.status.node_report import with_busy_nodes
from kubectl_goweb.status.overview import Overview, overview
from kubectl_goweb.status.usage import thresholds


def survey(args: Arguments, settings: Settings, environment: Environment) -> tuple[Overview, Snapshot, str]:
    """What is told of everything, from what, and in which context."""
    access = resolve(overrides(args), environment.environ, environment.home)
    namespace = "" if getattr(args, "all_namespaces", False) else access.namespace
    want = Look(namespace=namespace, labels=getattr(args, "selector", ""), detail=True)
    gc.disable()  # one answer, then the end
    read_only = settings.context(access.context).read_only
    with Connection(access, read_only=read_only, tell=waiting(environment.stderr)) as connection:
        asks = [*whole(want), *(Ask(kind, namespace) for kind in AROUND), *(Ask(kind) for kind in CLUSTER_WIDE)]
        asks += [] if namespace else [Ask(Kind.NAMESPACE)]
        found = read(connection, asks, environment.now, namespace=namespace)
        told = overview(found, environment.now())
        found, told = closer(connection, found, told, args, environment.now)
        if found.nodes and not args.quick:
            told = _with_busy_nodes(told, connection, found, settings)
    return told, found, access.context


def _with_busy_nodes(told: Overview, connection: Connection, found: Snapshot, settings: Settings) -> Overview:
    """Where a metrics-server runs, nodes that are too busy are told too. Without one nothing is said of their load."""
    from kubectl_goweb.probing.node_usage import from_metrics_api  # --quick asks nobody

    used = from_metrics_api(connection, found.nodes.values()).nodes
    return structs.replace(told, findings=with_busy_nodes(told.findings, used, thresholds(settings.metrics)))
