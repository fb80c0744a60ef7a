"""`backhaul lsp`: a language server for editors."""

from __future__ import annotations

import click

from core.cli.lint import DIALECTS
from core.model import CallType

__all__ = ["lsp"]


@click.command()
@click.option("--dialect", type=click.Choice(DIALECTS), help="For files that belong to no sync.")
@click.option("--call", type=click.Choice([each.value for each in CallType]), help="For files that belong to no sync.")
@click.option("--stdio", is_flag=True, hidden=True, help="What it does anyway; some editors always say it.")
def lsp(*, dialect: str | None, call: str | None, stdio: bool) -> None:
    """Serve an editor on stdin and stdout: findings, fixes, completion, hover, formatting.

    It is for the queries of a project's syncs, and, where a dialect is named here or in the editor's settings, for other files of
    SQL. `backhaul guide editors` says how to set up VS Code, Neovim and Helix.
    """
    del stdio
    from core.lsp.server import serve

    serve(dialect or "", CallType(call) if call else None)
