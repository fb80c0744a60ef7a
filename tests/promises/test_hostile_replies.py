"""Replies that no server should give: 200 of them, raw, through the transport of deliveries. None raises what it should not, none fills the
memory, and none is waited for without end.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socketserver
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES = 400
ENDLESS = 64 * 1024 * 1024
"""So many bytes are sent of what has no end, unless the other side hangs up before."""


def _head(status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framed(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    return _head(status, content_length=str(len(body)), **headers) + body


def _bombs() -> Iterator[bytes]:
    """Yield bodies that become large once they are decoded."""
    zeros = bytes(100_000_000)
    small = gzip.compress(zeros, 9, mtime=0)
    deflated = zlib.compress(zeros, 9)
    twice = gzip.compress(small, 9, mtime=0)
    for status in ("200 OK", "400 Bad Request", "500 Oops", "429 Slow Down"):
        for encoding, body in (
            ("gzip", small),
            ("gzip, gzip", twice),
            ("gzip, gzip, gzip", gzip.compress(twice, 9, mtime=0)),
            ("x-gzip", small),
            ("deflate", deflated),
            ("deflate, gzip", gzip.compress(deflated, mtime=0)),
            ("br", small),
            ("gzip", small[:-9]),
            ("identity, gzip", small),
        ):
            yield _framed(body, status, content_encoding=encoding)


def _bodies() -> Iterator[bytes]:
    """Yield bodies that are hard to read."""
    texts = (
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"message": "' + b"x" * 900_000 + b'"}',
        b'{"message": ' + b"9" * 100_000 + b"}",
        b'{"message": 1e999999}',
        b'{"message": NaN, "errors": [Infinity]}',
        rb'{"message": "\ud83d"}',
        b'{"message": "\xff\xfe\x80"}',
        b"\0" * 1_000,
        b'{"message": "a", "message": {"message": ["b"]}}',
        b'{"errors": [' + b"{}," * 100_000 + b"{}]}",
        b"\xef\xbb\xbf{}",
        '{"message": "no"}'.encode("utf-16"),
        b"\x1b]0;x\x07\x9b2J",
    )
    for text, status in itertools.product(texts, ("200 OK", "207 Multi", "400 Bad Request", "503 Down")):
        yield _framed(text, status, content_type="application/json; charset=utf-99")


def _heads() -> Iterator[bytes]:
    """Yield heads that are wrong, or are too much."""
    yield from (
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\nx",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\0" * 4_096,
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 -1 OK\r\n\r\n",
        b"HTTP/1.1 0 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"k" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx\0y: z\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n x: folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \xff\xfe\r\n\r\n",
        b"HTTP/1.1 200 OK\n\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\0\0\0",
        b"HTTP/1.1 199 Odd\r\n\r\n",
        b"HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 304 Same\r\n\r\n",
        b"HTTP/1.1 599 Last\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 600 Beyond\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 999 Most\r\ncontent-length: 0\r\n\r\n",
    )
    for length in ("-1", "+5", "5, 6", "5, 5", "0x5", "99999999999999999999", "5e3", "", " 5", "\u0665", "abc"):
        yield f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nhello".encode()
    for name, value in (
        ("retry-after", "9" * 5_000),
        ("retry-after", "-1"),
        ("retry-after", "Fri, 99 Dec 9999 99:99:99 GMT"),
        ("retry-after", "1e308"),
        ("retry-after", "\xb2"),
        ("date", "Thu, 01 Jan 0000 00:00:00 GMT"),
        ("set-cookie", "a=" + "b" * 8_000),
        ("location", "http://["),
        ("content-encoding", "," * 5_000),
        ("content-type", ";" * 5_000),
        ("connection", "close, keep-alive, upgrade"),
        ("transfer-encoding", "gzip, chunked"),
        ("transfer-encoding", "identity"),
    ):
        for status in ("429 Slow", "503 Down"):
            yield _head(status, content_length="0", **{name.replace("-", "_"): value})
    for status in ("301 Moved", "302 Found", "307 Again", "308 For Good"):
        for place in ("", "//", "http://[", "javascript:x", "https://elsewhere.example/\x7f", "file:///etc/passwd"):
            yield _head(status, content_length="0", location=place)


def _chunks() -> Iterator[bytes]:
    """Yield bodies in chunks that are wrong."""
    head = _head(transfer_encoding="chunked")
    for body in (
        b"FFFFFFFFFFFFFFFF\r\nx",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5;" + b"x" * 100_000 + b"\r\nhello\r\n0\r\n\r\n",
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhel",
        b"5\r\nhelloXX0\r\n\r\n",
        b"0\r\n" + b"x: y\r\n" * 50_000 + b"\r\n",
        b"1\r\na\r\n" * 200_000,
        b"\r\n\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
    ):
        yield head + body
    yield _head(transfer_encoding="chunked", content_length="5") + b"5\r\nhello\r\n0\r\n\r\n"


NEVER_ENDING = (
    _head(content_type="text/plain"),
    _head("400 Bad Request", content_type="text/plain"),
    _head("503 Down", content_encoding="gzip"),
    _head(content_length=str(2**62)),
    b"HTTP/1.1 200 OK\r\nx: ",
    b"HTTP/1.1 ",
)
"""What follows upon these never ends."""

SENDER = """
import asyncio, json, sys
from core.destinations.base import Batch, Outcome, Request, encodable_verdict, verdict_of_status
from core.errors import DeliveryError
from core.model import Limits
from core.sync.delivery.transport import HttpTransport, NoReplyError

