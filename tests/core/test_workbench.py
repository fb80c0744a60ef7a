"""The workbench: a real child process that is asked in lines of JSON, and answers in lines of JSON and nothing else."""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core import __version__
from core.lint import rules
from core.workbench import server
from core.workbench.dispatch import DOES
from core.workbench.server import Workbench
from tests.core.warehouses.harness import bigquery_file
from tests.projects import SECRETS, ProjectFolder
from tests.servers.bigquery.stand_in import Dataset
from tests.servers.postgres import Database
from tests.servers.receiving import Receiver

ROOT = Path(__file__).parents[2]
PLANTED = "planted-9f3k-secret"
PEOPLE = 'SELECT id AS "userId", n FROM people'
SLEEPING = "CREATE VIEW sleepers AS SELECT 'u' || n AS id, pg_sleep(60)::text AS slept FROM generate_series(1, 5) n"
SLEEPERS = 'SELECT id AS "userId", slept FROM sleepers'

KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend
FILE = pathlib.Path(os.environ["TEST_KEYRING"])
class Keyring(KeyringBackend):
    priority = 1
    def _all(self): return json.loads(FILE.read_text()) if FILE.exists() else {}
    def set_password(self, service, name, value): FILE.write_text(json.dumps(self._all() | {name: value}))
    def get_password(self, service, name): return self._all().get(name)
    def delete_password(self, service, name):
        from keyring.errors import PasswordDeleteError
        known = self._all()
        if name not in known: raise PasswordDeleteError(name)
        del known[name]; FILE.write_text(json.dumps(known))
"""


class Child:
    """A running workbench. Everything that it says is kept."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.workbench", str(folder)],
            cwd="/",
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.said: list[bytes] = []
        self.errors = b""
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            self._answers.put(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    def write(self, *lines: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(line + b"\n" for line in lines))
        self.process.stdin.flush()

    def send(self, do: str, **values: Any) -> int:
        self._number += 1
        self.write(json.dumps({"id": self._number, "do": do, **values}).encode())
        return self._number

    def next(self, seconds: float = 20) -> dict[str, Any]:
        return self._answers.get(timeout=seconds)

    def answer(self, number: int | None, seconds: float = 20) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Return the parts of a request, and its end; answers of others are not expected meanwhile."""
        parts = []
        while "part" in (answer := self.next(seconds)):
            assert answer["id"] == number
            parts.append(answer["part"])
        assert answer["id"] == number, answer
        return parts, answer

    def done(self, do: str, **values: Any) -> dict[str, Any]:
        _, answer = self.answer(self.send(do, **values))
        assert set(answer) == {"id", "done"}, answer
        return answer["done"]

    def refused(self, do: str, **values: Any) -> dict[str, Any]:
        _, answer = self.answer(self.send(do, **values))
        assert set(answer) == {"id", "error"}, answer
        assert set(answer["error"]) == {"kind", "message", "remedy", "where", "offset", "findings"}
        return answer["error"]

    def close(self) -> None:
        """Close its stdin, and wait until it has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            assert self.process.wait(60) == 0
        finally:
            self.process.kill()
            self.process.wait()
            for thread in self._threads:
                thread.join(5)
            for pipe in (self.process.stdout, self.process.stderr):
                assert pipe is not None
                pipe.close()


@pytest.fixture
def open_child() -> Iterator[Callable[..., Child]]:
    """Start workbenches; each has to end by itself when its stdin closes, having said nothing that it should not."""
    children: list[Child] = []

    def start(folder: Path, **env: str) -> Child:
        children.append(Child(folder, env))
        return children[-1]

    yield start
    for child in children:
        if child.process.stdin and not child.process.stdin.closed:
            child.close()
        assert b"Traceback" not in child.errors
        for secret in (PLANTED, *SECRETS.values()):
            assert secret.encode() not in b"".join(child.said) + child.errors
        assert all(line.isascii() for line in child.said)


@pytest.fixture
def people(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A sync `people` of 200 rows to the destination `seg`, which was delivered, and changed since."""
    project.duckdb("CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM range(200) t(i)")
    project.segment(receiver.url)
    project.sync("people", PEOPLE)
    receiver.refuse('"u7"')
    assert project.run("run", "people").code == 1
    receiver.refuse()
    project.duckdb("UPDATE people SET n = n + 1000 WHERE n < 20")
    return project


@pytest.fixture
def sleeping(project: ProjectFolder, postgres_database: Database, receiver: Receiver) -> ProjectFolder:
    """A sync `sleepers` whose query takes five minutes."""
    postgres_database.execute(SLEEPING)
    project.postgres(postgres_database)
    project.segment(receiver.url)
    project.sync("sleepers", SLEEPERS, source="pg")
    return project


def active(database: Database) -> int:
    """Return how many queries of the reader's run on the server."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state = 'active'", [database.reader]
        ).fetchone()
    return row[0] if row else 0


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_everything_that_can_be_asked_is_tested() -> None:
    documented = (
        "hello warm lint fix rule format complete keywords preview result_open result_mark result_rows result_arrange result_call "
        "result_statistics result_export templates plan explain person curl undo check catalogue secret_set "
        "secret_delete secret_list types alert_test bundle existing hold secret_place secret_write"
    )
    assert documented.split() == list(DOES)
    text = Path(__file__).read_text("utf-8")
    for do in DOES:
        assert f'("{do}"' in text, do


def test_it_says_who_it_is_at_once_and_needs_no_project_for_it(
    tmp_path: Path, open_child: Callable[..., Child]
) -> None:
    child = open_child(tmp_path)
    assert child.done("hello") == {"version": __version__, "process": child.process.pid}
    assert child.done("warm") == {"rules": len(rules())}
    assert list(tmp_path.iterdir()) == []


def test_saying_who_it_is_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom core.workbench import __main__, dispatch, request, server\n"
        "print(dispatch.hello(None), [name for name in ('duckdb', 'pyarrow', 'sqlglot', 'httpx', 'keyring', 'psycopg', "
        "'msgspec', 'tomlkit', 'filelock') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_lint_finds_what_is_wrong_and_says_where_each_column_goes(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    found = child.done(
        "lint", sync="people", text="SELECT id AS userid, n, n AS type FROM people WHERE n > {{last_sync_time}}"
    )
    assert set(found) == {"findings", "fields", "incremental", "readable", "dialect"}
    assert (found["incremental"], found["dialect"]) == (True, "duckdb")
    first = found["findings"][0]
    assert set(first) == {"rule", "severity", "message", "start", "end", "line", "column", "fix"}
    assert first["severity"] in ("error", "warning", "hint")
    assert [(each["column"], each["path"], each["key"]) for each in found["fields"]] == [
        ("userid", "traits.userid", False),
        ("n", "traits.n", False),
        ("type", None, False),
    ]
    assert "cannot be given" in found["fields"][2]["problem"]
    assert (found["fields"][0]["start"], found["fields"][0]["end"]) == (13, 19)
    saved = child.done("lint", sync="people")
    assert [each["key"] for each in saved["fields"]] == [True, False]
    assert child.done("lint", sync="people", text="SELECT * FROM people")["fields"] is None
    other = child.done("lint", source="warehouse", call="group", text='SELECT g AS "groupId", u AS "userId", x FROM t')
    assert [each["key"] for each in other["fields"]] == [True, True, False]
    renamed = child.done("lint", sync="people", columns={"n": "traits.plan.n"})
    assert renamed["fields"][1]["path"] == "traits.plan.n"


