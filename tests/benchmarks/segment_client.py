"""Sends the benchmark's rows with Segment's own Python client, as it comes or with its gzip on; prints the seconds.

python segment_client.py CONNINFO RECEIVER_URL ROWS [gzip]
"""

from __future__ import annotations

import json
import sys
import time

import psycopg
from segment import analytics

from tests.benchmarks.company import QUERY


def main() -> None:
    conninfo, url, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = analytics.Client("a-write-key", host=url, gzip="gzip" in sys.argv)
    started = time.monotonic()
    with psycopg.connect(conninfo) as connection, connection.cursor(name="people") as cursor:
        cursor.itersize = 10_000
        cursor.execute(f"{QUERY} LIMIT {rows}")
        names = [column.name for column in cursor.description]
        for row in cursor:
            traits = dict(zip(names[1:], row[1:], strict=True))
            while not client.identify(row[0], traits)[0]:
                time.sleep(0.01)
    client.flush()
    client.join()
    print(json.dumps({"seconds": time.monotonic() - started}))


if __name__ == "__main__":
    main()
