-- Version 4. kind of a delivery: sync (a query's rows), replay (rejected rows again), undo (what a run overwrote), baseline
-- (rows taken for delivered without a call: assumed). deletes are the calls that remove rows; canary is how many calls
-- were sent ahead of the rest to look at their answers, NULL where none; canary_passed says that the answers were good,
-- or that someone let them pass. shape is what the query's columns and ids looked like (core.sync.planning.result_shape), carried to
-- the ledger when the delivery is committed.
ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'sync';
ALTER TABLE deliveries ADD COLUMN deletes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN canary INTEGER;
ALTER TABLE deliveries ADD COLUMN canary_passed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN shape TEXT;
ALTER TABLE ledgers ADD COLUMN shape TEXT;
