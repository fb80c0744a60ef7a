"""One destination's part in a run: its ledger, and what is compared, asked and planned for it, step by step."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.sync.comparison.compare import Comparison
from core.sync.planning.guards import Question
from core.sync.planning.plan_file import PlanFile
from core.sync.planning.result_shape import Shape
from core.sync.preparation import Target

__all__ = ["TargetPlan"]


@dataclass(slots=True, kw_only=True)
class TargetPlan:
    """One destination's part in a run: its ledger as the manifest has it, what was compared, asked and planned.

    `known` is how many rows the ledger has; `accepted_before` are the guards that someone accepted for the plan of which this one takes
    the place.
    """

    target: Target
    ledger: Mapping[str, Any] | None
    ledger_id: str
    account: str
    delivery: str
    comparison: Comparison | None = None
    known: int = 0
    accepted_before: frozenset[str] = frozenset()
    questions: tuple[Question, ...] = ()
    shape: Shape | None = None
    plan: PlanFile | None = None

    def begin_ledger(self) -> None:
        """Leave the ledger that there is behind; nothing is known in the new one."""
        self.ledger, self.ledger_id = None, randomness.token_hex(8)
