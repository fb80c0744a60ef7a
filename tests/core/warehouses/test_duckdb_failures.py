"""DuckDB's failures, in two tables: what is wrong, what Backhaul says, what it advises."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest

from core.warehouses import warehouse_type
from tests.core.warehouses.failures import Failure, QueryFailure, each, play, play_query, said_twice
from tests.core.warehouses.harness import no_secret

WRITER = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@dataclass(frozen=True, kw_only=True)
class DuckDBFailure(Failure):
    """A file that cannot be opened. `around` makes it so and gives what the braces stand for."""

    after_login: ClassVar[frozenset[str]] = frozenset({"privileges", "read-only", "clock"})
    around: Callable[[Path], AbstractContextManager[dict[str, str]]] | None = None


@contextlib.contextmanager
def held_by_a_writer(file: Path) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-c", WRITER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        try:
            yield {"pid": str(writer.pid)}
        finally:
            writer.communicate()


@contextlib.contextmanager
def unreadable(file: Path) -> Iterator[dict[str, str]]:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    file.chmod(0)
    try:
        yield {"file": str(file)}
    finally:
        file.chmod(0o600)


FAILURES = (
    DuckDBFailure(
        what="a file that is not there",
        settings={"path": "nowhere.duckdb"},
        step="file",
        says="There is no such DuckDB file",
        advises="Correct `path`",
    ),
    DuckDBFailure(
        what="a file in a folder that is not there",
        settings={"path": "no/such/folder/x.duckdb"},
        step="file",
        says="There is no such DuckDB file",
        advises="or make the file",
    ),
    DuckDBFailure(
        what="a file of another kind",
        settings={"path": "notes.txt"},
        step="open",
        says="This is not a DuckDB database",
        advises="Correct `path`",
    ),
    DuckDBFailure(
        what="a folder",
        settings={"path": "folder"},
        step="open",
        says="This is not a DuckDB database",
        advises="Correct `path`",
    ),
    DuckDBFailure(
        what="a file that another process writes",
        around=held_by_a_writer,
        step="open",
        says="(process {pid})",
        advises="Close the file there, then try again",
    ),
    DuckDBFailure(
        what="a file that this user may not read",
        around=unreadable,
        step="open",
        says="This user may not read the file",
        advises="chmod u+r {file}",
    ),
    DuckDBFailure(
        what="memory without a number",
        settings={"memory": "lots"},
        step="open",
        says="The source's `memory` is no amount of memory: Memory must have a number (e.g. 1GB).",
        advises='Write `memory` like "2GB"',
    ),
    DuckDBFailure(
        what="memory without a unit",
        settings={"memory": "2"},
        step="open",
        says="The source's `memory` is no amount of memory: Unknown unit for memory: ''",
        advises='Write `memory` like "2GB"',
    ),
)
QUERY_FAILURES = (
    QueryFailure(
        what="a table that is misspelt",
        sql="SELECT id FROM poeple",
        says='Table with name poeple does not exist!\nDid you mean "people"?',
        advises="the catalogue shows which tables and columns there are",
        at="poeple",
    ),
    QueryFailure(
        what="a query that reads a file",
        sql="SELECT * FROM read_csv('/etc/passwd')",
        says='Cannot access file "/etc/passwd"',
        advises="no other files, no network, no settings",
    ),
    QueryFailure(
        what="a query that needs too much memory",
        settings={"memory": "50MB"},
        sql="SELECT list(i) FROM range(50000000) AS t(i)",
        says="failed to allocate data",
        advises="The query needs more memory than the source's `memory`",
    ),
)


def plugin_in(folder: Path, **settings: Any) -> Any:
    """Give the plug-in for a file of this folder, in which there is a table."""
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE people (id integer)")
    plugin: Any = warehouse_type("duckdb")
    return plugin(plugin.Settings(**{"path": "shop.duckdb", **settings}), no_secret, folder)


@each(FAILURES)
def test_each_file_that_cannot_be_opened_has_its_own_sentence_remedy_and_step(
    tmp_path: Path, failure: DuckDBFailure
) -> None:
    (tmp_path / "notes.txt").write_text("hello " * 2000)
    (tmp_path / "folder").mkdir()
    source = plugin_in(tmp_path, **failure.settings)
    there = sorted(tmp_path.rglob("*"))
    with contextlib.nullcontext({}) if failure.around is None else failure.around(tmp_path / "shop.duckdb") as names:
        play(failure, source, names, ())
    assert sorted(tmp_path.rglob("*")) == there, "a file was made"
    if failure.around is not None:
        source.open().close()


def test_what_is_told_in_the_same_words_is_the_same_to_who_reads_it() -> None:
    assert said_twice(FAILURES) == {"There is no such DuckDB file", "This is not a DuckDB database"}


@each(QUERY_FAILURES)
def test_each_failure_of_a_query_has_its_own_sentence_and_remedy(tmp_path: Path, failure: QueryFailure) -> None:
    play_query(failure, plugin_in(tmp_path, **failure.settings), {})
