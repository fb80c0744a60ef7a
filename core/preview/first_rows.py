"""Preview: the first rows of a query, and the call that each becomes. The same mapper and stage as a run; no state moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from core.json_text import read_json, to_json
from core.model import Column, Estimate, Project, Sync
from core.preview.result_set import look
from core.state.cancellation import Stopping
from core.sync.preparation import Secrets

__all__ = ["Preview", "PreviewRow", "preview_json", "preview_sync"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """A row: its values as the warehouse gave them, the call that it becomes (None where it cannot), why not.

    `known` says whether some destination of the sync has acknowledged its key; None where there is no ledger yet.
    """

    values: tuple[Any, ...]
    call: str | None
    fault: str | None
    known: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a query; `more` says that there are others. `bound` is the last_sync_time that was used.

    `estimate` is what the query was to read and cost, as told before it ran; None where the warehouse does not tell.
    """

    columns: tuple[Column, ...]
    rows: tuple[PreviewRow, ...]
    more: bool
    bound: int | None
    estimate: Estimate | None = None


def preview_sync(
    project: Project,
    sync: Sync,
    secrets: Secrets,
    *,
    limit: int = 100,
    from_zero: bool = False,
    stopping: Stopping | None = None,
    estimated: Callable[[Estimate], None] = lambda _estimate: None,
) -> Preview:
    """Return the query's first `limit` rows and the calls that they become; `from_zero` binds last_sync_time to 0.

    `estimated` takes what the query will read and cost, before it runs, where the warehouse tells. `stopping` stops it, the
    query in the warehouse too; it then raises CancelledError.
    """
    found = look(project, sync, secrets, limit=limit, from_zero=from_zero, stopping=stopping, estimated=estimated)
    found.mark(stopping)
    shown = found.window(0, found.count)
    calls = found.calls([row.place for row in shown], stopping)
    rows = tuple(
        PreviewRow(values=row.values, call=call, fault=row.fault, known=row.known)
        for row, call in zip(shown, calls, strict=True)
    )
    return Preview(columns=found.columns, rows=rows, more=found.more, bound=found.bound, estimate=found.estimate)


def preview_json(found: Preview) -> dict[str, Any]:
    """Return a preview: its columns, and for each row its values, its call and what keeps it from being one."""
    return {
        "columns": [{"name": c.name, "kind": c.kind.value, "type": c.type_name} for c in found.columns],
        "bound": found.bound,
        "more": found.more,
        "estimate": asdict(found.estimate) if found.estimate else None,
        "rows": [
            {
                "values": [to_json(value) for value in row.values],
                "call": read_json(row.call) if row.call else None,
                "fault": row.fault,
                "known": row.known,
            }
            for row in found.rows
        ],
    }
