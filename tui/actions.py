"""Every action of the console: what it is an act of, its word in the footer, its sentence in the help, its `:` command.

One table, so that the footer, the palette, `?`, the key files and the `:` line can never disagree. `scope.name` is an
action's id; a screen does it in its method `do_name`, and says in `why_not` why it cannot be done now. Its act (`tui.acts`)
gives it its keys, the same ones on every page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["ACTIONS", "SCOPES", "Action", "of_scopes"]


@dataclass(frozen=True, slots=True)
class Action:
    """`word` stands in the footer, `help` in the help and the palette; `takes` is what its command may name."""

    id: str
    act: str
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
    "course": "A run, played back",
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
    ("global.home", "home", "home", "Go to the syncs: what is healthy, what failed and why", "home"),
    ("global.sources", "sources", "sources", "Go to the sources and destinations", "sources"),
    ("global.editor", "editor", "editor", "Go to the editor", "editor"),
    (
        "global.alerts",
        "alerts",
        "alerts",
        "Go to the alerts: who is notified of what, and when that last happened",
        "alerts",
    ),
    ("global.runs", "runs", "runs", "Go to the runs, live and past", "runs"),
    ("global.command", "command", "command", "Type a command, or find any action by its words", "palette"),
    ("global.help", "help", "keys", "Show the keys that work here", "help"),
    ("global.guide", "guide", "guide", "Read the user's guide: choose a page, or name it", "guide", "topic"),
    ("global.jump", "jump", "jump", "Jump to a pane: each shows a letter", "jump"),
    ("global.back", "back", "back", "Go back; what runs is not stopped", "back"),
    ("global.zoom", "zoom", "zoom", "Give this pane the whole page, or take it back", "zoom"),
    ("global.copy", "copy", "copy", "Copy the chosen thing to the clipboard", "copy"),
    (
        "global.summary",
        "summary",
        "summary",
        "Copy this page as plain sentences, or write them to a file",
        "summary",
        "path",
    ),
    ("global.export", "export", "export", "Save what this list shows to a file (CSV or JSON lines)", "export", "path"),
    ("global.daemon", "daemon", "daemon", "Show the daemon, which runs the schedules; start or stop it", "daemon"),
    ("global.trust", "trust", "trust", "Show what this project would run and reach, and trust its folder", "trust"),
    ("global.messages", "messages", "messages", "Read earlier messages", "messages"),
    ("global.theme", "theme", "theme", "Choose the colours", "theme", "theme"),
    ("global.keys", "keys", "key preset", "Choose the keys: standard, vim or emacs", "keys", "preset"),
    ("global.reload", "reload", "reload", "Read the project's files and the store again", "reload"),
    ("global.quit", "quit", "quit", "Close the console; runs continue", "quit"),
    # lists
    ("list.down", "down", "down", "One row down", "down"),
    ("list.up", "up", "up", "One row up", "up"),
    ("list.page_down", "page_down", "page down", "One page down", "page-down"),
    ("list.page_up", "page_up", "page up", "One page up", "page-up"),
    ("list.first", "first", "first", "To the first row", "first"),
    ("list.last", "last", "last", "To the last row", "last"),
    ("list.filter", "find", "filter", "Show only rows that contain these words", "filter", "words"),
    # welcome
    ("welcome.demo", "demo", "demo", "Create a small company to try everything on, in ./backhaul-demo", "demo"),
    ("welcome.new", "new_project", "new project", "Create an empty project in this folder", "new-project"),
    ("welcome.open", "open_project", "open", "Open a project in another folder", "open", "path"),
    # home
    (
        "home.open",
        "open",
        "open",
        "Open the chosen sync: its last run, or its query where it never ran",
        "open",
        "sync",
    ),
    (
        "home.sync",
        "sync",
        "sync",
        "Open the page of the chosen sync: its trend, its schedule, what can be done",
        "sync",
        "sync",
    ),
    (
        "home.run",
        "send",
        "run",
        "Run the chosen sync now, or all that are marked; a first run shows its plan first",
        "run",
        "sync",
    ),
    ("home.stop", "stop", "stop", "Stop the run; the next one sends what was not answered", "stop", "sync"),
    (
        "home.pause",
        "pause",
        "pause",
        "Pause or resume the schedule of the chosen sync, or of all that are marked",
        "pause",
        "sync",
    ),
    ("home.mark", "mark", "mark", "Mark the chosen sync, to pause or run several together", "mark", "sync"),
    ("home.mark_all", "mark_all", "mark all", "Mark all syncs that are shown, or none", "mark-all"),
    (
        "home.sort",
        "sort",
        "sort",
        "Sort the syncs by the next thing: urgency, name, last, next, sent, rejected",
        "sort",
    ),
    ("home.edit", "edit", "SQL", "Open the query of the chosen sync in the editor", "edit", "sync"),
    ("home.plan", "plan", "plan", "Show what the chosen sync would send, field by field", "plan", "sync"),
    ("home.new", "new", "new", "Create a sync", "new"),
    (
        "home.settings",
        "settings",
        "settings",
        "Change schedule, destinations, columns and guards of the chosen sync",
        "settings",
        "sync",
    ),
    ("home.rejected", "rejected", "rejected", "Show the rejected rows of the chosen sync", "rejected", "sync"),
    ("home.replay", "replay_all", "replay", "Send the rejected rows of the chosen sync again", "replay", "sync"),
    ("home.explain", "explain", "explain", "Show the history of one key in the chosen sync", "explain", "key"),
    # sources and destinations
    ("sources.open", "open", "open", "Change the chosen source or destination", "open"),
    ("sources.stop", "stop", "stop", "Stop the test", "stop"),
    ("sources.test", "test", "test", "Test the connection step by step", "test"),
    ("sources.new", "new", "new source", "Connect a warehouse", "new-source"),
    (
        "sources.new_destination",
        "new_destination",
        "new destination",
        "Connect an API, or a local file",
        "new-destination",
    ),
    ("sources.secret", "secret", "secret", "Store a secret of the chosen one in the keyring", "secret"),
    ("sources.delete", "delete", "delete", "Delete the file of the chosen one, where no sync uses it", "delete"),
    # editor
    ("editor.preview", "preview", "preview", "Run the query and show its first rows", "preview"),
    (
        "editor.preview_zero",
        "from_zero",
        "from 0",
        "Preview with last_sync_time 0, as a first run would",
        "preview-from-zero",
    ),
    ("editor.preview_all", "all_rows", "all rows", "Run the query for all its rows, a million at the most", "all-rows"),
    ("editor.stop", "stop", "stop", "Stop the query in the warehouse", "stop"),
    ("editor.sort", "sort", "sort", "Sort the rows by a column", "sort"),
    ("editor.keep", "narrow", "filter", "Show only rows that contain these words", "keep"),
    ("editor.marks", "marks", "marks", "Show only rows that are invalid, new or known", "marks"),
    ("editor.column", "column", "column", "Go to a column of the rows", "column"),
    (
        "editor.columns",
        "columns",
        "their statistics",
        "Show what the columns contain: nulls, distinct values, kinds of id",
        "columns",
    ),
    ("editor.row", "row", "row", "Show the chosen row's values in full", "row"),
    ("editor.next_problem", "next_problem", "next problem", "Go to the next problem", "next-problem"),
    (
        "editor.previous_problem",
        "previous_problem",
        "previous problem",
        "Go to the previous problem",
        "previous-problem",
    ),
    ("editor.fix", "fix", "fix", "Fix the problem at the cursor", "fix"),
    ("editor.fix_all", "fix_all", "fix all", "Fix every problem whose fix is certain", "fix-all"),
    ("editor.rule", "rule", "why", "Show the page of the rule that found this problem", "why"),
    ("editor.template", "template", "template", "Start from a template", "template"),
    ("editor.history", "history", "history", "Open a query that was run before", "history"),
    ("editor.tables", "tables", "tables", "Go to the tables of the source", "tables"),
    ("editor.complete", "complete", "complete", "Offer what can be typed here", "complete"),
    ("editor.save", "save", "save", "Save the query", "save"),
    ("editor.save_all", "save_all", "save all", "Save every changed query", "save-all"),
    ("editor.find", "find", "find", "Find and replace", "find"),
    ("editor.format", "format", "format", "Format the query", "format"),
    ("editor.external", "external", "$EDITOR", "Open the query in your own editor", "external"),
    ("editor.open", "open_query", "open", "Open another query", "edit", "sync"),
    ("editor.next_buffer", "next_buffer", "next query", "Go to the next open query", "next"),
    ("editor.close", "close", "close", "Close this query", "close"),
    ("editor.revert", "revert", "revert", "Discard the changes and read the file again", "revert"),
    ("editor.plan", "plan", "plan", "Show what would be sent, field by field", "plan"),
    (
        "editor.settings",
        "settings",
        "settings",
        "Change the schedule, destinations, columns and guards of this sync",
        "settings",
    ),
    ("editor.call", "open", "call", "Show the chosen row as the call that it becomes", "call"),
    ("editor.type", "type", "type", "Type in the text", "type"),
    # plan
    ("plan.send", "send", "send it", "Send this plan; what a guard blocks is a choice first", "send"),
    ("plan.pause", "pause", "pause", "Pause or resume the schedule of this sync", "pause"),
    ("plan.row", "open", "row", "Show the chosen row as a call", "row"),
    ("plan.next_part", "narrow", "next part", "Show the next part: changed, new, gone, rejected", "next-part"),
    (
        "plan.next_destination",
        "next_destination",
        "next destination",
        "Show the plan of the next destination",
        "next-destination",
    ),
    ("plan.from_zero", "from_zero", "from 0", "Plan with last_sync_time 0", "from-zero"),
    ("plan.again", "plan", "again", "Query and compare again", "again"),
    ("plan.stop", "stop", "stop", "Stop the query in the warehouse", "stop"),
    # alerts
    ("alerts.test", "send_test", "test", "Send a test message to the chosen alert, and show the answer", "test"),
    # runs
    ("runs.open", "open", "open", "Open the chosen run", "open"),
    ("runs.pause", "hold", "pause", "Pause or resume the live updates", "pause"),
    ("runs.stop", "stop", "stop", "Stop the chosen run; the next one sends what was not answered", "stop"),
    ("runs.run", "send", "run again", "Run the sync of the chosen run again", "run"),
    ("runs.level", "log", "level", "Show all lines of the log, warnings and errors, or errors only", "level"),
    ("runs.find", "find_in_log", "find", "Show only lines of the log that contain these words", "find", "words"),
    (
        "runs.states",
        "narrow",
        "states",
        "Show runs in all states, those that went wrong, or those in one state",
        "states",
        "state",
    ),
    (
        "runs.one_sync",
        "one_sync",
        "one sync",
        "Show only runs of the sync of the chosen run, or those of all",
        "of",
        "sync",
    ),
    ("runs.sync", "sync", "sync", "Open the page of the sync of the chosen run", "sync", "sync"),
    # one run
    ("run.open", "open", "request", "Show the request and the response of the chosen row", "request"),
    ("run.replay", "replay_all", "replay", "Send the rejected rows again, with the latest content", "replay"),
    ("run.replay_row", "replay_row", "send row", "Send the chosen rejected row again, and no other", "replay-row"),
    ("run.course", "play_back", "play", "Play back the recording of this run, second by second", "course"),
    ("run.sync", "sync", "sync", "Open the page of its sync", "sync"),
    ("run.again", "send", "run again", "Run this sync again; where a guard blocked it, choose what to do", "run"),
    ("run.undo", "send_back", "undo", "Send back the values that this run overwrote", "undo"),
    ("run.stop", "stop", "stop", "Stop this run; the next one sends what was not answered", "stop"),
    ("run.edit", "edit", "SQL", "Open the query of this sync", "edit"),
    ("run.curl", "curl", "curl", "Copy the request of the chosen row as a curl command, without the secret", "curl"),
    ("run.log", "log", "log", "Show the log of this run", "log"),
    (
        "run.bundle",
        "bundle",
        "bundle",
        "Write this run and its context to a file, masked, for a colleague",
        "bundle",
        "path",
    ),
    # the recording of a run
    ("course.play", "hold", "play", "Play or pause; at the end, from the start", "play"),
    ("course.forward", "forward", "next", "Go to the next event", "forward"),
    ("course.backward", "backward", "back", "Go to the previous event", "backward"),
    ("course.faster", "faster", "faster", "Play faster: 1x, 10x, 60x", "faster"),
    ("course.slower", "slower", "slower", "Play slower", "slower"),
    ("course.seek", "seek", "go to", "Go to a moment: 14:01:00, +90 seconds, 50%", "seek", "words"),
    ("course.begin", "first", "beginning", "Go to the start", "beginning"),
    ("course.finish", "last", "end", "Go to the end", "end"),
    # one sync
    ("sync.do", "open", "do it", "Do what is chosen in the list; you are asked first, with its number", "do"),
    ("sync.run", "send", "run", "Run it now; a first run shows its plan first", "run"),
    ("sync.stop", "stop", "stop", "Stop its run; the next one sends what was not answered", "stop"),
    ("sync.plan", "plan", "plan", "Show what it would send, field by field", "plan"),
    (
        "sync.from_zero",
        "from_zero",
        "from 0",
        "Plan it with last_sync_time 0: all rows are compared; sending is the next step",
        "from-zero",
    ),
    (
        "sync.full_refresh",
        "full_refresh",
        "full refresh",
        "Plan to send all rows again, changed or not; sending is the next step",
        "full-refresh",
    ),
    ("sync.pause", "pause", "pause", "Pause or resume its schedule", "pause"),
    ("sync.replay", "replay_all", "replay", "Send its rejected rows again", "replay"),
    ("sync.rejected", "rejected", "rejected", "Show its rejected rows", "rejected"),
    ("sync.last", "last_run", "last run", "Open its last run", "last-run"),
    ("sync.history", "history", "its runs", "List its runs", "runs-of"),
    ("sync.edit", "edit", "SQL", "Open its query in the editor", "edit"),
    ("sync.settings", "settings", "settings", "Change its schedule, destinations, columns and guards", "settings"),
    # settings
    ("settings.save", "save", "save", "Save the settings", "save"),
    ("settings.plan", "plan", "plan", "Show what would be sent with these settings", "plan"),
    # forms
    ("settings.next", "next_field", "next", "To the next field", "next-field"),
    ("settings.previous", "previous_field", "previous", "To the previous field", "previous-field"),
    ("form.next", "next_field", "next", "To the next field", "next-field"),
    ("form.previous", "previous_field", "previous", "To the previous field", "previous-field"),
    ("form.stop", "stop", "stop", "Stop the test", "stop"),
    ("form.test", "test", "test", "Test the connection step by step", "test"),
    ("form.save", "save", "save", "Save it", "save"),
    ("form.copy", "copy_shown", "copy", "Copy the statement or the text that is shown", "copy"),
    # the guided set-up
    ("wizard.forward", "next_step", "next", "To the next step", "next-step"),
    ("wizard.backward", "previous_step", "back", "To the previous step", "previous-step"),
    ("wizard.next", "next_field", "next field", "To the next field", "next-field"),
    ("wizard.previous", "previous_field", "previous field", "To the previous field", "previous-field"),
    ("wizard.stop", "stop", "stop", "Stop the test", "stop"),
    ("wizard.save", "save", "save", "Save it: the last step", "save"),
    ("wizard.test", "test", "test", "Test the connection step by step", "test"),
    (
        "wizard.call",
        "send_test",
        "test call",
        "Send one call for the person backhaul-test, to see it acknowledged",
        "test-call",
    ),
    (
        "wizard.write",
        "write_secret",
        "to file",
        "Write the secret to a new file that only you can read, where no keyring stores it",
        "write-secret",
    ),
    (
        "wizard.generate",
        "generate",
        "new pair",
        "Generate a key pair; the private key is never shown",
        "new-key",
    ),
    ("wizard.copy", "copy_shown", "copy", "Copy the statement that is shown", "copy"),
    # while typing
    ("text.leave", "leave_text", "leave the text", "Leave the text: letters are keys again", "leave"),
    ("text.left", "text_left", "left", "One character to the left", "left"),
    ("text.right", "text_right", "right", "One character to the right", "right"),
    ("text.up", "text_up", "up", "One line up", "line-up"),
    ("text.down", "text_down", "down", "One line down", "line-down"),
    ("text.delete", "text_delete", "delete", "Delete the character at the cursor", "delete-character"),
    ("text.undo", "text_undo", "undo", "Undo the last change", "undo"),
    ("text.redo", "text_redo", "redo", "Redo it", "redo"),
    ("text.line_start", "text_line_start", "line start", "To the start of the line", "line-start"),
    ("text.line_end", "text_line_end", "line end", "To the end of the line", "line-end"),
    ("text.word_left", "text_word_left", "word left", "One word to the left", "word-left"),
    ("text.word_right", "text_word_right", "word right", "One word to the right", "word-right"),
    ("text.delete_word", "text_delete_word", "delete word", "Delete the word before the cursor", "delete-word"),
    ("text.delete_to_end", "text_delete_to_end", "delete to end", "Delete to the end of the line", "delete-to-end"),
    (
        "text.delete_to_start",
        "text_delete_to_start",
        "delete to start",
        "Delete to the start of the line",
        "delete-to-start",
    ),
    ("text.delete_line", "text_delete_line", "delete line", "Delete the line", "delete-line"),
    ("text.select_all", "text_select_all", "select all", "Select the whole text", "select-all"),
    ("text.copy", "text_copy", "copy", "Copy the selected text to the clipboard", "copy-text"),
    ("text.paste", "text_paste", "paste", "Insert what was last copied here", "paste"),
    ("text.comment", "text_comment", "comment", "Comment or uncomment the line", "comment"),
    # dialogs
    ("dialog.yes", "yes", "yes", "Do it", "yes"),
    ("dialog.no", "no", "no", "Cancel", "no"),
    ("read.close", "close_reading", "close", "Close it", "close"),
    ("read.copy", "copy", "copy", "Copy it to the clipboard", "copy"),
    ("dialog.next", "next_choice", "next", "To the next choice", "next-choice"),
    ("dialog.previous", "previous_choice", "previous", "To the previous choice", "previous-choice"),
)

ACTIONS: Mapping[str, Action] = {words[0]: Action(*words) for words in _TABLE}


def of_scopes(*scopes: str) -> Iterator[Action]:
    """Return the actions of these scopes, in the order of the table."""
    return (action for scope in scopes for action in ACTIONS.values() if action.scope == scope)
