"""Lines to requests, their threads, their answers. The one boundary of this process.

What is asked in one line is done in a thread of its own, so that a slow request holds back no quick one. An answer never
holds a secret that came with its request, whatever a driver put into the text of an error.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core.control_chars import escape_control_chars
from core.errors import BackhaulError, CancelledError, UsageError
from core.state.cancellation import Stopping
from core.workbench.dispatch import do
from core.workbench.request import Request

__all__ = ["Workbench"]

_LONGEST_LINE = 32_000_000
_SHORTEST_SECRET = 4
"""Shorter ones are not looked for in answers: they would be found in plain words."""

_PATIENCE = 2.0
"""A stopped request is answered after so many seconds, though a driver may still wait for its connection."""

_LAST_SECONDS = 0.8
_HIDDEN = "(hidden)"


@dataclass(slots=True, eq=False)
class _Running:
    """A request under way."""

    number: int | str
    secrets: tuple[str, ...]
    stopping: Stopping = field(default_factory=Stopping)
    thread: threading.Thread | None = None
    answered: bool = False


class Workbench:
    """Answers requests on the project in `folder`; answers go to `out`, whole lines only."""

    def __init__(self, folder: Path, out: BinaryIO) -> None:
        self._folder = folder
        self._out = out
        self._turn = threading.Lock()
        self._running: dict[int | str, _Running] = {}

    def serve(self, lines: BinaryIO) -> None:
        """Take requests until their end."""
        while line := lines.readline(_LONGEST_LINE + 1):
            if len(line) > _LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = lines.readline(_LONGEST_LINE)
                self._refuse(None, UsageError(f"A line has more than {_LONGEST_LINE:,} bytes."))
            elif line.strip():
                self._take(line)

    def end(self) -> None:
        """Stop what runs, and wait for it, but not long."""
        deadline = time.monotonic() + _LAST_SECONDS
        running = list(self._running.values())
        for each in running:
            each.stopping.stop()
        for each in running:
            if each.thread is not None:
                each.thread.join(max(0.0, deadline - time.monotonic()))

    def _take(self, line: bytes) -> None:
        """Begin what one line asks for."""
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            self._refuse(None, UsageError("This line is not JSON."))
            return
        if not isinstance(values, dict):
            self._refuse(None, UsageError("A request is a JSON object."))
        elif "cancel" in values:
            self._cancel(values["cancel"])
        else:
            self._begin(values)

    def _begin(self, values: dict[str, Any]) -> None:
        number, what = values.pop("id", None), values.pop("do", None)
        if isinstance(number, bool) or not isinstance(number, int | str):
            self._refuse(None, UsageError("A request needs an id, a number or a text."))
        elif number in self._running:
            self._refuse(None, UsageError("There is a request of this id under way."))
        elif not isinstance(what, str):
            self._refuse(number, UsageError("A request says what to do."))
        else:
            running = _Running(number, tuple(_secrets(values)))
            request = Request(
                do=what,
                values=values,
                folder=self._folder,
                stopping=running.stopping,
                part=lambda part: self._part(running, part),
            )
            self._running[number] = running
            running.thread = threading.Thread(target=self._work, args=(running, request), daemon=True, name=what)
            running.thread.start()

    def _cancel(self, number: Any) -> None:
        """Stop a request; it answers by itself, or is answered for."""
        running = self._running.get(number) if isinstance(number, int | str) else None
        if running is not None:
            running.stopping.stop()
            late = threading.Timer(
                _PATIENCE, self._answer, (running, _line(running, {"error": _error_json(_stopped())}))
            )
            late.daemon = True
            late.start()

    def _work(self, running: _Running, request: Request) -> None:
        """Do what is asked, in its thread."""
        try:
            answer = _line(running, {"done": do(request)})
        except BackhaulError as error:
            answer = _line(running, {"error": _error_json(error)})
        except Exception as error:  # noqa: BLE001 -- the one boundary of this process: a bug ends its request only
            _report(error)
            answer = _line(running, {"error": _bug_json(error)})
        if running.stopping.stopped:  # what fails after a stop is the stop, and what was done then is not wanted
            answer = _line(running, {"error": _error_json(_stopped())})
        self._answer(running, answer)

    def _part(self, running: _Running, part: Mapping[str, Any]) -> None:
        with self._turn:
            if not running.answered:
                self._write(_line(running, {"part": part}))

    def _answer(self, running: _Running, line: bytes) -> None:
        """Return a request its end, once."""
        with self._turn:
            if running.answered:
                return
            running.answered = True
            del self._running[running.number]
            self._write(line)

    def _refuse(self, number: int | str | None, error: BackhaulError) -> None:
        with self._turn:
            self._write(_encoded({"id": number, "error": _error_json(error)}))

    def _write(self, line: bytes) -> None:
        try:
            self._out.write(line)
            self._out.flush()
        except OSError:  # the console is gone; stdin closes too, and that is the end
            pass


def _line(running: _Running, answer: Mapping[str, Any]) -> bytes:
    """Return the line of an answer, without the secrets that came with its request."""
    return _encoded({"id": running.number, **_without(answer, running.secrets)})


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True, allow_nan=False, default=str).encode() + b"\n"


def _stopped() -> CancelledError:
    return CancelledError("It was stopped.")


def _error_json(error: BackhaulError) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "where": error.where,
        "offset": getattr(error, "offset", None),
        "findings": [asdict(found) for found in getattr(error, "findings", ())],
    }


def _bug_json(error: Exception) -> dict[str, Any]:
    """Tell a bug: what it is and where, no more than its own words, and no local variable."""
    return {
        "kind": "Bug",
        "message": f"{type(error).__name__}: {escape_control_chars(error, most=300)}",
        "remedy": "This is a fault of Backhaul. Please report it with what you did; nothing is lost.",
        "where": (_frames(error) or [""])[-1],
        "offset": None,
        "findings": [],
    }


def _report(error: BaseException) -> None:
    """Write a traceback of a bug to stderr: its kind and its places; its words may hold what was asked."""
    sys.stderr.write("\n".join([type(error).__name__, *(f"  {frame}" for frame in _frames(error)), ""]))
    sys.stderr.flush()


def _frames(error: BaseException) -> list[str]:
    """Return the files, from their package on, and lines that an error passed through."""
    found = []
    for frame in traceback.extract_tb(error.__traceback__):
        parts = Path(frame.filename).parts
        start = next((place for place, part in enumerate(parts) if part in ("core", "site-packages")), -1)
        found.append(f"{'/'.join(parts[start:])}:{frame.lineno}")
    return found


def _secrets(values: Mapping[str, Any]) -> list[str]:
    """Return the secrets that came with a request."""
    given = values.get("secrets")
    texts = [values.get("value"), values.get("passphrase"), *(given.values() if isinstance(given, dict) else ())]
    return [text for text in texts if isinstance(text, str) and len(text) >= _SHORTEST_SECRET]


def _without(value: Any, secrets: tuple[str, ...]) -> Any:
    """Take secrets out of the texts of an answer."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _HIDDEN)
        return value
    if isinstance(value, Mapping):
        return {_without(key, secrets): _without(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without(inner, secrets) for inner in value]
    return value
