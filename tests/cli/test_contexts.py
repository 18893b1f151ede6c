"""The contexts that a cockpit looks at one after the other."""

from __future__ import annotations

import gc
import io
import weakref
from pathlib import Path

from kubectl_goweb.cli.clusters import Contexts
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.main import parser
from kubectl_goweb.settings import Settings


def test_a_context_that_was_closed_is_let_go_with_all_its_objects(environ: dict[str, str], tmp_path: Path) -> None:
    environment = Environment(environ, tmp_path, io.StringIO(), io.StringIO(), io.StringIO())
    contexts = Contexts(parser().parse_args([]), Settings(), environment)
    first, session = contexts.start()
    second, _ = contexts.open(session.context, None)
    assert first.next(10) is not None

    first.close()
    gone = weakref.ref(first)
    del first
    gc.collect()

    assert gone() is None
    assert second.next(10) is not None, "the other one goes on"
    contexts.close()
