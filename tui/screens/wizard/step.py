"""What each step of the guided set-up offers to its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.containers import Vertical

from tui.drawing import Line
from tui.screens.wizard.draft import Draft

if TYPE_CHECKING:
    from tui.screens.wizard.setup import Setup

__all__ = ["Step"]


class Step(Vertical):
    """A part of the page. It begins with what the draft has, and leaves what was entered there."""

    DEFAULT_CSS = "Step { height: 1fr; }"  # margins at the sides would make all that is beside them narrower
    title: ClassVar[str] = ""
    next_word: ClassVar[str] = "Next"

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft
        self.is_ready = False
        """Whether all its parts are there; keys may come before."""

    def on_mount(self) -> None:
        """Begin, now that all its parts are there; Textual also calls the method of this name of the step itself."""
        self.is_ready = True
        self.page.refresh_buttons()
        self.page.refresh_help()
        self.call_after_refresh(self._take_keys_if_shown)

    def _take_keys_if_shown(self) -> None:
        if self.is_shown:  # who presses ^T goes through it, and it is gone again
            self.take_keys()

    @property
    def is_shown(self) -> bool:
        """Return whether its parts are there. An answer may come when another step is shown already, or while this one goes."""
        return self.is_attached and self.display

    @property
    def page(self) -> Setup:
        return cast("Setup", self.screen)

    def take_keys(self) -> None:
        """Give the keys to what is to be done first."""

    def keep(self) -> None:
        """Put what was entered into the draft, right or not."""

    async def go_back(self) -> None:
        """Put what was entered into the draft, before the step before is shown."""
        self.keep()

    async def leave(self) -> bool:
        """Check what was entered and put it into the draft; False where something is missing, which is then shown."""
        return True

    async def is_filled(self) -> bool:
        """Return whether one can go on from the last field: what stands there is not wrong."""
        return True

    def take_paste(self, text: str) -> bool:
        """Take what was pasted where no field has the keys; False where it is nothing for this step."""
        return False

    def help(self, width: int) -> list[Line]:
        """Say where each value is found, and what is needed for it."""
        return []

    def brief(self, width: int) -> list[Line]:
        """Return what helps with the field that has the keys, for a page that has no column for it."""
        return []

    def to_copy(self) -> str:
        """Return the statement, or the text, that is shown to be copied."""
        return ""

    def hints(self) -> tuple[str, ...]:
        """Return the step's own actions for the footer."""
        return ()
