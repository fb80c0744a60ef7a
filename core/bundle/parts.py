"""What is in a bundle: each file's content, masked. What is not named here is not in it.

The store's rows are taken column by column, so that a column which is added later is not in a bundle until someone puts it
here. Payloads, requests, responses, identities, guards' evidence and the warehouse's rows are in none.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import __version__
from core.bundle.masker import Masker
from core.errors import BackhaulError
from core.masking import values_of
from core.model import Project, Sync
from core.own_folder import open_to_read
from core.project import dialect_of
from core.project.read import read_toml
from core.reports.history import DaemonStatus, RunSummary, daemon, runs
from core.store import Store
from core.versions import parts

__all__ = ["SETTINGS", "Contents"]

_AROUND = 5
_QUERY_ELSEWHERE = "-- The query is a link out of the project, so it is not in here.\n"
_LOOKED_AT = 1_000
_LONGEST_LOG = 5 * 1024 * 1024

_RUN = ("id", "sync", "name", "cause", "state", "started", "ended", "bound", "rows", "due", "skipped", "caught_up")
_RUN_COUNTS = ("seconds", "acknowledged", "rejected")
_DELIVERY = (
    *("id", "run", "destination", "state", "kind", "call", "clock", "rows", "full_rows", "added", "changed", "removed"),
    *("unchanged", "retried", "superseded", "refused", "calls", "batches", "acknowledged", "rejected", "held_back"),
    *("deletes", "assumed", "canary", "canary_passed", "created", "ended", "outcomes", "pending"),
)
_KEPT = frozenset(
    (
        *("id", "run", "sync", "name", "cause", "state", "kind", "event", "destination", "delivery"),
        *("caught_up", "guard", "severity", "rule", "version", "words", "call", "certainty"),
    )
)
"""Keys of documents whose texts are our own words, or names and ids of the project."""

_DROPPED = frozenset({"evidence"})

SETTINGS = frozenset(
    (
        *("type", "region", "timezone", "profile", "call", "schedule", "start", "removed", "ledger", "id"),
        *("source", "destinations", "lookback", "invalid_rows", "sslmode", "name", "to", "format", "on"),
        *("syncs", "repeat", "fresh_within", "from", "disabled"),
    )
)
"""Keys of the project's files whose texts are choices among a few words, or names of the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The contents of the bundle of one run. `sync` is None where it is not in the project any more."""

    project: Project
    store: Store
    run: RunSummary
    sync: Sync | None
    log: Path
    masker: Masker

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield each file's name and text."""
        yield "run.json", _json(self._run(self.run))
        yield "deliveries.json", _json([self._delivery(each) for each in self.run.deliveries])
        yield "rejected.json", _json(list(self._causes()))
        yield "log.jsonl", "".join(f"{json.dumps(line)}\n" for line in self._log_lines())
        yield "around.json", _json(self._around())
        yield "schedule.json", _json(self._schedule())
        yield "daemon.json", _json(self._daemon(daemon(self.store)))
        yield "versions.json", _json(_versions())
        yield from self._project_files()

    def _run(self, run: RunSummary) -> dict[str, Any]:
        masker = self.masker
        return {
            **masker.document({name: getattr(run, name) for name in (*_RUN, *_RUN_COUNTS)}, _KEPT),
            "error": masker.text(run.error) if run.error else None,
            "remedy": masker.text(run.remedy) if run.remedy else None,
            "questions": masker.document(_without_evidence(list(run.questions)), _KEPT),
            "bill": asdict(run.progress.bill) if run.progress and run.progress.bill else None,
        }

    def _delivery(self, delivery: Mapping[str, Any]) -> dict[str, Any]:
        masker = self.masker
        batches: dict[tuple[str, int | None], dict[str, int]] = {}
        for row in self.store.rows("sent_batches", delivery=delivery["id"]):
            found = batches.setdefault((row["state"], row["status"]), {"batches": 0, "calls": 0, "attempts": 0})
            found["batches"] += 1
            found["calls"] += row["calls"]
            found["attempts"] += row["attempts"]
        return {
            **masker.document({name: delivery[name] for name in _DELIVERY}, _KEPT),
            "reason": masker.text(delivery["reason"]) if delivery["reason"] else None,
            "notes": [masker.text(str(note)) for note in json.loads(delivery["notes"])],
            "batches_by_answer": [{"state": key[0], "status": key[1], **counts} for key, counts in batches.items()],
        }

    def _causes(self) -> Iterator[dict[str, Any]]:
        """Yield why rows were refused; of the first row of each cause the fields, without their values."""
        for row in self.store.rows("samples_of_run", run=self.run.id, limit=_LOOKED_AT):
            own = values_of(row["identity"], row["call"], row["row"])
            yield {
                "reason": self.masker.text(row["reason"], own),
                "status": row["status"],
                "rows": row["rows"],
                "first": {
                    "identity": self.masker.value(row["identity"], "identity") if row["identity"] else None,
                    "fields": self._fields(row["call"] or row["row"]),
                },
            }

    def _fields(self, document: str | None) -> Any:
        """Return the fields of a call, with the kind of each value."""
        try:
            found = json.loads(document or "null")
        except (ValueError, RecursionError):
            return None
        return self._shape(found)

    def _shape(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.masker.name(str(name)): self._shape(each) for name, each in value.items()}
        return "list" if isinstance(value, list) else "null" if value is None else type(value).__name__

    def _log_lines(self) -> Iterator[Any]:
        try:
            with open_to_read(self.log) as file:
                data = file.read(_LONGEST_LOG)
        except OSError:
            return
        for line in data.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                yield {"event": "a line that cannot be read"}
                continue
            yield self.masker.document(_without_evidence(event), _KEPT)
        if len(data) == _LONGEST_LOG:
            yield {"event": "the log is longer; the rest is not here"}

    def _around(self) -> dict[str, list[Any]]:
        near = runs(self.store, sync=self.run.sync, limit=_LOOKED_AT)
        after = [run for run in near if run.started > self.run.started]
        before = runs(self.store, sync=self.run.sync, limit=_AROUND, before=self.run.started)
        return {
            "after": [self._run(run) for run in after[-_AROUND:]],
            "before": [self._run(run) for run in before],
        }

    def _schedule(self) -> dict[str, Any]:
        rows = {row["sync"]: dict(row) for row in self.store.rows("schedules")}
        says = (
            {"schedule": self.sync.schedule, "timezone": self.sync.timezone, "enabled": self.sync.enabled}
            if self.sync
            else None
        )
        return {"says": says, "stands": self.masker.document(rows.get(self.run.sync), _KEPT)}

    def _daemon(self, found: DaemonStatus | None) -> Any:
        if found is None:
            return None
        return asdict(found) | {"host": self.masker.value(found.host, "host")}

    # the project's files

    def _project_files(self) -> Iterator[tuple[str, str]]:
        project, sync = self.project, self.sync
        yield "project/backhaul.toml", self._settings(project.folder / "backhaul.toml")
        if sync is None:
            return
        yield f"project/syncs/{sync.name}.toml", self._settings(sync.path)
        query = (
            _QUERY_ELSEWHERE if _leads_out(project, sync) else self.masker.sql(sync.query, dialect_of(project, sync))
        )
        yield f"project/syncs/{sync.name}.sql", query
        yield "lint.json", _json(self._findings(sync))
        if sync.source in project.sources:
            yield f"project/sources/{sync.source}.toml", self._settings(project.sources[sync.source].path)
        for name in sync.destinations:
            if name in project.destinations:
                yield f"project/destinations/{name}.toml", self._settings(project.destinations[name].path)

    def _settings(self, file: Path) -> str:
        import tomlkit

        try:
            values = read_toml(file)
        except BackhaulError as error:
            return f"# {self.masker.text(error.message)}\n"
        return tomlkit.dumps(self.masker.settings(values, SETTINGS))

    def _findings(self, sync: Sync) -> Any:
        from core.context import context_of
        from core.lint import lint

        try:
            found = lint(sync.query, context_of(self.project, sync=sync))
        except BackhaulError as error:
            return {"error": self.masker.text(error.message)}
        return [
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "line": finding.line,
                "column": finding.column,
                "message": self.masker.text(finding.message),
            }
            for finding in found
        ]


def _leads_out(project: Project, sync: Sync) -> bool:
    """Return whether the query is read through a link out of the project: then it may be any file of whoever makes the bundle."""
    return not sync.path.with_suffix(".sql").resolve().is_relative_to(project.folder.resolve())


def _without_evidence(value: Any) -> Any:
    """Leave out what guards saw: rows of the warehouse."""
    if isinstance(value, Mapping):
        return {name: _without_evidence(each) for name, each in value.items() if name not in _DROPPED}
    return [_without_evidence(each) for each in value] if isinstance(value, list | tuple) else value


def _versions() -> dict[str, Any]:
    return {
        "backhaul": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "parts": parts(),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
