"""`forget`: erase a person from every file of ours that a sync has written.

That is the ledgers (also those that are retired), the rejected rows, what guards and errors quoted of the person in the store
and in the logs. Deleted rows leave traces in a database's free pages, so the store is rewritten. Texts that mention the
key, or an email address that the ledger had for it, are replaced as a whole, for they may quote other values of the row.

What is not ours stays: the warehouse, the destinations, a `file` destination's files. If the query still returns the
person, the next run sends the row again, as one that was never seen; whole-row digests of events say nothing of whose they are.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets as randomness
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from core.control_chars import escape_control_chars
from core.destinations.base import Batch
from core.duckdb_helpers import count, quoted
from core.errors import StateError, UsageError
from core.formatting import counted
from core.ledger import LocalLedger
from core.ledger.files import QUARANTINE, durable
from core.ledger.identity import matches
from core.model import CallType, Project, Secret, Sync
from core.own_folder import create_text, is_plain_file, open_plain, open_to_read, read_plain
from core.state.folder import ERASED, StateFolder
from core.store import Store
from core.sync.comparison.stage import scratch
from core.sync.preparation import build_target

if TYPE_CHECKING:
    import duckdb

__all__ = ["FORGOTTEN", "Forgotten", "forget_key"]

_FORGOTTEN_LINE = b'{"event": "forgotten"}'
FORGOTTEN = "(forgotten)"
"""What stands in the place of a text that mentioned the person."""

_ID_FIELDS = ("userId", "anonymousId", "email", "messageId")
_PERSON_FIELDS = ("userId", "anonymousId", "email", "previousId", "groupId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was erased: rows of ledgers, rejected rows, texts in the store, lines of logs.

    `kept` says where the person still is, or may be: in files that are a destination's, or in the store's own log while
    other programs read it.
    """

    ledger_rows: int
    rejected_rows: int
    texts: int
    log_lines: int
    kept: tuple[str, ...]


def forget_key(project: Project, sync: Sync, key: str) -> Forgotten:
    """Erase the rows that have `key` among their ids. Raises UsageError while a delivery is open, LockedError in a run."""
    if not key:
        raise UsageError("There is no key to forget.")
    state = StateFolder(project)
    with (
        state.lock(sync, "`backhaul forget`"),
        state.store() as store,
        scratch(state.scratch(sync)) as connection,
    ):
        if store.rows("open_deliveries", sync=sync.id):
            raise UsageError(
                "A delivery is not finished yet, and its plan may contain this person.",
                where=sync.name,
                remedy=f"Finish it first: `backhaul run {sync.name}` (or discard the rest with --replan).",
            )
        rows, emails = _from_ledgers(connection, store, state, sync, key)
        mentions = _Mentions((key, *emails))
        with store.transaction():
            rejected, others = _from_rejected(store, sync, mentions)
            texts = _from_texts(store, sync, mentions)
        lines = _from_logs(store, state, sync, mentions)
        lines += _from_daemon_log(state, mentions) + _from_past_queries(state, mentions)
        for file in (state.folder / QUARANTINE).glob(f"{sync.id}.*"):  # nobody can read whom a damaged file is about
            file.unlink()
        state.collect_garbage(store, sync, time.time())
        shredded = store.shred()
    kept = [*_in_file_destinations(project, sync, mentions), *_in_unsaved_texts(state, mentions)]
    if others:
        kept.append(f"{counted(others, 'rejected row')} of another person with the same value")
    if not shredded:
        kept.append("the store's log, while another program reads it: close the consoles, and run this again")
    return Forgotten(ledger_rows=rows, rejected_rows=rejected, texts=texts, log_lines=lines, kept=tuple(kept))


@dataclass(frozen=True, slots=True)
class _Mentions:
    """Finds the values of a person in texts: as a JSON string, or as a word of its own."""

    values: tuple[str, ...]

    def are_in(self, text: str | None) -> bool:
        return text is not None and any(value in text and self._is_word(value, text) for value in self.values)

    @staticmethod
    def _is_word(value: str, text: str) -> bool:
        """Return whether a value stands for itself; a short one only in quotes, for a number may be anybody's."""
        inside = json.dumps(value, ensure_ascii=False)[1:-1]
        if f'"{inside}"' in text or f'\\"{inside}\\"' in text or f"'{value}'" in text:
            return True
        return len(value) > 3 and re.search(rf"(?<![\w@.-]){re.escape(value)}(?![\w@-])", text) is not None


