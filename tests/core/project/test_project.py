"""A project's files: what they may say, what is refused and how it is said, and that edits keep what people wrote."""

from __future__ import annotations

import dataclasses
import stat
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import project
from core.errors import ProjectError
from core.model import CallType, Guards, InvalidRows, Project, Removed, SecretsFrom
from core.project import set_value, write_file
from core.store import Store

DESIGN = {
    "backhaul.toml": """
name = "shop"
retention = 14

[defaults]
schedule = "every 1 hour"
timezone = "America/New_York"
lookback = "5 minutes"

[guards]
max_calls = 500
max_null = 0.1

[secrets]
from = "command"
command = "pass show backhaul/{name}"

[lint]
disabled = ["last-sync-time-missing"]
""",
    "sources/prod.toml": 'type = "duckdb"\npath = "shop.duckdb"\ntimezone = "Europe/Berlin"\n',
    "destinations/cio.toml": 'type = "customerio"\nregion = "eu"\n\n[limits]\nrows = 5\nrequests = 2.5\n',
    "destinations/segment.toml": 'type = "segment"\nprofile = "sql-traits"\n',
    "syncs/leads.toml": """
id = "b7c1e2"                        # written once, by Backhaul
description = "Leads from Salesforce"
source = "prod"
destinations = ["cio", "segment"]
call = "identify"                    # identify track group page screen alias
enabled = true
schedule = "every 12 hours"          # the default; or "every 1 minute", "daily at 06:30", "manual"
timezone = "Europe/Berlin"
start = 2026-12-01T06:00:00Z         # optional; now when absent
removed = "ignore"                   # or "delete"
lookback = "10 minutes"
ledger = "local"                     # or "warehouse"
[columns]                            # optional: query column = field of the call
"EMAIL" = "traits.email"
[guards]
invalid_rows = "stop"                # null, empty, duplicate ids; or "reject": they become rejected rows, the rest goes
max_calls = 1_000_000
max_changed = 0.30
""",
    "syncs/leads.sql": 'SELECT id AS "userId", email FROM leads -- é\n',
    "syncs/few.toml": 'source = "prod"\ncall = "track"\n',
    "syncs/few.sql": "SELECT 1",
}

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a project: the design's files, and those that a test changes (None: left out)."""

    def write(changes: dict[str, str | bytes | None] | None = None) -> Path:
        for name, content in {**DESIGN, **(changes or {})}.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            if content is not None:
                file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return write


def only_error(loaded: Project, name: str) -> ProjectError:
    """Return the error of one file, which names it."""
    error = loaded.broken[loaded.folder / name]
    assert isinstance(error, ProjectError)
    assert error.where.startswith(str(loaded.folder / name).removesuffix("toml"))
    return error


# --- what is read ---


def test_the_files_of_the_design_are_read(make: Make) -> None:
    loaded = project.load(make())
    assert loaded.broken == {}
    assert (loaded.name, loaded.retention, loaded.state) == ("shop", 14, loaded.folder / ".backhaul")
    assert (loaded.secrets_from, loaded.secrets_command) == (SecretsFrom.COMMAND, "pass show backhaul/{name}")
    assert loaded.disabled_rules == ("last-sync-time-missing",)
    leads = loaded.syncs["leads"]
    assert (leads.name, leads.id, leads.source, leads.destinations) == ("leads", "b7c1e2", "prod", ("cio", "segment"))
    assert (leads.call, leads.removed, leads.enabled) == (CallType.IDENTIFY, Removed.IGNORE, True)
    assert (leads.schedule, leads.timezone, leads.lookback) == ("every 12 hours", "Europe/Berlin", 600)
    assert leads.start == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert leads.columns == {"EMAIL": "traits.email"}
    assert leads.query == 'SELECT id AS "userId", email FROM leads -- é\n'
    assert leads.description == "Leads from Salesforce"
    assert loaded.sources["prod"].timezone == "Europe/Berlin"
    assert loaded.sources["prod"].settings.path == "shop.duckdb"
    assert loaded.destinations["cio"].settings.region == "eu"


