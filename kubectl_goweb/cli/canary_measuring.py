"""What a canary is compared by: probes of new and old Pods, and a Prometheus where one is named or found."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_goweb.actions.canary.comparing import Measured
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.probing import metrics
from kubectl_goweb.errors import ApiError
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.reading import Ask, read
from kubectl_goweb.objects import Kind, Pod
from kubectl_goweb.probing.promql import PromError
from kubectl_goweb.probing.selecting import Wish
from kubectl_goweb.probing.sending import Sender
from kubectl_goweb.probing.service_queries import SERVICE_QUERIES, subject
from kubectl_goweb.probing.side_by_side import Pair
from kubectl_goweb.settings import Metrics
from kubectl_goweb.status.service_metrics import ServiceMetrics
from kubectl_goweb.status.verdicts import Ref

_ASKED = 30
"""How often each Pod is asked the same in one comparison."""
_OFTEN = 0.2
"""Seconds between two such probes at least."""
_NOTHING = "the Pods declare no probe and no port that can be asked; --probe-path names one"


class Measuring:
    """Measures new Pods and old ones side by side."""

    def __init__(
        self,
        args: Arguments,
        settings: Metrics,
        connection: Connection,
        ref: Ref,
        bake: float,
        environment: Environment,
    ) -> None:
        path = args.probe_path or ""
        wish = Wish(path=path if not path or path.startswith("/") else f"/{path}", port=args.probe_port or "")
        self._pair = Pair(Sender(environment.now, connection), wish, interval=max(_OFTEN, bake / _ASKED))
        self._args = args
        self._settings = settings
        self._queries = metrics.queries(SERVICE_QUERIES, settings)
        self._connection = connection
        self._ref = ref
        self._environment = environment
        self._pods: tuple[Sequence[Pod], Sequence[Pod]] = ((), ())

    def begin(self, new: Sequence[Pod], old: Sequence[Pod]) -> None:
        self._pods = (new, old)
        self._pair.begin(new, old)

    def measured(self, *, is_last: bool) -> Measured:
        sides = self._pair.sides()
        new, old = sides if sides is not None else (None, None)
        why = "" if sides is not None else _NOTHING
        found, no_metrics = self._metrics() if is_last and not self._args.no_metrics else (None, "")
        return Measured(new, old, why, found, no_metrics, needs_metrics=self._is_named)

    def rest(self) -> None:
        self._pair.rest()

    @property
    def _is_named(self) -> bool:
        return bool(self._args.prometheus or self._settings.prometheus) and not self._args.no_metrics

    def _metrics(self) -> tuple[tuple[ServiceMetrics, ServiceMetrics] | None, str]:
        """Of new and old Pods, or why not; nothing at all where no Prometheus is to be found."""
        from kubectl_goweb.probing.service_metrics import measured  # loads an HTTP client

        try:
            services = () if self._is_named else read(self._connection, [Ask(Kind.SERVICE)], self._environment.now)
            found = metrics.prometheus(
                self._args, self._settings, self._connection, services.services.values() if services else ()
            )
            if found is None:
                return None, ""
            new, old = (measured(found, self._queries, subject(self._ref, pods, (), ())) for pods in self._pods)
        except PromError as error:
            return None, str(error)
        except ApiError as error:
            return None, error.sentence
        return (new, old), ""
