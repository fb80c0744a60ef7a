"""The catalogues of a project's sources, as they were last read: a file each in the state folder's `cache`.

    .backhaul/cache/catalogue-<source>.json   tables, columns with kind and type name, estimates of rows, when it was read,
                                              and which settings of the source it belongs to

Reading a catalogue needs the warehouse and takes seconds; lint and completion need it at every keystroke. So whoever reads one keeps
it (`keep`), and everybody else takes what is kept (`kept`), without a connection and without a secret. It holds names and numbers,
never a row.

What is kept is a help and no state: where it is damaged, of a newer version, or of a source whose settings have since become others
(another database, user or role sees other tables), it is as if it were not there.

A large one has some 100,000 objects that stay. Python's search for garbage in cycles, which the trees of queries start often, would
walk through them each time (20 to 40 ms, in the middle of a lint), so it is told to leave alone what is there (`gc.freeze`), until
the process ends: drivers want to be cleaned up then.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import hashlib
import os
import secrets as randomness
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.decoding import decode
from core.errors import StateError
from core.model import Project, Source, Table
from core.own_folder import read_plain
from core.query.catalogue import Catalogue
from core.state.cancellation import Stopping
from core.state.folder import StateFolder
from core.sync.source import Secrets, build_warehouse_at
from core.warehouses import warehouse_type

__all__ = ["keep", "kept", "read"]

_VERSION = 1
_FOLDER = "cache"
_MOST_BYTES = 256_000_000
_HOW = frozenset(
    {"application_name", "connect_timeout", "label", "login_timeout", "maximum_bytes_billed", "memory", "patience"}
    | {"price_per_tib", "query_tag", "statement_timeout", "storage", "timeout"}
)
"""Settings that say how a source is read, not what is there. Those of a type that nobody here knows all count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What stands in a file of the cache."""

    version: int
    at: float
    settings: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: int


def read(project: Project, source: Source, secrets: Secrets, stopping: Stopping | None = None) -> tuple[Table, ...]:
    """Read a source's catalogue from its warehouse, and keep it. Raises WarehouseError and SecretError."""
    with build_warehouse_at(project, source, secrets).open() as session:
        watching = stopping.watch(session.cancel) if stopping else contextlib.nullcontext()
        with watching:
            tables = session.catalogue()
    keep(project, source, tables, time.time())
    return tables


def keep(project: Project, source: Source, tables: tuple[Table, ...], at: float) -> bool:
    """Keep a catalogue that was read at the Unix time `at`; return whether that was possible: there is no harm where it is not."""
    import msgspec

    text = msgspec.json.encode(_File(version=_VERSION, at=at, settings=_settings(source), tables=tables))
    try:
        StateFolder(project)  # it makes itself, with its rights
        file = _file(project, source)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{randomness.token_hex(4)}")
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(text)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, StateError):
        return False
    return True


def kept(project: Project, source: Source) -> Catalogue | None:
    """Return the catalogue that is kept of a source; None where there is none that can be used. A file is decoded once."""
    file = _file(project, source)
    try:
        status = file.stat()
    except OSError:
        return None
    stamp = (status.st_ino, status.st_size, status.st_mtime_ns, source.type, source.settings)
    known = _DECODED.get(file)
    if known is None or known[0] != stamp:
        known = _DECODED[file] = (stamp, _decoded(file, source))
    return known[1]


_DECODED: dict[Path, tuple[tuple[Any, ...], Catalogue | None]] = {}
"""What this process has decoded, with the stamp of its file then and the settings of its source."""


atexit.register(gc.unfreeze)


def _decoded(file: Path, source: Source) -> Catalogue | None:
    import msgspec

    try:
        text = read_plain(file, _MOST_BYTES)
        if decode(text, _Version).version != _VERSION:
            return None
        found = decode(text, _File)
    except (OSError, msgspec.DecodeError, RecursionError):
        return None
    if found.settings != _settings(source):
        return None
    schemas, database = _session(source)
    known = {table.schema for table in found.tables}
    gc.collect()
    gc.freeze()
    return Catalogue(
        tables=found.tables,
        dialect=warehouse_type(source.type).dialect,
        schema=next((schema for schema in schemas if schema in known), schemas[-1]),
        database=database,
        at=found.at,
    )


def _file(project: Project, source: Source) -> Path:
    return project.state / _FOLDER / f"catalogue-{source.name}.json"


def _settings(source: Source) -> str:
    """Return a digest of what decides which tables a source shows."""
    import msgspec

    what = {name: value for name, value in sorted(asdict(source.settings).items()) if name not in _HOW}
    return hashlib.blake2b(msgspec.json.encode([source.type, what]), digest_size=16).hexdigest()


def _session(source: Source) -> tuple[tuple[str, ...], str]:
    """Return the schemas in which sessions of a source look names up, first one first, and their database."""
    settings: Any = source.settings
    dialect = warehouse_type(source.type).dialect
    if dialect == "bigquery":
        return (settings.dataset,), settings.project
    if dialect == "snowflake":
        return (_raised(settings.schema),), _raised(settings.database)
    if dialect == "duckdb":
        return ("main",), Path(settings.path).stem
    return (settings.user, "public"), settings.database  # the search path of Postgres and Redshift


def _raised(name: str) -> str:
    """Return the name that Snowflake makes of a setting, which may stand in quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') and name.endswith('"') else name.upper()
