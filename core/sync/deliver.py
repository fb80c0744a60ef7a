"""The delivery: sends a plan's batches, reads the replies, and records both. It can be killed at any moment.

Order of writes, which the promises rest on: the store has a batch's row before the batch is first sent; the row says
"answered", with what was rejected, in one transaction after the reply was read (core.sync.journal). Whatever was not answered is sent again
from the plan, with the same messageIds and the same calls. Batches go out side by side, deletes only after all else was
acknowledged.

All connections share one pace (core.sync.pacing), which a 429 slows down, and one breaker (core.sync.breaker): while a
destination is down, one batch asks whether it is back. A batch that is taken in part is sent again for the calls that a
reply says were not taken now; until then it is not answered.

Where the plan has a canary, its first batch goes out alone, and the rest only after a look at the answers (core.sync.canary).
A delivery whose rest is given up (`only_begun`) sends the batches that may have arrived, and no other: nothing is sent
under a new messageId while it is not known whether it is there.

Whoever stops a delivery lets the batches in flight have their answers, for a few seconds, so that what went out is known.

A batch that is refused as a whole is halved down to the row at fault. A destination that refuses everything (and has
acknowledged nothing of this delivery) is not a matter of rows: the delivery pauses.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.destinations.base import Batch, DestinationType, Outcome, Request, Response, Verdict
from core.errors import DeliveryError
from core.model import CallType, Limits
from core.store import Store
from core.sync.breaker import Breaker
from core.sync.canary import look_at_canary
from core.sync.events import Answered, Event, Retrying
from core.sync.journal import Journal
from core.sync.pacing import Pace
from core.sync.pausing import PausedError, asked_to_wait, not_taken, refused, refuses_everything
from core.sync.planfile import PlanBatch, plan_rows, read_batches
from core.sync.refusal import Rejection, record_rejection
from core.sync.transport import NoReplyError, Transport

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Delivering", "PausedError"]

_ALL_REFUSED = 20
"""After so many refused rows and none acknowledged, it is the destination or the credentials, not the rows."""


_IN_FLIGHT_SECONDS = 3.0
"""So long is an answer waited for after the delivery was stopped; the batch is sent again else, with the same messageIds."""

_LONGEST_WAIT = 900.0
"""A destination that asks for a longer pause than these seconds gets it without a process that waits."""


@dataclass(slots=True, kw_only=True)
class _Underway:
    """A batch of the plan that is being sent: where its file stood before, what was refused of it so far, and whether it
    went out and has no answer yet.
    """

    number: int
    position: int | None = None
    in_flight: bool = False
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Delivering:
    """Sends one open delivery. `emit` takes events; `sleep` and `clock` are parameters so that tests own the time."""

    store: Store
    delivery: Mapping[str, Any]
    plan: Path
    destination: DestinationType
    name: str
    limits: Limits
    transport: Transport
    emit: Callable[[Event], None]
    sync_name: str
    accepted: bool = False
    only_begun: bool = False
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.time
    acknowledged: int = 0
    rejected: int = 0
    stopping: bool = False
    taken: int = 0
    """Calls that some reply took, also in batches that are not answered as a whole yet."""

    started: float = field(default_factory=time.monotonic)
    breaker: Breaker = field(default_factory=Breaker)
    pace: Pace = field(init=False)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.store)
        self.pace = Pace(most=self.limits.requests, sleep=self.sleep)

    @property
    def call(self) -> CallType:
        return CallType(self.delivery["call"])

    async def run(self) -> None:
        """Send all batches that were not answered.

        Raises PausedError where the delivery cannot go on now, CanaryStop where its first calls were not all taken.
        """
        answered = {row["number"] for row in self.store.rows("answered_batches", delivery=self.delivery["id"])}
        totals = self.store.row("batch_totals", delivery=self.delivery["id"])
        self.acknowledged = totals["acknowledged"] if totals else 0
        self.rejected = (totals["answered"] if totals else 0) - self.acknowledged
        if self.only_begun:
            begun = {row["number"] for row in self.store.rows("begun_batches", delivery=self.delivery["id"])}
            batches = read_batches(self.plan, lambda number: number not in begun)
        else:
            batches = read_batches(self.plan, answered.__contains__)
        try:
            if not self.only_begun:
                await self._send_canary(batches, sent=0 in answered)
            deletes = await self._send_until_deletes(batches)
            if deletes is not None:
                await self._delete(deletes, batches)
        finally:
            await self.journal.settled()

    async def _send_canary(self, batches: Iterator[PlanBatch], *, sent: bool) -> None:
        """Send the first batch alone where the plan has a canary, and look at its answers."""
        if not self.delivery["canary"] or self.delivery["canary_passed"]:
            return
        if not sent:
            await self._send_batch(await asyncio.to_thread(next, batches))
        look_at_canary(self.store, self.delivery, sync=self.sync_name, accepted=self.accepted)

    async def _send_until_deletes(self, batches: Iterator[PlanBatch]) -> PlanBatch | None:
        """Send batches side by side up to the first of deletes, which is given back."""
        slots = asyncio.Semaphore(self.limits.connections)
        first_delete: PlanBatch | None = None
        try:
            async with asyncio.TaskGroup() as group:
                while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                    if batch.deletes:
                        first_delete = batch
                        break
                    await slots.acquire()
                    group.create_task(self._send_batch(batch)).add_done_callback(lambda _: slots.release())
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from None
        return first_delete

    async def _delete(self, first: PlanBatch, batches: Iterator[PlanBatch]) -> None:
        """Send deletes, one batch after the other; hold them all back where anything before was rejected.

        A delete that was refused holds no other one back: after a pause, what may have arrived has to go out again.
        """
        sends = self.delivery["calls"] - self.delivery["deletes"]
        hold = bool(self.store.rows("refused_before", delivery=self.delivery["id"], sequence=sends))
        batch: PlanBatch | None = first
        while batch is not None:
            if hold:
                self.store.do(
                    "batch_held",
                    delivery=self.delivery["id"],
                    number=batch.number,
                    calls=len(batch.calls),
                    now=self.clock(),
                )
            else:
                await self._send_batch(batch)
            batch = await asyncio.to_thread(next, batches, None)

    async def _send_batch(self, batch: PlanBatch) -> None:
        """Send one batch until it is answered; stopped, wait for its answer only where it is in flight."""
        underway = _Underway(number=batch.number)
        sending = asyncio.create_task(self._send_to_answer(batch, underway))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            self.stopping = True
            if underway.in_flight:
                await asyncio.wait({sending}, timeout=_IN_FLIGHT_SECONDS)
            sending.cancel()
            await asyncio.wait({sending})
            if not sending.cancelled():
                sending.exception()  # it is the stop that is told
            raise

    async def _send_to_answer(self, batch: PlanBatch, underway: _Underway) -> None:
        """Send one batch until it is answered, and record the answer."""
        body = _batch(self._call_of(batch), batch.calls)
        request = await self._request(body)
        position = await self.transport.position(request)
        underway.position = await self.journal.write(lambda: self._record_sending(batch, position))
        places = range(batch.first, batch.first + len(batch.calls))
        status = await self._settle(body, request, batch.calls, places, underway)
        rejections = sorted(underway.rejections, key=lambda rejection: rejection.sequence)
        acknowledged = len(batch.calls) - len(rejections)
        await self.journal.write(lambda: self._record_answered(batch, acknowledged, status, rejections))
        self.acknowledged += acknowledged
        self.emit(
            Answered(
                run=self.delivery["run"],
                sync=self.sync_name,
                destination=self.name,
                delivery=self.delivery["id"],
                calls=self.delivery["calls"],
                acknowledged=self.acknowledged,
                rejected=self.rejected,
                seconds=time.monotonic() - self.started,
            )
        )

    async def _request(self, body: Batch) -> Request:
        """Make a request; one that cannot be made (a key that no header can carry) pauses the delivery."""
        try:
            return await asyncio.to_thread(self.destination.request, body)
        except DeliveryError as error:
            raise PausedError(error) from error

    def _call_of(self, batch: PlanBatch) -> CallType:
        """Deletes are track calls, whatever the sync sends."""
        return CallType.TRACK if batch.deletes else self.call

    def _record_sending(self, batch: PlanBatch, position: int | None) -> int | None:
        """Write the batch's row before it is first sent; give the file position that was recorded at that time."""
        (row,) = self.store.rows(
            "batch_sending",
            delivery=self.delivery["id"],
            number=batch.number,
            calls=len(batch.calls),
            position=position,
            now=self.clock(),
        )
        known: int | None = row["position"]
        return known

    def _record_answered(
        self, batch: PlanBatch, acknowledged: int, status: int, rejections: Sequence[Rejection]
    ) -> None:
        """Write that a batch was answered, and what of it was refused."""
        rows = plan_rows(self.plan, batch, [rejection.sequence for rejection in rejections])
        for rejection, row in zip(rejections, rows, strict=True):
            record_rejection(self.store, self.delivery, rejection, row, self.clock())
        self.store.do(
            "batch_answered",
            delivery=self.delivery["id"],
            number=batch.number,
            acknowledged=acknowledged,
            status=status,
            now=self.clock(),
        )

    async def _settle(
        self,
        body: Batch,
        request: Request,
        calls: pa.Array,
        places: Sequence[int],
        underway: _Underway,
        attempt: int = 1,
    ) -> int:
        """Send calls until each is acknowledged or rejected; give the last status. Halves what is refused.

        `calls` are those of `body`; `places` are their sequences in the plan; `attempt` counts how often the reply said
        that they were not taken now.
        """
        response, verdict = await self._send_until_answered(body, request, underway)
        if verdict.outcome is Outcome.ACKNOWLEDGED:
            self.taken += len(calls) - len(verdict.refused) - len(verdict.again)
            for place, reason in verdict.refused.items():
                self._reject(calls, places, place, reason, response, underway)
            if not verdict.again:
                return response.status
            await self._try_later(attempt, next(iter(verdict.again.values())), verdict.retry_after)
            parts, attempt = [sorted(verdict.again)], attempt + 1
        elif len(calls) == 1:
            self._reject(calls, places, 0, verdict.reason, response, underway)
            return response.status
        else:
            half = len(calls) // 2
            parts, attempt = [list(range(half)), list(range(half, len(calls)))], 1
        status = response.status
        for part in parts:
            self._go_on()
            taken = calls.take(part)
            smaller = _batch(body.call, taken)
            found = [places[place] for place in part]
            request = await self._request(smaller)
            status = await self._settle(smaller, request, taken, found, underway, attempt)
        return status

    async def _try_later(self, attempt: int, reason: str, retry_after: float | None) -> None:
        """Wait before calls that were not taken now go out again; raises PausedError after the last attempt."""
        if attempt >= self.limits.attempts:
            raise not_taken(self.name, self.destination, self.limits.attempts, reason)
        await self._back_off(attempt, reason, retry_after)

    def _reject(
        self,
        calls: pa.Array,
        places: Sequence[int],
        place: int,
        reason: str,
        response: Response,
        underway: _Underway,
    ) -> None:
        self.rejected += 1
        underway.rejections.append(
            Rejection(
                sequence=places[place],
                reason=reason[:500],
                status=response.status,
                request=calls[place].as_py().decode("utf-8", "replace"),
                response=response.body[:2000].decode("utf-8", "replace"),
            )
        )
        looked_at = self.only_begun or (self.delivery["canary"] and not self.delivery["canary_passed"])
        many = self.rejected >= _ALL_REFUSED and self.delivery["calls"] > _ALL_REFUSED
        if many and not self.acknowledged + self.taken and not looked_at:
            raise refuses_everything(self.name, self.destination, reason)

    async def _send_until_answered(
        self, body: Batch, request: Request, underway: _Underway
    ) -> tuple[Response, Verdict]:
        """Send, and send again what had no answer or is worth another try; the same bytes each time."""
        reason = ""
        for attempt in range(1, self.limits.attempts + 1):
            await self.breaker.enter(underway.number)
            sent_at = await self.pace.turn()
            retry_after: float | None = None
            try:
                underway.in_flight = True
                response = await self.transport.send(request, underway.position)
            except NoReplyError as error:
                self.breaker.failed(underway.number)
                reason = f"no reply ({error})"
            except DeliveryError as error:
                raise PausedError(error) from error
            else:
                verdict = await self._read(body, response, sent_at, underway)
                if verdict.outcome in (Outcome.ACKNOWLEDGED, Outcome.REFUSED):
                    return response, verdict
                if verdict.outcome is Outcome.PAUSE:
                    raise refused(self.name, self.destination, response.status, verdict.reason)
                reason, retry_after = verdict.reason, verdict.retry_after
            underway.in_flight = False
            self._go_on()
            if retry_after is not None and retry_after > _LONGEST_WAIT:
                raise asked_to_wait(self.name, self.destination, retry_after, reason)
            if attempt < self.limits.attempts:
                await self._back_off(attempt, reason, retry_after)
        raise not_taken(self.name, self.destination, self.limits.attempts, reason)

    async def _read(self, body: Batch, response: Response, sent_at: float, underway: _Underway) -> Verdict:
        """Read a reply, and let it set the pace and the breaker for all connections."""
        verdict = await asyncio.to_thread(self.destination.verdict, body, response)
        if response.status >= 500:
            self.breaker.failed(underway.number)
        else:
            self.breaker.succeeded()
        if response.status == 429 or verdict.retry_after is not None:
            self.pace.slow_down(sent_at, verdict.retry_after, halve=response.status == 429)
        elif verdict.outcome is Outcome.ACKNOWLEDGED:
            self.pace.succeeded()
        return verdict

    def _go_on(self) -> None:
        """End here where the delivery was stopped."""
        if self.stopping:
            raise asyncio.CancelledError

    async def _back_off(self, attempt: int, reason: str, retry_after: float | None) -> None:
        """Wait before another attempt: what the destination asks for, else twice as long each time, with jitter."""
        wait = min(self.limits.backoff * 2 ** (attempt - 1), self.limits.backoff_most)
        wait *= random.uniform(0.5, 1.0)  # noqa: S311 -- jitter, not a secret
        if retry_after is not None:
            wait = max(wait, retry_after)
        self.emit(
            Retrying(
                run=self.delivery["run"],
                sync=self.sync_name,
                destination=self.name,
                delivery=self.delivery["id"],
                reason=reason[:300],
                attempt=attempt,
                attempts=self.limits.attempts,
                wait=wait,
            )
        )
        await self.sleep(wait)


def _batch(call: CallType, calls: pa.Array) -> Batch:
    """Wrap an Arrow array of calls; joining them makes no Python object per call."""

    @cache
    def joined(separator: bytes) -> bytes:
        import pyarrow as pa
        import pyarrow.compute as pc

        lists = pa.ListArray.from_arrays(pa.array([0, len(calls)], pa.int32()), calls)
        found: bytes = pc.binary_join(lists, separator)[0].as_py()
        return found

    return Batch(call=call, calls=len(calls), joined=joined)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give one of the errors that ended the batches; they are about the same destination."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
