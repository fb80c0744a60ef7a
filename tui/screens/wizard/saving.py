"""5 Save: the file as it will be written, and where its secret goes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tui.drawing import Line, Span, heading, line, wrapped
from tui.screens.wizard.step import Step
from tui.widgets.sheet import Sheet

__all__ = ["SavingStep"]


class SavingStep(Step):
    """What is written."""

    title: ClassVar[str] = "Save"
    next_word: ClassVar[str] = "Save"

    def compose(self) -> ComposeResult:
        yield Sheet(self._lines, id="summary")

    def take_keys(self) -> None:
        self.page.focus_next_button()

    def _lines(self, width: int) -> list[Line]:
        import tomlkit

        draft = self.draft
        lines = [heading(f"{draft.what}s/{draft.name}.toml", ("goes into git", "muted"))]
        document = tomlkit.dumps({"type": draft.type, **draft.settings()})
        lines += [line(Span(each, "text")) for each in document.splitlines()]
        needed = draft.needed()
        if needed:
            place = str(self.page.place.get("place", "the keyring"))
            words = {
                "": f"goes to {place}"
                if self.page.keeps_secrets
                else f"is read from {place}; it is not kept by Backhaul",
                "environment": "is read from the environment: set it there; it is not kept by Backhaul",
                "systemd": "is read from the unit's credentials: add it there; it is not kept by Backhaul",
                "command": f"is printed by {draft.secrets_command!r}; it is not kept by Backhaul",
            }[draft.secrets_from]
            lines += [Line(), heading("Secret")]
            lines += [
                line(Span(f"{draft.what}s/{draft.name}.{name}", "text"), Span(f"   {words}", "muted"))
                for name in needed
            ]
        if draft.passed is False:
            lines += [
                Line(),
                *wrapped("The test has not passed: syncs will fail until what it says is mended.", width, "warn"),
            ]
        return lines

    def help(self, width: int) -> list[Line]:
        lines = [heading("Next")]
        words = "With a source and a destination there, n at home makes a sync: its query, what calls its rows become, and when it runs."
        return [*lines, *wrapped(words, width, "muted")]
