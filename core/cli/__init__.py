"""The commands: thin. Each reads words, asks core, and prints for a person or, with --json, in a stable form.

This is the one boundary of the commands: errors of ours are printed with what to do, on stderr, and become exit codes
(0 fine; 1 findings, rejected rows, a failed run or a guard that stopped it; 2 wrong use or configuration). A command is
imported when it is asked for, and what it needs when it runs: `backhaul --help` starts without any driver.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from core import __version__
from core.cli.output import colour, print_error
from core.errors import BackhaulError
from core.scarcity import scarcity

__all__ = ["backhaul", "main"]

_MODULES = {
    "alerts": "alerts",
    "audit": "recovery",
    "bundle": "bundle",
    "check": "project",
    "completion": "doctor",
    "daemon": "daemon",
    "demo": "demo",
    "doctor": "doctor",
    "explain": "history",
    "forget": "recovery",
    "guide": "guide",
    "init": "project",
    "key": "key",
    "lint": "lint",
    "lsp": "lsp",
    "pause": "operate",
    "plan": "query",
    "preview": "query",
    "rejected": "history",
    "replay": "run",
    "resume": "operate",
    "run": "run",
    "runs": "history",
    "schema": "project",
    "secret": "secret",
    "setup-sql": "setup_sql",
    "show": "history",
    "status": "history",
    "stop": "operate",
    "templates": "templates",
    "trust": "trust",
    "undo": "recovery",
    "web": "web",
}
"""The module in which each command stands."""


class _Commands(click.Group):
    """The commands by their names. A command's module is imported when it is asked for; the list in the help asks for all."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = import_module(f"core.cli.{_MODULES[cmd_name]}")
        found: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return found


@click.group(
    cls=_Commands,
    commands={name: click.Command(name) for name in _MODULES},  # their names, for the list and for slips of the pen
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, Backhaul opens its console. Exit codes: 0 fine; 1 findings, rejected rows, a failed run or "
    "a guard that stopped it; 2 wrong use or configuration.",
)
@click.version_option(__version__, prog_name="backhaul")
def backhaul() -> None:
    """Reverse ETL in a terminal: from a SQL query to delivered calls."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code. `arguments` are those behind the program's name."""
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
    except Exception as error:
        found = scarcity(error) or _of_the_system(error)
        if found is None:
            raise
        print_error(found, as_json=as_json)
        return 1
    return result if isinstance(result, int) else 0


def _of_the_system(error: Exception) -> BackhaulError | None:
    """Say what the operating system says of a file; None for any other error."""
    if not isinstance(error, OSError):
        return None
    remedy = "Look at the place that is named: its disk, its owner, its permissions. Then run again: nothing is lost."
    return BackhaulError(f"{error.strerror or error}.", where=str(error.filename or ""), remedy=remedy)
