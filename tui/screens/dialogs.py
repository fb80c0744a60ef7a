"""The small dialogs: confirm, ask for a line, choose from a list, read a text."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from core.control_chars import escape_control_chars
from core.formatting import clock, counted
from core.json_text import seen
from core.quoting.spreadsheet import cell
from core.redaction import without_secrets
from tui.drawing import Line, Span, heading, line, wrapped
from tui.keys import PRESETS
from tui.screens.base import Actor, Dialog
from tui.themes import PALETTES
from tui.widgets.entry import Entry
from tui.widgets.sheet import Sheet
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from tui.console_api import ConsoleApi

__all__ = ["Ask", "Choose", "Confirm", "Read", "choose_keys", "choose_theme", "export", "messages", "write_text"]


class _Panel(Sheet):
    DEFAULT_CSS = "_Panel { height: auto; background: $panel; max-height: 80vh; }"

    def on_mount(self) -> None:
        self.ground = "panel"


class Confirm(Dialog):
    """Asks a question; gives True or False (None where one left)."""

    DEFAULT_CSS = "Confirm > Vertical { max-width: 76; }"

    def __init__(
        self,
        title: str,
        text: str = "",
        *,
        yes: str = "Yes",
        no: str = "Cancel",
        details: Callable[[int], Sequence[Line]] = lambda _width: (),
        danger: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no
        self._details, self._danger = details, danger

    def compose(self) -> ComposeResult:
        with Vertical():
            yield _Panel(self._lines)

    def on_mount(self) -> None:
        self.query_one(_Panel).focus()

    def _lines(self, width: int) -> list[Line]:
        keys = self.console.keys
        lines = [line(Span(self._title, "bold fail" if self._danger else "bold text")), Line()]
        if self._text:
            lines += [*wrapped(self._text, width), Line()]
        if details := self._details(width):
            lines += [*details, Line()]
        yes = (Span(keys.shown("dialog.yes"), "bold accent"), Span(f" {self._yes}", "accent"))
        lines.append(Line((Span(keys.shown("dialog.no"), "bold text"), Span(f" {self._no}", "muted")), yes))
        return lines

    def do_yes(self) -> None:
        """Say yes."""
        self.dismiss(True)

    def do_no(self) -> None:
        """Say no."""
        self.dismiss(False)


class Ask(Dialog):
    """Asks for a line of text; with `live`, each change is tried at once, and leaving takes it back."""

    DEFAULT_CSS = """
    Ask { align: center bottom; background: $background 0%; }
    Ask > Vertical { width: 100%; max-width: 100%; padding: 0 0 1 0; }
    Ask Input { margin: 0 2; background: $background; }
    """

    def __init__(
        self,
        question: str,
        value: str = "",
        *,
        note: str = "",
        live: Callable[[str], None] | None = None,
        secret: bool = False,
    ) -> None:
        super().__init__()
        self._question, self._value, self._note, self._live, self._secret = question, value, note, live, secret

    def compose(self) -> ComposeResult:
        with Vertical():
            yield _Panel(self._lines, focusable=False)
            yield Entry(self._value, password=self._secret)

    def _lines(self, width: int) -> list[Line]:
        hints = ("Enter OK · Esc Cancel",) if width >= 100 or not self._note else ()
        return [
            Line(
                (Span(self._question, "bold text"),),
                (Span("   ".join((*filter(None, (self._note,)), *hints)), "muted"),),
            )
        ]

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._live is not None:
            self._live(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)

    def do_yes(self) -> None:
        """Take what was typed."""
        self.dismiss(self.query_one(Input).value)

    def do_no(self) -> None:
        """Leave it as it was."""
        if self._live is not None:
            self._live(self._value)
        self.dismiss(None)

    do_back = do_no


class Choose(Dialog):
    """A list to choose from; gives the key of the row. With `live`, the row under the cursor is tried at once."""

    DEFAULT_CSS = (
        "Choose Table { height: auto; max-height: 20; background: $panel; } Choose > Vertical { max-width: 72; }"
    )

    def __init__(
        self,
        title: str,
        rows: Sequence[Row],
        *,
        chosen: str = "",
        live: Callable[[str], None] | None = None,
        note: str = "",
        details: Callable[[int], Sequence[Line]] = lambda _width: (),
    ) -> None:
        super().__init__()
        self._title, self._rows, self._start, self._live, self._note = title, rows, chosen, live, note
        self._details = details

    def compose(self) -> ComposeResult:
        with Vertical():
            yield _Panel(self._lines, focusable=False)
            yield Table([Column(head="", most=30), Column(head="", share=1, most=80)], heads=False)

    def on_mount(self) -> None:
        table = self.query_one(Table)
        table.ground = "panel"
        table.show(self._rows)
        table.choose(self._start)
        table.focus()

    def _lines(self, width: int) -> list[Line]:
        lines = [heading(self._title, (self._note, "muted")) if self._note else heading(self._title)]
        told = self._details(width)
        return [*lines, Line(), *told, Line()] if told else lines

    def on_table_highlighted(self, message: Table.Highlighted) -> None:
        if self._live is not None and message.key is not None:
            self._live(message.key)

    def on_table_chosen(self, message: Table.Chosen) -> None:
        self.dismiss(message.key)

    def do_yes(self) -> None:
        """Take the chosen row."""
        self.dismiss(self.query_one(Table).key)

    def do_no(self) -> None:
        """Leave it as it was."""
        if self._live is not None and self._start:
            self._live(self._start)
        self.dismiss(None)

    do_back = do_no


class Read(Dialog):
    """A text to read and to copy."""

    scope = "read"

    DEFAULT_CSS = "Read > Vertical { max-width: 110; height: auto; } Read _Panel { max-height: 100%; height: auto; }"

    def __init__(self, build: Callable[[int], Sequence[Line]], *, copies: str = "") -> None:
        super().__init__()
        self._panel, self._copies = _Panel(build), copies

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._panel

    def on_mount(self) -> None:
        self._panel.focus()

    def rebuild(self) -> None:
        """Show what has changed since it was opened."""
        if self.is_mounted:
            self._panel.rebuild()

    def copy_text(self) -> str:
        return self._copies or self._panel.plain_text()  # also of one that is being opened or closed

    def do_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    def do_copy(self) -> None:
        """Copy what it says."""
        self.console.put_on_clipboard(self.copy_text())


def messages(said: Sequence[tuple[float, str, str]]) -> Read:
    """Show what was told, the newest first."""

    def build(width: int) -> list[Line]:
        lines = [heading("Messages", (counted(len(said), "message"), "muted"))]
        for moment, meaning, text in reversed(said):
            mark = {"ok": "✓", "fail": "✗", "warn": "!"}.get(meaning, "·")
            first, *rest = wrapped(text, width - 12)
            lines.append(line((f"{clock(moment, exact=True)[-8:]} ", "muted"), Span(f"{mark} ", meaning), *first.left))
            lines += [line(Span(" " * 11), *each.left) for each in rest]
        return lines if said else [*lines, line(("No messages yet.", "muted"))]

    return Read(build)


def choose_theme(app: ConsoleApi) -> None:
    """Let a person choose the colours, seeing each at once."""
    rows = [Row(palette.name, (Span(palette.name), Span(palette.title, "muted"))) for palette in PALETTES.values()]

    def chosen(name: str | None) -> None:
        if name:
            app.use_theme(name)

    app.push_screen(
        Choose(
            "Colours", rows, chosen=app.theme, live=lambda name: app.use_theme(name, keep=False), note="Enter keeps it"
        ),
        chosen,
    )


def choose_keys(app: ConsoleApi) -> None:
    """Let a person choose the key preset."""
    notes = {
        "standard": "letters while nothing is typed, ^ keys while typing; as k9s and lazygit have them",
        "vim": "h j k l, gg, G, / and n, :w and :q; Esc leaves the text, i enters it",
        "emacs": "^N ^P ^F ^B ^A ^E, M-x for commands, ^X ^S saves, ^X ^C closes",
    }
    rows = [Row(name, (Span(name), Span(notes[name], "muted"))) for name in PRESETS]

    def chosen(name: str | None) -> None:
        if name:
            app.use_keys(name)

    app.push_screen(Choose("Keys", rows, chosen=app.keys.name, note="? lists them"), chosen)


def export(app: ConsoleApi, screen: Actor, path: str) -> None:
    """Save the rows that a page shows to a file: CSV, or JSON lines where its name ends so."""
    found = screen.export_rows()
    if found is None:
        app.tell("export: there are no rows here.", "muted")
        return
    heads, rows = found

    def save(answer: str | None) -> None:
        if not answer:
            return
        try:
            file = (app.folder / Path(answer).expanduser()).absolute()
            write_rows(file, heads, rows)
        except (ValueError, RuntimeError) as error:  # a NUL in it, or ~ and a name that nobody has
            app.tell(f"{answer} is no name for a file: {error}", "fail")
        except FileExistsError:
            app.tell(f"{_near(file, app.folder)} is there already; name another file.", "fail")
        except OSError as error:
            app.tell(f"{file} could not be written: {error.strerror}.", "fail")
        else:
            app.tell(f"{counted(len(rows), 'row')} saved to {_near(file, app.folder)}.", "ok")

    if path:
        save(path)
        return
    name = f"{screen.scope}-{time.strftime('%Y%m%d-%H%M%S')}.csv"
    app.push_screen(Ask(f"Save {counted(len(rows), 'row')} to", name, note=".csv or .jsonl"), save)


async def write_text(app: ConsoleApi, path: str, text: str) -> None:
    """Write a (harmless) text into a file, and tell."""
    plain = escape_control_chars(without_secrets(text), lines=True) + "\n"

    def write() -> Path:
        file = (app.folder / Path(path).expanduser()).absolute()
        with _new_file(file) as opened:
            opened.write(plain)
        return file

    try:
        file = await asyncio.to_thread(write)
    except (ValueError, RuntimeError) as error:  # a NUL in it, or ~ and a name that nobody has
        app.tell(f"{path} is no name for a file: {error}", "fail")
    except FileExistsError:
        app.tell(f"{path} is there already; name another file.", "fail")
    except OSError as error:
        app.tell(f"{path} could not be written: {error.strerror}.", "fail")
    else:
        app.tell(f"{counted(plain.count(chr(10)), 'line')} saved to {_near(file, app.folder)}.", "ok")


def _near(file: Path, folder: Path) -> str:
    """Return a file's name as seen from the project's folder, where it is in there."""
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)


def _new_file(file: Path) -> TextIO:
    """Open a file that is not there yet, readable by its owner only: rows are about people. Raises FileExistsError, for a link too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8", newline="")


def write_rows(file: Path, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows as CSV or JSON lines, harmless to whoever reads them in a terminal.

    Raises FileExistsError. In CSV a cell that a spreadsheet would take for a formula gets an apostrophe. JSON keeps each character, some escaped.
    """
    names = [head.strip() or f"column {place}" for place, head in enumerate(heads, 1)]
    with _new_file(file) as opened:
        if file.suffix in (".jsonl", ".json", ".ndjson"):
            opened.writelines(_json(dict(zip(names, row, strict=False))) + "\n" for row in rows)
            return
        writer = csv.writer(opened, quoting=csv.QUOTE_ALL)  # spreadsheets part cells at ; or a tab in many countries
        writer.writerow([_for_spreadsheet(name) for name in names])
        writer.writerows([[_for_spreadsheet(str(cell)) for cell in row] for row in rows])


def _json(values: dict[str, object]) -> str:
    text = without_secrets(json.dumps(values, ensure_ascii=False))
    return text if escape_control_chars(text) == text else seen(text)


def _for_spreadsheet(text: str) -> str:
    return cell(escape_control_chars(without_secrets(text), lines=True))
