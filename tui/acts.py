"""What a key can mean: the acts of the console, and the consequence of each.

One act has the same key on every page, and a key never has two consequences. So a preset (keys/*.toml) gives each act its keys
once, `tui.actions` says which pages have the act, and `tui.keys` makes the table of pages and keys from the two. A key that
sends is used for nothing else, not even for an act that sends something different.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

__all__ = ["ACTS", "Consequence"]


class Consequence(Enum):
    """What an act leaves behind."""

    SHOWS = "shows"
    """Nothing: it moves, opens a page or a list, or reads from the warehouse."""
    EDITS = "edits"
    """The text in the editor or in a field, which can be undone."""
    CHANGES = "changes"
    """A file, a setting, the schedule or the keyring."""
    STOPS = "stops"
    SENDS = "sends"
    """Calls to a destination, or a message to someone."""


_ACTS: Mapping[Consequence, tuple[str, ...]] = {
    Consequence.SENDS: ("send", "replay_row", "replay_all", "send_back", "send_test"),
    Consequence.STOPS: ("stop",),
    Consequence.CHANGES: (
        *(
            "pause",
            "save",
            "save_all",
            "delete",
            "secret",
            "write_secret",
            "export",
            "bundle",
            "daemon",
            "trust",
            "theme",
            "keys",
            "quit",
        ),
        *("demo", "new_project", "open_project"),
    ),
    Consequence.EDITS: (
        *("fix", "fix_all", "format", "external", "close", "revert", "complete", "generate"),
        *("text_left", "text_right", "text_up", "text_down", "text_delete", "text_undo", "text_redo"),
        *("text_line_start", "text_line_end", "text_word_left", "text_word_right", "text_delete_word"),
        *("text_delete_to_end", "text_delete_to_start", "text_delete_line", "text_select_all", "text_paste"),
        "text_comment",
    ),
    Consequence.SHOWS: (
        *("home", "sources", "editor", "runs", "alerts", "command", "help", "guide", "jump", "back", "zoom", "copy"),
        *("messages", "reload", "summary"),
        *("down", "up", "page_down", "page_up", "first", "last", "find"),
        *("open", "edit", "plan", "new", "new_destination", "settings", "rejected", "explain", "sync", "log"),
        *("mark", "mark_all", "sort", "test", "last_run", "history", "play_back", "curl", "full_refresh"),
        *("preview", "from_zero", "all_rows", "template", "tables", "narrow", "marks", "column", "columns", "row"),
        *("next_problem", "previous_problem", "rule", "open_query", "next_buffer", "type"),
        *("next_destination", "hold", "find_in_log", "one_sync"),
        *("forward", "backward", "faster", "slower", "seek"),
        *(
            "next_step",
            "previous_step",
            "next_field",
            "previous_field",
            "copy_shown",
            "leave_text",
            "text_copy",
            "close_reading",
        ),
        *("next_choice", "previous_choice", "yes", "no"),
    ),
}

ACTS: Mapping[str, Consequence] = {name: consequence for consequence, names in _ACTS.items() for name in names}
