"""One sync, on a page.

page.py     what is shown, and what is read of it
doing.py    what can be done, each with its consequences, asked first
choices.py  these consequences, in words
facts.py    its trend, schedule, destinations and fields, in lines
"""

from tui.screens.sync.page import SyncPage

__all__ = ["SyncPage"]
