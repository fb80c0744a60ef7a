"""The open texts: what was typed, what the file says, and what is kept for later so that nothing typed is ever lost.

A text is kept under the state folder within a second of typing, and is there again when the editor is next opened. The
file itself is written only by saving, and never over a change that came from outside without asking.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.document._document import Selection

from tui.buffers import Buffer, digest, load
from tui.drawing import Line, Span, heading, line
from tui.widgets.code import TextState

if TYPE_CHECKING:
    from core.model import Project

__all__ = [
    "OpenText",
    "differences",
    "open_text",
    "query_file",
    "query_names",
    "read_query",
    "saved_at",
    "write_privately",
    "write_query",
]

_BOM = "\ufeff"
_DIFFERENCES = 2_000
"""At most this many lines of a difference are shown."""


@dataclass(kw_only=True)
class OpenText:
    """A query that is open. `file` is the file's text as it was last read or written; the text began from it.

    `state` is the text as it was left: while it is in the text area, that one is newer. `busy` says that it is being saved
    or asked about; `declined` is the digest of a change from outside that was left undecided.
    """

    sync: str
    path: Path
    file: str
    state: TextState
    saved_at: float | None = None
    busy: bool = False
    declined: str = ""

    def buffer(self, text: str, cursor: tuple[int, int]) -> Buffer:
        """Return what is to be kept for later."""
        return Buffer(sync=self.sync, text=text, base=digest(self.file), cursor=cursor)


def query_file(project: Project, name: str) -> tuple[Path, str] | None:
    """Return the file of a sync's query, and what it says; also of a sync whose settings are broken. None: there is none.

    Raises OSError.
    """
    sync = project.syncs.get(name)
    if sync is not None:
        return sync.query_path, sync.query
    for settings in project.broken:
        file = settings.with_suffix(".sql")
        if settings.stem == name and settings.parent.name == "syncs" and file.is_file():
            return file, read_query(file)
    return None


def query_names(project: Project) -> list[str]:
    """Return the syncs that have a query, those with broken settings last."""
    broken = (
        file.stem for file in project.broken if file.parent.name == "syncs" and file.with_suffix(".sql").is_file()
    )
    return list(dict.fromkeys((*sorted(project.syncs), *sorted(broken))))


def open_text(name: str, file: Path, query: str, state: Path) -> tuple[OpenText, bool]:
    """Open a sync's query, with what was typed earlier and not saved; return whether there was something."""
    opened = OpenText(sync=name, path=file, file=query, state=TextState(query, Selection()), saved_at=saved_at(file))
    kept = load(state, name)
    if kept is None or kept.text == query:
        return opened, False
    opened.state = TextState(kept.text, Selection.cursor(kept.cursor))
    if kept.base != digest(query):
        opened.file = _BOM + kept.base  # a text that no file has: it counts as changed from outside
    return opened, True


def saved_at(file: Path) -> float | None:
    """Return when a file was last written."""
    with contextlib.suppress(OSError):
        return file.stat().st_mtime
    return None


def _plain(raw: bytes) -> str:
    """Read a query as core.project does: without a byte order mark, its lines ended by line feeds."""
    return raw.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def read_query(file: Path) -> str:
    """Read a query. Raises OSError."""
    return _plain(file.read_bytes())


def write_query(file: Path, text: str, expected: str) -> bool:
    """Write a query; False where the file holds another text than `expected` and nothing was written.

    The file keeps its ends of lines and its byte order mark. Raises OSError.
    """
    from core.project.write import write_text

    raw = file.read_bytes() if file.exists() else None
    if raw is not None:
        if _plain(raw) not in (expected, text):
            return False
        if b"\r\n" in raw:
            text = text.replace("\n", "\r\n")
        if raw.startswith(_BOM.encode()):
            text = _BOM + text
    write_text(file, text)
    return True


def write_privately(file: Path, text: str) -> None:
    """Write a file of a part of the state folder that only its owner may read. Raises OSError."""
    from core.own_folder import make_part, replace_plain

    make_part(file.parent.parent, file.parent.name)
    replace_plain(file, text)


def differences(name: str, file: str, mine: str) -> list[Line]:
    """Show how a text differs from the file: what the file has gained or lost, beside what was typed here."""
    lines = [heading(f"{name}: the file, and what you typed"), *_changed_lines(file, mine)]
    return lines if len(lines) > 1 else [*lines, line(("They are the same.", "muted"))]


def _changed_lines(file: str, mine: str) -> Iterator[Line]:
    found = difflib.unified_diff(file.split("\n"), mine.split("\n"), "the file", "yours", lineterm="", n=2)
    for number, each in enumerate(found):
        if number >= _DIFFERENCES:
            yield line((f"first {_DIFFERENCES:,} lines, more differ", "muted"))
            return
        mark, rest = each[:1], each[1:]
        if each.startswith(("--- ", "+++ ")):
            yield line(Span(f"{'−' if mark == '-' else '+'} {rest[3:]}", "fail" if mark == "-" else "ok"))
        elif mark == "@":
            yield line((each, "muted"))
        else:
            role = {"-": "fail", "+": "ok"}.get(mark, "muted")
            yield line(Span({"-": "− ", "+": "+ "}.get(mark, "  "), role), Span(rest.replace("\t", "    "), role))
