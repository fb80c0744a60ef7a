"""What can be read, by BigQuery's API rather than INFORMATION_SCHEMA: it costs nothing, and has no location of its own.

A query of INFORMATION_SCHEMA is billed for 10 MB at the least and sees one location; the API lists all datasets of the
project that the account sees, and a table's own answer has its nested columns and its number of rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from core.model import Table
from core.warehouses._calls import Call
from core.warehouses._cancellation import Cancellation
from core.warehouses.bigquery.types import column

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

__all__ = ["datasets", "read_catalogue", "table_items"]

TOGETHER = 8
REQUEST_SECONDS = 30.0
T = TypeVar("T")
VIEWS = ("VIEW", "MATERIALIZED_VIEW")


def datasets(client: Client, dataset: str, retry: Any) -> list[str]:
    """Give the datasets to look at: the source's own first, then the others of the project."""
    found = [item.dataset_id for item in client.list_datasets(retry=retry, timeout=REQUEST_SECONDS)]
    return [dataset, *(name for name in found if name != dataset)] if dataset else found


def table_items(client: Client, dataset: str, retry: Any) -> Iterator[Any]:
    """Give the tables and views of a dataset, as listed; none where it may not be listed."""
    from google.api_core import exceptions

    try:
        yield from client.list_tables(f"{client.project}.{dataset}", retry=retry, timeout=REQUEST_SECONDS)
    except (exceptions.Forbidden, exceptions.NotFound):
        return


def read_catalogue(client: Client, dataset: str, retry: Any, cancellation: Cancellation) -> tuple[Table, ...]:
    """Give the tables and views of the project that the account sees."""
    names = Call(lambda: datasets(client, dataset, retry)).result(cancellation)
    items = _together([partial(_listed, client, name, retry) for name in names], cancellation)
    wanted = [item for listed in items for item in listed]
    found = _together([partial(_table, client, item, retry) for item in wanted], cancellation)
    return tuple(table for table in found if table is not None)


def _together(questions: Sequence[Callable[[], T]], cancellation: Cancellation) -> list[T]:
    """Ask several at a time; give the answers in order."""
    asked: deque[Call[T]] = deque()
    answers: list[T] = []
    for question in questions:
        if len(asked) == TOGETHER:
            answers.append(asked.popleft().result(cancellation))
        asked.append(Call(question))
    return answers + [call.result(cancellation) for call in asked]


def _listed(client: Client, dataset: str, retry: Any) -> list[Any]:
    return list(table_items(client, dataset, retry))


def _table(client: Client, item: Any, retry: Any) -> Table | None:
    """Ask for one table; None where it is gone again or its description may not be seen."""
    from google.api_core import exceptions

    try:
        found = client.get_table(item.reference, retry=retry, timeout=REQUEST_SECONDS)
    except (exceptions.Forbidden, exceptions.NotFound):
        return None
    is_view = found.table_type in VIEWS
    rows = None if is_view or found.num_rows is None else int(found.num_rows)
    return Table(
        schema=found.dataset_id,
        name=found.table_id,
        columns=tuple(column(field) for field in found.schema),
        rows=rows,
        is_view=is_view,
    )
