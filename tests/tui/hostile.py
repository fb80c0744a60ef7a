"""What an attacker would put into a warehouse, a reply or a file; a project full of it; and a reader of what a terminal gets.

`Glass` reads the bytes that the console writes as a terminal would, but knows only what the console may say: text, colours,
moves of the cursor, the switches of a full-screen program, OSC 52. All else is noted as `refused`, as is text that would
run over the right edge. So a test that walks through the pages with it also sees what is on the screen.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from rich.cells import cell_len

from core.control_chars import escape_control_chars
from tests.projects import ProjectFolder
from tests.servers.receiving import Receiver

__all__ = ["COLUMN", "HOSTILE", "MIXED", "Glass", "make", "obeyed", "run"]

HOSTILE: Mapping[str, str] = {
    "clipboard": "\x1b]52;c;aGFja2Vk\x07",
    "clipboard, closed by ST": "\x1b]52;c;aGFja2Vk\x1b\\",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "erase": "\x1b[2J\x1b[H",
    "leave the screen": "\x1b[?1049l",
    "mouse off": "\x1b[?1003l",
    "colours": "\x1b[31;1mred\x1b[0m",
    "ask": "\x1b[6n\x1b[c\x05",
    "DCS": "\x1bP+q544e\x1b\\",
    "APC": "\x1b_Gf=24;AAAA\x1b\\",
    "PM and SOS": "\x1b^pm\x1b\\\x1bXsos\x1b\\",
    "reset": "\x1bc",
    "C1": "\x9b2J\x9d52;c;aGFja2Vk\x9c\x90q\x9c\x85",
    "bidirectional": "\u202eecilA\u202c \u2066x\u2069 \u200e\u200f\u061c",
    "zero width": "a\u200bb\u2060c\ufeffd\xade\u180ef",
    "tabs and returns": "a\tb\rc\nd\x0be\x0cf\u2028g\u2029h",
    "NUL and friends": "a\x00b\x07c\x08d\x7fe",
    "long": "x" * 10_000,
    "wide": "名前🙂" * 40,
    "combining": "e\u0301\u0323\u0302" * 30 + "Z" + "\u0300" * 40,
    "markup": "[red]x[/] [/] [@click=app.quit]go[/] [link=https://evil.example]y[/link] \\[b]",
    "braces": "{{ x }} %(a)s {0} $(id) `id` ; -- /* ' \" \\",
    "formula": "=HYPERLINK(1)",
}
"""By what they would do."""

MIXED = "!" + "".join(HOSTILE[name] for name in ("erase", "clipboard", "C1", "bidirectional", "markup", "title")) + "!"
"""One text of many kinds."""

_KNOWN = re.compile(
    r"\x1b\[[0-9;]*m"
    r"|\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p|\x1b\[>\d*u|\x1b\[<u"
    r"|\x1b\]52;c;(?P<copied>[A-Za-z0-9+/]*=*)\x07"
    r"|\x1b\]22;(?:default|pointer|text)\x07"
    r"|\r\n"
)
_BEGUN = re.compile(r"(?:\r|\x1b(?:\[[0-9;?<>=$]*|\][0-9A-Za-z;+/=]*)?)\Z")
_TEXT = re.compile("[^\x00-\x1f\x7f-\x9f]+")


def obeyed(text: str) -> bool:
    """Return whether a text holds something that a terminal would obey."""
    return escape_control_chars(text) != text


def quoted(name: str) -> str:
    """Quote a name for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


