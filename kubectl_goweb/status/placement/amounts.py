"""Resources as the scheduler counts them: whole numbers, CPU in thousandths, everything else as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from kubectl_goweb.objects.amounts import Amount, Requests
from kubectl_goweb.objects.template import FullContainer, FullPodSpec
from kubectl_goweb.status.quantities import amount_text, quantity

Amounts = Mapping[str, int]
"""By resource name; thousandths of a core for `cpu`, bytes for memory and storage, else a count."""

_EVERY = "0.0.0.0"  # noqa: S104  # as Pods write it, nothing listens here
_NATIVE = ("cpu", "memory", "ephemeral-storage")


def counted(amounts: Mapping[str, Amount]) -> dict[str, int]:
    """As whole numbers, rounded up. What is no quantity counts as nothing: the API server takes no such object."""
    return {
        name: whole
        for name, amount in amounts.items()
        if (whole := _whole(amount, 1000 if name == "cpu" else 1)) is not None
    }


@lru_cache(4096)  # ten thousand Pods ask for a few dozen amounts
def _whole(amount: Amount, scale: int) -> int | None:
    exact = quantity(amount)
    if exact is None:
        return None
    scaled = exact * scale
    return -(-scaled.numerator // scaled.denominator)


def asked_text(name: str, amount: int) -> str:
    """`300m`, `64Mi`, `2`."""
    return amount_text(name, Fraction(amount, 1000) if name == "cpu" else Fraction(amount))


def pod_requests(spec: FullPodSpec) -> dict[str, int]:
    """What a Pod asks of its node: the sum of its containers and sidecars, or what its init containers need at most
    while they run one after another beside the sidecars started so far; where the Pod itself names a resource, that;
    and its overhead.

    A limit without a request is a request, as the API server writes it into Pods but not into templates.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    total = _sum(_asked(one.resources) for one in spec.containers)
    sidecars: dict[str, int] = {}
    most: dict[str, int] = {}
    for one in spec.init_containers:
        mine = _asked(one.resources)
        if one.is_sidecar:
            sidecars = _sum((sidecars, mine))
            now = sidecars
        else:
            now = _sum((sidecars, mine))
        most = _max(most, now)
    total = _max(_sum((total, sidecars)), most)
    whole = _asked(spec.resources)
    total |= {name: amount for name, amount in whole.items() if name in _NATIVE or name.startswith("hugepages-")}
    total = _sum((total, counted(spec.overhead)))
    return {name: amount for name, amount in total.items() if _is_counted(name)}


def _asked(resources: Requests) -> dict[str, int]:
    return counted({**resources.limits, **resources.requests})


def _is_counted(name: str) -> bool:
    return name in _NATIVE or "/" in name or name.startswith(("hugepages-", "attachable-volumes-"))


def _sum(many: Iterable[Amounts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in many:
        for name, amount in one.items():
            total[name] = total.get(name, 0) + amount
    return total


def _max(one: Amounts, other: Amounts) -> dict[str, int]:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


class HostPort(Struct, frozen=True):
    """A port of the node that a container takes."""

    protocol: str
    number: int
    address: str
    """`0.0.0.0` is every address of the node."""

    def clashes(self, other: HostPort) -> bool:
        same_port = (self.protocol, self.number) == (other.protocol, other.number)
        return same_port and (self.address == other.address or _EVERY in (self.address, other.address))


def host_ports(spec: FullPodSpec) -> tuple[HostPort, ...]:
    """The node's ports that are taken for as long as the Pod runs; with hostNetwork that is every port it names."""
    running: list[FullContainer] = [one for one in spec.init_containers if one.is_sidecar]
    found = []
    for one in (*running, *spec.containers):
        for port in one.ports:
            number = port.host_port or (port.container_port if spec.host_network else 0)
            if number:
                found.append(HostPort(port.protocol, number, port.host_ip or _EVERY))
    return tuple(found)
