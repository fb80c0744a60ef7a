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

-- What was told of, so that it is not told again and again. alert is its name in backhaul.toml, kind what it is about; since is when it
-- began, told when it was last told, times how often it happened since then; NULL in recovered while it goes on.
CREATE TABLE alerts (
    alert          TEXT NOT NULL,
    sync           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    since          REAL NOT NULL,
    told           REAL,
    times          INTEGER NOT NULL DEFAULT 1,
    recovered      REAL,
    PRIMARY KEY (alert, sync, kind)
) STRICT;
