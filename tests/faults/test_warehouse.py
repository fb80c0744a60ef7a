"""The warehouse goes away in the middle: its connection is cut at any byte, its session ended, its role locked out."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import project as projects
from tests.core.sync.workshop import Workshop
from tests.servers.cutting import Cutting, cutting
from tests.servers.postgres import Database
from tests.servers.receiving import receiving

ROWS = 20_000
CUTS = 12
SINCE = " WHERE changed >= to_timestamp({{last_sync_time}})"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with receiving(tmp_path / "receiver") as receiver:
        yield Workshop(tmp_path / "project", receiver)


@pytest.fixture
def proxy(postgres_database: Database) -> Iterator[Cutting]:
    with cutting(postgres_database.server.host, postgres_database.server.port) as running:
        yield running


def people(workshop: Workshop, database: Database, proxy: Cutting, query: str) -> None:
    """A table of people, read through the proxy."""
    database.execute(
        "CREATE TABLE people AS SELECT n AS id, repeat(md5(n::text), 3) AS note, now() AS changed "
        f"FROM generate_series(1, {ROWS}) people (n)"
    )
    workshop.secrets["sources/pg.password"] = database.reader_password
    settings = {"type": "postgres", "host": "127.0.0.1", "port": proxy.port, "sslmode": "disable"}
    account = {"database": database.name, "user": database.reader}
    projects.write_file(workshop.folder / "sources" / "pg.toml", settings | account)
    workshop.destination("seg", type="segment", url=workshop.receiver.url, limits={"batch_calls": 2_000})
    workshop.sync(query, source="pg")


@pytest.mark.parametrize("since", ["", SINCE])
def test_a_connection_that_is_cut_at_any_byte_plans_nothing_partial(
    workshop: Workshop, postgres_database: Database, proxy: Cutting, since: str
) -> None:
    people(workshop, postgres_database, proxy, f'SELECT id AS "userId", note FROM people{since}')
    chance = random.Random(7)
    before = (workshop.run(), len(workshop.calls()))
    assert (before[0].state, before[1]) == ("succeeded", ROWS)
    whole, moment = proxy.passed, workshop.last_sync_time()
    assert whole > ROWS * 90
    postgres_database.execute("UPDATE people SET note = note || '!', changed = now()")
    for number in range(CUTS):
        proxy.allow(chance.randrange(whole), reset=number % 2 == 0)
        outcome = workshop.run(yes=True)
        assert outcome.state == "failed"
        assert len(outcome.ended.error) > 20
        assert outcome.ended.remedy
        assert workshop.rows("open_deliveries", sync="id-people") == []
    assert proxy.cuts >= CUTS
    assert workshop.calls() == []
    assert workshop.last_sync_time() == moment
    proxy.allow(None)
    assert workshop.run(yes=True).state == "succeeded"
    assert len({call["userId"] for call in workshop.calls()}) == ROWS


def test_a_session_that_is_ended_in_mid_query_fails_in_words_and_the_next_run_does_its_work(
    workshop: Workshop, postgres_database: Database, proxy: Cutting
) -> None:
    work = "(SELECT count(*) FROM generate_series(1, 300) g (i) WHERE md5(id::text || i) > 'f')"
    slow = f'SELECT id AS "userId", note, {work} AS worked FROM people'
    people(workshop, postgres_database, proxy, slow)
    ended = []

    def end() -> None:
        until = time.monotonic() + 20
        while not ended and time.monotonic() < until:
            with postgres_database.connect() as connection:
                ended.extend(
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE usename = %s AND state = 'active' AND query LIKE '%%worked%%'",
                        [postgres_database.reader],
                    ).fetchall()
                )
            time.sleep(0.05)

    thread = threading.Thread(target=end)
    thread.start()
    outcome = workshop.run()
    thread.join(30)
    assert ended
    assert outcome.state == "failed"
    assert outcome.ended.remedy
    assert workshop.calls() == []
    workshop.sync('SELECT id AS "userId", note FROM people', source="pg")
    assert workshop.run().state == "succeeded"
    assert len(workshop.calls()) == ROWS


def test_a_role_that_may_no_longer_log_in_is_told_and_nothing_is_sent_until_it_may(
    workshop: Workshop, postgres_database: Database, proxy: Cutting
) -> None:
    people(workshop, postgres_database, proxy, 'SELECT id AS "userId", note FROM people')
    postgres_database.execute(f"ALTER ROLE {postgres_database.reader} NOLOGIN")
    outcome = workshop.run()
    assert outcome.state == "failed"
    assert outcome.ended.remedy
    assert workshop.calls() == []
    postgres_database.execute(f"ALTER ROLE {postgres_database.reader} LOGIN")
    assert workshop.run().state == "succeeded"
    assert len(workshop.calls()) == ROWS