class Glass:
    """A screen of a size, as what was written to a terminal makes it."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self.refused: list[str] = []
        self.copied: list[str] = []
        self.left_at = -1
        self._cells = [[" "] * columns for _ in range(lines)]
        self._row = self._column = 0
        self._read = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    @property
    def text(self) -> str:
        """Return what the screen shows."""
        return "\n".join("".join(line).rstrip() for line in self._cells)

    def look(self, written: bytes | bytearray) -> str:
        """Read what was written since the last look; return what the screen shows."""
        text = self._rest + self._decoder.decode(bytes(written[self._read :]))
        self._read = len(written)
        begun = _BEGUN.search(text)  # the end of what was written may be the middle of a sequence
        whole = begun.start() if begun else len(text)
        self._rest = text[whole:]
        self._take(text[:whole])
        return self.text

    def close(self, written: bytes | bytearray) -> None:
        """Read the last of it."""
        self.look(written)
        self._take(self._rest)

    def _take(self, text: str) -> None:
        place = 0
        while place < len(text):
            if found := _TEXT.match(text, place):
                self._write(found[0])
                place = found.end()
            elif found := _KNOWN.match(text, place):
                self._obey(found)
                place = found.end()
            else:
                self.refused.append(f"{text[place : place + 24]!r} after {text[max(place - 40, 0) : place]!r}")
                place += 1

    def _obey(self, found: re.Match[str]) -> None:
        if found["row"]:
            self._row, self._column = int(found["row"]) - 1, int(found["column"]) - 1
        elif found["copied"] is not None:
            self.copied.append(base64.b64decode(found["copied"]).decode())
        elif found[0] == "\r\n":
            self._row, self._column = self._row + 1, 0
        elif found[0] == "\x1b[?1049l":
            self.left_at = self._read

    def _write(self, text: str) -> None:
        if obeyed(text):
            self.refused.append(f"text: {text!r}")
        if self.left_at >= 0:
            return
        if self._column + cell_len(text) > self.columns or not 0 <= self._row < self.lines:
            self.refused.append(f"over the edge at {self._row}:{self._column}: {text!r}")
            return
        for character in text:
            width = cell_len(character)
            if width:
                self._cells[self._row][self._column : self._column + width] = [character, *[""] * (width - 1)]
            self._column += width


COLUMN = 'pl\x1b]0;owned\x07an\u202e[red]x[/] "'
TABLE = "people\x1b[2J[b]\u202e"
SCHEMA = "sch\x9b2Jema"
ANSWER: Mapping[str, Any] = {"errors": [{"field": MIXED, "message": MIXED, "reason": "\ud800 half"}]}


def make(folder: Path, receiver: Receiver) -> ProjectFolder:
    """Make a project whose every text is hostile, and let it run: rows are refused, a run fails, a guard asks."""
    project = ProjectFolder(folder)
    project.write("backhaul.toml", {"name": f"acme {MIXED}", "secrets": {"from": "environment"}})
    _fill(project)
    project.customerio(receiver.url)
    project.segment(receiver.url, attempts=1)
    project.file()
    query = (
        f"-- {MIXED}\n-- " + HOSTILE["wide"] + HOSTILE["combining"] + "\n"
        f'SELECT id AS "userId", {quoted(COLUMN)}, long AS "{"L" * 300}", \'{MIXED}\' AS same\n'
        f"FROM {quoted(SCHEMA)}.{quoted(TABLE)} /* {HOSTILE['tabs and returns']} */\n"
    )
    project.sync(
        "people", query, to=["cio"], description=MIXED, columns={COLUMN: "traits.plan"}, guards={"max_calls": 1}
    )
    project.sync("misnamed", query, to=["files"], columns={f"no such {MIXED}": f"traits.{MIXED}"})
    project.sync("failing", query, to=["seg"], description=HOSTILE["wide"])
    for name in (f"{MIXED[:60]}", "[red]x[@click=app.quit]", "b\x9b2J\nroken"):
        project.write(f"syncs/{name.replace('/', '_')}.toml", f'call = "x"\n# {MIXED}\n')
    project.write("sources/half.toml", f'"ty{HOSTILE["bidirectional"]}" = "{MIXED}"\n'.replace("\x1b", "\\u001b"))
    project.write("destinations/odd.toml", {"type": "segment", f"u{MIXED}": 1, "url": MIXED})
    return project


def run(project: ProjectFolder, receiver: Receiver) -> None:
    """Run its syncs: some rows are refused with a hostile answer, one destination refuses everything."""
    receiver.refuse("u_03", "u_07", "u_11", body=json.dumps(ANSWER))
    assert project.run("run", "people", "--yes").code == 1
    receiver.refuse("u_", status=401, body=MIXED)
    assert project.run("run", "failing", "--yes").code == 1
    assert project.run("run", "misnamed", "--yes").code == 2
    receiver.refuse()
    with duckdb.connect(str(project.folder / "warehouse.duckdb")) as connection:
        table, column = f"{quoted(SCHEMA)}.{quoted(TABLE)}", quoted(COLUMN)
        connection.execute(f"UPDATE {table} SET {column} = 'now ' || {column} WHERE id > 'u_04'")
        connection.execute(f"INSERT INTO {table} VALUES ('u_9\x1b[2J', 'new', '\x9b')")


def _fill(project: ProjectFolder) -> None:
    project.duckdb(f"CREATE SCHEMA {quoted(SCHEMA)}")
    with duckdb.connect(str(project.folder / "warehouse.duckdb")) as connection:
        table = f"{quoted(SCHEMA)}.{quoted(TABLE)}"
        connection.execute(f"CREATE TABLE {table} (id VARCHAR, {quoted(COLUMN)} VARCHAR, long VARCHAR)")
        values = list(HOSTILE.values())
        rows = [[f"u_{number:02}", value, values[(number + 1) % len(values)]] for number, value in enumerate(values)]
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
