"""`backhaul guide`: the user's guide, a page a topic, in the terminal."""

from __future__ import annotations

import shutil
import sys

import click
from click.shell_completion import CompletionItem

from core.cli.output import json_option, print_json, say, table

__all__ = ["guide"]

_HEADER = ("TOPIC", "WHAT IT IS FOR")
_WIDEST = 200


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the topics, for the shell."""
    from core.guide import pages

    return [CompletionItem(each.topic, help=each.title) for each in pages() if each.topic.startswith(incomplete)]


@click.command()
@click.argument("topic", default="", shell_complete=_complete)
@json_option
def guide(topic: str, *, as_json: bool) -> None:
    """List the pages of the user's guide, in reading order; or show that of TOPIC."""
    from core.guide import page, pages

    if not topic:
        if as_json:
            print_json([{"topic": each.topic, "title": each.title, "summary": each.summary} for each in pages()])
            return
        table([(each.topic, each.summary) for each in pages()], _HEADER, widest=_WIDEST)
        say("`backhaul guide TOPIC` shows a page.", dim=True)
        return
    found = page(topic)
    if as_json:
        print_json({"topic": found.topic, "title": found.title, "text": found.text})
    elif sys.stdout.isatty() and not _fits(found.text):
        click.echo_via_pager(found.text)
    else:
        click.echo(found.text, nl=False)


def _fits(text: str) -> bool:
    """Return whether a text fits on the screen, its long lines wrapped, with a line left for the prompt."""
    columns, lines = shutil.get_terminal_size()
    return sum(1 + max(len(line) - 1, 0) // max(columns, 1) for line in text.splitlines()) < lines
