"""A sync as it would be with what was changed and is not saved yet: what previews, plans and results are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from core.errors import UsageError
from core.model import CallType, Estimate, Project, Sync
from core.workbench.request import Request, named

__all__ = ["Changed", "changed_sync", "telling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A sync, with what was changed and is not saved yet; without a name, one that is in no file."""

    sync: str = ""
    text: str | None = None
    source: str | None = None
    call: CallType | None = None
    columns: dict[str, str] | None = None
    destinations: tuple[str, ...] | None = None
    from_zero: bool = False


def telling(request: Request) -> Callable[[Estimate], None]:
    """Return what tells the cost of a query as a part of the answer, before it runs."""
    return lambda estimate: request.part({"estimate": asdict(estimate)})


def changed_sync(project: Project, asked: Changed) -> Sync:
    """Return the sync as it would be with what was changed."""
    if asked.sync:
        sync = named(project, project.syncs, "sync", asked.sync)
    elif asked.source is None or asked.call is None or asked.text is None:
        raise UsageError("A query that belongs to no sync needs a source, a call and its text.")
    else:
        sync = Sync(
            name="unsaved",
            id="unsaved",
            description="",
            source=asked.source,
            destinations=(),
            call=asked.call,
            query="",
        )
    given = {
        "query": asked.text,
        "source": asked.source,
        "call": asked.call,
        "columns": asked.columns,
        "destinations": asked.destinations,
    }
    return replace(sync, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # the values of a field are of its type
