"""The state folder of a project (`.backhaul`): its places, its locks, its garbage.

    store.sqlite   runs, deliveries, batches, the ledgers' manifest, rejected rows
    plans/         <sync id>.<delivery>.parquet, and <sync id>.<delivery>.sent from before its first call, both gone
                   when the delivery is committed
    ledger/        <sync id>.<name>.keys.parquet and .calls.parquet
    tmp/           where DuckDB spills; emptied at each run
    cache/         catalogue-<source>.json: what a source was seen to hold (core.context.catalogues); a help, and no state
    logs/          <run id>.jsonl: what each run told, kept for the project's retention
    locks/         one a sync, held from the query to the commit, with a note of who holds it
    quarantine/    files that were not what was written, set aside as they were found; what needs them stays refused

File names (but those of logs) begin with the sync's id, so that whoever holds a sync's lock may collect that sync's garbage
and no other's.
A store that is older than these files (an old copy, or its last writes lost) has forgotten what was sent, so it is refused;
so is one of which a part is older than the rest (an old copy beside a newer -wal file).
Locks need a local disk (FACTS: locks of network file systems cannot be trusted), so a network file system is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import LockedError, StateError
from core.ledger.files import QUARANTINE
from core.model import Project, Sync
from core.own_folder import (
    is_plain_file,
    make,
    part_file,
    read_plain,
    refuse_link,
    refuse_links,
    refuse_others,
    write_plain,
)
from core.store import Store, sync_folder
from core.trust import STATE, require_trust

__all__ = ["ERASED", "SENT", "StateFolder", "has_store", "is_alive", "look", "network_file_system"]

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs", "fuse.s3fs", "9p", "davfs"})
_DAY = 86_400
_SWEEP_SECONDS = 3_600
_SPILLED = re.compile(r"(?:.+\.|duckdb-)([0-9]+)(?:-[0-9a-f]+)?")
"""The folders in which a process spills, its own or those of a source on DuckDB, with its number."""

SENT = ".sent"
"""Ends the name of the note that calls of a plan went out."""
ERASED = "erased"
"""Stands in the names of segments, in the place of a delivery, that were rewritten to forget someone."""


_FORGETTING = (
    "forget_old_rejected",
    "forget_old_requests",
    "forget_old_batches",
    "forget_old_progress",
    "forget_old_questions",
)
"""What goes after the retention, before old deliveries and runs. Of each sync the newest hundred runs stay with their
deliveries, whatever this machine's clock says.
"""


def look(project: Project, timeout: float = 30.0) -> Store:
    """Open the store of a project to look at it. Where there is no state yet none is made: what is given is empty then.

    Raises StateError where it cannot be trusted, and TrustError where nobody has allowed a folder outside of the project.
    """
    require_trust(project, STATE)
    refuse_links(project.state)
    refuse_others(project.state)
    return Store(project.state, timeout, empty=not has_store(project.state))


def has_store(folder: Path) -> bool:
    """Return whether there is a store, or was one: the marker alone is a store that is missing."""
    return is_plain_file(folder / "store.sqlite") or is_plain_file(folder / "store.made")


class StateFolder:
    """A project's state folder; made when it is first used, readable by its owner only."""

    def __init__(self, project: Project) -> None:
        """Make the folder where it is not there yet. Raises StateError where it cannot be used."""
        self.folder = project.state
        self.retention = project.retention
        require_trust(project, STATE)
        try:
            make(self.folder, ("plans", "ledger", "tmp", "locks", "logs"))
        except OSError as error:
            raise StateError(
                f"The state folder cannot be used: {error.strerror}.",
                where=str(self.folder),
                remedy="Make it writable for this user, or name another place as `state` in backhaul.toml.",
            ) from error
        if kind := network_file_system(str(self.folder.resolve()), _mounts()):
            raise StateError(
                f"The state folder is on a network file system ({kind}), whose locks cannot be trusted.",
                where=str(self.folder),
                remedy='Name a folder on a local disk in backhaul.toml: state = "/var/lib/backhaul/this-project".',
            )

    @property
    def plans(self) -> Path:
        return self.folder / "plans"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def log(self, run_id: str) -> Path:
        """Return the file of what a run told: a line of JSON an event."""
        return part_file(self.folder / "logs", f"{run_id}.jsonl")

    def scratch(self, sync: Sync) -> Path:
        """Return a new folder in which this process may spill while it works on a sync; one for each piece of work."""
        import secrets as randomness

        return self.folder / "tmp" / f"{sync.id}.{randomness.token_hex(4)}.{os.getpid()}"

    def store(self, timeout: float = 30.0) -> Store:
        """Open the store; `timeout` is how many seconds it waits for another program's write."""
        return Store(self.folder, timeout)

    def holder(self, sync_id: str) -> Path:
        """Return the note that says who holds, or last held, a sync's lock."""
        return self.folder / "locks" / f"{sync_id}.holder"

    @contextlib.contextmanager
    def lock(self, sync: Sync, what: str) -> Iterator[None]:
        """Hold a sync's lock. Raises LockedError, saying who holds it, without waiting."""
        from filelock import FileLock, Timeout

        file = self.folder / "locks" / f"{sync.id}.lock"
        note = self.holder(sync.id)
        for each in (file, note):
            refuse_link(each)
        lock = FileLock(file, timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise LockedError(
                f"{sync.name} is in use by {_holder(note)}.",
                where=sync.name,
                remedy="Wait until it is done, or stop it; its work is not lost.",
            ) from error
        try:
            holder = {"process": os.getpid(), "host": socket.gethostname(), "what": what, "since": time.time()}
            write_plain(note, json.dumps(holder))
            yield
        finally:
            lock.release()

    def quarantine(self, file: Path) -> None:
        """Set a damaged file aside, as it is; the caller holds the lock of its sync. What is missing stays an error."""
        folder = self.folder / QUARANTINE
        if not file.is_relative_to(self.folder) or ".." in file.parts:
            return
        with contextlib.suppress(OSError):  # where even that is impossible, it is refused at its old place
            folder.mkdir(mode=0o700, exist_ok=True)
            file.replace(folder / file.name)

    def note_sending(self, plan: str) -> None:
        """Note, durably and outside of the store, that calls of this plan go out. Raises StateError."""
        note = part_file(self.plans, plan).with_suffix(SENT)
        try:
            if not note.exists():
                note.touch()
                sync_folder(self.plans)
        except OSError as error:
            raise StateError.unwritable("The note of what is sent", str(note), error.strerror or "OSError") from error

    def check_age(self, store: Store, sync: Sync) -> None:
        """Refuse a store that does not know a delivery of which there are calls sent, or a segment. Raises StateError.

        A delivery is recorded before either is made, so a crash cannot leave this behind. What `forget` writes again belongs
        to no delivery. Nor can a crash leave a committed delivery without a segment of its own or a later one of a compaction: there, a
        part of the store is older than the rest, as where an old store.sqlite lies beside a newer -wal file.
        """
        if mixed := store.row("delivery_without_segment", sync=sync.id, erased=f".{ERASED}."):
            raise StateError(
                f"A part of the store is older than the rest: it does not know what delivery {mixed['id'][:8]} has sent.",
                where=str(self.folder / "store.sqlite"),
                remedy="Restore the whole .backhaul folder from one backup: store.sqlite and its -wal file belong together. "
                "Else rows that were delivered would be sent again.",
            )
        files = [
            *(file for file in _of_sync(self.plans, sync) if file.name.endswith(SENT)),
            *(file for file in _of_sync(self.ledger, sync) if file.name.endswith(".parquet")),
        ]
        known = {row["id"] for row in store.rows("delivery_ids", sync=sync.id)} | {ERASED}
        for file in sorted(files):
            if file.name.removeprefix(f"{sync.id}.").split(".")[0] not in known:
                raise StateError(
                    "The store is older than the files beside it: it does not know what was sent since.",
                    where=str(file),
                    remedy="Restore the whole .backhaul folder from one backup, or put the newest store.sqlite back with "
                    "its -wal file; else rows that were delivered would be sent again.",
                )

    def collect_garbage(self, store: Store, sync: Sync, now: float) -> None:
        """Remove what no manifest lists and what is older than its keeping time; the caller holds the sync's lock.

        Raises StateError where the files are newer than the store: they are no garbage.
        """
        self.check_age(store, sync)
        for row in store.rows("old_segments", sync=sync.id, before=now - _DAY):
            store.do("delete_segment", keys=row["keys"])
        # where something listed is not there, the store may have lost its last writes, or have a name wrong: all stays
        if all(
            ((self.ledger if row["ledger"] else self.plans) / row["name"]).exists()
            for row in store.rows("files_in_use", sync=sync.id)
        ):
            self._remove_unlisted(store, sync)
        for spilled in (self.folder / "tmp").iterdir():  # of all syncs: some are gone, and a query of none spills, too
            process = _SPILLED.fullmatch(spilled.name)
            if process and not is_alive(int(process[1])):  # a preview may be using it right now
                shutil.rmtree(spilled, ignore_errors=True)
        self._sweep(store, sync, now)

    def _sweep(self, store: Store, sync: Sync, now: float) -> None:
        """Forget what is older than the retention, once an hour: of all syncs, which means looking at every log there is,
        and of this one.
        """
        before = now - self.retention * _DAY
        of_all, of_this = "swept", f"swept {sync.id}"
        if self._is_due(store, of_all, now):
            _remove_older(self.folder / "logs", "*.jsonl", before)
            with store.transaction():
                for name in _FORGETTING:
                    store.do(name, before=before)
                store.do("set_setting", name=of_all, value=str(now))
        if self._is_due(store, of_this, now):
            _remove_older(self.folder / QUARANTINE, f"{sync.id}.*", before)
            with store.transaction():
                self._forget_deliveries(store, sync, before)
                store.do("forget_old_runs", before=before)
                store.do("set_setting", name=of_this, value=str(now))

    @staticmethod
    def _is_due(store: Store, name: str, now: float) -> bool:
        """Return whether it is an hour since something was swept."""
        row = store.row("setting", name=name)
        with contextlib.suppress(ValueError):
            return row is None or not 0 <= now - float(row["value"]) < _SWEEP_SECONDS
        return True

    def _remove_unlisted(self, store: Store, sync: Sync) -> None:
        """Remove the sync's files that no manifest and no open delivery lists."""
        listed = {name for row in store.rows("all_segment_files") for name in (row["keys"], row["calls"]) if name}
        plans = {row["plan"] for row in store.rows("open_plans")}
        plans |= {str(Path(plan).with_suffix(SENT)) for plan in plans}
        for folder, kept in ((self.ledger, listed), (self.plans, plans)):
            for file in _of_sync(folder, sync):
                if file.name not in kept:
                    file.unlink(missing_ok=True)

    def _forget_deliveries(self, store: Store, sync: Sync, before: float) -> None:
        """Forget old deliveries of this sync, but for those that a file is named after: `check_age` has to know them."""
        files = [*_of_sync(self.plans, sync), *_of_sync(self.ledger, sync)]
        named = {file.name.removeprefix(f"{sync.id}.").split(".")[0] for file in files}
        for row in store.rows("old_deliveries", sync=sync.id, before=before):
            if row["id"] not in named:
                store.do("delete_delivery", id=row["id"])


def _of_sync(folder: Path, sync: Sync) -> list[Path]:
    """Return a sync's files in a folder that holds those of all syncs; a glob would match every name against a pattern."""
    return [folder / name for name in os.listdir(folder) if name.startswith(f"{sync.id}.")]  # noqa: PTH208 -- names only, thousands of them


def _remove_older(folder: Path, pattern: str, before: float) -> None:
    """Remove the files of a folder that nobody has written, or set aside, since the Unix time `before`."""
    for file in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):  # another sync's run collects garbage too
            if max(file.stat().st_mtime, file.stat().st_ctime if folder.name == QUARANTINE else 0) < before:
                file.unlink()


def is_alive(process: int) -> bool:
    """Return whether a process of this host is there; where that cannot be asked without harm, it is."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _holder(note: Path) -> str:
    """Say who holds a lock, from the note beside it."""
    try:
        holder = json.loads(read_plain(note))
        since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
        return f"{holder['what']} (process {holder['process']} on {holder['host']}, since {since})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def network_file_system(path: str, mounts: str) -> str | None:
    """Return the name of the network file system that holds a path, by the lines of /proc/mounts; None for a local one."""
    lines = [parts for line in mounts.splitlines() if len(parts := line.split()) > 2]
    points = [(parts[1].replace("\\040", " "), parts[2]) for parts in lines]
    holding = [point for point in points if path == point[0] or path.startswith(point[0].rstrip("/") + "/")]
    kind = max(holding, key=lambda point: len(point[0]))[1] if holding else ""
    return kind if kind in _NETWORK else None


def _mounts() -> str:
    """Return what is mounted where; nothing where that cannot be known (only Linux says it in a file)."""
    try:
        return Path("/proc/mounts").read_text("utf-8", errors="replace")
    except OSError:
        return ""
