"""What containers ask for and nodes have, as the API writes it."""

from kubectl_goweb.objects.meta import Fact

Amount = str | int | float
"""A quantity as the API writes it; see `status.quantities`."""


class Requests(Fact, frozen=True, gc=False):
    """By resource name: `cpu`, `memory`, `ephemeral-storage`, extended ones."""

    requests: dict[str, Amount] = {}
    limits: dict[str, Amount] = {}
