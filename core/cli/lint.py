"""`backhaul lint`: what is wrong with a query, where, and how to fix it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import fail, folder_option, json_option, print_json, say
from core.cli.project_args import complete_sync, open_project, open_syncs
from core.control_chars import escape_control_chars
from core.errors import UsageError
from core.model import CallType, Severity

if TYPE_CHECKING:
    from core.lint import Context
    from core.model import Finding, Project, Sync

__all__ = ["DIALECTS", "lint"]

DIALECTS = ("duckdb", "postgres", "redshift", "snowflake", "bigquery")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the words of the command say of the queries."""

    dialect: str | None
    call: CallType | None
    destination: str
    folder: Path | None
    read_catalogue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Linted:
    """A query with its findings; `fixed` were fixed in its file before."""

    file: Path
    text: str
    findings: tuple[Finding, ...]
    fixed: int = 0


def _complete_destination(_context: click.Context, _parameter: click.Parameter, beginning: str) -> list[str]:
    """Return the types of destinations that begin so, for the shell."""
    from core.destinations import types

    return [name for name in types() if name.startswith(beginning)]


@click.command()
@click.argument("names", nargs=-1, shell_complete=complete_sync)
@click.option("--dialect", type=click.Choice(DIALECTS), help="For a file that belongs to no sync.")
@click.option(
    "--call", type=click.Choice([each.value for each in CallType]), help="For a file that belongs to no sync."
)
@click.option(
    "--destination",
    metavar="TYPE",
    default="",
    shell_complete=_complete_destination,
    help="A type of destination whose rules apply to a file that belongs to no sync, such as segment.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that are certain.")
@click.option("--explain", "rule", default="", help="Show the page of a rule.")
@click.option(
    "--read-catalogue",
    is_flag=True,
    help="Read tables and columns of the sources first. They are cached; without this, the cache is used.",
)
@click.option("--strict", is_flag=True, help="End with exit code 1 where there are warnings, too.")
@click.option("--github", "as_github", is_flag=True, help="Print annotations for a pull request on GitHub.")
@folder_option
@json_option
def lint(
    names: tuple[str, ...],
    *,
    dialect: str | None,
    call: str | None,
    destination: str,
    fix: bool,
    rule: str,
    read_catalogue: bool,
    strict: bool,
    as_github: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Find what is wrong in the queries of NAMES (syncs, or files of SQL); in all syncs where none is named.

    Ends with exit code 1 where there is an error. Warnings and hints are shown, and let a pull request pass: a warning is often meant,
    and `-- backhaul: ignore RULE` at its line says so; --strict fails on warnings too.
    """
    if rule:
        from core.lint import page

        text = page(rule)
        print_json({"rule": rule, "page": text}) if as_json else say(text)
        return
    if as_json and as_github:
        raise UsageError("--json and --github are two forms of the same findings.", remedy="Take one of them.")
    asked = _Asked(
        dialect=dialect,
        call=CallType(call) if call else None,
        destination=destination,
        folder=folder,
        read_catalogue=read_catalogue,
    )
    found = [_linted(*query, fix=fix) for query in _queries(names, asked)]
    found += _broken_files(asked) if not names else []
    if as_json:
        print_json([{"file": str(each.file), **asdict(finding)} for each in found for finding in each.findings])
    elif as_github:
        _print_annotations(found)
    else:
        _print(found)
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    fail(1 if any(finding.severity in failing for each in found for finding in each.findings) else 0)


def _broken_files(asked: _Asked) -> list[_Linted]:
    """Return what is wrong with files of the project that cannot be used: a pull request that breaks one does not pass."""
    from core.model import Finding

    found = []
    for file, error in open_project(asked.folder, quiet=True, looking=True).broken.items():
        problem = Finding(
            rule="broken-file", severity=Severity.ERROR, message=str(error), start=0, end=0, line=1, column=1
        )
        found.append(_Linted(file=file, text="", findings=(problem,)))
    return found


def _linted(file: Path, text: str, context: Context, *, fix: bool) -> _Linted:
    """Find what is wrong in a query, and fix in its file what is certain where that is asked for."""
    from core.lint import fix_all
    from core.lint import lint as find
    from core.project.write import write_text

    fixed = 0
    if fix:
        text, fixed = fix_all(text, context)
    if fixed:
        write_text(file, text)
    return _Linted(file=file, text=text, findings=find(text, context), fixed=fixed)


def _print(found: list[_Linted]) -> None:
    """Print findings for people."""
    signs = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.HINT: "none"}
    for each in found:
        if each.fixed:
            say(f"{escape_control_chars(each.file)}: {each.fixed} fixed", sign="ok")
        for finding in each.findings:
            place = f"{escape_control_chars(each.file)}:{finding.line}:{finding.column}"
            say(f"{place} {finding.message} [{finding.rule}]", sign=signs[finding.severity])
            if finding.fix:
                say(f"    fix: {finding.fix.label}{' (--fix)' if finding.fix.certain else ''}", dim=True)
    if not any(each.findings for each in found):
        say("No findings.", sign="ok")


def _print_annotations(found: list[_Linted]) -> None:
    """Print findings for a pull request on GitHub."""
    from core.cli.annotations import annotation

    for each in found:
        for finding in each.findings:
            click.echo(annotation(each.file, each.text, finding))


def _queries(names: tuple[str, ...], asked: _Asked) -> list[tuple[Path, str, Context]]:
    """Return file, text and context of each query that was asked for."""
    from core import project as projects
    from core.context import context_of

    files = [Path(name) for name in names if name.endswith(".sql")]
    here = asked.folder or projects.find(Path.cwd())
    project = open_project(asked.folder, quiet=not names, looking=True) if here else None
    chosen: list[tuple[Path, Sync | None]] = []
    for file in files:
        owner = _owner(project, file) if not asked.dialect else None
        if owner is None and not asked.dialect:
            raise UsageError(
                f"{escape_control_chars(file)} belongs to no sync.",
                remedy="Say its dialect with --dialect, and its call with --call.",
            )
        chosen.append((file, owner))
    syncs = tuple(name for name in names if not name.endswith(".sql"))
    if syncs or not files:
        project = project or open_project(asked.folder, quiet=not names, looking=True)
        chosen += [
            (sync.query_path, sync) for sync in (open_syncs(project, syncs) if syncs else project.syncs.values())
        ]
    if project and asked.read_catalogue:
        _read_catalogues(project, {sync.source for _, sync in chosen if sync})
    return [
        (owner.query_path, owner.query, context_of(project, sync=owner))
        if owner
        else (
            file,
            _read(file),
            context_of(dialect=asked.dialect or "", call=asked.call, destination=asked.destination),
        )
        for file, owner in chosen
    ]


def _read_catalogues(project: Project, sources: set[str]) -> None:
    """Read the catalogues of sources again."""
    from core import secrets
    from core.context import read

    for name in sorted(sources):
        read(project, project.sources[name], secrets.reader(project))


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{escape_control_chars(file)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{escape_control_chars(file)} is not UTF-8 text.", remedy="Save it as UTF-8.") from error


def _owner(project: Project | None, file: Path) -> Sync | None:
    if project is None:
        return None
    return next((sync for sync in project.syncs.values() if sync.query_path == file.absolute()), None)
