"""A receiver for tests: a real HTTP server on loopback, in a process of its own, that records every request.

    python receiver.py PORT_FILE LOG [--port=PORT]

It writes its port (a free one, unless PORT is given) into PORT_FILE. Each request becomes a record of LOG (a line of
JSON, then the body as it was before compression), synced to disk before the reply. Tests tell it how to behave by POST
/_behave with a JSON list; each entry is used for one request, in order:

    {"status": 429, "headers": {"retry-after": "0.05"}, "body": "…"}     reply so, and do not take the calls
    {"slow": 0.1}                                                        wait, then take the calls
    {"hang": 3}                                                          wait, then close without a reply
    {"close": true}                                                      close without reading the calls
    {"lose_reply": true}                                                 take the calls, then close without a reply

and POST /_refuse with {"containing": ["u_7"], "status": 400, "body": "…"} answers so whenever the body has one of these
texts.
GET /_count gives how many requests and bytes were taken, over how many connections, and the most that were open in the
same moment. Records of refused requests are marked by their status.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class State:
    """What the test has told, and what was taken."""

    def __init__(self, log: Path) -> None:
        self.lock = threading.Lock()
        self.behaviours: list[dict] = []
        self.refuse: dict = {}
        self.requests = 0
        self.bytes = 0
        self.connections = 0
        self.busy = 0
        self.most = 0
        self.log = log.open("ab")

    def record(self, head: dict, body: bytes) -> None:
        with self.lock:
            self.requests += 1
            self.bytes += len(body)
            self.log.write(json.dumps(head | {"length": len(body)}).encode() + b"\n" + body + b"\n")
            self.log.flush()
            os.fsync(self.log.fileno())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: State
    counted = False
    """Whether this connection has brought calls before: a handler lives as long as its connection."""

    def do_GET(self) -> None:
        names = ("requests", "bytes", "connections", "most")
        self.reply(200, json.dumps({name: getattr(self.state, name) for name in names}).encode())

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the sender was killed in the middle of its request
            self.close_connection = True
            return
        if self.path.startswith("/_"):
            self.control(json.loads(body))
            return
        with self.state.lock:
            behaviour = self.state.behaviours.pop(0) if self.state.behaviours else {}
            self.state.busy += 1
            self.state.most = max(self.state.most, self.state.busy)
        try:
            self.take(body, behaviour)
        finally:
            with self.state.lock:
                self.state.busy -= 1

    def take(self, body: bytes, behaviour: dict) -> None:
        """Behave as told, or take the calls."""
        if not self.counted:
            self.counted = True
            with self.state.lock:
                self.state.connections += 1
        if "slow" in behaviour:
            time.sleep(behaviour["slow"])
        if "hang" in behaviour:
            time.sleep(behaviour["hang"])
        if "hang" in behaviour or "close" in behaviour:
            self.drop()
            return
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        status = behaviour.get("status") or self.refusal(body) or 200
        head = {
            "path": self.path,
            "method": self.command,
            "status": status,
            "at": time.time(),
            "headers": {k.lower(): v for k, v in self.headers.items()},
        }
        self.state.record(head, body)
        if "lose_reply" in behaviour:
            self.drop()
            return
        refused = self.state.refuse.get("body", '{"message": "refused"}')
        text = behaviour.get("body", self.answer(body) if status == 200 else refused)
        self.reply(status, text.encode(), behaviour.get("headers", {}))

    def answer(self, body: bytes) -> str:
        """Give the reply to calls that were taken."""
        return '{"success": true}'

    def control(self, value: object) -> None:
        with self.state.lock:
            if self.path == "/_behave":
                self.state.behaviours = list(value)
            else:
                self.state.refuse = dict(value)
        self.reply(200, b"{}")

    def refusal(self, body: bytes) -> int | None:
        texts = self.state.refuse.get("containing", [])
        return self.state.refuse.get("status", 400) if any(text.encode() in body for text in texts) else None

    def reply(self, status: int, body: bytes, headers: dict | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        """Close the connection without a reply."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A client that was killed in the middle of a request is what these tests are about."""


def main(handler: type[Handler] = Handler) -> None:
    port_file, log = Path(sys.argv[1]), Path(sys.argv[2])
    handler.state = State(log)
    given = [word.removeprefix("--port=") for word in sys.argv if word.startswith("--port=")]
    server = Server(("127.0.0.1", int(given[0]) if given else 0), handler)
    unfinished = port_file.with_suffix(".new")
    unfinished.write_text(str(server.server_address[1]))
    unfinished.replace(port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
