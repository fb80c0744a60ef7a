-- The store, version 1. Times are Unix seconds (REAL) of this host; last_sync_time and clock are whole seconds of the
-- warehouse. Keys and fingerprints are 16 bytes. Rows of runs, deliveries and rejected rows outlive the sync's files.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One execution of a sync. state: running, succeeded, partial (rows were rejected), stopped (a guard), failed, skipped.
CREATE TABLE runs (
    id             TEXT PRIMARY KEY,
    sync           TEXT NOT NULL,
    name           TEXT NOT NULL,
    cause          TEXT NOT NULL,
    state          TEXT NOT NULL,
    started        REAL NOT NULL,
    ended          REAL,
    process        INTEGER,
    bound          INTEGER,
    rows           INTEGER,
    error          TEXT,
    remedy         TEXT,
    progress       TEXT
) STRICT;
CREATE INDEX runs_by_sync ON runs (sync, started DESC);

-- What one destination has acknowledged of one sync. A sync and a destination have one current ledger (retired IS NULL);
-- another key column, or another account, begins a new one. digest is what produced its rows; form the canonical form.
CREATE TABLE ledgers (
    id             TEXT PRIMARY KEY,
    sync           TEXT NOT NULL,
    destination    TEXT NOT NULL,
    host           TEXT NOT NULL,
    account        TEXT NOT NULL,
    key            TEXT NOT NULL,
    digest         TEXT NOT NULL,
    form           INTEGER NOT NULL,
    last_sync_time INTEGER NOT NULL,
    rows_last_seen INTEGER,
    created        REAL NOT NULL,
    retired        REAL
) STRICT;
CREATE UNIQUE INDEX ledgers_current ON ledgers (sync, destination) WHERE retired IS NULL;

-- The manifest: the ledger's segments, oldest first by number. Each is a Parquet file of keys and fingerprints, and one of
-- identities and calls where these are kept; digests are BLAKE2b-128 of the files. Replaced ones stay a day (retired).
CREATE TABLE segments (
    ledger         TEXT NOT NULL REFERENCES ledgers (id),
    number         INTEGER NOT NULL,
    base           INTEGER NOT NULL,
    rows           INTEGER NOT NULL,
    keys           TEXT NOT NULL UNIQUE,
    keys_bytes     INTEGER NOT NULL,
    keys_digest    TEXT NOT NULL,
    calls          TEXT,
    calls_bytes    INTEGER,
    calls_digest   TEXT,
    created        REAL NOT NULL,
    retired        REAL,
    PRIMARY KEY (ledger, number)
) STRICT;

-- One run's plan for one destination. state: planned, sending, paused, committed, abandoned. rows = unchanged +
-- acknowledged + rejected + pending + superseded, always.
CREATE TABLE deliveries (
    id             TEXT PRIMARY KEY,
    run            TEXT NOT NULL REFERENCES runs (id),
    sync           TEXT NOT NULL,
    destination    TEXT NOT NULL,
    ledger         TEXT NOT NULL REFERENCES ledgers (id),
    state          TEXT NOT NULL,
    call           TEXT NOT NULL,
    plan           TEXT,
    plan_bytes     INTEGER NOT NULL,
    plan_digest    TEXT NOT NULL,
    clock          INTEGER,
    digest         TEXT NOT NULL,
    form           INTEGER NOT NULL,
    rows           INTEGER NOT NULL,
    full_rows      INTEGER,
    added          INTEGER NOT NULL,
    changed        INTEGER NOT NULL,
    removed        INTEGER NOT NULL,
    unchanged      INTEGER NOT NULL,
    retried        INTEGER NOT NULL,
    superseded     INTEGER NOT NULL,
    refused        INTEGER NOT NULL,
    calls          INTEGER NOT NULL,
    batches        INTEGER NOT NULL,
    acknowledged   INTEGER NOT NULL DEFAULT 0,
    rejected       INTEGER NOT NULL DEFAULT 0,
    held_back      INTEGER NOT NULL DEFAULT 0,
    notes          TEXT NOT NULL,
    reason         TEXT,
    created        REAL NOT NULL,
    ended          REAL
) STRICT;
CREATE UNIQUE INDEX deliveries_open ON deliveries (sync, destination) WHERE state IN ('planned', 'sending', 'paused');
CREATE INDEX deliveries_by_run ON deliveries (run);

-- Batches of an open delivery, from the moment before each is first sent. state: sending, answered, held (deletes that
-- were not sent because something before them was rejected). position is the file destination's offset.
CREATE TABLE batches (
    delivery       TEXT NOT NULL REFERENCES deliveries (id),
    number         INTEGER NOT NULL,
    calls          INTEGER NOT NULL,
    state          TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    position       INTEGER,
    acknowledged   INTEGER,
    status         INTEGER,
    sent           REAL NOT NULL,
    answered       REAL,
    PRIMARY KEY (delivery, number)
) STRICT;

-- Rows that the destination, or its limits, or the form of JSON refused for good. state: open, acknowledged (sent again
-- with success), superseded (a later version was acknowledged or took its place). attempts counts refusals by the
-- destination; 0 where the row was never sent. call is canonical; row holds the query's values where there is no call.
CREATE TABLE rejected (
    number         INTEGER PRIMARY KEY,
    ledger         TEXT NOT NULL,
    sync           TEXT NOT NULL,
    destination    TEXT NOT NULL,
    delivery       TEXT NOT NULL,
    run            TEXT NOT NULL,
    sequence       INTEGER,
    key            BLOB NOT NULL,
    fingerprint    BLOB,
    identity       TEXT,
    message_id     TEXT,
    call           TEXT,
    row            TEXT,
    state          TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    status         INTEGER,
    request        TEXT,
    response       TEXT,
    created        REAL NOT NULL,
    changed        REAL NOT NULL
) STRICT;
CREATE INDEX rejected_open ON rejected (ledger, key) WHERE state = 'open';
CREATE INDEX rejected_by_delivery ON rejected (delivery, sequence);
CREATE INDEX rejected_by_sync ON rejected (sync, state, created);
