"""What home says where there is no sync yet, and where a file of the project cannot be used. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.drawing import Line, Span, line

if TYPE_CHECKING:
    from tui.keys import Keys
    from tui.messages import Snapshot

__all__ = ["broken_lines", "nothing_yet"]


def broken_lines(snapshot: Snapshot) -> list[Line]:
    """Name the files that cannot be used, each with what is wrong with it; a blank line after them where syncs follow."""
    found = [
        line(
            Span("✗ ", "fail"),
            Span("/".join(file.parts[-2:]), "bold text"),
            f"  {getattr(error, 'message', error)}",
            right=(("not used until it is fixed", "muted"),),
        )
        for file, error in (snapshot.project.broken.items() if snapshot.project else ())
    ]
    return [*found, Line()] if found and not snapshot.problem else found


def nothing_yet(snapshot: Snapshot, keys: Keys) -> list[Line]:
    """Say what is missing for the first sync, and which key brings it."""
    project = snapshot.project
    if project is not None and not project.sources:
        return [
            line("No source yet: a source is the warehouse that rows come from."),
            Line(),
            line(Span(keys.shown("home.new"), "bold text"), ("  connect one", "muted")),
        ]
    found = [
        line("No sync yet: a sync is a query, and where its rows go."),
        Line(),
        line(Span(keys.shown("home.new"), "bold text"), ("  make one", "muted")),
    ]
    if project is None or project.destinations:
        return found
    connect = f"{keys.shown('global.sources')} {keys.shown('sources.new_destination')}"
    return [
        *found,
        Line(),
        line("No destination yet: the API, or the local file, that its calls go to."),
        Line(),
        line(Span(connect, "bold text"), ("  connect one", "muted")),
    ]