def test_what_a_sync_leaves_out_comes_from_the_projects_file_or_is_the_default(make: Make) -> None:
    few = project.load(make()).syncs["few"]
    assert (few.schedule, few.timezone, few.lookback) == ("every 1 hour", "America/New_York", 300)
    assert few.guards == Guards(max_calls=500, max_null=0.1)
    assert (few.destinations, few.start, few.columns, few.payload) == ((), None, {}, True)


def test_a_syncs_guards_stand_above_the_projects(make: Make) -> None:
    leads = project.load(make()).syncs["leads"].guards
    assert leads == Guards(invalid_rows=InvalidRows.STOP, max_calls=1_000_000, max_changed=0.30, max_null=0.1)


def test_limits_of_a_file_change_those_of_the_type_and_no_other(make: Make) -> None:
    from core.destinations import destination_type

    loaded = project.load(make())
    usual = destination_type("customerio").limits
    assert loaded.destinations["cio"].limits == dataclasses.replace(usual, rows=5, requests=2.5)


def test_the_profile_of_sql_traits_takes_25_columns_and_10_million_rows(make: Make) -> None:
    limits = project.load(make()).destinations["segment"].limits
    assert (limits.columns, limits.rows) == (25, 10_000_000)
    changed = make({"destinations/segment.toml": 'type = "segment"\nprofile = "sql-traits"\n[limits]\ncolumns = 7\n'})
    limits = project.load(changed).destinations["segment"].limits
    assert (limits.columns, limits.rows) == (7, 10_000_000)


def test_a_start_without_zone_is_of_the_syncs_zone(make: Make) -> None:
    folder = make({"syncs/few.toml": 'source = "prod"\ncall = "track"\nstart = 2026-07-01T06:00:00\n'})
    assert project.load(folder).syncs["few"].start == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_a_state_folder_can_be_named(make: Make) -> None:
    folder = make({"backhaul.toml": 'name = "x"\nstate = "/var/lib/backhaul/x"\n'})
    assert project.load(folder).state == Path("/var/lib/backhaul/x")
    folder = make({"backhaul.toml": 'name = "x"\nstate = "elsewhere"\n'})
    assert project.load(folder).state == folder / "elsewhere"


def test_a_byte_order_mark_is_no_harm(make: Make) -> None:
    content = {name: b"\xef\xbb\xbf" + content.encode() for name, content in DESIGN.items()}
    loaded = project.load(make(content))
    assert loaded.broken == {}
    assert loaded.syncs["few"].query == "SELECT 1"


def test_what_editors_leave_beside_their_files_is_not_read(make: Make) -> None:
    folder = make({"syncs/.leads.toml": "half", "syncs/leads.toml~": "old", "syncs/notes.md": "x"})
    (folder / "syncs/.#leads.toml").symlink_to("nowhere")
    assert project.load(folder).broken == {}


def test_the_nearest_project_upwards_is_found(make: Make) -> None:
    folder = make()
    deep = folder / "a/b"
    deep.mkdir(parents=True)
    assert project.find(deep) == folder
    assert project.find(folder) == folder
    assert project.find(folder.parent) is None


# --- what is refused ---


def sync_with(line: str) -> str:
    return f'id = "aaa"\nsource = "prod"\ncall = "identify"\n{line}\n'


