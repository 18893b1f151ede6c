"""What a job asks before it goes on: the Plan, and yes or no. Closing it answers nothing; the job waits."""

from __future__ import annotations

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from kubectl_goweb.actions.plan_document import PlanDocument
from kubectl_goweb.delivery.jobs.telling import Asked
from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.plan_text import plan_lines
from kubectl_goweb.tui.words import line, lines


class AnswerDialog(Dialog[str | None]):
    """Answers with the line that the job waits for, None when it is left for later."""

    BINDINGS = keys.bindings(keys.ANSWER)
    AUTO_FOCUS = "#later"

    def __init__(self, title: str, context: str, asked: Asked) -> None:
        super().__init__()
        self._title = title
        self._job_context = context
        self._asked = asked
        self._plan = msgspec.json.decode(asked.plan, type=PlanDocument | None)
        self._said = Static(markup=False)
        self._problem = Static(classes="problem", markup=False)
        self._problem.display = False
        self._typed = Input(placeholder="", id="typed", select_on_focus=False)
        self._typed.display = self._wants_name
        self._typed.placeholder = f"protected: type {plain(asked.answer)} to do it"

    @property
    def _wants_name(self) -> bool:
        return self._asked.answer != "y"

    def compose(self) -> ComposeResult:
        buttons = Horizontal(
            Button("Do it (y)" if not self._wants_name else "Do it", id="yes", compact=True),
            Button("No (n)" if not self._wants_name else "No", id="no", compact=True),
            Button("Later (Esc)", id="later", compact=True),
            id="buttons",
        )
        box = Vertical(
            VerticalScroll(self._said, can_focus=False), self._problem, self._typed, buttons, classes="dialog"
        )
        box.set_class(self._wants_name, "-protected")
        where = f" @ {plain(self._job_context)}" if self._job_context else ""
        if self._plan is not None:
            where = f" in {plain(self._plan.target.namespace)} @ {plain(self._plan.context)}"
        box.border_title = Content(f" {plain(self._title)}{where} ")
        yield box

    def on_mount(self) -> None:
        if self._wants_name:
            self.set_focus(self._typed)

    def on_resize(self) -> None:
        width = max(self._said.content_size.width or self.app.size.width - 8, 30)
        if self._plan is None:
            self._said.update(line((plain(self._asked.question), "bold")))
        else:
            self._said.update(lines(plan_lines(self._plan, width)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (action in ("yes", "no") and self._wants_name)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        message.stop()
        match message.button.id:
            case "yes":
                self.action_yes()
            case "no":
                self.action_no()
            case _:
                self.action_later()

    def on_input_submitted(self) -> None:
        self.action_yes()

    def action_yes(self) -> None:
        if self._wants_name and self._typed.value.strip() != self._asked.answer:
            self._problem.update(line((f"that is not {plain(self._asked.answer)}: nothing was done", Tone.BAD)))
            self._problem.display = True
            return
        self.dismiss(self._asked.answer)

    def action_no(self) -> None:
        self.dismiss("n" if self._asked.answer != "n" else "no")

    def action_later(self) -> None:
        self.dismiss(None)
