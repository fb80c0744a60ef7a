"""The helper process (core.workbench) from the console's side: started when it is first asked, and again when it has died.

Requests and replies are lines of JSON, told apart by their numbers, so that a slow one holds back no quick one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tui.messages import Refused

__all__ = ["Workbench"]

_LONGEST_LINE = 256 * 1024 * 1024


class Workbench:
    """The helper process: started when it is first asked, and again when it has died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[dict[str, Any]], Callable[[Mapping[str, Any]], None] | None]] = {}
        self._starting = asyncio.Lock()
        self._is_closed = False

    async def ask(
        self, do: str, on_part: Callable[[Mapping[str, Any]], None] | None, values: Mapping[str, Any]
    ) -> dict[str, Any]:

        process = await self._running()
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, on_part)
        try:
            self._send(process, _encoded({"id": number, "do": do, **values}))
            return await answer
        except asyncio.CancelledError:
            self._send(process, _encoded({"cancel": number}))
            raise
        finally:
            self._waiting.pop(number, None)

    def _send(self, process: asyncio.subprocess.Process, line: bytes) -> None:
        if process.stdin is not None and not process.stdin.is_closing():
            with contextlib.suppress(ConnectionError):
                process.stdin.write(line + b"\n")

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._is_closed:
                raise asyncio.CancelledError
            if self._process is None or self._process.returncode is not None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    "-m",
                    "core.workbench",
                    str(self._folder),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C of the terminal is the console's business
                    limit=_LONGEST_LINE,
                )
                self._reader = asyncio.create_task(self._listen(self._process))
            return self._process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:

        assert process.stdout is not None  # noqa: S101 -- it was asked for
        while line := await process.stdout.readline():
            reply = _decoded(line)
            answer, on_part = self._waiting.get(reply.get("id"), (None, None))
            if answer is None or answer.done():
                continue
            if "part" in reply:
                if on_part is not None:
                    on_part(reply["part"])
            elif "error" in reply:
                answer.set_exception(Refused(reply["error"]))
            else:
                answer.set_result(reply["done"])
        await process.wait()
        for answer, _on_part in self._waiting.values():
            if not answer.done():
                answer.set_exception(
                    Refused({"message": "The helper process has ended.", "remedy": "Try again: it is restarted."})
                )

    async def close(self) -> None:
        """Close its input: it stops what it does, and ends."""
        self._is_closed = True
        async with self._starting:
            process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 1.0)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            self._reader.cancel()


def _encoded(document: Mapping[str, Any]) -> bytes:
    """Write a request; where it holds half of a character pair (the name of a file that is no UTF-8), as the workbench does."""
    import msgspec

    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return json.dumps(document).encode()


def _decoded(line: bytes) -> Any:
    """Read an answer, also one that holds half of a character pair, which msgspec refuses."""
    import msgspec

    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return json.loads(line)
