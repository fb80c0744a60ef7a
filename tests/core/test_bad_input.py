"""Bad input of every kind, asserted by what the user sees: what happened, what to do, and the exit code; never a traceback.

After each of them nothing is lost: no state has moved, and a later good run delivers every row exactly once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.projects import SECRETS, Done, ProjectFolder, backhaul
from tests.servers.postgres import Database, free_port
from tests.servers.receiving import Receiver, receiving

PEOPLE = 'SELECT id AS "userId", n FROM people'
ROWS = 30


@pytest.fixture
def people(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A sync `people` of 30 rows to Segment; it did not run yet."""
    project.duckdb(f"CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM range({ROWS}) t(i)")
    project.segment(receiver.url)
    project.sync("people", PEOPLE)
    return project


def ids(receiver: Receiver) -> Counter[str]:
    return Counter(call["userId"] for call in receiver.calls())


def everyone(count: int = ROWS) -> Counter[str]:
    return Counter(f"u{number}" for number in range(count))


def said(done: Done, code: int, *texts: str) -> bool:
    """Return whether a command ended so, with these words and without a traceback; errors stand on stderr."""
    assert done.code == code, (done.out, done.err)
    shown = done.out + done.err
    assert "Traceback" not in shown
    assert "\x1b" not in shown
    for text in texts:
        assert text in shown, shown
    return True


def is_untouched(project: ProjectFolder, receiver: Receiver) -> bool:
    """Return whether nothing was sent and no last_sync_time has moved."""
    (row,) = project.run("status", "--json").json["syncs"]
    return receiver.count()["requests"] == 0 and not any(row["last_sync_times"].values())


def delivers_everyone_once(project: ProjectFolder, receiver: Receiver) -> bool:
    """Run twice: all rows arrive once, and then none."""
    assert said(project.run("run", "people"), 0)
    assert ids(receiver) == everyone()
    assert said(project.run("run", "people"), 0, "0 delivered, 30 unchanged")
    assert ids(receiver) == everyone()
    return True


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "text", "shown"),
    [
        ("backhaul.toml", "name = x\n", ["backhaul.toml: This is not TOML", "line 1", "Fix the file."]),
        (
            "backhaul.toml",
            'name = "x"\nretenton = 3\n',
            ["no key 'retenton'", "Did you mean 'retention'?", "Known keys"],
        ),
        ("sources/warehouse.toml", "type = \n", ["warehouse.toml: This is not TOML", "line 1", "column 8"]),
        ("sources/warehouse.toml", 'type = "duckbd"\n', ["no source of type 'duckbd'", "Did you mean 'duckdb'?"]),
        ("sources/warehouse.toml", 'path = "x"\n', ["lacks the key 'type'"]),
        ("destinations/seg.toml", "[[[", ["seg.toml: This is not TOML"]),
        ("destinations/seg.toml", 'type = "segmnet"\n', ["Did you mean 'segment'?"]),
        ("destinations/seg.toml", 'type = "segment"\nregoin = "eu"\n', ["no key 'regoin'", "Did you mean 'region'?"]),
        ("destinations/seg.toml", 'type = "segment"\nregion = "mars"\n', ["seg.toml", "region", "mars"]),
        (
            "destinations/seg.toml",
            'type = "segment"\n[limits]\nattempts = 0\n',
            ["limits.attempts: 0 is out of range"],
        ),
        ("destinations/seg.toml", 'type = "segment"\nwrite_key = "oops"\n', ["seg.toml", "write_key", "Take it out"]),
        ("syncs/people.toml", 'source = "warehouse"\n', ["people.toml", "call"]),
        (
            "syncs/people.toml",
            'source = "warehose"\ncall = "identify"\n',
            ["no source 'warehose'. Did you mean 'warehouse'"],
        ),
        ("syncs/people.toml", 'source = "warehouse"\ncall = "identifi"\n', ["people.toml", "identifi"]),
        (
            "syncs/people.toml",
            'source = "warehouse"\ncall = "identify"\n[guards]\nmax_calls = "many"\n',
            ["guards.max_calls", "whole number"],
        ),
        (
            "syncs/people.toml",
            'source = "warehouse"\ncall = "identify"\nschedule = "every now and then"\n',
            ["'every now and then' is not understood"],
        ),
    ],
)
def test_a_broken_file_is_named_with_its_place_and_what_would_be_right(
    people: ProjectFolder, receiver: Receiver, file: str, text: str, shown: list[str]
) -> None:
    right = (people.folder / file).read_text()
    people.write(file, text)
    done = people.run("run", "people")
    assert said(done, 2, *shown)
    assert done.err
    assert "\\n" not in done.err
    assert len(set(done.err.splitlines())) == len(done.err.splitlines())
    people.write(file, right)
    assert is_untouched(people, receiver)
    assert delivers_everyone_once(people, receiver)


