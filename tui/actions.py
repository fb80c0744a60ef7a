"""Every action of the console: its word in the footer, its sentence in the help, its `:` command.

One table, so that the footer, the palette, `?`, the key files and the `:` line can never disagree. `scope.name` is an
action's id; a screen does it in its method `do_name`, and says in `why_not` why it cannot be done now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["ACTIONS", "SCOPES", "Action", "of_scopes"]


@dataclass(frozen=True, slots=True)
class Action:
    """`word` stands in the footer, `help` in the help and the palette; `takes` is what its command may name."""

    id: str
    word: str
    help: str
    command: str
    takes: str = ""

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        return self.id.partition(".")[2]


SCOPES: Mapping[str, str] = {
    "global": "Everywhere",
    "list": "In lists",
    "welcome": "Welcome",
    "home": "Home",
    "sources": "Sources and destinations",
    "editor": "Editor",
    "plan": "Plan",
    "alerts": "Alerts",
    "runs": "Runs",
    "run": "One run",
    "course": "A run, played again",
    "sync": "One sync",
    "settings": "Settings of a sync",
    "form": "Forms",
    "wizard": "The guided set-up",
    "text": "While typing",
    "read": "Texts to read",
    "dialog": "Dialogs",
}
"""The scopes, with their names in the help."""

_TABLE = (
    # everywhere
    ("global.home", "home", "Go to the syncs: what is healthy, what failed and why", "home"),
    ("global.sources", "sources", "Go to the sources and destinations", "sources"),
    ("global.editor", "editor", "Go to the editor", "editor"),
    ("global.alerts", "alerts", "Go to the alerts: who is told of what, and when that was last done", "alerts"),
    ("global.runs", "runs", "Go to the runs, live and past", "runs"),
    ("global.command", "command", "Type a command, or find any action by its words", "palette"),
    ("global.help", "keys", "Show the keys that work here", "help"),
    ("global.jump", "jump", "Jump to a pane: each shows a letter", "jump"),
    ("global.back", "back", "Go back, or stop what runs here", "back"),
    ("global.zoom", "zoom", "Give this pane the whole screen, or take it back", "zoom"),
    ("global.copy", "copy", "Copy the chosen thing to the clipboard", "copy"),
    (
        "global.summary",
        "summary",
        "Say this page in sentences: to the clipboard, or into a file that is named",
        "summary",
        "path",
    ),
    ("global.export", "export", "Save what this list shows to a file (CSV or JSON lines)", "export", "path"),
    ("global.daemon", "daemon", "Show the daemon, which runs the schedules; begin it, or end it", "daemon"),
    ("global.messages", "messages", "Read the messages that have come and gone", "messages"),
    ("global.theme", "theme", "Choose the colours", "theme", "theme"),
    ("global.keys", "key preset", "Choose the keys: standard, vim or emacs", "keys", "preset"),
    ("global.reload", "reload", "Read the project's files and the store again", "reload"),
    ("global.quit", "quit", "Close the console; runs go on", "quit"),
    # lists
    ("list.down", "down", "One row down", "down"),
    ("list.up", "up", "One row up", "up"),
    ("list.page_down", "page down", "One page down", "page-down"),
    ("list.page_up", "page up", "One page up", "page-up"),
    ("list.first", "first", "To the first row", "first"),
    ("list.last", "last", "To the last row", "last"),
    ("list.filter", "filter", "Show only rows that hold some words", "filter", "words"),
    # welcome
    ("welcome.demo", "demo", "Make a small company to try everything on, in ./backhaul-demo", "demo"),
    ("welcome.new", "new project", "Make an empty project in this folder", "new-project"),
    ("welcome.open", "open", "Open a project in another folder", "open", "path"),
    # home
    ("home.open", "open", "Open the chosen sync: its last run, or its query where it never ran", "open", "sync"),
    (
        "home.sync",
        "sync",
        "Open the page of the chosen sync: its trend, its schedule, what can be done",
        "sync",
        "sync",
    ),
    ("home.run", "run", "Run the chosen sync now, or all that are marked", "run", "sync"),
    ("home.stop", "stop", "Stop the run; what was not answered is sent by the next one", "stop", "sync"),
    (
        "home.pause",
        "pause",
        "Switch the schedule of the chosen sync, or of all that are marked, off or on",
        "pause",
        "sync",
    ),
    ("home.mark", "mark", "Mark the chosen sync, to pause or run several together", "mark", "sync"),
    ("home.mark_all", "mark all", "Mark all syncs that are shown, or none", "mark-all"),
    ("home.sort", "sort", "Sort the syncs by the next thing: urgency, name, last, next, sent, rejected", "sort"),
    ("home.edit", "SQL", "Open the query of the chosen sync in the editor", "edit", "sync"),
    ("home.plan", "plan", "Show what the chosen sync would send, field by field", "plan", "sync"),
    ("home.new", "new", "Make a new sync", "new"),
    (
        "home.settings",
        "settings",
        "Change schedule, destinations, columns and guards of the chosen sync",
        "settings",
        "sync",
    ),
    ("home.rejected", "rejected", "Show the rows of the chosen sync that were refused", "rejected", "sync"),
    ("home.replay", "replay", "Send the rejected rows of the chosen sync again", "replay", "sync"),
    ("home.explain", "explain", "Tell the life of one key in the chosen sync", "explain", "key"),
    # sources and destinations
    ("sources.open", "open", "Change the chosen source or destination", "open"),
    ("sources.test", "test", "Test the connection step by step", "test"),
    ("sources.new", "new source", "Connect a warehouse", "new-source"),
    ("sources.new_destination", "new destination", "Connect an API, or a local file", "new-destination"),
    ("sources.secret", "secret", "Keep a secret of the chosen one in the keyring", "secret"),
    ("sources.delete", "delete", "Delete the file of the chosen one, where no sync uses it", "delete"),
    # editor
    ("editor.preview", "preview", "Run the query and show its first rows", "preview"),
    ("editor.preview_zero", "from 0", "Preview with last_sync_time 0, as a first run would", "preview-from-zero"),
    ("editor.preview_all", "all rows", "Run the query for all its rows, a million at the most", "all-rows"),
    ("editor.stop", "stop", "Stop the query in the warehouse", "stop"),
    ("editor.sort", "sort", "Sort the rows by a column", "sort"),
    ("editor.keep", "filter", "Keep the rows that hold some words", "keep"),
    ("editor.marks", "marks", "Keep the rows that are refused, never seen or known", "marks"),
    ("editor.column", "column", "Go to a column of the rows", "column"),
    ("editor.columns", "what they hold", "Show what the columns hold: nulls, different values, kinds of id", "columns"),
    ("editor.row", "row", "Show the chosen row's values in full", "row"),
    ("editor.next_problem", "next problem", "Go to the next problem", "next-problem"),
    ("editor.previous_problem", "previous problem", "Go to the previous problem", "previous-problem"),
    ("editor.fix", "fix", "Mend the problem at the cursor", "fix"),
    ("editor.fix_all", "fix all", "Mend everything that is certain", "fix-all"),
    ("editor.rule", "why", "Show the page of the rule that found this problem", "why"),
    ("editor.template", "template", "Begin with a template", "template"),
    ("editor.history", "history", "Take up a query that was run before", "history"),
    ("editor.tables", "tables", "Go to the tables of the source", "tables"),
    ("editor.complete", "complete", "Offer what can be typed here", "complete"),
    ("editor.save", "save", "Save the query", "save"),
    ("editor.save_all", "save all", "Save every changed query", "save-all"),
    ("editor.find", "find", "Find and replace", "find"),
    ("editor.format", "format", "Lay the query out evenly", "format"),
    ("editor.external", "$EDITOR", "Open the query in your own editor", "external"),
    ("editor.open", "open", "Open another query", "edit", "sync"),
    ("editor.next_buffer", "next query", "Go to the next open query", "next"),
    ("editor.close", "close", "Close this query", "close"),
    ("editor.revert", "revert", "Give up the changes and read the file again", "revert"),
    ("editor.plan", "plan", "Show what would be sent, field by field", "plan"),
    ("editor.run", "run", "Save, and run the sync now", "run"),
    ("editor.settings", "settings", "Change the schedule, destinations, columns and guards of this sync", "settings"),
    ("editor.call", "call", "Show the chosen row as the call that it becomes", "call"),
    ("editor.type", "type", "Give the keys to the text", "type"),
    # plan
    ("plan.send", "send it", "Send this: the guards' questions are asked first", "send"),
    ("plan.enable", "turn on", "Turn the schedule of this sync on", "turn-on"),
    ("plan.row", "row", "Show the chosen row as a call", "row"),
    ("plan.next_part", "next part", "Show the next part: changed, new, gone, refused", "next-part"),
    ("plan.next_destination", "next destination", "Show the plan of the next destination", "next-destination"),
    ("plan.from_zero", "from 0", "Plan with last_sync_time 0", "from-zero"),
    ("plan.again", "again", "Query and compare again", "again"),
    # alerts
    ("alerts.test", "test", "Send a test notice of the chosen alert, and say what was answered", "test"),
    # runs
    ("runs.open", "open", "Open the chosen run", "open"),
    ("runs.pause", "pause", "Pause the live updates, or go on", "pause"),
    ("runs.stop", "stop", "Stop the chosen run; what was not answered is sent by the next one", "stop"),
    ("runs.run", "run again", "Run the sync of the chosen run again", "run"),
    ("runs.level", "level", "Show all lines of the log, warnings and errors, or errors only", "level"),
    ("runs.find", "find", "Show only lines of the log that hold some words", "find", "words"),
    (
        "runs.states",
        "states",
        "Show runs of all states, those that went wrong, or those in one state",
        "states",
        "state",
    ),
    ("runs.one_sync", "one sync", "Show only runs of the sync of the chosen run, or those of all", "of", "sync"),
    ("runs.sync", "sync", "Open the page of the sync of the chosen run", "sync", "sync"),
    # one run
    ("run.open", "request", "Show the request and the response of the chosen row", "request"),
    ("run.replay", "replay", "Send the rejected rows again, with the latest content", "replay"),
    ("run.replay_row", "send row", "Send the chosen rejected row again, and no other", "replay-row"),
    ("run.course", "play", "Play the run again: how it went, second by second", "course"),
    ("run.sync", "sync", "Open the page of its sync", "sync"),
    ("run.again", "run again", "Run this sync again", "run"),
    ("run.undo", "undo", "Send back the values that this run overwrote", "undo"),
    ("run.accept", "accept", "Accept what the guards ask, and run", "accept"),
    ("run.stop", "stop", "Stop this run; what was not answered is sent by the next one", "stop"),
    ("run.edit", "SQL", "Open the query of this sync", "edit"),
    ("run.curl", "curl", "Copy the request of the chosen row as a curl command, without the secret", "curl"),
    ("run.log", "log", "Show the log of this run", "log"),
    (
        "run.bundle",
        "bundle",
        "Put this run with its surroundings into a file, masked, for a colleague",
        "bundle",
        "path",
    ),
    # the course of a run
    ("course.play", "play", "Play, or pause; at the end from the beginning", "play"),
    ("course.forward", "next", "Go to what was told next", "forward"),
    ("course.backward", "back", "Go back to what was told before", "backward"),
    ("course.faster", "faster", "Play faster: 1x, 10x, 60x", "faster"),
    ("course.slower", "slower", "Play slower", "slower"),
    ("course.seek", "go to", "Go to a moment: 14:01:00, +90 seconds, 50%", "seek", "words"),
    ("course.begin", "beginning", "Go to the beginning", "beginning"),
    ("course.finish", "end", "Go to the end", "end"),
    # one sync
    ("sync.do", "do it", "Do what is chosen in the list; it is asked first, with its number", "do"),
    ("sync.run", "run", "Run it now", "run"),
    ("sync.stop", "stop", "Stop its run; what was not answered is sent by the next one", "stop"),
    ("sync.plan", "plan", "Show what it would send, field by field", "plan"),
    ("sync.from_zero", "from 0", "Run it with last_sync_time 0: all rows are compared", "from-zero"),
    ("sync.full_refresh", "full refresh", "Send all rows again, changed or not", "full-refresh"),
    ("sync.pause", "pause", "Switch its schedule off or on", "pause"),
    ("sync.replay", "replay", "Send its rejected rows again", "replay"),
    ("sync.rejected", "rejected", "Show its rejected rows", "rejected"),
    ("sync.last", "last run", "Open its last run", "last-run"),
    ("sync.history", "its runs", "List its runs", "runs-of"),
    ("sync.edit", "SQL", "Open its query in the editor", "edit"),
    ("sync.settings", "settings", "Change its schedule, destinations, columns and guards", "settings"),
    # settings, forms
    ("settings.save", "save", "Save the settings", "save"),
    ("settings.plan", "plan", "Show what would be sent with these settings", "plan"),
    ("form.next", "next", "To the next field", "next-field"),
    ("form.previous", "previous", "To the previous field", "previous-field"),
    ("form.test", "test", "Test the connection step by step", "test"),
    ("form.save", "save", "Save it", "save"),
    ("form.copy", "copy", "Copy the statement or the text that is shown", "copy"),
    # the guided set-up
    ("wizard.forward", "next", "To the next step", "next-step"),
    ("wizard.backward", "back", "To the step before", "previous-step"),
    ("wizard.next", "next field", "To the next field", "next-field"),
    ("wizard.previous", "previous field", "To the previous field", "previous-field"),
    ("wizard.test", "test", "Test the connection step by step", "test"),
    ("wizard.call", "test call", "Send one call for the person backhaul-test, to see it acknowledged", "test-call"),
    ("wizard.generate", "new pair", "Make a fresh pair of keys; the private half is shown to nobody", "new-key"),
    ("wizard.copy", "copy", "Copy the statement that is shown", "copy"),
    # while typing
    ("text.leave", "leave the text", "Leave the text: letters are keys again", "leave"),
    ("text.left", "left", "One character to the left", "left"),
    ("text.right", "right", "One character to the right", "right"),
    ("text.up", "up", "One line up", "line-up"),
    ("text.down", "down", "One line down", "line-down"),
    ("text.delete", "delete", "Delete the character at the cursor", "delete-character"),
    ("text.undo", "undo", "Take the last change back", "undo"),
    ("text.redo", "redo", "Do it again", "redo"),
    ("text.line_start", "line start", "To the start of the line", "line-start"),
    ("text.line_end", "line end", "To the end of the line", "line-end"),
    ("text.word_left", "word left", "One word to the left", "word-left"),
    ("text.word_right", "word right", "One word to the right", "word-right"),
    ("text.delete_word", "delete word", "Delete the word before the cursor", "delete-word"),
    ("text.delete_to_end", "delete to end", "Delete to the end of the line", "delete-to-end"),
    ("text.delete_to_start", "delete to start", "Delete to the start of the line", "delete-to-start"),
    ("text.delete_line", "delete line", "Delete the line", "delete-line"),
    ("text.select_all", "select all", "Choose the whole text", "select-all"),
    ("text.copy", "copy", "Copy the chosen text to the clipboard", "copy-text"),
    ("text.paste", "paste", "Insert what was last copied here", "paste"),
    ("text.comment", "comment", "Make the line a comment, or code again", "comment"),
    # dialogs
    ("dialog.yes", "yes", "Do it", "yes"),
    ("dialog.no", "no", "Leave it", "no"),
    ("read.close", "close", "Close it", "close"),
    ("read.copy", "copy", "Copy it to the clipboard", "copy"),
    ("dialog.next", "next", "To the next choice", "next-choice"),
    ("dialog.previous", "previous", "To the previous choice", "previous-choice"),
)

ACTIONS: Mapping[str, Action] = {words[0]: Action(*words) for words in _TABLE}


def of_scopes(*scopes: str) -> Iterator[Action]:
    """Give the actions of these scopes, in the order of the table."""
    return (action for scope in scopes for action in ACTIONS.values() if action.scope == scope)
