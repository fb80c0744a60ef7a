"""A held result as a file: CSV that no spreadsheet takes for formulas, JSON lines, or Parquet.

The file holds people's data: only its owner may read it, it takes the place of no other, and follows no link. It has its name once it is
whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets as randomness
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core.control_chars import escape_control_chars
from core.errors import UsageError
from core.model import Column
from core.preview.arrow_values import python_rows
from core.quoting.spreadsheet import FORMULA, NUMBER, cell
from core.state.cancellation import Stopping

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ENDINGS", "write"]

ENDINGS = (".csv", ".jsonl", ".parquet")
_ROWS = 20_000
_ODD = r"[^\x20-\x7e]"
"""What may steer a terminal is among these; most texts have none, and are not looked at one by one."""

_MARKS = ("known", "never seen", "refused")


def write(table: pa.Table, columns: Sequence[Column], marks: pa.Table | None, file: Path, stopping: Stopping) -> int:
    """Write rows, and what each is where they are marked; return how many. A stop leaves no file.

    Raises UsageError for another ending than CSV, JSON lines or Parquet, and where there is such a file already; and OSError.
    """
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"The file's name ends in none of {', '.join(ENDINGS)}.", where=str(file))
    write_rows = {".csv": _write_csv, ".jsonl": _write_lines, ".parquet": _write_parquet}[ending]
    with _new_file(file) as out:
        write_rows(_with_marks(table, columns, marks), out, stopping)
    return int(table.num_rows)


@contextlib.contextmanager
def _new_file(file: Path) -> Iterator[BinaryIO]:
    """Return a file to write that nobody else may read; it has its name when all is written. Raises UsageError where the name is taken."""
    if os.path.lexists(file):
        raise UsageError(
            f"{escape_control_chars(file)} is there already.", remedy="Name another file, or remove that one."
        )
    part = file.with_name(f".{file.name}.{randomness.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _with_marks(table: pa.Table, columns: Sequence[Column], marks: pa.Table | None) -> pa.Table:
    """Return the table under its own names, with what each row is, and why it is refused."""
    import pyarrow as pa

    named = table.rename_columns(_distinct([column.name for column in columns]))
    if marks is None:
        return named
    words = pa.chunked_array([pa.array([_MARKS[mark] for mark in marks.column("mark").to_pylist()], pa.string())])
    return named.append_column("what it is", words).append_column("why", marks.column("fault"))


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        fresh = name
        while fresh in found:
            fresh += "_"
        found.append(fresh)
    return found


def _write_parquet(table: pa.Table, out: BinaryIO, stopping: Stopping) -> None:
    from pyarrow import parquet

    plain = _without_extensions(table)
    with parquet.ParquetWriter(out, plain.schema) as writer:
        for batch in plain.to_batches(max_chunksize=_ROWS):
            stopping.check()
            writer.write_batch(batch)


def _without_extensions(table: pa.Table) -> pa.Table:
    """Return extension types (a driver's numeric, JSON) as what they are stored as, which every reader knows."""
    import pyarrow as pa

    for position, item in enumerate(table.schema):
        if isinstance(item.type, pa.BaseExtensionType):
            stored = table.column(position).cast(item.type.storage_type)
            table = table.set_column(position, pa.field(item.name, item.type.storage_type), stored)
    return table


def _write_csv(table: pa.Table, out: BinaryIO, stopping: Stopping) -> None:
    from pyarrow import csv

    from core.preview.sort_filter import as_texts

    safe = _without_extensions(table)
    safe = safe.rename_columns(_distinct([_for_spreadsheet(name) for name in safe.column_names]))
    for position, item in enumerate(safe.schema):
        if not _is_plain(item.type):
            safe = safe.set_column(position, item.name, _harmless(as_texts(safe.column(position))))
    with csv.CSVWriter(out, safe.schema) as writer:
        for batch in safe.to_batches(max_chunksize=_ROWS):
            stopping.check()
            writer.write_batch(batch)


def _for_spreadsheet(name: str) -> str:
    return cell(escape_control_chars(name, lines=True))


def _is_plain(kind: pa.DataType) -> bool:
    """Return whether CSV has values of a type as they are, and none of them can be a formula."""
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_temporal(kind))


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before what a spreadsheet would take for a formula, and make harmless what steers a terminal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    odd = pc.fill_null(pc.match_substring_regex(texts, _ODD), False)
    if pc.any(odd).as_py():
        cells = zip(texts.to_pylist(), odd.to_pylist(), strict=True)
        harmless = [escape_control_chars(text, lines=True) if is_odd else text for text, is_odd in cells]
        texts = pa.chunked_array([pa.array(harmless, pa.string())])
    formula = pc.fill_null(pc.match_substring_regex(texts, FORMULA), False)
    number = pc.fill_null(pc.match_substring_regex(texts, NUMBER), False)
    marked = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(pc.and_(formula, pc.invert(number)), marked, texts)


def _write_lines(table: pa.Table, out: BinaryIO, stopping: Stopping) -> None:
    from core.json_text import to_json

    for batch in _without_extensions(table).to_batches(max_chunksize=_ROWS):
        stopping.check()
        out.writelines(
            json.dumps(to_json(row), ensure_ascii=True, allow_nan=False).encode() + b"\n" for row in python_rows(batch)
        )