def test_a_file_that_is_not_text_is_told(people: ProjectFolder) -> None:
    (people.folder / "syncs" / "people.sql").write_bytes(b"\xff\xfeS\x00E\x00")
    assert said(people.run("run", "people"), 2, "people.sql", "not UTF-8", "Save it as UTF-8.")


def test_one_broken_file_does_not_stop_the_other_syncs(people: ProjectFolder, receiver: Receiver) -> None:
    people.sync("more", "SELECT 'm1' AS \"userId\", 1 AS n")
    people.write("syncs/people.toml", "rubbish")
    assert said(people.run("run", "more"), 0, "people.toml")
    assert said(people.run("run"), 2, "people.toml", "0 delivered, 1 unchanged")
    assert said(people.run("status"), 2, "people.toml")
    assert ids(receiver) == Counter(["m1"])


# --- secrets, logins, hosts ----------------------------------------------------------------------------------------


def test_a_missing_secret_is_named_with_the_variable_to_set(
    people: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY")
    done = people.run("run", "people")
    assert said(done, 2, "no secret destinations/seg.write_key", "Set BACKHAUL_DESTINATIONS_SEG_WRITE_KEY")
    assert is_untouched(people, receiver)
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY", SECRETS["BACKHAUL_DESTINATIONS_SEG_WRITE_KEY"])
    assert delivers_everyone_once(people, receiver)


@pytest.fixture
def from_postgres(
    project: ProjectFolder, receiver: Receiver, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> ProjectFolder:
    """The same sync from a real Postgres."""
    postgres_database.execute(
        f"CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM generate_series(0, {ROWS - 1}) AS t(i)"
    )
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", postgres_database.reader_password)
    project.postgres(postgres_database)
    project.segment(receiver.url)
    project.sync("people", PEOPLE, source="pg")
    return project


def test_a_source_that_cannot_be_reached_is_told(
    from_postgres: ProjectFolder, receiver: Receiver, postgres_database: Database
) -> None:
    port = free_port()
    from_postgres.postgres(postgres_database, port=port)
    for words in ("run", "plan", "preview"):
        done = from_postgres.run(words, "people")
        assert said(done, 1, str(port))
        assert len(done.err.splitlines()) >= 2
    assert said(from_postgres.run("check", "pg"), 1, "✗")
    assert is_untouched(from_postgres, receiver)
    from_postgres.postgres(postgres_database)
    assert delivers_everyone_once(from_postgres, receiver)


def test_a_wrong_password_is_told_and_not_shown(
    from_postgres: ProjectFolder, receiver: Receiver, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", SECRETS["BACKHAUL_SOURCES_PG_PASSWORD"])
    done = from_postgres.run("run", "people")
    assert said(done, 1, "refused the password", "set the password again")
    assert is_untouched(from_postgres, receiver)
    monkeypatch.setenv("BACKHAUL_SOURCES_PG_PASSWORD", postgres_database.reader_password)
    assert delivers_everyone_once(from_postgres, receiver)


def test_a_table_that_may_not_be_read_is_told(
    from_postgres: ProjectFolder, receiver: Receiver, postgres_database: Database
) -> None:
    postgres_database.execute(f"REVOKE SELECT ON people FROM {postgres_database.reader}")
    done = from_postgres.run("run", "people")
    assert said(done, 1, "people", "GRANT")
    assert is_untouched(from_postgres, receiver)


@pytest.mark.parametrize("source", ["people", "from_postgres"])
def test_a_missing_table_is_told(receiver: Receiver, source: str, request: pytest.FixtureRequest) -> None:
    found: ProjectFolder = request.getfixturevalue(source)
    found.write("syncs/people.sql", 'SELECT id AS "userId", n FROM poeple')
    for words in ("run", "plan", "preview"):
        done = found.run(words, "people")
        assert said(done, 1, "poeple")
        assert done.err.count("\n") >= 2
    assert is_untouched(found, receiver)
    found.write("syncs/people.sql", PEOPLE)
    assert delivers_everyone_once(found, receiver)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELEC id FROM people", "1:1"),
        ('SELECT id AS "userId",\n  n FORM people WHERE', "2:"),
        ('SELECT id AS "userId", n FROM people WHERE (n > 1', "1:"),
        ("SELECT 'open FROM people", "1:8"),
        ("", "people.sql"),
        ("DELETE FROM people", "people.sql"),
        ('SELECT id AS "userId", n FROM people; DROP TABLE people', "people.sql"),
        ('SELECT id AS "userId", n FROM people WHERE n > {{last_sync}}', "last_sync_time"),
    ],
)
def test_a_query_that_cannot_be_run_is_told_with_its_place(
    people: ProjectFolder, receiver: Receiver, query: str, shown: str
) -> None:
    people.write("syncs/people.sql", query)
    for words in ("run", "plan", "preview"):
        done = people.run(words, "people")
        assert said(done, 2, "people.sql", shown, "backhaul lint people")
    assert people.run("lint", "people").code == 1
    assert is_untouched(people, receiver)
    people.write("syncs/people.sql", PEOPLE)
    assert delivers_everyone_once(people, receiver)


def test_a_301st_column_is_refused_by_customerio(people: ProjectFolder, receiver: Receiver) -> None:
    people.customerio(receiver.url)
    columns = ", ".join(f"{number} AS c{number}" for number in range(300))
    done = people.query("people", f'SELECT id AS "userId", {columns} FROM people', to=["cio"])
    assert said(done, 2, "has 301 columns; cio takes 300", "Select the columns that the destination needs")
    assert is_untouched(people, receiver)
    columns = ", ".join(f"{number} AS c{number}" for number in range(299))
    assert said(people.query("people", f'SELECT id AS "userId", {columns} FROM people', to=["cio"]), 0)
    assert ids(receiver) == everyone()


# --- ids -----------------------------------------------------------------------------------------------------------

INVALID = (
    "INSERT INTO people VALUES (NULL, 100)",
    "INSERT INTO people VALUES ('', 101), ('  ', 102)",
    "INSERT INTO people VALUES ('twice', 103), ('twice', 104)",
)


def test_null_empty_and_repeated_ids_stop_the_run_and_are_listed(people: ProjectFolder, receiver: Receiver) -> None:
    people.duckdb(*INVALID)
    for words in ("run", "plan"):
        done = people.run(words, "people")
        assert said(done, 1, "3 rows have a null or empty id and 1 ids are in more than one row")
        assert 'invalid_rows = "reject"' in done.out
    done = people.run("run", "people", "--yes")
    assert said(done, 1, "userId is null in 1 rows", "userId is empty in 2 rows", '{"userId":"twice"} is in 2 rows')
    assert is_untouched(people, receiver)
    people.duckdb("DELETE FROM people WHERE n >= 100")
    assert delivers_everyone_once(people, receiver)


def test_preview_marks_rows_whose_ids_cannot_be_used(people: ProjectFolder, receiver: Receiver) -> None:
    people.duckdb("DELETE FROM people WHERE n > 1", *INVALID)
    done = people.run("preview", "people")
    assert said(done, 1, "userId is null", "userId is empty", "the id is in more than one row")
    rows = people.run("preview", "people", "--json").json["rows"]
    assert [row["fault"] is None for row in rows] == [True, True, *[False] * 5]
    assert [row["call"] is None for row in rows] == [False, False, *[True] * 5]
    assert receiver.count()["requests"] == 0


def test_with_invalid_rows_rejected_the_rest_is_delivered(people: ProjectFolder, receiver: Receiver) -> None:
    people.duckdb(*INVALID)
    done = people.query("people", PEOPLE, guards={"invalid_rows": "reject"})
    assert said(done, 1, "30 delivered, 5 rejected")
    assert ids(receiver) == everyone()
    rows = people.run("rejected", "people", "--json").json["rows"]
    reasons = Counter(row["reason"] for row in rows)
    assert reasons == {"userId is null": 1, "userId is empty": 2, "the id is in more than one row": 2}
    assert "backhaul rejected people" in done.out
    people.duckdb("DELETE FROM people WHERE n IN (100, 101, 102, 104)")
    assert said(people.run("run", "people"), 0, "1 delivered")
    assert ids(receiver) == everyone() + Counter(["twice"])


# --- what a destination answers ------------------------------------------------------------------------------------


def test_one_row_that_is_refused_is_rejected_alone(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.refuse('"u17"')
    done = people.run("run", "people")
    assert said(done, 1, "29 delivered, 1 rejected")
    assert ids(receiver) == everyone() - Counter(["u17"])
    (row,) = people.run("rejected", "people", "--json").json["rows"]
    assert (row["identity"], row["status"], row["state"]) == ('{"userId":"u17"}', 400, "open")
    receiver.refuse()
    assert said(people.run("replay", "people"), 0, "1 delivered")
    assert ids(receiver) == everyone()
    assert said(people.run("run", "people"), 0, "30 unchanged")


def test_a_destination_that_refuses_everything_pauses_the_delivery(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.refuse("u", status=400)
    done = people.run("run", "people")
    assert said(
        done,
        1,
        "seg refuses everything: 400",
        "Check the destination's settings and key. These rows are not listed as rejected",
    )
    assert said(people.run("status"), 0, "✗ failed", "seg refuses everything", "30 calls pending")
    receiver.refuse()
    assert delivers_everyone_once(people, receiver)
    assert said(people.run("rejected", "people"), 0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_pauses_and_is_told_how_to_set_it(people: ProjectFolder, receiver: Receiver, status: int) -> None:
    receiver.behave(*[{"status": status}] * 9)
    done = people.run("run", "people")
    assert said(done, 1, f"seg refused the source's write key: {status}", "destinations/seg.write_key", "plan is kept")
    assert receiver.calls() == []
    assert len(receiver.records(taken=False)) == 1
    receiver.behave()
    assert delivers_everyone_once(people, receiver)


def test_429_is_waited_for_as_long_as_it_asks(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.behave({"status": 429, "headers": {"retry-after": "1"}})
    events = people.run("run", "people", "--json").lines
    (retrying,) = [event for event in events if event["event"] == "retrying"]
    assert retrying["wait"] == 1.0
    assert "429" in retrying["reason"]
    assert events[-1]["state"] == "succeeded"
    assert events[-1]["seconds"] >= 1
    assert ids(receiver) == everyone()


@pytest.mark.parametrize(
    "behaviour",
    [
        {"status": 500},
        {"status": 503, "body": "<html>Bad gateway</html>"},
        {"status": 408},
        {"status": 425},
        {"status": 429, "headers": {"retry-after": "inf"}},
        {"status": 429, "headers": {"retry-after": "soon"}},
        {"close": True},
        {"hang": 0.6},
    ],
    ids=str,
)
def test_what_passes_is_tried_again(people: ProjectFolder, receiver: Receiver, behaviour: dict[str, Any]) -> None:
    people.segment(receiver.url, timeout=0.3)
    receiver.behave(behaviour, behaviour)
    done = people.run("run", "people")
    assert said(done, 0, "next try in", "(2 of 3)", "30 delivered")
    assert ids(receiver) == everyone()
    assert delivers_everyone_once(people, receiver)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"status": 500, "body": "out of order"}, "500 out of order"),
        ({"close": True}, "no reply"),
        ({"hang": 0.6}, "no reply (ReadTimeout)"),
    ],
    ids=str,
)
def test_what_does_not_pass_pauses_and_goes_on_later(
    people: ProjectFolder, receiver: Receiver, behaviour: dict[str, Any], reason: str
) -> None:
    people.segment(receiver.url, timeout=0.3)
    receiver.behave(*[behaviour] * 3)
    done = people.run("run", "people")
    assert said(
        done, 1, f"seg did not take a batch in 3 attempts: {reason}", "The plan is kept; run again to continue."
    )
    assert "paused, 30 calls pending" in done.out
    assert said(people.run("explain", "people", "u7"), 0, "pending")
    assert said(people.run("plan", "people"), 0, "30 calls of an earlier delivery go out first")
    assert delivers_everyone_once(people, receiver)


def test_a_rubbish_reply_that_says_200_is_an_acknowledgement(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.behave({"status": 200, "body": "\x00\ud7ff<<<not json"})
    assert said(people.run("run", "people"), 0, "30 delivered")


def test_a_reply_that_was_lost_is_asked_for_again_with_the_same_calls(
    people: ProjectFolder, receiver: Receiver
) -> None:
    receiver.behave({"lose_reply": True}, {"lose_reply": True})
    assert said(people.run("run", "people"), 0, "no reply", "30 delivered")
    first, second, third = receiver.records()
    assert first.body == second.body == third.body
    assert len({call["messageId"] for call in receiver.calls()}) == ROWS


def test_calls_that_were_taken_without_a_reply_go_out_unchanged_in_a_later_run(
    people: ProjectFolder, receiver: Receiver
) -> None:
    receiver.behave(*[{"lose_reply": True}] * 3)
    assert said(people.run("run", "people"), 1, "no reply", "paused")
    people.duckdb("UPDATE people SET n = 1000 WHERE id = 'u3'")
    assert said(people.run("run", "people"), 0, "continuing an earlier delivery")
    records = receiver.records()
    assert len({record.body for record in records[:4]}) == 1
    by_id: dict[str, set[str]] = {}
    for call in receiver.calls():
        by_id.setdefault(call["messageId"], set()).add(str(call))
    assert all(len(calls) == 1 for calls in by_id.values())
    assert len(by_id) in (ROWS, ROWS + 1)
    assert said(people.run("run", "people"), 0)
    assert receiver.calls()[-1]["traits"] == {"n": 1000}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens at, kept from others."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def test_a_destination_that_cannot_be_reached_pauses_and_goes_on_when_it_is_back(
    people: ProjectFolder, tmp_path: Path, closed_port: int
) -> None:
    people.segment(f"http://127.0.0.1:{closed_port}/v1")
    done = people.run("run", "people")
    assert said(
        done, 1, "no reply (ConnectError", f"127.0.0.1:{closed_port}", "Check that the destination can be reached"
    )
    assert said(people.run("check", "seg"), 1, "✗ network", "Connection refused")
    with receiving(tmp_path / "back", port=closed_port) as back:
        assert delivers_everyone_once(people, back)


def test_one_destination_that_is_down_does_not_hold_back_another(
    people: ProjectFolder, receiver: Receiver, closed_port: int
) -> None:
    people.customerio(f"http://127.0.0.1:{closed_port}/v1")
    done = people.query("people", PEOPLE, to=["seg", "cio"])
    assert said(done, 1, "people → seg: 30 delivered", "people → cio: paused, 30 calls pending")
    assert ids(receiver) == everyone()
    people.duckdb("INSERT INTO people VALUES ('new', 1)")
    assert said(people.run("run", "people"), 1, "people → seg: 1 delivered")
    assert ids(receiver) == everyone() + Counter(["new"])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://example.com/v1", "without encryption"),
        ("example.com/v1", "is not a valid URL"),
        ("https://[::1/v1", "is not a valid URL"),
    ],
)
def test_an_address_that_is_none_is_told(people: ProjectFolder, url: str, shown: str) -> None:
    people.segment(url)
    done = people.run("run", "people")
    assert said(done, 1, shown)
    assert said(people.run("check", "seg"), 1, "✗ address", shown)


