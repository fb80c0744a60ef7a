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
        for name in draft.needed():
            full = self.page.secret_name(name)
            lines += [Line(), heading("Secret"), line(Span(full, "text"))]
            lines += wrapped(self._where(name), width, "muted", indent=2)
            if name in self.page.unstored:
                key = self.page.console.keys.shown("wizard.write", typing=True)
                lines.append(
                    line("  ", Span(key, "bold text"), ("  writes it to a file that only you can read", "muted"))
                )
        if draft.needed() and draft.secrets_from:
            lines += [Line(), heading("backhaul.toml", ("for the whole project", "muted"))]
            lines += [line(("[secrets]", "text")), line((f'from = "{draft.secrets_from}"', "text"))]
            if draft.secrets_from == "command":
                lines += [line((f"command = {tomlkit.string(draft.secrets_command).as_string()}", "text"))]
        if draft.passed is False:
            lines += [
                Line(),
                *wrapped("The test has not passed: syncs will fail until that is fixed.", width, "warn"),
            ]
        return lines

    def hints(self) -> tuple[str, ...]:
        return ("wizard.write",) if self.page.unstored else ()

    def _where(self, name: str) -> str:
        """Say where a secret goes, or where it is read from."""
        page, draft = self.page, self.draft
        place = page.place
        if not place:
            return "is looked for where the project's secrets are"
        if page.keeps_secrets:
            return f"goes to {place['place']}"
        if name in draft.written:
            return f"is read from {page.where_read(name)}; it is in {draft.written[name]}"
        forgotten = "; what you entered was for the test only, and is not stored" if name in draft.held else ""
        return f"is read from {page.where_read(name)}{forgotten}"

    def help(self, width: int) -> list[Line]:
        lines = [heading("Next")]
        words = "With a source and a destination there, n at home makes a sync: its query, what calls its rows become, and when it runs."
        return [*lines, *wrapped(words, width, "muted")]
