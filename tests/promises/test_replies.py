"""Replies as real servers give them: what counts is what they say, and however they say it the run goes on."""

from __future__ import annotations

import gzip
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from core.sync.progress.events import Retrying
from tests.core.sync.workshop import Workshop
from tests.projects import SECRETS, ProjectFolder
from tests.servers.receiving import Receiver


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


def test_a_destination_that_slows_a_run_down_many_times_is_told_of_once(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY", SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"])
    project = ProjectFolder.make(tmp_path / "project")
    project.duckdb("CREATE TABLE people AS SELECT i::VARCHAR AS id, 'a' AS plan FROM range(2000) t(i)")
    project.segment(receiver.url, batch_calls=20, requests=1_000, connections=4)
    slow_down = {"status": 429, "headers": {"retry-after": "0.01"}}
    receiver.behave(*[{}] * 60, *[slow_down, {}] * 30)
    done = project.query("people", 'SELECT id AS "userId", plan FROM people')
    assert done.code == 0, done.err
    assert len(receiver.calls()) == 2_000
    told = done.out + done.err
    assert told.count("slowed down by the destination") == 1
    assert "slowed down by the destination, 30 times" in told
    assert told.count("next try in") <= 5


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("ahead", [-1_200, 1_200])
def test_a_pause_until_a_date_is_as_long_as_the_clock_of_the_destination_says(
    workshop: Workshop, status: int, ahead: int
) -> None:
    workshop.people(1)
    workshop.sync()
    now = int(time.time()) + ahead
    headers = {"date": formatdate(now, usegmt=True), "retry-after": formatdate(now + 2, usegmt=True)}
    workshop.receiver.behave({"status": status, "headers": headers})
    outcome = workshop.run()
    assert outcome.state == "succeeded"
    assert [event.wait for event in outcome.of(Retrying)] == [2.0]
