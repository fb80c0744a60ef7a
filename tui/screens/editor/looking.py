"""The editor's rows: the preview, all rows, their order, their marks, their columns, a row as a call and in full, and as a file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from core.formatting import counted
from tui.drawing import Line, Span, heading, line
from tui.messages import Refused
from tui.screens.dialogs import Ask, Choose, Read
from tui.screens.editor.checking import Checking
from tui.screens.editor.person import key_of
from tui.screens.editor.preview import PreviewPane
from tui.screens.editor.query_history import RanQuery, remember
from tui.screens.editor.result import WINDOW, Arrangement, PreviewRow, Result, row_lines
from tui.widgets.table import Row

__all__ = ["Looking"]

_ROWS = 100
"""A preview shows this many rows."""

_REST = 0.3
_MARKS = ("known", "never seen", "refused")


class Looking(Checking):
    """The page with its rows."""

    _from_zero = False

    # the query

    def preview(self, *, from_zero: bool = False, everything: bool = False) -> None:
        """Run the query and show its first rows, or all; one that runs already is stopped."""
        if self.shown is not None:
            self._from_zero = from_zero
            work = partial(self._preview, self.shown.sync, self.code.text, from_zero=from_zero, everything=everything)
            self.attempt(work, group="preview", exclusive=True)

    async def _preview(self, sync: str, text: str, *, from_zero: bool, everything: bool) -> None:
        self.query_problem = None
        self.rows.begin(time.time())
        self.show_problems()
        self.refresh_bars()
        asked: dict[str, Any] = {"sync": sync, "text": text, "from_zero": from_zero}
        try:
            told = self.rows.take_estimate
            if everything:
                answer = await self.bridge.ask("result_open", told, **asked)
            else:
                answer = await self.bridge.ask("preview", told, **asked, limit=_ROWS)
        except asyncio.CancelledError:
            self.rows.failed(Refused({"kind": "CancelledError"}))
            self.refresh_bars()
            raise
        except Refused as error:
            self.rows.failed(error)
            self._point_at(error, text)
        else:
            result = Result.read(answer, time.time())
            self.rows.done(result, incremental=self.incremental or result.bound is not None)
            self._remember(sync, text, result)
            if text != self.code.text:
                self.rows.outdated()
            if result.totals is None and result.total:
                self.attempt(partial(self._mark, result), group="mark", exclusive=True)
        self.refresh_bars()

    def _remember(self, sync: str, text: str, result: Result) -> None:
        """Keep what was run, to be taken up again; a disk that is full is told elsewhere."""
        project = self.snapshot.project
        if project is not None:
            ran = RanQuery(sync=sync, text=text, at=result.at, rows=result.total, seconds=result.seconds)
            with contextlib.suppress(OSError):
                remember(project.state, ran)

    async def _mark(self, result: Result) -> None:
        """Have all rows marked: it takes some seconds for a million."""
        answer = await self.bridge.ask("result_mark", result=result.handle)
        if result is self.rows.result:
            result.marked(answer["totals"])
            await self._bring_window(result, 0)
            self.rows.renew()
            self.show_row()

    def stop_preview(self) -> bool:
        """Stop the query in the warehouse; return whether there was one."""
        running = self.rows.running
        if running:
            self.workers.cancel_group(self, "preview")
        return running

    # windows

    async def on_preview_pane_wanted(self, message: PreviewPane.Wanted) -> None:
        message.stop()
        self.attempt(partial(self._bring_window, message.result, message.start), group="window")

    async def _bring_window(self, result: Result, start: int) -> None:
        answer = await self.bridge.ask("result_rows", result=result.handle, start=start, count=WINDOW)
        self.rows.take(result, start, answer["rows"])
        if self.row_number is not None and start <= self.row_number < start + WINDOW:
            self.show_row()

    async def _arrange(self, arrangement: Arrangement) -> None:
        """Have the rows arranged otherwise; the first ones are in sight then."""
        result = self.rows.result
        if result is None:
            return
        answer = await self.bridge.ask(
            "result_arrange",
            result=result.handle,
            column=arrangement.column,
            descending=arrangement.descending,
            words=arrangement.words,
            mark=arrangement.mark,
        )
        if result is self.rows.result:
            result.rearranged(arrangement, int(answer["count"]))
            await self._bring_window(result, 0)
            self.rows.renew()
            self.rows.table.move_to(0)
            if arrangement.column is not None:
                self.rows.bring_column(arrangement.column)
            self.show_row()

    # the chosen row

    @property
    def row_number(self) -> int | None:
        """Return which row is chosen, by its number as they are arranged now."""
        key = self.rows.table.key
        return int(key) if key is not None and self.rows.result is not None else None

    @property
    def row(self) -> PreviewRow | None:
        """Return the chosen row, where it is here."""
        result, number = self.rows.result, self.row_number
        return result.row(number) if result is not None and number is not None else None

    def show_row(self) -> None:
        """Show the chosen row where the page shows it."""
        raise NotImplementedError

    def need_call(self) -> None:
        """Have the chosen row's call made, where it is not here yet."""
        result, row = self.rows.result, self.row
        if result is not None and row is not None and row.place not in result.calls:
            self.attempt(partial(self._make_call, result, row.place), group="call", exclusive=True)

        elif row is not None:
            self.attempt(self._look_up, group="person", exclusive=True)

    async def _make_call(self, result: Result, place: int) -> None:
        answer = await self.bridge.ask("result_call", result=result.handle, place=place)
        result.calls[place] = answer["call"]
        self.show_row()
        self.need_call()

    async def _look_up(self) -> None:
        """Ask what is known of the chosen row's person, once one has stayed on it for a moment."""
        await asyncio.sleep(_REST)
        result, row = self.rows.result, self.row
        key = key_of(result.calls.get(row.place)) if result is not None and row is not None else ""
        if result is None or not key or key in result.people or self.shown is None:
            return
        result.people[key] = await self.bridge.ask("person", sync=self.shown.sync, key=key)
        self.show_row()

    def call_text(self) -> str:
        """Return the chosen row as JSON: the call, or the values of one that becomes none."""
        result, row = self.rows.result, self.row
        if result is None or row is None:
            return ""
        call = result.calls.get(row.place)
        values = dict(zip(result.heads, row.values, strict=True))
        return json.dumps(values if call is None else call, ensure_ascii=False, indent=2)

    # what is done

    def do_preview(self) -> None:
        """Run the query."""
        self.preview()

    def do_preview_zero(self) -> None:
        """Run the query with last_sync_time 0."""
        self.preview(from_zero=True)

    def do_preview_all(self) -> None:
        """Run the query for all its rows, a million at the most; with last_sync_time 0 where the rows in sight came so."""
        self.preview(everything=True, from_zero=self._from_zero)

    def do_stop(self) -> None:
        """Stop the query."""
        self.stop_preview()

    def do_sort(self) -> None:
        """Sort the rows by a column; by the same one again, the other way round."""
        result = self.rows.result
        if result is None:
            return
        now = result.arrangement
        rows = [Row("", (Span("as the warehouse gave them"), ""))]
        for number, column in enumerate(result.columns):
            way = ("▼" if now.descending else "▲") if now.column == number else ""
            rows.append(Row(str(number), (Span(str(column["name"])), Span(f"{column['kind']}   {way}", "muted"))))

        def chosen(key: str | None) -> None:
            if key is not None:
                column = int(key) if key else None
                turned = column is not None and column == now.column and not now.descending
                wanted = replace(now, column=column, descending=turned)
                self.attempt(partial(self._arrange, wanted), group="arrange", exclusive=True)

        start = "" if now.column is None else str(now.column)
        self.console.push_screen(Choose("Sort by", rows, chosen=start, note="again: the other way round"), chosen)

    def do_keep(self) -> None:
        """Keep the rows that hold some words."""
        result = self.rows.result
        if result is None:
            return
        now = result.arrangement

        def typed(words: str | None) -> None:
            if words is not None:
                wanted = replace(now, words=words)
                self.attempt(partial(self._arrange, wanted), group="arrange", exclusive=True)

        note = "plan:pro looks in one column; nothing shows all"
        self.console.push_screen(Ask("Filter rows", now.words, note=note), typed)

    def do_marks(self) -> None:
        """Keep the rows of the next mark: refused, never seen, known, all."""
        result = self.rows.result
        if result is not None:
            following = {None: 2, 2: 1, 1: 0, 0: None}[result.arrangement.mark]
            if following is not None:
                self.console.tell(f"Rows that are {_MARKS[following]}.", "muted")
            wanted = replace(result.arrangement, mark=following)
            self.attempt(partial(self._arrange, wanted), group="arrange", exclusive=True)

    def do_column(self) -> None:
        """Let a column stand first."""
        result = self.rows.result
        if result is None:
            return
        rows = [
            Row(str(number), (Span(str(column["name"])), Span(str(column["kind"]), "muted")))
            for number, column in enumerate(result.columns)
        ]

        def chosen(key: str | None) -> None:
            if key is not None:
                self.rows.stand_first(int(key))

        self.console.push_screen(Choose("Go to a column", rows, chosen=str(result.first)), chosen)

    def do_row(self) -> None:
        """Show the chosen row's values in full."""
        result, number = self.rows.result, self.row_number
        if result is None or number is None:
            return
        title = heading(f"Row {number + 1}", ("as the warehouse gave it", "muted"))
        values = dict(zip(result.heads, self.row.values if self.row else (), strict=False))
        copies = json.dumps(values, ensure_ascii=False, indent=2)
        self.console.push_screen(Read(lambda width: [title, *row_lines(result, number, width)], copies=copies))

    async def do_columns(self) -> None:
        """Show what the columns hold."""
        result = self.rows.result
        if result is None:
            return
        answer = await self.bridge.ask("result_statistics", result=result.handle)

        def build(width: int) -> list[Line]:
            rows = counted(int(answer["rows"]), "row")
            told = f"{rows}{', more exist' if answer['more'] else ''}"
            lines = [heading("Column statistics", (told, "muted"))]
            for each in answer["columns"]:
                lines += _column_lines(each, int(answer["rows"]), width)
            return lines

        self.console.push_screen(Read(build))

    def do_export(self, path: str = "") -> None:
        """Save the rows, as they are arranged, to a file."""
        result = self.rows.result
        if result is None or not result.count:
            self.console.tell("export: there are no rows here.", "muted")
            return

        def save(answer: str | None) -> None:
            if not answer:
                return
            try:
                file = (self.console.folder / Path(answer).expanduser()).absolute()
                file.exists()  # says what is no name at all
            except (ValueError, RuntimeError) as error:  # a NUL in it, or ~ and a name that nobody has
                self.console.tell(f"{answer} is no name for a file: {error}", "fail")
                return
            self.attempt(partial(self._export, result, file), group="export")

        if path:
            save(path)
            return
        name = f"{self.shown.sync if self.shown else 'rows'}-{time.strftime('%Y%m%d-%H%M%S')}.csv"
        note = ".csv, .jsonl or .parquet"
        self.console.push_screen(Ask(f"Save {counted(result.count, 'row')} to", name, note=note), save)

    async def _export(self, result: Result, file: Path) -> None:
        answer = await self.bridge.ask("result_export", result=result.handle, file=str(file))
        near = file.relative_to(self.console.folder) if file.is_relative_to(self.console.folder) else file
        self.console.tell(f"{counted(int(answer['rows']), 'row')} saved to {near}.", "ok")


