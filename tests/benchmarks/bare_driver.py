"""Reads all rows of a query into Arrow with nothing but a warehouse's own driver; prints how many, and the seconds it took.

    python bare_driver.py snowflake|bigquery|redshift          JSON on stdin: {"query": ..., and what the driver needs to connect}

The seconds are from before the driver is imported to the last row, and apart from that from the connection on.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"


def snowflake(given: dict[str, Any]) -> Iterator[int]:
    """Read as the connector's documents say: fetch_arrow_batches."""
    import snowflake.connector

    yield 0
    with snowflake.connector.connect(**given["connection"]) as connection, connection.cursor() as cursor:
        cursor.execute(given["query"])
        for table in cursor.fetch_arrow_batches():
            yield table.num_rows


def bigquery(given: dict[str, Any]) -> Iterator[int]:
    """Read over REST, as our run does here (the stand-in's Storage API takes no login): to_arrow_iterable, pages as large as ours."""
    from google.api_core.client_options import ClientOptions
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud import bigquery as driver
    from google.oauth2.service_account import Credentials

    yield 0
    scopes = ("https://www.googleapis.com/auth/bigquery",)
    credentials = Credentials.from_service_account_info(json.loads(given["account"]), scopes=scopes)
    options = ClientOptions(api_endpoint=given["endpoint"])
    session = AuthorizedSession(credentials)
    client = driver.Client(project=given["project"], credentials=credentials, client_options=options, _http=session)
    config = driver.QueryJobConfig(default_dataset=f"{given['project']}.{given['dataset']}")
    rows = client.query(given["query"], job_config=config, location=given["location"]).result(page_size=given["page"])
    for batch in rows.to_arrow_iterable(bqstorage_client=None):
        yield batch.num_rows


def redshift(given: dict[str, Any]) -> Iterator[int]:
    """Read by a cursor on the server and make Arrow of the values: psycopg has no Arrow of its own."""
    import psycopg
    import pyarrow as pa

    yield 0
    with psycopg.connect(given["connection"], client_encoding="utf8") as connection:
        connection.execute("SET enable_case_sensitive_identifier TO true")
        with connection.cursor(name="people") as cursor:
            cursor.execute(given["query"])
            names = [column.name for column in cursor.description or ()]
            while rows := cursor.fetchmany(10_000):
                columns = [pa.array(values) for values in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, names=names).num_rows


def main() -> None:
    given = json.load(sys.stdin)
    began = time.monotonic()
    counts = {"snowflake": snowflake, "bigquery": bigquery, "redshift": redshift}[sys.argv[1]](given)
    rows = next(counts)
    connecting = time.monotonic()
    rows += sum(counts)
    ended = time.monotonic()
    told = {"rows": rows, "seconds": ended - began, "from_connection": ended - connecting}
    print(json.dumps({**told, "processor": time.process_time()}))


if __name__ == "__main__":
    main()
