"""Whatever a text is, the language that it is written into reads it back as it was, and nothing of it as its own.

Each is read by its real parser where there is one here: sh, psql on a real Postgres, DuckDB, tomllib, csv, CommonMark, prometheus_client. systemd's
is written down below, from its manual: systemd.syntax(7), systemd.unit(5), systemd.service(5).
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
import string
import subprocess
import tomllib
from pathlib import Path

import duckdb
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from core import project as projects
from core.control_chars import escape_control_chars
from core.daemon.unit import unit_text
from core.errors import UsageError
from core.keys.commands import command_for
from core.keys.recognise import recognise
from core.project.write import set_value, write_file
from core.quoting import markdown, prometheus, shell, slack, spreadsheet, sql, systemd
from core.warehouses import types, warehouse_type
from core.warehouses.base import SetupNames
from tests.projects import ProjectFolder
from tests.servers.postgres import Database, Server
from tui.screens.dialogs import write_rows

NASTY = (
    "a\nExecStartPre=/bin/touch /tmp/x",
    "a\\",
    "a\\\\\\",
    "100% %h %%",
    "$HOME ${HOME} $$",
    "; rm -rf /",
    "`id` $(id) \"'",
    "'; DROP TABLE x; --",
    '"; DROP TABLE x; --',
    ":name :'name' :\"name\"",
    "\\! touch /tmp/x",
    "--help",
    "@file",
    "=1+1",
    "![x](http://evil.example/x.png)",
    "@everyone #1 <!channel> <b> | ``` ~~x~~",
    "http://evil.example www.evil.example",
    "\r\nb",
    "]]>",
    " a ",
    "",
)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WORDS = st.sampled_from(NASTY) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from(string.punctuation + " \n\t"), max_size=40
)
FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def nasty(test: object) -> object:
    """Try what is known to be nasty each time, not by chance."""
    for text in NASTY:
        test = example(text)(test)  # type: ignore[operator]
    return test


# systemd


def logical_lines(text: str) -> list[str]:
    """Read lines as systemd does: one goes on where its last backslash is no escaped one."""
    found: list[str] = []
    going_on = ""
    for line in text.split("\n"):
        escaped = False
        for character in line:
            escaped = character == "\\" and not escaped
        if escaped:
            going_on += line[:-1] + " "
            continue
        found.append(going_on + line)
        going_on = ""
    return found


def settings_of(unit: str) -> list[tuple[str, str]]:
    """Return the settings of a unit, in their order."""
    lines = [line.strip() for line in logical_lines(unit)]
    return [
        (name.strip(), value.strip())
        for line in lines
        if line and line[0] not in "#;["
        for name, _, value in [line.partition("=")]
    ]


def without_specifiers(text: str) -> str:
    assert not re.search(r"%[^%]", text.replace("%%", "")), text
    return text.replace("%%", "%")


def words_of(value: str) -> list[str]:
    """Split a command line as systemd does: quotes, C escapes, then specifiers and variables; a bare `;` begins another command."""
    found, at = [], 0
    while at < len(value):
        if value[at] in " \t\n\r":
            at += 1
            continue
        assert not (value[at] == ";" and value[at + 1 : at + 2] in ("", " ")), "another command"
        word, quote = "", ""
        while at < len(value) and (quote or value[at] not in " \t\n\r"):
            character = value[at]
            if character == "\\":
                known = {"\\": "\\", '"': '"', "'": "'", "s": " ", "n": "\n", "t": "\t", "r": "\r"}
                if value[at + 1] == "x":
                    word += chr(int(value[at + 2 : at + 4], 16))
                    at += 4
                    continue
                word += known[value[at + 1]]
                at += 2
                continue
            if quote:
                quote = "" if character == quote else quote
                word += "" if not quote else character
            elif character in "\"'":
                quote = character
            else:
                word += character
            at += 1
        assert not quote
        word = without_specifiers(word)
        assert not re.search(r"\$[^$]", word.replace("$$", "")), word
        found.append(word.replace("$$", "$"))
    return found


@FEW
@nasty
@given(WORDS)
def test_a_word_of_a_unit_is_that_word(text: str) -> None:
    (setting,) = settings_of(f"ExecStart=/bin/x {systemd.word(text)}")
    assert words_of(setting[1]) == ["/bin/x", text]


@FEW
@nasty
@given(WORDS)
def test_a_description_of_a_unit_is_one_line_and_no_setting_besides(text: str) -> None:
    found = settings_of(f"Description={systemd.value(text)}\nType=exec")
    assert [name for name, _ in found] == ["Description", "Type"]
    assert without_specifiers(found[0][1]) == escape_control_chars(" ".join(text.split()))


@FEW
@nasty
@given(WORDS)
def test_a_path_of_a_unit_is_that_path_or_refused(text: str) -> None:
    try:
        written = systemd.path(f"/{text}")
    except ValueError:
        assert re.search(r"[\x00-\x1f\x7f]", text) or text != text.rstrip()
        return
    found = settings_of(f"WorkingDirectory={written}\nType=exec")
    assert without_specifiers(found[0][1]) == f"/{text}"
    assert found[1] == ("Type", "exec")


@pytest.mark.parametrize("name", [name for name in NASTY if name.strip() and "/" not in name])
def test_a_unit_holds_nothing_that_a_name_or_a_folder_says(tmp_path: Path, name: str) -> None:
    made = ProjectFolder.make(tmp_path / name)
    expected = (
        [each for each, _ in settings_of(unit_text(projects.load(made.folder), (), Path("/c")))] if plain(name) else []
    )
    made.write("backhaul.toml", {"name": f"x{name}", "secrets": {"from": "environment"}})
    loaded = projects.load(made.folder)
    if not plain(name):
        with pytest.raises(UsageError, match="systemd cannot represent this name"):
            unit_text(loaded, (), Path("/c"))
        return
    unit = unit_text(loaded, (), Path("/c"))
    found = settings_of(unit)
    assert [each for each, _ in found] == expected
    (command,) = (value for each, value in found if each == "ExecStart")
    assert words_of(command)[-2:] == ["--project", str(made.folder)]
    assert dict(found)["ExecStart"] == command


def plain(name: str) -> bool:
    return not re.search(r"[\x00-\x1f]", name) and name == name.strip()


# SQL


@FEW
@nasty
@given(WORDS)
def test_sql_reads_a_literal_and_a_name_as_they_were(text: str) -> None:
    with duckdb.connect() as connection:
        name = text or "x"
        row = connection.execute(f"SELECT {sql.literal(text)} AS {sql.quoted_identifier(name)}")
        assert row.description is not None
        assert row.description[0][0] == name
        assert row.fetchall() == [(text,)]


def test_psql_reads_names_and_literals_as_they_were(postgres: Server) -> None:
    """All in one script, since psql has to be started: it says the names of the columns and their values."""
    texts = [*filter(None, NASTY), *sorted(sql._RESERVED), *characters()]
    statements = [f"SELECT {sql.literal(text)} AS {sql.identifier(text[:40])};\n" for text in texts]
    done = psql(postgres, r"\set name stolen" + "\n" + "".join(statements), "--csv", "-q")
    assert done.stderr == b""
    found = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))
    assert [row[0] for row in found] == [each for text in texts for each in (text[:40], text)]


def characters() -> list[str]:
    """Every character that ASCII can print, beside a letter, twice, and behind a quote."""
    return [text for each in string.punctuation for text in (f"a{each}b", each * 2, f"\"'{each}\\", f"{each}name")]


def psql(server: Server, script: str, *words: str, database: str = "postgres") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("psql")
    if program is None:
        pytest.skip("this machine has no psql")
    with server.connect() as connection:
        user, password = connection.info.user, connection.info.password
    return subprocess.run(
        [
            program,
            "-X",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            server.host,
            "-p",
            str(server.port),
            "-U",
            user,
            "-d",
            database,
            *words,
            "-f",
            "-",
        ],
        input=script.encode(),
        capture_output=True,
        timeout=60,
        check=False,
        env={"PGPASSWORD": password, "LC_ALL": "C.UTF-8"},
    )


@pytest.mark.parametrize(
    "name", [text for text in NASTY if escape_control_chars(text) == text and text.strip() and text != "--help"]
)
def test_psql_runs_a_set_up_script_and_nothing_that_its_names_say(
    postgres: Server, postgres_database: Database, tmp_path: Path, name: str
) -> None:
    user = f"q{name}"
    postgres_database.execute("CREATE TABLE x (n integer)", f"CREATE SCHEMA {sql.identifier(name)}")
    script = warehouse_type("postgres").setup_script(
        SetupNames(user=user, database=postgres_database.name, schemas=(name,), verifier="SCRAM-SHA-256$4096:x$y:z")
    )
    done = psql(postgres, script, database=postgres_database.name)
    try:
        assert done.returncode == 0, done.stderr
        with postgres_database.connect() as connection:
            assert connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [user]).fetchone() == (1,)
            assert connection.execute("SELECT has_schema_privilege(%s, %s, 'USAGE')", [user, name]).fetchone() == (
                True,
            )
            assert connection.execute("SELECT count(*) FROM x").fetchone() == (0,)
    finally:
        postgres_database.execute(f"DROP OWNED BY {sql.identifier(user)}", f"DROP ROLE {sql.identifier(user)}")


@pytest.mark.parametrize("kind", ["postgres", "redshift", "snowflake", "bigquery"])
@pytest.mark.parametrize("key", ["user", "role", "warehouse", "project", "database", "schemas"])
def test_a_name_with_a_line_break_has_no_script(kind: str, key: str) -> None:
    assert kind in types()
    name = "a\nDROP TABLE people;"
    with pytest.raises(UsageError, match="no name for a set-up script"):
        warehouse_type(kind).setup_script(SetupNames(**{key: (name,) if key == "schemas" else name}))


def test_the_command_says_so(tmp_path: Path) -> None:
    made = ProjectFolder.make(tmp_path)
    done = made.run("setup-sql", "postgres", "--user", "a\n\\! touch canary")
    assert done.code == 2
    assert done.out == ""
    assert "line break" in done.err


# a shell


def test_a_shell_reads_every_word_as_it_was() -> None:
    texts = [*NASTY, *characters()]
    script = "printf '%s\\0' " + " ".join(shell.file(text) for text in texts)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
    found = done.stdout.decode().split("\0")[:-1]
    assert found == [f"./{text}" if text.startswith("-") else text for text in texts]


def test_a_command_about_a_key_takes_a_file_whose_name_begins_with_a_dash_for_a_file() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    for name in ("-rf", "--help", "a b;id", "$(id)"):
        command = command_for(recognise(text), name)
        assert f" {shell.file(name)} " in f"{command} "


def test_curl_takes_no_address_for_a_pattern() -> None:
    assert shell.url_options("https://x.example/{a,b}") == ["-g"]
    assert shell.url_options("https://[::1]/v1") == ["-g"]
    assert shell.url_options("https://x.example/v1") == []


# Markdown, Slack, CSV, TOML, Prometheus


@FEW
@nasty
@given(WORDS)
def test_markdown_shows_a_text_and_does_nothing_of_it(text: str) -> None:
    reader = READER
    shown = escape_control_chars(text)
    for line in ("- {}: x", "### {} → x", "- changed: {}", "x {} y"):
        made = reader.render(line.format(markdown.code(text)))
        (found,) = re.findall(r"<code>(.*?)</code>", made, re.DOTALL) or [None]
        if shown.strip(" "):
            assert html.unescape(found) == shown
        rest = re.sub(r"<code>.*?</code>", "", made, flags=re.DOTALL)
        assert set(re.findall(r"</?(\w+)", rest)) <= {"ul", "li", "h3", "p"}


def test_a_plan_in_markdown_shows_rows_and_does_nothing_of_them(tmp_path: Path) -> None:
    made = ProjectFolder.make(tmp_path / "project")
    made.file()
    made.duckdb("CREATE TABLE people (id VARCHAR, name VARCHAR)")
    with duckdb.connect(str(made.folder / "warehouse.duckdb")) as connection:
        connection.executemany(
            "INSERT INTO people VALUES (?, ?)", [[f"u{n}{text}", "old"] for n, text in enumerate(NASTY[:9])]
        )
    made.sync("people", 'SELECT id AS "userId", name FROM people ORDER BY id', to=("files",))
    assert made.run("run", "people").code == 0
    with duckdb.connect(str(made.folder / "warehouse.duckdb")) as connection:
        connection.executemany(
            "UPDATE people SET name = ? WHERE id LIKE ?", [[text, f"u{n}%"] for n, text in enumerate(NASTY[:9])]
        )
        connection.executemany("INSERT INTO people VALUES (?, ?)", [[f"v{text}", text] for text in NASTY[9:]])
    out = made.run("plan", "people", "--markdown").out
    assert "![x](http://evil.example/x.png)" in out
    rest = re.sub(r"<code>.*?</code>", "", READER.render(out), flags=re.DOTALL)
    assert "<table>" in rest
    assert not re.findall(r"<(?:img|a|b|script|del|em|strong|pre)\b", rest)
    assert "evil.example" not in rest
    assert "@" not in rest


@FEW
@nasty
@given(WORDS)
def test_slack_mentions_nobody(text: str) -> None:
    written = slack.text(text)
    assert not set(written) & set("<>")
    assert written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@FEW
@nasty
@given(WORDS)
def test_a_cell_is_no_formula_and_json_lines_keep_every_character(tmp_path: Path, text: str) -> None:
    for name in ("x.csv", "x.jsonl"):
        (tmp_path / name).unlink(missing_ok=True)
    write_rows(tmp_path / "x.csv", ["name", "n"], [[text, 1]])
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        _heads, (cell, number) = csv.reader(file)
    assert number == "1"
    shown = escape_control_chars(text, lines=True)
    assert cell in (shown, f"'{shown}")
    assert not re.match(r"[=+\-@\t\r＝＋－＠]", cell) or re.fullmatch(r"[+-]?[0-9.]+", cell)
    assert spreadsheet.cell("+1\n") == "'+1\n"
    (line,) = (tmp_path / "x.csv").read_text("utf-8").splitlines()[:1]
    assert line == '"name","n"'  # where a spreadsheet parts cells at ; a cell stays one
    assert spreadsheet.cell("-12.5") == "-12.5"
    write_rows(tmp_path / "x.jsonl", ["name"], [[text]])
    assert json.loads((tmp_path / "x.jsonl").read_text("utf-8"))["name"] == text


@FEW
@nasty
@given(WORDS)
def test_a_file_of_the_project_reads_back_what_was_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.toml"
    write_file(file, {"a": text, "b": [text], "c": {text: text}})
    set_value(file, "d", text)
    assert tomllib.loads(file.read_text("utf-8")) == {"a": text, "b": [text], "c": {text: text}, "d": text}


@FEW
@nasty
@given(WORDS)
def test_a_label_of_the_metrics_is_that_text(text: str) -> None:
    (family,) = text_string_to_metric_families(f'x{{name="{prometheus.label(text)}"}} 1\n')
    assert family.samples[0].labels == {"name": text}
