"""What a verb has to know besides its target: a number, a revision, a reason, an image; or one of a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from kubectl_goweb.errors import UsageError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.choice import Choice
from kubectl_goweb.tui.dialog import Dialog

Answer = TypeVar("Answer")


class AskDialog(Dialog[Answer | None], Generic[Answer]):
    """Answers with what `read` makes of the text and of the choice, None when it is given up. `facts` is what helps to
    answer; without a `placeholder` nothing is typed.
    """

    BINDINGS = keys.bindings(keys.ASK)
    AUTO_FOCUS = "Input, Choice"

    def __init__(
        self,
        title: str,
        read: Callable[[str, str], Answer],
        *,
        placeholder: str = "",
        value: str = "",
        facts: Content | None = None,
        choice: Choice | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._read = read
        self._facts = Static(facts or "", markup=False)
        self._facts.display = facts is not None
        self._input = Input(value, placeholder=placeholder, select_on_focus=True) if placeholder else None
        self._choice = choice
        self._problem = Static(classes="problem", markup=False)
        self._problem.display = False

    def compose(self) -> ComposeResult:
        parts: list[Widget | None] = [self._facts, self._input, self._choice, self._problem]
        box = Vertical(*(one for one in parts if one is not None), classes="dialog")
        box.border_title = Content(f" {plain(self._title)} ")
        yield box

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self.action_submit()

    def action_submit(self) -> None:
        given = self._input.value if self._input is not None else ""
        try:
            answer = self._read(given, self._choice.value if self._choice is not None else "")
        except UsageError as error:
            self._problem.update(f"{plain(error.sentence)}; {plain(error.hint)}")
            self._problem.display = True
        else:
            self.dismiss(answer)

    def action_close(self) -> None:
        self.dismiss(None)
