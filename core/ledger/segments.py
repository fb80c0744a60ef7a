"""The files of a segment: how they are written, kept and checked. Which of them count is the manifest's business (core.ledger.local).

Order of writes, which makes a crash harmless at any point: a file is written under a temporary name, synced, renamed, its folder
synced. Its BLAKE2b digest is checked before it is used: a damaged or missing segment is an error, never an empty ledger.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.duckdb_helpers import count, quoted
from core.errors import StateError
from core.ledger.files import durable, file_digest, missing

if TYPE_CHECKING:
    import duckdb

__all__ = ["SegmentFiles", "check_file", "unreadable", "write_segment"]

_RESTORE = (
    "Restore the .backhaul folder from a backup. Without one, `backhaul run SYNC --new-ledger` starts over: all rows "
    "are then sent again, or with --baseline none."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFiles:
    """Files of a segment on disk, not yet in the manifest; the manifest's columns by name."""

    base: bool
    rows: int
    keys: str
    keys_bytes: int
    keys_digest: str
    calls: str | None = None
    calls_bytes: int | None = None
    calls_digest: str | None = None

    def columns(self) -> dict[str, Any]:
        """Return the values for the manifest's row."""
        return {name: getattr(self, name) for name in self.__slots__} | {"base": int(self.base)}


def write_segment(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    name: str,
    keys: str,
    *,
    calls: Path | None = None,
    known: tuple[int, str] | None = None,
    base: bool = False,
) -> SegmentFiles:
    """Write a segment durably; it is not yet in the manifest.

    `keys` is SQL for (key, fingerprint, quick, quick_id); `calls` the file of a plan that is kept as the
    segment's calls, `known` its size in bytes and digest where they are known.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{name}.keys.parquet"
    size, digest = _write_keys(connection, file, f"{keys} ORDER BY quick")
    rows = count(connection, f"SELECT count(*) FROM read_parquet({quoted(str(file))})")
    second: dict[str, Any] = {}
    if calls:
        kept = _keep(calls, folder / f"{name}.calls.parquet", known)
        second = dict(zip(("calls", "calls_bytes", "calls_digest"), kept, strict=True))
    return SegmentFiles(base=base, rows=rows, keys=file.name, keys_bytes=size, keys_digest=digest, **second)


def _write_keys(connection: duckdb.DuckDBPyConnection, file: Path, rows: str) -> tuple[int, str]:
    """Write a keys file durably; return its size in bytes and its digest. Digests do not compress."""
    import duckdb

    temporary = file.with_name(f"{file.name}.tmp")
    target = quoted(str(temporary))
    try:
        connection.execute(f"COPY ({rows}) TO {target} (FORMAT parquet, COMPRESSION uncompressed)")
        digest, size = file_digest(temporary)
        durable(temporary, file)
    except (duckdb.IOException, OSError) as error:
        temporary.unlink(missing_ok=True)
        reason = "no space left on the disk" if "No space" in str(error) else type(error).__name__
        raise StateError.unwritable("A ledger segment", str(file), reason) from error
    return size, digest


def _keep(plan: Path, target: Path, known: tuple[int, str] | None) -> tuple[str, int, str]:
    """Return a plan a second name in the ledger's folder, or copy it where the disk has no hard links."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(plan)
    except OSError:
        temporary = target.with_name(f"{target.name}.tmp")
        shutil.copyfile(plan, temporary)
        durable(temporary, target)
    durable(target, target)
    if known is None:
        digest, size = file_digest(target)
        known = size, digest
    return target.name, *known


def check_file(file: Path, size: int, digest: str) -> None:
    """Refuse a segment's file that is missing or is not what was written. Raises StateError."""
    try:
        found, found_size = file_digest(file)
    except FileNotFoundError as error:
        raise StateError(missing("A ledger segment", file), where=str(file), remedy=_RESTORE) from error
    except OSError as error:
        raise unreadable(file, error) from error
    if found_size != size or found != digest:
        message = "A ledger segment is damaged: it is not what was written."
        raise StateError(message, where=str(file), remedy=_RESTORE, file=file)


def unreadable(file: Path, error: OSError) -> StateError:
    """Return the error for a segment's file that is there and cannot be read."""
    return StateError(f"A ledger segment cannot be read: {error.strerror or error}.", where=str(file), remedy=_RESTORE)
