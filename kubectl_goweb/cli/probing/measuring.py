"""What Prometheus knows of the services that `probe` is asked about, while they are being probed."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.probing import metrics, naming
from kubectl_goweb.cli.probing.metrics import Measured
from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import FeedState, Kind, Snapshot
from kubectl_goweb.probing.promql import PromError
from kubectl_goweb.probing.service_metrics import measured
from kubectl_goweb.probing.service_queries import SERVICE_QUERIES, subject
from kubectl_goweb.settings import Metrics
from kubectl_goweb.status.verdicts import Gap

_NONE_FOUND = "no Prometheus was found in the cluster; --prometheus URL names one"


def measure(
    args: Arguments,
    settings: Metrics,
    environment: Environment,
    names: Sequence[naming.Named],
    seen: Snapshot,
    connection: Connection,
) -> Measured:
    """The metrics of every workload, Service and Pod that is named. SettingsError for a query that nobody asks for."""
    asked = metrics.queries(SERVICE_QUERIES, settings)
    refs = [ref for name in names if not name.url and (ref := naming.named(name, seen)) is not None]
    refs = [ref for ref in refs if ref.kind != Kind.INGRESS]
    if args.no_metrics or not refs:
        return Measured()
    is_named = bool(args.prometheus or settings.prometheus)
    try:
        around, why = _around(connection, seen.namespace, environment)
        found = metrics.prometheus(args, settings, connection, around.services.values())
        if found is None:
            return Measured(gaps=(_gap(why or _NONE_FOUND),))
        is_named = True
        services, ingresses = around.services.values(), around.ingresses.values()
        subjects = [subject(ref, naming.pods_of(ref, seen), services, ingresses) for ref in refs]
        return Measured(tuple(measured(found, asked, about) for about in subjects if about.pods), is_expected=True)
    except PromError as error:
        return Measured(gaps=(_gap(f"Prometheus: {error}"),), is_expected=is_named)
    except ApiError as error:
        return Measured(gaps=(_gap(error.sentence),), is_expected=is_named)


def _around(connection: Connection, namespace: str, environment: Environment) -> tuple[Snapshot, str]:
    """The Services of all namespaces, as a Prometheus may be in any, and this namespace's Ingresses; where others'
    Services may not be listed, this namespace's, and why.
    """
    seen = read(connection, [Ask(Kind.SERVICE), Ask(Kind.INGRESS, namespace)], environment.now)
    feed = seen.feeds[Kind.SERVICE]
    if feed.state is FeedState.LIVE:
        return seen, ""
    why = f"no Prometheus could be searched for: {feed.why}"
    return read(connection, [Ask(kind, namespace) for kind in (Kind.SERVICE, Kind.INGRESS)], environment.now), why


def _gap(why: str) -> Gap:
    return Gap("metrics", "absent", why)
