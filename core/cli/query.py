"""`backhaul preview` and `backhaul plan`: what a run would do, without doing it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import fail, folder_option, json_option, print_json, say, table
from core.cli.plan_text import SHOWN_ADDED, counts_of, markdown_of, value_text, who_of
from core.cli.project_args import complete_sync, open_project, open_syncs
from core.cli.run_options import accepting, build_run_options
from core.formatting import counted, will_read
from core.json_text import read_json

if TYPE_CHECKING:
    from core.model import Estimate, Project, Sync
    from core.preview.first_rows import Preview
    from core.preview.plan import PlannedDelivery

__all__ = ["plan", "preview"]


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many rows.")
@click.option("--from-zero", is_flag=True, help="Give the query last_sync_time 0, as a first run would.")
@folder_option
@json_option
def preview(sync: str, *, limit: int, from_zero: bool, folder: Path | None, as_json: bool) -> None:
    """Show the first rows of SYNC's query and the calls that they become."""
    from core import secrets
    from core.preview.first_rows import preview_json, preview_sync

    project = open_project(folder, asked=(sync,))
    chosen = open_syncs(project, (sync,))[0]
    told = _tell_nothing if as_json else _tell_estimate
    reader = secrets.reader(project)
    _tell_notice(project, chosen, as_json=as_json)
    found = preview_sync(project, chosen, reader, limit=limit, from_zero=from_zero, estimated=told)
    if as_json:
        print_json(preview_json(found))
    else:
        _print_preview(found, limit)
    fail(1 if any(row.fault for row in found.rows) else 0)


def _tell_notice(project: Project, sync: Sync, *, as_json: bool) -> None:
    """Print what has to be said of the sync's source before its rows are shown."""
    source = project.sources.get(sync.source)
    if source is not None and source.notice and not as_json:
        say(source.notice, sign="warn")


def _tell_estimate(estimate: Estimate) -> None:
    """Print what the query will read and cost, before it runs."""
    say(f"The query {will_read(estimate)}.")


def _tell_nothing(_estimate: Estimate) -> None:
    """Print nothing: the document has it."""


def _cell(value: Any) -> Any:
    """Return a value for a table: objects and lists as their JSON, an empty cell for no null."""
    from core.json_text import to_json

    shown = "null" if value is None else to_json(value)
    return json.dumps(shown, ensure_ascii=False) if isinstance(shown, dict | list) else shown


def _print_preview(found: Preview, limit: int) -> None:
    if found.bound is not None:
        say(f"last_sync_time = {found.bound} ({_utc(found.bound)}, lookback taken off)", dim=True)
    marks = {True: "✓", False: "?", None: "?"}
    rows = [["✗" if row.fault else marks[row.known], *(_cell(value) for value in row.values)] for row in found.rows]
    table(rows, ["", *(column.name for column in found.columns)], widest=40)
    if not rows:
        say(
            "No rows."
            + (" Perhaps {{last_sync_time}} leaves all of them out: --from-zero shows them." if found.bound else "")
        )
        return
    count = f"first {limit} rows, more exist" if found.more else f"{len(rows)} rows, all there are"
    say(f"{count};  ✓ sent before  ? never seen  ✗ cannot be sent", dim=True)
    for row in found.rows:
        if row.fault:
            say(f"{row.fault}", sign="bad")
    example = next((row.call for row in found.rows if row.call), None)
    if example:
        say("\nThe first row becomes this call:")
        say(json.dumps(read_json(example), indent=2, ensure_ascii=False))


@click.command()
@click.argument("sync", shell_complete=complete_sync)
@click.option("--markdown", is_flag=True, help="Write it for a pull request.")
@accepting
@folder_option
@json_option
def plan(sync: str, *, markdown: bool, folder: Path | None, as_json: bool, **said: bool) -> None:
    """Query and compare, send nothing: what is new, changed, gone, refused, and the old value beside the new.

    With the words of `run` (--full-refresh, ...) it shows what such a run would do.
    """
    from core import secrets
    from core.preview.plan import plan_json, plan_sync

    project = open_project(folder, asked=(sync,))
    chosen = open_syncs(project, (sync,))[0]
    told = _tell_nothing if as_json else _tell_estimate
    _tell_notice(project, chosen, as_json=as_json)
    deliveries = plan_sync(project, chosen, secrets.reader(project), accepted=build_run_options(**said), estimated=told)
    if as_json:
        print_json(plan_json(deliveries))
    elif not deliveries:
        say(f"{sync} has no destination; each run is a preview.", sign="none")
    if said["baseline"] and not as_json:
        say("A baseline marks these rows as delivered, without a call:", sign="none")
    for delivery in () if as_json else deliveries:
        _print_plan(sync, delivery, markdown=markdown)
    fail(1 if any(delivery.questions for delivery in deliveries) else 0)


def _print_plan(sync: str, delivery: PlannedDelivery, *, markdown: bool) -> None:
    """Print one destination's plan: the counts, then what they consist of."""
    if markdown:
        for line in markdown_of(sync, delivery):
            say(line)
        return
    _print_counts(sync, delivery)
    _print_rows(delivery)
    for question in delivery.questions:
        say(f"{question.guard}: {question.message} {question.remedy}", sign="warn")


def _print_counts(sync: str, delivery: PlannedDelivery) -> None:
    c = delivery.comparison
    say(f"{sync} → {delivery.destination}")
    counts = counts_of(delivery)
    shown = (f"{count:,} {name}" for name, count in counts if count or name in ("new", "changed", "unchanged"))
    say("  " + "  ".join(shown))
    say(f"  {counted(c.calls, 'call')} in {counted(delivery.batches, 'request')}")
    if delivery.pending:
        say(f"{delivery.pending:,} calls of an earlier delivery go out first.", sign="go")
    for note in c.notes:
        say(f"  {note}", dim=True)


def _print_rows(delivery: PlannedDelivery) -> None:
    c = delivery.comparison
    for change in delivery.changes:
        say(f"  ~ {who_of(change)}")
        for field in change.fields:
            say(f"      {field.path}: {value_text(field.old)} → {value_text(field.new)}")
    for call in delivery.added[:SHOWN_ADDED]:
        say(f"  + {call}")
    if c.added > len(delivery.added[:SHOWN_ADDED]):
        say(f"    … {c.added - len(delivery.added[:SHOWN_ADDED]):,} more new rows", dim=True)
    for identity in delivery.removed:
        say(f"  − {identity}")
    for who, why in delivery.refused:
        say(f"  {who}: {why}", sign="bad")


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