@pytest.mark.parametrize(
    ("call", "names", "keys"),
    [
        ("identify", "anonymousId,email,x", "anonymousId"),
        ("identify", "email,x", "email"),
        ("identify", "userId,anonymousId,email", "userId"),
        ("track", "userId,event,messageId", "messageId"),
        ("track", "userId,event", ""),
        ("alias", "previousId,userId", "previousId,userId"),
        ("group", "groupId,x", "groupId"),
    ],
)
def test_lint_marks_the_fields_that_identify_a_row(tmp_path: Path, call: str, names: str, keys: str) -> None:
    columns = ", ".join(f'a AS "{name}"' for name in names.split(","))
    found = asked(tmp_path, "lint", dialect="postgres", call=call, text=f"SELECT {columns} FROM t")
    assert ",".join(each["column"] for each in found["fields"] if each["key"]) == keys


def asked(folder: Path, do: str, **values: Any) -> Any:
    """Ask a workbench within this process."""
    (answer,) = answers(folder, json.dumps({"id": 1, "do": do, **values}).encode())
    return answer.get("done") or answer["error"]


def answers(folder: Path, *lines: bytes) -> list[dict[str, Any]]:
    """Return what a workbench within this process answers, when all is done."""
    out = io.BytesIO()
    workbench = Workbench(folder, out)
    workbench.serve(io.BytesIO(b"\n".join(lines)))
    assert wait_until(lambda: not workbench._running, 20)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_fix_fixes_one_finding_or_all_that_are_certain(people: ProjectFolder, open_child: Callable[..., Child]) -> None:
    child = open_child(people.folder)
    text = "SELECT id AS userid,, n, FROM people"
    findings = child.done("lint", sync="people", text=text)["findings"]
    fixable = [found for found in findings if found["fix"]]
    assert len(fixable) >= 2
    which = {"rule": fixable[0]["rule"], "start": fixable[0]["start"]}
    one = child.done("fix", sync="people", text=text, which=which)
    assert one["fixed"] == 1
    assert one["text"] != text
    everything = child.done("fix", sync="people", text=text, which="all")
    assert everything == {"text": "SELECT id AS userId, n, FROM people", "fixed": len(fixable)}
    assert child.done("fix", sync="people", text=everything["text"], which="all")["fixed"] == 0
    assert child.refused("fix", sync="people", text=text, which={"rule": "writes", "start": 3})["kind"] == "UsageError"
    assert child.refused("fix", sync="people", text=text, which="some")["kind"] == "UsageError"


