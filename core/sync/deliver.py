"""The delivery: sends a plan's batches, reads the replies, and records both. It can be killed at any moment.

Order of writes, which the promises rest on: the store has a batch's row before the batch is first sent; the row says
"answered", with what was rejected, in one transaction after the reply was read. Whatever was not answered is sent again
from the plan, with the same messageIds and the same calls. Batches go out side by side, deletes only after all else was
acknowledged.

Where the plan has a canary, its first batch goes out alone, and the rest only after a look at the answers (core.sync.canary).
A delivery whose rest is given up (`only_begun`) sends the batches that may have arrived, and no other: nothing is sent
under a new messageId while it is not known whether it is there.

A batch that is refused as a whole is halved down to the row at fault. A destination that refuses everything (and has
acknowledged nothing of this delivery) is not a matter of rows: the delivery pauses.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.destinations.base import Batch, DestinationType, Outcome, Request, Response, Verdict
from core.errors import BackhaulError, DeliveryError
from core.model import CallType, Limits
from core.store import Store
from core.sync.canary import look_at_canary
from core.sync.events import Answered, Event, Retrying
from core.sync.planfile import PlanBatch, plan_rows, read_batches
from core.sync.transport import NoReplyError, Transport

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Delivering", "PausedError", "Rejection"]

_ALL_REFUSED = 20
"""After so many refused rows and none acknowledged, it is the destination or the credentials, not the rows."""


_LONGEST_WAIT = 900.0
"""A destination that asks for a longer pause than these seconds gets it without a process that waits."""


class PausedError(Exception):
    """The delivery cannot go on now; its plan is kept. `cause` says why and what to do."""

    def __init__(self, cause: BackhaulError) -> None:
        super().__init__(cause.message)
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A call that the destination refused for good. `sequence` is its place in the plan."""

    sequence: int
    reason: str
    status: int
    request: str
    response: str


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
    started: float = field(default_factory=time.monotonic)
    _next_request: float = 0.0

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
            await self._send_canary(batches, sent=0 in answered)
        deletes = await self._send_until_deletes(batches)
        if deletes is not None:
            await self._delete(deletes, batches)

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
        """Send deletes, one batch after the other; hold them all back where anything before was rejected."""
        hold = bool(self.rejected)
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
        """Send one batch until it is answered, and record the answer."""
        body = _batch(self._call_of(batch), batch.calls)
        request = await asyncio.to_thread(self.destination.request, body)
        position = self._record_sending(batch, await self.transport.position(request))
        rejections: list[Rejection] = []
        status = await self._settle(body, request, batch.calls, batch.first, position, rejections)
        acknowledged = len(batch.calls) - len(rejections)
        with self.store.transaction() if rejections else contextlib.nullcontext():
            rows = plan_rows(self.plan, batch, [rejection.sequence for rejection in rejections])
            for rejection, row in zip(rejections, rows, strict=True):
                self._record_rejection(rejection, row)
            self.store.do(
                "batch_answered",
                delivery=self.delivery["id"],
                number=batch.number,
                acknowledged=acknowledged,
                status=status,
                now=self.clock(),
            )
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

    async def _settle(
        self,
        body: Batch,
        request: Request,
        calls: pa.Array,
        first: int,
        position: int | None,
        rejections: list[Rejection],
    ) -> int:
        """Send calls until each is acknowledged or rejected; give the last status. Halves what is refused.

        `calls` are those of `body`; `first` is the sequence of the first of them.
        """
        response, verdict = await self._send_until_answered(body, request, position)
        if verdict.outcome is Outcome.ACKNOWLEDGED:
            for place, reason in verdict.refused.items():
                self._reject(calls, first, place, reason, response, rejections)
            return response.status
        if len(calls) == 1:
            self._reject(calls, first, 0, verdict.reason, response, rejections)
            return response.status
        half = len(calls) // 2
        for start, part in ((0, calls.slice(0, half)), (half, calls.slice(half))):
            smaller = _batch(body.call, part)
            status = await self._settle(
                smaller, self.destination.request(smaller), part, first + start, position, rejections
            )
        return status

    def _reject(
        self, calls: pa.Array, first: int, place: int, reason: str, response: Response, rejections: list[Rejection]
    ) -> None:
        self.rejected += 1
        rejections.append(
            Rejection(
                sequence=first + place,
                reason=reason[:500],
                status=response.status,
                request=calls[place].as_py().decode("utf-8", "replace"),
                response=response.body[:2000].decode("utf-8", "replace"),
            )
        )
        looked_at = self.only_begun or (self.delivery["canary"] and not self.delivery["canary_passed"])
        many = self.rejected >= _ALL_REFUSED and self.delivery["calls"] > _ALL_REFUSED
        if many and self.acknowledged == 0 and not looked_at:
            raise PausedError(
                DeliveryError(
                    f"{self.name} refuses everything: {reason[:300]}",
                    where=self.destination.host,
                    remedy="Check the destination's settings and key. The plan is kept; run again to go on.",
                )
            )

    async def _send_until_answered(
        self, body: Batch, request: Request, position: int | None
    ) -> tuple[Response, Verdict]:
        """Send, and send again what had no answer or is worth another try; the same bytes each time."""
        reason = ""
        for attempt in range(1, self.limits.attempts + 1):
            await self._wait_for_turn()
            retry_after: float | None = None
            try:
                response = await self.transport.send(request, position)
            except NoReplyError as error:
                reason = f"no reply ({error})"
            except DeliveryError as error:
                raise PausedError(error) from error
            else:
                verdict = self.destination.verdict(body, response)
                if verdict.outcome in (Outcome.ACKNOWLEDGED, Outcome.REFUSED):
                    return response, verdict
                if verdict.outcome is Outcome.PAUSE:
                    raise PausedError(self._refused(response.status, verdict.reason))
                reason, retry_after = verdict.reason, verdict.retry_after
            if retry_after is not None and retry_after > _LONGEST_WAIT:
                raise PausedError(self._asked_to_wait(retry_after, reason))
            if attempt < self.limits.attempts:
                await self._back_off(attempt, reason, retry_after)
        raise PausedError(
            DeliveryError(
                f"{self.name} did not take a batch in {self.limits.attempts} attempts: {reason}",
                where=self.destination.host,
                remedy="Check that the destination can be reached. The plan is kept; run again to go on.",
            )
        )

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

    async def _wait_for_turn(self) -> None:
        """Keep to the destination's requests a second."""
        now = time.monotonic()
        turn = max(now, self._next_request)
        self._next_request = turn + 1 / self.limits.requests
        if turn > now:
            await self.sleep(turn - now)

    def _asked_to_wait(self, seconds: float, reason: str) -> DeliveryError:
        return DeliveryError(
            f"{self.name} asks for a pause of {seconds / 60:,.0f} minutes: {reason[:300]}",
            where=self.destination.host,
            remedy="Run again after that; the plan is kept.",
        )

    def _refused(self, status: int, reason: str) -> DeliveryError:
        if status not in (401, 403):
            return DeliveryError(
                f"{self.name} does not take calls at this address: {reason[:300]}",
                where=self.destination.host,
                remedy="Check the destination's file, then run again: the plan is kept.",
            )
        secret = next(iter(self.destination.secrets.values()), "the credentials")
        name = next(iter(self.destination.secrets), "")
        return DeliveryError(
            f"{self.name} refused {secret}: {reason[:300]}",
            where=self.destination.host,
            remedy=f"Set it again with `backhaul secret set destinations/{self.name}.{name}`, then run again: "
            "the plan is kept.",
        )

    def _record_rejection(self, rejection: Rejection, row: Mapping[str, Any]) -> None:
        """List a refused row, with what was sent and what came back; it takes the place of older ones of its key."""
        delivery = self.delivery
        known = self.store.row(
            "known_attempts", ledger=delivery["ledger"], key=row["key"], fingerprint=row["fingerprint"]
        )
        now = self.clock()
        self.store.do(
            "supersede_rejected_key", ledger=delivery["ledger"], key=row["key"], delivery=delivery["id"], now=now
        )
        self.store.do(
            "insert_rejected",
            ledger=delivery["ledger"],
            sync=delivery["sync"],
            destination=delivery["destination"],
            delivery=delivery["id"],
            run=delivery["run"],
            sequence=rejection.sequence,
            key=row["key"],
            fingerprint=row["fingerprint"],
            identity=row["identity"],
            message_id=row["own_message_id"],
            call=row["call"],
            row=None,
            attempts=(known["attempts"] or 0) + 1 if known else 1,
            reason=rejection.reason,
            status=rejection.status,
            request=rejection.request,
            response=rejection.response,
            now=now,
        )


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
