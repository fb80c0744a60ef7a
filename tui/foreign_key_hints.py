"""Keys that people press out of habit, from other tools, and the action that it is here: told when one of them is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["HABITS", "Habit"]


class Habit(NamedTuple):
    """A key of another tool: whose, what it means there, and the action that it is here."""

    tool: str
    means: str
    action: str


HABITS: Mapping[str, Habit] = {
    "q": Habit("k9s, lazygit", "q closes", "global.quit"),
    "ctrl+c": Habit("most programs", "^C ends", "global.quit"),
    "ctrl+p": Habit("other consoles", "^P opens the palette", "global.command"),
    "ctrl+j": Habit("Harlequin, Posting", "^J runs", "editor.preview"),
    "f2": Habit("Harlequin", "F2 gives the keys to the editor", "global.editor"),
    "f4": Habit("Harlequin", "F4 formats", "editor.format"),
    "f6": Habit("Harlequin", "F6 goes to the schema", "global.jump"),
    "f10": Habit("Harlequin", "F10 makes a pane larger", "global.zoom"),
    "d": Habit("k9s", "d describes", "home.open"),
    "l": Habit("k9s", "l shows the log", "run.log"),
    "u": Habit("k9s, lazygit", "u takes back", "text.undo"),
    "W": Habit("lazygit", "W compares", "home.plan"),
    "at": Habit("lazygit", "@ shows what was done", "global.messages"),
    "plus": Habit("lazygit", "+ makes a pane larger", "global.zoom"),
    "left_square_bracket": Habit("lazygit", "[ changes the tab", "global.home"),
    "right_square_bracket": Habit("lazygit", "] changes the tab", "global.runs"),
    "h": Habit("lazygit", "h changes the panel", "global.jump"),
}
"""By Textual's name of the key. One that means something on the page that is shown never comes to this."""
