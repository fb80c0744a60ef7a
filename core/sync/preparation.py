"""What preview, plan and run share: the plug-ins of a sync, its query checked and described, its columns mapped.

Nothing here writes. Static faults (no such column, too many columns, a call that this destination would drop without a
word) are found before a row is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core import query as queries
from core.calls.fields import AS_TEXT, canonical_field
from core.calls.mapper import Mapper, build, digest_of
from core.calls.semantic import unfit_sql
from core.destinations import destination_type
from core.destinations.base import DestinationType
from core.errors import ProjectError, QueryError
from core.lint.columns import near_field
from core.model import CallType, Column, Destination, Limits, Project, Removed, Source, Sync
from core.sync.source import Secrets, build_warehouse_at
from core.warehouses.base import Result, Warehouse

__all__ = [
    "Secrets",
    "Target",
    "build_mapper",
    "build_query",
    "build_target",
    "build_warehouse",
    "check_columns",
    "check_fit",
    "check_names",
    "choose",
    "query_digest",
]

_COLUMN_FOLDED_IS_OFF = re.compile(r"--\s*backhaul:\s*ignore\b[^\n]*\bcolumn-folded\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A destination of a sync, ready for use: its values, its plug-in, its limits for this sync's calls."""

    destination: Destination
    plugin: DestinationType
    limits: Limits

    @property
    def name(self) -> str:
        return self.destination.name

    def unfit(self, call: CallType) -> str | None:
        """Return SQL over a column `call` that says why this destination would take a call for nothing, or NULL."""
        return unfit_sql(call) if self.plugin.semantic_events else None


def build_target(project: Project, sync: Sync, name: str, secrets: Secrets) -> Target:
    """Make the plug-in of one of the sync's destinations. Raises ProjectError where it is missing or broken."""
    destination = project.destinations.get(name)
    if destination is None:
        raise ProjectError(f"There is no destination {name!r}.", where=str(sync.path))
    made = destination_type(destination.type)(
        destination.settings, lambda secret: secrets(f"destinations/{name}.{secret}"), project.folder, sync.name
    )
    return Target(destination=destination, plugin=made, limits=made.batch_limits(sync.call, destination.limits))


def build_warehouse(project: Project, sync: Sync, secrets: Secrets) -> tuple[Source, Warehouse]:
    """Make the plug-in of the sync's source. Raises ProjectError where it is missing or broken."""
    source = project.sources.get(sync.source)
    if source is None:
        raise ProjectError(f"There is no source {sync.source!r}.", where=str(sync.path))
    return source, build_warehouse_at(project, source, secrets)


def build_query(sync: Sync, dialect: str) -> queries.Query:
    """Check the sync's query. Raises QueryError with its findings where it may not be run."""
    query = queries.parse(sync.query, dialect)
    errors = tuple(finding for finding in query.findings if finding.severity.value == "error")
    if errors:
        first = errors[0]
        raise QueryError(
            f"{first.line}:{first.column} {first.message}",
            findings=errors,
            where=str(sync.query_path),
            remedy=f"`backhaul lint {sync.name}` shows all findings, and what to do.",
        )
    if sync.removed is Removed.DELETE and query.incremental:
        raise ProjectError(
            'removed = "delete" needs a query that returns all rows, and this one has {{last_sync_time}}.',
            where=str(sync.path),
            remedy='Take the placeholder out of the query, or set removed = "ignore".',
        )
    return query


def check_columns(sync: Sync, columns: Sequence[Column], targets: Sequence[Target]) -> None:
    """Refuse more columns than a destination takes."""
    for target in targets:
        if len(columns) > target.limits.columns:
            raise QueryError(
                f"The query has {len(columns)} columns; {target.name} takes {target.limits.columns}.",
                where=str(sync.query_path),
                remedy="Select the columns that the destination needs, or merge some into one JSON object.",
            )


def check_names(sync: Sync, columns: Sequence[Column]) -> None:
    """Refuse a column whose name is that of a field but for its letters' case: it would be sent as a trait, without the field.

    Lint says so of the names in the text (rule column-folded, with a fix); here are those that the warehouse gives, also of a star and of a
    query that could not be parsed. [columns], or a comment that switches the rule off, says that it is meant.
    """
    if _COLUMN_FOLDED_IS_OFF.search(sync.query):
        return
    near = {
        column.name: field
        for column in columns
        if column.name not in sync.columns and (field := near_field(sync.call, column.name))
    }
    ids = {"userId", "anonymousId"}
    has_id = bool(ids & {*near.values(), *(canonical_field(sync.call, column.name) for column in columns)})
    wrong = [f'"{name}" is not {field}' for name, field in near.items() if field != "email" or not has_id]
    if wrong:
        name, field = next(iter(near.items()))
        raise QueryError(
            f"Fields of the call have to be spelled exactly so: {', '.join(wrong)}.",
            where=str(sync.query_path),
            remedy=f'Write AS "{field}" in the query; or, where a trait is meant, "{name}" = "traits.{name}" under [columns].',
        )


def check_fit(sync: Sync, mapper: Mapper, columns: Sequence[Column], targets: Sequence[Target]) -> None:
    """Refuse what a destination would take with a 200 and then drop, and deletes that it does not have."""
    check_names(sync, columns)
    names = {
        name for column in columns for name in (column.name, sync.columns.get(column.name, "").removesuffix(AS_TEXT))
    }
    has_user = bool(names & {"userId", "user_id", "anonymousId", "anonymous_id"})
    for target in targets:
        where = f"{sync.name} → {target.name}"
        if mapper.key == ("email",) and not target.plugin.email_identifies:
            raise QueryError(
                "An identify call needs a userId or an anonymousId here; email alone does not identify.",
                where=where,
                remedy="Join the table with the user ids, and select one AS userId.",
            )
        if sync.call is CallType.GROUP and not has_user and target.plugin.group_needs_user:
            raise QueryError(
                "A group call needs a userId or an anonymousId here.",
                where=where,
                remedy="Select the person's id AS userId beside the groupId.",
            )
        if sync.removed is Removed.DELETE and target.plugin.deletion(sync.call) is None:
            raise ProjectError(
                f"{target.name} has no way to delete what {sync.call} calls made.",
                where=where,
                remedy='Set removed = "ignore" in the sync\'s file.',
            )


def query_digest(sync: Sync, columns: Sequence[Column], timezone: str) -> str:
    """Return the digest of what produces this sync's calls: the query's text and how its columns are mapped."""
    import hashlib

    text = f"{sync.query}\0{digest_of(sync.call, columns, sync.columns, timezone)}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def build_mapper(sync: Sync, source: Source, result: Result) -> Mapper:
    """Build the mapper for a result."""
    return build(
        sync.call,
        result.columns,
        result.batches.schema,
        renamed=sync.columns,
        timezone=source.timezone,
        where=str(sync.query_path),
    )


def choose(project: Project, names: Sequence[str]) -> tuple[Sync, ...]:
    """Return the syncs of these names; all enabled ones where none is named. Raises with the nearest known name."""
    from core.plugins import nearest

    chosen = []
    for name in names:
        broken = {path.stem: error for path, error in project.broken.items() if path.parent.name == "syncs"}
        if name in broken:
            raise broken[name]
        if name not in project.syncs:
            raise ProjectError(
                f"There is no sync {name!r}.{nearest(name, list(project.syncs))}",
                remedy=f"Known: {', '.join(project.syncs) or 'none yet'}.",
            )
        chosen.append(project.syncs[name])
    return tuple(chosen) if names else tuple(sync for sync in project.syncs.values() if sync.enabled)
