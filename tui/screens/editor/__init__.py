"""The editor: a query with what lint finds in it, and its first rows as the calls that they become.

page.py           the page: its panes, what they show, its keys
doing.py          what its actions do: save, format, $EDITOR, close, plan, run
checking.py       what it asks of the helper process: lint, fixes, previews, the catalogue
completing.py     keywords, tables, columns and fields, offered while one types
beginning.py      what a new query starts from: a template, a past query, the tables of the source
keeping.py        the open queries: shown, kept for later, saved, settled with their files
looking.py        the rows below the text: their order, marks, columns, a row as a call, export
offering.py       which keys the footer names, and why one does not work
texts.py          one open text: what was typed, and what the file says
problems.py       findings, as a line under the text and as a list
preview.py        the first rows
result.py         the windows of rows that were looked at
person.py         what is known of a row's person
query_history.py  the queries that were run here
schema.py         the tables of the source, to be opened and closed
find_replace.py   find and replace
"""

from tui.screens.editor.page import Editor

__all__ = ["Editor"]
