"""What a run sends without a query: its sync's rejected rows again, or the values that an earlier run overwrote.

Destinations are independent here, too: what goes wrong with one is noted, and the next one has its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from core.errors import BackhaulError
from core.sync.delivery.finish import Finishing, to_the_end
from core.sync.planning.ledger_match import LedgerMatch, RunOptions
from core.sync.progress.run_reporter import planned
from core.sync.replay import plan_replay
from core.sync.undo import look_back, record_undo

if TYPE_CHECKING:
    from core.model import Sync
    from core.store import Store
    from core.sync.planning.guards import Question
    from core.sync.preparation import Target
    from core.sync.progress.events import Event

__all__ = ["Steps", "send_back", "send_rejected"]


class Steps(Protocol):
    """What these deliveries need of the run that they are part of (core.sync.run.Run)."""

    id: str
    sync: Sync
    undo: str
    accepted: RunOptions
    replay_only: frozenset[int]

    @property
    def clock(self) -> Callable[[], float]: ...

    def emit(self, event: Event) -> None: ...

    def fail(self, error: BackhaulError) -> None: ...

    def stop(self, destination: str, asked: tuple[Question, ...]) -> None: ...

    def move(self, store: Store, ledger: Mapping[str, Any], target: Target) -> LedgerMatch | None: ...

    async def finish(self, finishing: Finishing, target: Target, delivery: Mapping[str, Any]) -> bool: ...


async def send_rejected(run: Steps, finishing: Finishing, targets: list[Target]) -> None:
    """Send rejected rows again, with the latest content that is known of each; of `run.replay_only` alone, where there are any."""
    for target in targets:
        try:
            await _send_rejected(run, finishing, target)
        except BackhaulError as error:
            run.fail(error)


async def send_back(run: Steps, finishing: Finishing, targets: list[Target]) -> None:
    """Send back what the run `run.undo` overwrote, destination by destination; each is planned and guarded."""
    deliveries = {row["destination"]: dict(row) for row in finishing.store.rows("deliveries_of_run", run=run.undo)}
    for target in targets:
        undone = deliveries.get(target.name)
        if undone is None or not undone["acknowledged"]:
            continue
        try:
            await _send_back(run, finishing, target, undone)
        except BackhaulError as error:
            run.fail(error)


async def _send_rejected(run: Steps, finishing: Finishing, target: Target) -> None:
    store, state, connection = finishing.store, finishing.state, finishing.connection
    ledger = store.row("current_ledger", sync=run.sync.id, destination=target.name)
    if ledger is None or run.move(store, dict(ledger), target) in (None, LedgerMatch.NEW_LEDGER):
        return
    delivery = await to_the_end(
        plan_replay, connection, store, state, run.sync, target, run.id, run.clock(), run.replay_only
    )
    if delivery is not None:
        run.emit(planned(run.id, run.sync.name, delivery))
        await run.finish(finishing, target, delivery)


async def _send_back(run: Steps, finishing: Finishing, target: Target, undone: Mapping[str, Any]) -> None:
    store, state, connection = finishing.store, finishing.state, finishing.connection
    found = await to_the_end(look_back, connection, store, state, run.sync, undone)
    ledger = store.rows("ledger", id=found.ledger)[0]
    if run.move(store, dict(ledger), target) in (None, LedgerMatch.NEW_LEDGER):
        return
    asked = tuple(each for each in found.questions if not (run.accepted.yes and each.acceptable))
    if asked:
        run.stop(target.name, asked)
        return
    delivery = await to_the_end(record_undo, connection, store, state, run.sync, target, found, run.id, run.clock())
    if delivery is not None:
        run.emit(planned(run.id, run.sync.name, delivery))
        await run.finish(finishing, target, delivery)
