"""Results by way of the Storage API: Arrow as BigQuery makes it, several times quicker than JSON over REST.

It needs a permission that neither of the two roles which suffice has, bigquery.readsessions.create (in
roles/bigquery.readSessionUser: https://cloud.google.com/bigquery/docs/reference/storage#permissions). Where it is missing, or
the API is not enabled or not reachable, results come over REST. The driver's own reader of it holds the end of the process up
while it waits; so one stream is read here, in order and no faster than it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.warehouses.bigquery.connection import Connector

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import Client, TableReference

__all__ = ["Storage"]

SESSION_SECONDS = 10.0


class Storage:
    """A client of the Storage API, made when it is first used."""

    def __init__(self, connector: Connector, client: Client) -> None:
        self._connector = connector
        self._client = client
        self._reading: Any = None
        self.host = connector.storage_host

    def batches(self, table: TableReference) -> Iterator[pa.RecordBatch] | None:
        """Begin to read a table; None where this account or this network may not."""
        from google.api_core import exceptions
        from google.cloud.bigquery_storage_v1 import types

        reading = self._reading = self._made()
        wanted = types.ReadSession(table=table.to_bqstorage(), data_format=types.DataFormat.ARROW)
        try:
            session = reading.create_read_session(
                parent=f"projects/{self._client.project}",
                read_session=wanted,
                max_stream_count=1,
                retry=None,
                timeout=SESSION_SECONDS,
            )
        except (
            exceptions.Forbidden,
            exceptions.NotFound,
            exceptions.ServiceUnavailable,
            exceptions.GatewayTimeout,
            exceptions.MethodNotImplemented,
        ):
            return None
        return self._read(session)

    def _made(self) -> Any:
        from google.api_core.client_options import ClientOptions
        from google.cloud import bigquery_storage

        make: Any = bigquery_storage.BigQueryReadClient
        return make(
            credentials=self._client._credentials,  # noqa: SLF001 -- the driver has no other way to them
            client_options=ClientOptions(api_endpoint=self.host),
        )

    def _read(self, session: Any) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
        for stream in session.streams:
            for message in self._reading.read_rows(stream.name):
                batch = pa.py_buffer(message.arrow_record_batch.serialized_record_batch)
                yield pa.ipc.read_record_batch(batch, schema)

    def close(self) -> None:
        """Give the connection back."""
        if self._reading is not None:
            self._reading.transport.close()
