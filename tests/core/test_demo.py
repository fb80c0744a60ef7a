"""The demo: what someone sees who tries Backhaul for the first time."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.cli import main
from tests.projects import Done, ProjectFolder, backhaul

CALLS = {"identify": 1_900, "track": 2_000, "group": 1_286, "page": 1_000, "screen": 800, "alias": 40}
SYNCS = ["companies", "leads", "merged_users", "orders", "page_views", "screen_views", "users"]
DRAFTS = ["feature_use", "open_tickets"]


def headless(folder: Path, **env: str) -> Done:
    return backhaul("demo", folder, "--headless", folder=folder.parent, env=env)


def delivered(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "delivered").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that ran once; copied by the tests that change it."""
    folder = tmp_path_factory.mktemp("demo") / "made"
    assert main(["demo", str(folder), "--headless", "--json"]) == 0
    return folder


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(Path(shutil.copytree(made, tmp_path / "demo")))


def test_it_delivers_calls_of_all_six_types_and_says_how_many(tmp_path: Path) -> None:
    done = headless(tmp_path / "demo")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == (
        "✓ Delivered 7,026 calls: 40 alias, 1,286 group, 1,900 identify, 1,000 page, 800 screen, 2,000 track."
    )
    assert Counter(call["type"] for call in delivered(tmp_path / "demo")) == CALLS


def test_a_second_run_delivers_nothing(demo: ProjectFolder) -> None:
    before = delivered(demo.folder)
    done = headless(demo.folder)
    assert done.code == 0
    assert "Found the demo" in done.out
    assert "Delivered 0 calls" in done.out
    assert demo.run("run").code == 0
    assert delivered(demo.folder) == before


@pytest.mark.parametrize(
    ("statement", "sync", "field"),
    [
        ("UPDATE salesforce.leads SET lead_score_c = 1000 WHERE id = '00Q000000007'", "leads", "lead_score"),
        ("UPDATE app.users SET plan = 'custom', updated_at = now() WHERE id = 'u_00007'", "users", "plan"),
        ("UPDATE app.companies SET industry = 'zoo' WHERE id = 'c_003'", "companies", "industry"),
    ],
    ids=["a row that a full query finds", "a row of an incremental query", "a company of several people"],
)
def test_after_a_change_of_one_row_its_calls_go_out_and_no_others(
    demo: ProjectFolder, statement: str, sync: str, field: str
) -> None:
    before = len(delivered(demo.folder))
    with duckdb.connect(str(demo.folder / "warehouse.duckdb")) as connection:
        connection.execute(statement)
        members = connection.execute(
            "SELECT count(*) FROM app.users WHERE company_id = 'c_003' AND is_active"
        ).fetchall()
    assert demo.run("run").code == 0
    new = ProjectFolder(demo.folder).delivered(sync)[-1]
    expected = members[0][0] if sync == "companies" else 1
    assert len(delivered(demo.folder)) - before == expected
    assert field in new["traits"]


