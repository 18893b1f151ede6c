"""Before something is changed: what exactly, where, what speaks against it; then doing it, and telling how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from kubectl_goweb.actions.apply import Applied, ConflictError
from kubectl_goweb.actions.guard.terms import policies
from kubectl_goweb.actions.guard.wording import policy_words
from kubectl_goweb.actions.plan import Plan, Refusal
from kubectl_goweb.actions.verbs import verb
from kubectl_goweb.errors import GowebError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.choice import Choice
from kubectl_goweb.tui.dialog import Dialog
from kubectl_goweb.tui.plan_text import plan_lines, refusal_lines
from kubectl_goweb.tui.stage import Stage
from kubectl_goweb.tui.words import hanging, line, lines


class PlanDialog(Dialog[None]):
    """Nothing is done before `y` or the button; on a protected context before the object's name is typed."""

    BINDINGS = keys.bindings(keys.PLAN)
    AUTO_FOCUS = "#cancel"

    def __init__(
        self,
        title: str,
        target: Ref,
        look: Callable[[], Plan | Refusal],
        stage: Stage,
        then: Callable[[Applied, str], None],
    ) -> None:
        """`look` plans, for another thread; `then` goes on after it was done, with how it is to be guarded: an
        OnFailure, or nothing.
        """
        super().__init__()
        self._title = title
        self._target = target
        self._look = look
        self._stage = stage
        self._source = stage.source
        self._session = stage.session
        self._then = then
        self._plan: Plan | None = None
        self._is_busy = True
        self._said = Static(markup=False)
        self._problem = Static(classes="problem", markup=False)
        self._problem.display = False
        self._typed = Input(placeholder="", id="typed", select_on_focus=False)
        self._typed.display = False
        self._guard = Choice("guard it (g)", _policies(target.kind), stage.policy)
        self._guard.display = False
        self._label = title if stage.session.is_protected else f"{title} (y)"
        self._do = Button(self._label, id="do", compact=True)
        self._do.display = False

    def compose(self) -> ComposeResult:
        target = self._target
        where = f" in {plain(target.namespace)}" if target.namespace else ""
        buttons = Horizontal(self._do, Button("Cancel (Esc)", id="cancel", compact=True), id="buttons")
        box = Vertical(
            VerticalScroll(self._said, can_focus=False),
            self._problem,
            self._guard,
            self._typed,
            buttons,
            classes="dialog",
        )
        box.set_class(self._session.is_protected, "-protected")
        box.border_title = Content(f" {self._title} {plain(target.short)}{where} @ {plain(self._session.context)} ")
        yield box

    def on_mount(self) -> None:
        self._tell([line((f"looking at {plain(self._target.short)} ...", Tone.FAINT))])
        self.run_worker(self._see(), group="plan", exclusive=True)

    async def _see(self) -> None:
        try:
            planned = await asyncio.to_thread(self._look)
        except GowebError as error:
            self._refuse(error.sentence, error.hint)
        else:
            self._show(planned)
        finally:
            self._is_busy = False

    def _show(self, planned: Plan | Refusal) -> None:
        width = self._width
        if isinstance(planned, Refusal):
            self._tell(refusal_lines(planned, width))
            return
        self._tell(plan_lines(planned, width))
        if planned.is_nothing:
            return
        self._plan = planned
        self._do.display = True
        self._guard.display = verb(planned.verb).starts_rollout
        self.refresh_bindings()
        if self._session.is_protected:
            self._typed.placeholder = (
                f"{plain(self._session.context)} is protected: type {planned.target.name} to do it"
            )
            self._typed.display = True
            self.set_focus(self._typed)

    @property
    def _width(self) -> int:
        return max(self._said.content_size.width or self.app.size.width - 8, 30)

    def _tell(self, told: Iterable[Content]) -> None:
        self._said.update(lines(told))

    def _refuse(self, sentence: str, hint: str = "") -> None:
        told = [hanging(line(""), line((plain(sentence), Tone.BAD)), self._width)]
        if hint:
            told.append(hanging(line(("hint  ", Tone.FAINT)), line(plain(hint)), self._width))
        self._problem.update(lines(told))
        self._problem.display = True

    # --- saying yes or no

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "guard":
            return self._guard.display
        return not (action == "confirm" and self._session.is_protected)

    def action_guard(self) -> None:
        self._guard.action_choose(1)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        message.stop()
        if message.button is self._do:
            self._confirm()
        else:
            self.dismiss(None)

    def action_confirm(self) -> None:
        self._confirm()

    def on_input_submitted(self) -> None:
        self._confirm()

    def _confirm(self) -> None:
        if self._plan is None or self._is_busy:
            return
        if self._session.is_protected and self._typed.value.strip() != self._plan.target.name:
            self._refuse(f"that is not {self._plan.target.name}: nothing was done")
            return
        self._is_busy = True
        self._problem.display = False
        self.run_worker(self._apply(self._plan), group="plan", exclusive=True)

    async def _apply(self, plan: Plan) -> None:
        self._do.label = "doing it ..."
        try:
            applied = await asyncio.to_thread(self._source.apply, plan)
        except ConflictError as error:
            self._refuse(f"{error.sentence}; above is how it is now")
            self._plan = None
            self._do.label = self._label
            await self._see()
        except GowebError as error:
            self._refuse(error.sentence, error.hint)
            self._do.display = False
            self._plan = None
        else:
            self.app.notify(done_text(applied), title=plain(plan.target.short), markup=False)
            policy = self._guard.value if self._guard.display else ""
            if self._guard.display:
                self._stage.policy = policy
            self.dismiss(None)
            self._then(applied, policy)
        finally:
            self._is_busy = False

    def action_close(self) -> None:
        """A change that was sent is not taken back by closing: its outcome is waited for."""
        if self._plan is None or not self._is_busy:
            self.dismiss(None)


def _policies(kind: str) -> list[tuple[str, str]]:
    return [("", "no"), *((one.value, policy_words(one)) for one in policies(kind))]


def done_text(applied: Applied) -> str:
    """What was done, and what leads back."""
    told = plain(applied.plan.done)
    if applied.lost:
        told = f"{told} ({plain(applied.lost)})"
    if applied.unrecorded:
        return f"{told}, but not written down: {plain(applied.unrecorded)}"
    if applied.entry is not None and applied.plan.inverse is not None:
        return f"{told}; back: kubectl goweb revert {applied.entry.id}"
    return told
