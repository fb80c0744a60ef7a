"""A million generated rows with the oddest values of every type: no traceback, every row counted, every line strict JSON."""

from __future__ import annotations

import msgspec
import pytest

from core.reports import history
from core.reports.outcomes import Outcomes
from tests.core.sync.workshop import Workshop

ROWS = 1_000_000
_RARELY = 12

_ODD_TEXTS = (
    "''",
    "' '",
    "chr(1) || chr(27) || '[2J'",
    "chr(0) || 'nul'",
    "'\"quoted\\\\'",
    "'Zoë 🎈 ' || chr(8238) || 'drow'",
    "repeat('long ', 40)",
    "chr(10) || chr(13) || chr(9)",
    "NULL",
    "'{{last_sync_time}}'",
)
_ODD_DOUBLES = (
    "'nan'",
    "'infinity'",
    "'-infinity'",
    "-0.0",
    "1e308",
    "5e-324",
    "0.1",
    "NULL",
    "9007199254740993",
    "1e15",
)
_ODD_TIMES = (
    "'infinity'",
    "'0001-01-01'",
    "'9999-12-31 23:59:59.999999'",
    "'1970-01-01'",
    "NULL",
    "'1900-02-28 12:00:00.5'",
)
_ODD_JSON = (
    "'{\"a\":[1,2.50,null]}'",
    "'[NaN]'",
    "'not json'",
    "'\"text\"'",
    "'{}'",
    "NULL",
    '\'{"deep":{"er":{"x":1e400}}}\'',
)


def _one_of(choices: tuple[str, ...], kind: str, seed: int) -> str:
    """Return SQL that takes one of these expressions a row: the last one most often, which is a usual one."""
    whens = " ".join(f"WHEN {number} THEN {choice}::{kind}" for number, choice in enumerate(choices))
    return f"CASE hash(n + {seed}) % {_RARELY * len(choices)} {whens} ELSE {choices[-1]}::{kind} END"


@pytest.mark.slow
def test_a_million_generated_rows_become_calls_or_rejected_rows_and_nothing_else(workshop: Workshop) -> None:
    workshop.execute(f"""
        CREATE TABLE odd AS SELECT
            CASE WHEN n % 997 = 0 THEN NULL WHEN n % 991 = 0 THEN '' WHEN n % 983 = 0 THEN 'twice' ELSE 'u' || n END AS id,
            {_one_of(_ODD_TEXTS, "VARCHAR", 1)} AS words, {_one_of(_ODD_DOUBLES, "DOUBLE", 2)} AS number,
            {_one_of(_ODD_TIMES, "TIMESTAMP", 3)} AS moment, {_one_of(_ODD_TIMES, "TIMESTAMPTZ", 4)} AS instant,
            {_one_of(_ODD_TIMES, "DATE", 5)} AS day, {_one_of(_ODD_JSON, "VARCHAR", 6)} AS document,
            (hash(n) % 100000)::DECIMAL(18, 3) / 8 AS price, (hash(n)::HUGEINT * 1000003)::HUGEINT AS huge,
            n % 3 = 0 AS flag, encode('b' || n) AS bytes, [n, NULL] AS list, {{'x': n, 'Y y': words}} AS nested,
            md5(n::VARCHAR)::UUID AS uuid, (n % 86400 * INTERVAL 1 SECOND + TIME '00:00:00') AS clock
        FROM range({ROWS}) r (n)
    """)
    workshop.destination("files", type="file", limits={"rows": 10_000_000})
    workshop.sync(
        'SELECT * EXCLUDE (id, document), id AS "userId", document::VARCHAR AS document FROM odd',
        destinations=["files"],
        guards={"invalid_rows": "reject", "max_calls": 10_000_000},
    )
    outcome = workshop.run()
    assert outcome.state == "partial", outcome.ended
    with workshop.store() as store:
        (delivery,) = history.runs(store, limit=1)[0].deliveries
    became = Outcomes(**delivery["outcomes"])
    assert became.add_up
    assert became.rows == ROWS
    assert became.acknowledged > 0.5 * ROWS
    assert became.rejected > 0.05 * ROWS
    lines = 0
    decoder = msgspec.json.Decoder()
    with (workshop.folder / "delivered" / "people.jsonl").open("rb") as file:
        for line in file:
            decoder.decode(line)
            lines += 1
    assert lines == became.acknowledged
