"""`kubectl goweb` without a verb: the cockpit."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path

from kubectl_goweb import memory
from kubectl_goweb.cli.clusters import Contexts
from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.options import Arguments
from kubectl_goweb.cli.printing import write
from kubectl_goweb.cli.signals import EndedError
from kubectl_goweb.delivery.jobs.desk import Desk
from kubectl_goweb.delivery.starting import SERVICE_FILE
from kubectl_goweb.errors import Exit, UsageError
from kubectl_goweb.kube.overrides import Overrides
from kubectl_goweb.settings import Settings

_FORWARDED = ("kubeconfig", "namespace")
"""Flags that hold for jobs too; the context is the one that is looked at then."""
_KNOWN = (*_FORWARDED, "context", "request_timeout")


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Open the cockpit; the program ends when it is left. A server that does not answer is told inside."""
    # Textual reads it when it is loaded: with its usual 60 a key may wait for two frames of 17 ms.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from kubectl_goweb.tui import keys
    from kubectl_goweb.tui.opening import open_cockpit  # textual takes 0.2 s to load
    from kubectl_goweb.tui.remembered import Memory, state_path
    from kubectl_goweb.tui.terminal_driver import HUNG_UP

    if not (environment.stdout.isatty() and environment.stdin.isatty()):
        raise UsageError("the cockpit needs a terminal", hint="for scripts and pipes there is: kubectl goweb status")
    keys.check(settings.keys)
    memory.share()
    contexts = Contexts(args, settings, environment)
    desk = _desk(args, environment)

    def tell(sentence: str) -> None:
        write(environment.stderr, f"goweb: {sentence}\n")

    cluster, session = contexts.start()
    # What is loaded by now stays: the collector need not walk it while keys are answered.
    gc.freeze()
    try:
        code = open_cockpit(
            cluster,
            session,
            settings,
            environment.now,
            keymap=settings.keys,
            contexts=contexts,
            memory=Memory(state_path(environment.environ, environment.home)),
            tell=tell,
            desk=desk,
        )
    finally:
        desk.close(tell)
        contexts.close()
    if code == HUNG_UP:
        raise EndedError(signal.SIGHUP)
    return Exit.OK


def _desk(args: Arguments, environment: Environment) -> Desk:
    """Where builds and deploys are begun: with the service file named by -f, else that of this folder, for the cluster
    that the flags choose.
    """
    file = Path(args.service or SERVICE_FILE)
    given = vars(args)
    words = [word for name in _FORWARDED if given.get(name) for word in (f"--{name}", str(given[name]))]
    unusual = next((name for name in Overrides.__struct_fields__ if name not in _KNOWN and given.get(name)), "")
    flag = {"as_user": "as"}.get(unusual, unusual).replace("_", "-")
    return Desk(
        file / SERVICE_FILE if file.is_dir() else file,
        environment.environ,
        (sys.executable, "-m", "kubectl_goweb"),
        cluster=tuple(words),
        refused=f"a job takes its cluster from a kubeconfig, not from --{flag}" if flag else "",
    )
