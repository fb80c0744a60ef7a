-- Version 2. What guards asked of a run that they stopped: a JSON list of {destination, guard, message, remedy, evidence,
-- acceptable}, NULL where they asked nothing. progress (see core.sync.progress.run_progress) stays when a run ends.
ALTER TABLE runs ADD COLUMN questions TEXT;
