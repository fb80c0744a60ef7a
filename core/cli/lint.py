"""`backhaul lint`: what is wrong with a query, where, and how to mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the words of the command say of the queries."""

    dialect: str | None
    call: CallType | None
    folder: Path | None
    read_catalogue: bool


@click.command()
@click.argument("names", nargs=-1, shell_complete=complete_sync)
@click.option("--dialect", type=click.Choice(_DIALECTS), help="For a file that belongs to no sync.")
@click.option(
    "--call", type=click.Choice([each.value for each in CallType]), help="For a file that belongs to no sync."
)
@click.option("--fix", is_flag=True, help="Mend what is certain.")
@click.option("--explain", "rule", default="", help="Show the page of a rule.")
@click.option(
    "--read-catalogue",
    is_flag=True,
    help="Read tables and columns of the sources first. They are kept; without this, what was kept last is used.",
)
@folder_option
@json_option
def lint(
    names: tuple[str, ...],
    *,
    dialect: str | None,
    call: str | None,
    fix: bool,
    rule: str,
    read_catalogue: bool,
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
    asked = _Asked(dialect=dialect, call=CallType(call) if call else None, folder=folder, read_catalogue=read_catalogue)
    for file, text, context in _queries(names, asked):
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


def _queries(names: tuple[str, ...], asked: _Asked) -> list[tuple[Path, str, Context]]:
    """Give file, text and context of each query that was asked for."""
    from core import project as projects
    from core.context import context_of

    files = [Path(name) for name in names if name.endswith(".sql")]
    here = asked.folder or projects.find(Path.cwd())
    project = open_project(asked.folder) if here else None
    chosen: list[tuple[Path, Sync | None]] = []
    for file in files:
        owner = _owner(project, file) if not asked.dialect else None
        if owner is None and not asked.dialect:
            raise UsageError(
                f"{file} belongs to no sync.", remedy="Say its dialect with --dialect, and its call with --call."
            )
        chosen.append((file, owner))
    syncs = tuple(name for name in names if not name.endswith(".sql"))
    if syncs or not files:
        project = project or open_project(asked.folder)
        chosen += [
            (sync.query_path, sync) for sync in (open_syncs(project, syncs) if syncs else project.syncs.values())
        ]
    if project and asked.read_catalogue:
        _read_catalogues(project, {sync.source for _, sync in chosen if sync})
    return [
        (owner.query_path, owner.query, context_of(project, sync=owner))
        if owner
        else (file, _read(file), context_of(dialect=asked.dialect or "", call=asked.call))
        for file, owner in chosen
    ]


def _read_catalogues(project: Project, sources: set[str]) -> None:
    """Read the catalogues of sources anew."""
    from core import secrets
    from core.context import read

    for name in sorted(sources):
        read(project, project.sources[name], secrets.reader(project))


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
