"""How far a run is: one frozen document, which the store keeps and consoles show.

A run's process folds each event into it as it tells it (core.sync.progress.reducer), and puts the document into the store once a
second; so a console that comes late, or that is another process, sees what one sees that was there from the beginning. It
stays when the run has ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import NoneType
from typing import Any

from core.model import Bill, Estimate

__all__ = ["PHASES", "DestinationProgress", "Progress", "as_json", "from_json"]

PHASES = ("query", "plan", "deliver", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationProgress:
    """One destination's delivery. `state` is planned, sending, retrying, paused, stopped or committed.

    `refused` rows were refused before sending, `rejected` calls by the destination. `attempt` of `attempts` is what is
    waited for until `until` (a Unix time) while it is tried again; `reason` says why it is retried, paused or stopped.
    """

    destination: str
    delivery: str | None = None
    state: str = "planned"
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    retried: int = 0
    refused: int = 0
    calls: int = 0
    batches: int = 0
    batches_answered: int = 0
    acknowledged: int = 0
    rejected: int = 0
    reason: str = ""
    attempt: int = 0
    attempts: int = 0
    until: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is, at the Unix time `at`. `rows` have come from the query so far.

    `seconds` is what each phase took, what has passed for the current one, and None for one that did not begin.
    `estimate` is what the query was to cost, and `bill` what it has cost, where the warehouse tells; they are in the document only
    where they are known. `answered` is how many calls were answered in this run, `rates` how many a second, a sample a second, the last one
    last; `sampled` is when the last sample was taken, and at how many calls.
    """

    phase: str
    rows: int
    seconds: Mapping[str, float | None]
    at: float
    destinations: tuple[DestinationProgress, ...] = ()
    answered: int = 0
    rates: tuple[float, ...] = ()
    sampled: tuple[float, ...] = field(default=(), repr=False)
    estimate: Estimate | None = None
    bill: Bill | None = None


def as_json(progress: Progress) -> str:
    """Write the document as the store keeps it; without what came later than its first version, where there is none of it."""
    values = asdict(progress)
    return json.dumps({name: value for name, value in values.items() if name not in _LATER or value is not None})


def from_json(text: str | None) -> Progress | None:
    """Read the document; None where there is none, or one of another shape (an older Backhaul's)."""
    try:
        values = _checked(json.loads(text or "null"), Progress)
        for name, shape in _LATER.items():
            values[name] = None if values.get(name) is None else shape(**_checked(values[name], shape))
        values["destinations"] = tuple(
            DestinationProgress(**_checked(each, DestinationProgress)) for each in values["destinations"]
        )
        return Progress(**values) if values["phase"] in PHASES and set(values["seconds"]) == set(PHASES[:3]) else None
    except (ValueError, TypeError):
        return None


_LATER: Mapping[str, type[Estimate | Bill]] = {"estimate": Estimate, "bill": Bill}
"""What the documents of older Backhauls do not have, and what it is."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "float": (int, float),
    "float | None": (int, float, NoneType),
    "tuple[str, ...]": (list,),
    "tuple[float, ...]": (list,),
    "tuple[DestinationProgress, ...]": (list,),
    "Mapping[str, float | None]": (dict,),
    "Estimate | None": (dict, NoneType),
    "Bill | None": (dict, NoneType),
    "Certainty": (str,),
}


def _checked(values: Any, shape: type[Progress | DestinationProgress | Estimate | Bill]) -> dict[str, Any]:
    """Return the fields of a shape. Raises TypeError where they are others, or of other kinds."""
    kinds = {each.name: _KINDS[str(each.type)] for each in fields(shape)}
    if not isinstance(values, dict) or not set(values) ^ set(kinds) <= set(_LATER):
        raise TypeError("not this document")
    if not all(isinstance(values[name], kind) for name, kind in kinds.items() if name in values):
        raise TypeError("not these values")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
