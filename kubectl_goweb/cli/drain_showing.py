"""Shows a drain in the manner that fits what is written to."""

from __future__ import annotations

from kubectl_goweb.cli.drain_telling import DrainTeller, LineTeller
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.printing import paper
from kubectl_goweb.settings import Settings


def teller(
    output: str | None, settings: Settings, environment: Environment, count: int, *, is_dry: bool
) -> DrainTeller:
    """The one that fits: lines go to standard output as kubectl's do, or to standard error beside a document."""
    stream = environment.stdout if output is None else environment.stderr
    on = paper(stream, environment.environ, settings)
    if on.width is not None and on.signs and count and not is_dry:
        from kubectl_goweb.cli.drain_screen import ScreenTeller  # loads rich

        return ScreenTeller(stream, on, count)
    return LineTeller(stream, on, is_dry=is_dry)
