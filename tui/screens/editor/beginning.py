"""What a query begins with: a template, one that was run before, or the tables of the source."""

from __future__ import annotations

from core.formatting import ago, counted, took
from tui.drawing import Span
from tui.screens.dialogs import Choose
from tui.screens.editor.completing import Completing
from tui.screens.editor.query_history import ran_queries
from tui.widgets.table import Row

__all__ = ["Beginning"]


class Beginning(Completing):
    """The page with what a query can begin with."""

    async def do_template(self) -> None:
        """Put a template in place of the query; those of this call come first."""
        sync = self.sync
        answer = await self.bridge.ask("templates", dialect=self.dialect)
        call = sync.call.value if sync else ""
        found = sorted(answer["templates"], key=lambda each: each["call"] != call)
        texts = {str(each["name"]): str(each["text"]) for each in found}
        rows = [
            Row(
                str(each["name"]),
                (
                    Span(str(each["title"])),
                    (
                        Span(f"{each['call']:<9} ", "text" if each["call"] == call else "muted"),
                        Span(f"{', '.join(each['tables'])}", "muted"),
                    ),
                ),
            )
            for each in found
        ]

        def chosen(name: str | None) -> None:
            if name:
                self._begin_with(texts[name], f"Template {name}")

        self.console.push_screen(Choose("Templates", rows, note=f"in the SQL of {self.dialect}"), chosen)

    def do_history(self) -> None:
        """Take up a query that was run before."""
        project, shown = self.snapshot.project, self.shown
        ran = ran_queries(project.state) if project else []
        ran.sort(key=lambda each: each.sync != (shown.sync if shown else ""))
        if not ran:
            self.console.tell("history: no query was run here yet.", "muted")
            return
        rows = []
        for number, each in enumerate(ran):
            told = f"{each.sync}   {counted(each.rows, 'row')}   {took(each.seconds)}   {ago(each.at)}"
            first = next(
                (line.strip() for line in each.text.splitlines() if line.strip() and not line.startswith("--")), ""
            )
            rows.append(Row(str(number), (Span(first), Span(told, "muted"))))

        def chosen(key: str | None) -> None:
            if key is not None:
                self._begin_with(ran[int(key)].text, "Restored")

        self.console.push_screen(Choose("Run before", rows, note="Enter restores it"), chosen)

    def _begin_with(self, text: str, what: str) -> None:
        """Put a text in place of the query, in one step of undo."""
        self.code.change(text)
        self.code.move_cursor((0, 0))
        self.code.focus()
        undo = self.console.keys.shown("text.undo", typing=True) or "^Z"
        self.console.tell(f"{what}; {undo} restores the previous text.", "ok")

    # the tables

    def do_tables(self) -> None:
        """Show the tables of the source: beside the text, or in its place where there is no room."""
        if not self.wide:
            self.add_class("-tables")
        self.schema.tree_table.focus()

    def leave_tables(self) -> bool:
        """Show the text again where the tables stand in its place; return whether they did."""
        if not self.has_class("-tables"):
            return False
        self.remove_class("-tables")
        self.code.focus()
        return True
