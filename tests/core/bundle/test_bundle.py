"""A bundle holds what a colleague needs, and nothing of a secret or of a person, wherever these were planted."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.bundle.masker import Masker
from core.state.folder import StateFolder
from tests.projects import Done, ProjectFolder
from tests.servers.receiving import Receiver
from tests.tui.planted import found_in

PEOPLE = {
    "id": "user_88421",
    "name": "Ann Müller",
    "email": "ann.mueller@example.com",
    "phone": "+49 30 1234567",
    "city": "Kleinmachnow",
    "number": "4929123456",
}
ENVIRONMENT = {
    "BACKHAUL_DESTINATIONS_SEG_WRITE_KEY": "segkey'Zq7/plantedWrite0417",
    "BACKHAUL_SOURCES_PG_PASSWORD": 'pgpass"Zq8 plantedPassword',
    "BACKHAUL_ALERTS_TEAM_URL": "https://hooks.example/services/T0PLANTED/B0PLANTED/x9plantedtoken",
}
PLACES = ["db-internal-7.acme.example", "svc_reader_42", "warehouse_secretive"]
"""A host, a user and a database of a source."""

QUERY = f"""
-- asked by {PEOPLE["name"]}, {PEOPLE["email"]}
SELECT id AS "userId", name, email, phone, city, number -- backhaul: ignore id-is-email
FROM people /* not {PEOPLE["city"]} */
WHERE email <> '{PEOPLE["email"]}' AND name <> $${PEOPLE["name"]}$$ AND number <> {PEOPLE["number"]}
    OR changed > now() - INTERVAL '7 days' AND extra <> ''
"""
REPLIES = (
    f'{{"message": "{PEOPLE["name"]} of {PEOPLE["city"]} ({PEOPLE["id"]}, {PEOPLE["phone"]}) is refused: '
    f"{ENVIRONMENT['BACKHAUL_DESTINATIONS_SEG_WRITE_KEY']}"
    '"}'
)


@pytest.fixture
def planted(project: ProjectFolder, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> ProjectFolder:
    """A sync whose run had a row refused, with secrets and a person's data wherever such may stand."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    row = ", ".join(f"'{value}' AS {name}" for name, value in PEOPLE.items())
    project.duckdb(
        f"CREATE TABLE people AS SELECT {row}, now() AS changed, 'x' AS extra",
        "INSERT INTO people SELECT 'u' || n, 'n' || n, 'e' || n || '@else.example', 'p', 'c', 'm', now(), 'x' FROM range(5) t(n)",
    )
    host, user, database = PLACES
    project.write("sources/pg.toml", {"type": "postgres", "host": host, "user": user, "database": database})
    project.segment(receiver.url)
    project.write(
        "backhaul.toml",
        {
            "name": "tests",
            "secrets": {"from": "environment"},
            "alerts": {"team": {"to": "webhook"}, "page": {"to": "command", "command": ["page", PEOPLE["email"]]}},
        },
    )
    project.sync(
        "users", QUERY, description=f"For {PEOPLE['name']}, {PEOPLE['email']}", columns={"city": "traits.city"}
    )
    receiver.refuse(PEOPLE["id"], body=REPLIES)
    return project


