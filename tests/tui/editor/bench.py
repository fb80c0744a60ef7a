"""Stands in for the helper process: lint and fixes are core's own, in a thread; the rest is what the test says.

So a test can let a preview last, fail at a place, or give rows that no warehouse would. The real process has its own tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from core import project as projects
from core.lint import Context, apply_fixes, lint, page
from tests.tui.harness import until
from tui.app import Console
from tui.messages import Refused
from tui.screens.editor import Editor

ROWS = [
    {
        "place": 0,
        "marked": True,
        "values": ["u_1", "ann@example.com", 12],
        "call": {"type": "identify", "userId": "u_1"},
        "fault": None,
        "known": True,
    },
    {
        "place": 1,
        "marked": True,
        "values": ["u_2", "bob@example.com", 7],
        "call": {"type": "identify", "userId": "u_2"},
        "fault": None,
        "known": False,
    },
    {
        "place": 2,
        "marked": True,
        "values": [None, "eve@example.com", None],
        "call": None,
        "fault": "userId is null",
        "known": None,
    },
]
PREVIEW = {
    "result": "held",
    "count": 3,
    "columns": [
        {"name": "userId", "kind": "text", "type": "varchar"},
        {"name": "email", "kind": "text", "type": "varchar"},
        {"name": "score", "kind": "integer", "type": "integer"},
    ],
    "bound": 1_700_000_000,
    "more": True,
    "rows": ROWS,
    "seconds": 1.2,
}
CATALOGUE = {
    "tables": [
        {
            "schema": "app",
            "name": "users",
            "rows": 104_000,
            "is_view": False,
            "columns": [{"name": "id", "kind": "text", "type": "varchar"}],
        }
    ]
}


class Bench:
    """Answers what the editor asks. `says[do]` is an answer, an exception, or what creates one of the request's values."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.stopped: list[str] = []
        self.gate: asyncio.Event | None = None
        self.says: dict[str, Any] = {
            "warm": {},
            "preview": PREVIEW,
            "result_rows": lambda result, start, count: {"rows": ROWS[start : start + count], "count": 3},
            "complete": {"candidates": []},
            "person": lambda sync, key: {"key": key, "sync": sync, "lives": [], "asked": []},
            "result_mark": {"totals": [1, 1, 1]},
            "result_export": lambda result, file: {"rows": 3, "file": file},
            "catalogue": CATALOGUE,
            "keywords": {"keywords": [], "functions": []},
            "lint": self._lint,
            "fix": self._fix,
            "rule": lambda name: {"page": page(name)},
            "format": lambda dialect, text: {"text": text.lower()},
        }

    async def __call__(self, do: str, on_part: object = None, **values: Any) -> Any:
        self.asked.append((do, values))
        says = self.says[do]
        try:
            if self.gate is not None and do == "preview":
                await self.gate.wait()
            else:
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.stopped.append(do)
            raise
        if isinstance(says, Exception):
            raise says
        return await asyncio.to_thread(says, **values) if callable(says) else says

    def count(self, do: str) -> int:
        """Return how often something was asked."""
        return sum(1 for each, _values in self.asked if each == do)

    def _context(self, sync: str) -> Context:
        project = projects.load(self.folder)
        found = project.syncs[sync]
        return Context(dialect="duckdb", call=found.call, columns=found.columns)

    def _lint(self, sync: str, text: str) -> dict[str, Any]:
        found = lint(text, self._context(sync))
        return {
            "readable": not any(each.rule == "syntax-error" for each in found),
            "findings": [asdict(each) for each in found],
            "fields": [{"column": "id", "path": "userId", "key": True, "problem": "", "start": 0, "end": 1}],
            "incremental": "{{" in text,
            "dialect": "duckdb",
        }

    def _fix(self, sync: str, text: str, which: Any) -> dict[str, Any]:
        found = [
            each
            for each in lint(text, self._context(sync))
            if each.fix and (which == "all" or (each.rule, each.start) == (which["rule"], which["start"]))
        ]
        return {"text": apply_fixes(text, found), "fixed": len(found)}


@asynccontextmanager
async def editor(
    folder: Path, sync: str, *, size: tuple[int, int] = (80, 24), prepare: Callable[[Bench], None] | None = None
) -> AsyncIterator[tuple[Pilot[Any], Editor, Bench]]:
    """Open the console on the editor of a sync."""
    app, bench = Console(folder), Bench(folder)
    if prepare is not None:
        prepare(bench)
    app.bridge.ask = bench
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.bridge.snapshot.project is not None)
        app.open_editor(sync)
        await until(pilot, lambda: isinstance(app.page, Editor) and app.page.shown is not None)
        page_ = app.page
        assert isinstance(page_, Editor)
        await until(pilot, lambda: page_.checked or bool(page_.lint_trouble))
        yield pilot, page_, bench


def refused(message: str, **values: Any) -> Refused:
    """Return what core refuses with."""
    return Refused({"message": message, **values})
