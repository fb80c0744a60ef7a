"""Keys that had another meaning before one act had one key everywhere: they do nothing for one release, but say what does it now.

Only keys that mean nothing any more where they are pressed come to this; `tests/tui/test_keys.py` holds it. Delete this module
with the release after.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tui.actions import ACTIONS
from tui.keys import Keys, shown

__all__ = ["RETIRED", "Retired", "notice"]


class Retired(NamedTuple):
    """What a key did on a page, and the actions that do it now, in their order."""

    did: str
    now: tuple[str, ...]


_RUN = "started a run"
_STOP = "stopped the run"
_TEST = "tested the connection"
_REPLAY = "replayed all rejected rows"

_BY_SCOPE: Mapping[str, Mapping[str, Retired]] = {
    "home": {
        "ctrl+r": Retired(_RUN, ("home.run",)),
        "R": Retired(_REPLAY, ("home.replay",)),
        "S": Retired("sorted the list", ("home.sort",)),
    },
    "sources": {
        "ctrl+r": Retired(_TEST, ("sources.test",)),
        "t": Retired(_TEST, ("sources.test",)),
        "s": Retired("asked for a secret", ("sources.secret",)),
        "e": Retired("opened the chosen one", ("sources.open",)),
    },
    "editor": {
        "r": Retired("previewed the query", ("editor.preview",)),
        "R": Retired("saved the query and ran it", ("editor.save", "editor.plan", "plan.send")),
        "t": Retired("previewed from 0", ("editor.preview_zero",)),
        "S": Retired("sorted the rows", ("editor.sort",)),
        "D": Retired("went to the tables", ("editor.tables",)),
        "o": Retired("opened another query", ("editor.open",)),
        "P": Retired("showed the plan", ("editor.plan",)),
        "U": Retired("discarded the changes", ("editor.revert",)),
    },
    "plan": {
        "ctrl+r": Retired("queried again", ("plan.again",)),
        "S": Retired("sent the plan", ("plan.send",)),
        "t": Retired("planned from 0", ("plan.from_zero",)),
        "O": Retired("turned the schedule on", ("plan.pause",)),
    },
    "alerts": {
        "ctrl+r": Retired("sent a test message", ("alerts.test",)),
        "t": Retired("sent a test message", ("alerts.test",)),
    },
    "runs": {
        "ctrl+r": Retired(_RUN, ("runs.run",)),
        "s": Retired(_STOP, ("runs.stop",)),
        "F": Retired("filtered the log", ("runs.find",)),
    },
    "run": {
        "ctrl+r": Retired(_RUN, ("run.again",)),
        "R": Retired(_REPLAY, ("run.replay",)),
        "S": Retired("accepted what the guards had blocked", ("run.again",)),
        "s": Retired(_STOP, ("run.stop",)),
        "c": Retired("copied a curl command", ("run.curl",)),
        "b": Retired("wrote a bundle", ("run.bundle",)),
        "p": Retired("played back the recording", ("run.course",)),
    },
    "course": {
        "t": Retired("went to a moment", ("course.seek",)),
        "b": Retired("went to the start", ("course.begin",)),
        "e": Retired("went to the end", ("course.finish",)),
    },
    "sync": {
        "ctrl+r": Retired(_RUN, ("sync.run",)),
        "R": Retired(_REPLAY, ("sync.replay",)),
        "s": Retired(_STOP, ("sync.stop",)),
        "t": Retired("ran it from zero", ("sync.from_zero",)),
        "F": Retired("sent all rows again", ("sync.full_refresh",)),
        "l": Retired("opened the last run", ("sync.last",)),
    },
    "settings": {"ctrl+r": Retired("showed the plan", ("settings.plan",))},
    "form": {"ctrl+r": Retired(_TEST, ("form.test",))},
    "wizard": {
        "ctrl+r": Retired(_TEST, ("wizard.test",)),
        "ctrl+g": Retired("generated a key pair", ("wizard.generate",)),
        "alt+p": Retired("went to the previous step", ("wizard.backward",)),
        "alt+c": Retired("sent a test call", ("wizard.call",)),
    },
    "text": {"ctrl+c": Retired("copied the selected text", ("text.copy",))},
    "global": {"T": Retired("chose the colours", ("global.theme",))},
}

RETIRED: Mapping[tuple[str, str], Retired] = {
    (scope, key): retired for scope, keys in _BY_SCOPE.items() for key, retired in keys.items()
}
"""By scope and by Textual's name of the key."""


def notice(keys: Keys, scope: str, key: str, *, typing: bool) -> str:
    """Return what to say of a key that is pressed in a scope; empty where it never meant anything there."""
    retired = RETIRED.get((scope, key)) or RETIRED.get(("text" if typing else "global", key))
    if retired is None:
        return ""
    now = ", then ".join(
        f"{keys.shown(action, typing=typing) or keys.shown(action)} ({ACTIONS[action].word})" for action in retired.now
    )
    return f"{shown(key)} {retired.did} here before. Now press {now}."
