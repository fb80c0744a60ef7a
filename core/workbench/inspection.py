"""What is asked of a warehouse or of the state about a sync: plan, explain, person, curl, undo. Nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core import secrets
from core.errors import UsageError
from core.json_text import to_json
from core.preview.plan import plan_json, plan_sync
from core.reports.explain import build_rejected_curl, explain_key, lives_json
from core.reports.person import known_of
from core.state.folder import StateFolder
from core.sync.planning.ledger_match import RunOptions
from core.sync.undo import plan_undo
from core.workbench.request import Request, named
from core.workbench.unsaved import Changed, changed_sync, telling

__all__ = ["curl", "explain", "person", "plan", "undo"]

_MOST_SAMPLES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan(Changed):
    full_refresh: bool = False
    samples: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explain:
    sync: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curl:
    run: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undo:
    sync: str
    run: str
    samples: int = 5


def plan(request: Request) -> Mapping[str, Any]:
    """Query and compare, and return what would be sent to each destination; what the query will cost is a part, told before it runs."""
    asked = request.asked(_Plan)
    _check("samples", asked.samples, 0, _MOST_SAMPLES)
    project = request.project()
    began = time.perf_counter()
    deliveries = plan_sync(
        project,
        changed_sync(project, asked),
        secrets.reader(project),
        accepted=RunOptions(from_zero=asked.from_zero, full_refresh=asked.full_refresh),
        samples=asked.samples,
        stopping=request.stopping,
        estimated=telling(request),
    )
    return {"deliveries": plan_json(deliveries), "seconds": time.perf_counter() - began}


def explain(request: Request) -> Mapping[str, Any]:
    """Tell the life of a key in a sync."""
    asked = request.asked(_Explain)
    project = request.project()
    sync = named(project, project.syncs, "sync", asked.sync)
    return {"lives": lives_json(explain_key(project, sync, asked.key))}


def person(request: Request) -> Mapping[str, Any]:
    """Tell what is known of a person: the lives of their key in all syncs, and what destinations say that can be asked."""
    asked = request.asked(_Explain)
    project = request.project()
    sync = named(project, project.syncs, "sync", asked.sync)
    found = known_of(project, sync, asked.key, secrets.reader(project), stopping=request.stopping)
    told = [
        {**life, "sync": name}
        for (name, _), life in zip(found.lives, lives_json(each for _, each in found.lives), strict=True)
    ]
    return {
        "key": found.key,
        "sync": sync.name,
        "lives": told,
        "asked": [to_json(asdict(each)) for each in found.asked],
    }


def curl(request: Request) -> Mapping[str, Any]:
    """Return the command that sends a rejected row again, by its number; nothing where it cannot be told."""
    asked = request.asked(_Curl)
    project = request.project()
    with StateFolder(project).store() as store:
        row = store.row("rejected_number", number=asked.number)
    if row is None or row["run"] != asked.run:
        raise UsageError("There is no such rejected row in this run.", remedy="It was settled long ago: look again.")
    sync = next((sync for sync in project.syncs.values() if sync.id == row["sync"]), None)
    known = sync is not None and row["destination"] in project.destinations
    return {"curl": build_rejected_curl(project, sync, dict(row)) if sync and known else ""}


def undo(request: Request) -> Mapping[str, Any]:
    """Say what undoing a run would send back to each destination."""
    asked = request.asked(_Undo)
    _check("samples", asked.samples, 0, _MOST_SAMPLES)
    project = request.project()
    sync = named(project, project.syncs, "sync", asked.sync)
    return {"undos": [to_json(asdict(each)) for each in plan_undo(project, sync, asked.run, samples=asked.samples)]}


def _check(name: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise UsageError(f"{name} is a number from {least:,} to {most:,}.")
