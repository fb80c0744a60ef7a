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
    {"reset": true}                                                      reset the connection before a body is read
    {"half": true}                                                       take the calls, then send half of the reply's body
    {"half": true, "untaken": true}                                      the same, but do not take the calls
    {"drip": 0.2}                                                        take the calls, reply a byte at a time, so long in all

POST /_chance with {"seed": 7, "faults": 0.3, "lost": 0.05} lets chance choose for each request that has no entry: so many
of them get one of `kinds` (all of the above that do not take the calls, unless named), so many lose their reply.

POST /_refuse with {"containing": ["u_7"], "status": 400, "body": "…"} answers so whenever the body has one of these
texts; with "close" it closes the connection instead, with "gzip" it does so of every body in gzip. A body may be any bytes, as surrogate escapes.
GET /_count gives how many requests and bytes were taken, over how many connections, the most that were busy in the same
moment, and how many are open. Records of refused requests are marked by their status.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHANCES = {
    "429": {"status": 429, "headers": {"retry-after": "0.01"}, "body": '{"message": "slow down"}'},
    "500": {"status": 500, "body": "oops"},
    "401": {"status": 401, "body": '{"message": "unknown key"}'},
    "503": {"status": 503, "body": '{"message": "down"}'},
    "close": {"close": True},
    "reset": {"reset": True},
    "half 500": {"status": 500, "half": True},
    "half 200": {"half": True, "untaken": True},
    "hang": {"hang": 0.2},
}
"""What chance gives."""
NAMED = ("hang", "401")
"""These only where a test names them: one has a short timeout, in the other a key is revoked."""
LOST = ({"lose_reply": True}, {"half": True}, {"lose_reply": True, "reset": True})


class State:
    """What the test has told, and what was taken."""

    def __init__(self, log: Path) -> None:
        self.lock = threading.Lock()
        self.behaviours: list[dict] = []
        self.refuse: dict = {}
        self.chance: dict = {}
        self.random = random.Random()
        self.open = 0
        self.requests = 0
        self.bytes = 0
        self.connections = 0
        self.busy = 0
        self.most = 0
        self.log = log.open("ab")

    def behaviour(self, *, before_body: bool) -> dict:
        """Return what to do with this request; before its body only what must not wait for it."""
        with self.lock:
            if self.behaviours:
                is_reset = "reset" in self.behaviours[0] and "lose_reply" not in self.behaviours[0]
                return self.behaviours.pop(0) if is_reset or not before_body else {}
            if before_body or not self.chance:
                return {}
            drawn = self.random.random()
            if drawn < self.chance.get("lost", 0.0):
                return dict(self.random.choice(LOST))
            if drawn < self.chance.get("lost", 0.0) + self.chance.get("faults", 0.0):
                kinds = self.chance.get("kinds") or [kind for kind in CHANCES if kind not in NAMED]
                return dict(CHANCES[self.random.choice(kinds)])
            return {}

    def connection(self, change: int) -> None:
        with self.lock:
            self.open += change

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
        names = ("requests", "bytes", "connections", "most", "open")
        self.reply(200, json.dumps({name: getattr(self.state, name) for name in names}).encode())

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        control = self.path.startswith("/_")
        behaviour = {} if control else self.state.behaviour(before_body=True)
        if behaviour:
            self.drop(reset=True)
            return
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the sender was killed in the middle of its request
            self.close_connection = True
            return
        if control:
            self.control(json.loads(body))
            return
        behaviour = self.state.behaviour(before_body=False)
        with self.state.lock:
            self.state.busy += 1
            self.state.most = max(self.state.most, self.state.busy)
        try:
            self.take(body, behaviour)
        finally:
            with self.state.lock:
                self.state.busy -= 1

    def take(self, body: bytes, behaviour: dict) -> None:
        """Take or refuse the calls, and reply, as the behaviour says."""
        if not self.counted:
            self.counted = True
            with self.state.lock:
                self.state.connections += 1
        if "slow" in behaviour:
            time.sleep(behaviour["slow"])
        if "hang" in behaviour:
            time.sleep(behaviour["hang"])
        if "hang" in behaviour or "close" in behaviour or ("reset" in behaviour and "lose_reply" not in behaviour):
            self.drop(reset="reset" in behaviour)
            return
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        refusal = self.refusal(body)
        if refusal and self.state.refuse.get("close"):
            self.drop()
            return
        status = behaviour.get("status") or refusal or 200
        head = {
            "path": self.path,
            "method": self.command,
            "status": 0 if "untaken" in behaviour else status,
            "at": time.time(),
            "headers": {k.lower(): v for k, v in self.headers.items()},
        }
        self.state.record(head, body)
        if "lose_reply" in behaviour:
            self.drop(reset="reset" in behaviour)
            return
        refused = self.state.refuse.get("body", '{"message": "refused"}')
        text = behaviour.get("body", self.answer(body) if status == 200 and not refusal else refused)
        self.reply(status, text.encode("utf-8", "surrogateescape"), behaviour.get("headers", {}), behaviour)

    def answer(self, body: bytes) -> str:
        """Return the reply to calls that were taken."""
        return '{"success": true}'

    def control(self, value: object) -> None:
        with self.state.lock:
            if self.path == "/_behave":
                self.state.behaviours = list(value)
            elif self.path == "/_chance":
                self.state.chance = dict(value)
                self.state.random.seed(self.state.chance.get("seed", 0))
            else:
                self.state.refuse = dict(value)
        self.reply(200, b"{}")

    def refusal(self, body: bytes) -> int | None:
        texts = self.state.refuse.get("containing", [])
        if self.state.refuse.get("gzip") and self.headers.get("content-encoding") == "gzip":
            return self.state.refuse.get("status", 400)
        return self.state.refuse.get("status", 400) if any(text.encode() in body for text in texts) else None

    def reply(self, status: int, body: bytes, headers: dict | None = None, behaviour: dict | None = None) -> None:
        self.send_response_only(status)
        for name, value in ({"date": self.date_time_string()} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if behaviour and "half" in behaviour:
            self.wfile.write(body[: len(body) // 2])
            self.drop()
            return
        if behaviour and "drip" in behaviour:
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(behaviour["drip"] / len(body))
            return
        self.wfile.write(body)

    def drop(self, *, reset: bool = False) -> None:
        """Close the connection without a reply (or without more of it); with `reset`, as a crashed peer does."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()  # while it is open, the socket is
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def process_request(self, request, client_address) -> None:
        """Count the connection before another is accepted, so that one that asks for the count comes after it."""
        self.RequestHandlerClass.state.connection(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.RequestHandlerClass.state.connection(-1)

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
