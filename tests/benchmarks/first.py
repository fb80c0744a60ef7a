"""The first full sync: every row is new, becomes a call, is sent and kept as delivered.

Against Segment's own Python client, by calls a second (the client on fewer rows: it is slow, and its rate does not depend on them),
and against `psql COPY` of the rows as JSON into `gzip -1`, by seconds: the least that anything must do which reads these rows and compresses them.
"""

from __future__ import annotations

from dataclasses import asdict

from tests.benchmarks.bench import Bench, said
from tests.benchmarks.elsewhere import SEGMENT, SEGMENT_WITH_GZIP, Clients
from tests.benchmarks.rounds import Rounds
from tests.benchmarks.table import Measured, Row, of_ratios, rows_in_words, skipped
from tests.servers.environments import NoEnvironmentError

__all__ = ["measure"]

LEAST_TIMES_CLIENT = 30.0
LEAST_TIMES_COPY = 1.0


def measure(bench: Bench, rounds: Rounds, clients: Clients) -> Measured:
    """Measure `repeat` rounds of all of them in turn."""
    rows, of_clients = bench.options.rows, bench.options.client_rows
    runs, copies = [], []
    sent: dict[str, list[float]] = {SEGMENT.name: [], SEGMENT_WITH_GZIP.name: []}
    is_missing = False
    for count in range(1, bench.options.repeat + 1):
        runs.append(rounds.first(rows, count)[-1])
        copies.append(bench.copy_compressed(rows))
        said(f"COPY as JSON, compressed: {copies[-1].seconds:.2f} s")
        try:
            for client in (SEGMENT, SEGMENT_WITH_GZIP):
                sent[client.name].append(clients.sent(client, count)[-1].cost.seconds)
        except NoEnvironmentError as error:
            is_missing = True
            said(str(error))
    ours = [rows / run.seconds for run in runs]
    what = f"first full sync of {rows_in_words(rows)} rows"
    found = []
    for client, target in ((SEGMENT_WITH_GZIP, LEAST_TIMES_CLIENT), (SEGMENT, None)):
        against = f"{what}, against {client.name}"
        wanted = f"at least {target:.0f} times its calls/s" if target else "–"
        if is_missing:
            found.append(skipped(against, wanted))
            continue
        ratios = [rate * seconds / of_clients for rate, seconds in zip(ours, sent[client.name], strict=True)]
        middle, words = of_ratios(ratios, max)
        theirs = of_clients / min(sent[client.name])
        measured = f"{max(ours):,.0f} calls/s; it, on {rows_in_words(of_clients)} rows, {theirs:,.0f}"
        met = middle >= target if target else None
        found.append(Row(what=against, target=wanted, measured=measured, ratio=words, met=met))
    middle, words = of_ratios([copy.seconds / run.seconds for copy, run in zip(copies, runs, strict=True)], max)
    found.append(
        Row(
            what=f"{what}, against COPY of JSON into gzip -1",
            target="at least as fast",
            measured=f"{min(run.seconds for run in runs):.2f} s; it {min(copy.seconds for copy in copies):.2f} s",
            ratio=words,
            met=middle >= LEAST_TIMES_COPY,
        )
    )
    numbers = {"runs": [asdict(run) for run in runs], "copies": [asdict(copy) for copy in copies], "clients": sent}
    return Measured(rows=tuple(found), numbers=numbers)
