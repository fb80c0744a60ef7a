-- Version 5. The daemon: where the schedule of each sync stands, who runs it, what it was asked, what it has told.

-- words are the schedule, time zone and start that the rest belongs to: other words begin anew. Moments of "every" are
-- counted from anchor; seen is the last due moment that was dealt with (run, skipped, or missed while nobody ran).
-- failures are those in a row; retry is the moment before which a failing sync is not tried again, NULL where none.
CREATE TABLE schedules (
    sync           TEXT PRIMARY KEY,
    words          TEXT NOT NULL,
    anchor         REAL NOT NULL,
    seen           REAL NOT NULL,
    failures       INTEGER NOT NULL DEFAULT 0,
    retry          REAL
) STRICT;

-- due is the moment for which a run was begun, NULL where somebody asked for it. A run in the state skipped stands for
-- `skipped` due moments from started to ended; error says why; caught_up is the run that did their work.
ALTER TABLE runs ADD COLUMN due REAL;
ALTER TABLE runs ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN caught_up TEXT;
CREATE INDEX runs_skipped ON runs (sync, started DESC) WHERE state = 'skipped';

-- The daemon that runs, or ran last: one row. beat is its last sign of life; ended is NULL until it has ended by itself.
-- waiting is how many syncs are due and wait for a worker.
CREATE TABLE daemon (
    one            INTEGER PRIMARY KEY CHECK (one = 1),
    process        INTEGER NOT NULL,
    host           TEXT NOT NULL,
    version        TEXT NOT NULL,
    started        REAL NOT NULL,
    beat           REAL NOT NULL,
    ended          REAL,
    workers        INTEGER NOT NULL,
    running        INTEGER NOT NULL DEFAULT 0,
    waiting        INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What somebody asks of the daemon. kind: run, replay, undo, stop, reload. words is a JSON list of options, as the command takes
-- them; answer is NULL until the daemon has dealt with it.
CREATE TABLE requests (
    number         INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL,
    sync           TEXT,
    run            TEXT,
    words          TEXT NOT NULL DEFAULT '[]',
    created        REAL NOT NULL,
    answer         TEXT
) STRICT;
CREATE INDEX requests_open ON requests (number) WHERE answer IS NULL;

-- What was told of, so that it is not told again and again. alert is its name in backhaul.toml; sync is the sync's id, for the kind
-- project a file; since is when it began, told when it was last told (NULL: not yet), times how often that was done since then; recovered is
-- NULL while it goes on; closed says that nothing is left to tell of it.
CREATE TABLE alerts (
    alert          TEXT NOT NULL,
    sync           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    since          REAL NOT NULL,
    told           REAL,
    times          INTEGER NOT NULL DEFAULT 0,
    recovered      REAL,
    closed         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (alert, sync, kind)
) STRICT;

-- How the way of each alert does: told is when something last arrived; failures are those in a row since then, problem the last
-- one's words; before retry it is not tried again.
CREATE TABLE alert_ways (
    alert          TEXT PRIMARY KEY,
    told           REAL,
    failures       INTEGER NOT NULL DEFAULT 0,
    retry          REAL,
    problem        TEXT
) STRICT;

-- What consoles show, each of them once.
CREATE TABLE notices (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    at             REAL NOT NULL,
    alert          TEXT NOT NULL,
    trouble        INTEGER NOT NULL,
    text           TEXT NOT NULL
) STRICT;

-- Since when each sync is watched: it was turned on, or first seen, then. Freshness counts from here where there was no success.
CREATE TABLE watched (
    sync           TEXT PRIMARY KEY,
    since          REAL NOT NULL
) STRICT;
CREATE INDEX runs_succeeded ON runs (sync, started DESC) WHERE state IN ('succeeded', 'partial');

-- What monitoring sums up, read from the index alone.
CREATE INDEX deliveries_totals ON deliveries (sync, acknowledged, rejected);