def _column_lines(held: Mapping[str, Any], rows: int, width: int) -> list[Line]:
    """Say in two lines what a column holds."""
    nulls, distinct = int(held["nulls"]), held["distinct"]
    empty = f"{nulls:,} null" if nulls else "never null"
    different = "" if distinct is None else f", {distinct:,} different"
    unique = "  unique" if distinct is not None and rows and distinct == rows - nulls and distinct > 1 else ""
    lines = [
        Line(),
        line(
            Span(str(held["name"]), "bold text"),
            (f"  {held['kind']}", "muted"),
            right=(Span(f"{empty}{different}", "muted"), Span(unique, "ok")),
        ),
    ]
    bounds = [str(held[name]) for name in ("least", "greatest") if held[name] is not None]
    if bounds:
        lines.append(
            line(("  from  ", "muted"), bounds[0][: width // 3], ("  to  ", "muted"), bounds[-1][: width // 3])
        )
    if shapes := held["shapes"]:
        told = ", ".join(f"{shape} {count:,}" for shape, count in shapes)
        lines.append(
            line(("  forms  ", "muted"), Span(told, "warn" if _is_mixed(str(held["name"]), shapes) else "text"))
        )
    return lines


def _is_mixed(name: str, shapes: Any) -> bool:
    """Return whether a column of ids holds several kinds of them."""
    return len(shapes) > 1 and name.lower().replace("_", "").endswith("id")
