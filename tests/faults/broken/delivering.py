"""Engines that are broken where they deliver: requests, replies, what is recorded of them."""

from __future__ import annotations

import contextlib
import re
import secrets
from typing import Any

__all__ = [
    "answered_before_the_reply",
    "batch_accepted_because_one_row_was",
    "deletes_before_the_rest",
    "errors_of_the_file_ignored",
    "file_not_cut_back",
    "file_not_synced",
    "half_a_reply_is_success",
    "ledger_before_delivery",
    "pause_is_the_end",
    "random_ids",
    "rejected_rows_dropped",
    "rejected_rows_stop_the_others",
    "replies_stored_as_they_are",
    "status_is_success",
]


def status_is_success(*statuses: int) -> None:
    """A reply with one of these statuses counts as acknowledged."""
    from core.destinations import _http
    from core.destinations.base import Outcome, Verdict, verdict_of_status

    def verdict(response: Any, *, calls: int = 0, now: float | None = None) -> Verdict:
        if response.status in statuses:
            return Verdict(outcome=Outcome.ACKNOWLEDGED)
        return verdict_of_status(response, calls=calls, now=now)

    _http.verdict_of_status = verdict


def random_ids() -> None:
    """Each request gives its calls new messageIds."""
    from core.sync.delivery.transport import HttpTransport

    send = HttpTransport.send

    async def sending(self: Any, request: Any, position: int | None) -> Any:
        from dataclasses import replace

        body = re.sub(
            rb'"messageId":"[0-9a-f]{32}"', lambda _: b'"messageId":"%s"' % secrets.token_hex(16).encode(), request.body
        )
        return await send(self, replace(request, body=body), position)

    HttpTransport.send = sending


def half_a_reply_is_success() -> None:
    """A 200 counts when its first line has come, whatever happens to the rest."""
    import httpx
    from isal import igzip

    from core.destinations.base import Response
    from core.sync.delivery.transport import HttpTransport, NoReplyError

    async def send(self: Any, request: Any, position: int | None) -> Response:
        headers = {**request.headers, "content-encoding": "gzip"}
        content, body = b"", igzip.compress(request.body, 1)
        try:
            async with self._client(request.url).stream(
                request.method, request.url, content=body, headers=headers
            ) as reply:
                with contextlib.suppress(httpx.HTTPError):
                    content = await reply.aread()
        except httpx.HTTPError as error:
            raise NoReplyError(str(error)) from error
        return Response(status=reply.status_code, headers=dict(reply.headers), body=content)

    HttpTransport.send = send


def answered_before_the_reply() -> None:
    """The store has a batch as answered when it is sent."""
    from core.sync.delivery.deliver import Delivering

    record = Delivering._record_sending

    def recording(self: Any, batch: Any, position: int | None) -> Any:
        known = record(self, batch, position)
        calls = len(batch.calls)
        values = {"delivery": self.delivery["id"], "number": batch.number, "now": self.clock()}
        self.store.do("batch_answered", calls=calls, acknowledged=calls, status=200, **values)
        return known

    Delivering._record_sending = recording


def batch_accepted_because_one_row_was() -> None:
    """Where some rows of a batch were taken, all of them count as taken."""
    from core.sync.delivery.deliver import Delivering

    recorded = Delivering._recorded

    async def recording(self: Any, progress: Any) -> None:
        if progress.is_done and progress.acknowledged:
            progress.rejections.clear()
        await recorded(self, progress)

    Delivering._recorded = recording


def rejected_rows_dropped() -> None:
    """What is refused is counted, and listed nowhere."""
    from core.sync.delivery import deliver

    deliver.record_rejection = lambda *_, **__: None


def refusals_prove_everything() -> None:
    """Rows that were rejected before prove that the destination refuses everything, and the delivery pauses with its plan for good."""
    from core.sync.delivery.deliver import Delivering

    note_pause = Delivering._note_pause

    async def noting(self: Any, pause: Any) -> None:
        await note_pause(self, pause)
        pause.replan = False

    Delivering._rejected_before = lambda self: frozenset()
    Delivering._note_pause = noting


