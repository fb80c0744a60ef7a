"""What the editor asks of the helper process, and what it makes of the answers: lint, fixes, previews, the catalogue.

Lint is asked at once, one question at a time: what was typed meanwhile is the next question, and an answer about an older text is
moved along with the edits since. While a text cannot be parsed, as half-typed ones cannot, what was found before stays, but for
what was edited. Nothing that goes wrong here stops the writing: it is said in a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.timer import Timer

from tui.messages import Refused
from tui.screens.base import Page
from tui.screens.editor.find_replace import FindBar
from tui.screens.editor.preview import PreviewPane
from tui.screens.editor.problems import Problem, chosen, moved, problems_from
from tui.screens.editor.schema import SchemaPane, tables_from
from tui.screens.editor.texts import OpenText
from tui.widgets.code import CodeArea
from tui.widgets.code_text import difference

if TYPE_CHECKING:
    from core.model import Source, Sync

__all__ = ["Checking"]

_PAUSE = 0.15
"""Seconds after the last keystroke until lint is asked about a long text; about others it is asked at once."""

_LONG_TEXT = 20_000

_ROWS = 100
"""A preview shows this many rows."""


class Checking(Page):
    """The page with the questions that it asks."""

    def __init__(self) -> None:
        super().__init__()
        self.code = CodeArea(id="code")
        self.find_bar = FindBar(self.code)
        self.rows = PreviewPane()
        self.schema = SchemaPane()
        self.texts: dict[str, OpenText] = {}
        self.shown: OpenText | None = None
        self.found: tuple[Problem, ...] = ()
        self.query_problem: Problem | None = None
        self.fields: tuple[Mapping[str, Any], ...] = ()
        self.incremental = False
        self.checked = False
        self.lint_trouble = ""
        self.text_seen = ""
        self._keywords: dict[str, tuple[str, ...]] = {}
        self._lint_timer: Timer | None = None
        self._lint_wanted = self._linting = False
        self.readable: tuple[Problem, ...] = ()
        """What was found in the text when it could be parsed last, but for what was edited since."""
        self.composed = False
        self._catalogues: set[str] = set()

    # what it is about

    @property
    def sync(self) -> Sync | None:
        """Return the sync that is shown, as its file is now; None where that is gone."""
        project = self.snapshot.project
        return project.syncs.get(self.shown.sync) if project and self.shown else None

    @property
    def source(self) -> Source | None:
        """Return its source; None where the project has none of that name."""
        project, sync = self.snapshot.project, self.sync
        return project.sources.get(sync.source) if project and sync else None

    @property
    def dialect(self) -> str:
        """Return the dialect of the text's source."""
        return self.source.type if self.source else "postgres"

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong with the text as it is now: what the warehouse said of it first, then what lint found."""
        return (*((self.query_problem,) if self.query_problem else ()), *self.found)

    @property
    def problem_number(self) -> int | None:
        """Return which problem is meant: by the cursor."""
        return chosen(self.problems, self.code.cursor_offset_in_text, self.place)

    @property
    def problem(self) -> Problem | None:
        """Return the problem that is meant."""
        number = self.problem_number
        return None if number is None else self.problems[number]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column (from 0) of an offset in the text."""
        return self.code.lines.get_location_from_index(offset)

    def show_problems(self) -> None:
        """Show the problems where the page shows them."""
        raise NotImplementedError

    def show_fields(self) -> None:
        """Show which field each column becomes."""
        raise NotImplementedError

    # the text has changed

    def text_changed(self) -> None:
        """Move along what stands beside the text, and ask lint soon."""
        edit = difference(self.text_seen, self.code.text)
        self.text_seen = self.code.text
        self.found = moved(self.found, edit)
        untouched = (each for each in self.readable if each.end < edit[0] or each.start > edit[1])
        self.readable = tuple(each for each in moved(tuple(untouched), edit) if not self._is_about_all(each))
        if self.query_problem is not None:
            (moved_along,) = moved((self.query_problem,), edit)
            same_line = self.place(moved_along.start)[0] in range(self.place(edit[0])[0], self.place(edit[2])[0] + 1)
            self.query_problem = None if same_line else moved_along
        self.rows.outdated()
        self.find_bar.look()
        self.lint_soon()

    def _is_about_all(self, problem: Problem) -> bool:
        """Return whether a problem stands at the word SELECT: it is about the whole query, so any edit may have fixed it."""
        return self.code.text[problem.start : problem.end].upper() == "SELECT"

    def lint_soon(self) -> None:
        """Ask lint about what was typed; about a long text when nothing was typed for a moment."""
        if self._lint_timer is not None:
            self._lint_timer.stop()
        if len(self.code.text) > _LONG_TEXT:
            self._lint_timer = self.set_timer(_PAUSE, self.lint_now)
        else:
            self.lint_now()

    # lint

    def lint_now(self) -> None:
        """Ask lint about the text as it is now, as soon as it has answered the question before."""
        if self.shown is not None and self.composed:
            self._lint_wanted = True
            if not self._linting:
                self.attempt(self._lint, group="lint")

    async def _lint(self) -> None:
        self._linting = True
        try:
            while self._lint_wanted and self.shown is not None:
                self._lint_wanted = False
                await self._ask_lint(self.shown.sync, self.code.text)
        finally:
            self._linting = False

    async def _ask_lint(self, sync: str, text: str) -> None:
        try:
            answer = await self.bridge.ask("lint", sync=sync, text=text)
        except Refused as error:
            if error.stopped:
                return
            self.lint_trouble = f"{error.message} {error.remedy}".strip()
            self.found, self.fields = (), ()
        else:
            if self.shown is None or self.shown.sync != sync:
                return
            self._take(answer, text)
        self.checked = True
        self.show_problems()
        self.show_fields()

    def _take(self, answer: Mapping[str, Any], text: str) -> None:
        self.lint_trouble = ""
        found = problems_from(answer["findings"])
        if text != self.code.text:
            found = moved(found, difference(text, self.code.text))
        if not answer.get("readable", True):
            known = {(each.rule, each.start) for each in found}
            earlier = (each for each in self.readable if (each.rule, each.start) not in known)
            found = tuple(sorted((*found, *earlier), key=lambda each: each.start))
        else:
            self.readable = found
            self.fields = tuple(answer.get("fields") or ())
        self.found = found
        self.incremental = bool(answer.get("incremental"))
        dialect = str(answer.get("dialect") or "")
        if dialect:
            self.use_dialect(dialect)

    def use_dialect(self, dialect: str) -> None:
        """Highlight as a dialect reads the text; its words are asked for once."""
        self.code.set_dialect(dialect, self._keywords.get(dialect, ()))
        if dialect not in self._keywords:
            self._keywords[dialect] = ()
            self.attempt(partial(self._ask_keywords, dialect), group="keywords")

    async def _ask_keywords(self, dialect: str) -> None:
        try:
            answer = await self.bridge.ask("keywords", dialect=dialect)
        except Refused:
            self._keywords.pop(dialect, None)
            return
        self._keywords[dialect] = tuple(str(word).upper() for word in answer.get("keywords") or ())
        self.code.set_dialect(dialect, self._keywords[dialect])

    async def fix(self, which: str | dict[str, Any]) -> int:
        """Fix one problem, or all that are certain; return how many were fixed."""
        if self.shown is None:
            return 0
        text = self.code.text
        answer = await self.bridge.ask("fix", sync=self.shown.sync, text=text, which=which)
        if self.code.text != text:
            raise Refused({"message": "The text has changed in the meantime.", "remedy": "Try the fix again."})
        self.code.change(str(answer["text"]))
        fixed = answer["fixed"]
        return len(fixed) if isinstance(fixed, list) else int(fixed)

    def _point_at(self, error: Refused, text: str) -> None:
        """Show the place that the warehouse complains about as a problem, and put the cursor there."""
        if text != self.code.text:
            return
        if error.findings:
            self.found = problems_from(error.findings)
            wrong = next((each for each in self.found if each.severity == "error"), None)
            if wrong is not None:
                self.code.go_to(wrong.start)
        elif error.offset is not None and 0 <= error.offset <= len(text):
            end = error.offset
            while end < len(text) and (text[end].isalnum() or text[end] in "_$"):
                end += 1
            self.query_problem = Problem(
                rule="", severity="error", message=error.message, start=error.offset, end=max(end, error.offset + 1)
            )
            self.code.go_to(error.offset)
        self.show_problems()

    # the catalogue

    def show_catalogue(self) -> None:
        """Show the tables of the source; lint and completion use them, too, so they are asked for where there is no room for them."""
        source = self.source
        name = source.name if source else ""
        if name != self.schema.source or not name:
            self.schema.show_source(name)
        if name and name not in self._catalogues:
            self._catalogues.add(name)
            self.attempt(partial(self._ask_catalogue, name), group="catalogue", exclusive=True)

    def forget_catalogues(self) -> None:
        """Ask for the tables again."""
        self._catalogues.clear()
        self.schema.show_source("")
        self.show_catalogue()

    async def _ask_catalogue(self, source: str) -> None:
        try:
            answer = await self.bridge.ask("catalogue", source=source)
        except Refused as error:
            if error.stopped:
                self._catalogues.discard(source)
            else:
                self.schema.failed(source, error, self.console.keys.shown("global.reload"))
        else:
            self.schema.show_tables(source, tables_from(answer))
            self.lint_now()
