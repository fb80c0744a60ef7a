"""The commands: thin. Each reads words, asks core, and prints for a person or, with --json, in a stable form.

This is the one boundary of the commands: errors of ours are printed with what to do, on stderr, and become exit codes
(0 fine; 1 findings, rejected rows, a failed run or a guard that stopped it; 2 wrong use or configuration). What the
commands need is imported when they run: `backhaul --help` starts without any driver.
"""

from __future__ import annotations

import sys

import click

from core import __version__
from core.cli import (
    alerts,
    bundle,
    daemon,
    demo,
    doctor,
    history,
    key,
    lint,
    lsp,
    mend,
    operate,
    project,
    query,
    run,
    secret,
    setup_sql,
    templates,
    web,
)
from core.cli.output import colour, print_error
from core.errors import BackhaulError

__all__ = ["backhaul", "main"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, Backhaul opens its console. Exit codes: 0 fine; 1 findings, rejected rows, a failed run or "
    "a guard that stopped it; 2 wrong use or configuration.",
)
@click.version_option(__version__, prog_name="backhaul")
def backhaul() -> None:
    """Reverse ETL in a terminal: from a SQL query to delivered calls."""


for _command in (
    demo.demo,
    project.init,
    project.check,
    lint.lint,
    lsp.lsp,
    templates.templates,
    query.preview,
    query.plan,
    run.run,
    history.status,
    history.runs,
    history.show,
    history.rejected,
    run.replay,
    history.explain,
    alerts.alerts,
    bundle.bundle,
    daemon.daemon,
    operate.pause,
    operate.resume,
    operate.stop,
    mend.undo,
    mend.audit,
    mend.forget,
    key.key,
    secret.secret,
    setup_sql.setup_sql,
    project.schema,
    web.web,
    doctor.doctor,
    doctor.completion,
):
    backhaul.add_command(_command)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; give its exit code. `arguments` are those behind the program's name."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    try:
        result = backhaul.main(args=words, prog_name="backhaul", standalone_mode=False, color=colour())
    except BackhaulError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except click.UsageError as error:
        error.show()
        return 2
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        where = str(error.filename or "")
        remedy = (
            "Look at the place that is named: its disk, its owner, its permissions. Then run again: nothing is lost."
        )
        print_error(BackhaulError(f"{error.strerror or error}.", where=where, remedy=remedy), as_json=as_json)
        return 1
    return result if isinstance(result, int) else 0