REFUSED_SYNCS = [
    ('destinatons = ["cio"]', "There is no key 'destinatons' here. Did you mean 'destinations'?"),
    ("[guards]\nmax_chnged = 0.3", "There is no key 'guards.max_chnged' here. Did you mean 'max_changed'?"),
    ("[guards]\nmax_changed = 1.5", "guards.max_changed is a share, between 0 and 1."),
    ("[guards]\nmax_vanished = -0.1", "guards.max_vanished is a share, between 0 and 1."),
    ("[guards]\nmax_null = nan", "guards.max_null: the number is too large or not a number."),
    ("[guards]\nmax_calls = -1", "guards.max_calls cannot be less than 0."),
    ("[guards]\nmax_calls = 1.5", "guards.max_calls: expected a whole number, not a number."),
    ('[guards]\nmax_changed = "30%"', "guards.max_changed: expected a number, not text."),
    ('[guards]\ninvalid_rows = "rejct"', "guards.invalid_rows: 'rejct' is not possible. Did you mean 'reject'? Known: stop, reject."),
    ("guards = 3", "guards: expected a table, not a whole number."),
    ('enabled = "yes"', "enabled: expected true or false, not text."),
    ('destinations = "cio"', "destinations: expected a list, not text."),
    ('removed = "drop"', "removed: 'drop' is not possible. Known: ignore, delete."),
    ('ledger = "warehouse"', "ledger: 'warehouse' is not possible yet"),
    ("start = 2026-12-01", "start: expected a date with time, not a date without time."),
    ('schedule = "hourly"', "schedule: 'hourly' is not understood: write \"every 12 hours\""),
    ('schedule = "cron 61 * * * *"', "is no cron expression"),
    ('schedule = "every 5 seconds"', "every minute at the most"),
    ('lookback = "soon"', "lookback: 'soon' is not understood"),
    ('lookback = "-1 minutes"', "lookback: '-1 minutes' is not understood"),
    ('timezone = "Europe/Berln"', "timezone: there is no time zone 'Europe/Berln'."),
    ('timezone = "Europe"', "timezone: there is no time zone 'Europe'."),
    ('timezone = "../../etc/passwd"', "timezone: there is no time zone '../../etc/passwd'."),
    ('[columns]\n"EMAIL" = 1', "expected text, not a whole number"),
    ('destinations = ["cio", "cio"]', "destinations: one is there twice."),
    ('destinations = ["ci"]', "destination: there is no destination 'ci'. Did you mean 'cio'?"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message"), REFUSED_SYNCS)
def test_a_sync_that_says_what_cannot_be_is_refused_and_the_rest_works(make: Make, line: str, message: str) -> None:
    loaded = project.load(make({"syncs/leads.toml": sync_with(line)}))
    assert message in only_error(loaded, "syncs/leads.toml").message
    assert list(loaded.syncs) == ["few"]
    assert len(loaded.broken) == 1


REFUSED_WHOLE_SYNCS = [
    ('source = "prod"\ncall = "identfy"\n', "call: 'identfy' is not possible. Did you mean 'identify'? Known: identify, track"),
    ('call = "identify"\n', "The file lacks the key 'source'."),
    ('source = "prod"\n', "The file lacks the key 'call'."),
    ('source = "prd"\ncall = "identify"\n', "source: there is no source 'prd'. Did you mean 'prod'?"),
    ('id = "a\n', "This is not TOML: "),
    ('id = 5\nsource = "prod"\ncall = "identify"\n', "id: expected text, not a whole number."),
    ('id = "../../x"\nsource = "prod"\ncall = "identify"\n', "id: '../../x'"),
    ('id = "*"\nsource = "prod"\ncall = "identify"\n', "id: '*'"),
    (b'description = "\xe9"\n', "This file is not UTF-8 text."),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED_WHOLE_SYNCS)
def test_a_broken_sync_is_named_and_the_rest_works(make: Make, content: str | bytes, message: str) -> None:
    loaded = project.load(make({"syncs/leads.toml": content}))
    assert message in only_error(loaded, "syncs/leads.toml").message
    assert list(loaded.syncs) == ["few"]


def test_a_query_that_is_missing_or_not_text_is_named(make: Make) -> None:
    folder = make({"syncs/leads.sql": b"SELECT '\xe9'"})
    (folder / "syncs/few.sql").unlink()
    loaded = project.load(folder)
    assert only_error(loaded, "syncs/few.toml").message == "The query few.sql is missing beside this file."
    assert only_error(loaded, "syncs/leads.toml").message == "This file is not UTF-8 text."
    assert only_error(loaded, "syncs/leads.toml").where.endswith("leads.sql")
    assert loaded.syncs == {}


REFUSED_OTHERS = [
    ("sources/prod.toml", 'path = "x"\n', "The file lacks the key 'type', which says what source this is."),
    ("sources/prod.toml", 'type = "duckbd"\n', "There is no source of type 'duckbd'. Did you mean 'duckdb'?"),
    ("sources/prod.toml", 'type = "duckdb"\n', "The file lacks the key 'path'."),
    ("sources/prod.toml", 'type = "duckdb"\npth = "x"\n', "There is no key 'pth' here. Did you mean 'path'?"),
    ("sources/prod.toml", 'type = "duckdb"\npath = 5\n', "path: expected text, not a whole number."),
    ("sources/prod.toml", 'type = "duckdb"\npath = "x"\ntimezone = 5\n', "timezone: there is no time zone 5."),
    ("destinations/cio.toml", 'type = "custmerio"\n', "There is no destination of type 'custmerio'. Did you mean 'customerio'?"),
    ("destinations/cio.toml", 'type = "customerio"\nregion = "uk"\n', "region: 'uk' is not possible."),
    ("destinations/cio.toml", 'type = "customerio"\nlimits = 3\n', "limits: expected a table."),
    ("destinations/cio.toml", 'type = "customerio"\n[limits]\nrow = 3\n', "There is no key 'limits.row' here. Did you mean 'rows'?"),
    ("destinations/cio.toml", 'type = "customerio"\n[limits]\nrows = "3"\n', "limits.rows: expected a whole number, not text."),
    ("destinations/cio.toml", 'type = "customerio"\n[limits]\nrows = 0\n', "limits.rows: 0 is out of range; use 1 to 1,000,000,000,000 rows."),
    ("destinations/cio.toml", 'type = "customerio"\n[limits]\nrequests = nan\n', "limits.requests: the number is too large or not a number."),
    ("destinations/cio.toml", 'type = "customerio"\n[limits]\ntimeout = inf\n', "limits.timeout: the number is too large or not a number."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), REFUSED_OTHERS)
def test_a_broken_source_or_destination_is_named_and_so_are_the_syncs_that_need_it(
    make: Make, name: str, content: str, message: str
) -> None:
    loaded = project.load(make({name: content}))
    assert message in only_error(loaded, name).message
    stem = Path(name).stem
    assert f"{stem!r} cannot be used, because its file is broken" in only_error(loaded, "syncs/leads.toml").message
    assert message.split(".", maxsplit=1)[0] in only_error(loaded, "syncs/leads.toml").message
    assert ("few" in loaded.syncs) == (stem != "prod")
    assert "segment" in loaded.destinations


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        ("sources/pg.toml", 'type = "postgres"\nhost = "h"\npassword = "k3y"\n', "backhaul secret set sources/pg.password"),
        ("destinations/cio.toml", 'type = "customerio"\napi_key = "k3y"\n', "backhaul secret set destinations/cio.api_key"),
        ("destinations/segment.toml", 'type = "segment"\nwrite_key = "k3y"\n', "secret set destinations/segment.write_key"),
    ],
)  # fmt: skip
def test_a_secret_in_a_file_is_refused_without_showing_it(make: Make, name: str, content: str, command: str) -> None:
    error = only_error(project.load(make({name: content})), name)
    assert "a secret never stands in a file" in error.message
    assert command in error.remedy
    assert "k3y" not in str(error)


