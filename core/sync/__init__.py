"""The engine: from a query to acknowledged calls, in steps that can be killed at any moment.

connecting the plug-in of a source, without its query
prepare    the plug-ins of a sync; its query checked; its columns mapped
stage      rows into DuckDB, mapped, fingerprinted and joined with the ledgers, in one pass
compare    what each row is to a destination
guards     what stops a delivery before its first call; shape: its columns and ids, and those before; canary: its first calls
plan       the immutable file of calls
record     the planned delivery in the store
planning   all of these together: the blocking half of a run
deliver    batches out, replies in, both recorded
transport  HTTP, or a local file
commit     into the ledger; last_sync_time moves
finish     a delivery to its commit, or its pause
run        one run of a sync, as events; again: what is sent without a query (replay: rejected rows; undo: old values)
telling    the events of a run, to its listener, its log and the store; progress: what they amount to
preview    what a run would do, without doing it; explain: one key's life; check: a connection, step by step
audit      what the windows of an incremental query have missed; forget: a person, out of every file of ours
plain      previews, plans and lives as JSON's own types
history    the store, read for people; rejections: what was refused, by cause; outcomes: what became of every row
stopping   a preview or a plan in this process, a run in its own
state      the state folder, its locks and garbage
"""
