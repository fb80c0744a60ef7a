"""Every command: for a person, for a program, and called in a way that cannot work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.cli import backhaul as command
from core.cli import main
from tests.projects import ProjectFolder, backhaul
from tests.servers.receiving import Receiver

COMMANDS = sorted(command.commands)
SUBCOMMANDS = ["alerts test", "secret set", "secret delete", "secret list"]
ENABLED = ["companies", "leads", "merged_users", "orders", "page_views", "screen_views", "users"]
PEOPLE = 'SELECT id AS "userId", n FROM people'


def is_plain(text: str) -> bool:
    """Return whether a text has no colour, no progress bar and no traceback."""
    return not any(sign in text for sign in ("\x1b", "\r", "Traceback"))


def last_run(demo: ProjectFolder, sync: str) -> str:
    return demo.run("runs", sync, "--json").json[-1]["id"]


@pytest.fixture
def people(project: ProjectFolder, receiver: Receiver) -> ProjectFolder:
    """A sync `people` of 200 rows to the destination `seg`."""
    project.duckdb("CREATE TABLE people AS SELECT 'u' || i AS id, i AS n FROM range(200) t(i)")
    project.segment(receiver.url)
    project.sync("people", PEOPLE)
    return project


def test_the_commands_are_those_that_are_documented() -> None:
    documented = (
        "alerts audit bundle check completion daemon demo doctor explain forget guide init key lint lsp pause plan preview rejected "
        "replay resume run runs schema secret setup-sql show status stop templates trust undo web"
    )
    assert documented.split() == COMMANDS


@pytest.mark.parametrize("words", ["", *COMMANDS, *SUBCOMMANDS])
def test_every_command_explains_itself(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"Usage: backhaul {words}".rstrip())
    first = out.split("\n\n")[1].strip()
    assert first.endswith(".")
    assert is_plain(out)
    assert max(len(line) for line in out.splitlines()) <= 100


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        ("status", 0, ["✓ succeeded", "users → files", "1,500 / 0", "· disabled", "off", "No daemon runs"]),
        ("runs", 0, ["RUN", "✓ succeeded", "companies", "1,286"]),
        ("runs users --limit 1", 0, ["users", "1,500"]),
        ("preview leads --limit 3", 0, ["lead_score", "u_00003", "first 3 rows, more exist", '"type": "identify"']),
        ("plan leads", 0, ["leads → files", "0 new  0 changed  400 unchanged", "0 calls in 0 requests"]),
        ("plan leads --markdown", 0, ["### `leads` → `files`", "| unchanged | 400 |"]),
        ("plan leads --full-refresh", 1, ["400 changed", "400 calls in 1 request", "A full refresh makes 400 calls"]),
        ("plan leads --from-zero", 0, ["400 unchanged"]),
        ("lint", 1, ["feature_use.sql:3:16", "[missing-required-column]", "fix: call it userId (--fix)"]),
        ("lint users", 0, ["✓ No findings."]),
        ("lint --explain writes", 0, ["Why it matters", "Fix:"]),
        ("rejected users", 0, ["✓ No rejected rows."]),
        (
            "explain users u_00007",
            0,
            ['✓ files  {"userId":"u_00007"}: acknowledged in run', "hugo.larsen7@example.com"],
        ),
        ("explain users nobody", 1, ["'nobody' was never sent by users"]),
        ("explain orders order-o_000001", 0, ['{"messageId":"order-o_000001"}: acknowledged in run', "only digests"]),
        ("explain orders u_00007", 1, ["found by their messageId"]),
        ("check", 0, ["source warehouse", "✓ read-only", "a write was refused", "destination files", "can be written"]),
        ("check files", 0, ["destination files"]),
        ("doctor", 0, ["✓ duckdb", "acme-demo in", "1 source, 1 destination, 9 syncs"]),
        ("secret list", 0, ["This project needs no secret."]),
    ],
)
def test_a_command_tells_a_person(demo: ProjectFolder, words: str, code: int, shown: Sequence[str]) -> None:
    done = demo.run(*words.split())
    assert (done.code, done.err) == (code, "")
    for text in shown:
        assert text in done.out
    assert is_plain(done.out)


@pytest.mark.parametrize(
    ("words", "code", "keys"),
    [
        ("status", 0, "project daemon syncs broken"),
        ("preview users", 0, "columns bound estimate more rows"),
        ("check", 0, "passed checked broken"),
        ("rejected users", 0, "total rows"),
        ("doctor", 0, "backhaul python executable system parts keyring project"),
    ],
)
def test_a_command_gives_a_program_one_document(demo: ProjectFolder, words: str, code: int, keys: str) -> None:
    done = demo.run(*words.split(), "--json")
    assert (done.code, done.err) == (code, "")
    assert set(done.json) == set(keys.split())
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("words", "code", "keys"),
    [
        (
            "runs users",
            0,
            (
                "id sync name cause state started ended seconds process bound rows error remedy questions progress acknowledged "
                "rejected deliveries due skipped caught_up caught_up_at"
            ),
        ),
        (
            "plan leads",
            0,
            "destination comparison questions batches bytes changes fields fields_of added refused removed pending calls estimate",
        ),
        ("lint", 1, "file rule severity message start end line column fix"),
        ("explain users u_00007", 0, "destination state identity call run at rejected curl notes"),
    ],
)
def test_a_command_gives_a_program_a_list(demo: ProjectFolder, words: str, code: int, keys: str) -> None:
    done = demo.run(*words.split(), "--json")
    assert (done.code, done.err) == (code, "")
    assert done.json
    for item in done.json:
        assert set(item) == set(keys.split())


def test_status_gives_a_program_every_sync(demo: ProjectFolder) -> None:
    found = {row.pop("sync"): row for row in demo.run("status", "--json").json["syncs"]}
    assert sorted(found) == sorted([*ENABLED, "feature_use", "open_tickets"])
    keys = "id enabled destinations state last_run last_started acknowledged rejected_open pending last_sync_times"
    more = (
        "description call source last_seconds rows rejected last_sent last_took due remedy questions progress causes "
    )
    more += "failures retry skipped ran"
    assert set(found["users"]) == {*keys.split(), *more.split(), "last_states", "next", "error"}
    assert found["users"]["state"] == "succeeded"
    assert found["users"]["acknowledged"] == 1_500
    assert found["users"]["last_sync_times"]["files"] > 0
    assert found["open_tickets"]["next"] == "off"


def test_preview_gives_a_program_rows_and_calls(demo: ProjectFolder) -> None:
    found = demo.run("preview", "leads", "--limit", "2", "--json").json
    assert found["more"] is True
    assert found["columns"][0]["name"] == "user_id"
    assert set(found["columns"][0]) == {"name", "kind", "type"}
    assert set(found["rows"][0]) == {"values", "call", "fault", "known"}
    assert found["rows"][0]["call"]["type"] == "identify"
    assert found["rows"][0]["known"] is True


def test_plan_gives_a_program_the_counts(demo: ProjectFolder) -> None:
    (found,) = demo.run("plan", "leads", "--json").json
    keys = "position rows known added changed unchanged removed refused held identical repeated retried deletes notes calls"
    assert set(found["comparison"]) == set(keys.split())
    assert found["comparison"]["unchanged"] == found["comparison"]["known"] == 400


def test_plan_shows_a_difference_in_the_last_digit(people: ProjectFolder) -> None:
    query = (
        "SELECT 'u1' AS \"userId\", 12345678901234567890.12345678{}::DECIMAL(38, 9) AS exact, {{'a': [0.5, {}]}} AS n"
    )
    people.query("people", query.format(1, 1))
    people.sync("people", query.format(2, 1))
    done = people.run("plan", "people")
    assert "traits.exact: 12345678901234567890.123456781 → 12345678901234567890.123456782" in done.out
    (plan,) = people.run("plan", "people", "--json").json
    (change,) = plan["changes"]
    assert change["identity"] == {"userId": "u1"}
    assert [field["path"] for field in change["fields"]] == ["traits.exact"]
    assert change["call"]["traits"]["n"] == {"a": [0.5, 1]}
    assert (plan["fields"], plan["fields_of"]) == ([{"path": "traits.exact", "rows": 1}], 1)


def test_preview_gives_values_as_json_has_them(people: ProjectFolder) -> None:
    people.sync(
        "people",
        "SELECT 'u1' AS \"userId\", 0.5::DOUBLE AS half, 'nan'::DOUBLE AS nan, [{'d': 'inf'::DOUBLE, 'b': '\\x01'::BLOB}] "
        "AS nested, 1.50::DECIMAL(5, 2) AS price, NULL AS nothing, true AS yes, DATE '2024-02-29' AS day",
    )
    done = people.run("preview", "people", "--json")
    assert ": NaN" not in done.out
    assert ", NaN" not in done.out
    values = ["u1", 0.5, "nan", [{"d": "inf", "b": "AQ=="}], "1.50", None, True, "2024-02-29"]
    assert done.json["rows"][0]["values"] == values
    assert '[{"d": "inf", "b": "AQ=="}]' in people.run("preview", "people").out


def test_show_tells_a_run_whole(demo: ProjectFolder) -> None:
    run = last_run(demo, "users")
    done = demo.run("show", run)
    assert f"Run {run}  users  succeeded" in done.out
    assert "last_sync_time of the query: 0" in done.out
    assert "→ files: committed  new 1,500  changed 0" in done.out
    assert "1,500 rows = 1,500 acknowledged" in done.out
    found = demo.run("show", run[:6], "--json").json
    assert found["id"] == run
    assert found["deliveries"][0]["acknowledged"] == 1_500
    assert (found["rejected"], found["causes"], found["progress"]["phase"]) == ([], [], "done")


def test_schema_prints_what_an_editor_needs(demo: ProjectFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    everything = capsys.readouterr().out
    assert main(["schema", "--json"]) == 0
    assert capsys.readouterr().out == everything
    assert main(["schema", "destinations/segment"]) == 0
    one = capsys.readouterr().out
    assert '"region"' in one
    assert one.strip() in everything


def test_run_gives_a_program_one_event_a_line(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.behave({"status": 503})
    events = people.run("run", "people", "--json").lines
    kinds = [event["event"] for event in events]
    assert kinds == ["started", "queried", "planned", "retrying", "answered", "committed", "ended"]
    assert all({"event", "run", "sync"} <= set(event) for event in events)
    by_kind = {event["event"]: event for event in events}
    assert by_kind["planned"]["calls"] == by_kind["committed"]["acknowledged"] == 200
    assert by_kind["retrying"]["attempt"] == 1
    ended = {"event", "run", "sync", "state", "seconds", "error", "remedy", "exit_code", "counts"}
    assert set(by_kind["ended"]) == ended
    assert (by_kind["ended"]["state"], by_kind["ended"]["exit_code"]) == ("succeeded", 0)


def test_run_tells_a_person_what_was_delivered(people: ProjectFolder, receiver: Receiver) -> None:
    done = people.run("run", "people")
    assert (done.code, done.err) == (0, "")
    assert "people → seg: +200 new  ~0 changed  =0 unchanged  (200 calls in 1 batch)" in done.out
    assert "✓ people → seg: 200 delivered, 0 unchanged" in done.out
    assert is_plain(done.out)
    assert "0 delivered, 200 unchanged" in people.run("run").out
    assert len(receiver.calls()) == 200


def test_rejected_rows_are_listed_and_sent_again_on_replay(people: ProjectFolder, receiver: Receiver) -> None:
    receiver.refuse('"u7"')
    done = people.run("run", "people")
    assert done.code == 1
    assert "199 delivered, 1 rejected" in done.out
    assert "backhaul rejected people" in done.out
    listed = people.run("rejected", "people")
    assert listed.code == 1
    assert '{"userId":"u7"}' in listed.out
    assert "400" in listed.out
    document = people.run("rejected", "people", "--json").json
    assert document["total"] == 1
    (row,) = document["rows"]
    keys = {"sync", "destination", "run", "identity", "call", "reason", "status", "request", "response", "attempts"}
    assert keys <= set(row)
    assert not {"key", "fingerprint"} & set(row)
    life = people.run("explain", "people", "u7")
    assert "✗ seg" in life.out
    assert "the destination said" in life.out
    assert "curl -X POST" in life.out
    receiver.refuse()
    events = people.run("replay", "people", "--json").lines
    assert events[-1]["exit_code"] == 0
    assert sum(event.get("acknowledged", 0) for event in events if event["event"] == "committed") == 1
    assert people.run("rejected", "people").code == 0
    assert "no rejected row that can be sent" in people.run("replay", "people").out
    ids = [call["userId"] for call in receiver.calls()]
    assert sorted(ids) == sorted(f"u{number}" for number in range(200))


def test_explain_needs_no_secret(people: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    people.run("run", "people")
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY")
    done = people.run("explain", "people", "u7")
    assert (done.code, done.err) == (0, "")
    assert "curl -X POST" in done.out
    assert '-u "$WRITE_KEY:"' in done.out
    assert "authorization" not in done.out


def test_a_guard_stops_with_exit_code_1_and_yes_answers_it(people: ProjectFolder, receiver: Receiver) -> None:
    people.run("run", "people")
    receiver.clear()
    people.duckdb("UPDATE people SET n = n + 1")
    plan = people.run("plan", "people")
    assert plan.code == 1
    assert "200 of 200 known rows changed (100%)" in plan.out
    assert "traits.n: 0 → 1" in plan.out
    done = people.run("run", "people")
    assert done.code == 1
    assert "stopped before the first call" in done.out
    assert "--yes" in done.out
    assert receiver.calls() == []
    events = people.run("run", "people", "--json").lines
    (stopped,) = [event for event in events if event["event"] == "stopped"]
    assert set(stopped["questions"][0]) == {"guard", "message", "remedy", "evidence", "acceptable"}
    assert people.run("run", "people", "--yes").code == 0
    assert len(receiver.calls()) == 200


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("runn", "Did you mean one of: 'run', 'runs'?"),
        ("run usrs", "There is no sync 'usrs'. Did you mean 'users'?"),
        ("preview lead", "Did you mean 'leads'?"),
        ("plan order", "Did you mean 'orders'?"),
        ("runs pageviews", "Did you mean 'page_views'?"),
        ("rejected compnies", "Did you mean 'companies'?"),
        ("replay user", "Did you mean 'users'?"),
        ("explain leeds u1", "Did you mean 'leads'?"),
        ("lint userz", "Did you mean 'users'?"),
        ("check warehose", "There is no source or destination 'warehose'. Did you mean 'warehouse'?"),
        ("show zz", "There is no run 'zz'"),
        ("show *", "There is no run '*'"),
        ("show 'x", "There is no run"),
        ("lint --explain write", "There is no rule 'write'. Did you mean 'writes'?"),
        ("lint /nowhere.sql", "/nowhere.sql belongs to no sync"),
        ("lint --dialect duckdb /nowhere.sql", "/nowhere.sql cannot be read: No such file or directory"),
        ("lint --dialect duck", "'duck' is not one of"),
        ("preview", "Missing argument 'SYNC'"),
        ("preview users --limit 0", "0 is not in the range"),
        ("run --nope", "No such option"),
        ("run users --key-rotated --another-place", "cannot both be true"),
        ("secret set nope", "Nothing in this project needs a secret 'nope'"),
    ],
)
def test_wrong_use_ends_with_2_and_says_on_stderr_what_to_do(demo: ProjectFolder, words: str, shown: str) -> None:
    done = demo.run(*words.split())
    assert (done.code, done.out) == (2, "")
    assert shown in done.err
    assert is_plain(done.err)


def test_a_mistyped_schema_and_shell_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "sources/postgre"]) == 2
    assert "Did you mean 'sources/postgres'?" in capsys.readouterr().err
    assert main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_an_error_has_a_stable_form_too(demo: ProjectFolder) -> None:
    import json

    done = demo.run("run", "usrs", "--json")
    assert (done.code, done.out) == (2, "")
    assert set(json.loads(done.err)) == {"error", "message", "where", "remedy"}
    assert json.loads(done.err)["error"] == "ProjectError"


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    for words in (["status"], ["run"], ["preview", "x"], ["check"], ["lint"], ["rejected", "x"], ["secret", "list"]):
        done = ProjectFolder(tmp_path).run(*words)
        assert (done.code, done.out) == (2, "")
        assert "There is no Backhaul project" in done.err
        assert "backhaul init" in done.err
    done = ProjectFolder(tmp_path).run("doctor")
    assert done.code == 0
    assert "backhaul init" in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_found_from_a_folder_inside_it(demo: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.folder / "syncs")
    assert main(["runs", "users", "--json"]) == 0
    assert main(["lint", "users.sql"]) == 0


def test_init_makes_a_project_that_the_other_commands_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "My Project!"
    assert main(["init", str(made)]) == 0
    assert "Next:" in capsys.readouterr().out
    monkeypatch.chdir(made)
    for words, code in ((["status"], 0), (["check"], 0), (["lint"], 0), (["runs"], 0), (["secret", "list"], 0)):
        assert main(words) == code, words
    assert main(["run"]) == 2
    assert "no enabled sync" in capsys.readouterr().err
    assert (made / ".gitignore").read_text() == ".backhaul/\n"
    assert main(["init"]) == 2
    assert "already" in capsys.readouterr().err


def test_init_gives_a_program_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert main(["init", str(tmp_path / "new"), "--name", "given", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path / "new")}
    assert 'name = "given"' in (tmp_path / "new" / "backhaul.toml").read_text()


@pytest.mark.parametrize("words", ["init", "demo"])
def test_a_place_where_no_folder_can_be_is_told(words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/backhaul")):
        assert main([words, str(place)]) == 2
        _, err = capsys.readouterr()
        assert str(place) in err
        assert "another folder" in err
        assert is_plain(err)
    assert (tmp_path / "file").read_text() == "mine"


def test_lint_fixes_a_file_that_belongs_to_no_sync(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "query.sql"
    file.write_text("SELECT id AS userId, email FROM users WHERE updated_at >= to_timestamp({{last_sync_time}})")
    words = ["lint", str(file), "--dialect", "snowflake", "--call", "identify", "--project", str(tmp_path / "none")]
    assert main(words[:-2]) == 1
    assert "[column-folded]" in capsys.readouterr().out
    main([*words[:-2], "--fix"])
    assert "fixed" in capsys.readouterr().out
    assert 'AS "userId"' in file.read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert f"_BACKHAUL_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_the_shell_is_told_the_commands_that_begin_so(tmp_path: Path) -> None:
    env = {"_BACKHAUL_COMPLETE": "bash_complete", "COMP_WORDS": "backhaul re", "COMP_CWORD": "1"}
    done = backhaul(folder=tmp_path, env=env)
    assert done.out.split() == ["plain,rejected", "plain,replay", "plain,resume"]


def test_secrets_are_listed_by_name_and_place_and_never_by_value(people: ProjectFolder) -> None:
    done = people.run("secret", "list")
    assert done.code == 0
    assert "✓  destinations/seg.write_key" in done.out
    assert "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY" in done.out
    (row,) = people.run("secret", "list", "--json").json
    assert set(row) == {"name", "meaning", "present", "place"}
    assert row["present"] is True


def test_a_secret_that_lives_in_the_environment_is_not_set_by_us(people: ProjectFolder) -> None:
    for words in (["set", "destinations/seg.write_key"], ["delete", "destinations/seg.write_key"]):
        done = subprocess.run(
            [sys.executable, "-m", "tui.main", "secret", *words, "--project", people.folder],
            input="a-new-key",
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[3],
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "Backhaul only reads them there" in done.stderr
        assert "a-new-key" not in done.stderr


def test_a_secret_that_is_missing_is_named_with_how_to_set_it(
    people: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKHAUL_DESTINATIONS_SEG_WRITE_KEY")
    (row,) = people.run("secret", "list", "--json").json
    assert row["present"] is False
    done = people.run("check", "seg")
    assert done.code == 1
    assert "✗ secret" in done.out
    assert "Set BACKHAUL_DESTINATIONS_SEG_WRITE_KEY in the environment" in done.out


def test_check_names_the_first_step_that_fails(people: ProjectFolder) -> None:
    people.write("destinations/seg.toml", {"type": "segment", "url": "http://example.com/v1"})
    done = people.run("check", "seg")
    assert done.code == 1
    assert "✗ address" in done.out
    assert "without encryption" in done.out
    people.write("destinations/seg.toml", {"type": "segment", "url": "https://host.invalid/v1"})
    done = people.run("check", "seg")
    assert done.code == 1
    assert "✗ name" in done.out
    assert "TLS" not in done.out


def test_check_passes_where_the_destination_can_be_reached(people: ProjectFolder) -> None:
    done = people.run("check")
    assert (done.code, done.err) == (0, "")
    assert "✓ network" in done.out
    document = people.run("check", "--json").json
    assert document["passed"] is True
    assert set(document["checked"]) == {"sources/warehouse", "destinations/seg"}
    step: Any = document["checked"]["destinations/seg"][0]
    assert set(step) == {"name", "passed", "detail", "remedy", "seconds"}


def test_output_may_be_cut_off_by_its_reader(demo: ProjectFolder) -> None:
    words = f"{sys.executable} -m tui.main preview leads --limit 400 --json --project {demo.folder} | head -c 10"
    done = subprocess.run(
        words, shell=True, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3], env=os.environ
    )
    assert len(done.stdout) == 10
    assert done.stderr == ""


def test_a_command_starts_without_drivers(tmp_path: Path) -> None:
    code = (
        "import sys; from core.cli import main; main(['--help']); "
        "print([name for name in ('duckdb', 'pyarrow', 'httpx', 'sqlglot', 'keyring', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from core import __version__

    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_an_undo_is_shown_first_and_sent_when_asked(people: ProjectFolder, receiver: Receiver) -> None:
    people.run("run", "people")
    people.duckdb("UPDATE people SET n = -1 WHERE id = 'u7'")
    people.run("run", "people")
    bad = people.run("runs", "people", "--json").json[0]["id"]
    before = len(receiver.calls())
    shown = people.run("undo", bad[:6])
    assert shown.code == 0
    assert "people → seg: 1 row to send back" in shown.out
    assert "traits.n: -1 → 7" in shown.out
    assert people.run("undo", bad, "--json").json[0]["rows"] == 1
    assert len(receiver.calls()) == before
    assert "1 delivered" in people.run("undo", bad, "--yes").out
    assert receiver.calls()[-1]["traits"] == {"n": 7}
    assert people.run("undo", "zzz").code == 2


def test_an_audit_tells_what_was_missed_and_what_to_do(people: ProjectFolder) -> None:
    people.duckdb("ALTER TABLE people ADD COLUMN changed TIMESTAMPTZ", "UPDATE people SET changed = now()")
    people.sync("people", f"{PEOPLE} WHERE changed >= to_timestamp({{{{last_sync_time}}}})")
    people.run("run", "people")
    assert people.run("audit", "people").code == 0
    people.duckdb("INSERT INTO people VALUES ('late', 1, now() - INTERVAL 25 MINUTE)")
    done = people.run("audit", "people")
    assert done.code == 1
    assert "1 row of 201 missed by the window" in done.out
    assert 'lookback = "30 minutes" would have shown them' in done.out
    assert people.run("audit", "people", "--json").json[0]["missed"] == 1
    assert "1 delivered" in people.run("run", "people", "--from-zero").out
    assert people.run("audit", "people").code == 0


def test_forgetting_asks_first_and_says_what_is_left(people: ProjectFolder) -> None:
    people.run("run", "people")
    assert people.run("forget", "people", "u7").code == 1  # nobody answers
    done = people.run("forget", "people", "u7", "--yes")
    assert done.code == 0
    assert "Erased: 1 row of ledgers" in done.out
    assert "the next run sends it as new" in done.out
    assert people.run("explain", "people", "u7").code == 1
    assert people.run("forget", "people", "u7", "--yes", "--json").json["ledger_rows"] == 0


def test_a_baseline_is_told_and_needs_the_name_of_a_sync(people: ProjectFolder, receiver: Receiver) -> None:
    assert people.run("run", "--baseline").code == 2
    done = people.run("run", "people", "--baseline")
    assert "0 delivered, 200 marked as delivered without a call" in done.out
    assert receiver.calls() == []
    assert "assumed" in people.run("explain", "people", "u7").out


def test_templates_are_listed_and_printed_in_the_sql_of_a_warehouse(
    people: ProjectFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = people.run("templates")
    assert "zendesk-open-tickets" in listed.out
    assert "Zendesk open tickets" in listed.out
    printed = people.run("templates", "relationships", "--dialect", "redshift").out
    assert "AS relationship_attributes" in printed
    assert "object('role', e.role" in printed
    own = people.run("templates", "orders", "--source", "warehouse", "--json").json
    assert own["dialect"] == "duckdb"
    assert own["call"] == "track"
    assert own["text"].startswith("-- Orders as events: ")
    every = people.run("templates", "--json").json
    assert len(every) >= 14
    assert "text" not in every[0]
    unsaid = people.run("templates", "orders")
    assert (unsaid.code, unsaid.err.startswith("✗ A template is written in the SQL of one")) == (2, True)
    assert "Did you mean 'orders'" in people.run("templates", "order", "--dialect", "duckdb").err