def test_a_wrong_address_may_be_fixed_while_nothing_was_delivered(
    people: ProjectFolder, receiver: Receiver, closed_port: int
) -> None:
    people.segment(f"http://127.0.0.1:{closed_port}/v1")
    assert said(people.run("run", "people"), 1, "paused")
    people.segment(receiver.url)
    assert delivers_everyone_once(people, receiver)


def test_a_wrong_key_may_be_fixed_while_nothing_was_delivered(
    people: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.behave({"status": 401})
    assert said(people.run("run", "people"), 1, "refused the source's write key")
    monkeypatch.setenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY", "the-right-key")
    assert delivers_everyone_once(people, receiver)


def test_a_redirect_is_told_with_where_it_leads(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.behave({"status": 301, "headers": {"location": "https://elsewhere.example/v1/batch"}})
    done = people.run("run", "people")
    assert said(done, 1, "redirects to https://elsewhere.example/v1/batch", "The plan is kept")
    assert delivers_everyone_once(people, receiver)


# --- values that no call can carry ---------------------------------------------------------------------------------


def test_rows_that_cannot_be_sent_are_rejected_one_by_one(people: ProjectFolder, receiver: Receiver) -> None:
    people.duckdb(
        "CREATE TABLE odd (id VARCHAR, d DOUBLE, t VARCHAR)",
        "INSERT INTO odd SELECT id, n, 'fine' FROM people",
        "INSERT INTO odd VALUES ('nan', 'nan', 'x'), ('inf', 'inf', 'x'), ('-inf', '-inf', 'x')",
        "INSERT INTO odd VALUES ('nul', 1, 'a' || chr(0) || 'b'), ('large', 1, repeat('x', 33000))",
        "INSERT INTO odd VALUES ('almost', 1, repeat('x', 31000))",
    )
    done = people.query("people", 'SELECT id AS "userId", d, t FROM odd')
    assert said(done, 1, "31 delivered, 5 rejected")
    assert ids(receiver) == everyone() + Counter(["almost"])
    rows = {row["identity"]: row["reason"] for row in people.run("rejected", "people", "--json").json["rows"]}
    assert rows == {
        '{"userId":"nan"}': '"d" holds NaN or an infinity',
        '{"userId":"inf"}': '"d" holds NaN or an infinity',
        '{"userId":"-inf"}': '"d" holds NaN or an infinity',
        '{"userId":"nul"}': '"t" holds a NUL character',
        '{"userId":"large"}': "the call is larger than 32,000 bytes",
    }
    assert said(people.run("rejected", "people"), 1, "not sent", "holds a NUL character", "need their data fixed")
    assert said(people.run("preview", "people", "--limit", "50"), 1, "holds NaN or an infinity")
    people.duckdb("UPDATE odd SET d = 0, t = 'fixed' WHERE id IN ('nan', 'inf', '-inf', 'nul', 'large')")
    assert said(people.run("run", "people"), 0, "5 delivered")
    assert said(people.run("rejected", "people"), 0)
    assert sum(ids(receiver).values()) == ROWS + 6


def test_json_that_is_none_is_rejected_row_by_row(
    from_postgres: ProjectFolder, receiver: Receiver, postgres_database: Database
) -> None:
    postgres_database.execute(
        "CREATE TABLE odd (id text, j json, d numeric)",
        "INSERT INTO odd VALUES ('half', '{\"a\": \"\\ud800\"}', 1), ('zero', '{\"a\": \"\\u0000\"}', 1)",
        "INSERT INTO odd VALUES ('nan', '{}', 'NaN'), ('fine', '{\"a\": \"\\ud83c\\udf88\"}', 1.50)",
        f"GRANT SELECT ON odd TO {postgres_database.reader}",
    )
    done = from_postgres.query("people", 'SELECT id AS "userId", j, d FROM odd', source="pg")
    assert said(done, 1, "1 delivered, 3 rejected")
    (call,) = receiver.calls()
    assert call["traits"] == {"j": {"a": "🎈"}, "d": 1.5}
    reasons = {row["identity"]: row["reason"] for row in from_postgres.run("rejected", "people", "--json").json["rows"]}
    assert "half a surrogate pair" in reasons['{"userId":"half"}']
    assert "NUL character" in reasons['{"userId":"zero"}']
    assert "NaN" in reasons['{"userId":"nan"}']


EXACT = {
    "'\\x00\\xFFab'::BLOB": '"AP9hYg=="',
    "12345678901234567890.123456789::DECIMAL(38, 9)": "12345678901234567890.123456789",
    "12.50::DECIMAL(10, 2)": "12.5",
    "9007199254740993::BIGINT": "9007199254740993",
    "170141183460469231731687303715884105727::HUGEINT": "170141183460469231731687303715884105727",
    '\'{"b": [1, {"a": 1.10}], "B": "\\u00e9"}\'::JSON': '{"b":[1,{"a":1.10}],"B":"\\u00e9"}',
    "{'a': [1, NULL], 'b': {'c': true}}": '{"a":[1,null],"b":{"c":true}}',
    "TIMESTAMP '2026-03-29 02:30:00'": '"2026-03-29T02:30:00Z"',
    "TIMESTAMP '2026-03-29 02:30:00.123456'": '"2026-03-29T02:30:00.123456Z"',
    "TIMESTAMPTZ '2026-03-29 02:30:00+02'": '"2026-03-29T00:30:00Z"',
    "DATE '2024-02-29'": '"2024-02-29"',
    "TIME '01:02:03.5'": '"01:02:03.5"',
    "0.1::DOUBLE": "0.1",
    "-0.0::DOUBLE": "0",
    "1e300::DOUBLE": "1e+300",
    "'it''s \"quoted\" \\ back'": '"it\'s \\"quoted\\" \\\\ back"',
    "'🎈👩‍🚀'": '"🎈👩\u200d🚀"',
    "'شكرا' || chr(8207) || 'x' || chr(8238)": '"شكرا\u200fx\u202e"',
    "chr(9) || chr(10) || chr(1)": '"\\t\\n\\u0001"',
    "''": '""',
    "NULL": "null",
    "true": "true",
    "uuid '6b4d2a1e-0000-4000-8000-000000000001'": '"6b4d2a1e-0000-4000-8000-000000000001"',
}


def test_values_arrive_in_their_exact_form(people: ProjectFolder, receiver: Receiver) -> None:
    columns = ", ".join(f"{value} AS c{position}" for position, value in enumerate(EXACT))
    assert said(people.query("people", f"SELECT 'u1' AS \"userId\", {columns}"), 0)
    (record,) = receiver.records()
    inside = ",".join(f'"c{position}":{written}' for position, written in enumerate(EXACT.values()))
    start = record.body.index(b'"traits":{') + len(b'"traits":{')
    assert record.body[start : record.body.rindex(b"}}]}")].decode() == inside
    assert said(people.run("run", "people"), 0, "0 delivered, 1 unchanged")


def test_a_query_of_no_rows_sends_nothing_and_is_no_error(people: ProjectFolder, receiver: Receiver) -> None:
    people.run("run", "people")
    done = people.query("people", f"{PEOPLE} WHERE n < 0", removed="ignore")
    assert said(done, 0, "0 delivered")
    assert said(people.run("preview", "people"), 0, "No rows.")
    assert said(people.run("plan", "people"), 0, "0 calls")
    people.write("syncs/people.sql", PEOPLE)
    assert said(people.run("run", "people"), 0, "30 unchanged")
    assert ids(receiver) == everyone()


# --- the machine ---------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny_disk(people: ProjectFolder) -> Iterator[Path]:
    """The state folder on a disk of its own, of 600 KB."""
    state = people.folder / ".backhaul"
    state.mkdir(mode=0o700)
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    words = ["mount", "-t", "tmpfs", "-o", "size=600k,mode=700", "tmpfs", str(state)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not possible here")
    try:
        yield state
    finally:
        subprocess.run(["umount", "--lazy", str(state)], check=True)


def test_a_full_disk_is_told_and_nothing_is_lost(people: ProjectFolder, receiver: Receiver, tiny_disk: Path) -> None:
    many = "SELECT 'u' || i AS \"userId\", md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS n FROM range(20000) t(i)"
    people.sync("people", many)
    done = backhaul("run", "people", folder=people.folder)
    assert said(done, 1)
    assert done.err
    assert said(done, 1, "is full", "Make room on the disk")
    assert said(people.run("status"), 0, "✗ failed")
    subprocess.run(["mount", "-o", "remount,size=100m", str(tiny_disk)], check=True)
    assert said(people.run("run", "people"), 0)
    by_row: dict[str, set[str]] = {}
    for call in receiver.calls():
        by_row.setdefault(call["userId"], set()).add(call["messageId"])
    assert len(by_row) == 20_000
    assert all(len(messages) == 1 for messages in by_row.values())
    assert said(people.run("run", "people"), 0, "0 delivered, 20,000 unchanged")


def test_a_disk_that_is_full_from_the_start_is_told(people: ProjectFolder, receiver: Receiver, tiny_disk: Path) -> None:
    filler = tiny_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    for words in ("run people", "plan people"):
        done = backhaul(*words.split(), folder=people.folder)
        assert said(done, 1), words
        assert done.err.count("\n") >= 2
    assert receiver.count()["requests"] == 0
    filler.unlink()
    assert delivers_everyone_once(people, receiver)


def test_a_sync_that_is_running_elsewhere_says_who_has_it(people: ProjectFolder, receiver: Receiver) -> None:
    people.segment(receiver.url, timeout=5)
    receiver.behave({"hang": 1.5})
    words = [sys.executable, "-m", "tui.main", "run", "people", "--project", str(people.folder)]
    other = subprocess.Popen(words, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        note = people.folder / ".backhaul" / "locks" / "idpeople.holder"
        while not note.exists() and other.poll() is None:
            time.sleep(0.02)
        done = people.run("run", "people")
        assert said(done, 1, "people is in use by `backhaul run`", f"process {other.pid}", "its work is not lost")
        assert done.err
    finally:
        other.wait(30)
    assert other.returncode == 0
    assert ids(receiver) == everyone()


def test_a_run_that_was_killed_is_not_said_to_be_running(people: ProjectFolder, receiver: Receiver) -> None:
    people.segment(receiver.url, timeout=20)
    receiver.behave({"hang": 20})
    words = [sys.executable, "-m", "tui.main", "run", "people", "--project", str(people.folder)]
    killed = subprocess.Popen(
        words, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    store = people.folder / ".backhaul" / "store.sqlite"
    while not (store.exists() and people.run("status", "--json").json["syncs"][0]["pending"]) and killed.poll() is None:
        time.sleep(0.05)
    assert said(people.run("status"), 0, "▶ running")
    killed.kill()
    killed.wait()
    assert said(
        people.run("status"), 0, "✗ failed", "stopped unexpectedly", "30 calls pending; the next run sends them first"
    )
    (run,) = people.run("runs", "people", "--json").json
    assert (run["state"], run["error"]) == ("failed", "The process stopped unexpectedly (killed?).")
    assert said(people.run("show", run["id"]), 0, "stopped unexpectedly", "Run again")
    receiver.behave()
    assert delivers_everyone_once(people, receiver)
