"""Takes one recorded delivery to its end: all batches answered and the commit made, or paused with its plan kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import BackhaulError, StateError
from core.ledger.files import file_digest, missing
from core.ledger.local import LocalLedger
from core.model import Sync
from core.own_folder import part_file
from core.state.folder import StateFolder
from core.store import Store
from core.sync.delivery.canary import CanaryStop
from core.sync.delivery.commit import Outcome, commit
from core.sync.delivery.deliver import Delivering, PausedError
from core.sync.delivery.transport import open_transport
from core.sync.planning.guards import Question
from core.sync.planning.ledger_match import RunOptions
from core.sync.preparation import Target
from core.sync.progress import events

if TYPE_CHECKING:
    import duckdb

__all__ = ["Finishing", "check_plan", "damaged_ledgers", "to_the_end"]

_Value = TypeVar("_Value")


@dataclass(slots=True, kw_only=True)
class Finishing:
    """Finishes deliveries of one sync, several side by side; their commits take turns at the DuckDB connection."""

    sync: Sync
    state: StateFolder
    store: Store
    connection: duckdb.DuckDBPyConnection
    emit: Callable[[events.Event], None]
    run: str
    accepted: RunOptions
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def finish(self, target: Target, delivery: Mapping[str, Any]) -> Outcome | BackhaulError | Question:
        """Send a delivery's batches and commit it; return how it ended, why it is paused, or what its canary asks.

        Where a new plan was asked for (`--replan`), or the destination refused everything, what was never sent of an earlier
        delivery is given up: it commits what was acknowledged and moves no last_sync_time.
        """
        give_up = (self.accepted.replan or bool(delivery["replan"])) and delivery["run"] != self.run
        try:
            if delivery["calls"]:
                self.store.do("set_delivery_state", id=delivery["id"], state="sending", reason=None)
                if give_up:
                    self.store.do("give_up_rest", id=delivery["id"])
                    delivery = {**delivery, "clock": None}
                self.state.note_sending(delivery["plan"])
                await self._send(target, delivery, only_begun=give_up)
            outcome = await self._commit(delivery, give_up=give_up)
        except PausedError as pause:
            if pause.replan and not give_up and delivery["run"] != self.run:
                # it is given up now and not in the next run: what changed since may be taken, and is planned in this one
                self.store.do("pause_delivery", id=delivery["id"], reason=pause.cause.message, replan=1)
                return await self.finish(target, {**delivery, "replan": 1})
            return self._pause(target, delivery, pause.cause, replan=pause.replan or bool(delivery["replan"]))
        except CanaryStop as stop:
            self.store.do("set_delivery_state", id=delivery["id"], state="paused", reason=stop.question.message)
            return stop.question
        except BackhaulError as error:
            return self._pause(target, delivery, error, replan=bool(delivery["replan"]))
        self.emit(
            events.Committed(
                run=self.run,
                sync=self.sync.name,
                destination=target.name,
                delivery=delivery["id"],
                acknowledged=outcome.acknowledged,
                rejected=outcome.rejected,
                unchanged=delivery["unchanged"],
                held_back=outcome.held_back,
                assumed=delivery["assumed"],
                given_up=outcome.given_up,
                last_sync_time=outcome.last_sync_time,
            )
        )
        return outcome

    async def _send(self, target: Target, delivery: Mapping[str, Any], *, only_begun: bool) -> None:
        before = self.store.row("delivery_before", ledger=delivery["ledger"], id=delivery["id"])
        if delivery["ordered"]:  # one batch after the other
            target = replace(target, limits=replace(target.limits, connections=1))
        async with open_transport(target.plugin.transport, target.limits, target.destination.network) as transport:
            await Delivering(
                store=self.store,
                delivery=delivery,
                plan=part_file(self.state.plans, delivery["plan"]),
                destination=target.plugin,
                name=target.name,
                limits=target.limits,
                transport=transport,
                emit=self.emit,
                sync_name=self.sync.name,
                accepted=self.accepted.yes,
                only_begun=only_begun,
                has_failed_before=bool(before and before["replan"]),
                sleep=self.sleep,
                clock=self.clock,
            ).run()

    async def _commit(self, delivery: Mapping[str, Any], *, give_up: bool) -> Outcome:
        async with self.turn:
            return await to_the_end(
                commit,
                self.connection,
                self.store,
                self.sync,
                delivery,
                self.state.ledger,
                self.state.plans,
                self.clock(),
                give_up,
            )

    def _pause(
        self, target: Target, delivery: Mapping[str, Any], cause: BackhaulError, *, replan: bool
    ) -> BackhaulError:
        """Keep the plan and say why the delivery does not go on now; with `replan`, the next run makes a new one."""
        self.store.do("pause_delivery", id=delivery["id"], reason=cause.message, replan=int(replan))
        self.emit(
            events.Paused(
                run=self.run,
                sync=self.sync.name,
                destination=target.name,
                delivery=delivery["id"],
                reason=cause.message,
                remedy=cause.remedy,
                pending=delivery["calls"] - self.answered(delivery),
            )
        )
        return cause

    def answered(self, delivery: Mapping[str, Any]) -> int:
        """Return how many of a delivery's calls were answered."""
        totals = self.store.row("batch_totals", delivery=delivery["id"])
        return int(totals["answered"]) if totals else 0


async def to_the_end(work: Callable[..., _Value], *values: Any) -> _Value:
    """Run short work in a thread; when cancelled, wait for its end first: the store it uses is closed after that."""
    thread = asyncio.ensure_future(asyncio.to_thread(work, *values))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait({thread})
        raise


def damaged_ledgers(state: StateFolder, store: Store, sync: Sync) -> frozenset[str]:
    """Return the ids of the sync's ledgers whose files, or whose open delivery's plan, are damaged or missing."""
    found = set()
    for ledger in store.rows("ledgers_of_sync", sync=sync.id):
        try:
            LocalLedger(store, state.ledger, ledger["id"]).check()
        except StateError:
            found.add(str(ledger["id"]))
    for delivery in store.rows("open_deliveries", sync=sync.id):
        try:
            check_plan(state, dict(delivery))
        except StateError:
            found.add(str(delivery["ledger"]))
    return frozenset(found)


def check_plan(state: StateFolder, delivery: Mapping[str, Any]) -> None:
    """Refuse a plan that is missing or is not what was written. Raises StateError."""
    if not delivery["plan"]:
        return
    file = part_file(state.plans, delivery["plan"])
    remedy = (
        "Restore the .backhaul folder from a backup. Without one, `backhaul run SYNC --new-ledger` leaves this delivery "
        "behind, and sends all rows again, or with --baseline none."
    )
    if not file.exists():
        raise StateError(missing("The plan of an open delivery", file), where=str(file), remedy=remedy)
    if file_digest(file) != (delivery["plan_digest"], delivery["plan_bytes"]):
        message = "The plan of an open delivery is damaged: it is not what was written."
        raise StateError(message, where=str(file), remedy=remedy, file=file)
