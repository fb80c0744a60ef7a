"""One run, on a page.

page.py          what is shown: counts, phases on a line of time, why rows were refused, each row and its request
run_reader.py    what is read of it: the run, causes, rows, a person's history
run_actions.py   what its actions do
story.py         what a run did, in lines
refused_row.py   a refused row: in tables, and whole
playback.py      how a run went, played again from its log
"""

from tui.screens.run.page import RunPage

__all__ = ["RunPage"]
