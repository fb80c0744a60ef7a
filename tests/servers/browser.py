"""A headless Chromium for a test, driven by its DevTools protocol; it reaches nothing but what the test names."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

__all__ = ["Browser", "browsing", "found"]

_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--remote-debugging-port=0",
    "--window-size=1300,900",
)


def found() -> str | None:
    """Return the browser of this machine, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page. `asked` are the addresses that it has requested."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.asked: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if said.get("id") in self._waiting:
                self._waiting.pop(said["id"]).set_result(said)
            elif said.get("method") == "Network.requestWillBeSent":
                self.asked.append(said["params"]["request"]["url"])
            elif said.get("method") == "Network.webSocketCreated":
                self.asked.append(said["params"]["url"])

    async def do(self, method: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        answer = self._waiting[self._number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._number, "method": method, "params": values})
        said = await asyncio.wait_for(answer, 30)
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    async def open(self, url: str) -> None:
        """Go to an address; what comes over websockets is kept for `shown`."""
        await self.do("Network.enable")
        await self.do("Page.enable")
        await self.do("Page.addScriptToEvaluateOnNewDocument", source=_KEEPS)
        await self.do("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        result = await self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        return result["result"].get("value")

    async def sees(self, text: str, *, seconds: float = 40.0) -> None:
        """Wait until the terminal was sent a text."""
        for _ in range(int(seconds / 0.2)):
            if text in str(await self.evaluate("window.heard || ''")):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{text!r} did not come; the page says {await self.evaluate('document.body.innerText')!r}")

    async def press(self, key: str) -> None:
        """Press a key that writes a character."""
        await self.do("Input.dispatchKeyEvent", type="keyDown", text=key, key=key, unmodifiedText=key)
        await self.do("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self, file: Path) -> None:
        picture = base64.b64decode((await self.do("Page.captureScreenshot"))["data"])
        await asyncio.to_thread(file.write_bytes, picture)

    async def close(self) -> None:
        self._reading.cancel()
        await self._socket.close()


_KEEPS = """
window.heard = '';
const Theirs = window.WebSocket;
window.WebSocket = class extends Theirs {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', async (event) => {
      window.heard += typeof event.data === 'string' ? event.data
        : new TextDecoder().decode(event.data instanceof Blob ? await event.data.arrayBuffer() : event.data);
    });
  }
};
"""


@contextlib.asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Browser]:
    """Start a browser with a profile of its own in a folder; it ends with the block."""
    program = found()
    assert program is not None
    words = [program, *_QUIET, f"--user-data-dir={folder}", "about:blank"]
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                pages = await answer.json()
            page = next(each for each in pages if each["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                browser = Browser(socket)
                yield browser
                await browser.close()
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def _port(file: Path) -> str:
    """Wait for the port that the browser listens on."""
    for _ in range(300):
        if lines := await asyncio.to_thread(_lines, file):
            return lines[0]
        await asyncio.sleep(0.1)
    raise AssertionError("The browser did not start.")


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
