"""Ports of this machine that are no warehouse: they answer in another language, hang up, say nothing, or take no connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

__all__ = ["dropping", "speaking"]

HTTP = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
"""What a web server says to one who does not speak HTTP."""


@contextlib.contextmanager
def speaking(words: bytes | None) -> Iterator[int]:
    """Return a port that answers whatever it is told with `words` and hangs up; with None, it says nothing and waits."""
    held: list[socket.socket] = []

    def answer() -> None:
        with contextlib.suppress(OSError):  # the listener was closed: the test is over
            while True:
                client, _ = listener.accept()
                held.append(client)
                if words is not None:
                    with contextlib.suppress(OSError), client:  # the client may be gone
                        client.recv(1024)
                        client.sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for client in held:
                client.close()


@contextlib.contextmanager
def dropping() -> Iterator[int]:
    """Return a port that drops what is sent to it, as a firewall does: its queue of connections is full and never emptied."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]
