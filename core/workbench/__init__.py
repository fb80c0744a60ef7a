"""The console's helper process: whatever needs a driver, sqlglot or DuckDB happens here, so that the screen never stalls.

    python -P -m core.workbench FOLDER

Requests are lines of JSON on stdin, answers lines of JSON on stdout, which carries nothing else:

    {"id": 7, "do": "lint", "sync": "users", "text": "SELECT …"}    asks
    {"cancel": 7}                                                   stops it, with its query in the warehouse
    {"id": 7, "part": {…}}                                          told while it works, as often as there is something
    {"id": 7, "done": {…}}                                          its end, or
    {"id": 7, "error": {"kind", "message", "remedy", "where", "offset", "findings"}}

Each request has a thread of its own, and ends in exactly one `done` or `error`; of a stopped one the kind is CancelledError.
An answer to what is no request has the id null. A kind that is no error of ours is "Bug". The project's files are read
again for each request. When stdin closes, what still runs is stopped, and the process ends within a second.

serving      lines to requests, their threads, their answers
request      one request: what it asks, checked
doing        the table of what can be asked
queries      lint, fix, rule, format, complete, keywords
templates    templates
results      preview, result_open, result_mark, result_rows, result_arrange, result_call, result_statistics, result_export
trying       plan, explain, person, curl, undo
changed      a sync with what is not saved yet
connections  check, catalogue, secret_set, secret_delete, secret_list, types
handing      alert_test, bundle
credentials  existing, hold, secret_place, secret_write; what it holds is in `held`
"""
