"""What the editor's actions do: problems and fixes, saving, find, format, the own editor, other queries, plan and run."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from textual.app import SuspendNotSupported
from textual.widgets import Input

from core.formatting import counted
from tui.drawing import Line, Span, heading, wrapped
from tui.screens.dialogs import Choose, Confirm, Read
from tui.screens.editor.keeping import Keeping
from tui.screens.editor.problems import ProblemList, following
from tui.screens.editor.result import call_lines
from tui.screens.editor.texts import query_names, read_query, write_privately
from tui.widgets.sheet import Sheet
from tui.widgets.table import Row

__all__ = ["Doing"]


class Doing(Keeping):
    """The page with its actions."""

    problem_list: ProblemList
    call_sheet: Sheet
    call_dialog: Read | None = None

    # problems

    def do_next_problem(self) -> None:
        """Go to the next problem."""
        self.go_to_problem(following(self.problems, self.code.cursor_offset_in_text, 1))

    def do_previous_problem(self) -> None:
        """Go to the previous problem."""
        self.go_to_problem(following(self.problems, self.code.cursor_offset_in_text, -1))

    def go_to_problem(self, number: int | None) -> None:
        """Put the cursor at a problem."""
        if number is not None and number < len(self.problems):
            self.code.go_to(self.problems[number].start)
            self.show_problems()

    async def do_fix(self) -> None:
        """Fix the problem that is meant."""
        problem = self.problem
        if problem is None:
            return
        if await self.fix({"rule": problem.rule, "start": problem.start}):
            self.found = tuple(each for each in self.found if each != problem)  # the next key is for the next one
            self.readable = tuple(each for each in self.readable if each != problem)
            self.lint_now()
        else:
            self.console.tell("fix: nothing was changed; see the current problems.", "muted")

    async def do_fix_all(self) -> None:
        """Fix everything that is certain."""
        count = await self.fix("all")
        self.lint_now()
        self.console.tell(f"{counted(count, 'problem')} fixed.", "ok" if count else "muted")

    async def do_rule(self) -> None:
        """Show the page of the rule that found the problem."""
        problem = self.problem
        if problem is None:
            return
        page = ""
        if problem.rule:
            page = str((await self.bridge.ask("rule", name=problem.rule))["page"])

        def build(width: int) -> list[Line]:
            title = problem.rule or "the warehouse said"
            return [heading(title), Line(), *wrapped(problem.message, width), Line(), *wrapped(page, width, "muted")]

        self.console.push_screen(Read(build, copies=f"{problem.message}\n\n{page}".strip()))

    # what Enter does

    def do_call(self) -> None:
        """Do what Enter does where the keys are: the next place found, a branch of the schema, the call of a row."""
        if self.find_bar.has_keys:
            self.find_bar.enter()
        elif self.focused is self.schema.tree_table:
            name = self.schema.toggle()
            if name is not None:
                self.leave_tables()
                self.code.insert(name)
                self.code.focus()
        elif self.focused is self.problem_list:
            self.code.focus()
        else:
            self.show_call()

    def show_call(self) -> None:
        """Show the chosen row as a call."""
        result, number, row = self.rows.result, self.row_number, self.row
        if result is None or number is None or row is None:
            return
        if self.wide:
            self.call_sheet.focus()
            return
        sign, role = row.mark
        title = heading(f"Row {number + 1} as a call", Span(f"{sign} {row.words}", role))
        self.call_dialog = Read(lambda width: [title, *call_lines(result, number, width)], copies=self.call_text())
        self.console.push_screen(self.call_dialog)
        self.need_call()

    # the text

    def do_find(self) -> None:
        """Find and replace."""
        self.remove_class("-looking")
        self.find_bar.open()

    async def do_format(self) -> None:
        """Format the query."""
        text = self.code.text
        answer = await self.bridge.ask("format", dialect=self.dialect, text=text)
        if self.code.text == text:
            self.code.change(str(answer["text"]))

    def do_type(self) -> None:
        """Give the keys to the text."""
        self.remove_class("-looking")
        self.code.focus()

    def do_text_copy(self) -> None:
        """Copy what is chosen in the field that has the keys."""
        self.console.put_on_clipboard(str(getattr(self.focused, "selected_text", "")))

    def do_text_paste(self) -> None:
        """Insert what was copied here, in place of what is chosen."""
        if self.focused is self.code:
            self.code.paste(self.console.clipboard_text)
        elif isinstance(self.focused, Input):
            self.focused.insert_text_at_cursor(self.console.clipboard_text)

    def do_external(self) -> None:
        """Open the text in $VISUAL or $EDITOR, and read back what was written there."""
        project, shown = self.snapshot.project, self.shown
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
        if not command:
            self.console.tell("Neither VISUAL nor EDITOR is set: export EDITOR=vim, then restart the console.", "fail")
            return
        if project is None or shown is None:
            return
        file = project.state / "editing" / f"{shown.sync}.sql"
        try:
            self._edit_outside(command, file)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            self.console.tell(f"{command} could not be started: {said}. Check VISUAL and EDITOR.", "fail")
        except SuspendNotSupported:
            self.console.tell("Your own editor cannot be shown from here.", "fail")
        finally:
            file.unlink(missing_ok=True)
        self.code.focus()

    def _edit_outside(self, command: str, file: Path) -> None:
        words = shlex.split(command)
        write_privately(file, self.code.text)
        with self.app.suspend():
            done = subprocess.run([*words, str(file)], check=False)  # noqa: S603 -- the user's own editor
        if done.returncode:
            self.console.tell(f"{words[0]} ended with {done.returncode}; the text is unchanged.", "warn")
            return
        self.code.change(read_query(file))

    # files

    async def do_save(self) -> None:
        """Save the query."""
        if self.shown is not None:
            await self.save(self.shown)

    async def do_save_all(self) -> None:
        """Save every query that was changed."""
        for each in self.unsaved_texts():
            await self.save(each)

    async def do_revert(self) -> None:
        """Give up the changes."""
        shown = self.shown
        if shown is None:
            return
        if await self.console.push_screen_wait(
            Confirm(
                f"Discard the changes of {shown.sync}?",
                "The file is read again. Undo restores the changes.",
                yes="Discard",
            )
        ):
            text = await self.read_file(shown.path)
            shown.file = text
            self.code.change(text)
            self.keep_text()

    def do_open(self, sync: str = "") -> None:
        """Open another query."""
        project = self.snapshot.project
        names = query_names(project) if project else []
        if not sync:
            self._choose_query(names)
        elif sync in names:
            self.open_sync(sync)
        else:
            self.console.tell(f"There is no sync {sync}. There are: {', '.join(names)}.", "fail")

    def _choose_query(self, names: list[str]) -> None:
        project = self.snapshot.project
        unsaved = {each.sync for each in self.unsaved_texts()}
        rows = []
        for name in names:
            sync = project.syncs.get(name) if project else None
            words = "not saved" if name in unsaved else "open" if name in self.texts else ""
            call = Span(f"{sync.call.value:<10}", "muted") if sync else Span(f"{'✗ broken':<10}", "fail")
            note = (call, Span(words, "warn" if name in unsaved else "muted"))
            rows.append(Row(name, (Span(f"{name}{' *' if name in unsaved else ''}"), note)))

        def opened(name: str | None) -> None:
            if name:
                self.open_sync(name)

        chosen = self.shown.sync if self.shown else ""
        self.console.push_screen(Choose("Open a query", rows, chosen=chosen), opened)

    def do_next_buffer(self) -> None:
        """Show the next open query."""
        names = list(self.texts)
        if self.shown is not None:
            self.open_sync(names[(names.index(self.shown.sync) + 1) % len(names)])

    async def do_close(self) -> None:
        """Close this query; what is not saved is saved, kept for later, or given up."""
        shown = self.shown
        if shown is None:
            return
        if self.is_unsaved(shown):
            rows = [
                Row("save", (Span("save"), Span("and close", "muted"))),
                Row("keep", (Span("keep it unsaved"), Span("it is there when the query is opened again", "muted"))),
                Row("drop", (Span("discard"), Span("the file stays as it was saved", "muted"))),
            ]
            answer = await self.console.push_screen_wait(Choose(f"{shown.sync} is not saved", rows))
            if answer is None or (answer == "save" and not await self.save(shown)):
                return
            self.put_away(drop=answer == "drop")
        else:
            self.put_away()

    # elsewhere

    def do_plan(self) -> None:
        """Show what would be sent; of a text that is not saved, what it would send."""
        from tui.screens.plan import PlanPage

        if self.shown is not None:
            text = self.code.text if self.is_unsaved(self.shown) else None
            self.console.push_screen(PlanPage(self.shown.sync, text=text))

    def do_settings(self) -> None:
        """Change the settings of the sync."""
        from tui.screens.settings import SettingsPage

        if self.shown is not None:
            self.console.push_screen(SettingsPage(self.shown.sync))

    def do_reload(self) -> None:
        """Read everything again."""
        self.console.do_reload()
        self.forget_catalogues()
        self.lint_now()

    async def do_quit(self) -> None:
        """Keep what was typed last, and close the console."""
        self.keep_text()
        await self.console.do_quit()

    # leaving

    def leave_text(self) -> None:
        """Close the list of candidates or the bar; else leave the text. What runs goes on."""
        if self.close_offers():
            return
        if self.find_bar.has_keys:
            self.find_bar.close()
            return
        self.add_class("-looking")
        self.rows.table.focus()

    def do_back(self) -> None:
        """Take the pane back, or close the tables or the bar. The page stays, and what runs goes on."""
        if self.leave_tables():
            return
        if self.maximized is not None:
            self.minimize()
        elif self.find_bar.is_open:
            self.find_bar.close()
        elif (
            self.focused is self.call_sheet
        ):  # Enter brought the keys there; narrow, it opened a dialog that Esc closes
            self.rows.table.focus()
        else:
            keys = self.console.keys
            self.console.tell(
                f"{keys.shown('global.home')} goes home, {keys.shown('editor.type')} to the text.", "muted"
            )
