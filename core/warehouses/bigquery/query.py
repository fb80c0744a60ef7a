"""One job: sent, waited for, cancelled, and its result read batch by batch.

Each job has an id of ours, so it can be cancelled even before BigQuery has answered that it exists, and a request that is
repeated starts nothing twice. `jobs.cancel` answers at once and ends the job a moment later
(https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/cancel); who waits here is let go without waiting for that.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from core.model import Bill
from core.warehouses._calls import Call
from core.warehouses._cancellation import Cancellation
from core.warehouses.bigquery.connection import Connector
from core.warehouses.bigquery.costs import bill
from core.warehouses.bigquery.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import Client, QueryJob, QueryJobConfig

__all__ = ["RunningQuery", "job_config"]

PAGE_ROWS = 10_000
"""Rows a page over REST; BigQuery gives fewer where they are long (10 MB a page)."""

REQUEST_SECONDS = 60.0
CANCEL_SECONDS = 5.0

T = TypeVar("T")


def job_config(connector: Connector, *, dry_run: bool = False) -> QueryJobConfig:
    """Give what holds for each job: limits, label, default dataset. Standard SQL, no destination of ours."""
    from google.cloud import bigquery

    settings = connector.settings
    config = bigquery.QueryJobConfig(use_legacy_sql=False, dry_run=dry_run, labels={"application": settings.label})
    if settings.dataset:
        config.default_dataset = bigquery.DatasetReference(settings.project, settings.dataset)
    if settings.maximum_bytes_billed and not dry_run:
        config.maximum_bytes_billed = settings.maximum_bytes_billed
    if settings.timeout and not dry_run:
        config.job_timeout_ms = settings.timeout * 1000
    if dry_run:
        config.use_query_cache = False
    return config


class RunningQuery:
    """A job that was sent. Its errors are the driver's."""

    def __init__(
        self, connector: Connector, client: Client, sql: str, cancellation: Cancellation, *, dry_run: bool = False
    ) -> None:
        self._connector = connector
        self._client = client
        self._cancellation = cancellation
        self._number = f"backhaul_{uuid.uuid4().hex}"
        self._over = dry_run
        self._asked: Call[Any] | None = None
        self._job: QueryJob | None = None
        self._sending = Call(lambda: self._send(sql, dry_run=dry_run))

    def _send(self, sql: str, *, dry_run: bool) -> QueryJob:
        """Send it. A request that was repeated because its answer was lost finds that its job is there already."""
        from google.api_core import exceptions

        config, retry = job_config(self._connector, dry_run=dry_run), self._connector.retry()
        try:
            job = self._client.query(
                sql, job_config=config, job_id=self._number, retry=retry, timeout=REQUEST_SECONDS, job_retry=None
            )
        except exceptions.Conflict:
            location = self._connector.settings.location or None
            found: Any = self._client.get_job(self._number, location=location, retry=retry, timeout=REQUEST_SECONDS)
            job = found
        self._job = job
        return job

    @property
    def job(self) -> QueryJob:
        """Give the job as BigQuery described it when it took it."""
        return self._job or self._call(self._sending)

    def bill(self) -> Bill | None:
        """Give what it has cost; None while it runs, and where it did not end well."""
        return bill(self._job, self._connector.settings) if self._over and self._job is not None else None

    def abort(self) -> None:
        """Ask BigQuery to stop it, from any thread, without waiting; does nothing where it is over."""
        if self._over or (self._asked is not None and self._asked.runs):
            return
        self._asked = Call(self._cancel)

    def finish_abort(self, seconds: float) -> None:
        """Give a request to stop that long to leave, so that the end of the process does not swallow it."""
        if self._asked is not None:
            self._asked.within(seconds)

    def _cancel(self) -> None:
        if self._job is None:  # where it runs is known only once it was taken
            self._sending.within(CANCEL_SECONDS)
        location = self._job.location if self._job is not None else self._connector.settings.location or None
        with contextlib.suppress(Exception):  # it is over, or nobody answers: the one who waits is let go anyway
            retry = self._connector.retry().with_timeout(CANCEL_SECONDS)
            self._client.cancel_job(self._number, location=location, retry=retry, timeout=CANCEL_SECONDS)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Wait until the job has ended well, then give its rows; each batch as the driver makes it."""
        job, retry = self.job, self._connector.retry()
        rows = self._call(Call(lambda: job.result(page_size=PAGE_ROWS, retry=retry, job_retry=None)))
        self._over = True
        storage = Storage(self._connector, self._client)
        table = getattr(rows, "_table", None)
        read: Iterator[pa.RecordBatch] | None = None
        if table is not None and (rows.total_rows or 0) > PAGE_ROWS and storage.host:
            read = self._call(Call(lambda: storage.batches(table)))
        if read is None:
            read = rows.to_arrow_iterable(bqstorage_client=None)
        try:
            while (batch := self._call(Call(lambda: next(read, None)))) is not None:
                yield batch
        finally:
            storage.close()

    def _call(self, call: Call[T]) -> T:
        return call.result(self._cancellation)
