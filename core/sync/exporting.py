"""A held result as a file: CSV that no spreadsheet takes for formulas, JSON lines, or Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.harmless import harmless
from core.model import Column
from core.sync.stopping import Stopping

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ENDINGS", "write"]

ENDINGS = (".csv", ".jsonl", ".parquet")
_ROWS = 20_000
_FORMULA = r"^[=+\-@\t\r]"
"""What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection"""

_NUMBER = r"^[+-]?[0-9.]+$"
_ODD = r"[^\x20-\x7e]"
"""What may steer a terminal is among these; most texts have none, and are not looked at one by one."""

_MARKS = ("known", "never seen", "refused")


def write(table: pa.Table, columns: Sequence[Column], marks: pa.Table | None, file: Path, stopping: Stopping) -> int:
    """Write rows, and what each is where they are marked; give how many. A file that is there is replaced only when all is written.

    Raises UsageError for another ending than CSV, JSON lines or Parquet, and OSError. A stop leaves no file.
    """
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"The file's name ends in none of {', '.join(ENDINGS)}.", where=str(file))
    whole = _with_marks(table, columns, marks)
    part = file.with_name(f".{file.name}.part")
    try:
        if ending == ".parquet":
            _write_parquet(whole, part, stopping)
        elif ending == ".csv":
            _write_csv(whole, part, stopping)
        else:
            _write_lines(whole, part, stopping)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return int(table.num_rows)


def _with_marks(table: pa.Table, columns: Sequence[Column], marks: pa.Table | None) -> pa.Table:
    """Give the table under its own names, with what each row is, and why it is refused."""
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


def _write_parquet(table: pa.Table, part: Path, stopping: Stopping) -> None:
    from pyarrow import parquet

    plain = _without_extensions(table)
    with parquet.ParquetWriter(part, plain.schema) as writer:
        for batch in plain.to_batches(max_chunksize=_ROWS):
            stopping.check()
            writer.write_batch(batch)


def _without_extensions(table: pa.Table) -> pa.Table:
    """Give extension types (a driver's numeric, JSON) as what they are stored as, which every reader knows."""
    import pyarrow as pa

    for position, item in enumerate(table.schema):
        if isinstance(item.type, pa.BaseExtensionType):
            stored = table.column(position).cast(item.type.storage_type)
            table = table.set_column(position, pa.field(item.name, item.type.storage_type), stored)
    return table


def _write_csv(table: pa.Table, part: Path, stopping: Stopping) -> None:
    from pyarrow import csv

    from core.sync.arranging import as_texts

    safe = _without_extensions(table)
    safe = safe.rename_columns(_distinct([_for_spreadsheet(name) for name in safe.column_names]))
    for position, item in enumerate(safe.schema):
        if not _is_plain(item.type):
            safe = safe.set_column(position, item.name, _harmless(as_texts(safe.column(position))))
    with csv.CSVWriter(str(part), safe.schema) as writer:
        for batch in safe.to_batches(max_chunksize=_ROWS):
            stopping.check()
            writer.write_batch(batch)


def _for_spreadsheet(name: str) -> str:
    name = harmless(name, lines=True)
    return f"'{name}" if re.match(_FORMULA, name) else name


def _is_plain(kind: pa.DataType) -> bool:
    """Tell whether CSV has values of a type as they are, and none of them can be a formula."""
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind) or types.is_temporal(kind))


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before what a spreadsheet would take for a formula, and make harmless what steers a terminal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    odd = pc.fill_null(pc.match_substring_regex(texts, _ODD), False)
    if pc.any(odd).as_py():
        cells = zip(texts.to_pylist(), odd.to_pylist(), strict=True)
        mended = [harmless(text, lines=True) if is_odd else text for text, is_odd in cells]
        texts = pa.chunked_array([pa.array(mended, pa.string())])
    formula = pc.fill_null(pc.match_substring_regex(texts, _FORMULA), False)
    number = pc.fill_null(pc.match_substring_regex(texts, _NUMBER), False)
    marked = pc.binary_join_element_wise("'", texts, "")
    return pc.if_else(pc.and_(formula, pc.invert(number)), marked, texts)


def _write_lines(table: pa.Table, part: Path, stopping: Stopping) -> None:
    from core.sync.plain import plain

    with part.open("w", encoding="utf-8") as file:
        for batch in _without_extensions(table).to_batches(max_chunksize=_ROWS):
            stopping.check()
            for row in batch.to_pylist():
                file.write(json.dumps(plain(row), ensure_ascii=True, allow_nan=False) + "\n")
