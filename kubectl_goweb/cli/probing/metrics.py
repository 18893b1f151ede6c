"""Which Prometheus is asked, with which login and queries: by flags, settings, and what is found in the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_goweb.cli.options import Arguments, Parser
from kubectl_goweb.errors import SettingsError
from kubectl_goweb.objects import Service
from kubectl_goweb.probing.promql import ETCD_QUERIES, NODE_QUERIES
from kubectl_goweb.probing.service_queries import SERVICE_QUERIES
from kubectl_goweb.settings import Metrics
from kubectl_goweb.status.service_metrics import ServiceMetrics
from kubectl_goweb.status.verdicts import Gap

if TYPE_CHECKING:
    from kubectl_goweb.probing.prometheus import Prometheus, Relay  # loads an HTTP client


class Measured(Struct, frozen=True):
    """What Prometheus said, and what could not be asked."""

    services: tuple[ServiceMetrics, ...] = ()
    gaps: tuple[Gap, ...] = ()
    is_expected: bool = False
    """A Prometheus was named or found, so that what could not be asked is worth a complaint."""


def declare(parser: Parser, title: str) -> None:
    group = parser.add_argument_group(f"{title} (also in the settings, table [metrics])")
    group.add_argument("--prometheus", metavar="URL", help="a Prometheus; default: one found in the cluster")
    group.add_argument("--prometheus-user", metavar="NAME", help="user for basic auth")
    group.add_argument("--prometheus-password-file", metavar="FILE", help="file with that user's password")
    group.add_argument("--prometheus-token-file", metavar="FILE", help="file with a bearer token")
    group.add_argument("--no-metrics", action="store_true", help="do not ask for metrics")


def chosen(args: Arguments, metrics: Metrics) -> Prometheus | None:
    """The one that is named; None when none is. PromError when a login file cannot be read."""
    url = args.prometheus or metrics.prometheus
    if not url:
        return None
    from kubectl_goweb.probing.prometheus import Login, at_url, secret_in  # only where there is one to ask

    token = secret_in(args.prometheus_token_file or metrics.token_file)
    password = secret_in(args.prometheus_password_file or metrics.password_file)
    return at_url(url, Login(token, args.prometheus_user or metrics.user, password))


def prometheus(args: Arguments, metrics: Metrics, connection: Relay, services: Iterable[Service]) -> Prometheus | None:
    """The one that is named, else the one found among these Services; None when there is none. PromError when a login
    file cannot be read, or none of several answers.
    """
    from kubectl_goweb.probing.prometheus import discovered  # loads an HTTP client

    return chosen(args, metrics) or discovered(connection, services)


def queries(built_in: Mapping[str, str], metrics: Metrics) -> dict[str, str]:
    """The built-in ones, with those of the settings instead. SettingsError for a name that nobody asks for."""
    known = [*NODE_QUERIES, *ETCD_QUERIES, *SERVICE_QUERIES]
    for name in metrics.queries:
        if name not in known:
            import difflib  # only needed to say what was meant

            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise SettingsError(f"unknown query {name!r} in the settings, table [metrics]", hint=hint)
    return {name: metrics.queries.get(name, query) for name, query in built_in.items()}
