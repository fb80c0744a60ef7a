"""The language server: a real process that is spoken to in the protocol itself, over its stdin and stdout."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core import project as projects
from core.context import keep
from core.model import Column, Kind, Table
from tests.projects import SECRETS, ProjectFolder

ROOT = Path(__file__).parents[3]
WRONG = "SELECT id AS user, nam FROM users\nWHERE updated_at >= {{last_sync_time}}"


class Editor:
    """An editor that opens a server; everything that it says is kept."""

    def __init__(self, folder: Path, options: dict[str, Any] | None = None, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui.main", "lsp", "--stdio", *words],
            cwd=folder,
            env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.errors = b""
        self.options = options
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        self._number = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        out = self.process.stdout
        assert out is not None
        while line := out.readline():
            length = int(line.removeprefix(b"Content-Length: "))  # nothing else may stand on stdout
            while out.readline() != b"\r\n":
                pass
            self._messages.put(json.loads(out.read(length)))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def write(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, **parameters: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", "method": method, "params": parameters}).encode())

    def ask(self, method: str, parameters: dict[str, Any] | None = None) -> Any:
        self._number += 1
        number = self._number
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        self.write(json.dumps(message | ({"params": parameters} if parameters is not None else {})).encode())
        answer = self.wait(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            for message in self._kept:
                if wanted(message):
                    self._kept.remove(message)
                    return message
            self._kept.append(self._messages.get(timeout=max(0.01, deadline - time.monotonic())))

    def begin(self, **capabilities: Any) -> Any:
        answer = self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": capabilities,
                "initializationOptions": self.options,
            },
        )
        self.tell("initialized")
        return answer

    def open(self, file: Path, text: str) -> list[dict[str, Any]]:
        document = {"uri": file.as_uri(), "languageId": "sql", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)
        return self.diagnostics(file, 1)

    def change(self, file: Path, version: int, text: str) -> None:
        document = {"uri": file.as_uri(), "version": version}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def diagnostics(self, file: Path, version: int) -> list[dict[str, Any]]:
        def wanted(message: dict[str, Any]) -> bool:
            told = message.get("params", {})
            is_ours = message.get("method") == "textDocument/publishDiagnostics" and told["uri"] == file.as_uri()
            return is_ours and told.get("version") == version

        return self.wait(wanted)["params"]["diagnostics"]

    def at(self, method: str, file: Path, line: int, character: int) -> Any:
        place = {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": character}}
        return self.ask(f"textDocument/{method}", place)

    def actions(self, file: Path, line: int, character: int, **context: Any) -> list[dict[str, Any]]:
        place = {"line": line, "character": character}
        return self.ask(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": file.as_uri()},
                "range": {"start": place, "end": place},
                "context": {"diagnostics": [], **context},
            },
        )

    def end(self) -> None:
        self.ask("shutdown")
        self.tell("exit")
        assert self.process.wait(10) == 0

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def open_editor(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    editors: list[Editor] = []

    def start(options: dict[str, Any] | None = None, *words: str) -> Editor:
        editors.append(Editor(tmp_path, options, *words))
        return editors[-1]

    yield start
    for editor in editors:
        editor.close()
        for secret in SECRETS.values():
            assert secret.encode() not in editor.errors
        assert b"SELECT" not in editor.errors


@pytest.fixture
def users(project: ProjectFolder) -> Path:
    """Return the query of a sync, of whose source a catalogue is kept."""
    project.duckdb("CREATE TABLE users (id BIGINT, name VARCHAR, updated_at TIMESTAMP)")
    project.file()
    project.sync("users", WRONG, to=["files"])
    loaded = projects.load(project.folder)
    columns = (
        ("id", Kind.INTEGER, "BIGINT"),
        ("name", Kind.TEXT, "VARCHAR"),
        ("updated_at", Kind.TIMESTAMP, "TIMESTAMP"),
    )
    table = Table(
        schema="main",
        name="users",
        columns=tuple(Column(name=name, kind=kind, type_name=type_) for name, kind, type_ in columns),
    )
    assert keep(loaded, loaded.sources["warehouse"], (table,), time.time())
    return project.folder / "syncs" / "users.sql"


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """Apply edits as an editor does; the texts here are ASCII, so units are characters."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines) + 1)]

    def offset(place: dict[str, int]) -> int:
        return starts[place["line"]] + place["character"]

    for edit in sorted(edits, key=lambda edit: offset(edit["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text


def test_a_wrong_query_is_found_fixed_completed_and_explained(users: Path, open_editor: Callable[..., Editor]) -> None:
    editor = open_editor()
    told = editor.begin()
    assert told["serverInfo"]["name"] == "backhaul"
    assert {"codeActionProvider", "completionProvider", "hoverProvider", "documentFormattingProvider"} <= set(
        told["capabilities"]
    )
    found = {each["code"]: each for each in editor.open(users, WRONG)}
    assert {"unknown-column", "last-sync-time-as-timestamp"} <= set(found)
    assert found["unknown-column"]["range"] == {
        "start": {"line": 0, "character": 19},
        "end": {"line": 0, "character": 22},
    }
    assert (found["unknown-column"]["severity"], found["unknown-column"]["source"]) == (1, "backhaul")

    fixes = editor.actions(users, 0, 20, only=["quickfix"])
    assert [fix["title"] for fix in fixes] == ["write name"]
    text = applied(WRONG, fixes[0]["edit"]["changes"][users.as_uri()])
    assert "user, name FROM" in text
    editor.change(users, 2, text)
    assert "unknown-column" not in {each["code"] for each in editor.diagnostics(users, 2)}

    (all_at_once,) = editor.actions(users, 0, 0, only=["source.fixAll"])
    text = applied(text, all_at_once["edit"]["changes"][users.as_uri()])
    assert "to_timestamp({{last_sync_time}})" in text
    editor.change(users, 3, text)
    assert "last-sync-time-as-timestamp" not in {each["code"] for each in editor.diagnostics(users, 3)}

    text = "SELECT id AS userId, na FROM users u WHERE name = 'x'"
    editor.change(users, 4, text)
    items = editor.at("completion", users, 0, 23)["items"]
    assert items[0]["label"] == "name"
    assert items[0]["textEdit"] == {
        "range": {"start": {"line": 0, "character": 21}, "end": {"line": 0, "character": 23}},
        "newText": "name",
    }
    assert "VARCHAR" in editor.at("hover", users, 0, 45)["contents"]["value"]
    assert "main.users" in editor.at("hover", users, 0, 30)["contents"]["value"]
    assert "identify call" in editor.at("hover", users, 0, 15)["contents"]["value"]
    assert "Why it matters" in editor.at("hover", users, 0, 22)["contents"]["value"]

    options = {"tabSize": 4, "insertSpaces": True}
    edits = editor.ask("textDocument/formatting", {"textDocument": {"uri": users.as_uri()}, "options": options})
    assert applied(text, edits).splitlines()[:2] == ["SELECT", "    id AS userId,"]
    editor.end()


def test_columns_are_counted_in_the_units_of_the_editor(users: Path, open_editor: Callable[..., Editor]) -> None:
    text = "SELECT id AS userId, '🙂' AS x, nam FROM users"
    editor = open_editor()
    editor.begin()
    (found,) = [each for each in editor.open(users, text) if each["code"] == "unknown-column"]
    assert found["range"]["start"]["character"] == text.index("nam") + 1
    other = open_editor()
    other.begin(general={"positionEncodings": ["utf-8"]})
    (found,) = [each for each in other.open(users, text) if each["code"] == "unknown-column"]
    assert found["range"]["start"]["character"] == text.index("nam") + 3


def test_a_file_outside_of_any_project_is_left_alone_without_a_dialect(
    tmp_path: Path, open_editor: Callable[..., Editor]
) -> None:
    file = tmp_path / "somewhere" / "a query.sql"
    editor = open_editor()
    editor.begin()
    assert editor.open(file, "SELEC 1") == []
    assert editor.at("hover", file, 0, 2) is None
    assert editor.at("completion", file, 0, 5) is None
    assert editor.actions(file, 0, 0) == []
    editor.tell("workspace/didChangeConfiguration", settings={"backhaul": {"dialect": "postgres", "call": "track"}})
    assert [each["code"] for each in editor.diagnostics(file, 1)] == ["syntax-error"]
    editor.end()


def test_a_buffer_without_a_file_is_left_alone(users: Path, open_editor: Callable[..., Editor]) -> None:
    editor = open_editor()
    editor.begin()
    for uri in ("untitled:Untitled-1", "untitled:"):
        document = {"uri": uri, "languageId": "sql", "version": 1, "text": "SELEC 1"}
        editor.tell("textDocument/didOpen", textDocument=document)
        place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 2}}
        assert editor.ask("textDocument/hover", place) is None
    assert editor.open(users, WRONG)
    editor.end()


def test_a_dialect_of_the_settings_is_taken_from_the_start(tmp_path: Path, open_editor: Callable[..., Editor]) -> None:
    file = tmp_path / "query.sql"
    editor = open_editor({"dialect": "snowflake", "call": "identify"})
    editor.begin()
    assert "column-folded" in {each["code"] for each in editor.open(file, "SELECT id AS userId, plan FROM users")}
    editor.end()


def test_a_dialect_of_the_command_s_words_stays_whatever_else_the_settings_say(
    tmp_path: Path, open_editor: Callable[..., Editor]
) -> None:
    file = tmp_path / "query.sql"
    editor = open_editor(None, "--dialect", "snowflake", "--call", "identify")
    editor.begin()
    assert "column-folded" in {each["code"] for each in editor.open(file, "SELECT id AS userId, plan FROM users")}
    editor.tell("workspace/didChangeConfiguration", settings={"editor": {"tabSize": 4}})
    assert "column-folded" in {each["code"] for each in editor.diagnostics(file, 1)}
    editor.end()


def test_a_broken_sync_is_told_at_its_query(users: Path, open_editor: Callable[..., Editor]) -> None:
    users.with_suffix(".toml").write_text('source = "nowhere"\ncall = "identify"\n')
    editor = open_editor()
    editor.begin()
    (found,) = editor.open(users, WRONG)
    assert found["severity"] == 2
    assert "users.toml" in found["message"]
    editor.end()


def test_what_changes_in_a_sync_s_file_is_known_after_a_save(users: Path, open_editor: Callable[..., Editor]) -> None:
    editor = open_editor()
    editor.begin()
    text = "SELECT id AS userId, name FROM users WHERE updated_at > to_timestamp({{last_sync_time}})"
    assert "missing-required-column" not in {each["code"] for each in editor.open(users, text)}
    toml = users.with_suffix(".toml")
    toml.write_text(toml.read_text().replace('call = "identify"', 'call = "track"'))
    editor.tell("textDocument/didSave", textDocument={"uri": users.as_uri()})
    assert "missing-required-column" in {each["code"] for each in editor.diagnostics(users, 1)}
    editor.tell("textDocument/didClose", textDocument={"uri": users.as_uri()})
    editor.end()


def test_only_the_last_of_many_changes_is_answered(users: Path, open_editor: Callable[..., Editor]) -> None:
    editor = open_editor()
    editor.begin()
    editor.open(users, "")
    for version in range(2, 40):
        editor.change(users, version, WRONG[:version])
    editor.diagnostics(users, 39)
    published = [each["params"].get("version") for each in editor._kept if "Diagnostics" in each.get("method", "")]
    assert len(published) < 10
    editor.end()


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"jsonrpc": "2.0", "id": "x", "method": "textDocument/hover", "params": 3}', b"\xff", b"{}", b'{"jsonrpc": "2.0", "method": "no/such"}'])  # fmt: skip
def test_a_broken_message_ends_nothing(users: Path, open_editor: Callable[..., Editor], body: bytes) -> None:
    editor = open_editor()
    editor.begin()
    editor.write(body)
    assert editor.open(users, WRONG)
    editor.end()


@pytest.mark.parametrize(
    "text", ["", "'", "SELECT", "\r\n\r\nSELECT 1\r\n", "SELECT\x0c1,\u2028nam FROM users", "🙂" * 50, "(" * 300]
)
def test_no_text_breaks_it_at_any_place(users: Path, open_editor: Callable[..., Editor], text: str) -> None:
    editor = open_editor()
    editor.begin()
    editor.open(users, text)
    for line, character in ((0, 0), (0, 7), (3, 2), (900, 900)):
        editor.at("hover", users, line, character)
        editor.at("completion", users, line, character)
        editor.actions(users, line, character)
    options = {"tabSize": 4, "insertSpaces": True}
    editor.ask("textDocument/formatting", {"textDocument": {"uri": users.as_uri()}, "options": options})
    editor.end()


def test_it_ends_when_the_editor_is_gone(open_editor: Callable[..., Editor]) -> None:
    editor = open_editor()
    editor.begin()
    assert editor.process.stdin is not None
    editor.process.stdin.close()
    editor.process.wait(10)
