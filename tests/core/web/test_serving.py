"""The console in a browser: real requests, a real websocket, a real Chromium where there is one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from core import demo
from core.web.guard import Door
from tests.projects import backhaul
from tests.servers.browser import browsing, found

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Served:
    """A console that is served: the address that was printed, its port and its token, and all that was said."""

    address: str
    said: str
    later: list[str]
    """What it printed until its end, once it has ended."""

    @property
    def base(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    @property
    def cookie(self) -> str:
        return f"{Door(host='127.0.0.1', port=1, token=self.token).cookie}={self.token}"


@contextlib.contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    port = free_port()
    command = [sys.executable, "-m", "tui.main", "web", "--port", str(port), "--project", str(folder), *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True, cwd=folder
    )
    more: list[str] = []
    try:
        assert process.stdout is not None
        said, end = "", time.monotonic() + 40
        while "^C stops it" not in said and time.monotonic() < end:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield Served(re.findall(r"http://\S+", said)[0], said, more)
    finally:
        process.terminate()
        more.append(process.communicate(timeout=20)[0])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "backhaul-demo"
    assert demo.make(folder)
    return folder


@pytest.fixture(scope="module")
def served(company: Path) -> Iterator[Served]:
    with serving(company) as found:
        yield found


async def status(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status


def test_it_says_where_it_is_and_how_to_reach_it_from_elsewhere(served: Served) -> None:
    port = urlsplit(served.address).port
    assert served.base == f"http://127.0.0.1:{port}"
    assert f"ssh -L {port}:127.0.0.1:{port}" in served.said
    assert len(served.token) >= 32


async def test_nothing_is_served_without_the_token(served: Served) -> None:
    for path in ("/", "/ws", "/static/js/textual.js", "/static/", "/download/x", "/nothing", "/?token=wrong"):
        origin = {"Origin": served.base} if path == "/ws" else {}
        assert await status(served.base + path, **origin) == 401, path


async def test_the_token_opens_the_page_once_and_leaves_the_address(served: Served) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(served.address, allow_redirects=False) as first:
            cookie = first.headers["Set-Cookie"]
        assert (first.status, first.headers["Location"]) == (303, "/")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        async with session.get(served.base + "/") as page:
            text = await page.text()
        assert (page.status, page.headers["X-Frame-Options"]) == (200, "DENY")
        assert served.token not in text
        assert not re.findall(r"https?://", text)
        port = urlsplit(served.base).port
        assert f'data-session-websocket-url="ws://127.0.0.1:{port}/ws"' in text
        async with session.get(served.base + "/static/js/textual.js") as script:
            assert script.status == 200


async def test_two_servers_of_one_machine_keep_a_browser_logged_in_to_both(company: Path, served: Served) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    with serving(company) as other:
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            for address in (served.address, other.address):
                async with session.get(address) as entered:
                    assert entered.status == 200
            for base in (served.base, other.base):
                async with session.get(base + "/") as page:
                    assert page.status == 200


MALFORMED = (
    b"GET / HTTP/1.1\r\nHost: \x00\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: \xff=\xfe;;=\r\n\r\n",
    b"GET /?token=%ff%fe&token[]=1 HTTP/1.1\r\nHost: [::\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
)


def test_requests_that_are_malformed_print_nothing(company: Path) -> None:
    with serving(company) as one:
        port = urlsplit(one.base).port
        for request in MALFORMED:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while connection.recv(65_536):
                        pass
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(f"GET /?token={one.token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            assert connection.recv(65_536).startswith(b"HTTP/1.1 303")
    assert "Traceback" not in one.later[0]
    assert "rror" not in one.later[0]


async def test_other_names_and_other_sites_are_refused_though_they_have_the_cookie(served: Served) -> None:
    cookie = served.cookie
    assert await status(served.base + "/", Host="evil.example", Cookie=cookie) == 421
    assert await status(served.base + "/", Origin="http://evil.example", Cookie=cookie) == 403
    async with aiohttp.ClientSession(headers={"Cookie": cookie}) as session:
        for origin, refused in (("http://evil.example", 403), (None, 403), ("null", 403)):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await session.ws_connect(served.base + "/ws", origin=origin)
            assert caught.value.status == refused
        async with session.ws_connect(f"{served.base}/ws?width=100&height=30", origin=served.base) as opened:
            heard = b""
            async with asyncio.timeout(60):
                while b"orders" not in heard:
                    heard += (await opened.receive()).data


@pytest.mark.parametrize(
    "words", [("--host", "0.0.0.0"), ("--host", "0.0.0.0", "--no-token"), ("--host", "example.invalid", "--token")]
)
def test_an_address_that_others_reach_is_refused_without_a_token(company: Path, words: tuple[str, ...]) -> None:
    done = backhaul("web", *words, folder=company, timeout=60)
    assert done.code == 2
    assert "other machines" in done.err or "Choose another" in done.err


def test_a_port_that_is_taken_is_told(company: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = backhaul("web", "--port", str(taken.getsockname()[1]), folder=company, timeout=60)
    assert (done.code, "Choose another with --port" in done.err) == (2, True)


async def test_the_console_works_in_a_browser_and_asks_nothing_of_anybody_else(served: Served, tmp_path: Path) -> None:
    if found() is None:
        pytest.skip("no Chromium is installed: the served console is looked at in one")
    async with browsing(tmp_path / "profile") as browser:
        await browser.open(served.address)
        await browser.sees("orders")
        await browser.press("4")
        await browser.sees("No run yet")
        assert await browser.evaluate("location.href") == served.base + "/"
        assert await browser.evaluate("document.cookie") == ""
        await browser.picture(tmp_path / "page.png")
        own = (served.base, served.base.replace("http", "ws"), "data:", "blob:")
        assert [url for url in browser.asked if not url.startswith(own)] == []
        assert any("/ws" in url for url in browser.asked)
