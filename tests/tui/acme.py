"""A project whose day is known to the second: real files and a real store, written as runs would have written them.

Snapshots of screens need the same numbers on every machine, which real runs cannot give (their times differ). The store is
filled through its own named statements, so it has the shape that the engine gives it; that the engine gives it this shape is
what the journeys and the tests of core.sync show.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.project import load
from core.state.folder import StateFolder
from core.store import Store
from core.sync.progress import events
from core.sync.progress.run_progress import DestinationProgress, Progress, as_json
from tests.projects import ProjectFolder

__all__ = ["NOW", "make", "make_empty"]

NOW = 1_795_269_720.0
"""2026-11-21 14:02:00 UTC."""

QUERIES = {
    "users": 'SELECT id AS "userId",\n       email AS "email",\n       plan AS "plan",   -- from billing\n       seats AS "seats"\nFROM   users\nWHERE  updated_at >= to_timestamp({{last_sync_time}})\n',
    "orders": 'SELECT user_id AS "userId", \'Order Completed\' AS "event", id AS "messageId", total AS "total"\nFROM orders\n',
    "leads": 'SELECT id AS "userId", email AS "email", score AS "score" FROM leads\n',
    "accounts": 'SELECT company_id AS "groupId", user_id AS "userId", name AS "name"\nFROM companies\n',
    "churn_scores": 'SELECT id AS "userId", churn AS "churn" FROM users\n',
}
SYNCS: dict[str, dict[str, Any]] = {
    "users": {
        "call": "identify",
        "destinations": ["cio"],
        "schedule": "every 15 minutes",
        "description": "Users whose plan or e-mail changed",
        "timezone": "Europe/Berlin",
    },
    "orders": {"call": "track", "destinations": ["segment"], "schedule": "every 15 minutes"},
    "leads": {"call": "identify", "destinations": ["cio"], "schedule": "every 2 hours"},
    "accounts": {"call": "group", "destinations": ["files"], "schedule": "daily at 06:30"},
    "churn_scores": {"call": "identify", "destinations": ["cio", "files"], "enabled": False},
}


def make_empty(folder: Path) -> ProjectFolder:
    """Make a project without anything in it."""
    project = ProjectFolder(folder)
    project.write("backhaul.toml", {"name": "acme", "secrets": {"from": "environment"}})
    return project


def make(folder: Path) -> ProjectFolder:
    """Make the project, its warehouse and its day."""
    project = make_empty(folder)
    project.duckdb(
        "CREATE TABLE users AS SELECT 'u_' || (1000 + i) AS id, 'p' || i || '@example.com' AS email, "
        "['free', 'pro', 'team'][i % 3 + 1] AS plan, (i % 9)::INTEGER AS seats, (i % 7) / 10.0 AS churn, "
        "TIMESTAMPTZ '2026-11-20 00:00:00Z' + INTERVAL (i) MINUTE AS updated_at FROM range(40) t(i)",
        "CREATE TABLE orders AS SELECT 'o_' || i AS id, 'u_' || (1000 + i % 40) AS user_id, i * 1.5 AS total FROM range(60) t(i)",
        "CREATE TABLE leads AS SELECT 'l_' || i AS id, 'l' || i || '@example.com' AS email, i % 100 AS score FROM range(20) t(i)",
        "CREATE TABLE companies AS SELECT 'c_' || (i % 5) AS company_id, 'u_' || (1000 + i) AS user_id, 'Company ' || (i % 5) AS name FROM range(20) t(i)",
    )
    project.write("destinations/cio.toml", {"type": "customerio", "region": "eu"})
    project.write("destinations/segment.toml", {"type": "segment"})
    project.file()
    for number, (name, values) in enumerate(SYNCS.items(), 1):
        project.write(f"syncs/{name}.sql", QUERIES[name])
        project.write(f"syncs/{name}.toml", {"id": f"s{number}", "source": "warehouse", **values})
    loaded = load(project.folder)
    assert not loaded.broken, loaded.broken
    state = StateFolder(loaded)
    with state.store() as store, store.transaction():
        _fill(store)
    state.log(PLAYED).write_bytes(b"".join(_log()))
    return project


PLAYED = "10f2c010"
"""The run of users that has a log."""


def _log() -> Iterator[bytes]:
    """Yield the log of the run of users in which 38 rows were refused, as the engine writes it."""
    began = NOW - 215
    run: dict[str, Any] = {"run": PLAYED, "sync": "users"}
    to: dict[str, Any] = {**run, "destination": "cio", "delivery": f"d{PLAYED}"}
    counts = {"added": 11_204, "changed": 38, "removed": 0, "unchanged": 0, "retried": 7, "refused": 0}
    reason = "429 slow down"
    told: list[tuple[float, events.Event]] = [
        (0.0, events.Started(**run, cause="daemon")),
        *(
            (2.0 * n, events.Querying(**run, rows=700 * n, bound=int(began) - 900, seconds=2.0 * n))
            for n in range(1, 16)
        ),
        (31.0, events.Queried(**run, rows=11_242, seconds=31.0)),
        (35.0, events.Planned(**to, **counts, rows=11_242, calls=11_242, batches=12, notes=())),
        *((36.0 + n, _answered(to, n + 1)) for n in range(6)),
        (42.0, events.Retrying(**to, reason=reason, attempt=1, attempts=5, wait=30.0)),
        *((76.0 + 3 * n, _answered(to, n + 7)) for n in range(6)),
        (
            95.0,
            events.Committed(
                **to, acknowledged=11_204, rejected=38, unchanged=0, held_back=0, last_sync_time=int(began)
            ),
        ),
        (95.0, events.Ended(**run, state="partial", seconds=95.0)),
    ]
    for after, event in told:
        yield json.dumps({"at": began + after, **events.as_json(event)}).encode() + b"\n"


def _answered(to: dict[str, Any], batches: int) -> events.Answered:
    rejected = min(batches * 4, 38)
    done = 11_242 if batches == 12 else batches * 937
    return events.Answered(**to, calls=11_242, acknowledged=done - rejected, rejected=rejected, seconds=1.0)


def _fill(store: Store) -> None:
    for number, values in enumerate(SYNCS.values(), 1):
        for destination in values["destinations"]:
            store.do(
                "insert_ledger",
                id=f"l{number}{destination}",
                sync=f"s{number}",
                destination=destination,
                host="h",
                account="",
                key="userId",
                digest="d",
                form=1,
                created=NOW - 90_000,
            )
            store.do(
                "set_ledger_committed",
                id=f"l{number}{destination}",
                digest="d",
                form=1,
                shape=None,
                full_rows=None,
                clock=int(NOW) - 1020,
            )
    day = (
        (5400, "accounts", "succeeded", 41, 0, 3.0),
        (5100, "users", "succeeded", 690, 0, 11.0),
        (4200, "leads", "partial", 900, 12, 12.0),
        (3900, "orders", "succeeded", 95_310, 0, 58.0),
        (3600, "churn_scores", "succeeded", 0, 0, 5.0),
        (3300, "users", "succeeded", 774, 0, 11.0),
        (2100, "orders", "succeeded", 97_204, 0, 61.0),
        (1800, "users", "succeeded", 0, 0, 5.0),
        (1020, "users", "stopped", 0, 0, 4.0),
        (360, "accounts", "succeeded", 1208, 0, 4.0),
        (215, "users", "partial", 11_204, 38, 95.0),
    )
    for number, (age, name, state, sent, rejected, seconds) in enumerate(day):
        _run(store, f"{number:02}f2c{number:03}", name, state, NOW - age, sent, rejected, seconds)
    _failed(store)
    _running(store)
    store.do("begin_daemon", process=os.getpid(), host=socket.gethostname(), version="0.1.0", now=NOW - 7200, workers=4)
    store.do("beat", now=NOW - 2, running=1, waiting=0)


def _run(
    store: Store, run: str, name: str, state: str, started: float, sent: int, rejected: int, seconds: float
) -> None:
    """Write a run, its delivery, its rejected rows and its log as the engine does."""
    sync = f"s{list(SYNCS).index(name) + 1}"
    destination = SYNCS[name]["destinations"][0]
    rows = sent + rejected
    store.do("insert_run", id=run, sync=sync, name=name, cause="daemon", started=started, process=os.getpid())
    store.do("set_run_bound", id=run, bound=int(started) - 900)
    store.do("set_run_rows", id=run, rows=rows)
    questions = [_QUESTION | {"destination": destination}] if state == "stopped" else None
    target = DestinationProgress(
        destination=destination,
        state="committed",
        added=sent,
        calls=rows,
        batches=12,
        batches_answered=12,
        acknowledged=sent,
        rejected=rejected,
    )
    progress = Progress(
        phase="done",
        rows=rows,
        seconds={"query": seconds * 0.33, "plan": seconds * 0.04, "deliver": seconds * 0.63},
        at=started + seconds,
        destinations=(target,),
    )
    if state != "stopped":
        _delivery(store, run, sync, destination, started, sent, rejected)
    for number in range(rejected):
        _rejected(store, run, sync, destination, number, started)
    store.do(
        "end_run",
        id=run,
        state=state,
        ended=started + seconds,
        error=None,
        remedy=None,
        progress=as_json(progress),
        questions=json.dumps(questions) if questions else None,
    )


_QUESTION = {
    "guard": "max_null",
    "message": "'plan' turned to null in 3,120 of 4,063 known rows.",
    "remedy": "Check where the query takes it from; run with --yes if it is meant, or raise max_null.",
    "evidence": [],
    "acceptable": True,
}


def _delivery(store: Store, run: str, sync: str, destination: str, started: float, sent: int, rejected: int) -> None:
    store.do(
        "insert_delivery",
        id=f"d{run}",
        run=run,
        sync=sync,
        destination=destination,
        ledger=f"l{sync[1:]}{destination}",
        call="identify",
        plan=None,
        plan_bytes=0,
        plan_digest="",
        clock=int(started),
        digest="d",
        form=1,
        rows=sent + rejected,
        full_rows=None,
        added=sent,
        changed=rejected,
        removed=0,
        unchanged=0,
        retried=7 if rejected else 0,
        superseded=0,
        refused=0,
        calls=sent + rejected,
        batches=12,
        notes="[]",
        created=started,
        kind="sync",
        accepted=None,
        ordered=0,
        deletes=0,
        assumed=0,
        canary=None,
        shape=None,
    )
    store.do(
        "commit_delivery",
        id=f"d{run}",
        acknowledged=sent,
        rejected=rejected,
        held_back=0,
        given_up=0,
        ended=started + 1,
    )


def _rejected(store: Store, run: str, sync: str, destination: str, number: int, at: float) -> None:
    limited = number % 6 == 5
    who = f"user_{884 + number}"
    email = ("ann@", "n/a", "-", "tbd", "x@@y.de")[number % 5]
    call = {
        "type": "identify",
        "messageId": f"41aa{number:04}",
        "userId": who,
        "traits": {"email": email, "plan": "pro"},
    }
    store.do(
        "insert_rejected",
        ledger=f"l{sync[1:]}{destination}",
        sync=sync,
        destination=destination,
        delivery=f"d{run}",
        run=run,
        sequence=number,
        key=f"{run}{number}".encode(),
        fingerprint=b"f" * 16,
        identity=json.dumps({"userId": who}),
        message_id=f"41aa{number:04}",
        call=json.dumps(call),
        row=None,
        attempts=5 if limited else 1,
        reason="rate limited after 5 tries" if limited else "email is not valid",
        status=429 if limited else 400,
        request=json.dumps({"batch": [call]}),
        response=None
        if limited
        else json.dumps({"errors": [{"reason": "INVALID_EMAIL", "field": "email", "message": "email is not valid"}]}),
        now=at,
    )


def _failed(store: Store) -> None:
    run = "e1f2c0de"
    store.do("insert_run", id=run, sync="s3", name="leads", cause="daemon", started=NOW - 90.0, process=os.getpid())
    store.do(
        "end_run",
        id=run,
        state="failed",
        ended=NOW - 78.0,
        error="cio.example: the API key was refused (401).",
        remedy="Make a new key in Customer.io, and keep it with `backhaul secret set destinations/cio.api_key`.",
        progress=None,
        questions=None,
    )


def _running(store: Store) -> None:
    target = DestinationProgress(
        destination="segment",
        delivery="dlive",
        state="sending",
        added=812,
        changed=63,
        removed=20,
        calls=100_000,
        batches=100,
        batches_answered=65,
        acknowledged=64_109,
        rejected=3,
        retried=2,
    )
    progress = Progress(
        phase="deliver",
        rows=100_000,
        seconds={"query": 31.0, "plan": 4.0, "deliver": 43.0},
        at=NOW - 1,
        destinations=(target,),
        answered=64_112,
        rates=(300.0, 700.0, 1100.0, 1500.0, 1480.0, 1490.0, 1470.0, 1480.0),
    )
    store.do(
        "insert_run", id="11c0ffee", sync="s2", name="orders", cause="daemon", started=NOW - 78.0, process=os.getpid()
    )
    store.do("set_run_progress", id="11c0ffee", progress=as_json(progress))
