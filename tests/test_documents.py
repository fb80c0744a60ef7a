"""What the documents name exists: commands, options, keys, settings, rules, topics, paths; and their examples work.

Documents are the README, the user's guide and the pages for developers. Conventions that this test relies on, and holds:

    **^G**                  a key of the standard preset, as the console shows it
    `:edit users`           a command of the console
    `backhaul run --yes`    a command with its options; so is each line of a fence ```sh that begins so
    ```toml                 begins with the name of its file in a comment, where it is a file of a project; keys that the file
                            needs and the example leaves out are filled in
    ```sql postgres track   the dialect, and the call where it is not identify
    ## "There is no …"      a heading of core/guide/troubleshooting.md is a message; … stands for what differs
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from core import project as projects
from core.cli import backhaul
from core.guide import pages
from core.lint import Context, lint, rules
from core.model import CallType, Severity
from core.project.files import GuardsFile
from core.project.schema import schemas
from core.query import DIALECTS
from tests.projects import ProjectFolder
from tui.actions import ACTIONS
from tui.keys import load, shown
from tui.preferences import read as read_preferences
from tui.screens.palette import _SHORT

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "core" / "guide"
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob(".github/*.md"),
        *GUIDE.glob("*.md"),
        *(file for part in ("core", "tui", "tests") for file in (ROOT / part).rglob("README.md")),
    ]
)
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
KEY = re.compile(r"\^.+|M-.|F[0-9]+|\S|Enter|Esc|Tab|PgUp|PgDn|space|[←→↑↓]")
SETTING = re.compile(r"([a-z_]+) = .+")
PATH = re.compile(r"(?:core|tui|tests|screenshots|\.ci|\.github)/[\w./*<>-]*")
PLACEHOLDER = re.compile(r"[A-Z\[{].*")


@dataclass(frozen=True)
class Document:
    file: Path

    @property
    def text(self) -> str:
        return self.file.read_text("utf-8")

    @property
    def prose(self) -> str:
        """Return the text without its fences."""
        return FENCE.sub("", self.text)

    @property
    def codes(self) -> list[str]:
        return CODE.findall(self.prose)

    def fences(self, language: str) -> list[tuple[list[str], str]]:
        """Return what the fences of a language say behind it, and what is in them."""
        found = [(info.split(), body) for _indent, info, body in FENCE.findall(self.text)]
        return [(info[1:], body) for info, body in found if info[:1] == [language]]


OF_THE_PROGRAM = [file for file in DOCUMENTS if not file.is_relative_to(ROOT / "tests")]
"""Those whose options and settings are Backhaul's own; those of the tests name the tests' programs."""


def named_after(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.fixture(params=DOCUMENTS, ids=named_after)
def document(request: pytest.FixtureRequest) -> Document:
    return Document(request.param)


def commands_of(document: Document) -> Iterator[list[str]]:
    """Yield the words behind `backhaul` of each command that a document has, in code or in a fence."""
    lines = [code for code in document.codes if code.startswith("backhaul ")]
    for language in ("sh", "yaml"):
        lines += [line for _info, body in document.fences(language) for line in body.splitlines()]
    for line in lines:
        for part in re.split(r"&&|\|\||[|;<>#)]", re.sub(r"\$\((.*?)\)|\"[^\"]*\"", r"\1", line)):
            found = re.search(r"(?:^|[\s/])backhaul(?:\s+(.*))?$", part.strip().removeprefix("- run: "))
            if found and not re.match(r"\s*(?:alias|cd|ls)\b", part):
                yield shlex.split(found[1] or "")


@functools.cache
def all_options() -> frozenset[str]:
    def walk(command: click.Command, context: click.Context) -> Iterator[str]:
        yield from (name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts))
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from walk(found, click.Context(found, info_name=name, parent=context))

    return frozenset(walk(backhaul, click.Context(backhaul, info_name="backhaul")))


@functools.cache
def all_settings() -> frozenset[str]:
    def walk(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema.get("properties", {})
            for part in schema.values():
                yield from walk(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from walk(part)

    return frozenset(walk(json.loads(json.dumps(schemas(), default=str))))


def test_every_command_and_option_exists(document: Document) -> None:
    for said in commands_of(document):
        words = said
        command: click.Command = backhaul
        context = click.Context(backhaul, info_name="backhaul")
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            if PLACEHOLDER.fullmatch(words[0]) and command is not backhaul:
                break
            found = command.get_command(context, words[0])
            assert found is not None, f"backhaul {' '.join(words)}"
            command, context, words = found, click.Context(found, info_name=words[0], parent=context), words[1:]
        known = {name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts)}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
        assert unknown == [], f"{context.command_path} {' '.join(words)}"
        if command.name == "guide" and words and not PLACEHOLDER.fullmatch(words[0]):
            assert words[0] in {each.topic for each in pages()}


@pytest.mark.parametrize("document", OF_THE_PROGRAM, indirect=True, ids=named_after)
def test_an_option_that_stands_alone_is_one_of_some_command(document: Document) -> None:
    alone = [code.split()[0] for code in document.codes if re.match(r"--[a-z]", code)]
    assert [option for option in alone if option not in all_options()] == []


def test_every_command_of_the_console_exists(document: Document) -> None:
    known = {action.command for action in ACTIONS.values()} | set(_SHORT)
    named = [code[1:].split() for code in document.codes if re.match(r":[a-z]", code)]
    assert [words for words in named if words[0] not in known] == []
    topics = {each.topic for each in pages()}
    assert [words for words in named if words[0] == "guide" and words[1:] and words[1] not in topics] == []


def test_every_key_exists(document: Document) -> None:
    keys = load("standard")
    known = {shown(key) for action in ACTIONS for key in keys.of(action)}
    prose = document.prose
    named = [text for text in BOLD.findall(prose) if KEY.fullmatch(text)]
    named += [code for code in document.codes if re.fullmatch(r"\^[A-Z]|M-.", code)]
    assert [key for key in named if key not in known] == []


@pytest.mark.parametrize(
    "document", [each for each in OF_THE_PROGRAM if each != GUIDE / "README.md"], indirect=True, ids=named_after
)
def test_every_setting_exists(document: Document) -> None:
    named = [found[1] for code in document.codes if (found := SETTING.fullmatch(code))]
    for table in re.findall(r"^\| (?:setting|guard) \|.*\n\|.*\n((?:\|.*\n)+)", document.prose, re.MULTILINE):
        named += [name for row in table.splitlines() for name in CODE.findall(row.split("|")[1])]
    assert [name for name in named if name not in all_settings()] == []


def test_every_path_exists(document: Document) -> None:
    named = [code for code in document.codes if PATH.fullmatch(code)]
    missing = [path for path in named if not any(ROOT.glob(re.sub(r"<[^>]+>", "*", path).rstrip("/")))]
    assert missing == []
    links = [link.partition("#")[0] for link in LINK.findall(document.text) if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in links if not (document.file.parent / link).exists()] == []


def test_every_module_that_is_run_exists(document: Document) -> None:
    for name in re.findall(r"-m (tests[\w.]*)", document.text):
        assert importlib.util.find_spec(name) is not None, name


def test_every_variable_of_the_environment_is_read_somewhere(document: Document) -> None:
    named = set(re.findall(r"BACKHAUL_[A-Z][A-Z_]*[A-Z]", document.text))
    of_secrets = ("BACKHAUL_SOURCES_", "BACKHAUL_DESTINATIONS_")
    assert {name for name in named if not name.startswith(of_secrets) and name not in source_text()} == set()


@functools.cache
def source_text() -> str:
    files = [file for part in ("core", "tui", "tests") for file in (ROOT / part).rglob("*.py")]
    return "\n".join(file.read_text("utf-8") for file in files if file != Path(__file__))


def test_every_rule_that_is_named_exists(document: Document) -> None:
    names = re.findall(r"(?:backhaul: ignore|--explain) ([a-z][a-z-]+)", document.text)
    assert [name for name in names if name not in {rule.name for rule in rules()}] == []


def test_nothing_of_a_machine_is_in_a_document(document: Document) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|tmp|root|home)/", document.text) == []


def toml_examples() -> list[Any]:
    found = []
    for file in DOCUMENTS:
        document = Document(file)
        for number, (_info, body) in enumerate(document.fences("toml"), 1):
            name = re.match(r"# (\S+)\n", body)
            where = f"{file.relative_to(ROOT)}-{number}"
            found.append(pytest.param(name[1] if name else "", body, id=where))
    return found


@pytest.mark.parametrize(("name", "body"), toml_examples())
def test_an_example_of_a_file_can_be_read(
    name: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = tomllib.loads(body)
    if name.endswith("console.toml"):
        (tmp_path / "backhaul").mkdir()
        (tmp_path / "backhaul" / "console.toml").write_text(body, "utf-8")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        chosen = read_preferences()
        assert chosen.problem == ""
        load(chosen.preset, chosen.keys)
        return
    if not re.match(r"backhaul\.toml|(sources|destinations|syncs)/", name):
        return
    project = ProjectFolder.make(tmp_path)
    if name.startswith("syncs/"):
        values = {"source": "prod", "call": "identify", **values}
        for destination in values.get("destinations", ()):
            deletes = {"type": "customerio"} if values.get("removed") else {"type": "file", "folder": destination}
            project.write(f"destinations/{destination}.toml", deletes)
        project.write(f"sources/{values['source']}.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
        project.write(name.replace(".toml", ".sql"), "SELECT id AS userId, plan FROM users")
    if name == "backhaul.toml":
        values = {"name": "acme", **values}
        for sync in {sync for alert in values.get("alerts", {}).values() for sync in alert.get("syncs", ())}:
            project.write("sources/prod.toml", {"type": "duckdb", "path": "warehouse.duckdb"})
            project.write(f"syncs/{sync}.toml", {"source": "prod", "call": "identify"})
            project.write(f"syncs/{sync}.sql", "SELECT id AS userId, plan FROM users")
    project.write(name, values)
    found = projects.load(tmp_path, looking=True)
    assert {str(file): str(error) for file, error in found.broken.items()} == {}


def sql_examples() -> list[Any]:
    return [
        pytest.param(info, body, id=f"{file.relative_to(ROOT)}-{number}")
        for file in DOCUMENTS
        for number, (info, body) in enumerate(Document(file).fences("sql"), 1)
    ]


@pytest.mark.parametrize(("info", "body"), sql_examples())
def test_an_example_of_sql_has_no_error_in_its_dialect(info: list[str], body: str) -> None:
    dialect, *call = info
    assert dialect in DIALECTS
    context = Context(dialect=dialect, call=CallType(call[0] if call else "identify"))
    errors = [found for found in lint(body, context) if found.severity is Severity.ERROR]
    assert [f"{found.line}: {found.message}" for found in errors] == []


def test_the_readme_is_a_front_page() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) < 150
    assert text.count("<!-- the test command -->") == 1
    assert "python -m tests\n" in text


def test_the_editors_page_has_a_line_for_each_rule() -> None:
    listed = re.findall(
        r"^\| `([a-z-]+)` \| (error|warning|hint) \|", (GUIDE / "editor.md").read_text("utf-8"), re.MULTILINE
    )
    assert listed == [(rule.name, rule.severity.value) for rule in rules()]


def test_the_page_of_guards_has_a_line_for_each_setting_and_names_each_guard() -> None:
    text = (GUIDE / "guards.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)
    assert set(listed) == set(GuardsFile.__dataclass_fields__)
    named = set(re.findall(r'guard="([a-z_]+)"', source_text()))
    assert {name for name in named if f"`{name}`" not in text} == set()


def test_the_page_of_commands_has_each_command() -> None:
    text = (GUIDE / "commands.md").read_text("utf-8")
    names = backhaul.list_commands(click.Context(backhaul))
    assert [name for name in names if f"`backhaul {name}" not in text] == []


def test_the_messages_of_the_troubleshooting_page_are_those_of_the_program() -> None:
    said = said_in_the_source()
    heads = re.findall(r'^## "(.+)"$', (GUIDE / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)
    assert len(heads) >= 20
    parts = [part.strip(" .") for head in heads for part in head.split("…")]
    assert [part for part in parts if len(part) > 3 and not any(part in text for text in said)] == []


def said_in_the_source() -> list[str]:
    """Return the texts of the source; what is put into one is left out."""
    files = [*(ROOT / "core").rglob("*.py"), *(ROOT / "tui").rglob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8"))))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
