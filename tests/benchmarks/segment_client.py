"""Sends the rows of a query with Segment's own Python client, as it comes or with its gzip on; in an environment of its own.

python segment_client.py CONNINFO RECEIVER_URL QUERY [gzip]
"""

from __future__ import annotations

import logging
import sys
import time

import psycopg
from segment import analytics


def main() -> None:
    conninfo, url, query = sys.argv[1:4]
    logging.disable(logging.WARNING)  # it says each time that its queue is full
    client = analytics.Client("a-write-key", host=url, gzip="gzip" in sys.argv[4:])
    with psycopg.connect(conninfo) as connection, connection.cursor(name="people") as cursor:
        cursor.itersize = 10_000
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        for row in cursor:
            traits = dict(zip(names[1:], row[1:], strict=True))
            while not client.identify(row[0], traits)[0]:  # its queue is full
                time.sleep(0.01)
    client.flush()
    client.join()


if __name__ == "__main__":
    main()
