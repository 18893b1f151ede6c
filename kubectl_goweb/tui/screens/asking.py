"""What a verb has to know besides its target: a number, a revision, a reason, an image."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kubectl_goweb.actions.requests import Request
from kubectl_goweb.actions.verbs import Verb
from kubectl_goweb.errors import UsageError
from kubectl_goweb.objects.text import plain
from kubectl_goweb.status.verdicts import Ref
from kubectl_goweb.tui import keys

_ASKS = {
    "replicas": "how many Pods",
    "revision": "which revision; empty: the last one that was fully available",
    "reason": "why, for whoever looks next",
    "flags": "force, delete-emptydir-data, or nothing",
    "image": "nginx:1.27, or web=nginx:1.27 log=fluent:3",
}


class AskDialog(ModalScreen[Request | None]):
    """Answers with the request, None when it is given up. `facts` is what helps to answer."""

    BINDINGS = keys.bindings(keys.SAVE)
    AUTO_FOCUS = "Input"

    def __init__(
        self, verb: Verb, target: Ref, value: str, facts: Content, read: Callable[[str, Ref, str], Request]
    ) -> None:
        super().__init__()
        self._verb = verb
        self._target = target
        self._read = read
        self._facts = Static(facts, markup=False)
        self._facts.display = bool(facts.plain)
        self._input = Input(value, placeholder=_ASKS[verb.asks], select_on_focus=True)
        self._problem = Static(classes="problem", markup=False)
        self._problem.display = False

    def compose(self) -> ComposeResult:
        box = Vertical(self._facts, self._input, self._problem, classes="dialog")
        box.border_title = Content(f" {self._verb.title} {plain(self._target.short)}: {_ASKS[self._verb.asks]} ")
        yield box

    def on_input_submitted(self, message: Input.Submitted) -> None:
        try:
            request = self._read(self._verb.id, self._target, message.value)
        except UsageError as error:
            self._problem.update(f"{plain(error.sentence)}; {plain(error.hint)}")
            self._problem.display = True
        else:
            self.dismiss(request)

    def action_close(self) -> None:
        self.dismiss(None)
