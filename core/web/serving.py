"""The server of `backhaul web`: textual-serve's, with a page of our own that loads nothing from elsewhere, and a guard at its door.

textual-serve takes the address of its websocket from `public_url`; behind `ssh -L`, or under another name of this machine, that
would be another origin than the page's. So the page gets it from the request, whose Host the guard has approved.
"""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from textual_serve.server import Server

from core.web.guard import Door

__all__ = ["Console", "serve"]

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' {}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Console(Server):
    """Serves the console on the project of a folder, to those whom the door lets in. `print` says where it is."""

    def __init__(self, folder: Path, door: Door, told: Callable[[], None]) -> None:
        # what a browser shows has all colours, whatever the terminal has that this was started in
        program = ["env", "-u", "NO_COLOR", "COLORTERM=truecolor", "TERM=xterm-256color"]
        program += [sys.executable, "-P", "-m", "tui.main"]
        super().__init__(
            f"cd {shlex.quote(str(folder))} && exec {shlex.join(program)}",
            host=door.host,
            port=door.port,
            title="Backhaul",
            templates_path=str(_HERE),
        )
        self._door, self._told = door, told

    def initialize_logging(self) -> None:
        """Log nothing: theirs prints local variables with each traceback, and aiohttp one for each request that is malformed."""
        logging.getLogger().addHandler(logging.NullHandler())  # without any handler, Python prints to the terminal

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guarded)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing yet: it does not listen at this moment."""

    def serve(self, debug: bool = False) -> None:
        """Serve until stopped; tell once it listens. Theirs would tell before, and keep a log of all requests' addresses."""
        self.initialize_logging()
        web.run_app(
            self._make_app(), host=self.host, port=self.port, access_log=None, print=lambda *_words: self._told()
        )

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """Return the page, with the websocket's address as this browser has to call it."""
        import aiohttp_jinja2

        scheme = "wss" if request.secure or request.headers.get("X-Forwarded-Proto") == "https" else "ws"
        values: dict[str, Any] = {
            "font_size": 16,
            "app_websocket_url": f"{scheme}://{request.host}/ws",
            "application": {"name": "Backhaul"},
        }
        return aiohttp_jinja2.render_template("page.html", request, values)

    @property
    def _guarded(self) -> Any:
        @web.middleware
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            verdict = self._door.judge(
                host=request.headers.get("Host", ""),
                origin=request.headers.get("Origin"),
                cookie=request.cookies.get(self._door.cookie, ""),
                given=request.query.get("token", "") if request.path == "/" else "",
                websocket=request.path == "/ws",
            )
            if verdict.status != 200:
                return self._answered(web.Response(status=verdict.status, text=verdict.reason + "\n"), request)
            if verdict.enters:
                return self._answered(self._entered(request), request)
            response = await handler(request)
            return response if response.prepared else self._answered(response, request)

        return guarded

    def _entered(self, request: web.Request) -> web.Response:
        """Keep the token in a cookie, and take it out of the address: an address is seen, kept and passed on."""
        response = web.Response(status=303, headers={"Location": "/"})
        door = self._door
        response.set_cookie(door.cookie, door.token, httponly=True, samesite="Strict", secure=request.secure, path="/")
        return response

    def _answered(self, response: web.StreamResponse, request: web.Request) -> web.StreamResponse:
        for name, value in _HEADERS.items():
            response.headers[name] = (
                value.format(f"ws://{request.host} wss://{request.host}") if "{}" in value else value
            )
        return response


def addresses(door: Door) -> tuple[str, str]:
    """Return the address to open, and how to reach it from another machine."""
    name = f"[{door.host}]" if ":" in door.host else door.host
    token = f"?{urlencode({'token': door.token})}" if door.token else ""
    return f"http://{name}:{door.port}/{token}", f"ssh -L {door.port}:{name}:{door.port} THIS_HOST"


def serve(folder: Path, door: Door, told: Callable[[], None]) -> None:
    """Serve until stopped; `told` is called once it listens."""
    Console(folder, door, told).serve()
