"""The runner: a process that has imported everything and forks a child for each run, so that a start costs milliseconds.

    LD_PRELOAD=shim.so python -m tests.faults.nursery       one request a line on stdin, one answer a line on stdout

A child is the command `backhaul …` itself (core.cli.main) with its own output file; before it, outside of any fault, it
changes the warehouse where the request asks for that. What a request may set besides: a fault, a deliberately broken
engine by its name (see `broken`), the warehouse's clock (a counter, so that rows can change while a query runs), the
number of deltas before a compaction. Nothing of this is known to the engine.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults.shim import Shim

QUERY_SECONDS = 10
"""How far the warehouse's counter moves while a query runs."""
LONGEST_LOCK = 20.0
"""Seconds for which others may hold the warehouse's file."""


def serve() -> None:
    """Answer requests until stdin ends."""
    warm_up()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def warm_up() -> None:
    """Import what runs import, late imports too. No thread may be left but the allocator's, which minds forks itself."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy's threads would not be there in the children
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    threads = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")][1:]
    assert set(threads) <= {"jemalloc_bg_thd"}, f"threads before the first fork: {threads}"


MODULES = [
    "core.cli",
    "core.cli.run",
    "core.sync.run",
    "core.warehouses.duckdb",
    "core.warehouses.duckdb.session",
    "core.destinations.segment",
    "core.destinations.customerio",
    "core.destinations.file",
    "core.secrets",
    "core.project",
    "tests.faults.broken",
    "httpx",
    "httpcore",
    "httpcore._async",
    "httpcore._async.http11",
    "anyio",
    "anyio._backends._asyncio",
    "h11",
    "isal.igzip",
    "numpy",
    "pyarrow",
    "pyarrow.compute",
    "pyarrow.parquet",
    "duckdb",
    "sqlglot",
    "sqlglot.optimizer",
    "sqlglot.optimizer.scope",
    "sqlglot.dialects.duckdb",
    "filelock",
    "tomlkit",
    "msgspec",
    "asyncio",
    "sniffio",
    "email.utils",
    "http.cookiejar",
    "socket",
    "hashlib",
    "secrets",
    "sqlite3",
    "keyring",
]


def answer(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fork a child for the request, and one for each rival that it asks for; say how each ended."""
    if request.get("rivals") and request.get("statements"):
        change_first(request)  # or a rival would look before the rows are there that carry an earlier time
        request = {**request, "statements": []}
    rival = {**request, "statements": [], "fault": None}
    requests = [request] + [
        rival | {"output": f"{request['output']}{number + 1}"} for number in range(request.get("rivals", 0))
    ]
    children = [begin(each) for each in requests]
    return [end(child, reading, request.get("seconds", 60)) for child, reading in children]


def change_first(request: Mapping[str, Any]) -> None:
    """Change the warehouse in a child of its own, for DuckDB's threads may not be there when others are forked."""
    child = os.fork()
    if child == 0:
        code = 70
        with contextlib.suppress(BaseException):
            prepare({"statements": request["statements"], "warehouse": request["warehouse"]})
            code = 0
        os._exit(code)
    if wait(child, LONGEST_LOCK * 2) != 0:
        raise RuntimeError("the warehouse could not be changed")


def begin(request: Mapping[str, Any]) -> tuple[int, int]:
    """Fork a child that is the run; return its process and the pipe on which it tells its counts."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        be_a_run(request, writing)
    os.close(writing)
    return child, reading


def end(child: int, reading: int, seconds: float) -> dict[str, Any]:
    """Wait for a child's end, and say how it ended."""
    began = time.monotonic()
    code = wait(child, seconds)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    return {"code": code, "counts": json.loads(told) if told else {}, "seconds": time.monotonic() - began}


def wait(child: int, seconds: float) -> int | None:
    """Return the child's exit code (negative: the signal that ended it); None where it had to be ended because it hung."""
    until = time.monotonic() + seconds
    pause = 0.0005
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(pause)
        pause = min(pause * 1.2, 0.005)


def be_a_run(request: Mapping[str, Any], told: int) -> None:
    """Be the command, in the child; does not return."""
    code = 70
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.close(output)
        prepare(request)
        shim = Shim()
        shim.clock(request.get("host_clock", 0.0), request.get("clock_jumps", 0))
        shim.mirror(request.get("mirror", ""))
        shim.arm(request.get("fault"), tuple(request["folders"]))
        try:
            from core.cli import main

            code = main(request["words"])
        finally:
            counts = shim.disarm()
        os.write(told, json.dumps(counts).encode())
    except BaseException:  # noqa: BLE001 -- whatever it is, it is what the harness looks for
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def prepare(request: Mapping[str, Any]) -> None:
    """Change the warehouse as others do, and set what the request asks for."""
    if request.get("statements"):
        with warehouse(request["warehouse"]) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for statement in request["statements"]:
                connection.execute(statement)
    from core.sync.comparison import unchanged_filter

    unchanged_filter.PASSING = 3  # tables of a few rows go both ways: judged, and left behind
    if request.get("is_large"):
        unchanged_filter.MANY, unchanged_filter.TELLING, unchanged_filter.PLACES = 5, 2, 2
    if request.get("clock") is not None:
        count_the_warehouse_clock(request["clock"])
    if request.get("most_deltas") is not None:
        from core.ledger import local

        local._MOST_DELTAS = request["most_deltas"]
    if request.get("broken"):
        from tests.faults.broken import BROKEN

        BROKEN[request["broken"]].install()


def warehouse(path: str) -> Any:
    """Open the warehouse to write; a run that is at work beside this one (at once) may still be reading it."""
    import duckdb

    until = time.monotonic() + LONGEST_LOCK
    while True:
        try:
            return duckdb.connect(path)
        except duckdb.IOException:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def count_the_warehouse_clock(now: int) -> None:
    """Let the warehouse's clock be a counter that moves while a query runs."""
    from core.warehouses.duckdb.session import DuckDBSession

    counter = [now]
    stream = DuckDBSession.stream

    def streaming(self: Any, sql: str) -> Any:
        result = stream(self, sql)
        counter[0] += QUERY_SECONDS
        return result

    DuckDBSession.clock = lambda self: counter[0]
    DuckDBSession.stream = streaming


if __name__ == "__main__":
    serve()
