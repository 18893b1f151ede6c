"""Going to another context of the kubeconfig: to where it was left the last time."""

from __future__ import annotations

import asyncio

from textual.app import App

from kubectl_goweb.errors import GowebError
from kubectl_goweb.tui.going import Going
from kubectl_goweb.tui.showing import Showing
from kubectl_goweb.tui.stage import Stage


async def change_context(app: App[None], going: Going, showing: Showing, stage: Stage, name: str) -> None:
    """Open it aside; what goes on in the one before is left, and that is said."""
    known = stage.memory.of(name)
    try:
        source, session = await asyncio.to_thread(stage.contexts.open, name, known.namespace if known else None)
    except GowebError as error:
        app.notify(f"{error.sentence}; {error.hint}", title=name, severity="error", markup=False)
        return
    for sentence in stage.guards.leave():
        app.notify(sentence, severity="warning", timeout=15, markup=False)
    going.keep()
    going.home()
    showing.turn(source, session)
    if known is not None and known.place:
        going.open(known.place)