@pytest.mark.parametrize("name", ["a b", "é", "-x", "a:b"])
def test_a_name_that_could_not_be_typed_is_refused(make: Make, name: str) -> None:
    loaded = project.load(make({f"sources/{name}.toml": 'type = "duckdb"\npath = "x"\n'}))
    assert f"{name!r} is no name" in only_error(loaded, f"sources/{name}.toml").message
    assert len(loaded.syncs) == 2


REFUSED_PROJECTS = [
    ('nam = "x"\n', "There is no key 'nam' here. Did you mean 'name'?"),
    ("retention = 3\n", "The file lacks the key 'name'."),
    ('name = " "\n', "name: the project needs one"),
    ('name = "x"\nretention = 0\n', "retention: it is in days, 1 or more."),
    ('name = "x"\n[defaults]\nschedule = "hourly"\n', "defaults.schedule: 'hourly' is not understood"),
    ('name = "x"\n[defaults]\ntimezone = "Berlin"\n', "defaults.timezone: there is no time zone 'Berlin'."),
    ('name = "x"\n[defaults]\nlookback = "1"\n', "defaults.lookback: '1' is not understood"),
    ('name = "x"\n[guards]\nmax_changed = 3\n', "guards.max_changed is a share, between 0 and 1."),
    ('name = "x"\n[secrets]\nfrom = "vault"\n', "secrets.from: 'vault' is not possible. Known: keyring, environment"),
    ('name = "x"\n[secrets]\nform = "command"\n', "There is no key 'secrets.form' here. Did you mean 'from'?"),
    ('name = "x"\n[lint]\ndisabled = "x"\n', "lint.disabled: expected a list, not text."),
    ('name = "x\n', "This is not TOML"),
    (b'name = "\xff"\n', "This file is not UTF-8 text."),
]


