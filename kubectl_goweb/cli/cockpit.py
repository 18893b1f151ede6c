"""`kubectl goweb` without a verb: the cockpit."""

from __future__ import annotations

import gc
import os

import msgspec

from kubectl_goweb.cli.environment import Environment
from kubectl_goweb.cli.looking import Look, whole
from kubectl_goweb.cli.options import Arguments, overrides
from kubectl_goweb.errors import ApiError, Exit, UsageError
from kubectl_goweb.kube.access import Access
from kubectl_goweb.kube.connection import Connection
from kubectl_goweb.kube.kubeconfig import resolve
from kubectl_goweb.kube.live import Live
from kubectl_goweb.kube.reading import Ask
from kubectl_goweb.objects import Kind
from kubectl_goweb.settings import Settings

_PATIENCE = 2.0
"""Seconds for which the version may keep the screen waiting."""


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


def run(args: Arguments, settings: Settings, environment: Environment) -> Exit:
    """Open the cockpit; the program ends when it is left. A server that does not answer is told inside."""
    # Textual reads it when it is loaded: with its usual 60 a key may wait for two frames of 17 ms.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from kubectl_goweb.tui.app import open_cockpit  # textual takes 0.2 s to load
    from kubectl_goweb.tui.source import Session

    if not (environment.stdout.isatty() and environment.stdin.isatty()):
        raise UsageError("the cockpit needs a terminal", hint="for scripts and pipes there is: kubectl goweb status")
    access = resolve(overrides(args), environment.environ, environment.home)
    namespace = "" if getattr(args, "all_namespaces", False) else access.namespace
    labels = getattr(args, "selector", "")

    def watched(where: str) -> list[Ask]:
        return [*whole(Look(where, labels=labels, detail=True)), Ask(Kind.NAMESPACE)]

    with Connection(access, read_only=settings.context(access.context).read_only) as connection:
        live = Live(connection, watched, namespace)
        session = Session(
            context=access.context,
            server=access.host,
            version=_version(access),
            user=access.user,
            namespace=namespace,
            read_only=settings.context(access.context).read_only,
        )
        # What is loaded by now stays: the collector need not walk it while keys are answered.
        gc.freeze()
        try:
            open_cockpit(live, session, settings, environment.now, keymap=settings.keys)
        finally:
            live.close()
    return Exit.OK


def _version(access: Access) -> str:
    """The API server's version; empty when it does not say so at once."""
    try:
        with Connection(access, read_only=True, silence=_PATIENCE) as connection:
            return msgspec.json.decode(connection.get("/version"), type=_Version).git_version
    except (ApiError, msgspec.DecodeError):
        return ""  # the header leaves it out, and the feeds say what is wrong
