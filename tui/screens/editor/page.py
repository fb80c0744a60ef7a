"""The editor's page: the text, what is wrong with it, and its first rows; where there is room, also the schema, the fields
that the columns become, and the chosen row as a call.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import TextArea

from core.formatting import ago
from tui.drawing import Line, Span, line, wrapped
from tui.highlight import MOST
from tui.messages import Refused, Snapshot
from tui.screens.editor.offering import Offering
from tui.screens.editor.preview import when
from tui.screens.editor.problems import ProblemList, problem_lines, tally
from tui.screens.editor.result import call_lines
from tui.screens.editor.texts import query_names
from tui.widgets.code_keys import CodeKeys
from tui.widgets.pane import Pane
from tui.widgets.sheet import Sheet
from tui.widgets.table import Table

__all__ = ["Editor"]

_NOT_HIGHLIGHTED = f"not highlighted: over {MOST:,} characters"


class Editor(Offering):
    """The queries of the project."""

    scope = "editor"
    tab = "Editor"

    DEFAULT_CSS = """
    Editor { layers: default above; }
    Editor.-narrow #body { padding-top: 0; }
    Editor #schema { width: 28; }
    Editor.-narrow.-tables #schema { display: block; width: 1fr; }
    Editor.-narrow.-tables #middle { display: none; }
    Editor #middle { width: 1fr; }
    Editor #side { width: 48; border-left: solid $line; }
    Editor.-wide #middle { border-left: solid $line; }
    Editor.-close #schema { width: 24; }
    Editor.-close #side { width: 40; }
    Editor #query { height: 1fr; }
    Editor #problem { height: auto; max-height: 2; }
    Editor #preview { height: 36%; }
    Editor.-wide #preview { height: 50%; }
    Editor #problems { height: auto; max-height: 45%; min-height: 3; }
    Editor #problems ProblemList { height: auto; }
    Editor #fields { height: auto; max-height: 30%; margin-top: 1; }
    Editor #fields Sheet { height: auto; }
    Editor #call { height: 1fr; margin-top: 1; }
    Editor #nothing { display: none; }
    Editor.-flat #preview { display: none; }
    Editor.-flat.-looking #preview { display: block; height: 1fr; }
    Editor.-flat.-looking #query { display: none; }
    Editor.-nothing #body { display: none; }
    Editor.-nothing #nothing { display: block; padding-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.query_pane = Pane(self.code, self.find_bar, title="", id="query")
        self.problem_line = Sheet(self._problem_lines, id="problem", classes="narrow", focusable=False)
        self.problem_list = ProblemList(id="problem_list")
        self.field_sheet = Sheet(self._field_lines, id="field_list")
        self.call_sheet = Sheet(self._call_lines, id="call_text")
        self.problems_pane = Pane(self.problem_list, title="Problems", id="problems")
        self.fields_pane = Pane(self.field_sheet, title="Fields", id="fields")
        self.call_pane = Pane(self.call_sheet, title="Row as a call", id="call")
        self.nothing = Sheet(self._nothing_lines, id="nothing", focusable=False)

    def body(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield self.schema
            with Vertical(id="middle"):
                yield self.query_pane
                yield self.problem_line
                yield self.rows
            with Vertical(id="side", classes="wide"):
                yield self.problems_pane
                yield self.fields_pane
                yield self.call_pane
        yield self.nothing
        yield self.offers

    def on_mount(self) -> None:
        self.composed = True
        keys = self.console.keys
        self.rows.set_keys(
            keys.shown("editor.preview"),
            keys.shown("editor.preview_zero"),
            keys.shown("editor.stop", typing=True),
            keys.shown("editor.preview_all"),
        )
        super().on_mount()
        self.attempt(self._warm, group="warm")
        self.code.focus()

    async def _warm(self) -> None:
        """Have the helper process load what it needs, while nobody waits for it."""
        try:
            await self.bridge.ask("warm")
        except Refused as error:
            self.lint_trouble = self.lint_trouble or f"{error.message} {error.remedy}".strip()
            self.show_problems()

    def on_screen_suspend(self) -> None:
        self.keep_text()

    def on_unmount(self) -> None:
        self.keep_text()

    # what is shown

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.project is None or not self.composed:
            return
        self.bring_back()
        if self.shown is None:
            names = query_names(snapshot.project)
            first = next((name for name in (self._wanted, self.console.current_sync, *names) if name in names), None)
            if first is not None:
                self.open_sync(first)
        elif self._wanted:
            self.open_sync(self._wanted)
        self._wanted = None
        self.check_files(snapshot)
        self.show_all()

    def show_all(self) -> None:
        self.set_class(self.shown is None, "-nothing")
        if self.shown is None and self.focused is not None:
            self.set_focus(None)
        elif self.shown is not None and self.focused is None and not self.has_class("-looking"):
            self.code.focus()
        self.nothing.rebuild()
        self.crumb = f"{self.shown.sync}{self._star}" if self.shown else ""
        self._show_heading()
        self.code.show_note(self._note())
        self.show_problems()
        self.show_fields()
        self.show_catalogue()
        self.refresh_bars()

    def shown_source(self) -> str:
        return self.source_of(self.shown.sync) if self.shown else ""

    @property
    def _star(self) -> str:
        return " *" if self.shown is not None and self.is_unsaved(self.shown) else ""

    def _show_heading(self) -> None:
        shown, sync, source = self.shown, self.sync, self.source
        if shown is None:
            return
        to = f" → {', '.join(sync.destinations) or 'preview only'}" if sync else ""
        title = [Span(f"{shown.sync}{to}"), Span(self._star, "warn")]
        right = [Span("✗ its settings cannot be used", "fail")]
        if sync is not None:
            kind = f"{source.type} {source.name}" if source else f"✗ {sync.source}"
            right = [Span(sync.call.value, "muted"), Span(f"   {kind}", "muted" if source else "fail")]
        if self.has_class("-slim"):
            right = []
        elif self.wide and shown.saved_at is not None:
            age = ago(shown.saved_at)
            said = "not saved" if self._star else "saved now" if age == "now" else f"saved {age} ago"
            right.append(Span(f"   {said}", "warn" if self._star else "muted"))
        self.query_pane.heading.show(title, right)

    def _note(self) -> str:
        """Return the value that a run would give the placeholder now."""
        status, sync = self.snapshot.status(self.shown.sync if self.shown else None), self.sync
        if status is None or sync is None:
            return ""
        times = [status.last_sync_times.get(name, 0) or 0 for name in sync.destinations]
        bound = max(0, min(times, default=0) - sync.lookback)
        return f"= {when(bound)}" if bound else "= 0, all rows"

    def tick(self) -> None:
        if self.rows.running:
            self.rows.draw_state()
        self._show_heading()

    def show_problems(self) -> None:
        self.code.show_marks(each.mark for each in self.problems)
        self.problem_line.rebuild()
        keys = self.console.keys
        fix = keys.shown("editor.fix", typing=True)
        trouble = self._trouble()
        notes = [line(Span("✗ ", "fail") if not part else "  ", each) for part, each in enumerate(trouble)]
        if not trouble and not self.problems:
            clean = line(Span("✓ ", "ok"), ("No problems.", "muted"))
            notes = [clean if self.checked else line(("checking …", "muted"))]
        if self.code.colours.off:
            notes += [line((_NOT_HIGHLIGHTED, "muted")), Line()]
        self.problem_list.show_problems(self.problems, self.problem_number, self.place, fix, notes)
        self.problems_pane.heading.show(right=tally(self.problems))
        self.refresh_bars()

    def _trouble(self) -> list[str]:
        """Say why the text cannot be checked, if it cannot."""
        project, sync = self.snapshot.project, self.sync
        if project is not None and self.shown is not None and sync is None:
            error = project.broken.get(self.shown.path.with_suffix(".toml"))
            if error is not None:
                return [f"{getattr(error, 'message', error)} You can edit the query, but not run it."]
            return [f"{self.shown.sync}.toml is gone; the text is kept."]
        if sync is not None and self.source is None:
            return [f"There is no source {sync.source}: you can edit the query, but not run it."]
        return [self.lint_trouble] if self.lint_trouble else []

    def _problem_lines(self, width: int) -> list[Line]:
        if self.shown is None:
            return []
        trouble = self._trouble()
        if trouble:
            told = wrapped(trouble[0], width - 2)
            return [Line((Span("✗ " if not part else "  ", "fail"), *each.left)) for part, each in enumerate(told[:2])]
        if not self.checked:
            return [line(("checking …", "muted"))]
        keys, typing = self.console.keys, self.typing
        used = (keys.shown("editor.fix", typing=typing), keys.shown("editor.next_problem", typing=typing))
        note = _NOT_HIGHLIGHTED if self.code.colours.off else ""
        return problem_lines(self.problems, self.problem_number, self.place, width, used, note)

    def show_fields(self) -> None:
        self.field_sheet.rebuild()
        sync = self.sync
        self.fields_pane.heading.show(right=((sync.call.value, "muted"),) if sync else ())

    def _field_lines(self, width: int) -> list[Line]:
        if not self.fields:
            return [line(("The columns of the query, and where each goes, once it can be read.", "muted"))]
        most = min(max(len(str(each["column"])) for each in self.fields), max(width // 2 - 6, 8))
        lines = []
        for each in self.fields:
            problem, key = str(each.get("problem") or ""), bool(each.get("key"))
            right = (Span(f"✗ {problem}", "fail"),) if problem else (Span("key", "muted"),) if key else ()
            lines.append(
                line(
                    f"{str(each['column'])[:most]:<{most}}", (" → ", "muted"), str(each.get("path") or "–"), right=right
                )
            )
        return lines

    def _call_lines(self, width: int) -> list[Line]:
        result, number = self.rows.result, self.row_number
        if result is None or number is None:
            return [line(("A row of the preview, as it would be sent.", "muted"))]
        return call_lines(result, number, width)

    def show_row(self) -> None:
        self.call_sheet.rebuild()
        if self.call_dialog is not None:
            self.call_dialog.rebuild()
        number, row = self.row_number, self.row
        if number is None or row is None:
            self.call_pane.heading.show("Row as a call", ())
            return
        sign, role = row.mark
        said = "refused" if row.fault else row.words
        self.call_pane.heading.show(f"Row {number + 1:,} as a call", (Span(f"{sign} {said}", role),))
        if self.wide:
            self.need_call()

    def _nothing_lines(self, _width: int) -> list[Line]:
        keys = self.console.keys
        if self.snapshot.project is None:
            return [line(("reading the project …", "muted"))]
        home, new = keys.shown("global.home"), keys.shown("home.new")
        return [
            line("No sync yet: the editor shows a sync's query."),
            Line(),
            line(
                Span(home, "bold text"),
                ("  goes home; there ", "muted"),
                Span(new, "bold text"),
                (" creates one", "muted"),
            ),
        ]

    # what happens

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if self.shown is None or self.code.text == self.text_seen:
            return
        star = self.crumb.endswith("*")
        self.text_changed()
        self.keep_soon()
        if star != bool(self._star):
            self.show_all()
        else:
            self.show_problems()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        if self.shown is not None and self.problems:
            self.show_problems()

    def on_code_keys_cut(self, event: CodeKeys.Cut) -> None:
        self.console.put_on_clipboard(event.text)

    def on_problem_list_wanted(self, event: ProblemList.Wanted) -> None:
        if event.by:
            (self.do_next_problem if event.by > 0 else self.do_previous_problem)()
        else:
            self.go_to_problem(event.number)

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if message.table is self.rows.table:
            self.show_row()
            self.refresh_bars()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.do_call()

    def on_resize(self) -> None:
        self.set_class(self.size.width < 60, "-slim")
        self.set_class(120 <= self.size.width < 140, "-close")
        if self.composed:
            self.call_after_refresh(self.show_all)

    def on_descendant_focus(self) -> None:
        if self.focused is self.code:
            self.remove_class("-looking")
        else:
            self.offers.close()
        self.problem_line.rebuild()
        super().on_descendant_focus()