@pytest.mark.parametrize(("content", "message"), REFUSED_PROJECTS)
def test_a_broken_backhaul_toml_is_an_error_that_names_the_key(make: Make, content: str | bytes, message: str) -> None:
    folder = make({"backhaul.toml": content})
    with pytest.raises(ProjectError) as caught:
        project.load(folder)
    assert message in caught.value.message
    assert caught.value.where == str(folder / "backhaul.toml")


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no Backhaul project in this folder") as caught:
        project.load(tmp_path)
    assert "backhaul init" in caught.value.remedy


def test_two_destinations_do_not_write_the_same_files(make: Make) -> None:
    file = 'type = "file"\nfolder = "out"\n'
    loaded = project.load(make({"destinations/a.toml": file, "destinations/b.toml": file}))
    assert only_error(loaded, "destinations/b.toml").message == "folder: 'out' is also the folder of a."


# --- ids ---


def test_an_id_is_written_once_and_the_comments_stay(make: Make) -> None:
    content = '# who: sales\nsource = "prod" # the replica\ncall = "track"\n\n[guards] # strict\nmax_calls = 5 # few\n'
    folder = make({"syncs/few.toml": content})
    first = project.load(folder).syncs["few"].id
    written = (folder / "syncs/few.toml").read_text()
    assert tomllib.loads(written)["id"] == first
    assert [line for line in written.splitlines() if not line.startswith("id = ")] == content.splitlines()
    assert project.load(folder).syncs["few"].id == first
    assert (folder / "syncs/few.toml").read_text() == written


def test_each_sync_gets_an_id_of_its_own(make: Make) -> None:
    files: dict[str, str | bytes | None] = {}
    for number in range(20):
        files |= {f"syncs/s{number}.toml": 'source = "prod"\ncall = "track"\n', f"syncs/s{number}.sql": "SELECT 1"}
    loaded = project.load(make(files))
    assert len({sync.id for sync in loaded.syncs.values()}) == len(loaded.syncs) == 22


def test_renaming_a_syncs_files_keeps_its_id(make: Make) -> None:
    folder = make()
    before = project.load(folder).syncs["few"].id
    for end in ("toml", "sql"):
        (folder / f"syncs/few.{end}").rename(folder / f"syncs/many.{end}")
    loaded = project.load(folder)
    assert loaded.syncs["many"].id == before
    assert "few" not in loaded.syncs


def test_a_copied_sync_is_told_to_drop_its_id(make: Make) -> None:
    folder = make({"syncs/zcopy.toml": DESIGN["syncs/leads.toml"], "syncs/zcopy.sql": "SELECT 1"})
    loaded = project.load(folder)
    error = only_error(loaded, "syncs/zcopy.toml")
    assert "'b7c1e2' is also the id of leads" in error.message
    assert set(loaded.syncs) == {"few", "leads"}
    set_value(folder / "syncs/zcopy.toml", "id", None)
    assert set(project.load(folder).syncs) == {"few", "leads", "zcopy"}


def test_a_copy_whose_name_comes_first_does_not_take_the_id_of_a_sync_that_has_run(make: Make) -> None:
    folder = make({"syncs/acopy.toml": DESIGN["syncs/leads.toml"], "syncs/acopy.sql": "SELECT 1"})
    state = folder / ".backhaul"
    state.mkdir(exist_ok=True)
    with Store(state) as store:
        store.do("insert_run", id="r1", sync="b7c1e2", name="leads", cause="x", started=1.0, process=None)
    loaded = project.load(folder)
    assert "'b7c1e2' is also the id of leads" in only_error(loaded, "syncs/acopy.toml").message
    assert "leads" in loaded.syncs


