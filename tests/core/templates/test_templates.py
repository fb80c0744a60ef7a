"""The templates: without a finding in every dialect, and run against the tables that they name, to the calls that come out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.calls.mapper import build
from core.errors import UsageError
from core.lint import Context, lint
from core.lint.base import Receiver
from core.query import DIALECTS, parse
from core.query.catalogue import Catalogue
from core.templates import Template, template, templates
from core.templates.macros import expanded
from core.warehouses.base import Warehouse
from tests.core.calls.mapping import connect, strictly
from tests.core.templates.filled import TABLES, WAREHOUSES

EXPECTED = Path(__file__).parent / "expected"
RECEIVERS = (Receiver(name="cio", type="customerio", group_needs_user=True, semantic_events=True),)
LAST_SYNC_TIME = 1_793_491_200
"""2026-11-01; each table has rows before and after it."""

NAMES = [each.name for each in templates()]
NOT_CARRIED: Mapping[tuple[str, str], str] = {}
"""What a stand-in cannot run, with the reason: (dialect, template)."""


@pytest.fixture(scope="module", params=WAREHOUSES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Warehouse]:
    """A warehouse of each dialect with the tables of all templates."""
    return request.param, WAREHOUSES[request.param](tmp_path_factory.mktemp(request.param), request)


def calls_of(warehouse: Warehouse, one: Template, dialect: str) -> list[dict[str, Any]]:
    """Return the calls that a template's rows become, in an order of their own."""
    sql = parse(one.text(dialect), dialect).render(LAST_SYNC_TIME)
    with warehouse.open() as session, connect() as engine:
        result = session.stream(sql)
        engine.register("incoming", result.batches.read_all())
        mapper = build(one.call, result.columns, engine.sql("SELECT * FROM incoming").to_arrow_table().schema)
        rows = engine.execute(
            f"SELECT {mapper.call}, {mapper.id_fault}, {mapper.fault}, {mapper.message_id} FROM ({mapper.prepared('incoming')})"
        ).fetchall()
    assert [row[1:3] for row in rows if row[1] or row[2]] == []
    found = [{**({"messageId": own} if own else {}), **strictly(call)} for call, _, _, own in rows]
    return sorted(found, key=json.dumps)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_no_finding(name: str, dialect: str) -> None:
    one = template(name)
    found = lint(one.text(dialect), Context(dialect=dialect, call=one.call, receivers=RECEIVERS))
    assert [f"{each.line}: {each.rule}: {each.message}" for each in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_template_gives_the_calls_that_are_expected(name: str, filled: tuple[str, Warehouse]) -> None:
    dialect, warehouse = filled
    if reason := NOT_CARRIED.get((dialect, name)):
        pytest.skip(reason)
    file = EXPECTED / f"{name}.json"
    found = calls_of(warehouse, template(name), dialect)
    if os.environ.get("BACKHAUL_SNAPSHOTS") == "write" and dialect == "duckdb":
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(file.read_text("utf-8"))
    assert found


def test_no_template_has_a_finding_where_its_tables_are_known(filled: tuple[str, Warehouse]) -> None:
    dialect, warehouse = filled
    with warehouse.open() as session:
        catalogue = Catalogue(tables=session.catalogue(), dialect=dialect)
    assert {table.schema.lower() for table in catalogue.tables} >= set(TABLES)
    for one in templates():
        context = Context(dialect=dialect, call=one.call, receivers=RECEIVERS, catalogue=catalogue)
        assert [f"{one.name}: {each.rule}: {each.message}" for each in lint(one.text(dialect), context)] == []


def test_each_template_compares_with_last_sync_time_or_says_why_not() -> None:
    for one in templates():
        reads_all = "{{last_sync_time}}" not in one.text("postgres")
        assert reads_all == ("backhaul: ignore last-sync-time-missing" in one.query), one.name
        assert not reads_all or "It reads" in one.notes, one.name


def test_each_call_has_a_template_and_each_file_of_calls_and_tables_is_used() -> None:
    assert {one.call.value for one in templates()} == {"identify", "track", "group", "page", "screen", "alias"}
    assert sorted(file.stem for file in EXPECTED.glob("*.json")) == sorted(NAMES)
    assert {table.partition(".")[0] for one in templates() for table in one.tables} == set(TABLES)


def test_the_tables_that_a_template_names_are_those_that_it_reads() -> None:
    for one in templates():
        read = set(re.findall(r"(?:FROM|JOIN) (\w+\.\w+)", one.query))
        assert read == set(one.tables), one.name


def test_the_comment_above_a_template_is_short_lines_a_person_reads() -> None:
    for one in templates():
        lines = one.text("duckdb").splitlines()
        head = [line for line in lines if line.startswith("-- ")]
        assert lines[: len(head)] == head
        assert all(len(line) <= 100 for line in head)
        assert head[0].startswith(f"-- {one.title}: ")


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(UsageError, match="Did you mean 'salesforce-leads'"):
        template("salesforce-lead")
    with pytest.raises(UsageError, match="Did you mean 'postgres'"):
        template("orders").text("postgress")


def test_macros_stand_inside_each_other_and_unknown_ones_are_refused() -> None:
    assert expanded("@object(a: @object(b: f(x, y)))", "postgres") == (
        "json_build_object('a', json_build_object('b', f(x, y)))"
    )
    assert expanded("@since(day, date)", "bigquery") == "day >= date(timestamp_seconds({{last_sync_time}}))"
    with pytest.raises(ValueError, match="no macro @nmae"):
        expanded("@nmae(a)", "duckdb")
    with pytest.raises(ValueError, match="not closed"):
        expanded("@name(a", "duckdb")
