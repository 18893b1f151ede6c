"""Opens the cockpit in the terminal, and leaves it with what goes on without it told."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from kubectl_goweb.settings import Settings
from kubectl_goweb.tui import theme
from kubectl_goweb.tui.app import GowebApp
from kubectl_goweb.tui.remembered import Memory
from kubectl_goweb.tui.source import Contexts, Session, Source

if TYPE_CHECKING:  # most sessions build and deploy nothing
    from kubectl_goweb.delivery.jobs.desk import Desk

_GARBAGE = 10_000
"""New objects after which the collector looks for cycles."""
_TURN = 0.001
"""Seconds after which a thread that judges lets another one go on; a key waits for several such turns, of 5 ms by
default.
"""


def open_cockpit(
    source: Source,
    session: Session,
    settings: Settings,
    now: Callable[[], datetime],
    *,
    keymap: Mapping[str, str] | None = None,
    contexts: Contexts | None = None,
    memory: Memory | None = None,
    tell: Callable[[str], None] = lambda _: None,
    desk: Desk | None = None,
) -> int:
    """Open the cockpit and return its exit code when it is left; the Source is closed then, and `tell` is told in a
    sentence each what goes on without it.

    Without colours when the settings say never, or NO_COLOR is set and they do not say always.
    `now` gives the present as an aware UTC datetime; `keymap` other keys for binding ids (`keys.ids()`).
    """
    # By default every 700 new objects are a reason to look for cycles, and 10,000 Pods are walked while a key waits.
    gc.set_threshold(_GARBAGE)
    sys.setswitchinterval(_TURN)
    match settings.color:  # Textual asks the environment, nothing else
        case "never":
            os.environ["NO_COLOR"] = "1"
        case "always":
            os.environ.pop("NO_COLOR", None)
    app = GowebApp(
        source,
        session,
        settings,
        now,
        keymap=keymap,
        contexts=contexts,
        memory=memory,
        desk=desk,
        colours=theme.colours(),
    )
    try:
        app.run()
    finally:
        app.give_back_terminal()
        for sentence in app.leave_guards():
            tell(sentence)
        source.close()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