def test_rules_words_and_formatting_need_no_project(tmp_path: Path, open_child: Callable[..., Child]) -> None:
    child = open_child(tmp_path)
    assert "Why it matters" in child.done("rule", name="writes")["page"]
    assert "Did you mean 'writes'" in child.refused("rule", name="write")["message"]
    laid = child.done("format", dialect="postgres", text="select a,b -- c\nfrom t where x>={{last_sync_time}}")
    assert laid == {"text": "select\n    a,\n    b -- c\nfrom t\nwhere x >= {{last_sync_time}}"}
    assert child.refused("format", dialect="postgres", text="select a from (")["kind"] == "UsageError"
    words = child.done("keywords", dialect="snowflake")
    assert {"SELECT", "QUALIFY", "GROUP", "BY"} <= set(words["keywords"])
    assert "COALESCE" in words["functions"]
    assert child.refused("keywords", dialect="klingon")["kind"] == "UsageError"


def test_templates_come_with_their_text_in_a_dialect(tmp_path: Path, open_child: Callable[..., Child]) -> None:
    child = open_child(tmp_path)
    found = child.done("templates", dialect="snowflake")["templates"]
    (leads,) = [each for each in found if each["name"] == "salesforce-leads"]
    assert (leads["title"], leads["category"], leads["call"]) == ("Salesforce leads", "Sales", "identify")
    assert 'l.external_id_c AS "userId"' in leads["text"]
    assert {each["call"] for each in child.done("templates", dialect="duckdb", call="group")["templates"]} == {"group"}
    assert child.refused("templates", dialect="klingon")["kind"] == "UsageError"


