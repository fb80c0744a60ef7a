"""One run, on a page.

page.py         what is shown: counts, phases on a line of time, why rows were refused, each row and its request
reading.py      what is read of it: the run, causes, rows, a person's history
doing.py        what its actions do
story.py        what a run did, in lines
refused_row.py  a refused row: in tables, and whole
course.py       how a run went, played again
"""

from tui.screens.run.page import RunPage

__all__ = ["RunPage"]
