"""`backhaul templates`: queries to begin with, for the tables that vendors and loaders make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from core.cli.output import folder_option, json_option, print_json, say, table
from core.cli.project_args import open_project
from core.errors import UsageError

if TYPE_CHECKING:
    from core.templates import Template

__all__ = ["templates"]

_DIALECTS = ("duckdb", "postgres", "redshift", "snowflake", "bigquery")


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the names of templates, for the shell."""
    from core.templates import templates as known

    return [CompletionItem(each.name, help=each.title) for each in known() if each.name.startswith(incomplete)]


@click.command()
@click.argument("name", default="", shell_complete=_complete)
@click.option("--dialect", type=click.Choice(_DIALECTS), help="The SQL to write it in.")
@click.option("--source", default="", help="Write it in the SQL of this source of the project.")
@folder_option
@json_option
def templates(name: str, *, dialect: str | None, source: str, folder: Path | None, as_json: bool) -> None:
    """List queries to begin with; or print that of NAME, to be kept as syncs/<name>.sql."""
    from core.templates import template
    from core.templates import templates as known

    wanted = _dialect(dialect, source, folder)
    if not name:
        if as_json:
            print_json([_document(each, wanted) for each in known()])
            return
        table([(each.name, each.call.value, each.category, each.title) for each in known()], _HEADER)
        return
    one = template(name)
    if not wanted:
        raise UsageError(
            "A template is written in the SQL of one warehouse.",
            remedy=f"Name it with --dialect ({', '.join(_DIALECTS)}), or a source of the project with --source.",
        )
    print_json(_document(one, wanted)) if as_json else say(one.text(wanted).rstrip("\n"))


_HEADER = ("NAME", "CALL", "CATEGORY", "TITLE")


def _dialect(dialect: str | None, source: str, folder: Path | None) -> str:
    """Return the dialect that is wanted: the one that is named, else that of the source; "" where neither is."""
    if dialect or not source:
        return dialect or ""
    from core.plugins import nearest
    from core.warehouses import warehouse_type

    project = open_project(folder, looking=True)
    if source not in project.sources:
        raise UsageError(f"There is no source {source!r}.{nearest(source, list(project.sources))}")
    return warehouse_type(project.sources[source].type).dialect


def _document(one: Template, dialect: str) -> dict[str, Any]:
    """Return a template's stable form; its text only where a dialect is named."""
    document = {
        "name": one.name,
        "title": one.title,
        "category": one.category,
        "call": one.call.value,
        "description": one.description,
        "tables": list(one.tables),
        "loader": one.loader,
        "notes": one.notes,
    }
    return {**document, "dialect": dialect, "text": one.text(dialect)} if dialect else document
