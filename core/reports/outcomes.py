"""What became of every row of a delivery. The counts add up, always, whether it is open, committed or abandoned:

    rows = unchanged + acknowledged + assumed + rejected + pending + superseded

`rows` are those of the query, and what was sent beside them: rows of the rejected list that are tried again, and deletes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["OPEN", "Outcomes", "outcomes"]

OPEN = ("planned", "sending", "paused")
"""The states of a delivery that goes on at the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Rows by what became of them.

     `rejected` are refused by the destination, or before sending; `pending` wait for an answer (deletes that are held back
     until nothing is rejected among them); `superseded` are equal to another row, or a later plan has them; `assumed` were
    marked as delivered without a call.
    """

    rows: int
    unchanged: int
    acknowledged: int
    assumed: int
    rejected: int
    pending: int
    superseded: int

    @property
    def add_up(self) -> bool:
        """Return whether no row is lost or counted twice."""
        parts = (self.unchanged, self.acknowledged, self.assumed, self.rejected, self.pending, self.superseded)
        return self.rows == sum(parts) and min(parts) >= 0


def outcomes(delivery: Mapping[str, Any], *, answered: int, acknowledged: int) -> Outcomes:
    """Return what became of a delivery's rows, from its row of the store and the totals of its batches.

    `answered` and `acknowledged` calls are those of its batches; when it has ended its own row says them.
    """
    is_committed = delivery["state"] == "committed"
    if delivery["state"] not in OPEN:
        acknowledged, rejected = delivery["acknowledged"], delivery["rejected"]
        answered = acknowledged + rejected - delivery["refused"]
    else:
        rejected = delivery["refused"] + answered - acknowledged
    rest = delivery["calls"] - answered
    return Outcomes(
        rows=delivery["rows"] + delivery["retried"] + delivery["deletes"],
        unchanged=delivery["unchanged"],
        acknowledged=acknowledged,
        assumed=delivery["assumed"],
        rejected=rejected,
        pending=delivery["held_back"] if is_committed else rest if delivery["state"] in OPEN else 0,
        superseded=delivery["superseded"] + (rest if delivery["state"] == "abandoned" else 0),
    )
