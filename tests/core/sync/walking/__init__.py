"""Random walks through all that can happen to a sync, beside a plain model of what each destination must have been told.

The warehouse is a small DuckDB table, the destinations are a real HTTP receiver and a local file, the engine is the real
one. `walk` does one random thing a step: it changes, adds, removes rows or stamps them late, lets time pass, edits the
query, runs the sync in each of its ways while the receiver refuses calls, drops replies or is down, replays, undoes,
forgets, audits, damages a file and restores it; or it goes through one of the chains that chance alone would rarely put
together. After each step ledgers, requests, counts, lists and files are compared with the model. The same flavour and
seed give the same decisions.

    model     the plain values: kinds of syncs, rows, queries, what a destination has been told
    world     the warehouse, the sync's files and the receiver
    taking    runs the sync, and takes what arrived into the model
    steps     the single steps
    chains    the short chains of them
    checks    what is promised at any time

A long walk by hand, one line a failed seed:

    python -m tests.core.sync.walking [--flavour NAME] [--seeds FIRST:END] [--steps N] [--told]
"""

from tests.core.sync.walking.model import FLAVOURS
from tests.core.sync.walking.walk import walk

__all__ = ["FLAVOURS", "walk"]
