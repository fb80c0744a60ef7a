"""What others do with a project's daemon: see whether one runs, ask it for something, begin one in the background.

A daemon is asked by a row of the store, which it reads within half a second, and which it answers when what was asked for is over: so a request
survives both sides, and whoever asked may have gone. What it runs has the daemon's own environment, so its secrets are there
also where the console that asks has none.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.errors import BackhaulError, LockedError
from core.model import Project
from core.own_folder import is_plain_file, read_plain, refuse_link, write_plain
from core.state.folder import StateFolder
from core.store import Store

__all__ = ["answer", "ask", "begin", "end", "exclusive", "holder"]

_LOCK = "daemon.lock"
_NOTE = "daemon.holder"
_BEGIN_SECONDS = 15.0
_LOOKING_SECONDS = 0.5
"""Someone who only looks who the daemon is (`holder`) has the lock for a moment."""


@contextlib.contextmanager
def exclusive(state: StateFolder, version: str) -> Iterator[None]:
    """Be the one daemon of a project. Raises LockedError, saying who is."""
    from filelock import FileLock, Timeout

    folder = state.folder / "locks"
    for name in (_LOCK, _NOTE):
        refuse_link(folder / name)
    lock = FileLock(folder / _LOCK, timeout=_LOOKING_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockedError(
            f"A daemon runs this project already: {_told(holder(state.folder))}.",
            where=str(state.folder),
            remedy="`backhaul daemon stop` ends it.",
        ) from error
    try:
        note = {"process": os.getpid(), "host": socket.gethostname(), "since": time.time(), "version": version}
        write_plain(folder / _NOTE, json.dumps(note))
        yield
    finally:
        (folder / _NOTE).unlink(missing_ok=True)
        lock.release()


def holder(state: Path) -> dict[str, Any] | None:
    """Return who is the daemon of the project whose state folder this is: process, host, since, version; None where nobody is."""
    from filelock import FileLock, Timeout

    file = state / "locks" / _LOCK
    if not is_plain_file(file) or state.is_symlink() or file.parent.is_symlink():
        return None
    try:
        with FileLock(file, timeout=0):
            return None
    except Timeout:
        pass
    except OSError:
        return None
    try:
        found = json.loads(read_plain(state / "locks" / _NOTE))
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def _told(found: dict[str, Any] | None) -> str:
    if not found:
        return "another process"
    since = time.strftime("%d %b %H:%M:%S", time.localtime(found.get("since", 0)))
    return f"process {found.get('process')} on {found.get('host')}, version {found.get('version')}, since {since}"


def ask(store: Store, kind: str, *, sync: str = "", run: str = "", words: Sequence[str] = ()) -> int:
    """Ask the daemon for something (run, replay, undo, stop, reload); give the request's number."""
    row = store.row("ask", kind=kind, sync=sync, run=run, words=json.dumps(list(words)), now=time.time())
    assert row is not None  # noqa: S101 -- the statement gives the number back
    return int(row["number"])


def answer(store: Store, number: int) -> dict[str, Any] | None:
    """Return what became of a request: 'state', 'run', 'error', 'exit_code'; None while it is not over."""
    row = store.row("request", number=number)
    if row is None:
        return {"state": "failed", "run": "", "error": "The request is gone.", "exit_code": 1}
    return None if row["answer"] is None else dict(json.loads(row["answer"]))


def begin(project: Project) -> int:
    """Begin a daemon in the background, which outlives this process; return its number. Raises BackhaulError where it ends at once."""
    state = StateFolder(project)
    command = [sys.executable, "-P", "-m", "core.cli", "daemon", "--project", str(project.folder)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 -- our own program
            command,
            cwd=project.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        deadline = time.monotonic() + _BEGIN_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            found = holder(state.folder)
            if found and found.get("process") == process.pid:
                return process.pid
            time.sleep(0.05)
        said.seek(0)
        text = said.read(4000).decode("utf-8", "replace").strip()
    if process.poll() is None:
        return process.pid
    raise BackhaulError(
        f"The daemon ended at once. {text}".strip(), remedy="`backhaul daemon` shows it in this terminal."
    )


def end(project: Project) -> bool:
    """Ask the daemon to end after the batches in flight; False where none runs on this host."""
    found = holder(project.state)
    if not found or found.get("host") != socket.gethostname() or not isinstance(found.get("process"), int):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(found["process"], signal.SIGTERM)
        return True
    return False
