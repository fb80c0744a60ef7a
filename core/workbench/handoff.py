"""What is asked that others are told or given: a test of an alert, the bundle of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core import secrets
from core.errors import UsageError
from core.paths import expanded
from core.reports import history
from core.state.folder import StateFolder
from core.workbench.request import Request

__all__ = ["bundle", "test_alert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alert:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bundle:
    run: str
    file: str


def test_alert(request: Request) -> Mapping[str, Any]:
    """Send a test notice of an alert; return whether it arrived, and what was answered."""
    from core.alerts import Alerts

    asked = request.asked(_Alert)
    project = request.project()
    with StateFolder(project).store() as store:
        answer = asyncio.run(Alerts(project, store, secrets.reader(project)).test(asked.name))
    return {"arrived": answer.arrived, "said": answer.said}


def bundle(request: Request) -> Mapping[str, Any]:
    """Write the bundle of a run into a file, named from the project's folder."""
    from core.bundle import write_bundle

    asked = request.asked(_Bundle)
    project = request.project()
    state = StateFolder(project)
    try:
        file = (project.folder / expanded(asked.file)).absolute()
    except (ValueError, RuntimeError) as error:  # a NUL in it, or ~ and a name that nobody has
        raise UsageError(f"{asked.file[:80]!r} is no name for a file: {error}.") from error
    with state.store() as store:
        run = history.run(store, asked.run)
        if run is None:
            raise UsageError(f"There is no run {asked.run!r} any more.")
        made = write_bundle(project, store, run, file, state.log(run.id), secrets.reader(project))
    return {"file": str(made.file), "files": len(made.files), "bytes": made.bytes, "masked": made.masked}
