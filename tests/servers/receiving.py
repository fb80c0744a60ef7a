"""Starts the receiver in its own process, tells it how to behave, and reads what it recorded."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Receiver", "Record", "receiving"]

_SCRIPT = Path(__file__).with_name("receiver.py")


@dataclass(frozen=True, slots=True)
class Record:
    """One request: its path, headers (lower case), the status it got, and its body before compression."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    at: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Return the calls of a batch, or the one of a single call."""
        document = self.json
        return document if isinstance(document, list) else document.get("batch", [document])


@dataclass(slots=True)
class Receiver:
    """A running receiver."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def behave(self, *behaviours: dict[str, Any]) -> None:
        self._post("/_behave", list(behaviours))

    def refuse(self, *texts: str, status: int = 400, body: str = '{"message": "refused"}', close: bool = False) -> None:
        """Refuse whatever holds one of these texts; without a text, nothing."""
        self._post("/_refuse", {"containing": texts, "status": status, "body": body, "close": close} if texts else {})

    def refuse_gzip(self, status: int, body: str) -> None:
        """Refuse every body in gzip, as a gateway that knows none."""
        self._post("/_refuse", {"gzip": True, "status": status, "body": body})

    def chance(self, **chances: Any) -> None:
        """Let chance choose what happens to requests (see the receiver); without a word, nothing happens to them."""
        self._post("/_chance", chances)

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until what others have sent is recorded: no connection is open but the one that asks."""
        until = time.monotonic() + seconds
        while self.count()["open"] > 1:
            if time.monotonic() > until:
                raise TimeoutError("a connection to the receiver stays open")
            time.sleep(0.001)

    def records(self, *, taken: bool = True) -> list[Record]:
        """Return the requests in the order of their arrival; with `taken`, only those that were acknowledged."""
        found = []
        data = self.log.read_bytes() if self.log.exists() else b""
        at = 0
        while at < len(data):
            end = data.index(b"\n", at)
            head = json.loads(data[at:end])
            body = data[end + 1 : end + 1 + head["length"]]
            at = end + 2 + head["length"]
            if not taken or head["status"] == 200:
                found.append(Record(head["path"], head["status"], head["headers"], body, head["method"], head["at"]))
        return found

    def times(self) -> list[float]:
        """Return when each request was read, in seconds."""
        return [record.at for record in self.records(taken=False)]

    def calls(self) -> list[dict[str, Any]]:
        """Return all calls that were taken."""
        return [call for record in self.records() for call in record.calls]

    def clear(self) -> None:
        """Forget what was recorded."""
        self.log.write_bytes(b"")

    def count(self) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/_count")
            return json.loads(connection.getresponse().read())

    def _post(self, path: str, value: Any) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(value))
            connection.getresponse().read()


@contextlib.contextmanager
def receiving(folder: Path, *, port: int = 0, script: Path = _SCRIPT) -> Iterator[Receiver]:
    """Start a receiver that records into `folder`, and stop it afterwards. `port` 0 is a free one."""
    folder.mkdir(parents=True, exist_ok=True)
    port_file, log = folder / "port", folder / "requests.log"
    port_file.unlink(missing_ok=True)
    words = [sys.executable, str(script), str(port_file), str(log), f"--port={port}"]
    process = subprocess.Popen(words)
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists():
            if process.poll() is not None:
                raise RuntimeError(f"the receiver ended with {process.returncode}")
            if time.monotonic() > deadline:
                raise RuntimeError("the receiver did not start in 20 seconds")
            time.sleep(0.01)
        yield Receiver(int(port_file.read_text()), log)
    finally:
        process.kill()
        process.wait()
