"""An analyst's and an operator's day: a finding fixed, a row read, a guard answered, a failure understood; keys only."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest
import tomlkit

from core.project import set_value
from tests.journeys.forms import choose, fill
from tests.journeys.tmux import ONE_SLOW, at_the_console
from tests.projects import backhaul
from tests.servers.postgres import Database
from tests.servers.receiving import Receiver

KEYS = {"BACKHAUL_DESTINATIONS_CIO_API_KEY": "journey-key-1", "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "journey-key-2"}


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_finding_is_fixed_with_its_fix(company: Path, size: tuple[int, int]) -> None:
    with at_the_console(company, size) as person:
        person.sees("open_tickets")
        person.type(":edit open_tickets")
        person.sees("edit open_tickets")
        person.press("Enter")
        person.sees("zendesk.tickets")
        person.sees(r"1 error|2 errors|error")
        person.press("C-n", "C-g")
        person.sees("AS userId")
        person.press("C-n", "C-g")
        person.sees(r"to_timestamp\(\{\{last_sync_time\}\}\)")
        person.press("C-s")
        person.sees("saved|Saved")
    text = (company / "syncs" / "open_tickets.sql").read_text("utf-8")
    assert "AS userId" in text
    assert "to_timestamp({{last_sync_time}})" in text
    assert backhaul("lint", "open_tickets", folder=company).code == 0


@pytest.mark.parametrize("size", ONE_SLOW)
def test_rows_are_previewed_a_call_is_read_and_copied(company: Path, size: tuple[int, int]) -> None:
    with at_the_console(company, size) as person:
        person.sees("leads → files")
        person.type(":edit leads")
        person.press("Enter")
        person.sees("salesforce.leads")
        person.press("C-r")
        person.sees("first 100 rows, more exist")
        person.press("Escape")
        person.press("j", "j", "Enter")
        person.sees('"userId": "u_00009"')
        person.press("y")
        person.sees("characters sent to tmux")
        copied = person.tmux("show-buffer")
    call = json.loads(copied)
    assert call["userId"] == "u_00009"
    assert call["type"] == "identify"


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_plan_is_read_and_its_guards_are_answered(company: Path, size: tuple[int, int]) -> None:
    assert backhaul("run", "companies", folder=company).code == 0
    with duckdb.connect(str(company / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE app.companies SET industry = NULL WHERE id <= 'c_080'")
    with at_the_console(company, size) as person:
        person.sees("companies → files")
        person.type(":plan companies")
        person.press("Enter")
        screen = person.sees("turned to null")
        assert 'Blocked by guards "max_changed", "max_null"' in screen
        assert re.search(r"send [0-9,]+ calls · open the query · cancel", screen)
        assert "nothing sent yet" in screen
        person.press("r")
        person.sees("is blocked by guards")
        person.press("Escape")
        person.sees("nothing sent yet")
        person.press("r")
        person.sees(r"Send [0-9,]+ calls")
        person.press("Enter")
        person.sees(r"✓ done +companies → files")
        person.sees(r"✓ companies: the run is done")
    delivered = (company / "delivered" / "companies.jsonl").read_text("utf-8").splitlines()
    assert sum(1 for line in delivered if json.loads(line)["traits"].get("industry", "") is None) > 800


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_run_that_did_harm_is_undone(company: Path, size: tuple[int, int]) -> None:
    assert backhaul("run", "companies", folder=company).code == 0
    with duckdb.connect(str(company / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE app.companies SET industry = 'rubbish' WHERE id <= 'c_005'")
    assert backhaul("run", "companies", folder=company).code == 0
    file = company / "delivered" / "companies.jsonl"
    before = file.read_text("utf-8").splitlines()
    with at_the_console(company, size) as person:
        person.sees(r"companies → files")
        person.press("4")
        person.sees("companies")
        person.press("Enter")
        person.sees("Deliveries|deliver")
        person.press("U")
        person.sees("Undo run .* of companies")
        person.sees("rubbish")
        person.sees(r"Send \d+ rows back")
        person.press("Escape")
        person.press("U")
        person.sees(r"Send \d+ rows back")
        person.press("Enter")
        person.sees("the undo is done")
    sent = [json.loads(line) for line in file.read_text("utf-8").splitlines()[len(before) :]]
    harmed = [json.loads(line)["groupId"] for line in before if '"rubbish"' in line]
    assert sorted(call["groupId"] for call in sent) == sorted(harmed)
    assert all(call["traits"]["industry"] != "rubbish" for call in sent)


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_failed_run_is_opened_understood_and_replayed(
    company: Path, receiver: Receiver, size: tuple[int, int]
) -> None:
    refuse_two_leads(company, receiver)
    with at_the_console(company, size, env=KEYS) as person:
        person.sees(r"! partial +leads → cio")
        person.press("g", "Enter")
        person.sees("Rejected, by cause")
        person.sees(r"2 +email is not valid")
        person.press("Enter")
        person.sees("INVALID_EMAIL")
        person.press("G")
        person.sees("What helps")
        person.press("Escape")
        receiver.refuse()
        person.press("T")
        person.sees("Send 2 rejected rows of leads again")
        person.press("Enter")
        person.sees("its rejected rows are sent again")
        person.sees("the replay is done")
    sent = [call["userId"] for record in receiver.records() for call in record.calls]
    assert sorted(sent[-2:]) == ["u_00009", "u_00027"]


@pytest.mark.parametrize("size", ONE_SLOW)
def test_a_postgres_source_and_a_destination_are_added_step_by_step(
    company: Path, postgres_database: Database, receiver: Receiver, size: tuple[int, int]
) -> None:
    postgres_database.execute("CREATE TABLE people AS SELECT 1 AS id")
    set_value(company / "backhaul.toml", "secrets", {"from": "environment"})
    env = {
        "BACKHAUL_SOURCES_SHOP_PASSWORD": postgres_database.reader_password,
        "BACKHAUL_DESTINATIONS_API_WRITE_KEY": "journey-key-3",
    }
    with at_the_console(company, size, env=env) as person:
        person.sees("users → files")
        person.press("2")
        person.sees("warehouse.duckdb")
        person.press("n")
        person.sees("Or choose")
        choose(person, "postgres")
        server = postgres_database.server
        who = {"database": postgres_database.name, "user": postgres_database.reader}
        fill(person, name="shop", host="127.0.0.1", **who, port=server.port)
        person.press("NPage")
        person.sees("reads it from")
        person.press("NPage")
        person.sees("all passed")
        person.press("NPage")
        person.sees("goes into git")
        person.press("C-s")
        person.sees("shop is saved")
        person.sees(r"shop +postgres")
        person.press("C-t")
        person.sees("✓ works", seconds=60)
        person.press("M")
        person.sees("shop is saved")
        person.press("Escape")
        person.press("N")
        person.sees("New destination")
        choose(person, "segment")
        fill(person, name="api", url=receiver.url)
        person.press("NPage")
        person.sees("reads it from")
        person.press("NPage")
        person.sees("all passed")
        person.press("M-e")
        person.sees("acknowledged")
        person.press("NPage")
        person.sees("goes into git")
        person.press("C-s")
        person.sees("api is saved")
    source = tomlkit.parse((company / "sources" / "shop.toml").read_text("utf-8"))
    assert source["host"] == "127.0.0.1"
    assert source["port"] == postgres_database.server.port
    assert "password" not in source
    assert backhaul("check", "shop", "api", folder=company, env=env).code == 0


def refuse_two_leads(company: Path, receiver: Receiver) -> None:
    """Have `leads` go to an API that refuses two of them."""
    set_value(company / "backhaul.toml", "secrets", {"from": "environment"})
    limits = {"attempts": 2, "backoff": 0.05}
    settings = {"type": "customerio", "url": receiver.url, "limits": limits}
    (company / "destinations" / "cio.toml").write_text(tomlkit.dumps(settings), "utf-8")
    set_value(company / "syncs" / "leads.toml", "destinations", ["cio"])
    answer = {"errors": [{"reason": "INVALID_EMAIL", "field": "email", "message": "email is not valid"}]}
    receiver.refuse("u_00009", "u_00027", body=json.dumps(answer))
    assert backhaul("run", "leads", folder=company, env=KEYS).code == 1
