"""A TCP proxy on loopback that cuts connections after so many bytes of the server, in the middle of whatever they are."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Cutting", "cutting"]


@dataclass(slots=True)
class Cutting:
    """A running proxy. `allowed` is how many bytes of the server pass from now on, None for all; `reset` cuts with an RST.

    `passed` counts what has passed since `allow`. `replaced` is what becomes of some bytes of the client, equally many, on the way: so
    a pooler that makes something else of a statement is played.
    """

    target: tuple[str, int]
    listener: socket.socket
    allowed: int | None = None
    reset: bool = False
    passed: int = 0
    cuts: int = 0
    replaced: tuple[bytes, bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def allow(self, bytes_: int | None, *, reset: bool = False) -> None:
        with self.lock:
            self.allowed, self.reset, self.passed = bytes_, reset, 0

    def serve(self) -> None:
        """Accept until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target, timeout=30)
                for work, values in ((self._upwards, (client, server)), (self._downwards, (server, client))):
                    threading.Thread(target=work, args=values, daemon=True).start()

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                server.sendall(data.replace(*self.replaced) if self.replaced else data)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _downwards(self, server: socket.socket, client: socket.socket) -> None:
        is_cut = False
        with contextlib.suppress(OSError):
            while not is_cut and (data := server.recv(65_536)):
                with self.lock:
                    room = len(data) if self.allowed is None else max(0, self.allowed - self.passed)
                    self.passed += min(room, len(data))
                    is_cut = room < len(data)
                    self.cuts += is_cut
                client.sendall(data[:room])
        if is_cut and self.reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def cutting(host: str, port: int) -> Iterator[Cutting]:
    """Start a proxy to a server, and stop it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Cutting((host, port), listener)
        thread = threading.Thread(target=proxy.serve, daemon=True)
        thread.start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
