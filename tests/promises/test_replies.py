"""Replies as real servers give them: what counts is what they say, and however they say it the run goes on."""

from __future__ import annotations

import gzip

import pytest

from tests.core.sync.workshop import Workshop


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "nonsense"])
def test_calls_that_were_acknowledged_in_an_encoding_that_is_wrong_are_sent_once(
    workshop: Workshop, encoding: str
) -> None:
    workshop.people(10)
    workshop.sync()
    workshop.receiver.behave({"status": 200, "body": "no such thing \xff", "headers": {"content-encoding": encoding}})
    outcome = workshop.run()
    assert (outcome.state, outcome.acknowledged) == ("succeeded", 10)
    assert len(workshop.calls()) == 10


def test_a_reason_that_comes_compressed_is_read(workshop: Workshop) -> None:
    workshop.people(1)
    workshop.sync()
    body = gzip.compress(b'{"message": "no such plan"}').decode("utf-8", "surrogateescape")
    workshop.receiver.behave({"status": 400, "body": body, "headers": {"content-encoding": "gzip"}})
    workshop.run()
    (row,) = workshop.rows(
        "open_rejected", ledger=workshop.rows("current_ledger", sync="id-people", destination="seg")[0]["id"]
    )
    assert "no such plan" in row["reason"]
