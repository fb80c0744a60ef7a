"""What one writes in an afternoon instead: psycopg, httpx, a loop. No state, no retries, no comparison; in an environment of its own.

python plain_client.py CONNINFO RECEIVER_URL QUERY

It is as quick as such a loop gets without a thread: a cursor on the server, batches as large as Segment takes them, one connection that is
kept, and gzip at its quickest level (gzip.compress would take the slowest by itself).
"""

from __future__ import annotations

import gzip
import json
import sys
import uuid
from collections.abc import Iterator

import httpx
import psycopg

BATCH_BYTES = 500_000
HEADERS = {"content-type": "application/json", "content-encoding": "gzip"}


def rows(conninfo: str, query: str) -> Iterator[dict]:
    with psycopg.connect(conninfo) as connection, connection.cursor(name="people") as cursor:
        cursor.itersize = 10_000
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def batches(calls: Iterator[str]) -> Iterator[list[str]]:
    batch, size = [], 0
    for call in calls:
        if batch and size + len(call) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(call)
        size += len(call) + 1
    if batch:
        yield batch


def call_of(row: dict) -> str:
    user = row.pop("userId")
    call = {"type": "identify", "userId": user, "messageId": uuid.uuid4().hex, "traits": row}
    return json.dumps(call, default=str, separators=(",", ":"))


def main() -> None:
    conninfo, url, query = sys.argv[1:4]
    with httpx.Client(auth=("a-write-key", ""), headers=HEADERS, timeout=30) as client:
        for batch in batches(map(call_of, rows(conninfo, query))):
            body = f'{{"batch":[{",".join(batch)}]}}'.encode()
            client.post(f"{url}/v1/batch", content=gzip.compress(body, 1)).raise_for_status()


if __name__ == "__main__":
    main()
