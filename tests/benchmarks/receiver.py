"""The receiver of the benchmarks: takes requests on loopback as fast as Python can, counts them, and answers 200.

    python receiver.py PORT_FILE

It reads no more than it must, so that what is measured is the sender, not this.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

REPLY = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"success":true}'


class Taking(asyncio.Protocol):
    """One connection, kept alive."""

    requests = 0
    bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.head = b""
        self.left = 0
        self.counting = False

    def data_received(self, data: bytes) -> None:
        while data:
            if self.left:
                taken = min(self.left, len(data))
                self.left -= taken
                data = data[taken:]
                if not self.left:
                    self.answer()
                continue
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data, self.head = self.head[:end], self.head[end + 4 :], b""
            self.counting = head.startswith(b"GET")
            self.left = self.length(head)
            Taking.bytes += self.left
            if not self.left:
                self.answer()

    def length(self, head: bytes) -> int:
        lines = (line.split(b":", 1) for line in head.split(b"\r\n")[1:])
        return next((int(value) for name, value in lines if name.lower() == b"content-length"), 0)

    def answer(self) -> None:
        if self.counting:
            body = json.dumps({"requests": Taking.requests, "bytes": Taking.bytes}).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            return
        Taking.requests += 1
        self.transport.write(REPLY)


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", 0)
    port_file = Path(sys.argv[1])
    unfinished = port_file.with_suffix(".new")
    unfinished.write_text(str(server.sockets[0].getsockname()[1]))
    unfinished.replace(port_file)
    await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is meant for the one that started it, which ends it
        asyncio.run(main())
