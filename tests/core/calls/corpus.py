"""Many values of every kind, the same ones each time: what the canonical form makes of them must never change.

`python -m tests.core.calls.corpus THREADS ORDER` prints the digest of it all, to compare processes.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import math
import random
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from core.calls.mapper import build
from core.model import CallType, Kind
from tests.core.calls.mapping import Given, connect, of

ROWS = 4_000


def columns() -> list[Given]:
    """Return a column of each kind, of `ROWS` rows that are in no order."""
    made = random.Random(20261201)
    rows = range(ROWS)
    doubles = [struct.unpack("<d", struct.pack("<Q", made.getrandbits(64)))[0] for _ in rows]
    singles = [struct.unpack("<f", struct.pack("<I", made.getrandbits(32)))[0] for _ in rows]
    start = dt.datetime.fromisoformat("0001-01-02")
    moments = [start + dt.timedelta(microseconds=made.randrange(315_000_000_000_000_000)) for _ in rows]
    zoned = [moment.replace(tzinfo=dt.UTC) for moment in moments]
    clocks = [moment.time() for moment in moments]
    decimals = [decimal.Decimal(made.randrange(-(10**30), 10**30)).scaleb(-9) for _ in rows]
    texts = ["".join(_character(made) for _ in range(made.randrange(12))) for _ in rows]
    nested = [_nested(made, 3) for _ in rows]
    return [
        of(Kind.TEXT, "userId", *[f"u{row}" for row in rows]),
        of(Kind.TEXT, "text", *texts),
        of(Kind.BOOLEAN, "boolean", *[made.choice([True, False, None]) for _ in rows]),
        of(Kind.INTEGER, "integer", *[made.randrange(-(2**63), 2**63) for _ in rows]),
        of(Kind.DECIMAL, "decimal", *decimals, arrow=pa.decimal128(38, 9)),
        of(Kind.DECIMAL, "decimalText", *[f"{value:f}" for value in decimals]),
        of(Kind.FLOAT, "double", *[value if math.isfinite(value) else 0.1 for value in doubles]),
        of(Kind.FLOAT, "doubleNear", *[made.uniform(-1000, 1000) for _ in rows]),
        of(Kind.FLOAT, "single", *[value if math.isfinite(value) else 0.1 for value in singles], arrow=pa.float32()),
        of(Kind.BYTES, "bytes", *[made.randbytes(made.randrange(9)) for _ in rows]),
        of(Kind.DATE, "date", *[moment.date() for moment in moments]),
        of(Kind.TIME, "time", *clocks),
        of(Kind.TIMESTAMP, "timestampColumn", *moments),
        of(Kind.INSTANT, "instant", *[moment.replace(microsecond=made.choice([0, 5000])) for moment in zoned]),
        of(Kind.JSON, "json", *[json.dumps(value, ensure_ascii=made.random() < 0.5, indent=1) for value in nested]),
        of(
            Kind.NESTED,
            "nested",
            *[{"list": [moment, None], "name": text} for moment, text in zip(moments, texts, strict=True)],
            arrow=pa.struct([("list", pa.list_(pa.timestamp("us"))), ("name", pa.string())]),
        ),
    ]


def _character(made: random.Random) -> str:
    low, high = made.choice([(1, 32), (32, 127), (127, 0x300), (0x2000, 0x2070), (0x1F600, 0x1F640)])
    return chr(made.randrange(low, high))


def _nested(made: random.Random, depth: int) -> Any:
    if depth == 0:
        return made.choice([None, True, 12345678901234567890, -1, "é\u2028", 'a"b', "x\ny", 0.25, "nan", ""])
    if made.random() < 0.5:
        return [_nested(made, depth - 1) for _ in range(made.randrange(4))]
    return {made.choice("zyxab") + str(number): _nested(made, depth - 1) for number in range(made.randrange(4))}


def digest(*, threads: int | None = None, order: int = 0, timezone: str = "Europe/Berlin") -> str:
    """Return the digest of all calls and fingerprints; `order` shuffles the rows and cuts them into other batches."""
    given = columns()
    schema = pa.schema([pa.field(f"c{position}", column.type) for position, column in enumerate(given)])
    mapper = build(CallType.IDENTIFY, [column.column for column in given], schema, timezone=timezone)
    rows = list(range(ROWS))
    random.Random(order).shuffle(rows)
    table = pa.table([pa.array(column.values, column.type) for column in given], schema=schema).take(rows)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches(max_chunksize=137 + 1000 * order)

    connection = connect(threads)
    connection.register("incoming", pa.RecordBatchReader.from_batches(schema, batches()))
    found = connection.execute(f"""
        SELECT userId, fault, call, fingerprint_of(call)::VARCHAR
        FROM (SELECT c0 AS userId, {mapper.fault} AS fault, {mapper.call} AS call FROM ({mapper.prepared("incoming")}))
    """).fetchall()
    assert len(found) == ROWS
    text = json.dumps(sorted(tuple(row) for row in found))
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    print(digest(threads=int(sys.argv[1]), order=int(sys.argv[2])))
