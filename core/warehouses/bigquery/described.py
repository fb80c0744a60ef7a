"""What a dry run says of a query, and what is made of it: the text that runs, and whether it calls what is not BigQuery's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from core.errors import QueryFailedError, WarehouseError
from core.model import Certainty
from core.warehouses._arrow import OuterSelect
from core.warehouses.bigquery.types import replacements

if TYPE_CHECKING:
    from google.cloud.bigquery import QueryJob, SchemaField

__all__ = ["Described", "refuse_remote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The analyst's text up to its last token, the fields of its result, and the bytes that it reads, so far as that is certain."""

    sql: str
    fields: tuple[SchemaField, ...]
    bytes_processed: int
    certainty: Certainty = "about"
    alone: bool = False
    """Whether the text runs as it is: BigQuery does not take it as a subquery."""

    @property
    def lines(self) -> int:
        """Give how many lines of ours stand before it."""
        return 0 if self.alone else 1

    def outer(self, limit: int | None = None) -> OuterSelect:
        """Give the text as a subquery of a select that gives its columns unbent."""
        if self.alone:
            return OuterSelect(text=self.sql, start=0)
        head = f"SELECT *{replacements(self.fields)} FROM (\n"
        end = "" if limit is None else f" LIMIT {limit:d}"
        return OuterSelect(text=f"{head}{self.sql}\n){end}", start=len(head))


def refuse_remote(job: QueryJob, ask: Callable[[Any], Any], where: str) -> None:
    """Refuse functions that run outside BigQuery: their names say nothing, but a dry run lists what a query calls.

    `ask` asks the API (see `BigQuerySession.ask`).
    """
    from google.api_core import exceptions
    from google.cloud.bigquery import RoutineReference

    properties = job._properties  # noqa: SLF001 -- the driver has no property for the routines
    for resource in properties.get("statistics", {}).get("query", {}).get("referencedRoutines", ()):
        reference = RoutineReference.from_api_repr(resource)
        try:
            found = ask(partial(_routine, reference))
        except WarehouseError as error:
            if not isinstance(error.__cause__, (exceptions.Forbidden, exceptions.NotFound)):
                raise
            found = None
        if found is None or found.remote_function_options is not None:
            outside = "runs outside BigQuery"
            what = outside if found is not None else f"may not be looked at, so it might be one that {outside}"
            raise QueryFailedError(
                f"{reference.dataset_id}.{reference.routine_id} is refused: it {what}.",
                where=where,
                remedy="A sync only reads: take what the function gave from a table.",
            )


def _routine(reference: Any, client: Any, retry: Any) -> Any:
    return client.get_routine(reference, retry=retry, timeout=30)