def _from_ledgers(
    connection: duckdb.DuckDBPyConnection, store: Store, state: StateFolder, sync: Sync, key: str
) -> tuple[int, frozenset[str]]:
    """Write the ledgers that hold the key again; return how many rows went, and the email addresses that they had."""
    erased, emails = 0, set[str]()
    digests = ", ".join(
        f"(fingerprint_of(concat('{{\"{name}\":', json_string({quoted(key)}), '}}')))" for name in _ID_FIELDS
    )
    for row in store.rows("all_ledgers_of_sync", sync=sync.id):
        ledger = LocalLedger(store, state.ledger, row["id"])
        segments = [dict(each) for each in store.rows("segments_ever", ledger=row["id"])]
        if row["retired"] is not None and not _can_be_read(ledger, segments):
            store.do("delete_segments", ledger=row["id"])  # nothing needs it any more, and nobody can say whom it holds
            continue
        if not segments:
            continue
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE persons AS SELECT DISTINCT key FROM (VALUES {digests}) v (key)"
        )
        held = 0
        if calls := ledger.calls(segments):
            found = f"FROM ({calls}) WHERE {matches(key)}"
            connection.execute(f"INSERT INTO persons SELECT DISTINCT key {found}")
            held = count(
                connection, f"SELECT count(DISTINCT key) {found}"
            )  # what was refused stands in these files only
            emails |= {
                email
                for (email,) in connection.execute(
                    f"SELECT DISTINCT json_extract_string(call, '$.traits.email') {found}"
                ).fetchall()
                if email
            }
        keys = " UNION ALL ".join(ledger.keys_of(segment) for segment in segments)
        listed = count(connection, f"SELECT count(DISTINCT key) FROM ({keys}) WHERE key IN (SELECT key FROM persons)")
        if held := max(held, listed):
            name = f"{sync.id}.{ERASED}.{randomness.token_hex(16)}"
            ledger.erase(connection, name, "SELECT key FROM persons", time.time())
            erased += held
    return erased, frozenset(emails)


