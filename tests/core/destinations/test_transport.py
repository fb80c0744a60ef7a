"""How requests leave this machine: over real sockets, into real files."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gzip
import http.server
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.destinations.base import Request, Response
from core.errors import DeliveryError
from core.model import CallType, Limits
from core.sync.delivery.transport import FileTransport, HttpTransport, NoReplyError, open_transport
from tests.core.destinations.harness import HARNESSES, SECRET, batch_of
from tests.servers.postgres import free_port
from tests.servers.receiving import Receiver, receiving

LIMITS = Limits(timeout=0.5, connections=2)
TRACK = batch_of(CallType.TRACK)


def send(request: Request, limits: Limits = LIMITS) -> Response:
    async def once() -> Response:
        async with HttpTransport(limits) as transport:
            assert await transport.position(request) is None
            return await transport.send(request, None)

    return asyncio.run(once())


def request_to(url: str) -> Request:
    return HARNESSES["customerio"].plugin(url=url).request(TRACK)


def append(request: Request, position: int | None = None) -> Response:
    async def once() -> Response:
        async with FileTransport() as transport:
            remembered = await transport.position(request) if position is None else position
            return await transport.send(request, remembered)

    return asyncio.run(once())


class Raw(socketserver.ThreadingTCPServer):
    """A server that answers each request with the same bytes, and counts its connections and the cookies that come back."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: bytes) -> None:
        self.answer, self.connections, self.cookies = answer, 0, 0
        super().__init__(("127.0.0.1", 0), RawHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class RawHandler(socketserver.StreamRequestHandler):
    server: Raw

    def handle(self) -> None:
        self.server.connections += 1
        while line := self.rfile.readline():
            length = 0
            while line not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                self.server.cookies += name.lower() == b"cookie"
                line = self.rfile.readline()
            self.rfile.read(length)
            self.wfile.write(self.server.answer)


@contextlib.contextmanager
def raw(answer: bytes) -> Iterator[Raw]:
    with Raw(answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def statuses(url: str, times: int) -> list[int]:
    async with HttpTransport(LIMITS) as transport:
        return [(await transport.send(request_to(url), None)).status for _ in range(times)]


def test_a_second_reply_to_a_request_is_not_the_reply_to_the_next() -> None:
    """What is left of a reply would wait in the connection, and be taken for what the next request was answered."""
    refused = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"
    with raw(refused + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as server:
        assert set(asyncio.run(statuses(server.url, 6))) == {400}
    with raw(refused) as server:  # one whose replies are whole is asked again on the same connection
        assert set(asyncio.run(statuses(server.url, 6))) == {400}
        assert server.connections == 1


def test_no_cookie_of_a_reply_is_kept() -> None:
    with raw(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}") as server:
        assert asyncio.run(statuses(server.url, 5)) == [200] * 5
        assert server.cookies == 0


def test_a_request_arrives_whole_and_compressed(receiver: Receiver) -> None:
    request = request_to(receiver.url)
    assert send(request).status == 200
    (record,) = receiver.records()
    assert record.path == "/v1/batch"
    assert record.body == request.body
    assert record.headers["content-encoding"] == "gzip"
    assert record.headers["user-agent"].startswith("backhaul/")
    assert record.headers["content-type"] == "application/json"
    assert record.headers["x-strict-mode"] == "1"
    assert record.headers["accept-encoding"] == "gzip, deflate"
    assert record.headers["authorization"] == HARNESSES["customerio"].authorization


def test_the_same_request_is_the_same_bytes_on_the_wire(receiver: Receiver) -> None:
    request = request_to(receiver.url)
    send(request)
    send(request)
    first, second = receiver.records()
    assert (first.headers["content-length"], first.body) == (second.headers["content-length"], second.body)


def test_a_body_travels_as_it_is_where_the_receiver_takes_no_gzip(receiver: Receiver) -> None:
    send(dataclasses.replace(request_to(receiver.url), compress=False))
    (record,) = receiver.records()
    assert "content-encoding" not in record.headers
    assert int(record.headers["content-length"]) == len(record.body)


def test_a_redirect_is_not_followed_and_the_key_stays_at_home(receiver: Receiver, tmp_path: Path) -> None:
    with receiving(tmp_path / "elsewhere") as elsewhere:
        for status in (301, 302, 307, 308):
            receiver.behave({"status": status, "headers": {"location": f"{elsewhere.url}/batch"}})
            with pytest.raises(DeliveryError, match="redirects to") as error:
                send(request_to(receiver.url))
            assert "url" in error.value.remedy
        receiver.behave({"status": 304})
        with pytest.raises(DeliveryError, match="does not say where"):
            send(request_to(receiver.url))
        assert elsewhere.count()["requests"] == 0


@pytest.mark.parametrize(
    "url", ["http://example.com/v1", "http://10.0.0.1/v1", "http://127.0.0.1.example.com/v1", "http://[::2]/v1"]
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(DeliveryError, match="without encryption") as error:
        send(request_to(url))
    assert "https" in error.value.remedy


@pytest.mark.parametrize(
    "url", ["ftp://example.com/v1", "example.com/v1", "https://", "https://[::1", "https://a:port/v1", "https://a\x00b"]
)
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    with pytest.raises(DeliveryError, match="is not a valid URL") as error:
        send(request_to(url))
    assert error.value.remedy


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(tmp_path / "proxy") as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(request_to(receiver.url)).status == 200
        assert proxy.count()["requests"] == 0
    assert len(receiver.records()) == 1


@pytest.mark.parametrize(
    "behaviour",
    [{"close": True}, {"hang": 1.5}, {"lose_reply": True}],
    ids=["dropped", "silent", "taken, then dropped"],
)
def test_a_missing_reply_is_told_from_a_refusal(receiver: Receiver, behaviour: dict[str, object]) -> None:
    receiver.behave(behaviour)
    with pytest.raises(NoReplyError):
        send(request_to(receiver.url))
    assert send(request_to(receiver.url)).status == 200


def test_a_closed_port_is_a_missing_reply() -> None:
    with pytest.raises(NoReplyError, match="ConnectError"):
        send(request_to(f"http://127.0.0.1:{free_port()}/v1"))


@pytest.fixture
def speaking() -> Iterator[tuple[str, list[bytes]]]:
    """A server that says whatever it is told to, whatever is asked."""
    words: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                for word in words:
                    connection.sendall(word)
                    time.sleep(0.3)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", words
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x16\x03\x01\x00\x00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"",
    ],
    ids=["another protocol", "TLS", "half a body", "no status", "nothing"],
)
def test_rubbish_is_a_missing_reply(speaking: tuple[str, list[bytes]], answer: bytes) -> None:
    url, words = speaking
    words.append(answer)
    with pytest.raises(NoReplyError):
        send(request_to(url))


def test_a_reply_that_never_ends_is_given_up_after_the_timeout(speaking: tuple[str, list[bytes]]) -> None:
    url, words = speaking
    words += [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"."] * 20]
    with pytest.raises(NoReplyError):
        send(request_to(url))


def test_a_very_long_reply_is_cut(receiver: Receiver) -> None:
    receiver.behave({"status": 422, "body": "x" * 3_000_000})
    assert len(send(request_to(receiver.url)).body) == 1024 * 1024


TAKEN = gzip.compress(b"taken", mtime=0)
BOMB = gzip.compress(gzip.compress(bytes(1_000_000_000), 9, mtime=0), 9, mtime=0)
"""Two layers over a gigabyte of nothing: 4 KB or so."""


@pytest.mark.parametrize(
    ("encoding", "body", "read"),
    [
        ("gzip", TAKEN, b"taken"),
        ("x-gzip", TAKEN, b"taken"),
        ("GZIP", TAKEN, b"taken"),
        ("deflate", zlib.compress(b"taken"), b"taken"),
        ("deflate", zlib.compress(b"taken")[2:-4], b"taken"),
        ("identity", b"taken", b"taken"),
        ("gzip", b"", b""),
        ("gzip", b"no gzip", b"no gzip"),
        ("gzip", TAKEN[:-9] + b"\xff" * 9, None),
        ("deflate", b"\xff\xfe no deflate", b"\xff\xfe no deflate"),
        ("br", b"\x0b\x02\x80taken\x03", b"\x0b\x02\x80taken\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd"),
        ("gzip, nonsense", b"taken", b"taken"),
        ("gzip, gzip", BOMB, gzip.decompress(BOMB)),
        ("gzip", gzip.compress(bytes(50_000_000), mtime=0), bytes(1024 * 1024)),
    ],
    ids=[
        *(
            "gzip",
            "x-gzip",
            "GZIP",
            "deflate",
            "bare deflate",
            "identity",
            "nothing",
            "no gzip",
            "a wrong end",
            "no deflate",
        ),
        *("br", "zstd", "no such encoding", "two layers", "a long body"),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_the_status_of_a_reply_counts_however_its_body_is_encoded(
    receiver: Receiver, status: int, encoding: str, body: bytes, read: bytes | None
) -> None:
    text = body.decode("utf-8", "surrogateescape")
    receiver.behave(*[{"status": status, "body": text, "headers": {"content-encoding": encoding}}] * 2)
    response = send(request_to(receiver.url))
    assert response.status == status
    assert read is None or response.body == read


def test_a_key_that_a_reply_repeats_is_taken_out(receiver: Receiver) -> None:
    authorization = HARNESSES["customerio"].authorization
    receiver.behave({"status": 401, "body": f"bad key {SECRET} in {authorization}"})
    response = send(request_to(receiver.url))
    assert SECRET.encode() not in response.body
    assert authorization.split()[1].encode() not in response.body
    assert "bad key •••••• in Basic ••••••" in response.body.decode()


def test_a_certificate_that_nobody_signed_is_not_trusted(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*words, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    heard: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)

    class Quiet(http.server.HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with pytest.raises(NoReplyError, match="certificate verify failed"):
            send(request_to(f"https://127.0.0.1:{server.server_address[1]}/v1"))
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert heard == []


def test_a_file_is_made_with_its_folder_and_appended_to(tmp_path: Path) -> None:
    file = tmp_path / "with space" / "ünder" / "people.jsonl"
    request = Request(url=file.as_uri(), body=b'{"a":1}\n', compress=False)
    assert append(request).status == 200
    assert append(request).status == 200
    assert file.read_bytes() == b'{"a":1}\n{"a":1}\n'


def test_what_was_not_recorded_as_answered_is_cut_off_and_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    request = Request(url=file.as_uri(), body=b'{"b":2}\n', compress=False)
    file.write_bytes(b'{"a":1}\n{"b":')
    append(request, position=8)
    assert file.read_bytes() == b'{"a":1}\n{"b":2}\n'
    append(request, position=8)
    assert file.read_bytes() == b'{"a":1}\n{"b":2}\n'


def test_a_file_that_was_cleared_by_others_is_not_padded_with_zeros(tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(b"")
    append(Request(url=file.as_uri(), body=b"{}\n", compress=False), position=500)
    assert file.read_bytes() == b"{}\n"


@pytest.mark.parametrize("place", ["folder", "below a file"])
def test_a_file_that_cannot_be_written_says_so_and_what_to_do(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "plain").write_text("")
    file = tmp_path / "folder.jsonl" if place == "folder" else tmp_path / "plain" / "people.jsonl"
    with pytest.raises(DeliveryError, match="could not be written") as error:
        append(Request(url=file.as_uri(), body=b"{}\n", compress=False))
    assert error.value.where == str(file)
    assert "the plan is kept" in error.value.remedy


def test_a_destination_type_chooses_its_transport() -> None:
    assert isinstance(open_transport("file", LIMITS), FileTransport)
    http_transport = open_transport("http", LIMITS)
    assert isinstance(http_transport, HttpTransport)
    asyncio.run(http_transport.__aexit__(None, None, None))
