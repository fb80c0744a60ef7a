"""The canary: a delivery's first calls go out ahead of the rest, which follows only where their answers are good.

It is optional (`canary = 20` under [guards]). A destination that refuses one of these calls stops the delivery with a
question; what the plan still holds waits. `--yes` sends the rest of the same plan; `--replan` gives the rest up and
plans again, after the query was fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.store import Store
from core.sync.planning.guards import Question

__all__ = ["CanaryStop", "look_at_canary"]


class CanaryStop(Exception):  # noqa: N818 -- a stop, no fault
    """The first calls were not all taken. `question` says what was seen and how to let the rest pass."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.message)
        self.question = question


def look_at_canary(store: Store, delivery: Mapping[str, Any], *, sync: str, accepted: bool) -> None:
    """Let the rest of a delivery pass where all answers so far are good, or someone has `accepted` them.

    Raises CanaryStop otherwise.
    """
    refused = store.rows("rejected_of_delivery", delivery=delivery["id"])
    if refused and not accepted:
        totals = store.rows("batch_totals", delivery=delivery["id"])[0]
        raise CanaryStop(
            Question(
                guard="canary",
                message=f"Of the first {totals['answered']:,} calls, {len(refused):,} were refused; "
                f"{delivery['calls'] - totals['answered']:,} calls wait.",
                remedy=f"Look at `backhaul rejected {sync}`. Run with --yes to send the rest of this plan, or fix the "
                "query and run with --replan.",
                evidence=tuple(f"{row['identity'] or row['call']}: {row['reason']}" for row in refused[:3]),
            )
        )
    store.do("pass_canary", id=delivery["id"])