def _can_be_read(ledger: LocalLedger, segments: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all files of a ledger are what was written."""
    try:
        ledger.calls(segments)
        for segment in segments:
            ledger.keys_of(segment)
    except StateError:
        return False
    return True


def _from_rejected(store: Store, sync: Sync, mentions: _Mentions) -> tuple[int, int]:
    """Erase the person's rejected rows; return how many, and how many of others mention the person.

    Those stay: they are someone else's (who has the same email address, say), and would be lost, for they were not sent.
    """
    erased = others = 0
    for row in store.rows("all_rejected_of_sync", sync=sync.id):
        if not any(mentions.are_in(row[name]) for name in ("identity", "row", "call")):
            continue
        persons = _persons(row["identity"]) | _persons(row["call"])
        if persons and not persons.intersection(mentions.values):
            others += 1
            continue
        store.do("delete_rejected", number=row["number"])
        erased += 1
    return erased, others


def _persons(text: str | None) -> frozenset[str]:
    """Return whom an identity, or a call, is about."""
    found = json.loads(text) if text else {}
    return frozenset(str(found[name]) for name in _PERSON_FIELDS if name in found)


def _from_texts(store: Store, sync: Sync, mentions: _Mentions) -> int:
    """Replace what errors, guards and notes quoted."""
    changed = 0
    for kind, rows in (
        ("run", store.rows("texts_of_runs", sync=sync.id)),
        ("delivery", store.rows("texts_of_deliveries", sync=sync.id)),
    ):
        for row in rows:
            before = dict(row)
            after = {name: value if name == "id" else _cleaned(value, mentions) for name, value in before.items()}
            if after != before:
                store.do(f"set_texts_of_{kind}", **after)
                changed += 1
    return changed


def _cleaned(text: str | None, mentions: _Mentions) -> str | None:
    """Return a text, or a JSON document, without the strings that mention the person."""
    if text is None or not mentions.are_in(text):
        return text
    try:
        document = json.loads(text)
    except ValueError:
        return FORGOTTEN
    return (
        json.dumps(_walked(document, mentions), ensure_ascii=False) if isinstance(document, list | dict) else FORGOTTEN
    )


def _walked(value: Any, mentions: _Mentions) -> Any:
    if isinstance(value, str):
        return FORGOTTEN if mentions.are_in(value) or value in mentions.values else value
    if isinstance(value, list):
        return [_walked(each, mentions) for each in value]
    if isinstance(value, Mapping):
        return {name: _walked(each, mentions) for name, each in value.items()}
    return value


def _from_logs(store: Store, state: StateFolder, sync: Sync, mentions: _Mentions) -> int:
    """Write the logs again that mention the person."""
    changed = 0
    for row in store.rows("texts_of_runs", sync=sync.id):
        file = state.log(row["id"])
        if not is_plain_file(file):
            continue
        with open_to_read(file) as opened:
            before = opened.read().decode("utf-8", "replace").split("\n")
        after = [line if not mentions.are_in(_decoded(line)) else _cleaned_line(line, mentions) for line in before]
        if after != before:
            changed += sum(old != new for old, new in zip(before, after, strict=True))
            temporary = file.with_name(f".{file.name}.{randomness.token_hex(4)}.new")
            create_text(temporary, "\n".join(after))
            durable(temporary, file)
    return changed


def _from_daemon_log(state: StateFolder, mentions: _Mentions) -> int:
    """Overwrite the lines of the daemon's log that mention the person, in place: a daemon may have the file open."""
    changed = 0
    for file in (state.folder / "logs").glob("daemon.jsonl*"):
        with contextlib.suppress(OSError):
            handle = open_plain(file, os.O_RDWR)
            with os.fdopen(handle, "r+b") as opened:
                for line in iter(opened.readline, b""):
                    if mentions.are_in(_decoded(line.decode("utf-8", "replace"))):
                        after = opened.tell()
                        opened.seek(after - len(line))
                        opened.write(_FORGOTTEN_LINE.ljust(len(line) - 1)[: len(line) - 1])
                        opened.seek(after)
                        changed += 1
    return changed


def _from_past_queries(state: StateFolder, mentions: _Mentions) -> int:
    """Drop the queries that mention the person from the list of those that the console has run."""
    changed = 0
    for file in (state.folder / "editing").glob("*.jsonl"):
        with contextlib.suppress(OSError):
            before = read_plain(file).decode("utf-8", "replace").splitlines(keepends=True)
            after = [line for line in before if not mentions.are_in(_decoded(line))]
            if len(after) < len(before):
                changed += len(before) - len(after)
                temporary = file.with_name(f".{file.name}.{randomness.token_hex(4)}.new")
                create_text(temporary, "".join(after))
                durable(temporary, file)
    return changed


def _in_unsaved_texts(state: StateFolder, mentions: _Mentions) -> Iterable[str]:
    """Say which texts that were typed and not saved mention the person: what someone typed is not thrown away."""
    for file in (state.folder / "buffers").glob("*.json"):
        with contextlib.suppress(OSError):
            if mentions.are_in(_decoded(read_plain(file).decode("utf-8", "replace"))):
                yield f"an unsaved text of {escape_control_chars(file.stem)}, which you can save or discard in the editor"


def _decoded(line: str) -> str:
    """Return a line of a log with its escapes resolved, so that a name in any script is found."""
    try:
        return json.dumps(json.loads(line), ensure_ascii=False)
    except ValueError:
        return line


def _cleaned_line(line: str, mentions: _Mentions) -> str:
    try:
        return json.dumps(_walked(json.loads(line), mentions))
    except ValueError:
        return ""


def _in_file_destinations(project: Project, sync: Sync, mentions: _Mentions) -> Iterable[str]:
    """Say which files of `file` destinations have lines about the person."""
    for name in sync.destinations:
        target = build_target(project, sync, name, lambda _: Secret("hidden"))
        if target.plugin.transport != "file":
            continue
        request = target.plugin.request(Batch(call=CallType.TRACK, calls=0, joined=lambda _: b""))
        file = Path(unquote(urlsplit(request.url).path))
        if not is_plain_file(file):
            continue
        with open_to_read(file) as lines:
            found = sum(mentions.are_in(line.decode("utf-8", "replace")) for line in lines)
        if found:
            yield f"{file}: {counted(found, 'line')}, which {'is' if found == 1 else 'are'} a destination's, not ours"
