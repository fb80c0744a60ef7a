"""The delivery: sends a plan's batches, reads the replies, and records both. It can be killed at any moment.

Order of writes, which the promises rest on: the store has a batch's row before the batch is first sent; the row says
"answered", with what was rejected, in one transaction after the last reply to it was read (core.sync.delivery.group_commit). Whatever was not answered
is sent again from the plan, with the same messageIds and the same calls. Batches go out side by side, deletes only after all else was
acknowledged.

All connections take their work from one stack of pieces (core.sync.delivery.pieces) and, where that is empty, from the plan. They share one pace
(core.sync.delivery.rate_limiter), which a 429 slows down, and one breaker (core.sync.delivery.circuit_breaker): while a destination is down, one piece asks whether it is
back. Where the plan has a canary, its first batch goes out alone, and the rest only after a look at the answers (core.sync.delivery.canary).
A delivery whose rest is given up (`only_begun`) sends the batches that may have arrived, and no other: nothing is sent
under a new messageId while it is not known whether it is there.

Whoever stops a delivery lets the batches in flight have their answers, for a few seconds, so that what went out is known.

What goes wrong, and what ends it by itself (core.sync.delivery.evidence says whose fault it is):

    a batch is refused             it is cut down to the rows at fault; each is rejected by name, the others are taken
    many new rows are refused      a sample of the others goes out; where none is taken, the destination refuses everything: the
                                   delivery pauses, nothing is listed, and the next run plans again with the rows as they are then
    no answer, 5xx, 401, 404 …     the delivery pauses; the next run goes on with it. Where the same batch fails again, a sample of
                                   the others goes out: where one is taken, the batch is cut and the row at fault rejected by name;
                                   where none is, the delivery is given up, and what may have arrived is rejected by name after
                                   `_MANY_RUNS` attempts, so that what has changed meanwhile is planned, and tells which it is
    all rows fail, deletes wait    in a later run a few deletes are the sample, for they are held back until all else is settled
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.destinations.base import Batch, DestinationType, Outcome, Request, Response, Verdict, encodable_verdict
from core.errors import DeliveryError
from core.model import CallType, Limits
from core.store import Store
from core.sync.delivery.canary import look_at_canary
from core.sync.delivery.circuit_breaker import CircuitBreaker
from core.sync.delivery.evidence import Evidence, Suspicion
from core.sync.delivery.group_commit import GroupCommit
from core.sync.delivery.pauses import PausedError, asked_to_wait, not_taken, refused, refuses_everything
from core.sync.delivery.pieces import BatchProgress, Piece, cut, halves, sampled, singles
from core.sync.delivery.plan_source import PlanSource
from core.sync.delivery.rate_limiter import RateLimiter
from core.sync.delivery.rejections import Rejection, record_not_sent, record_rejection
from core.sync.delivery.transport import NoReplyError, Transport
from core.sync.planning.plan_file import PlanBatch, plan_rows, sequences_of
from core.sync.progress.events import Answered, Event, Retrying, Slowed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Delivering", "PausedError"]

_IN_FLIGHT_SECONDS = 3.0
"""So long is an answer waited for after the delivery was stopped; the batch is sent again else, with the same messageIds."""

_LONGEST_WAIT = 900.0
"""A destination that asks for a longer pause than these seconds gets it without a process that waits."""

_FEW_CALLS = 200
"""So many calls are tried one by one before a destination is said to refuse everything; of more, a sample is."""

_SAMPLE_BATCHES = 10
_SAMPLE = 50
_UNANSWERED_SAMPLE = 5
"""How many calls are sent to find evidence; fewer where there is no reply, for each may take a timeout."""

_FEW_TRIES = 2
"""How often a part is sent of what has failed as a whole while other calls were taken."""

_MANY_RUNS = 5
"""So often a batch was begun without an answer, and no other call was there to compare with, when its rows are rejected by name."""

_SLOWED_SECONDS = 10.0
"""How often it is told that the destination slows a delivery down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotNow:
    """Why a request has no answer that can be used now; `status` is 0 where there was no reply."""

    reason: str
    retry_after: float | None = None
    status: int = 0


