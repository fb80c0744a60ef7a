"""The daemon: it runs the schedules of a project until it is stopped, and whatever else is asked of it.

    agenda.py    what to start, skip and hold back now: no I/O, the time is a parameter
    entry.py     one sync of it; room.py the limits of sources and destinations; jobs.py the values
    loop.py      the process: time, the project's files, requests, the agenda's effects
    service.py   all of it put together, with signals
    keeping.py   the agenda's effects in the store; files.py the project's files as they change
    workers.py   the processes that do the runs, and what becomes of one that dies
    worker.py    such a process: one run at a time, in an interpreter that is warm
    asking.py    what others do with a daemon: who runs, ask it for something, begin one in the background
    unit.py      the systemd unit
    watching.py  alerts beside it; log.py its log; metrics.py what Prometheus is told

A run is done in a worker process, not in the daemon: a driver that crashes takes one run with it, a driver that holds Python's lock holds up
nobody, and memory is given back. A worker serves many runs, one after the other, since the libraries take half a second to
import and a run in which nothing changed takes 70 ms (measured). To stop a run is to signal its process, as for `backhaul run`.

Console and daemon meet in the store: progress is in the rows of runs, requests are rows, and so is the daemon itself.
"""
