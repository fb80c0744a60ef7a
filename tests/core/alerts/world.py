"""A project with syncs whose runs are written into its store by hand, and a clock that is moved."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.alerts import Alerts
from core.alerts.senders import Sender
from core.alerts.texts import Notice
from core.errors import BackhaulError, SecretError
from core.model import Alert, AlertTo, CallType, Project, Secret, Sync, Trouble
from core.store import Store

__all__ = ["START", "World"]

START = 1_760_000_000.0

EVERY = tuple(Trouble)


class World:
    """A project `acme` with the syncs that are named, an alert `team` unless others are given, and the time `now`."""

    def __init__(self, folder: Path, *names: str, **alert: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.now = START
        self.secrets: dict[str, str] = {}
        self.logged: list[tuple[str, str, dict[str, Any]]] = []
        self._number = 0
        self.store = Store(folder)
        made = Alert(**({"name": "team", "to": AlertTo.TERMINAL, "on": EVERY} | alert))
        syncs = {name: self._sync(folder, name) for name in names or ("users",)}
        self.project = Project(
            name="acme", folder=folder, state=folder, sources={}, destinations={}, syncs=syncs, alerts={made.name: made}
        )

    @staticmethod
    def _sync(folder: Path, name: str) -> Sync:
        return Sync(
            name=name,
            id=f"id-{name}",
            description="",
            source="db",
            destinations=("cio",),
            call=CallType.IDENTIFY,
            query="SELECT id, email FROM people",
            schedule="every 1 hour",
            path=folder / "syncs" / f"{name}.toml",
        )

    def secret(self, name: str) -> Secret:
        if name not in self.secrets:
            raise SecretError(f"There is no secret {name}.", remedy="Set it.")
        from core.redaction import remember_secret

        remember_secret(self.secrets[name])
        return Secret(self.secrets[name])

    def change(self, name: str, **values: Any) -> None:
        """Change a sync's file."""
        self.project = replace(
            self.project, syncs={**self.project.syncs, name: replace(self.project.syncs[name], **values)}
        )

    def alerts(self, **sender: Any) -> Alerts:
        """Return the alerts as a daemon that has just begun has them."""
        made = Sender(project=self.project, store=self.store, secrets=self.secret, **sender) if sender else None
        return Alerts(self.project, self.store, self.secret, lambda: self.now, log=self._log, sender=made)

    def _log(self, level: str, what: str, /, **fields: Any) -> None:
        self.logged.append((level, what, fields))

    async def check(self, seconds: float = 15.0, problem: BackhaulError | None = None, **sender: Any) -> list[str]:
        """Let time go by, and look; return what was told, in short."""
        self.now += seconds
        return [short(notice) for notice in await self.alerts(**sender).check(problem=problem)]

    def run(
        self,
        name: str = "users",
        state: str = "succeeded",
        *,
        error: str = "",
        remedy: str = "",
        questions: Any = None,
        sent: int = 0,
        reasons: dict[str, int] | None = None,
        process: int | None = None,
        row: dict[str, Any] | None = None,
    ) -> str:
        """Write a run of ten seconds that ends now; one in the state running goes on."""
        self._number += 1
        run = f"run{self._number:05}"
        self.store.do(
            "insert_run",
            id=run,
            sync=f"id-{name}",
            name=name,
            cause="schedule",
            started=self.now - 10,
            process=process or os.getpid(),
        )
        if state != "running":
            self.store.do(
                "end_run",
                id=run,
                state=state,
                ended=self.now,
                error=error or None,
                remedy=remedy or None,
                progress=None,
                questions=json.dumps(questions) if questions else None,
            )
        if sent or reasons:
            self._deliver(run, name, sent, reasons or {}, row or {})
        return run

    def _deliver(self, run: str, name: str, sent: int, reasons: dict[str, int], row: dict[str, Any]) -> None:
        connection = self.store._connection
        ledger, rejected = f"ledger-{run}", sum(reasons.values())
        connection.execute(
            "INSERT INTO ledgers (id, sync, destination, host, account, key, digest, form, last_sync_time, created, retired)"
            " VALUES (?, ?, 'cio', 'h', 'a', 'userId', 'd', 1, 0, 0, 1)",
            (ledger, f"id-{name}"),
        )
        connection.execute(
            "INSERT INTO deliveries (id, run, sync, destination, ledger, state, call, plan_bytes, plan_digest, digest, form,"
            " rows, added, changed, removed, unchanged, retried, superseded, refused, calls, batches, acknowledged, rejected,"
            " notes, created, ended) VALUES (?, ?, ?, 'cio', ?, 'committed', 'identify', 0, '', '', 1, ?, ?, 0, 0, 0, 0, 0,"
            " 0, ?, 1, ?, ?, '[]', ?, ?)",
            (f"delivery-{run}", run, f"id-{name}", ledger, *(sent + rejected,) * 3, sent, rejected, self.now, self.now),
        )
        for reason, count in reasons.items():
            for number in range(count):
                identity = row.get("userId", f"user_{number}")
                call = {"userId": identity, "traits": {key: row[key] for key in row if key != "userId"}}
                connection.execute(
                    "INSERT INTO rejected (ledger, sync, destination, delivery, run, sequence, key, identity, call, state,"
                    " attempts, reason, status, request, response, created, changed)"
                    " VALUES (?, ?, 'cio', ?, ?, ?, x'00', ?, ?, 'open', 1, ?, 400, ?, ?, ?, ?)",
                    (
                        ledger,
                        f"id-{name}",
                        f"delivery-{run}",
                        run,
                        number,
                        json.dumps({"userId": identity}),
                        json.dumps(call),
                        reason,
                        json.dumps(call),
                        reason,
                        self.now,
                        self.now,
                    ),
                )

    def skip(self, name: str = "users", count: int = 1) -> None:
        """Write due moments that were not run."""
        self._number += 1
        self.store.do(
            "insert_skipped",
            id=f"skip{self._number:05}",
            sync=f"id-{name}",
            name=name,
            first=self.now - 60,
            last=self.now,
            count=count,
            reason="The run before is still going.",
        )

    def notices(self) -> list[str]:
        """Return what consoles show, the oldest first."""
        return [row["text"] for row in reversed(self.store.rows("notices_after", number=0, limit=1000))]


def short(notice: Notice) -> str:
    return f"{notice.news} {notice.trouble} {notice.about}"
