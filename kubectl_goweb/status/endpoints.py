"""Which Services send traffic to a workload, and how many endpoints would answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_goweb.objects import EndpointSlice, Service
from kubectl_goweb.status.workloads import Endpoints


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """A Service's selector matches when every pair of it stands in the labels."""
    return selector.items() <= labels.items()


def service_endpoints(
    services: Iterable[Service], labels: Mapping[str, str], slices: Mapping[str, list[EndpointSlice]]
) -> tuple[Endpoints, ...]:
    """The Services that select Pods with these labels; `slices` by the Service's key.

    An endpoint counts once however many address families and ports list it. Ready unset is taken as ready, as
    discovery.k8s.io/v1 says.
    """
    found = []
    for service in services:
        if not selects(service.spec.selector, labels):
            continue
        ready: set[str] = set()
        known: set[str] = set()
        for piece in slices.get(service.key, ()):
            for endpoint in piece.endpoints or ():
                target = endpoint.target_ref
                name = target.uid or target.name if target else ",".join(endpoint.addresses)
                known.add(name)
                if endpoint.conditions.ready is not False:
                    ready.add(name)
        found.append(Endpoints(service.name, len(ready), len(known)))
    return tuple(found)
