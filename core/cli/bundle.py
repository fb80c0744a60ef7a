"""`backhaul bundle`: one run with its surroundings in a file, masked, to hand to a colleague."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.output import folder_option, json_option, print_json, say
from core.cli.project_args import one_run, open_project
from core.formatting import counted, size

__all__ = ["bundle"]


@click.command()
@click.argument("run")
@click.option(
    "--to", "file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="The file to write (a zip)."
)
@folder_option
@json_option
def bundle(run: str, *, file: Path | None, folder: Path | None, as_json: bool) -> None:
    """Put RUN (its id, or the beginning of it) with its surroundings into one file, to hand to a colleague.

    The run, its deliveries, reasons of rejected rows, log, query, settings, findings, versions, and the runs around it. Secrets, payloads, ids
    of people and hosts are not in it; the README inside says what was masked.
    """
    from core import secrets
    from core.bundle import write_bundle
    from core.state.folder import StateFolder

    project = open_project(folder, quiet=True)
    state = StateFolder(project)
    with state.store() as store:
        found = one_run(store, run)
        place = (file or Path(f"backhaul-run-{found.id}.zip")).absolute()
        made = write_bundle(project, store, found, place, state.log(found.id), secrets.reader(project))
    if as_json:
        print_json({"file": str(made.file), "files": made.files, "bytes": made.bytes, "masked": made.masked})
        return
    say(f"Wrote {made.file}: {counted(len(made.files), 'file')}, {size(made.bytes)}.", sign="ok")
    say(f"{counted(made.masked, 'value')} masked. Look through it before you hand it on.", dim=True)
