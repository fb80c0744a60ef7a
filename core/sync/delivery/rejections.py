"""A call that a destination refused for good, and how it is kept: in the list of rejected rows, with what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.store import Store
from core.sync.comparison.compare import AUTOMATIC_ATTEMPTS

__all__ = ["Rejection", "record_not_sent", "record_rejection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A call that the destination refused for good. `sequence` is its place in the plan; `status` is None where it gave no reply.

    Where it is unclear whether it was taken, it is retried under the same messageId.
    """

    sequence: int
    reason: str
    status: int | None
    request: str
    response: str
    is_unclear: bool = False


def record_rejection(
    store: Store,
    delivery: Mapping[str, Any],
    rejection: Rejection,
    row: Mapping[str, Any],
    now: float,
    *,
    others_taken: bool,
) -> None:
    """List a refused row, with what was sent and what came back; it takes the place of older ones of its key.

    A row that was refused often is retried seldom (core.sync.comparison.compare), but only where others were taken meanwhile, in this delivery
    (`others_taken`) or an earlier one: of a destination that refuses a few rows and has taken none, nobody knows whose fault it is.

    What an undo sends back is no later version: where another content of the row is on the list, that one stays to be tried
    again, and the undo's is kept as a record only.
    """
    others = store.rows("other_open_rejected", **_place(delivery, row), fingerprint=row["fingerprint"])
    stays = delivery["kind"] == "undo" and bool(others)
    known = store.row("known_attempts", ledger=delivery["ledger"], key=row["key"], fingerprint=row["fingerprint"])
    before = (known["attempts"] or 0) if known else 0
    # where there was no answer and nothing else was taken, it is the destination that failed: that is no attempt of the row's
    attempts = max(before, 1) if rejection.is_unclear and not others_taken else before + 1
    if attempts >= AUTOMATIC_ATTEMPTS and not others_taken:
        place = {"ledger": delivery["ledger"], "key": row["key"], "fingerprint": row["fingerprint"]}
        attempts = attempts if store.row("others_taken_since", **place) else AUTOMATIC_ATTEMPTS - 1
    if not stays:
        store.do("supersede_rejected_key", **_place(delivery, row), now=now)
    store.do(
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
        message_id=row["message_id"] if rejection.is_unclear else row["own_message_id"],
        call=row["call"],
        row=None,
        attempts=attempts,
        reason=rejection.reason,
        status=rejection.status,
        request=rejection.request,
        response=rejection.response,
        now=now,
    )
    if stays:
        store.do("supersede_rejected_of_delivery", **_place(delivery, row), now=now)


def record_not_sent(
    store: Store, delivery: Mapping[str, Any], sequence: int, row: Mapping[str, Any], reason: str, now: float
) -> None:
    """Note that a row of a batch that is recorded as answered has no outcome: it belongs to the next plan."""
    store.do(
        "insert_settled",
        ledger=delivery["ledger"],
        sync=delivery["sync"],
        destination=delivery["destination"],
        delivery=delivery["id"],
        run=delivery["run"],
        sequence=sequence,
        key=row["key"],
        fingerprint=row["fingerprint"],
        identity=row["identity"],
        reason=f"not sent: {reason}"[:500],
        now=now,
    )


def _place(delivery: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {"ledger": delivery["ledger"], "key": row["key"], "delivery": delivery["id"]}
