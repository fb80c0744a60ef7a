"""Forty secrets, planted where secrets are; vendors on loopback that echo what they are sent; and who looks for them afterwards.

A vendor echoes the key or the password in each form that it may take: as it came, decoded, quoted, in a URI.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

__all__ = ["ENVIRONMENT", "KEY", "LOCAL", "LOOKING", "PROMPTED", "TYPED", "echoing_api", "echoing_postgres", "found_in"]

_ODD = ("", " with blanks", "/slash?&=%", "ünïcödé", "'quote\"", "\\back$(id)", "=pad==", "{{brace}}")


def _secrets(name: str, count: int) -> list[str]:
    return [f"{name}{number:02}Zq{_ODD[number % len(_ODD)]}{7919 * (number + 1) % 9973:04}" for number in range(count)]


def _key(line: str, kind: str = "PRIVATE KEY") -> str:
    lines = "\n".join(f"{line}{number:02}" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj" for number in range(6))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


ENVIRONMENT = {
    f"BACKHAUL_{place}": secret
    for place, secret in zip(
        (
            *(f"SOURCES_PG{number}_PASSWORD" for number in range(4)),
            *(f"DESTINATIONS_SEG{number}_WRITE_KEY" for number in range(4)),
            *(f"DESTINATIONS_CIO{number}_API_KEY" for number in range(4)),
        ),
        _secrets("env", 12),
        strict=True,
    )
}
TYPED = _secrets("typed", 10)
PROMPTED = _secrets("asked", 4)
KEY = [_key("pemone"), _key("pemtwo", "RSA PRIVATE KEY")]
LOCAL = _secrets("local", 6)
LOOKING = _secrets("looks", 6)

ALL = (*ENVIRONMENT.values(), *TYPED, *PROMPTED, *KEY, *LOCAL, *LOOKING)
assert len(set(ALL)) == 40


def forms(secret: str) -> Iterator[bytes]:
    """Yield how a secret may be written."""
    raw = secret.encode()
    yield from (raw, json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode())
    yield from (quote(secret, safe="").encode(), quote(secret).encode())
    yield base64.b64encode(raw + b":")[: len(raw) * 4 // 3 - 2]
    yield from (line.encode() for line in secret.splitlines() if not line.startswith("-----"))
    yield from (secret.encode("utf-16-le"), raw.hex().encode())


def found_in(data: bytes | str, secrets: Iterable[str] = ALL) -> list[str]:
    """Return the secrets that stand in some bytes, in whatever form."""
    where = data if isinstance(data, bytes) else data.encode("utf-8", "backslashreplace")
    return [secret for secret in secrets if any(form in where for form in forms(secret))]


def files_with(folders: Iterable[Path], secrets: Iterable[str] = ALL) -> dict[str, list[str]]:
    """Return the files of some folders that hold a secret."""
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    found = {str(file): found_in(file.read_bytes(), secrets) for file in files}
    return {name: planted for name, planted in found.items() if planted}


class _Echo(BaseHTTPRequestHandler):
    """Refuses everything, and repeats the key that came with it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        header = self.headers.get("authorization", "")
        key = base64.b64decode(header.split()[-1]).decode().removesuffix(":")
        said = {"errors": [{"field": "plan", "message": f"{key} may not; you sent {header}"}], "key": key, "at": header}
        self.send_response({"401": 401, "302": 302}.get(self.path.split("/")[1], 400))
        if "/302/" in self.path:
            self.send_header(
                "location", f"https://elsewhere.example/?key={quote(key, safe='')}&raw={key.isascii() and key}"
            )
        answer = json.dumps(said, ensure_ascii=False).encode()
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def echoing_api() -> Iterator[str]:
    """Run an API that echoes keys; return its address. `/401` refuses the key, `/302` sends on, all else refuses the rows."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _refuse_login(connection: socket.socket) -> None:
    """Speak Postgres as far as the password, and repeat it in the error."""

    def message() -> bytes:
        kind = connection.recv(1)
        size = struct.unpack("!I", _exactly(connection, 4))[0]
        return kind + _exactly(connection, size - 4)

    with connection:
        connection.settimeout(5)
        while True:  # requests of encryption are refused
            size = struct.unpack("!I", _exactly(connection, 4))[0]
            start = _exactly(connection, size - 4)
            if start[:4] not in (struct.pack("!I", 80_877_103), struct.pack("!I", 80_877_104)):
                break
            connection.sendall(b"N")
        connection.sendall(b"R" + struct.pack("!II", 8, 3))
        password = message()[1:].rstrip(b"\0").decode()
        text = f"the gate says no: postgresql://reader:{quote(password, safe='')}@db.example/app password={password}"
        fields = b"SFATAL\0VFATAL\0C53999\0M" + text.encode() + b"\0H" + text.encode() + b"\0\0"
        connection.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed")
        data += part
    return data


@contextlib.contextmanager
def echoing_postgres() -> Iterator[int]:
    """Run what looks like a Postgres, and echoes each password in the error that refuses it; return its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        listener.settimeout(0.05)
        while not stopped.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _from = listener.accept()
                with contextlib.suppress(OSError):
                    _refuse_login(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        thread.join(10)
        listener.close()
