"""What the servers of the stand-ins share, in their own environments: the body of a request, their port, their end."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

__all__ = ["body_of", "end_with_parent", "serve"]


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON of a request, which may be compressed."""
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    found: dict[str, Any] = json.loads(body) if body else {}
    return found


async def serve(app: Starlette, port_file: Path, *, more_ports: Sequence[int] = ()) -> None:
    """Serve on a free port of this machine, and write it into a file, with `more_ports` behind it, once it is ready."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            raise SystemExit("the front did not start")
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    half = port_file.with_suffix(".half")
    half.write_text(" ".join(map(str, [port, *more_ports])))
    half.rename(port_file)
    await serving


def end_with_parent() -> None:
    """End this process when the one that started it is gone: its end of our standard input closes."""
    threading.Thread(target=_end, daemon=True).start()


def _end() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