def test_preview_shows_the_unsaved_text_as_the_command_shows_the_saved(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    found = child.done("preview", sync="people", limit=3)
    assert found.pop("seconds") > 0
    shown = people.run("preview", "people", "--limit", 3, "--json").json
    assert {name: found[name] for name in shown if name != "rows"} == {n: v for n, v in shown.items() if n != "rows"}
    for row, expected in zip(found["rows"], shown["rows"], strict=True):
        assert {name: row[name] for name in expected} == expected
    text = "SELECT id AS \"userId\", 'x' AS plan FROM people LIMIT 2"
    unsaved = child.done("preview", sync="people", text=text, columns={"plan": "traits.p"}, destinations=[], limit=10)
    assert [row["call"]["traits"] for row in unsaved["rows"]] == [{"p": "x"}, {"p": "x"}]
    assert unsaved["rows"][0]["known"] is None
    nowhere = child.done(
        "preview", source="warehouse", call="track", text="SELECT 'e' AS event, id AS \"userId\" FROM people", limit=1
    )
    assert (nowhere["more"], nowhere["rows"][0]["call"]["event"]) == (True, "e")
    error = child.refused("preview", sync="people", text="SELECT nope FROM people", limit=1)
    assert (error["kind"], error["offset"]) == ("QueryFailedError", 7)
    error = child.refused("preview", sync="people", text="DELETE FROM people", limit=1)
    assert (error["kind"], error["findings"][0]["rule"]) == ("QueryError", "writes")
    assert child.refused("preview", sync="people", limit=0)["kind"] == "UsageError"
    assert child.refused("preview", text="SELECT 1")["kind"] == "UsageError"
    assert "Did you mean 'people'" in child.refused("preview", sync="peple")["message"]


def test_a_result_is_held_looked_at_and_let_go(
    people: ProjectFolder, open_child: Callable[..., Child], tmp_path: Path
) -> None:
    child = open_child(people.folder)
    opened = child.done("result_open", sync="people", limit=150)
    held = opened["result"]
    assert (opened["count"], opened["more"], len(opened["rows"]), opened["rows"][0]["marked"]) == (
        150,
        True,
        150,
        False,
    )
    assert (
        child.done("result_mark", result=held)["totals"] == [149, 0, 1]
        or sum(child.done("result_mark", result=held)["totals"]) == 150
    )
    assert child.done("result_arrange", result=held, column=1, descending=True)["count"] == 150
    window = child.done("result_rows", result=held, start=10, count=5)
    assert [row["marked"] for row in window["rows"]] == [True] * 5
    place = window["rows"][0]["place"]
    assert child.done("result_call", result=held, place=place)["call"]["userId"] == window["rows"][0]["values"][0]
    told = child.done("result_statistics", result=held)["columns"]
    assert (told[0]["name"], told[0]["nulls"]) == ("userId", 0)
    written = child.done("result_export", result=held, file=str(tmp_path / "rows.csv"))
    assert written == {"rows": 150, "file": str(tmp_path / "rows.csv")}
    assert child.refused("result_rows", result=held, start=-1)["kind"] == "UsageError"
    assert child.refused("result_call", result=held, place=150)["kind"] == "UsageError"
    assert child.refused("result_arrange", result=held, column=9)["kind"] == "UsageError"
    assert "cannot be written" in child.refused("result_export", result=held, file="/nowhere/rows.csv")["message"]
    for _ in range(3):
        child.done("preview", sync="people", limit=1)
    assert "not held any more" in child.refused("result_rows", result=held)["message"]


def test_plan_says_what_would_be_sent_field_by_field(people: ProjectFolder, open_child: Callable[..., Child]) -> None:
    child = open_child(people.folder)
    found = child.done("plan", sync="people", samples=5)
    (plan,) = found["deliveries"]
    assert found["seconds"] > 0
    assert (len(plan["changes"]), len(plan["added"])) == (5, 1)
    ours, theirs = child.done("plan", sync="people")["deliveries"], people.run("plan", "people", "--json").json
    for (found,) in (ours, theirs):
        found["changes"].sort(key=lambda change: change["identity"]["userId"])
        assert found.pop("bytes") > 0  # messageIds are made by chance
    assert ours == theirs
    assert (plan["comparison"]["changed"], plan["comparison"]["calls"], plan["calls"]) == (19, 20, 20)
    assert (plan["fields"], plan["fields_of"]) == ([{"path": "traits.n", "rows": 19}], 19)
    change = plan["changes"][0]
    assert change["call"]["userId"] == change["identity"]["userId"]
    assert change["call"]["traits"]["n"] == change["fields"][0]["new"] == change["fields"][0]["old"] + 1000
    text = 'SELECT id AS "userId", n, 1 AS m FROM people'
    (unsaved,) = child.done("plan", sync="people", text=text, samples=0)["deliveries"]
    assert {each["path"]: each["rows"] for each in unsaved["fields"]} == {"traits.m": 199, "traits.n": 19}
    assert unsaved["questions"][0]["guard"] == "max_changed"
    (whole,) = child.done("plan", sync="people", full_refresh=True)["deliveries"]
    assert whole["comparison"]["changed"] == 199


@pytest.mark.parametrize("do", ["preview", "plan"])
def test_what_a_query_will_cost_is_a_part_that_comes_before_it_runs(
    project: ProjectFolder, bigquery_dataset: Dataset, open_child: Callable[..., Child], do: str
) -> None:
    bigquery_dataset.execute("CREATE TABLE people AS SELECT '1' AS userId, 'a' AS email")
    bigquery_dataset.set_account(bytes_processed=1_200_000_000)
    project.write("sources/lake.toml", bigquery_file(bigquery_dataset))
    project.file()
    project.sync("people", "SELECT userId, email FROM people", source="lake", to=["files"])
    child = open_child(project.folder, BACKHAUL_SOURCES_LAKE_SERVICE_ACCOUNT=bigquery_dataset.key_file())
    estimate = {"bytes": 1_200_000_000, "dollars": pytest.approx(0.00682, abs=1e-5), "certainty": "about"}

    parts, end = child.answer(child.send(do, sync="people"))
    assert parts == [{"estimate": estimate}]
    assert (end["done"] if do == "preview" else end["done"]["deliveries"][0])["estimate"] == estimate

    endless = "SELECT userId, n FROM people, UNNEST(GENERATE_ARRAY(1, 1000000000)) AS n"
    number = child.send(do, sync="people", text=endless)
    assert child.next() == {"id": number, "part": {"estimate": estimate}}
    child.write(json.dumps({"cancel": number}).encode())
    assert child.next()["error"]["kind"] == "CancelledError"


def test_explain_and_curl_tell_a_key_and_a_rejected_row(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    assert child.done("person", sync="people", key="u3")["lives"][0]["sync"] == "people"
    assert (
        child.done("explain", sync="people", key="u3")["lives"] == people.run("explain", "people", "u3", "--json").json
    )
    (row,) = people.run("rejected", "people", "--json").json["rows"]
    curl = child.done("curl", run=row["run"], number=row["number"])["curl"]
    assert curl.startswith("curl -X POST")
    assert "$WRITE_KEY" in curl
    assert child.refused("curl", run="another", number=row["number"])["kind"] == "UsageError"


def test_an_alert_is_tried_and_the_bundle_of_a_run_is_written(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    head = (people.folder / "backhaul.toml").read_text("utf-8")
    people.write("backhaul.toml", head + '\n[alerts.page]\nto = "command"\ncommand = ["echo", "rang"]\n')
    assert child.done("alert_test", name="page") == {
        "arrived": True,
        "said": "The command ended with 0. It printed: rang",
    }
    assert child.refused("alert_test", name="team")["message"] == "There is no alert 'team'."
    run = people.run("runs", "--json").json[0]["id"]
    made = child.done("bundle", run=run, file="one.zip")
    assert made["file"] == str(people.folder / "one.zip")
    assert (people.folder / "one.zip").stat().st_size == made["bytes"]
    assert child.refused("bundle", run=run, file="one.zip")["kind"] == "UsageError"
    assert child.refused("bundle", run="none", file="two.zip")["message"] == "There is no run 'none' any more."
    assert child.refused("bundle", run=run, file="a\0b")["kind"] == "UsageError"


def test_undo_tells_what_a_run_overwrote_and_sends_nothing(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    people.run("run", "people", "--yes")
    run = people.run("runs", "people", "--json").json[0]["id"]
    (found,) = open_child(people.folder).done("undo", sync="people", run=run, samples=2)["undos"]
    assert (found["destination"], found["rows"], len(found["changes"])) == ("seg", 19, 2)
    for change in found["changes"]:
        (field,) = change["fields"]
        assert field["old"] == field["new"] + 1000


def test_check_tells_each_step_of_what_is_saved(people: ProjectFolder, open_child: Callable[..., Child]) -> None:
    child = open_child(people.folder)
    for what, name, first in (("source", "warehouse", "file"), ("destination", "seg", "secret")):
        steps, answer = child.answer(child.send("check", what=what, name=name))
        assert answer["done"] == {"passed": True}
        assert steps[0]["name"] == first
        assert all(set(step) == {"name", "passed", "detail", "remedy", "seconds"} for step in steps)
    assert "Did you mean 'seg'" in child.refused("check", what="destination", name="segg")["message"]
    assert child.refused("check", what="thing", name="seg")["kind"] == "UsageError"
    people.write("sources/bad.toml", {"type": "duckdb"})
    assert child.refused("check", what="source", name="bad")["kind"] == "ProjectError"


def test_check_tests_what_is_in_no_file_yet_and_keeps_and_shows_no_secret(
    people: ProjectFolder, postgres_database: Database, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    database = postgres_database
    database.execute("CREATE TABLE t AS SELECT 1 AS a")
    settings = {"host": "127.0.0.1", "port": database.server.port, "database": database.name, "user": database.reader}
    asked_for = {"what": "source", "type": "postgres", "name": "new", "settings": {**settings, "sslmode": "disable"}}
    steps, answer = child.answer(child.send("check", **asked_for, secrets={"password": database.reader_password}))
    assert answer["done"] == {"passed": True}, steps
    assert "login" in [step["name"] for step in steps]
    steps, answer = child.answer(child.send("check", **asked_for, secrets={"password": PLANTED}))
    assert (answer["done"], steps[-1]["passed"]) == ({"passed": False}, False)
    error = child.refused("check", **{**asked_for, "settings": {"hots": PLANTED}}, secrets={"password": PLANTED})
    assert (error["kind"], "'hots'" in error["message"]) == ("ProjectError", True)
    error = child.refused("check", **{**asked_for, "settings": {"password": PLANTED}}, secrets={"password": PLANTED})
    assert "never stands in a file" in error["message"]
    steps, _ = child.answer(
        child.send(
            "check",
            what="destination",
            type="segment",
            name="x",
            settings={"url": "https://host.invalid/v1"},
            secrets={"write_key": PLANTED},
        )
    )
    assert [(step["name"], step["passed"]) for step in steps] == [("secret", True), ("name", False)]
    assert not list(people.folder.glob("*/new.toml"))


def test_a_secret_is_held_under_a_handle_and_never_comes_back(
    people: ProjectFolder,
    postgres_database: Database,
    open_child: Callable[..., Child],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = postgres_database
    database.execute("CREATE TABLE t AS SELECT 1 AS a")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{database.reader}:{PLANTED}@db.example/app")
    child = open_child(people.folder)
    (found, *_) = child.done("existing")["found"]
    assert (found["origin"], found["type"], found["secrets"]) == ("$DATABASE_URL", "postgres", ["password"])
    assert PLANTED not in json.dumps(found)
    taken = child.done("hold", origin="$DATABASE_URL", secret="password")
    typed = child.done("hold", value=database.reader_password)
    settings = {"host": "127.0.0.1", "port": database.server.port, "database": database.name, "user": database.reader}
    asked_for = {"what": "source", "type": "postgres", "name": "new", "settings": {**settings, "sslmode": "disable"}}
    for held, passed in ((taken, False), (typed, True)):
        steps, answer = child.answer(child.send("check", **asked_for, held={"password": held["handle"]}))
        assert answer["done"] == {"passed": passed}, steps
    assert "not held any more" in child.refused("check", **asked_for, held={"password": "gone"})["message"]


def test_the_catalogue_has_tables_with_their_columns(people: ProjectFolder, open_child: Callable[..., Child]) -> None:
    child = open_child(people.folder)
    found = child.done("catalogue", source="warehouse")
    assert found["more"] is False
    (table,) = found["tables"]
    assert (table["schema"], table["name"], table["rows"], table["is_view"]) == ("main", "people", 200, False)
    assert table["columns"][0] == {"name": "id", "kind": "text", "type": "VARCHAR"}


def test_a_catalogue_that_was_asked_for_is_known_to_lint_from_then_on(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    asked = {"source": "warehouse", "call": "identify", "text": 'SELECT id AS "userId", nn FROM people'}
    before = {found["rule"] for found in child.done("lint", **asked)["findings"]}
    child.done("catalogue", source="warehouse")
    after = {found["rule"] for found in child.done("lint", **asked)["findings"]}
    assert after - before == {"unknown-column"}


def test_completion_is_answered_with_what_to_insert_and_where(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    child.done("catalogue", source="warehouse")
    text = 'SELECT id AS "userId", n FROM peo'
    assert child.done("complete", sync="people", text=text, offset=len(text))["candidates"] == [
        {
            "label": "people",
            "insert": "people",
            "start": 30,
            "end": 33,
            "kind": "table",
            "detail": "table · about 200 rows",
            "why": "",
        }
    ]
    found = child.done("complete", dialect="duckdb", call="track", text="SELECT 1 AS ", offset=12)["candidates"]
    assert (found[0]["insert"], found[0]["why"]) == ("event", "required by track calls")
    assert child.refused("complete", dialect="duckdb", text="")["kind"] == "UsageError"


def test_secrets_go_in_and_never_come_out(tmp_path: Path, receiver: Receiver, open_child: Callable[..., Child]) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.write("backhaul.toml", {"name": "tests"})
    project.segment(receiver.url)
    (tmp_path / "memory_keyring.py").write_text(KEYRING)
    file = tmp_path / "keyring.json"
    child = open_child(
        project.folder,
        PYTHONPATH=str(tmp_path),
        PYTHON_KEYRING_BACKEND="memory_keyring.Keyring",
        TEST_KEYRING=str(file),
    )
    name = "destinations/seg.write_key"
    (before,) = child.done("secret_list")["secrets"]
    assert set(before) == {"name", "meaning", "present", "place"}
    assert (before["name"], before["present"]) == (name, False)
    kept = child.done("secret_set", name=name, value=PLANTED)
    assert set(kept) == {"name", "place"}
    assert json.loads(file.read_text()) == {name: PLANTED}
    assert child.done("secret_list")["secrets"][0]["present"] is True
    assert child.done("secret_delete", name=name)["name"] == name
    assert json.loads(file.read_text()) == {}
    assert child.refused("secret_delete", name=name)["kind"] == "SecretError"
    assert child.refused("secret_set", name=name, value="")["kind"] == "UsageError"
    assert child.refused("secret_set", name="destinations/nope.key", value=PLANTED)["kind"] == "UsageError"
    assert child.refused("secret_set", name=PLANTED, value=PLANTED)["kind"] == "UsageError"
    assert child.refused("secret_set", name=name, value=PLANTED, also=PLANTED)["kind"] == "UsageError"
    assert child.refused("secret_set", name=name, value={"of": PLANTED})["kind"] == "UsageError"


def test_a_project_that_keeps_its_secrets_elsewhere_is_told_so(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    error = child.refused("secret_set", name="destinations/seg.write_key", value=PLANTED)
    assert (error["kind"], "only reads them there" in error["message"]) == ("SecretError", True)
    assert child.done("secret_list")["secrets"][0]["present"] is True


def test_a_key_is_held_and_only_facts_of_it_come_back(
    tmp_path: Path, project: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(pem, traditional, serialization.NoEncryption()).decode()
    lock = serialization.BestAvailableEncryption(PLANTED.encode())
    locked = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, lock)
    file = tmp_path / "rsa_key.p8"
    file.write_bytes(locked)
    file.chmod(0o644)
    child = open_child(project.folder)
    found = child.done("hold", kind="private_key", value=text, user="SVC")
    assert found["fits"]
    assert found["statement"] == f"ALTER USER SVC SET RSA_PUBLIC_KEY='{found['public_key']}';"
    assert "••" not in json.dumps(found, ensure_ascii=False)
    waiting = child.done("hold", kind="private_key", path=str(file), user="SVC")
    assert (waiting["needs_passphrase"], waiting["handle"], waiting["file"]) == (True, "", str(file))
    assert f"chmod 600 {file}" in waiting["warning"]
    wrong = child.done("hold", kind="private_key", held=waiting["locked"], passphrase="not this one")
    assert (wrong["needs_passphrase"], wrong["locked"]) == (True, waiting["locked"])
    opened = child.done("hold", kind="private_key", held=waiting["locked"], passphrase=PLANTED, user="SVC")
    assert opened["fingerprint"] == found["fingerprint"]
    again = child.done("hold", kind="private_key", held=opened["handle"], user="OTHER")
    assert again["statement"].startswith("ALTER USER OTHER SET")
    assert child.refused("hold", kind="private_key", path="/no/such/key.p8")["message"] == "There is no such file."
    said = b"".join(child.said).decode()
    private = [line for line in text.splitlines() if line not in found["public_key"]]
    assert [line for line in private if line in said] == []
    assert [line for line in locked.decode().splitlines() if line in said] == []


def test_the_place_of_secrets_is_told_with_every_other_that_could_be_chosen(
    project: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    name = "sources/my-shop.password"
    (project.folder / "backhaul.toml").write_text('name = "shop"\n', "utf-8")
    child = open_child(project.folder, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    found = child.done("secret_place", names=[name])
    assert (found["from"], found["usable"], found["locked"]) == ("keyring", False, False)
    assert found["message"] == "This host has no keyring."
    assert found["places"]["environment"] == {name: "the environment variable BACKHAUL_SOURCES_MY_SHOP_PASSWORD"}
    assert found["places"]["systemd"] == {name: "the systemd credential sources-my-shop-password"}


def test_a_secret_that_is_held_is_written_to_a_file_that_is_named_and_to_no_other(
    tmp_path: Path, project: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(project.folder)
    held = child.done("hold", kind="private_key", generate=True)["handle"]
    file = tmp_path / "rsa_key.p8"
    assert child.done("secret_write", held=held, path=str(file)) == {"file": str(file)}
    assert file.read_text("utf-8").startswith("-----BEGIN PRIVATE KEY-----")
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    assert "exists already" in child.refused("secret_write", held=held, path=str(file))["message"]
    assert file.read_bytes() == before
    for inside in ("key.p8", "sources/../key.p8", str(project.folder / "key.p8")):
        assert "made for git" in child.refused("secret_write", held=held, path=inside)["message"]
    assert not (project.folder / "key.p8").exists()


def test_what_other_tools_have_is_told_without_its_secrets(
    tmp_path: Path, project: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    (tmp_path / ".pg_service.conf").write_text(
        f"[shop]\nhost=db.acme.example\ndbname=app\nuser=ann\npassword={PLANTED}\n", "utf-8"
    )
    child = open_child(project.folder, HOME=str(tmp_path), PGSERVICEFILE=str(tmp_path / ".pg_service.conf"))
    (shop,) = [each for each in child.done("existing")["found"] if "shop" in each["origin"]]
    assert (shop["settings"]["host"], shop["secrets"]) == ("db.acme.example", ["password"])
    held = child.done("hold", origin=shop["origin"], secret="password")
    assert held["handle"]


def test_types_say_what_a_form_needs(tmp_path: Path, open_child: Callable[..., Child]) -> None:
    found = open_child(tmp_path).done("types")
    sources = {each["type"]: each for each in found["sources"]}
    assert set(sources) == {"bigquery", "duckdb", "postgres", "redshift", "snowflake"}
    assert sources["bigquery"]["secrets"] == {"service_account": "the JSON of a service account"}
    snowflake = {each["name"]: each for each in sources["snowflake"]["settings"]}
    assert snowflake["login"]["choices"] == ["key", "password", "token", "oauth"]
    for kind in ("bigquery", "snowflake"):
        settings = {each["name"]: each for each in sources[kind]["settings"]}
        assert all(
            each["help"].startswith(f"`{name}` ") and each["help"].endswith(".") for name, each in settings.items()
        )
    postgres = sources["postgres"]
    settings = {each["name"]: each for each in postgres["settings"]}
    assert set(settings["host"]) == {"name", "kind", "required", "default", "choices", "help"}
    assert (settings["host"]["kind"], settings["host"]["required"]) == ("text", True)
    assert (settings["port"]["kind"], settings["port"]["default"]) == ("integer", 5432)
    assert (settings["sslmode"]["kind"], settings["sslmode"]["choices"][:2]) == ("choice", ["auto", "disable"])
    assert "libpq" in settings["sslmode"]["help"]
    assert postgres["secrets"] == {"password": "the password of the user"}
    destinations = {each["type"]: each for each in found["destinations"]}
    assert set(destinations) == {"customerio", "file", "jitsu", "rudderstack", "segment", "webhook"}
    webhook = {each["name"]: each for each in destinations["webhook"]["settings"]}
    assert (webhook["url"]["kind"], webhook["url"]["required"]) == ("text", True)
    assert (webhook["headers"]["kind"], webhook["headers"]["default"]) == ("list", [])
    assert (webhook["gzip"]["kind"], webhook["body"]["choices"]) == ("boolean", ["call", "array", "batch"])
    assert all(each["help"] for each in webhook.values())
    assert set(destinations["webhook"]["secrets"]) == {"token", "signing_key"}


def test_a_slow_request_holds_back_no_quick_one_and_is_stopped_with_its_query(
    sleeping: ProjectFolder, postgres_database: Database, open_child: Callable[..., Child]
) -> None:
    database = postgres_database
    child = open_child(sleeping.folder, BACKHAUL_SOURCES_PG_PASSWORD=database.reader_password)
    for do in ("preview", "plan"):
        slow = child.send(do, sync="sleepers")
        assert wait_until(lambda: active(database) > 0, 20)
        assert child.done("lint", sync="sleepers")["incremental"] is False
        child.write(json.dumps({"cancel": slow}).encode())
        _, answer = child.answer(slow)
        assert answer["error"]["kind"] == "CancelledError"
        assert wait_until(lambda: active(database) == 0, 2)
    child.write(b'{"cancel": 1}', b'{"cancel": "nobody"}')
    assert child.done("hello")


def test_a_request_that_waits_for_a_connection_is_answered_soon_when_it_is_stopped(
    project: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = {"host": "127.0.0.1", "port": silent.getsockname()[1], "database": "d", "user": "u"}
        child = open_child(project.folder)
        number = child.send(
            "check",
            what="source",
            type="postgres",
            name="x",
            settings={**settings, "sslmode": "disable"},
            secrets={"password": PLANTED},
        )
        time.sleep(1)
        child.write(json.dumps({"cancel": number}).encode())
        _, answer = child.answer(number)
        assert answer["error"]["kind"] == "CancelledError"


@pytest.mark.parametrize("how", ["stdin", "SIGTERM"])
def test_the_end_stops_what_runs(
    sleeping: ProjectFolder, postgres_database: Database, open_child: Callable[..., Child], how: str
) -> None:
    database = postgres_database
    child = open_child(sleeping.folder, BACKHAUL_SOURCES_PG_PASSWORD=database.reader_password)
    child.send("preview", sync="sleepers")
    child.send("plan", sync="sleepers")
    assert wait_until(lambda: active(database) > 1, 20)
    if how == "SIGTERM":
        child.process.send_signal(signal.SIGTERM)
        assert child.process.wait(5) == 0
    else:
        child.close()
    assert wait_until(lambda: active(database) == 0, 2)


HOSTILE = [
    b"{",
    b"7",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe\x00",
    b"{}",
    b'{"id": true, "do": "hello"}',
    b'{"id": [], "do": "hello"}',
    b'{"id": NaN, "do": "hello"}',
    b"[" * 200_000,
    b'{"id": ' + b"9" * 5000 + b', "do": "hello"}',
    b'{"do": "hello"}',
]
HOSTILE_WITH_ID = [
    b'{"id": 1}',
    b'{"id": 1, "do": 5}',
    b'{"id": 1, "do": "launch"}',
    b'{"id": 1, "do": "__class__"}',
    b'{"id": 1, "do": "lint"}',
    b'{"id": 1, "do": "lint", "text": 5, "dialect": "postgres"}',
    b'{"id": 1, "do": "lint", "text": "x", "dialect": "postgres", "call": "dance"}',
    b'{"id": 1, "do": "preview", "sync": ["people"]}',
    b'{"id": 1, "do": "preview", "sync": "../people"}',
    b'{"id": 1, "do": "check", "what": "source", "type": "os", "name": "x"}',
    b'{"id": 1, "do": "check", "what": "source", "type": "../x", "name": "x"}',
    b'{"id": 1, "do": "rule", "name": ""}',
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_that_is_no_request_is_answered_with_an_error(people: ProjectFolder, line: bytes) -> None:
    (answer,) = answers(people.folder, line)
    assert answer["id"] is None
    assert answer["error"]["kind"] == "UsageError"


@pytest.mark.parametrize("line", HOSTILE_WITH_ID, ids=range(len(HOSTILE_WITH_ID)))
def test_a_request_that_makes_no_sense_is_answered_with_an_error(people: ProjectFolder, line: bytes) -> None:
    (answer,) = answers(people.folder, line)
    assert answer["id"] == 1
    assert answer["error"]["kind"] in ("UsageError", "ProjectError")


def test_hostile_lines_do_not_end_the_process(people: ProjectFolder, open_child: Callable[..., Child]) -> None:
    child = open_child(people.folder)
    child.write(b"", b"  ", *HOSTILE, b"x" * 33_000_000, b'{"cancel": {}}', b'{"cancel": [1]}')
    for _ in range(len(HOSTILE) + 1):
        assert child.next()["error"]["kind"] == "UsageError"
    assert child.done("hello")["process"] == child.process.pid


def test_an_id_that_is_under_way_is_not_taken_twice(people: ProjectFolder) -> None:
    lines = [b'{"id": "x", "do": "preview", "sync": "people"}', b'{"id": "x", "do": "hello"}']
    first, second = sorted(answers(people.folder, *lines), key=lambda answer: str(answer["id"]))
    assert (first["id"], first["error"]["kind"]) == (None, "UsageError")
    assert (second["id"], "done" in second) == ("x", True)


def test_a_bug_ends_its_request_only_and_tells_its_place_but_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(request: Any) -> None:
        local = request.values["value"]
        raise KeyError(f"no {local} \x1b[2J here")

    monkeypatch.setattr(server, "do", fail)
    error = asked(tmp_path, "secret_set", name="n", value=PLANTED)
    assert error["kind"] == "Bug"
    assert "KeyError" in error["message"]
    assert error["where"].startswith("core/test_workbench.py:")
    errors = capsys.readouterr().err
    assert "core/workbench/server.py:" in errors
    for text in (json.dumps(error), errors):
        assert PLANTED not in text
        assert "\x1b" not in text
        assert str(tmp_path) not in text


def test_what_a_library_prints_does_not_reach_stdout(
    people: ProjectFolder, tmp_path: Path, open_child: Callable[..., Child]
) -> None:
    (tmp_path / "noisy_keyring.py").write_text(
        "import os, sys, warnings\nprint('printed')\nos.write(1, b'written')\nwarnings.warn('warned')\n"
        "os.system('echo echoed; cat')\n"
        "from keyring.backend import KeyringBackend\nclass Keyring(KeyringBackend):\n    priority = 1\n"
        "    def get_password(self, service, name): return 'x'\n    def set_password(self, service, name, value): pass\n"
    )
    people.write("backhaul.toml", {"name": "tests"})
    child = open_child(people.folder, PYTHONPATH=str(tmp_path), PYTHON_KEYRING_BACKEND="noisy_keyring.Keyring")
    assert child.done("secret_list")["secrets"][0]["present"] is True
    assert child.done("hello")
    child.close()
    for text in (b"printed", b"written", b"warned", b"echoed"):
        assert text in child.errors
        assert text not in b"".join(child.said)


def test_changes_made_outside_count_at_the_next_request(
    people: ProjectFolder, open_child: Callable[..., Child]
) -> None:
    child = open_child(people.folder)
    assert child.done("preview", sync="people", limit=1)["columns"][1]["name"] == "n"
    people.write("syncs/people.sql", 'SELECT id AS "userId", n AS other FROM people')
    assert child.done("preview", sync="people", limit=1)["columns"][1]["name"] == "other"


def test_it_says_how_it_is_called(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "core.workbench"], capture_output=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"usage:" in done.stderr


def test_requests_that_come_at_once_at_the_start_import_what_they_need_one_after_the_other(tmp_path: Path) -> None:
    asked = ["lint", "preview", "complete", "plan", "check", "warm"]
    lines = b"".join(json.dumps({"id": number, "do": what}).encode() + b"\n" for number, what in enumerate(asked))
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-m", "core.workbench", str(tmp_path)],
            input=lines,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert b"ImportError" not in done.stdout + done.stderr
        assert b"KeyError" not in done.stdout + done.stderr
