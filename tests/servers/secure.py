"""A TLS server with a certificate authority of its own, and a proxy that opens tunnels to it; both on loopback."""

from __future__ import annotations

import base64
import contextlib
import http.server
import select
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Proxy", "SecureServer", "proxying", "serving_tls"]

HOST = "api.example.test"


@dataclass(slots=True)
class SecureServer:
    """A server whose certificate is for `HOST` and for this machine, signed by the authority in `ca_file`."""

    port: int
    ca_file: Path
    heard: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Proxy:
    """A proxy that opens every tunnel to one port of this machine; with `password`, only for who knows it."""

    port: int
    target: int
    password: str = ""
    asked: list[str] = field(default_factory=list)


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A handshake that fails is what some tests are about."""


@contextlib.contextmanager
def serving_tls(folder: Path) -> Iterator[SecureServer]:
    """Make an authority and a certificate with openssl, and serve with it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_file, certificate, key = _certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    running = SecureServer(port=0, ca_file=ca_file)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            running.heard.append((self.path, body))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    running.port = server.server_address[1]
    with _in_thread(server):
        yield running


def _certificates(folder: Path) -> tuple[Path, Path, Path]:
    if shutil.which("openssl") is None:
        import pytest

        pytest.skip("there is no openssl to make certificates with")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    ca_key, ca_file, key, asked, certificate = (
        folder / name for name in ("ca.key", "ca.pem", "server.key", "server.csr", "server.pem")
    )
    names = folder / "names"
    names.write_text(f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1")
    for words in (
        ["req", "-x509", *curve, "-subj", "/CN=Our own authority", "-keyout", ca_key, "-out", ca_file],
        ["req", *curve, "-subj", f"/CN={HOST}", "-keyout", key, "-out", asked],
        ["x509", "-req", "-in", asked, "-CA", ca_file, "-CAkey", ca_key, "-CAcreateserial"],
    ):
        more = ["-extfile", names, "-days", "2", "-out", certificate] if words[0] == "x509" else []
        subprocess.run(["openssl", *map(str, [*words, *more])], check=True, capture_output=True)
    return ca_file, certificate, key


@contextlib.contextmanager
def proxying(target: int, *, password: str = "") -> Iterator[Proxy]:
    """Run a proxy that knows CONNECT and nothing else."""
    running = Proxy(port=0, target=target, password=password)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = [self.rfile.readline().decode().strip()]
            while lines[-1]:
                lines.append(self.rfile.readline().decode().strip())
            running.asked.append(lines[0])
            expected = base64.b64encode(f"user:{running.password}".encode()).decode()
            if running.password and not any(line.endswith(expected) for line in lines):
                given = "".join(line.split()[-1] for line in lines if line.lower().startswith("proxy-authorization"))
                said = f"not with {given} {base64.b64decode(given).decode()}"  # a proxy may repeat what it was sent
                self.wfile.write(f"HTTP/1.1 407 {said}\r\ncontent-length: 0\r\n\r\n".encode())
                return
            with socket.create_connection(("127.0.0.1", running.target)) as further:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pass_on(self.connection, further)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    running.port = server.server_address[1]
    with _in_thread(server):
        yield running


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextlib.contextmanager
def _in_thread(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
