"""`backhaul lint`: what is wrong with a query, where, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.opening import complete_sync, open_project, open_syncs
from core.cli.output import fail, folder_option, json_option, print_json, say
from core.errors import UsageError
from core.model import CallType

if TYPE_CHECKING:
    from core.lint import Context
    from core.model import Project, Sync

__all__ = ["lint"]

_DIALECTS = ("duckdb", "postgres", "redshift", "snowflake", "bigquery")


@click.command()
@click.argument("names", nargs=-1, shell_complete=complete_sync)
@click.option("--dialect", type=click.Choice(_DIALECTS), help="For a file that belongs to no sync.")
@click.option(
    "--call", type=click.Choice([each.value for each in CallType]), help="For a file that belongs to no sync."
)
@click.option("--fix", is_flag=True, help="Mend what is certain.")
@click.option("--explain", "rule", default="", help="Show the page of a rule.")
@folder_option
@json_option
def lint(
    names: tuple[str, ...],
    *,
    dialect: str | None,
    call: str | None,
    fix: bool,
    rule: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Find what is wrong in the queries of NAMES (syncs, or files of SQL); in all syncs where none is named."""
    from core.lint import apply_fixes, page
    from core.lint import lint as find

    if rule:
        text = page(rule)
        print_json({"rule": rule, "page": text}) if as_json else say(text)
        return
    document: list[dict[str, Any]] = []
    errors = 0
    for file, text, context in _queries(names, dialect, call, folder):
        findings = find(text, context)
        if fix and (mended := apply_fixes(text, findings)) != text:
            from core.project.write import write_text

            write_text(file, mended)
            fixed = sum(1 for finding in findings if finding.fix)
            findings = find(mended, context)
            if not as_json:
                say(f"{file}: {fixed} mended", sign="ok")
        errors += len(findings)
        document += [{"file": str(file), **asdict(finding)} for finding in findings]
        if not as_json:
            _print(file, findings)
    if as_json:
        print_json(document)
    elif not errors:
        say("No findings.", sign="ok")
    fail(1 if errors else 0)


def _print(file: Path, findings: Any) -> None:
    signs = {"error": "bad", "warning": "warn", "hint": "none"}
    for finding in findings:
        say(
            f"{file}:{finding.line}:{finding.column} {finding.message} [{finding.rule}]",
            sign=signs[finding.severity.value],
        )
        if finding.fix:
            say(f"    fix: {finding.fix.label} (--fix)", dim=True)


def _queries(
    names: tuple[str, ...], dialect: str | None, call: str | None, folder: Path | None
) -> list[tuple[Path, str, Context]]:
    """Give file, text and context of each query that was asked for."""
    from core import project as projects
    from core.lint import Context

    files = [Path(name) for name in names if name.endswith(".sql")]
    syncs = tuple(name for name in names if not name.endswith(".sql"))
    here = folder or projects.find(Path.cwd())
    project = open_project(folder) if here else None
    found = []
    for file in files:
        owner = _owner(project, file)
        if owner and project and not dialect:
            found.append(_of_sync(project, owner))
        elif dialect:
            context = Context(dialect=dialect, call=CallType(call) if call else None)
            found.append((file, _read(file), context))
        else:
            raise UsageError(
                f"{file} belongs to no sync.", remedy="Say its dialect with --dialect, and its call with --call."
            )
    if syncs or not files:
        project = project or open_project(folder)
        chosen = open_syncs(project, syncs) if syncs else tuple(project.syncs.values())
        found += [_of_sync(project, sync) for sync in chosen]
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.", remedy="Save it as UTF-8.") from error


def _owner(project: Project | None, file: Path) -> Sync | None:
    if project is None:
        return None
    return next((sync for sync in project.syncs.values() if sync.query_path == file.absolute()), None)


def _of_sync(project: Project, sync: Sync) -> tuple[Path, str, Context]:
    from core.lint import Context
    from core.warehouses import warehouse_type

    context = Context(
        dialect=warehouse_type(project.sources[sync.source].type).dialect,
        call=sync.call,
        columns=sync.columns,
        disabled=project.disabled_rules,
    )
    return sync.query_path, sync.query, context
