"""What the editor offers: which keys the footer names in each situation, why one does not work now, what copy and export take."""

from __future__ import annotations

from collections.abc import Iterable

from tui.screens.editor.doing import Doing
from tui.widgets.bars import KeyHint

__all__ = ["Offering"]

_WHILE_TYPING = ("preview", "next_problem", "fix", "complete", "save", "format", "find", "external")
_OF_ROWS = ("sort", "keep", "marks", "column", "columns", "row")
_AT_ROWS = ("call", "row", "sort", "keep", "marks", "columns", "column", "preview", "preview_all", "plan", "type")
_ELSE = (
    "type",
    "preview",
    "call",
    "next_problem",
    "fix",
    "plan",
    "save",
    "preview_zero",
    "open",
    "next_buffer",
    "template",
    "tables",
    "history",
    "settings",
    "rule",
    "find",
)


class Offering(Doing):
    """The page with its footer."""

    def hints(self) -> Iterable[str]:
        if self.shown is None:
            return ("global.home", "global.sources", "global.quit")
        if self.offers.is_open:
            return ()
        first = ("stop",) if self.rows.running else ()
        if self.typing:
            return (*(f"editor.{name}" for name in (*first, *self._by_use(_WHILE_TYPING))), "global.jump")
        if self.focused is self.rows.table and self.rows.result is not None and not first:
            return (*(f"editor.{name}" for name in _AT_ROWS), "global.export", "global.jump")
        return (*(f"editor.{name}" for name in (*first, *self._by_use(_ELSE))), "global.export", "global.jump")

    def _by_use(self, names: tuple[str, ...]) -> list[str]:
        """Put what is about problems last, where there are none."""
        return sorted(names, key=lambda name: not self.problems and name in ("next_problem", "fix", "rule"))

    def _always(self) -> list[KeyHint]:
        found = super()._always()
        if self.offers.is_open and not self.console.pending:
            keys = self.console.keys
            return [
                KeyHint("Tab", "take it"),
                KeyHint(keys.shown("text.leave", typing=True), "close the list"),
                found[-1],
            ]
        return found

    def word(self, name: str, word: str) -> str:
        if name == "call" and self.focused is self.schema.tree_table:
            return "open"
        return word

    def why_not(self, name: str) -> str:
        if name == "open":
            return ""
        if self.shown is None:
            return "no query is open"
        if name in ("preview", "preview_zero", "preview_all", "plan") and self.source is None:
            return "its source is missing" if self.sync else "its settings are broken"
        return self._why_no_problem(name) or self._why_not_else(name)

    def _why_no_problem(self, name: str) -> str:
        if name in ("next_problem", "previous_problem", "rule") and not self.problems:
            return "there is none"
        if name == "fix":
            problem = self.problem
            return "" if problem and problem.fix else "no automatic fix" if problem else "nothing to fix"
        if name == "fix_all" and not any(each.fix and each.certain for each in self.problems):
            return "no fix is certain"
        return ""

    def _why_not_else(self, name: str) -> str:
        if name == "stop" and not self.rows.running:
            copy = f"; {self.console.keys.shown('text.copy', typing=True)} copies the selected text"
            return f"no query is running{copy if self.typing else ''}"
        if name in _OF_ROWS and self.rows.result is None:
            return "no rows yet"
        if name == "marks" and self.rows.result is not None and self.rows.result.totals is None:
            return "the rows are still being checked"
        if name == "next_buffer" and len(self.texts) < 2:
            return "no other query is open"
        if name == "revert" and self.shown is not None and not self.is_unsaved(self.shown):
            return "nothing has changed"
        if name == "save_all" and not self.unsaved_texts():
            return "all queries are saved"
        elsewhere = self.find_bar.has_keys or self.focused in (self.schema.tree_table, self.problem_list)
        if name == "call" and not elsewhere and self.row_number is None:
            return "no row is chosen"
        return ""

    def copy_text(self) -> str:
        if self.focused in (self.rows.table, self.call_sheet):
            return self.call_text()
        if self.focused is self.problem_list and self.problem is not None:
            return self.problem.message
        if self.focused is self.schema.tree_table:
            return (self.schema.tree_table.key or "").strip("\n").replace("\n", ".")
        return super().copy_text() or self.code.selected_text or self.code.text
