"""From a query to plans: the blocking half of a run, in one thread.

Opens the source, asks its clock, runs the query, stages and compares, asks the guards, and (for a run, not for a mere
plan) writes the plans and records the deliveries. The query runs once for all destinations that take part, bound to the
oldest of their last_sync_times minus the sync's lookback, never below 0; the stored times are not touched.
"""

from __future__ import annotations

import hashlib
import json
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.calls.canonical import FORM
from core.calls.mapper import Mapper
from core.embedded import count
from core.errors import StateError
from core.ledger import LocalLedger
from core.model import Column, Guards, Project, Removed, Sync
from core.store import Store
from core.sync.compare import NO_INVALID_IDS, Comparison, InvalidIds, compare, invalid_ids, settle_ids
from core.sync.guards import Question, questions
from core.sync.plan import PlanFile, deletion_sql, write_plan
from core.sync.prepare import Secrets, Target, check_columns, check_fit, mapper_of, query_digest, query_of, warehouse_of
from core.sync.stage import FAULTY, Progress, stage_rows, staged_reader
from core.sync.state import StateFolder
from core.warehouses.base import Session

if TYPE_CHECKING:
    import duckdb

__all__ = ["Accepted", "Planning", "TargetPlan", "account_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What the person who runs the sync has said."""

    yes: bool = False
    from_zero: bool = False
    full_refresh: bool = False
    key_rotated: bool = False
    another_place: bool = False


@dataclass(slots=True, kw_only=True)
class TargetPlan:
    """One destination's part in a run: its ledger as the manifest has it, what was compared, asked and planned."""

    target: Target
    ledger: Mapping[str, Any] | None
    ledger_id: str
    account: str
    delivery: str
    comparison: Comparison | None = None
    questions: tuple[Question, ...] = ()
    plan: PlanFile | None = None


@dataclass(slots=True, kw_only=True)
class Planning:
    """The blocking half of one run. `session` is there while the query runs, so that it can be cancelled."""

    project: Project
    sync: Sync
    state: StateFolder
    store: Store
    secrets: Secrets
    connection: duckdb.DuckDBPyConnection
    accepted: Accepted
    progress: Progress = field(default_factory=Progress)
    session: Session | None = None
    bound: int | None = None
    clock: int = 0
    columns: tuple[Column, ...] = ()
    mapper: Mapper | None = None
    digest: str = ""
    full: bool = True
    plans: list[TargetPlan] = field(default_factory=list)
    ids: InvalidIds = NO_INVALID_IDS

    def query(self, targets: Sequence[Target]) -> None:
        """Run the query and fill the stage, compared with each destination's ledger."""
        source, warehouse = warehouse_of(self.project, self.sync, self.secrets)
        query = query_of(self.sync, warehouse.dialect)
        self.full = not query.incremental
        self.plans = [self._target_plan(target) for target in targets]
        with warehouse.open() as session:
            self.session = session
            self.columns = session.describe(query.render(0))
            check_columns(self.sync, self.columns, targets)
            self.digest = query_digest(self.sync, self.columns, source.timezone)
            bound = self._bound()
            self.bound = None if self.full else bound
            self.clock = session.clock()
            result = session.stream(query.render(bound))
            self.mapper = mapper_of(self.sync, source, result)
            check_fit(self.sync, self.mapper, self.columns, targets)
            self._new_ledgers()
            self._stage(result, [target.limits.rows for target in targets])
        self.session = None

    def compare(self) -> None:
        """Compare, and ask the guards, for every destination."""
        mapper = self._mapped()
        self.ids = invalid_ids(self.connection)
        settle_ids(self.connection, mapper, self.ids, self.sync.guards.invalid_rows, len(self.plans))
        for position, plan in enumerate(self.plans):
            plan.comparison = self._compare(position, plan)
            plan.questions = self._asked(plan)

    def write(self, position: int, run: str, now: float) -> None:
        """Write one destination's plan, and record its delivery with what was refused before sending."""
        plan = self.plans[position]
        name = f"{self.sync.id}.{plan.delivery}.parquet"
        plan.plan = write_plan(
            self.connection,
            position,
            plan.delivery,
            self.state.plans,
            name,
            plan.target.limits,
            deletes=f"SELECT * FROM delete_{position}" if plan.comparison and plan.comparison.deletes else None,
        )
        with self.store.transaction():
            self._record_ledger(plan, now)
            self.store.do("insert_delivery", **self._delivery_row(plan, run, now))
            self._record_refused(position, plan, run, now)

    def open_questions(self, plan: TargetPlan) -> tuple[Question, ...]:
        """Give the questions that nobody has answered."""
        return tuple(question for question in plan.questions if not (self.accepted.yes and question.acceptable))

    def _target_plan(self, target: Target) -> TargetPlan:
        account = account_of(self.store, target)
        ledger = self.store.row("current_ledger", sync=self.sync.id, destination=target.name)
        if ledger and ledger["form"] > FORM:
            raise StateError(
                f"The ledger of {target.name} was written by a newer Backhaul (form {ledger['form']}).",
                where=self.sync.name,
                remedy="Use that newer version.",
            )
        return TargetPlan(
            target=target,
            ledger=dict(ledger) if ledger else None,
            ledger_id=ledger["id"] if ledger else randomness.token_hex(8),
            account=account,
            delivery=randomness.token_hex(16),
        )

    def _bound(self) -> int:
        """Give the oldest last_sync_time of those that take part, minus the lookback."""
        if self.accepted.from_zero or self.accepted.full_refresh:
            return 0
        times = [
            plan.ledger["last_sync_time"] if plan.ledger and plan.ledger["digest"] == self.digest else 0
            for plan in self.plans
        ]
        return max(0, min(times, default=0) - self.sync.lookback)

    def _new_ledgers(self) -> None:
        """Begin a new ledger where the key column or the account is another, and note that this has to be asked."""
        key = json.dumps(self._mapped().key)
        for plan in self.plans:
            ledger = plan.ledger
            if ledger is None:
                continue
            asked: list[Question] = []
            if ledger["key"] != key:
                asked.append(_key_changed(ledger["key"], key))
            elif ledger["account"] != plan.account and not self.accepted.key_rotated:
                if not self.accepted.another_place:
                    asked.append(_account_changed(plan.target.name))
            elif ledger["host"] != plan.target.plugin.host and not self.accepted.another_place:
                asked.append(_host_changed(plan.target.name, ledger["host"], plan.target.plugin.host))
            plan.questions = tuple(asked)
            moved = ledger["account"] != plan.account or ledger["host"] != plan.target.plugin.host
            if ledger["key"] != key or (moved and self.accepted.another_place):
                plan.ledger = None
                plan.ledger_id = randomness.token_hex(8)

    def _stage(self, result: Any, most: list[int]) -> None:
        mapper = self._mapped()
        known = []
        for position, plan in enumerate(self.plans):
            known.append(f"known_{position}")
            self.ledger_of(plan).load(self.connection, f"known_{position}")
        stage_rows(
            self.connection,
            staged_reader(result, self.progress, most=min(most, default=None)),
            self.progress,
            mapper,
            known,
            everything=self.accepted.full_refresh,
            weaker=self.full,
        )

    def _compare(self, position: int, plan: TargetPlan) -> Comparison:
        delete = self.sync.removed is Removed.DELETE
        comparison = compare(
            self.connection,
            position,
            self._mapped(),
            plan.target.limits,
            known=count(self.connection, f"SELECT count(*) FROM known_{position}"),
            rejected=[dict(row) for row in self.store.rows("open_rejected", ledger=plan.ledger_id)],
            full=self.full,
            delete=delete,
            trusted=self.progress.rows > 0 and self.ids.null == 0,
        )
        if not (delete and comparison.removed):
            return comparison
        template = plan.target.plugin.deletion(self.sync.call)
        assert template is not None  # noqa: S101 -- check_fit has refused destinations without deletes
        deletes = deletion_sql(template, position, self.ledger_of(plan).calls())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE delete_{position} AS {deletes}")
        possible = count(self.connection, f"SELECT count(*) FROM delete_{position}")
        notes = comparison.notes
        if possible < comparison.removed:
            notes += (f"{comparison.removed - possible:,} removed rows have no userId, so they cannot be deleted",)
        return replace(comparison, deletes=possible, notes=notes)

    def _asked(self, plan: TargetPlan) -> tuple[Question, ...]:
        comparison = plan.comparison
        assert comparison is not None  # noqa: S101 -- compare() has just set it
        guards: Guards = self.sync.guards
        return plan.questions + questions(
            self.connection,
            guards,
            self._mapped(),
            comparison,
            self.ids,
            full=self.full,
            rows_before=plan.ledger["rows_last_seen"] if plan.ledger else None,
            calls=self.ledger_of(plan).calls,
            everything=self.accepted.full_refresh,
        )

    def ledger_of(self, plan: TargetPlan) -> LocalLedger:
        return LocalLedger(self.store, self.state.ledger, plan.ledger_id)

    def _mapped(self) -> Mapper:
        assert self.mapper is not None  # noqa: S101 -- query() comes first
        return self.mapper

    def _record_ledger(self, plan: TargetPlan, now: float) -> None:
        """Make the ledger's row where it is new; the one it takes the place of is retired."""
        old = self.store.row("current_ledger", sync=self.sync.id, destination=plan.target.name)
        if old and old["id"] == plan.ledger_id:
            if old["account"] != plan.account:
                self.store.do("set_ledger_account", id=plan.ledger_id, account=plan.account)
            return
        if old:
            self.store.do("retire_ledger", id=old["id"], now=now)
        self.store.do(
            "insert_ledger",
            id=plan.ledger_id,
            sync=self.sync.id,
            destination=plan.target.name,
            host=plan.target.plugin.host,
            account=plan.account,
            key=json.dumps(self._mapped().key),
            digest="",
            form=FORM,
            created=now,
        )

    def _delivery_row(self, plan: TargetPlan, run: str, now: float) -> dict[str, Any]:
        comparison, file = plan.comparison, plan.plan
        assert comparison is not None  # noqa: S101 -- compare() comes before write()
        return {
            "id": plan.delivery,
            "run": run,
            "sync": self.sync.id,
            "destination": plan.target.name,
            "ledger": plan.ledger_id,
            "call": self.sync.call.value,
            "plan": file.path.name if file else None,
            "plan_bytes": file.size if file else 0,
            "plan_digest": file.digest if file else "",
            "clock": self.clock,
            "digest": self.digest,
            "form": FORM,
            "rows": comparison.rows,
            "full_rows": comparison.rows if self.full else None,
            "added": comparison.added,
            "changed": comparison.changed,
            "removed": comparison.removed,
            "unchanged": comparison.unchanged,
            "retried": comparison.retried,
            "superseded": comparison.identical,
            "refused": comparison.refused + comparison.held,
            "calls": file.calls if file else 0,
            "batches": file.batches if file else 0,
            "notes": json.dumps(comparison.notes, ensure_ascii=False),
            "created": now,
        }

    def _record_refused(self, position: int, plan: TargetPlan, run: str, now: float) -> None:
        """List the rows that were refused before sending; one that is listed already, unchanged, is not listed again.

        After a full query, those of earlier runs that did not come again have been mended, or are gone.
        """
        listed: dict[bytes, list[Any]] = {}
        for known in self.store.rows("open_rejected", ledger=plan.ledger_id):
            if known["attempts"] == 0:
                listed.setdefault(known["key"], []).append(known)
        seen = self._refused_rows(position)
        for key, rows in seen.items():
            before = sorted((known["reason"], known["row"] or "", known["call"] or "") for known in listed.get(key, []))
            if before == sorted((row["reason"], row["row"] or "", row["call"] or "") for row in rows):
                continue
            self.store.do("supersede_rejected_key", ledger=plan.ledger_id, key=key, delivery=plan.delivery, now=now)
            for row in rows:
                self.store.do(
                    "insert_rejected",
                    ledger=plan.ledger_id,
                    sync=self.sync.id,
                    destination=plan.target.name,
                    delivery=plan.delivery,
                    run=run,
                    sequence=None,
                    attempts=0,
                    status=None,
                    request=None,
                    response=None,
                    now=now,
                    **row,
                )
        for known in (known for rows in listed.values() for known in rows if self.full):
            if known["key"] not in seen:
                self.store.do("end_rejected", number=known["number"], state="superseded", now=now)

    def _refused_rows(self, position: int) -> dict[bytes, list[dict[str, Any]]]:
        """Give the rows that cannot be sent, by key; they become rows of the store, one by one."""
        found = self.connection.execute(f"""
            SELECT key::VARCHAR, fingerprint::VARCHAR, identity, message_id, call, row, coalesce(id_fault, fault, reason)
            FROM stage LEFT JOIN refused_{position} r ON stage.rowid = r.at WHERE state_{position} = {FAULTY}
        """).fetchall()
        rows: dict[bytes, list[dict[str, Any]]] = {}
        for key, fingerprint, identity, message_id, call, row, reason in found:
            digest = bytes.fromhex(key.replace("-", ""))
            rows.setdefault(digest, []).append(
                {
                    "key": digest,
                    "fingerprint": bytes.fromhex(fingerprint.replace("-", "")) if fingerprint else None,
                    "identity": identity,
                    "message_id": message_id,
                    "call": call,
                    "row": row,
                    "reason": reason,
                }
            )
        return rows


def account_of(store: Store, target: Target) -> str:
    """Give a digest that tells one account of a destination from another; the key cannot be had back from it."""
    secret = target.plugin.account
    if secret is None:
        return ""
    store.do("keep_setting", name="salt", value=randomness.token_hex(32))
    row = store.row("setting", name="salt")
    salt = bytes.fromhex(row["value"]) if row else b""
    return hashlib.blake2b(secret.reveal().encode(), key=salt, digest_size=16).hexdigest()


def _key_changed(old: str, new: str) -> Question:
    return Question(
        guard="key_changed",
        message=f"Rows were identified by {_fields(old)} and now are by {_fields(new)}: to the destination, everyone is new.",
        remedy="Run with --yes to begin a new ledger and send all rows, or bring the old id column back.",
    )


def _account_changed(name: str) -> Question:
    return Question(
        guard="account_changed",
        message=f"{name} has another key than the one that took the calls so far.",
        remedy="Run with --key-rotated if it is the same account, or with --another-place to send everything there anew.",
        acceptable=False,
    )


def _host_changed(name: str, old: str, new: str) -> Question:
    return Question(
        guard="host_changed",
        message=f"{name} was {old} and now is {new}.",
        remedy="Run with --another-place to send everything there anew, or put the old address back.",
        acceptable=False,
    )


def _fields(key: str) -> str:
    return " and ".join(json.loads(key)) or "the whole row"