def bundled(project: ProjectFolder, file: Path, run: str = "") -> tuple[Done, dict[str, str]]:
    run = run or project.run("runs", "--json").json[0]["id"]
    done = project.run("bundle", run, "--to", file)
    assert done.code == 0, done.err
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        files = {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
    return done, files


def leaks(files: dict[str, str]) -> list[str]:
    """Return what stands in a bundle that must not."""
    found = []
    for name, text in files.items():
        data = name + "\n" + text
        found += [f"{name}: {secret}" for secret in found_in(data, [*ENVIRONMENT.values(), "x9plantedtoken"])]
        words = [*PEOPLE.values(), *PLACES, "else.example", socket.gethostname(), "Müller", "mueller"]
        found += [f"{name}: {word}" for word in words if word in data or json.dumps(word)[1:-1] in data]
    return found


def test_nothing_of_a_secret_or_a_person_is_in_it(planted: ProjectFolder, tmp_path: Path) -> None:
    assert planted.run("run", "users").code == 1
    done, files = bundled(planted, tmp_path / "one.zip")
    assert len(leaks({"as it was": QUERY + REPLIES})) > 6
    assert leaks(files) == []
    assert not found_in((tmp_path / "one.zip").read_bytes(), [*ENVIRONMENT.values(), *PEOPLE.values()])
    assert str(planted.folder) not in "".join(files.values())
    assert "masked. Look through it before you hand it on." in done.out
    (cause,) = json.loads(files["rejected.json"])
    assert (cause["status"], cause["rows"]) == (400, 1)
    assert re.fullmatch(
        r"400 <\w+ \w{6}> of <\w+ \w{6}> \(<\w+ \w{6}>, <\w+ \w{6}>\) is refused: ••••••", cause["reason"]
    )
    assert cause["first"]["fields"]["userId"] == "str"
    assert set(cause["first"]["fields"]["traits"]) == {"name", "email", "phone", "city", "number"}


def test_what_is_planted_into_the_store_and_the_log_by_hand_is_masked_too(
    planted: ProjectFolder, tmp_path: Path
) -> None:
    planted.run("run", "users")
    run = planted.run("runs", "--json").json[0]["id"]
    from core import project as projects

    said = f'"{PEOPLE["name"]}" at {PLACES[0]} as {PLACES[1]}: Key (email)=({PEOPLE["email"]}), {PEOPLE["number"]}, {PEOPLE["id"]}'
    state = StateFolder(projects.load(planted.folder))
    questions = [
        {
            "destination": "seg",
            "guard": "max_null",
            "message": said,
            "remedy": said,
            "evidence": [PEOPLE["city"], {PEOPLE["city"]: 1}],
        }
    ]
    with state.store() as store:
        connection = store._connection
        words = (said, said, json.dumps(questions), run)
        connection.execute("UPDATE runs SET error = ?, remedy = ?, questions = ? WHERE id = ?", words)
        connection.execute("UPDATE deliveries SET reason = ?, notes = ?, shape = ?", (said, json.dumps([said]), said))
        store.do("begin_daemon", process=os.getpid(), host=socket.gethostname(), version="1", now=1.0, workers=1)
    with state.log(run).open("a") as log:
        event = {
            "at": 1,
            "event": "stopped",
            "destination": "seg",
            "questions": questions,
            "new": said,
            "deep": {PEOPLE["city"]: [said]},
        }
        log.write(json.dumps(event) + "\n")
        log.write(f"{said} is no JSON\n")
    _, files = bundled(planted, tmp_path / "two.zip")
    assert leaks(files) == []
    assert "evidence" not in files["log.jsonl"] + files["run.json"]
    assert "Key (email)=(<email " in json.loads(files["run.json"])["error"]
    assert '"a line that cannot be read"' in files["log.jsonl"]


def test_it_holds_what_a_colleague_needs(planted: ProjectFolder, tmp_path: Path) -> None:
    for _ in range(8):
        planted.run("run", "users")
    runs = planted.run("runs", "--json").json
    done, files = bundled(planted, tmp_path / "three.zip", runs[3]["id"][:6])
    assert set(files) == {
        *("README.txt", "manifest.json", "run.json", "deliveries.json", "rejected.json", "log.jsonl", "around.json"),
        *("schedule.json", "daemon.json", "versions.json", "lint.json", "project/backhaul.toml"),
        *("project/syncs/users.toml", "project/syncs/users.sql", "project/sources/warehouse.toml"),
        "project/destinations/seg.toml",
    }
    run = json.loads(files["run.json"])
    assert (run["id"], run["name"], run["state"]) == (runs[3]["id"], "users", runs[3]["state"])
    around = json.loads(files["around.json"])
    assert [each["id"] for each in around["after"]] == [each["id"] for each in runs[:3]]
    assert [each["id"] for each in around["before"]] == [each["id"] for each in runs[4:]]
    assert json.loads(files["log.jsonl"].partition("\n")[0])["event"] == "started"
    assert json.loads(files["versions.json"])["parts"]["duckdb"]
    settings = tomllib.loads(files["project/destinations/seg.toml"])
    assert (settings["type"], settings["limits"]["attempts"]) == ("segment", 3)
    assert re.fullmatch(r"<url [a-p]{6}>", settings["url"])
    sync = tomllib.loads(files["project/syncs/users.toml"])
    assert (sync["call"], sync["columns"]) == ("identify", {"city": "traits.city"})
    sql = files["project/syncs/users.sql"]
    assert "INTERVAL '7 days' AND extra <> ''" in sql
    assert "-- backhaul: ignore id-is-email" in sql
    assert re.search(r"WHERE email <> '(<text \w+>)' AND name <> \$\$(<text \w+>)\$\$ AND number <> <number \w+>", sql)
    manifest = json.loads(files["manifest.json"])
    for name, known in manifest["files"].items():
        data = files[name].encode()
        assert known == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert f"{len(files)} files" in done.out


def test_equal_values_stay_equal_in_one_bundle_and_in_no_two() -> None:
    one, two = Masker(["email"], []), Masker(["email"], [])
    found = re.findall(r"<\w+ [a-p]{6}>", one.text('"a@b.example" is not "a@b.example" but "c@d.example"'))
    assert found[0] == found[1] != found[2]
    assert one.value("a@b.example") == found[0] != two.value("a@b.example")
    assert one.text("10 of 20 rows lack email") == "10 of 20 rows lack email"


def test_it_is_its_owners_only_and_takes_the_place_of_no_file(planted: ProjectFolder, tmp_path: Path) -> None:
    planted.run("run", "users")
    run = planted.run("runs", "--json").json[0]["id"]
    file = tmp_path / "a.zip"
    found = planted.run("bundle", run, "--to", file, "--json").json
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (found["file"], found["bytes"]) == (str(file), file.stat().st_size)
    again = planted.run("bundle", run, "--to", file)
    assert (again.code, "is there already" in again.err) == (2, True)
    (tmp_path / "link.zip").symlink_to(tmp_path / "nowhere.zip")
    assert planted.run("bundle", run, "--to", tmp_path / "link.zip").code == 2
    assert planted.run("bundle", run, "--to", tmp_path / "no" / "folder.zip").code == 2
    assert planted.run("bundle", "zzzz").code == 2
    assert sorted(each.name for each in tmp_path.glob(".*.zip.*")) == []


def test_what_a_link_leads_to_outside_is_not_in_it(planted: ProjectFolder, tmp_path: Path) -> None:
    planted.run("run", "users")
    run = planted.run("runs", "--json").json[0]["id"]
    mine = tmp_path / "netrc"
    mine.write_text("machine x login ann pass staple9")
    (tmp_path / "config.json").write_text('{"said": "staple9"}')
    for name, target in (("syncs/users.sql", "netrc"), (f".backhaul/logs/{run}.jsonl", "config.json")):
        (planted.folder / name).unlink()
        (planted.folder / name).symlink_to(tmp_path / target)
    done, files = bundled(planted, tmp_path / "a.zip", run)
    assert done.code == 0, done.err
    assert "staple9" not in "".join(files.values())
    assert "a link out of the project" in "".join(files.values())


def test_a_run_whose_sync_is_gone_has_a_bundle_too(planted: ProjectFolder, tmp_path: Path) -> None:
    planted.run("run", "users")
    for ending in ("toml", "sql"):
        (planted.folder / "syncs" / f"users.{ending}").unlink()
    _, files = bundled(planted, tmp_path / "gone.zip")
    assert leaks(files) == []
    assert "project/syncs/users.sql" not in files


def test_a_run_that_failed_in_the_warehouse_tells_why_and_not_where(planted: ProjectFolder, tmp_path: Path) -> None:
    planted.sync("broken", f"SELECT id AS \"userId\", 1 AS n FROM people WHERE number::int > '{PEOPLE['name']}'")
    planted.run("run", "broken")
    _, files = bundled(planted, tmp_path / "broken.zip")
    assert leaks(files) == []
    run: dict[str, Any] = json.loads(files["run.json"])
    assert run["state"] == "failed"
    assert run["error"]
