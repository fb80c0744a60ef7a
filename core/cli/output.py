"""How the commands print: tables, sizes and times for a person, JSON in a stable form, errors on stderr.

Colour and progress only where stdout (for progress: stderr) is a terminal, and not where NO_COLOR or TERM=dumb ask for
none; never without a sign beside the colour.
Everything that came from outside passes `escape_control_chars`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from core.control_chars import escape_control_chars
from core.errors import BackhaulError, QueryError

__all__ = [
    "Progress",
    "colour",
    "fail",
    "folder_option",
    "json_option",
    "print_error",
    "print_json",
    "say",
    "table",
]

json_option = click.option("--json", "as_json", is_flag=True, help="Print a stable form for programs.")
folder_option = click.option(
    "--project",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="The project's folder; by default the nearest one from here upwards.",
)

_SIGNS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "warn": ("!", "yellow"), "none": ("·", None), "go": ("▶", "cyan")}


def colour() -> bool | None:
    """Return whether there is colour: False where the user asked for none, None where the terminal decides."""
    return False if os.environ.get("NO_COLOR") or _is_dumb() else None


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"


def say(text: str = "", *, sign: str | None = None, dim: bool = False) -> None:
    """Print a line, made harmless, with a sign that says the same as its colour."""
    line = escape_control_chars(text, lines=True)
    if sign:
        mark, colour = _SIGNS[sign]
        line = f"{click.style(mark, fg=colour)} {line}"
    click.echo(click.style(line, dim=True) if dim else line)


def print_json(value: Any) -> None:
    """Print one JSON document (or one line of a stream of events)."""
    click.echo(json.dumps(value, ensure_ascii=True, default=_json_default))


def print_error(error: BackhaulError, *, as_json: bool = False) -> None:
    """Print what happened, where, and what to do, on stderr."""
    if as_json:
        document = {
            "error": type(error).__name__,
            "message": error.message,
            "where": error.where,
            "remedy": error.remedy,
        }
        click.echo(json.dumps(document), err=True)
        return
    place = f"{error.where}: " if error.where else ""
    line = f"{click.style('✗', fg='red')} {escape_control_chars(place + error.message, lines=True)}"
    click.echo(line, err=True, color=colour())
    if isinstance(error, QueryError):
        for finding in error.findings[1:10]:
            click.echo(f"  {finding.line}:{finding.column} {escape_control_chars(finding.message)}", err=True)
    if error.remedy:
        click.echo(f"  {escape_control_chars(error.remedy, lines=True)}", err=True)


def fail(code: int = 1) -> NoReturn:
    """End the command with an exit code."""
    raise click.exceptions.Exit(code)


def table(rows: Sequence[Sequence[Any]], header: Sequence[str], *, widest: int = 60) -> None:
    """Print rows under a header, columns as wide as they need; numbers to the right."""
    texts = [[escape_control_chars("" if cell is None else _text(cell), most=widest) for cell in row] for row in rows]
    names = [escape_control_chars(name, most=widest) for name in header]
    numeric = [bool(rows) and all(isinstance(row[index], int | float) for row in rows) for index in range(len(header))]
    widths = [max([len(name), *(len(row[index]) for row in texts)]) for index, name in enumerate(names)]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        ]
        return "  ".join(padded).rstrip()

    click.echo(click.style(line(names), bold=True))
    for row in texts:
        click.echo(line(row))


def _text(cell: Any) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _json_default(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


class Progress:
    """One line on stderr that is written over, with rate and time left; nothing where stderr is no terminal."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._on = wanted and sys.stderr.isatty() and not _is_dumb()
        self._shown = False
        self._last = 0.0

    def show(self, label: str, done: int, total: int | None, seconds: float, unit: str) -> None:
        """Show how far something is; at most five times a second."""
        if not self._on or (time.monotonic() - self._last < 0.2 and done != total):
            return
        self._last = time.monotonic()
        rate = done / seconds if seconds > 0 else 0.0
        text = f"{label}  {done:,}"
        if total:
            left = (total - done) / rate if rate else 0
            text += f" of {total:,} {unit}  {done / total:.0%}  {rate:,.0f}/s  {left:,.0f} s left"
        else:
            text += f" {unit}  {rate:,.0f}/s"
        widest = shutil.get_terminal_size().columns - 1  # a line that wraps could not be written over
        sys.stderr.write("\r\x1b[K" + escape_control_chars(text, most=widest))
        sys.stderr.flush()
        self._shown = True

    def clear(self) -> None:
        """Remove the line before something else is printed."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
