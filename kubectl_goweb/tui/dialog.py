"""What all dialogs have in common: they close themselves and nothing else."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from kubectl_goweb.tui.key_line import KeyLine


class Dialog(ModalScreen[ScreenResultType]):
    """Textual's dismiss() closes whatever lies on top: another screen, when one has come meanwhile or this one was
    taken away, as happens while the server is waited for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._late: tuple[ScreenResultType | None] | None = None

    def on_mount(self) -> None:
        """The keys of the screen below do not work meanwhile; those of the dialog take their place."""
        self.mount(KeyLine())

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close it; later, when something lies on it."""
        if self.app.screen is self:
            return super().dismiss(result)
        self._late = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        if self._late is not None:
            super().dismiss(*self._late)
