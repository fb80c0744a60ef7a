-- Version 6. replan says that the next run gives up what a paused delivery has not delivered, and plans anew: its destination refused
-- everything, or a batch failed again with nothing to compare it with. Deliveries that an older Backhaul paused for that reason went
-- on refusing for good. unanswered says of a batch in the state sending that it may have arrived: it went out and has no reply.
ALTER TABLE deliveries ADD COLUMN replan INTEGER NOT NULL DEFAULT 0;
-- accepted are the guards that somebody accepted for a plan, a JSON list: a plan that takes its place is not asked about again.
ALTER TABLE deliveries ADD COLUMN accepted TEXT;
-- ordered says that the batches go out one after the other: the query has an ORDER BY, and its rows are events.
ALTER TABLE deliveries ADD COLUMN ordered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 1;
UPDATE deliveries SET replan = 1 WHERE state = 'paused' AND reason LIKE '% refuses everything: %';
