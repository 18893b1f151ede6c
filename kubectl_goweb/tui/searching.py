"""What screens of lines have in common: the filter narrows or marks lines, not rows."""

from __future__ import annotations

from kubectl_goweb.tui.filter_field import Filterable
from kubectl_goweb.tui.log_view import LogView
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.viewing import ViewScreen


class SearchScreen(ViewScreen):
    """A screen around a LogView, `lines`."""

    AUTO_FOCUS = "LogView"
    FILTER = "text, /expression/, ~fuzzy, !not; n and N go to the next one and the one before"

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.lines = LogView(ascii_only=stage.ascii_only, id="log")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return False if action == "verb" else super().check_action(action, parameters)

    def filterables(self) -> list[Filterable]:
        return [self.lines]