def replies_stored_as_they_are() -> None:
    """What a destination said is stored as it came, half a surrogate pair too."""
    from core import store
    from core.sync.delivery import deliver

    store.encodable = lambda text: text
    deliver.encodable_verdict = lambda verdict: verdict


def rejected_rows_stop_the_others() -> None:
    """A refused batch stops the delivery."""
    from core.errors import DeliveryError
    from core.sync.delivery.deliver import Delivering, PausedError

    async def refuse(self: Any, *_: Any) -> None:
        raise PausedError(DeliveryError("A row was refused.", remedy="Fix it."))

    Delivering._refuse = refuse


def deletes_before_the_rest() -> None:
    """Deletes go out first."""
    from core.sync.delivery import deliver, plan_source

    read = plan_source.read_batches

    def reading(path: Any, skip: Any) -> Any:
        from dataclasses import replace

        batches = list(read(path, skip))
        yield from (replace(batch, deletes=False) for batch in batches if batch.deletes)
        yield from (batch for batch in batches if not batch.deletes)

    plan_source.read_batches = reading
    deliver.Delivering._call_of = lambda self, batch: self.call


def file_not_cut_back() -> None:
    """The delivered file is only ever appended to."""
    from core.sync.delivery.transport import FileTransport

    def append(file: Any, body: bytes, position: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as handle:
            handle.write(body)

    FileTransport._append = staticmethod(append)


def errors_of_the_file_ignored() -> None:
    """A write to the delivered file that fails counts as written."""
    from core.sync.delivery.transport import FileTransport

    append = FileTransport._append

    def appending(file: Any, body: bytes, position: int) -> None:
        with contextlib.suppress(OSError):
            append(file, body, position)

    FileTransport._append = staticmethod(appending)


def pause_is_the_end() -> None:
    """A destination that is down ends the delivery as if all had been sent."""
    from core.sync.delivery.deliver import Delivering, PausedError
    from core.sync.delivery.finish import Finishing

    run, commit = Delivering.run, Finishing._commit

    async def running(self: Any) -> None:
        with contextlib.suppress(PausedError):
            await run(self)

    async def committing(self: Any, delivery: Any, *, give_up: bool) -> Any:
        return await commit(self, delivery, give_up=True)

    Delivering.run, Finishing._commit = running, committing


def ledger_before_delivery() -> None:
    """The fingerprints are kept when the rows are read (as Multiwoven does), and then the rows are sent."""
    from core.sync.delivery.finish import Finishing

    async def finish(self: Any, target: Any, delivery: Any) -> Any:
        if not delivery["plan"]:
            return await original(self, target, delivery)
        plan = self.state.plans / delivery["plan"]
        copy = plan.with_suffix(".copy")
        copy.write_bytes(plan.read_bytes())
        for number in range(delivery["batches"]):
            of = {"delivery": delivery["id"], "number": number, "now": 0.0}
            calls = 0 if number else delivery["calls"]
            self.store.do("batch_sending", calls=calls, position=None, **of)
            self.store.do("batch_answered", calls=calls, acknowledged=calls, status=200, **of)
        outcome = await self._commit(delivery, give_up=False)
        with self.store._turn:
            self.store._connection.execute("DELETE FROM batches WHERE delivery = ?", [delivery["id"]])
        copy.replace(plan)
        await self._send(target, delivery, only_begun=False)
        plan.unlink()
        return outcome

    original = Finishing.finish
    Finishing.finish = finish


def file_not_synced() -> None:
    """The delivered file is written, and left to the system."""
    from core.sync.delivery import transport

    transport.os = _WithoutSync(transport.os)


class _WithoutSync:
    """The module os, but for its fsync."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return (lambda descriptor: None) if name == "fsync" else getattr(self._module, name)
