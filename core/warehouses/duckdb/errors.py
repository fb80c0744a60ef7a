"""DuckDB's errors in our words.

Sessions set `errors_as_json`, so an error carries the place in the query, in bytes of its UTF-8 text. Errors of opening
a file are plain text; those that name the holder of a lock, or that the file is missing, are read by their wording.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from core.errors import CancelledError, QueryFailedError, UnreachableError, WarehouseError

__all__ = ["explain_open", "explain_query"]

HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


def explain_open(error: Exception, file: Path) -> WarehouseError:
    """Explain why `file` could not be opened."""
    text = str(error)
    where = str(file)
    if "database does not exist" in text or not file.exists():
        return UnreachableError(
            "There is no such DuckDB file.",
            where=where,
            remedy="Correct `path` in the source's file, or make the file.",
        )
    if held := HOLDER.search(text):
        return UnreachableError(
            f"The file is locked by {program_of(int(held['pid']), held['program'])}.",
            where=where,
            remedy="DuckDB lets one process write or several read. Close the file there, then try again.",
        )
    if text.startswith("Out of Memory Error"):
        return WarehouseError(
            "There is not enough memory to open the file.",
            where=where,
            remedy="Free memory, or raise its limit (`ulimit -v`, MemoryMax of the service, the container's).",
        )
    if "different configuration" in text:
        return UnreachableError(
            "The file is open in this process, for writing or with other settings.",
            where=where,
            remedy="Close it first.",
        )
    if "not a valid DuckDB database file" in text or file.is_dir():
        return WarehouseError(
            "This is not a DuckDB database.", where=where, remedy="Correct `path` in the source's file."
        )
    if "Permission denied" in text:
        return UnreachableError(
            "This user may not read the file.", where=where, remedy=f"Give it the right to: chmod u+r {file}"
        )
    if text.startswith(("Parser Error: Memory", "Parser Error: Unknown unit for memory")):
        return WarehouseError(
            f"The source's `memory` is no amount of memory: {first_line(text).removeprefix('Parser Error: ')}.",
            where=where,
            remedy='Write `memory` like "2GB" in the source\'s file.',
        )
    return WarehouseError(
        f"DuckDB could not open the file: {first_line(text)}",
        where=where,
        remedy="A file written by a newer DuckDB, or after a crash, is repaired by opening it once with that DuckDB.",
    )


def explain_query(error: Exception, *, where: str, sql: str = "", start: int = 0) -> WarehouseError:
    """Explain an error of a running query. `sql` is what DuckDB was given; the analyst's text begins at `start`."""
    import duckdb

    details = details_of(error)
    message = str(details.get("exception_message") or first_line(str(error)).removeprefix("Invalid Input Error: "))
    if isinstance(error, duckdb.InterruptException) or "INTERRUPT" in str(error):
        return CancelledError("The query was cancelled.", where=where)
    if isinstance(error, duckdb.OutOfMemoryException):
        message = first_line(message)  # what follows is advice for who runs DuckDB by hand
    offset = offset_of(details, sql, start)
    return QueryFailedError(message, offset=offset, where=where, remedy=remedy_for(error, message, details))


def details_of(error: Exception) -> dict[str, Any]:
    """Give what DuckDB says of its error; the JSON follows the class of the error, and more may follow it."""
    text = str(error)
    begin = text.find('{"exception_type"')
    if begin < 0:
        return {}
    try:
        details, _ = json.JSONDecoder(strict=False).raw_decode(text[begin:])
    except ValueError:
        return {}
    return details if isinstance(details, dict) else {}


def offset_of(details: dict[str, Any], sql: str, start: int) -> int | None:
    """Give the place in the analyst's text, in characters; DuckDB counts bytes."""
    if not sql or "position" not in details:
        return None
    place = len(sql.encode()[: int(details["position"])].decode(errors="ignore")) - start
    return place if 0 <= place <= len(sql) - start else None


def remedy_for(error: Exception, message: str, details: dict[str, Any]) -> str:
    import duckdb

    if isinstance(error, duckdb.PermissionException):
        return "A query may read the tables of its DuckDB file only: no other files, no network, no settings."
    if isinstance(error, duckdb.OutOfMemoryException):
        return "The query needs more memory than the source's `memory`: raise it, or let the query do less at once."
    if conversion := conversion_for(message):
        return f"last_sync_time is a Unix time in seconds. Compare with {conversion}."
    if details.get("error_subtype") in {"COLUMN_NOT_FOUND", "MISSING_ENTRY"}:
        return "Check the name; the catalogue shows which tables and columns there are."
    return "Correct the query."


def conversion_for(message: str) -> str:
    """Give how to compare a time with `last_sync_time`, where that is what DuckDB refused."""
    found = re.search(r"Cannot compare values of type (.+) and type (.+?) -", message)
    if not found or not any(re.search(r"INT|DECIMAL", side) for side in found.groups()):
        return ""
    conversions = {
        "TIMESTAMP WITH TIME ZONE": "to_timestamp({{last_sync_time}})",
        "TIMESTAMP": "to_timestamp({{last_sync_time}}) AT TIME ZONE 'UTC'",
        "DATE": "CAST(to_timestamp({{last_sync_time}}) AS DATE)",
    }
    return next((conversions[side] for side in found.groups() if side in conversions), "")


def program_of(pid: int, program: str) -> str:
    """Name the process that holds a lock, by its command line where that can be read."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        words = []
    told = " ".join(Path(word).name if "/" in word else word for word in words[:2] if word) or Path(program).name
    return f"{told} (process {pid})"


def first_line(text: str) -> str:
    return text.strip().split("\n", maxsplit=1)[0]