# --- writing ---


def test_a_new_project_can_be_read_and_is_not_made_twice(tmp_path: Path) -> None:
    folder = tmp_path / "My shop (new)!"
    project.initialise(folder)
    loaded = project.load(folder)
    assert loaded.name == "My-shop-new"
    assert loaded.broken == {}
    assert {path.name for path in folder.iterdir()} == {
        "backhaul.toml",
        "sources",
        "destinations",
        "syncs",
        ".gitignore",
    }
    assert (folder / ".gitignore").read_text() == ".backhaul/\n"
    with pytest.raises(ProjectError, match="a project in this folder already"):
        project.initialise(folder)


def test_a_new_project_takes_a_name_and_leaves_a_gitignore_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    project.initialise(tmp_path, "shop")
    assert project.load(tmp_path).name == "shop"
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


EDITS: list[tuple[str, Any]] = [
    ("schedule", "manual"),
    ("enabled", False),
    ("guards.max_calls", 7),
    ("guards.max_null", 0.25),
    ("columns.PHONE", "traits.phone"),
    ("destinations", ["cio"]),
    ("limits.rows", 3),
    ("description", 'with "quotes" and é'),
    ("start", datetime(2026, 12, 2, 7, 30, tzinfo=UTC)),
    ("guards.max_changed", None),
    ("description", None),
    ("none", None),
    ("none.at.all", None),
]


@settings(max_examples=60, deadline=None)
@given(edits=st.lists(st.sampled_from(EDITS), max_size=8))
def test_an_edit_changes_its_key_and_keeps_all_comments_and_the_order(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, Any]]
) -> None:
    file = tmp_path_factory.mktemp("edit") / "leads.toml"
    file.write_text(DESIGN["syncs/leads.toml"], "utf-8")
    expected = tomllib.loads(DESIGN["syncs/leads.toml"])
    for key, value in edits:
        set_value(file, key, value)
        *tables, last = key.split(".")
        table = expected
        for name in tables:
            table = table.setdefault(name, {}) if value is not None else table.get(name, {})
        if value is None:
            table.pop(last, None)
        else:
            table[last] = value
    text = file.read_text("utf-8")
    assert tomllib.loads(text) == expected
    kept = [line for line in DESIGN["syncs/leads.toml"].splitlines() if "#" in line]
    changed = {key.rpartition(".")[2] for key, value in edits}
    for line in kept:
        name = line.partition("=")[0].strip()
        if name not in changed:
            assert line in text.splitlines()
        elif name in expected or name in expected.get("guards", {}):
            assert line.partition("#")[2] in text
    removed = {key for key, value in edits if value is None}
    order = [key for key in tomllib.loads(DESIGN["syncs/leads.toml"]) if key in expected and key not in removed]
    assert [key for key in tomllib.loads(text) if key in order] == order


def test_an_edit_keeps_ends_of_lines_permissions_and_links(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_bytes(b'# a\r\nsource = "x"  # b\r\n\r\n[guards]\r\nmax_calls = 1\r\n')
    real.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    set_value(link, "id", "aaa")
    assert real.read_bytes() == b'# a\r\nsource = "x"  # b\r\nid = "aaa"\r\n\r\n[guards]\r\nmax_calls = 1\r\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"real.toml", "link.toml"}


def test_an_edit_of_a_broken_file_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('a = "\n')
    with pytest.raises(ProjectError, match="not TOML") as caught:
        set_value(file, "b", 1)
    assert caught.value.where == str(file)
    assert file.read_text() == 'a = "\n'


def test_a_new_file_leaves_out_what_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "deep/x.toml"
    write_file(file, {"a": 1, "b": None, "c": {"d": ["e"]}})
    assert tomllib.loads(file.read_text()) == {"a": 1, "c": {"d": ["e"]}}