async def one(port, number, at_once):
    async with at_once, HttpTransport(Limits(timeout=2, connections=1)) as transport:
        request = Request(url=f"http://127.0.0.1:{port}/{number}", body=b"{}", compress=False)
        try:
            response = await transport.send(request, None)
        except (NoReplyError, DeliveryError) as error:
            str(error).encode()
            return type(error).__name__
        verdict = encodable_verdict(verdict_of_status(response, calls=3))
        verdict.reason.encode()
        assert len(verdict.reason) < 2_000 and len(response.body) <= 1024 * 1024
        return f"{response.status} {verdict.outcome.value}"

async def main(port, replies):
    at_once = asyncio.Semaphore(8)
    ended = await asyncio.gather(*[one(port, number, at_once) for number in range(replies)])
    # not getrusage, which counts the memory of the process that this one was made from
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"ended": ended, "kilobytes": int(peak.split()[1])}))

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


@contextlib.contextmanager
def answering(replies: tuple[bytes, ...], endless: tuple[bytes, ...]) -> Iterator[int]:
    """Answer the request for /N with the Nth reply, byte for byte; the endless ones go on until the other side hangs up."""

    class Handler(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError, IndexError):
                number = int(self.rfile.readline().split(b" ", 2)[1].lstrip(b"/"))
                while self.rfile.readline().strip():
                    pass
                self.wfile.write([*replies, *endless][number])
                for _ in range(ENDLESS // 65_536 if number >= len(replies) else 0):
                    self.wfile.write(b"x" * 65_536)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(20)


def test_two_hundred_hostile_replies_are_read_in_bounded_memory_and_none_raises() -> None:
    replies = (*_bombs(), *_bodies(), *_heads(), *_chunks())
    number = len(replies) + len(NEVER_ENDING)
    assert number >= 200
    with answering(replies, NEVER_ENDING) as port:
        done = subprocess.run(
            [sys.executable, "-c", SENDER, str(port), str(number)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3_000:]
    told = json.loads(done.stdout)
    assert len(told["ended"]) == number
    assert told["kilobytes"] < MOST_MEGABYTES * 1024
    assert told["ended"].count("NoReplyError") >= 20
    assert "200 acknowledged" in told["ended"]
    assert "400 refused" in told["ended"]
