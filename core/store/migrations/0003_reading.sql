-- Version 3. Indexes for those who look: the newest runs of all syncs, or in one state; rejected rows by their cause; and
-- for forgetting the progress of runs that ended long ago.
CREATE INDEX runs_by_start ON runs (started DESC);
CREATE INDEX runs_by_state ON runs (state, started DESC);
CREATE INDEX runs_with_progress ON runs (ended) WHERE progress IS NOT NULL;
CREATE INDEX rejected_by_cause ON rejected (sync, state, reason, status);
