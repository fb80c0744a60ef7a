"""A bundle: one run with its surroundings in one file, masked, to hand to a colleague or to put into a report.

masker.py  what stands in the place of a value
parts.py   what is in it

It holds no secret, no payload, no identity and no row of the warehouse; a README inside says what was masked, a manifest what each
file's digest is. It is readable by its owner only, and never takes the place of another file.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core import __version__
from core.bundle.masker import Masker
from core.bundle.parts import SETTINGS, Contents
from core.control_chars import escape_control_chars
from core.errors import BackhaulError, SecretError, TrustError, UsageError
from core.formatting import utc
from core.masking import names_in, values_of
from core.model import Project, Secret, Sync
from core.project import dialect_of
from core.project.read import read_toml
from core.redaction import without_secrets
from core.reports.history import RunSummary
from core.store import Store

__all__ = ["Bundle", "write_bundle"]

_MOST_ROWS = 1_000
_ANOTHER = "Name another file with --to, or remove that one."

_README = """One run of a sync of Backhaul, with its surroundings.

  run.json          the run: when, why, how it ended
  deliveries.json   what became of its rows, by destination; its batches by the answer that they got
  rejected.json     why rows were refused: the reasons, how many rows each, the fields of the first of them
  log.jsonl         what the run told while it worked
  around.json       the runs before and after it
  schedule.json     where the schedule of the sync stands
  daemon.json       the daemon that runs the schedules
  lint.json         what is wrong with the query, found before masking
  versions.json     what is installed
  project/          the files of the sync, its source and its destinations
  manifest.json     the size and the SHA-256 of each file

What was masked: <kind digest> stands in the place of a value: an address of email, an id, a name, a number, a literal or a
comment of the query, a host, an account, a user. Equal values have equal digests within this bundle; the digests are salted,
so that nobody can find a value by trying.

What is not in it: secrets, calls and their values, requests and responses, ids of people, rows of the warehouse.

Look through it before you hand it on: a value in an error's own words, without quotes, may look like a plain word.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was written: where, how many files and bytes it has, how many values were masked."""

    file: Path
    files: tuple[str, ...]
    bytes: int
    masked: int


def write_bundle(
    project: Project, store: Store, run: RunSummary, file: Path, log: Path, read_secret: Callable[[str], Secret]
) -> Bundle:
    """Write the bundle of a run into `file`. Raises UsageError where there is such a file, or it cannot be written.

    `log` is the run's log; `read_secret` reads the project's secrets, so that they are known for what they are.
    """
    if "\0" in str(file):
        raise UsageError(f"{str(file)!r} is no name for a file.", remedy="Name another one with --to.")
    if os.path.lexists(file):
        raise UsageError(f"{escape_control_chars(file)} is there already.", remedy=_ANOTHER)
    _know_secrets(project, read_secret)
    sync = next((each for each in project.syncs.values() if each.id == run.sync), None)
    masker = _masker(project, sync, run, store)
    contents = Contents(project=project, store=store, run=run, sync=sync, log=log, masker=masker)
    files = {name: without_secrets(text).encode("utf-8", "backslashreplace") for name, text in contents.files()}
    data = _zipped({"README.txt": _README.encode(), **files}, run, masker.masked)
    _write(file, data)
    return Bundle(file=file, files=("README.txt", *files, "manifest.json"), bytes=len(data), masked=masker.masked)


def _know_secrets(project: Project, read_secret: Callable[[str], Secret]) -> None:
    """Read what secrets there are: reading one has it blacked out from then on."""
    from core.secrets import full_names

    for name in full_names(project):
        with contextlib.suppress(SecretError, TrustError):
            read_secret(name)


def _masker(project: Project, sync: Sync | None, run: RunSummary, store: Store) -> Masker:
    """Return a masker that knows the names of the sync, and what must not stand in any text: settings, and values of refused rows."""
    names = {*project.syncs, *project.sources, *project.destinations, run.name, project.name, *_CALL}
    if sync is not None:
        names |= names_in(sync.query, dialect_of(project, sync)) | {*sync.columns, *sync.columns.values()}
    page = {"reason": None, "any_status": 1, "status": None, "offset": 0}
    rows = [
        *store.rows("samples_of_run", run=run.id, limit=_MOST_ROWS),
        *store.rows("rejected_page_of_run", run=run.id, limit=_MOST_ROWS, **page),
    ]
    values = {value for row in rows for value in values_of(row["identity"], row["call"], row["row"])}
    places = {str(project.state): "<state>", str(project.folder): "<project>", str(Path.home()): "~"}
    return Masker(
        names, values | set(_settings(project)), {place: name for place, name in places.items() if len(place) > 1}
    )


def _settings(project: Project) -> Iterator[str]:
    """Yield what sources and destinations are set to: a host or a user may stand in the text of an error."""
    files = [*(each.path for each in project.sources.values()), *(each.path for each in project.destinations.values())]
    for file in files:
        with contextlib.suppress(BackhaulError):
            yield from _texts(read_toml(file))


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _texts(value)
        elif isinstance(value, str) and key not in SETTINGS:
            yield from (value, urlsplit(value).hostname or "") if "://" in value else (value,)


_CALL = frozenset(
    (
        *("type", "userId", "anonymousId", "groupId", "previousId", "event", "name", "category", "timestamp"),
        *("messageId", "traits", "properties", "context", "integrations", "identify", "track", "group", "page"),
        *("screen", "alias"),
    )
)
"""Names of a call's own fields, and the words of `type`."""


def _zipped(files: dict[str, bytes], run: RunSummary, masked: int) -> bytes:
    manifest = {
        "bundle": 1,
        "backhaul": __version__,
        "run": run.id,
        "sync": run.name,
        "made": utc(time.time()),
        "masked": masked,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        },
    }
    files = {**files, "manifest.json": json.dumps(manifest, indent=2).encode() + b"\n"}
    folder = f"backhaul-run-{run.id}"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", time.gmtime()[:6])
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def _write(file: Path, data: bytes) -> None:
    """Write a file that nobody else may read, where there is none of this name; half of one does not stay."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{escape_control_chars(file)} is there already.", remedy=_ANOTHER) from None
    except OSError as error:
        raise _unwritable(file, error) from error
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> UsageError:
    why = error.strerror or type(error).__name__
    return UsageError(f"The bundle cannot be written: {why}.", where=str(file), remedy="Name another file with --to.")
