"""Whose fault a refusal is: a row's, or the destination's. Pure: it counts, and sends nothing.

A row is at fault only by evidence: it was refused alone, and other rows were taken. Rows that were rejected before prove nothing, so
a crowd of them never makes a destination look as if it refused everything (a sync that judged by them stood still for good).

    taken         calls that some reply took in this run of the delivery
    refused       new calls that were refused alone since something was last taken
    a suspicion   something is wrong, and it is not known with what: a sample of other rows goes out, one call a request. What is
                  taken ends the suspicion; where the whole sample is used up, the delivery pauses for the suspicion's cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.sync.delivery.pauses import PausedError

__all__ = ["ENOUGH", "Evidence", "Suspicion"]

ENOUGH = 20
"""After so many new rows refused alone, and none taken since, it may be the destination and not the rows."""


@dataclass(slots=True, kw_only=True)
class Suspicion:
    """What is suspected: `cause` is what the delivery pauses for where none of the `sample` calls is taken.

    It is new until someone chooses the sample, whose size is not known before; each of its calls is sent `tries` times while it has no
    answer.
    """

    cause: PausedError
    sample: int | None = None
    tries: int = 1
    is_new: bool = True


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What the replies to one delivery have shown so far. `before` are calls that were taken in earlier runs of it."""

    before: int = 0
    taken: int = 0
    refused: list[int] = field(default_factory=list)
    suspicion: Suspicion | None = None

    def take(self, calls: int) -> None:
        """Count calls that were taken: whatever was suspected, it is not everything."""
        if calls:
            self.taken += calls
            self.refused.clear()
            self.suspicion = None

    def refuse(self, sequence: int) -> None:
        """Count a new call that was refused alone, by its place in the plan."""
        self.refused.append(sequence)

    def suspect(self, cause: PausedError, *, is_new: bool = True) -> Suspicion:
        """Begin to look for evidence."""
        self.suspicion = Suspicion(cause=cause, is_new=is_new)
        return self.suspicion

    def tried(self) -> None:
        """Count a call of the sample that was not taken."""
        if self.suspicion is not None and self.suspicion.sample is not None:
            self.suspicion.sample -= 1

    @property
    def is_settled(self) -> bool:
        """Whether the whole sample has had its reply, and nothing was taken."""
        return self.suspicion is not None and self.suspicion.sample is not None and self.suspicion.sample <= 0

    @property
    def is_suspicious(self) -> bool:
        """Whether it is time to look for evidence."""
        return self.suspicion is None and len(self.refused) >= ENOUGH

    @property
    def refuses_everything(self) -> bool:
        """Whether enough new rows were refused alone, and nothing of the delivery was ever taken."""
        return len(self.refused) >= ENOUGH and not self.taken and not self.before
