"""What a query is for, as lint and completion need it: made in this one place, from the project's files and what is kept of its sources.

    catalogues.py   the tables of each source, as they were last read
    pace.py         how often a sync runs, and what its last run was like
    neighbours.py   what the other syncs send

`context_of` is asked for at each keystroke. So it connects to nothing, waits for nothing, and reads a file again only where it
changed; what is not known (no catalogue was read yet, no run was made) is left out, and rules find nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.context.catalogues import keep, kept, read
from core.context.neighbours import neighbours_of
from core.context.pace import pace_of
from core.destinations import destination_type
from core.errors import UsageError
from core.lint.base import Context, Receiver
from core.model import CallType, Limits, Project, Sync
from core.query import DIALECTS
from core.warehouses import warehouse_type

__all__ = ["context_of", "keep", "kept", "read"]


def context_of(
    project: Project | None = None,
    *,
    sync: Sync | None = None,
    source: str = "",
    dialect: str = "",
    call: CallType | None = None,
    columns: Mapping[str, str] | None = None,
    destination: str = "",
) -> Context:
    """Return the context of a sync, or of a text that belongs to none: what is given goes before what the sync's files say.

    `source` is a source of the project, `destination` a type of destinations for a text that belongs to no sync. A text has to have a dialect: its own, its source's or its sync's. Raises
    UsageError where there is none, or an unknown one.
    """
    name = source or (sync.source if sync else "")
    known = project.sources.get(name) if project else None
    own = warehouse_type(known.type).dialect if known else ""
    spoken = dialect or own
    if spoken not in DIALECTS:
        what = f"There is no dialect {spoken[:40]!r}." if spoken else "The dialect of the query is not known."
        raise UsageError(what, remedy=f"Known: {', '.join(DIALECTS)}.")
    return Context(
        dialect=spoken,
        call=call or (sync.call if sync else None),
        columns=columns if columns is not None else sync.columns if sync else {},
        disabled=project.disabled_rules if project else (),
        catalogue=kept(project, known) if project and known and own == spoken else None,
        receivers=tuple(_receivers(project, sync, destination)),
        pace=pace_of(project, sync) if project and sync else None,
        neighbours=neighbours_of(project, sync.name if sync else "") if project and (sync or source) else (),
    )


def _receivers(project: Project | None, sync: Sync | None, kind: str) -> Iterator[Receiver]:
    """Yield what lint has to know of a sync's destinations, whose limits are those of their files already; or of a type of them."""
    if kind:
        yield _receiver(kind, kind, destination_type(kind).limits)
    for name in sync.destinations if project and sync and not kind else ():
        if project and (destination := project.destinations.get(name)):
            yield _receiver(name, destination.type, destination.limits)


def _receiver(name: str, kind: str, limits: Limits) -> Receiver:
    plugin = destination_type(kind)
    return Receiver(
        name=name,
        type=kind,
        columns=limits.columns,
        group_needs_user=plugin.group_needs_user,
        semantic_events=plugin.semantic_events,
    )