def test_plan_shows_the_change_before_it_is_sent(demo: ProjectFolder) -> None:
    with duckdb.connect(str(demo.folder / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE salesforce.leads SET lead_score_c = 1000 WHERE id = '00Q000000007'")
    done = demo.run("plan", "leads")
    assert done.code == 0
    assert "0 new  1 changed  399 unchanged" in done.out
    assert "userId u_00021" in done.out
    assert "traits.lead_score: 33 → 1000" in done.out


def test_its_rows_are_the_same_on_every_machine(tmp_path: Path, made: Path) -> None:
    done = headless(tmp_path / "demo", TZ="Pacific/Auckland", LC_ALL="tr_TR.UTF-8", PYTHONHASHSEED="7")
    assert done.code == 0

    def calls(folder: Path) -> list[str]:
        return sorted(json.dumps({**call, "messageId": ""}, sort_keys=True) for call in delivered(folder))

    assert calls(tmp_path / "demo") == calls(made)
    for sync in ("orders", "page_views", "screen_views"):
        assert {call["messageId"] for call in ProjectFolder(made).delivered(sync)} == {
            call["messageId"] for call in ProjectFolder(tmp_path / "demo").delivered(sync)
        }


def test_its_syncs_are_clean_and_its_drafts_have_something_to_fix(demo: ProjectFolder) -> None:
    done = demo.run("lint", *SYNCS)
    assert (done.code, done.out) == (0, "✓ No findings.\n")
    findings = demo.run("lint", *DRAFTS, "--json").json
    rules = {(Path(finding["file"]).stem, finding["rule"]) for finding in findings}
    assert rules == {
        ("feature_use", "missing-required-column"),
        ("feature_use", "last-sync-time-reversed"),
        ("open_tickets", "column-folded"),
        ("open_tickets", "last-sync-time-as-timestamp"),
    }
    for draft in DRAFTS:
        assert demo.run("lint", draft).code == 1
    assert demo.run("run", "feature_use").code == 2


def test_lint_fixes_in_the_drafts_what_is_certain(demo: ProjectFolder) -> None:
    done = demo.run("lint", *DRAFTS, "--fix")
    assert "2 fixed" in done.out
    assert demo.run("lint", "open_tickets").code == 0
    left = demo.run("lint", "feature_use", "--json").json
    assert [each["rule"] for each in left] == ["missing-required-column"]  # what a name is, only its author knows
    fixed = (demo.folder / "syncs" / "open_tickets.sql").read_text()
    assert "AS userId" in fixed
    assert "to_timestamp({{last_sync_time}})" in fixed
    assert fixed.startswith("-- A draft.")
    assert demo.run("run", "open_tickets").code == 0
    assert len(demo.delivered("open_tickets")) > 100


def test_an_analyst_can_look_before_anything_was_sent(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert main(["demo", str(folder)]) == 0
    project = ProjectFolder(folder)
    assert "? " in project.run("preview", "users").out
    assert "1,500 new" in project.run("plan", "users").out
    assert not (folder / "delivered").exists()
    assert project.run("check").code == 0


def test_it_needs_no_keyring_and_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    nowhere = "/proc/backhaul-nowhere"
    folder = tmp_path / "demo"
    env = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), nowhere)
    env |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "DBUS_SESSION_BUS_ADDRESS": ""}
    done = headless(folder, **env)
    assert (done.code, done.err) == (0, "")
    assert [each.name for each in tmp_path.iterdir()] == ["demo"]
    for words in (["status"], ["check"], ["secret", "list"], ["doctor"], ["preview", "users"]):
        ended = backhaul(*words, folder=folder, env=env)
        assert (ended.code, ended.err) == (0, ""), words


def test_a_folder_of_the_users_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["demo", str(tmp_path)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]
    mine = tmp_path / "mine"
    assert main(["init", str(mine)]) == 0
    before = sorted(each.name for each in mine.iterdir())
    assert main(["demo", str(mine)]) == 2
    assert "a project of yours" in capsys.readouterr().err
    assert sorted(each.name for each in mine.iterdir()) == before


def test_a_demo_that_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    from core.demo import _UNFINISHED

    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / _UNFINISHED).touch()
    (folder / ".warehouse.duckdb.new").write_bytes(b"half")
    done = headless(folder)
    assert (done.code, done.err) == (0, "")
    assert "Delivered 7,026 calls" in done.out
    assert not (folder / _UNFINISHED).exists()


def test_an_empty_folder_will_do_and_so_will_the_one_we_are_in(tmp_path: Path) -> None:
    done = backhaul("demo", ".", "--headless", "--json", folder=tmp_path)
    assert done.code == 0
    assert set(done.json) == {"delivered", "calls", "runs"}
    assert done.json["calls"] == CALLS
    assert done.json["delivered"] == sum(CALLS.values())
    assert [run["state"] for run in done.json["runs"]] == ["succeeded"] * 7


def test_it_is_a_project_that_git_may_keep(demo: ProjectFolder) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    git = ["git", "-C", str(demo.folder), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    shown = subprocess.run([*git, "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True).stdout
    assert "syncs/users.sql" in shown
    assert ".backhaul" not in shown
