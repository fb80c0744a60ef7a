"""The editor: a query with what lint finds in it, and its first rows as the calls that they become.

page.py      the page: its panes, what they show, its keys
doing.py     what its actions do: save, format, $EDITOR, close, plan, run
checking.py  what it asks of the helper process: lint, fixes, previews, the catalogue
texts.py     one of them: what was typed, and what the file says
problems.py  findings, as a line under the text and as a list
preview.py   the first rows
schema.py    the tables of the source, to be opened and closed
finding.py   find and replace
"""

from tui.screens.editor.page import Editor

__all__ = ["Editor"]
