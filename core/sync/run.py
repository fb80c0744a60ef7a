"""One run of a sync: finish what is open, query, plan, guard, deliver, commit. Yields events while it works.

The steps, each of which may be the last if the process is killed, and none of which loses anything:

    lock -> resume open deliveries -> query, stage, compare -> guards -> plan on disk, delivery recorded
         -> batches sent and answered -> segment on disk -> one transaction: manifest, delivery, last_sync_time

Destinations are independent: one that is down, or stopped by a guard, does not hold back the others. One with an open
delivery takes part in the query only after that delivery was finished.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets as randomness
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from core.errors import BackhaulError, StateError, UsageError
from core.model import Project, Sync
from core.state.cancellation import STOPPED
from core.state.folder import StateFolder
from core.store import Store
from core.sync.comparison.stage import scratch
from core.sync.delivery.finish import Finishing, check_plan, damaged_ledgers
from core.sync.delivery.transport import warm_up
from core.sync.planning.guards import Question
from core.sync.planning.ledger_match import LedgerMatch, RunOptions, find_account, find_ledger_match
from core.sync.planning.planner import Planning
from core.sync.preparation import Secrets, Target, build_target
from core.sync.progress import events
from core.sync.progress.events import Event
from core.sync.progress.run_reporter import RunLog, RunReporter, planned, resumed
from core.sync.resend import send_back, send_rejected
from core.trust import require_trust

__all__ = ["Run", "run_sync"]

_Value = TypeVar("_Value")


def run_sync(
    project: Project,
    sync: Sync,
    secrets: Secrets,
    *,
    cause: str = "command",
    accepted: RunOptions | None = None,
    replay: bool = False,
    replay_only: Collection[int] = (),
    undo: str = "",
) -> AsyncGenerator[Event, None]:
    """Run a sync and return its events as they happen.

    With `replay`, only its rejected rows are sent again (`replay_only`: those with these numbers); with `undo`, what the run of that id overwrote is sent back.

    Errors of ours end up in the last event and in the store; LockedError is raised, for there is no run then.
    """
    return Run(
        project,
        sync,
        secrets,
        cause=cause,
        accepted=accepted or RunOptions(),
        replay=replay,
        replay_only=frozenset(replay_only),
        undo=undo,
    ).events()


@dataclass(slots=True)
class Run:
    """One run; `due` is the moment that its schedule asked for it, in Unix seconds, None where someone did.

    `store` is the project's, where it is open already: to open it means to check the whole file.
    `clock` is this host's time in Unix seconds; it and `sleep` are parameters so that tests own the time.
    """

    project: Project
    sync: Sync
    secrets: Secrets
    cause: str = "command"
    accepted: RunOptions = field(default_factory=RunOptions)
    replay: bool = False
    replay_only: frozenset[int] = frozenset()
    undo: str = ""
    due: float | None = None
    store: Store | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    id: str = field(default_factory=lambda: randomness.token_hex(4))
    _queue: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)
    _rejected: int = 0
    _stopped: int = 0
    _errors: list[BackhaulError] = field(default_factory=list)
    _reporter: RunReporter | None = None
    _finished: bool = False

    async def events(self) -> AsyncGenerator[Event, None]:
        """Do the run; its events come while it works."""
        worker = asyncio.create_task(self._work())
        worker.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                yield event
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker

    @property
    def may_pass(self) -> bool:
        """Say of a run that failed whether that may pass by itself."""
        return bool(self._errors) and all(error.may_pass for error in self._errors)

    def emit(self, event: Event) -> None:
        """Tell an event to whoever listens, to the store and to the log."""
        assert self._reporter is not None  # noqa: S101 -- _work() begins with it
        self._reporter.emit(event)

    def _emit_query_event(self, event: Event) -> None:
        with contextlib.suppress(BackhaulError):  # a store that cannot be written is told by the next step of the run
            self.emit(event)

    async def _work(self) -> None:
        state = StateFolder(self.project)
        what = "`backhaul undo`" if self.undo else "`backhaul replay`" if self.replay else "`backhaul run`"
        opened = state.store if self.store is None else lambda: contextlib.nullcontext(self.store)
        with state.lock(self.sync, what), opened() as store, self._begun(state, store):
            self.emit(events.Started(run=self.id, sync=self.sync.name, cause=self.cause))
            try:
                await self._steps(state, store)
                self._finished = True
            except BackhaulError as error:
                self._errors.append(error)
            except asyncio.CancelledError:
                self._errors.append(BackhaulError(STOPPED, remedy="Run again: what was not answered is sent then."))
                raise
            finally:
                for each in self._errors:
                    if isinstance(each, StateError) and each.file:
                        state.quarantine(each.file)
                self._end(store)

    def _begun(self, state: StateFolder, store: Store) -> RunReporter:
        """Record that the run has begun, and what it tells from here on."""
        now = self.clock()
        with store.transaction():
            store.do("end_lost_runs", sync=self.sync.id, now=now)
            store.do(
                "insert_run",
                id=self.id,
                sync=self.sync.id,
                name=self.sync.name,
                cause=self.cause,
                started=now,
                process=os.getpid(),
            )
            if self.due is not None:
                store.do("set_run_due", id=self.id, due=self.due)
        self._reporter = RunReporter(
            run=self.id,
            store=store,
            log=RunLog(state.log(self.id)),
            clock=self.clock,
            listen=self._queue.put_nowait,
        )
        return self._reporter

    async def _steps(self, state: StateFolder, store: Store) -> None:
        """Finish what is open, then do what is new."""
        self._look_for_damage(state, store)
        state.collect_garbage(store, self.sync, self.clock())
        with scratch(state.scratch(self.sync)) as connection:
            finishing = Finishing(
                sync=self.sync,
                state=state,
                store=store,
                connection=connection,
                emit=self.emit,
                run=self.id,
                accepted=self.accepted,
                clock=self.clock,
                sleep=self.sleep,
            )
            still_open = await self._resume(finishing)
            targets = self._usable(name for name in self.sync.destinations if name not in still_open)
            if self.undo:
                await send_back(self, finishing, targets)
            elif self.replay:
                await send_rejected(self, finishing, targets)
            elif targets or not self.sync.destinations:
                await self._query_and_deliver(finishing, targets)

    def _look_for_damage(self, state: StateFolder, store: Store) -> None:
        """Where a new ledger was asked for, find which have to be begun again; those that are whole stay."""
        if not self.accepted.new_ledger:
            return
        damaged = damaged_ledgers(state, store, self.sync)
        if not damaged:
            raise UsageError(
                f"No ledger of {self.sync.name} is damaged, so none is replaced.",
                remedy="To send all rows again, run with --full-refresh.",
            )
        self.accepted = replace(self.accepted, damaged=damaged)

    def _usable(self, names: Iterable[str]) -> list[Target]:
        """Return the destinations that can take part; one that lacks its secret does not hold back the others."""
        targets = []
        for name in names:
            try:
                require_trust(self.project, f"destinations/{name}")
                target = build_target(self.project, self.sync, name, self.secrets)
                _ = target.plugin.account
                targets.append(target)
            except BackhaulError as error:
                self._errors.append(error)
        return targets

    async def _resume(self, finishing: Finishing) -> set[str]:
        """Finish open deliveries; return the destinations whose delivery could not be finished."""
        deliveries = [dict(row) for row in finishing.store.rows("open_deliveries", sync=self.sync.id)]
        for delivery in deliveries:
            totals = finishing.store.rows("batch_totals", delivery=delivery["id"])[0]
            self.emit(resumed(self.id, self.sync.name, delivery, dict(totals)))
        done = await _together(self._finish_known(finishing, delivery) for delivery in deliveries)
        return {delivery["destination"] for delivery, ok in zip(deliveries, done, strict=True) if not ok}

    async def _finish_known(self, finishing: Finishing, delivery: Mapping[str, Any]) -> bool:
        """Finish one earlier delivery; return whether it is out of the way."""
        try:
            require_trust(self.project, f"destinations/{delivery['destination']}")
            target = build_target(self.project, self.sync, delivery["destination"], self.secrets)
            ledger = dict(finishing.store.rows("ledger", id=delivery["ledger"])[0])
            move = self.move(finishing.store, ledger, target)
            if move is LedgerMatch.NEW_LEDGER:
                return True  # it is left behind when the new ledger begins (core.sync.planning.record), and not before
            check_plan(finishing.state, delivery)
        except BackhaulError as error:
            self._errors.append(error)
            return False
        if move is None:
            return False
        return await self.finish(finishing, target, delivery)

    def move(self, store: Store, ledger: Mapping[str, Any], target: Target) -> LedgerMatch | None:
        """Say what a ledger is to its destination as it is now; None, and told, where that has to be answered first."""
        move, question = find_ledger_match(store, ledger, target, self.accepted)
        if question:
            self.stop(target.name, (question,))
            return None
        if move is LedgerMatch.TAKEN_OVER:
            account = find_account(store, target)
            store.do("set_ledger_place", id=ledger["id"], account=account, host=target.plugin.host)
        return move

    def fail(self, error: BackhaulError) -> None:
        """Note what went wrong with one destination; the others go on."""
        self._errors.append(error)

    def stop(self, destination: str, asked: tuple[Question, ...]) -> None:
        """Tell what has to be answered before anything is sent to a destination."""
        self._stopped += 1
        questions = tuple(question.as_json() for question in asked)
        self.emit(events.Stopped(run=self.id, sync=self.sync.name, destination=destination, questions=questions))

    async def finish(self, finishing: Finishing, target: Target, delivery: Mapping[str, Any]) -> bool:
        """Finish a delivery; return whether it is done."""
        outcome = await finishing.finish(target, delivery)
        if isinstance(outcome, BackhaulError):
            self._errors.append(outcome)
            return False
        if isinstance(outcome, Question):
            self.stop(target.name, (outcome,))
            return False
        if not outcome.given_up:  # what was refused of a plan that is given up is planned again, too
            self._rejected += outcome.rejected + outcome.held_back
        return True

    async def _query_and_deliver(self, finishing: Finishing, targets: list[Target]) -> None:
        store, connection = finishing.store, finishing.connection
        loop = asyncio.get_running_loop()

        def told(event: Event) -> None:
            loop.call_soon_threadsafe(self._emit_query_event, event)

        planning = Planning(
            project=self.project,
            sync=self.sync,
            state=finishing.state,
            store=store,
            secrets=self.secrets,
            connection=connection,
            accepted=self.accepted,
            estimated=lambda estimate: told(events.Estimated(run=self.id, sync=self.sync.name, estimate=estimate)),
            billed=lambda bill: told(events.Billed(run=self.id, sync=self.sync.name, bill=bill)),
        )
        await self._query(planning, targets)
        store.do("set_run_bound", id=self.id, bound=planning.bound)
        store.do("set_run_rows", id=self.id, rows=planning.progress.rows)
        await _in_thread(planning.compare, planning)
        written = [(plan.target, await self._write(planning, position)) for position, plan in enumerate(planning.plans)]
        connection.execute("DROP TABLE IF EXISTS stage")
        await _together(
            self.finish(finishing, target, delivery) for target, delivery in written if delivery is not None
        )

    async def _query(self, planning: Planning, targets: list[Target]) -> None:
        """Run the query in a thread, and tell how many rows have come."""
        started = time.monotonic()
        work = asyncio.create_task(_in_thread(lambda: planning.query(targets), planning))
        warm: asyncio.Task[None] | None = None
        try:
            while not (await asyncio.wait({work}, timeout=0.5))[0]:
                warm = warm or asyncio.create_task(asyncio.to_thread(warm_up))  # a query that is not short
                self.emit(
                    events.Querying(
                        run=self.id,
                        sync=self.sync.name,
                        rows=planning.progress.rows,
                        bound=planning.bound,
                        seconds=time.monotonic() - started,
                    )
                )
        finally:
            if not work.done():
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError, BackhaulError):
                    await work
        await work
        if warm:
            await warm
        self.emit(
            events.Queried(
                run=self.id, sync=self.sync.name, rows=planning.progress.rows, seconds=time.monotonic() - started
            )
        )

    async def _write(self, planning: Planning, position: int) -> Mapping[str, Any] | None:
        """Write one destination's plan and return its delivery; None where a guard stops it."""
        plan = planning.plans[position]
        asked = planning.open_questions(plan)
        if asked:
            self.stop(plan.target.name, asked)
            return None
        await _in_thread(lambda: planning.write(position, self.id, self.clock()), planning)
        delivery = dict(planning.store.rows("delivery", id=plan.delivery)[0])
        self.emit(planned(self.id, self.sync.name, delivery))
        return delivery

    def _end(self, store: Store) -> None:
        """Record how the run ended, and tell."""
        if not self._finished and not self._errors:
            self._errors.append(BackhaulError("The run stopped unexpectedly.", remedy="Run again: nothing is lost."))
        error = self._errors[0] if self._errors else None
        state = "failed" if error else "stopped" if self._stopped else "partial" if self._rejected else "succeeded"
        row = store.row("run", id=self.id)
        deliveries = store.rows("deliveries_of_run", run=self.id)
        counts = {
            name: sum(delivery[name] for delivery in deliveries)
            for name in ("rows", "unchanged", "superseded", "calls", "acknowledged", "rejected")
        }
        now = self.clock()
        told = events.Ended(
            run=self.id,
            sync=self.sync.name,
            state=state,
            seconds=now - (row["started"] if row else now),
            error=f"{error.where}: {error.message}" if error and error.where else error.message if error else "",
            remedy=error.remedy if error else "",
            exit_code=error.exit_code if error else 0 if state == "succeeded" else 1,
            counts=counts,
        )
        assert self._reporter is not None  # noqa: S101 -- _work() begins with it
        message = str(error.message) if error else None
        self._reporter.end(told, now, error=message, remedy=error.remedy if error else None)


async def _together(work: Iterable[Awaitable[_Value]]) -> list[_Value]:
    """Wait for all of it, then raise what went wrong first: none may go on sending when the run has ended."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return [each for each in done if not isinstance(each, BaseException)]


async def _in_thread(work: Callable[[], _Value], planning: Planning) -> _Value:
    """Run blocking work in a thread; when cancelled, stop the query in the warehouse and wait for the thread's end."""

    def watched() -> _Value:
        with planning.stopping.watch(planning.connection.interrupt):
            return work()

    thread = asyncio.ensure_future(asyncio.to_thread(watched))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        planning.progress.stop.set()
        planning.stopping.stop()
        with contextlib.suppress(Exception):
            await thread
        raise