@dataclass(slots=True, kw_only=True)
class Delivering:
    """Sends one open delivery. `emit` takes events; `sleep` and `clock` are parameters so that tests own the time.

    `rejected_before` are the places in the plan of rows that were rejected in earlier deliveries; `has_failed_before` says that an
    earlier run could not finish it, or that the delivery before it was given up: then evidence is looked for at once.
    """

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
    has_failed_before: bool = False
    rejected_before: frozenset[int] = frozenset()
    started: float = field(default_factory=time.monotonic)
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    evidence: Evidence = field(default_factory=Evidence)
    pace: RateLimiter = field(init=False)
    journal: GroupCommit = field(init=False)
    _stack: list[Piece] = field(default_factory=list)
    _aside: list[Piece] = field(default_factory=list)
    _under_way: dict[int, BatchProgress] = field(default_factory=dict)
    _refused_in: dict[int, BatchProgress] = field(default_factory=dict)
    _most_begun: int = 1
    _busy: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _slowed: int = 0
    _slowed_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.journal = GroupCommit(self.store)
        self.pace = RateLimiter(most=self.limits.requests, sleep=self.sleep)

    @property
    def call(self) -> CallType:
        return CallType(self.delivery["call"])

    async def run(self) -> None:
        """Send all batches that were not answered.

        Raises PausedError where the delivery cannot go on now, CanaryStop where its first calls were not all taken.
        """
        rows = self.store.rows("answered_batches", delivery=self.delivery["id"])
        answered = {row["number"] for row in rows}
        totals = self.store.row("batch_totals", delivery=self.delivery["id"])
        self.acknowledged = totals["acknowledged"] if totals else 0
        self.rejected = (totals["answered"] if totals else 0) - self.acknowledged
        self.evidence.before = self.acknowledged
        self.rejected_before = await asyncio.to_thread(self._rejected_before)
        sent = self.store.rows("sent_batches", delivery=self.delivery["id"])
        unanswered = [row["attempts"] for row in sent if row["state"] == "sending"]
        self.has_failed_before = self.has_failed_before or bool(unanswered)
        self._most_begun = 1 + max(unanswered, default=0)
        wanted = self._begun() if self.only_begun else set(range(self.delivery["batches"])) - answered
        source = PlanSource(self.plan, wanted)
        try:
            if not self.only_begun:
                await self._send_canary(source, sent=0 in answered)
            await self._send_all(source)
            await self._delete(source)
        except PausedError as pause:
            await self._note_pause(pause)
            if not (self.only_begun and pause.replan) or self._begun():
                raise
        finally:
            self._tell_slowed(at_end=True)
            await self.journal.settled()

    def _begun(self) -> set[int]:
        """Return the numbers of the batches that may have arrived, and have no answer."""
        return {row["number"] for row in self.store.rows("begun_batches", delivery=self.delivery["id"])}

    def _rejected_before(self) -> frozenset[int]:
        """Find the places in the plan of rows that are listed as rejected by other deliveries."""
        listed = self.store.rows("open_rejected_keys", ledger=self.delivery["ledger"], delivery=self.delivery["id"])
        return sequences_of(self.plan, [row["key"] for row in listed])

    async def _send_canary(self, source: PlanSource, *, sent: bool) -> None:
        """Send the first batch alone where the plan has a canary, and look at its answers."""
        if not self.delivery["canary"] or self.delivery["canary_passed"]:
            return
        if not sent and (batch := await source.next()) is not None:
            self._stack.append(await self._begin(batch))
            await self._work(None)
        look_at_canary(self.store, self.delivery, sync=self.sync_name, accepted=self.accepted)

    async def _send_all(self, source: PlanSource) -> None:
        """Send everything but deletes."""
        await self._work(source)
        if self.evidence.refuses_everything and not self._is_looked_at and not self._waiting_deletes:
            raise refuses_everything(self.name, self.destination, self._last_reason())

    async def _delete(self, source: PlanSource) -> None:
        """Send deletes, one batch after the other; hold them all back where a row before was rejected for the first time.

        A delete that was refused holds no other one back: after a pause, what may have arrived has to go out again.
        """
        sends = self.delivery["calls"] - self.delivery["deletes"]
        hold = bool(self.store.rows("refused_before", delivery=self.delivery["id"], sequence=sends))
        while (batch := await source.next_delete()) is not None:
            if hold:
                self.store.do(
                    "batch_held",
                    delivery=self.delivery["id"],
                    number=batch.number,
                    calls=len(batch.calls),
                    now=self.clock(),
                )
            else:
                self._stack.append(await self._begin(batch))
                await self._work(None)

    @property
    def _waiting_deletes(self) -> bool:
        """Whether deletes wait behind rows that were all refused in an earlier run, too: then these are rejected by name, for deletes
        follow only upon what is settled.
        """
        return self.has_failed_before and bool(self.delivery["deletes"])

    @property
    def _is_looked_at(self) -> bool:
        """Whether someone looks at the answers before more goes out, so that no judgement is needed."""
        return bool(self.delivery["canary"] and not self.delivery["canary_passed"])

    # connections and their work

    async def _work(self, source: PlanSource | None) -> None:
        """Let each connection take pieces from the stack, and batches from the plan, until nothing is left."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.limits.connections):
                    group.create_task(self._connection(source))
        except BaseExceptionGroup as group_error:
            raise _first(group_error) from None

    async def _connection(self, source: PlanSource | None) -> None:
        while (piece := await self._next_piece(source)) is not None:
            try:
                await self._send_piece(piece)
                await self._look_for_evidence(source)
            finally:
                self._busy -= 1
                self._notify()

    async def _next_piece(self, source: PlanSource | None) -> Piece | None:
        """Return what to send next; None when all is done. While evidence is looked for, only the sample goes out."""
        exhausted = source is None
        while True:
            if self.evidence.is_settled and not self._busy:
                self._busy += 1
                try:
                    await self._sample_what_is_left(source)
                finally:
                    self._busy -= 1
                    self._notify()
            if (piece := self._pop()) is not None:
                self._busy += 1
                return piece
            if source is not None and not exhausted and not self._stack and self.evidence.suspicion is None:
                self._busy += 1
                try:
                    batch = await source.next()
                    if batch is not None:
                        return await self._begin(batch)
                except BaseException:
                    self._busy -= 1
                    raise
                self._busy -= 1
                exhausted = True
                self._notify()
            elif self._busy:
                await self._changed.wait()
            elif self._aside:
                self._bring_back()
            else:
                return None

    def _pop(self) -> Piece | None:
        """Take a piece from the stack: the last one, or one of the sample where evidence is looked for."""
        if self.evidence.is_settled:  # what is still under way may be taken
            return None
        if self.evidence.suspicion is not None:
            sample = next((piece for piece in reversed(self._stack) if piece.is_sample), None)
            if sample is not None:
                self._stack.remove(sample)
                return sample
            if self._busy:
                return None
        return self._stack.pop() if self._stack else None

    def _notify(self) -> None:
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def _begin(self, batch: PlanBatch) -> Piece:
        """Record that a batch is sent, and return it as a piece."""
        progress = BatchProgress(batch=batch)
        request = await self._request(_batch(self._call_of(batch), batch.calls))
        position = await self.transport.position(request)
        before = await self.journal.write(lambda: self._record_sending(batch, position))
        progress.position = position
        if self.has_failed_before:
            progress.begun = 2
        if before is not None:
            progress.position, progress.begun = before["position"], max(progress.begun, before["attempts"] + 1)
            progress.was_unanswered = bool(before["unanswered"])
        self._under_way[batch.number] = progress
        return progress.whole(self.limits.attempts)

    async def _send_piece(self, piece: Piece) -> None:
        """Send a piece until it is answered; stopped, wait for its answer only where it is in flight."""
        sending = asyncio.create_task(self._settle(piece))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            self.stopping = True
            if piece.in_flight:
                await asyncio.wait({sending}, timeout=_IN_FLIGHT_SECONDS)
            sending.cancel()
            await asyncio.wait({sending})
            if not sending.cancelled():
                sending.exception()  # it is the stop that is told
            raise
        finally:
            self.breaker.leave(id(piece))

    async def _settle(self, piece: Piece) -> None:
        """Send a piece and deal with the answer; what is left of it goes onto the stack."""
        if piece.taken_before is None:
            piece.taken_before = self.evidence.taken
        calls = piece.calls
        body = _batch(self._call_of(piece.progress.batch), calls)
        try:
            response, verdict = await self._send_until_answered(body, await self._request(body), piece)
        except PausedError as pause:
            await self._failed(piece, calls, pause)
            return
        piece.progress.status = response.status
        if verdict.outcome is Outcome.ACKNOWLEDGED:
            await self._taken(piece, calls, response, verdict)
        elif len(piece.places) == 1:
            await self._refuse(piece, calls, {0: verdict.reason}, response)
        else:
            parts = singles(piece) if self._is_known(piece) else cut(piece, response.body)
            self._stack.extend(reversed(parts))
            self._notify()

    async def _taken(self, piece: Piece, calls: pa.Array, response: Response, verdict: Verdict) -> None:
        """Take note of calls that were taken, and of those of them that were refused or are to be sent again."""
        others = verdict.refused.keys() | verdict.again.keys()
        taken = [place for number, place in enumerate(piece.places) if number not in others]
        self.evidence.take(len(taken))
        if taken:
            self._bring_back()
        piece.progress.settled.update(taken)
        if verdict.refused:
            await self._refuse(piece, calls, verdict.refused, response)
        else:
            await self._recorded(piece.progress)
        if piece.is_sample and not taken and not verdict.refused:
            self.evidence.tried()
        if verdict.again:
            reason = next(iter(verdict.again.values()))
            if piece.attempt >= self.limits.attempts:
                raise not_taken(self.name, self.destination, self.limits.attempts, reason)
            await self._back_off(piece.attempt, reason, verdict.retry_after)
            again = [piece.places[number] for number in sorted(verdict.again)]
            self._stack.append(piece.part(again, attempt=piece.attempt + 1))
            self._notify()

    async def _refuse(
        self,
        piece: Piece,
        calls: pa.Array,
        refusals: Mapping[int, str],
        response: Response,
        *,
        is_unclear: bool = False,
        is_evidence: bool = True,
    ) -> None:
        """Reject calls of a piece, by their numbers in it; `is_unclear` says that they may have arrived, `is_evidence` that the
        destination has judged them.
        """
        progress = piece.progress
        for number, reason in refusals.items():
            place = piece.places[number]
            sequence = progress.batch.first + place
            self.rejected += 1
            progress.settled.add(place)
            progress.rejections.append(
                Rejection(
                    sequence=sequence,
                    reason=reason[:500],
                    status=response.status or None,
                    request=calls[number].as_py().decode("utf-8", "replace"),
                    response=response.body[:2000].decode("utf-8", "replace"),
                    is_unclear=is_unclear,
                )
            )
            if is_evidence and sequence not in self.rejected_before:
                if not self.evidence.refused:
                    self._refused_in.clear()
                self._refused_in[sequence] = progress
                self.evidence.refuse(sequence)
        await self._recorded(progress)
        if piece.is_sample:
            self.evidence.tried()

    async def _failed(self, piece: Piece, calls: pa.Array, pause: PausedError) -> None:
        """Deal with a piece that had no answer, or one that is no row's fault. Raises where the delivery has to pause.

        In the first run of a delivery it pauses at once: what is wrong then is seldom a row. Later the piece is set aside, until it
        is known whether other calls are taken.
        """
        if piece.is_sample and piece.tries == 1:
            self._aside.append(piece.part(piece.places, tries=_FEW_TRIES))
            self.evidence.tried()
        elif not pause.is_final and self._is_known(piece) and (self.evidence.taken or self.evidence.before):
            await self._blame(piece, calls, pause)
        elif not pause.is_final and self._holds_up_others(piece):
            await self._reject_unanswered(piece, calls, pause)
        elif pause.is_final or piece.progress.begun < 2:
            raise pause.while_others_were_taken(self.evidence.taken + self.evidence.before)
        elif len(piece.places) > 1 and piece.is_blamed:
            self._stack.extend(reversed(halves(piece, tries=_FEW_TRIES)))
            self._notify()
        elif piece.is_blamed or self.evidence.taken > (piece.taken_before or 0):
            await self._blame(piece, calls, pause)
        else:
            self._aside.append(piece)
            if self.evidence.suspicion is None:
                self.evidence.suspect(pause.planning_anew())

    def _is_known(self, piece: Piece) -> bool:
        """Whether all rows of a piece were rejected before."""
        first = piece.progress.batch.first
        return bool(self.rejected_before) and all(first + place in self.rejected_before for place in piece.places)

    async def _blame(self, piece: Piece, calls: pa.Array, pause: PausedError) -> None:
        """Reject a call that fails while others are taken; of several, find it."""
        if len(piece.places) > 1:
            self._stack.extend(reversed(halves(piece, tries=_FEW_TRIES)))
            self._notify()
            return
        unclear = piece.may_have_arrived
        if piece.progress.begun < 2 and unclear and not self._is_known(piece):
            raise pause
        reason = f"{pause.reason} (in {piece.progress.begun} runs, while other calls were taken)"
        piece.was_answered()
        response = Response(status=pause.status, headers={}, body=b"")
        await self._refuse(piece, calls, {0: reason}, response, is_unclear=unclear)

    def _holds_up_others(self, piece: Piece) -> bool:
        """Whether calls without an answer keep everything that has changed from being planned: those of rows that were rejected before,
        in a second run, and those of a delivery that is given up, after many attempts, though others cannot be compared with them.
        """
        if self.only_begun and self._most_begun >= _MANY_RUNS:
            return True
        return piece.progress.begun >= 2 and self._is_known(piece)

    async def _reject_unanswered(self, piece: Piece, calls: pa.Array, pause: PausedError) -> None:
        """Reject calls that hold up others. Nothing is lost by it: they are retried in each run, under the messageIds that they have."""
        reason = f"{pause.reason} (sent {piece.progress.begun} times)"
        piece.was_answered()
        response = Response(status=pause.status, headers={}, body=b"")
        refusals = dict.fromkeys(range(len(piece.places)), reason)
        await self._refuse(piece, calls, refusals, response, is_unclear=piece.may_have_arrived, is_evidence=False)

    # evidence

    async def _look_for_evidence(self, source: PlanSource | None) -> None:
        """Begin a sample of other calls where it is not known whether rows or the destination are at fault."""
        evidence = self.evidence
        if evidence.suspicion is not None and evidence.suspicion.is_new:
            evidence.suspicion.is_new = False
            await self._sample_failed(source, evidence.suspicion)
        elif evidence.is_suspicious and not self._is_looked_at:
            in_hand = sum(len(piece.places) for piece in self._stack)
            nothing_taken = not (evidence.taken or evidence.before)
            are_many = in_hand > _FEW_CALLS and nothing_taken
            if (source and source.has_more) or are_many:
                taken = evidence.taken + evidence.before
                cause = refuses_everything(self.name, self.destination, self._last_reason(), taken=taken)
                suspicion = evidence.suspect(cause, is_new=False)
                batches = await source.sample(_SAMPLE_BATCHES) if source else []
                pieces = [await self._begin(batch) for batch in batches]
                if pieces or are_many:
                    pieces += self._taken_stack()
                self._put_sample(suspicion, pieces, _SAMPLE, tries=self.limits.attempts)

    async def _sample_failed(self, source: PlanSource | None, suspicion: Suspicion) -> None:
        """Send a few other calls beside what has failed: of unsent batches, of what is in hand, else of what has failed itself.

        Where there is no other call, what was taken before in this run is the evidence; where nothing was, the delivery pauses, and
        the next run plans again: rows that changed since may be taken. One that never had a reply is not planned again before it
        has failed in many runs.
        """
        batches = await source.sample(_SAMPLE_BATCHES) if source else []
        pieces = [*[await self._begin(batch) for batch in batches], *self._taken_stack()]
        several = [piece for piece in self._aside if len(piece.places) > 1]
        if pieces or several:
            pieces += several
            self._aside = [piece for piece in self._aside if len(piece.places) == 1]
            most = _SAMPLE if suspicion.cause.status else _UNANSWERED_SAMPLE
            self._put_sample(suspicion, pieces, most, tries=1)
        elif self.evidence.taken or all(piece.progress.begun >= _MANY_RUNS for piece in self._aside):
            self.evidence.suspicion = None
            self._bring_back()
        elif not await self._sample_deletes(source, suspicion):
            raise suspicion.cause

    async def _sample_deletes(self, source: PlanSource | None, suspicion: Suspicion) -> bool:
        """Send a few deletes as evidence where all other rows have failed in an earlier run, too; return whether there are any left.

        They follow upon all else, so rows that fail run after run would hold them back for good.
        """
        batch = await source.next_delete() if source is not None and self._waiting_deletes else None
        if batch is None:
            return False
        self._put_sample(suspicion, [await self._begin(batch)], _UNANSWERED_SAMPLE, tries=1)
        return True

    async def _sample_what_is_left(self, source: PlanSource | None) -> None:
        """Try what was cut meanwhile, too, where it is little. Raises the cause of the suspicion where nothing is left, or too much."""
        suspicion = self.evidence.suspicion
        if suspicion is None:
            return
        left = sum(len(piece.places) for piece in self._stack)
        if not left and self._waiting_deletes and self.evidence.refused:
            self.evidence.suspicion = None
            self.evidence.refused.clear()
            return
        if not left and await self._sample_deletes(source, suspicion):
            return
        if not 0 < left <= _FEW_CALLS:
            raise suspicion.cause
        self._put_sample(suspicion, self._taken_stack(), left, tries=suspicion.tries)

    def _taken_stack(self) -> list[Piece]:
        pieces, self._stack = self._stack, []
        return pieces

    def _put_sample(self, suspicion: Suspicion, pieces: Sequence[Piece], most: int, *, tries: int) -> None:
        """Put single calls of pieces on top of the stack, with what is left of the pieces below."""
        suspicion.tries = tries
        chosen, rest = sampled(pieces, most, tries=tries)
        if chosen:
            suspicion.sample = len(chosen)
        else:  # what was in hand has gone out meanwhile
            self.evidence.suspicion = None
        self._stack += [*rest, *chosen]
        self._notify()

    def _bring_back(self) -> None:
        """Take up what was set aside: as others are taken, it is cut down to the rows at fault."""
        for piece in self._aside:
            parts = (
                halves(piece, tries=_FEW_TRIES)
                if len(piece.places) > 1
                else [piece.part(piece.places, tries=_FEW_TRIES)]
            )
            for part in parts:
                part.is_blamed = True
            self._stack[:0] = parts
        self._aside = []
        self._notify()

    def _last_reason(self) -> str:
        """Return why the last call was refused."""
        last = self.evidence.refused[-1]
        return next(each.reason for each in self._refused_in[last].rejections if each.sequence == last)

    async def _note_pause(self, pause: PausedError) -> None:
        """Record what is known of the batches under way: those that cannot have arrived need not be sent as they were.

        Where the next run plans again, nothing is left of what was refused by a destination that refuses everything.
        """
        await self.journal.write(lambda: self._record_pause(pause))

    def _record_pause(self, pause: PausedError) -> None:
        refused_now = set(self.evidence.refused) if pause.replan else set()
        self._take_back(refused_now)
        for progress in self._under_way.values():
            if progress.may_have_arrived:
                continue
            listed = [each for each in progress.rejections if each.sequence not in refused_now]
            if pause.replan and (progress.acknowledged or listed):
                self._record_part(progress, listed, refused_now, pause.reason)
            else:
                self.store.do("batch_has_reply", delivery=self.delivery["id"], number=progress.batch.number)

    def _take_back(self, refused_now: set[int]) -> None:
        """Take what was refused off the list, and out of the batches that are recorded as answered: it is pending again."""
        if not refused_now:
            return
        delivery = self.delivery["id"]
        sequences = json.dumps(sorted(refused_now))
        self.store.do("supersede_rejected_sequences", delivery=delivery, sequences=sequences, now=self.clock())
        answered = Counter(
            progress.batch.number
            for sequence, progress in self._refused_in.items()
            if sequence in refused_now and progress.batch.number not in self._under_way
        )
        for number, calls in answered.items():
            self.store.do("batch_taken_back", delivery=delivery, number=number, calls=calls)

    def _record_part(
        self, progress: BatchProgress, listed: Sequence[Rejection], refused_now: set[int], reason: str
    ) -> None:
        """Record a batch of which a part has an outcome as answered; the rest of its rows is left to the next plan."""
        batch = progress.batch
        settled = {batch.first + place for place in progress.settled} - refused_now
        rest = [each for each in range(batch.first, batch.first + len(batch.calls)) if each not in settled]
        for sequence, row in zip(rest, plan_rows(self.plan, batch, rest), strict=True):
            record_not_sent(self.store, self.delivery, sequence, row, reason, self.clock())
        self._record_answered(progress, listed, calls=len(settled))

    # one request

    async def _request(self, body: Batch) -> Request:
        """Make a request; one that cannot be made (a key that no header can carry) pauses the delivery."""
        try:
            return await asyncio.to_thread(self.destination.request, body)
        except DeliveryError as error:
            raise PausedError(error, is_final=True) from error

    def _call_of(self, batch: PlanBatch) -> CallType:
        """Deletes are track calls, whatever the sync sends."""
        return CallType.TRACK if batch.deletes else self.call

    def _record_sending(self, batch: PlanBatch, position: int | None) -> Mapping[str, Any] | None:
        """Write the batch's row before it is first sent; return the row that an earlier run has written, if any."""
        place = {"delivery": self.delivery["id"], "number": batch.number}
        before = self.store.row("batch", **place)
        self.store.do("batch_sending", calls=len(batch.calls), position=position, now=self.clock(), **place)
        return dict(before) if before else None

    async def _recorded(self, progress: BatchProgress) -> None:
        """Record a batch's answer once each of its calls has an outcome."""
        if not progress.is_done or self._under_way.pop(progress.batch.number, None) is None:
            return
        rejections = sorted(progress.rejections, key=lambda rejection: rejection.sequence)
        await self.journal.write(lambda: self._record_answered(progress, rejections))
        self.acknowledged += progress.acknowledged
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

    def _record_answered(
        self, progress: BatchProgress, rejections: Sequence[Rejection], *, calls: int | None = None
    ) -> None:
        """Write that a batch was answered, and what of it was refused; `calls` are those that were sent, all by default."""
        batch = progress.batch
        rows = plan_rows(self.plan, batch, [rejection.sequence for rejection in rejections])
        for rejection, row in zip(rejections, rows, strict=True):
            others_taken = bool(self.evidence.taken or self.evidence.before)
            record_rejection(self.store, self.delivery, rejection, row, self.clock(), others_taken=others_taken)
        self.store.do(
            "batch_answered",
            delivery=self.delivery["id"],
            number=batch.number,
            calls=len(batch.calls) if calls is None else calls,
            acknowledged=progress.acknowledged,
            status=progress.status,
            now=self.clock(),
        )

    async def _send_until_answered(self, body: Batch, request: Request, piece: Piece) -> tuple[Response, Verdict]:
        """Send, and send again what had no answer or is worth another try; the same bytes each time.

        Raises PausedError where there is no answer that can be used. A 429 counts as an attempt only where nothing else was taken
        since the last: the pace keeps it from coming too often.
        """
        attempt = 1
        while True:
            taken = self.evidence.taken
            reply = await self._attempt(body, request, piece)
            if isinstance(reply, tuple):
                return reply
            self._go_on()
            if reply.retry_after is not None and reply.retry_after > _LONGEST_WAIT:
                raise asked_to_wait(self.name, self.destination, reply.retry_after, reply.reason)
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._slowed += 1
                self._tell_slowed()
                if self.evidence.taken > taken:
                    continue
            if attempt >= piece.tries:
                raise not_taken(self.name, self.destination, piece.tries, reply.reason, status=reply.status)
            await self._back_off(attempt, reply.reason, reply.retry_after)
            attempt += 1

    async def _attempt(self, body: Batch, request: Request, piece: Piece) -> tuple[Response, Verdict] | _NotNow:
        """Send once; return the answer, or why there is none that can be used now."""
        await self.breaker.enter(id(piece))
        sent_at = await self.pace.turn()
        piece.went_out()
        try:
            response = await self.transport.send(request, piece.progress.position)
        except NoReplyError as error:
            piece.had_no_reply(may_have_arrived=error.may_have_arrived)
            self.breaker.failed(id(piece))
            return _NotNow(reason=f"no reply ({error})")
        except DeliveryError as error:
            piece.in_flight = False
            raise PausedError(error, is_final=True) from error
        if response.note:
            self._tell_retrying(response.note, attempt=1, wait=0.0)
        verdict = await self._read(body, response, sent_at, piece)
        if verdict.outcome in (Outcome.ACKNOWLEDGED, Outcome.REFUSED):
            piece.was_answered()
            return response, verdict
        if verdict.outcome is Outcome.RETRY and response.status != HTTPStatus.TOO_MANY_REQUESTS:
            piece.had_no_reply(may_have_arrived=True)  # a gateway's 504 may be about calls that were taken
        else:
            piece.was_put_off()
        if verdict.outcome is Outcome.PAUSE:
            raise refused(self.name, self.destination, response.status, verdict.reason)
        return _NotNow(reason=verdict.reason, retry_after=verdict.retry_after, status=response.status)

    async def _read(self, body: Batch, response: Response, sent_at: float, piece: Piece) -> Verdict:
        """Read a reply, and let it set the pace and the breaker for all connections."""
        verdict = encodable_verdict(await asyncio.to_thread(self.destination.verdict, body, response))
        if response.status >= 500:
            self.breaker.failed(id(piece))
        else:
            self.breaker.succeeded()
        if response.status == 429 or verdict.retry_after is not None:
            self.pace.slow_down(sent_at, verdict.retry_after, halve=response.status == 429)
        else:
            self.pace.succeeded()
        return verdict

    def _go_on(self) -> None:
        """End here where the delivery was stopped."""
        if self.stopping:
            raise asyncio.CancelledError

    def _tell_slowed(self, *, at_end: bool = False) -> None:
        """Tell how often the destination has slowed this delivery down, now and then and at its end."""
        now = time.monotonic()
        if self._slowed and (at_end or now - self._slowed_at >= _SLOWED_SECONDS):
            self._slowed_at = now
            self.emit(
                Slowed(
                    run=self.delivery["run"],
                    sync=self.sync_name,
                    destination=self.name,
                    delivery=self.delivery["id"],
                    times=self._slowed,
                    rate=round(self.pace.rate, 3),
                    wait=round(self.pace.held, 3),
                    is_last=at_end,
                )
            )

    async def _back_off(self, attempt: int, reason: str, retry_after: float | None) -> None:
        """Wait before another attempt: what the destination asks for, else twice as long each time, with jitter."""
        wait = min(self.limits.backoff * 2 ** (attempt - 1), self.limits.backoff_most)
        wait *= random.uniform(0.5, 1.0)  # noqa: S311 -- jitter, not a secret
        if retry_after is not None:
            wait = max(wait, retry_after)
        self._tell_retrying(reason, attempt=attempt, wait=wait)
        await self.sleep(wait)

    def _tell_retrying(self, reason: str, *, attempt: int, wait: float) -> None:
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
    """Return one of the errors that ended the batches; they are about the same destination."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
