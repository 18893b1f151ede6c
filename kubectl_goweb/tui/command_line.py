"""The line for commands at the foot of a screen: typing, completing, going through what was typed before."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from kubectl_goweb.objects.text import plain
from kubectl_goweb.tables import Tone
from kubectl_goweb.tui import keys
from kubectl_goweb.tui.commands import Choices, History, call, completions, settled
from kubectl_goweb.tui.words import line


class CommandInput(Input):
    """Its own keys come before the field's."""

    BINDINGS = keys.bindings(keys.COMMAND)

    def action_complete(self) -> None:
        self.query_ancestor(CommandLine).complete()

    def action_recall(self, step: int) -> None:
        self.query_ancestor(CommandLine).recall(step)

    def action_cancel(self) -> None:
        self.query_ancestor(CommandLine).cancel()


class CommandLine(Vertical):
    """Hidden until `ask`. What was typed comes as a message."""

    class Given(Message):
        """A command, read and known to make sense."""

        def __init__(self, name: str, argument: str) -> None:
            super().__init__()
            self.name = name
            self.argument = argument

    class Cancelled(Message):
        """Nothing is wanted after all."""

    def __init__(self, history: History) -> None:
        super().__init__(id="command")
        self._history = history
        self._choices: Callable[[str], Choices] = lambda _: Choices()
        self._input = CommandInput(placeholder="pods, nodes, ns NAME, logs NAME ...", select_on_focus=False)
        self._hints = Static(markup=False, id="command-hints")
        self._found: tuple[str, ...] = ()
        self._back = 0
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._hints
        yield self._input

    def ask(self, choices: Callable[[str], Choices]) -> None:
        """Show the empty line, with the focus in it. `choices` gives what the arguments can be, for what is typed."""
        self._choices = choices
        self._back = 0
        self._input.value = ""
        self.display = True
        self.screen.set_focus(self._input)
        self._hint("")

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._hint(message.value)

    def _hint(self, typed: str) -> None:
        self._found = completions(typed, self._choices(typed))
        width = max(self.size.width - 2, 20)
        told = Content("")
        for number, one in enumerate(self._found):
            word = plain(one.rpartition(" ")[2] if " " in typed else one)
            piece = line((word, "bold" if number == 0 else Tone.FAINT), "  ")
            if told.cell_length + piece.cell_length > width:
                break
            told += piece
        self._hints.update(told)

    def complete(self) -> None:
        """Take the first completion; with a space behind it where an argument follows."""
        if self._found:
            first = self._found[0]
            if first == self._input.value.strip() and len(self._found) > 1:
                first = self._found[1]
            self._input.value = first if " " in first else f"{first} "
            self._input.action_end()

    def recall(self, step: int) -> None:
        self._back = min(max(self._back + step, 0), len(self._history.lines))
        self._input.value = self._history.before(self._back)
        self._input.action_end()

    def cancel(self) -> None:
        self.display = False
        self.post_message(self.Cancelled())

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        typed = message.value
        found = call(settled(typed, self._choices(typed)))
        if found.problem:
            self._hints.update(line((plain(found.problem), Tone.BAD)))
            return
        if typed.strip():
            self._history.add(typed.strip())
        self.cancel()
        if found.name:
            self.post_message(self.Given(found.name, found.argument))
