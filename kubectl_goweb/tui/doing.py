"""What commands do."""

from __future__ import annotations

from textual.app import App

from kubectl_goweb.tui.going import Going
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen

_PLACES = {"overview": "", "workloads": ""}
"""Commands that go to a screen of another name."""


def do(app: App[None], going: Going, stage: Stage, name: str, argument: str) -> None:
    """Do a command that was read by `commands.call`."""
    screen = next((one for one in reversed(app.screen_stack) if isinstance(one, ViewScreen)), None)
    match name:
        case "ns":
            going.look_at("" if argument == "all" else argument)
        case "ctx":
            app.call_later(app.run_action, f"context({argument!r})")
        case "sort" if screen is not None:
            screen.sort(argument)
        case "logs" | "probes" | "path" | "changes" if argument:
            found = going.workload(argument)
            if found is None:
                app.notify(f"no workload is called {argument}", severity="warning", markup=False)
            else:
                going.open(f"{name} {found.kind}/{found.namespace}/{found.name}")
        case "logs" | "path" | "changes" | "yaml" | "describe" if screen is not None:
            screen.action_look(name)
        case "build" | "scan" | "pipeline" | "release" | "canary":
            work = {"release": "deploy", "canary": "deploy --canary"}.get(name, name)
            app.call_later(app.run_action, f"job({work!r})")
        case "theme":
            app.call_later(app.run_action, "theme")
        case "help":
            app.call_later(app.run_action, "help")
        case "q":
            app.call_later(app.run_action, "quit")
        case _:
            if argument:
                going.look_at("" if argument == "all" else argument)
            going.go(_PLACES.get(name, name))
