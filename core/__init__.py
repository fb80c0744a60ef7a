"""Backhaul without a screen: from a SQL query in a warehouse to delivered calls.

Layers, from the bottom up (import-linter holds them; see pyproject.toml):

    errors, shapes, model    what every layer shares
    scan, query, schedule    the SQL text and the clock, pure
    keys                     private keys: what a text is, fixed in memory
    calls, lint              what a row becomes; what is wrong with a query
    complete                 what can be typed at a place of a query
    templates                queries to begin with
    guide                    the user's guide, a page a topic
    warehouses               a folder each behind one protocol
    destinations             a file each behind one protocol
    ledger, store            what was acknowledged; runs, deliveries, batches
    project, secrets         the project's files; the OS keyring
    setup                    connections that other tools keep on this machine
    sync                     the engine: plan, guards, deliver, run
    alerts, bundle           who is told when something goes wrong; a run to hand on, masked
    context                  what a query is for: its source's tables, its destinations, its neighbours
    demo, cli                the commands
    workbench                the console's helper process
    lsp                      the language server for editors
    daemon                   runs the schedules until it is stopped
"""

__version__ = "0.1.0"
