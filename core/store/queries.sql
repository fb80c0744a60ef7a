-- name: insert_run
INSERT INTO runs (id, sync, name, cause, state, started, process)
VALUES (:id, :sync, :name, :cause, 'running', :started, :process);

-- name: set_run_due
UPDATE runs SET due = :due WHERE id = :id;

-- name: end_run
UPDATE runs SET state = :state, ended = :ended, error = :error, remedy = :remedy, progress = :progress, questions = :questions
WHERE id = :id;

-- name: set_run_bound
UPDATE runs SET bound = :bound WHERE id = :id;

-- name: set_run_rows
UPDATE runs SET rows = :rows WHERE id = :id;

-- name: set_run_progress
UPDATE runs SET progress = :progress WHERE id = :id;

-- name: run
SELECT * FROM runs WHERE id = :id;

-- name: runs_like
SELECT * FROM runs WHERE id GLOB :prefix || '*' ORDER BY started DESC;

-- name: runs_of_sync
SELECT * FROM runs WHERE :sync IS NULL OR sync = :sync ORDER BY started DESC LIMIT :limit;

-- name: newest_runs
SELECT * FROM runs WHERE started < :before ORDER BY started DESC LIMIT :limit;

-- name: newest_runs_of_sync
SELECT * FROM runs WHERE sync = :sync AND started < :before ORDER BY started DESC LIMIT :limit;

-- name: newest_runs_in_state
SELECT * FROM runs WHERE state = :state AND started < :before ORDER BY started DESC LIMIT :limit;

-- name: newest_runs_of_sync_in_state
SELECT * FROM runs WHERE sync = :sync AND state = :state AND started < :before ORDER BY started DESC LIMIT :limit;

-- name: recent_runs_of_syncs
SELECT r.id, r.sync, r.state, r.started, r.ended, r.process FROM json_each(:syncs) s
JOIN runs r ON r.rowid IN (
    SELECT rowid FROM runs WHERE sync = s.value AND state <> 'skipped' ORDER BY started DESC LIMIT :limit)
ORDER BY r.sync, r.started DESC;

-- name: last_run_of_syncs
SELECT r.* FROM json_each(:syncs) s
JOIN runs r ON r.rowid = (SELECT rowid FROM runs WHERE sync = s.value AND state <> 'skipped' ORDER BY started DESC LIMIT 1);

-- name: name_of_last_run
SELECT name FROM runs WHERE sync = :sync ORDER BY started DESC LIMIT 1;

-- name: last_run_of_sync_in_state
SELECT * FROM runs WHERE sync = :sync AND state = :state ORDER BY started DESC LIMIT 1;

-- name: deliveries_of_runs
SELECT d.*,
    CASE WHEN d.state <> 'committed'
        THEN (SELECT coalesce(sum(b.acknowledged), 0) FROM batches b WHERE b.delivery = d.id) END AS open_acknowledged,
    CASE WHEN d.state <> 'committed'
        THEN (SELECT coalesce(sum(b.calls), 0) FROM batches b WHERE b.delivery = d.id AND b.state = 'answered')
        END AS open_answered
FROM json_each(:runs) r JOIN deliveries d ON d.run = r.value ORDER BY d.created, d.destination;

-- name: sent_by_runs
SELECT r.value AS run, sum(CASE WHEN d.state IN ('planned', 'sending', 'paused')
    THEN (SELECT coalesce(sum(b.acknowledged), 0) FROM batches b WHERE b.delivery = d.id) ELSE d.acknowledged END)
    AS acknowledged FROM json_each(:runs) r JOIN deliveries d ON d.run = r.value GROUP BY r.value;

-- name: pending_by_sync
SELECT d.sync, sum(d.calls - (SELECT coalesce(sum(b.calls), 0) FROM batches b WHERE b.delivery = d.id AND b.state = 'answered'))
    AS calls FROM deliveries d WHERE d.state IN ('planned', 'sending', 'paused') GROUP BY d.sync;

-- name: current_ledgers
SELECT sync, destination, last_sync_time FROM ledgers WHERE retired IS NULL ORDER BY sync, destination;

-- name: causes_by_sync
SELECT c.*, coalesce(r.identity, r.row, '') AS sample FROM (
    SELECT sync, reason, status, count(*) AS rows, 1 AS open, min(number) AS first FROM rejected
    WHERE sync IN (SELECT value FROM json_each(:syncs)) AND state = 'open' GROUP BY sync, reason, status
) c JOIN rejected r ON r.number = c.first ORDER BY c.sync, c.rows DESC, c.first;

-- name: causes_by_run
SELECT c.*, coalesce(r.identity, r.row, '') AS sample FROM (
    SELECT reason, status, count(*) AS rows, max(state = 'open') AS open, min(number) AS first FROM rejected
    WHERE delivery IN (SELECT id FROM deliveries WHERE run = :run) GROUP BY reason, status
) c JOIN rejected r ON r.number = c.first ORDER BY c.rows DESC, c.first;

-- name: rejected_number
SELECT * FROM rejected WHERE number = :number;

-- name: rejected_page_of_sync
SELECT * FROM rejected WHERE sync = :sync AND state = 'open' AND (:reason IS NULL OR reason = :reason)
    AND (:any_status OR status IS :status) ORDER BY number LIMIT :limit OFFSET :offset;

-- name: rejected_page_of_run
SELECT * FROM rejected WHERE delivery IN (SELECT id FROM deliveries WHERE run = :run)
    AND (:reason IS NULL OR reason = :reason) AND (:any_status OR status IS :status)
    ORDER BY number LIMIT :limit OFFSET :offset;

-- name: rejected_total_of_sync
SELECT count(*) AS rows FROM rejected WHERE sync = :sync AND state = 'open' AND (:reason IS NULL OR reason = :reason)
    AND (:any_status OR status IS :status);

-- name: rejected_total_of_run
SELECT count(*) AS rows FROM rejected WHERE delivery IN (SELECT id FROM deliveries WHERE run = :run)
    AND (:reason IS NULL OR reason = :reason) AND (:any_status OR status IS :status);

-- name: current_ledger
SELECT * FROM ledgers WHERE sync = :sync AND destination = :destination AND retired IS NULL;

-- name: ledger
SELECT * FROM ledgers WHERE id = :id;

-- name: ledgers_of_sync
SELECT * FROM ledgers WHERE sync = :sync AND retired IS NULL;

-- name: ledgers_with_size
SELECT l.destination, l.last_sync_time, coalesce(sum(s.rows), 0) AS rows, count(s.number) AS segments,
    coalesce(sum(s.keys_bytes + coalesce(s.calls_bytes, 0)), 0) AS bytes
FROM ledgers l LEFT JOIN segments s ON s.ledger = l.id AND s.retired IS NULL
WHERE l.sync = :sync AND l.retired IS NULL GROUP BY l.id ORDER BY l.destination;

-- name: insert_ledger
INSERT INTO ledgers (id, sync, destination, host, account, key, digest, form, last_sync_time, created)
VALUES (:id, :sync, :destination, :host, :account, :key, :digest, :form, 0, :created);

-- name: retire_ledger
UPDATE ledgers SET retired = :now WHERE id = :id;

-- name: set_ledger_place
UPDATE ledgers SET account = :account, host = :host WHERE id = :id;

-- name: acknowledged_of_ledger
SELECT (SELECT count(*) FROM segments WHERE ledger = :ledger)
    + (SELECT coalesce(sum(b.acknowledged), 0) FROM batches b JOIN deliveries d ON d.id = b.delivery
       WHERE d.ledger = :ledger) AS calls;

-- name: abandon_open_delivery
UPDATE deliveries SET state = 'abandoned', reason = :reason, plan = NULL, ended = :now,
    acknowledged = (SELECT coalesce(sum(acknowledged), 0) FROM batches b WHERE b.delivery = deliveries.id),
    rejected = refused + (SELECT coalesce(sum(calls - acknowledged), 0) FROM batches b
        WHERE b.delivery = deliveries.id AND b.state = 'answered')
WHERE sync = :sync AND destination = :destination AND state IN ('planned', 'sending', 'paused');

-- name: set_ledger_committed
UPDATE ledgers SET digest = :digest, form = :form, shape = :shape,
    rows_last_seen = coalesce(:full_rows, rows_last_seen), last_sync_time = :clock WHERE id = :id;

-- name: segments
SELECT * FROM segments WHERE ledger = :ledger AND retired IS NULL ORDER BY number;

-- name: segments_ever
SELECT * FROM segments WHERE ledger = :ledger ORDER BY number;

-- name: all_segment_files
SELECT keys, calls FROM segments;

-- name: files_in_use
WITH current AS (
    SELECT s.keys, s.calls FROM segments s JOIN ledgers l ON l.id = s.ledger WHERE l.sync = :sync AND s.retired IS NULL
)
SELECT keys AS name, 1 AS ledger FROM current
UNION ALL SELECT calls, 1 FROM current WHERE calls IS NOT NULL
UNION ALL SELECT plan, 0 FROM deliveries
WHERE sync = :sync AND plan IS NOT NULL AND state IN ('planned', 'sending', 'paused');

-- name: old_segments
SELECT s.keys, s.calls FROM segments s JOIN ledgers l ON l.id = s.ledger
WHERE l.sync = :sync AND s.retired IS NOT NULL AND s.retired < :before;

-- name: delete_segment
DELETE FROM segments WHERE keys = :keys;

-- name: delete_segments
DELETE FROM segments WHERE ledger = :ledger;

-- name: all_ledgers_of_sync
SELECT * FROM ledgers WHERE sync = :sync ORDER BY created;

-- name: all_rejected_of_sync
SELECT number, identity, row, call FROM rejected WHERE sync = :sync;

-- name: delete_rejected
DELETE FROM rejected WHERE number = :number;

-- name: texts_of_runs
SELECT id, error, remedy, progress, questions FROM runs WHERE sync = :sync;

-- name: set_texts_of_run
UPDATE runs SET error = :error, remedy = :remedy, progress = :progress, questions = :questions WHERE id = :id;

-- name: texts_of_deliveries
SELECT id, notes, reason FROM deliveries WHERE sync = :sync;

-- name: set_texts_of_delivery
UPDATE deliveries SET notes = :notes, reason = :reason WHERE id = :id;

-- name: insert_segment
INSERT INTO segments (ledger, number, base, rows, keys, keys_bytes, keys_digest, calls, calls_bytes, calls_digest, created)
VALUES (:ledger, (SELECT coalesce(max(number), 0) + 1 FROM segments WHERE ledger = :ledger),
    :base, :rows, :keys, :keys_bytes, :keys_digest, :calls, :calls_bytes, :calls_digest, :created);

-- name: retire_segments
UPDATE segments SET retired = :now WHERE ledger = :ledger AND number >= :first AND retired IS NULL;

-- name: insert_delivery
INSERT INTO deliveries (id, run, sync, destination, ledger, state, call, plan, plan_bytes, plan_digest, clock, digest,
    form, rows, full_rows, added, changed, removed, unchanged, retried, superseded, refused, calls, batches, notes, created,
    kind, deletes, assumed, canary, shape, accepted, ordered)
VALUES (:id, :run, :sync, :destination, :ledger, 'planned', :call, :plan, :plan_bytes, :plan_digest, :clock, :digest,
    :form, :rows, :full_rows, :added, :changed, :removed, :unchanged, :retried, :superseded, :refused, :calls, :batches, :notes,
    :created, :kind, :deletes, :assumed, :canary, :shape, :accepted, :ordered);

-- name: delivery_before
SELECT replan FROM deliveries WHERE ledger = :ledger AND rowid < (SELECT rowid FROM deliveries WHERE id = :id)
ORDER BY rowid DESC LIMIT 1;

-- name: accepted_of_given_up
SELECT CASE WHEN replan = 1 AND state = 'committed' THEN accepted END AS accepted FROM deliveries WHERE ledger = :ledger
ORDER BY created DESC LIMIT 1;

-- name: delivery
SELECT * FROM deliveries WHERE id = :id;

-- name: delivery_ids
SELECT id FROM deliveries WHERE sync = :sync;

-- name: delivery_without_segment
WITH named AS MATERIALIZED (
    -- what a compaction put together is named after the last delivery in it: all up to that one are accounted for
    SELECT l.id AS ledger, s.base OR instr(s.keys, '.base.') > 0 AS whole, n.id, n.rowid AS place, instr(s.keys, :erased) > 0 AS erased
    FROM ledgers l LEFT JOIN segments s ON s.ledger = l.id
    LEFT JOIN deliveries n ON n.id = substr(s.keys, length(:sync) + 2, 32)
    WHERE l.sync = :sync AND l.retired IS NULL
), bases AS MATERIALIZED (
    SELECT ledger, coalesce(max(CASE WHEN whole THEN place END), -1) AS newest FROM named GROUP BY ledger HAVING NOT coalesce(max(erased), 0)
)
SELECT d.id FROM bases JOIN deliveries d ON d.ledger = bases.ledger AND d.rowid > bases.newest
WHERE d.sync = :sync AND d.state = 'committed' AND (d.acknowledged > 0 OR d.assumed > 0)
    AND d.id NOT IN (SELECT id FROM named WHERE id IS NOT NULL)
ORDER BY d.rowid LIMIT 1;

-- name: open_deliveries
SELECT * FROM deliveries WHERE sync = :sync AND state IN ('planned', 'sending', 'paused') ORDER BY created;

-- name: deliveries_of_run
SELECT * FROM deliveries WHERE run = :run ORDER BY created, destination;

-- name: last_deliveries
SELECT * FROM deliveries WHERE sync = :sync ORDER BY created DESC LIMIT :limit;

-- name: clocks_of_ledger
SELECT d.clock, r.bound FROM deliveries d JOIN runs r ON r.id = d.run
WHERE d.ledger = :ledger AND d.state = 'committed' AND d.clock IS NOT NULL ORDER BY d.created;

-- name: pause_delivery
UPDATE deliveries SET state = 'paused', reason = :reason, replan = :replan
WHERE id = :id AND state IN ('planned', 'sending', 'paused');

-- name: set_delivery_state
UPDATE deliveries SET state = :state, reason = :reason
WHERE id = :id AND state IN ('planned', 'sending', 'paused');

-- name: commit_delivery
UPDATE deliveries SET state = 'committed', acknowledged = :acknowledged, rejected = :rejected, held_back = :held_back,
    superseded = superseded + :given_up, reason = NULL, plan = NULL, ended = :ended WHERE id = :id;

-- name: pass_canary
UPDATE deliveries SET canary_passed = 1 WHERE id = :id;

-- name: give_up_rest
UPDATE deliveries SET clock = NULL WHERE id = :id;

-- name: begun_batches
SELECT number FROM batches WHERE delivery = :delivery AND state = 'sending' AND unanswered = 1;

-- name: batch
SELECT * FROM batches WHERE delivery = :delivery AND number = :number;

-- name: batch_has_reply
UPDATE batches SET unanswered = 0 WHERE delivery = :delivery AND number = :number AND state = 'sending';

-- name: open_plans
SELECT plan FROM deliveries WHERE plan IS NOT NULL AND state IN ('planned', 'sending', 'paused');

-- name: batch_sending
INSERT INTO batches (delivery, number, calls, state, attempts, position, sent)
VALUES (:delivery, :number, :calls, 'sending', 1, :position, :now)
ON CONFLICT (delivery, number) DO UPDATE SET attempts = attempts + 1, sent = :now, unanswered = 1;

-- name: batch_answered
UPDATE batches SET state = 'answered', calls = :calls, acknowledged = :acknowledged, status = :status, answered = :now
WHERE delivery = :delivery AND number = :number;

-- name: batch_taken_back
UPDATE batches SET calls = calls - :calls, unanswered = 0, state = CASE WHEN calls > :calls THEN state ELSE 'sending' END
WHERE delivery = :delivery AND number = :number;

-- name: batch_held
INSERT INTO batches (delivery, number, calls, state, attempts, acknowledged, sent)
VALUES (:delivery, :number, :calls, 'held', 0, 0, :now)
ON CONFLICT (delivery, number) DO UPDATE SET state = 'held', acknowledged = 0;

-- name: answered_batches
SELECT number, state FROM batches WHERE delivery = :delivery AND state <> 'sending';

-- name: sent_batches
SELECT * FROM batches WHERE delivery = :delivery ORDER BY number;

-- name: batch_totals
SELECT coalesce(sum(acknowledged), 0) AS acknowledged, count(*) AS batches,
    coalesce(sum(CASE WHEN state = 'held' THEN calls ELSE 0 END), 0) AS held,
    coalesce(sum(CASE WHEN state = 'answered' THEN calls ELSE 0 END), 0) AS answered
FROM batches WHERE delivery = :delivery AND state <> 'sending';

-- name: insert_rejected
INSERT INTO rejected (ledger, sync, destination, delivery, run, sequence, key, fingerprint, identity, message_id, call,
    row, state, attempts, reason, status, request, response, created, changed)
VALUES (:ledger, :sync, :destination, :delivery, :run, :sequence, :key, :fingerprint, :identity, :message_id, :call,
    :row, 'open', :attempts, :reason, :status, :request, :response, :now, :now);

-- name: insert_settled
INSERT INTO rejected (ledger, sync, destination, delivery, run, sequence, key, fingerprint, identity, state, attempts, reason, created, changed)
VALUES (:ledger, :sync, :destination, :delivery, :run, :sequence, :key, :fingerprint, :identity, 'superseded', 0, :reason, :now, :now);

-- name: supersede_rejected_sequences
UPDATE rejected SET state = 'superseded', changed = :now WHERE delivery = :delivery AND state = 'open' AND attempts = 1
    AND sequence IN (SELECT value FROM json_each(:sequences));

-- name: open_rejected_keys
SELECT DISTINCT key FROM rejected WHERE ledger = :ledger AND state = 'open' AND delivery <> :delivery AND attempts > 0;

-- name: supersede_rejected_key
UPDATE rejected SET state = 'superseded', changed = :now
WHERE ledger = :ledger AND key = :key AND state = 'open' AND delivery <> :delivery;

-- name: supersede_rejected_of_delivery
UPDATE rejected SET state = 'superseded', changed = :now
WHERE ledger = :ledger AND key = :key AND state = 'open' AND delivery = :delivery;

-- name: other_open_rejected
SELECT 1 FROM rejected WHERE ledger = :ledger AND key = :key AND state = 'open' AND delivery <> :delivery
    AND fingerprint IS NOT :fingerprint LIMIT 1;

-- name: supersede_rejected_of_ledger
UPDATE rejected SET state = 'superseded', changed = :now WHERE ledger = :ledger AND state = 'open';

-- name: refused_before
SELECT 1 FROM rejected WHERE delivery = :delivery AND sequence < :sequence AND attempts = 1 LIMIT 1;

-- name: end_rejected
UPDATE rejected SET state = :state, changed = :now WHERE number = :number;

-- name: known_attempts
SELECT max(attempts) AS attempts FROM rejected
WHERE ledger = :ledger AND key = :key AND fingerprint = :fingerprint AND state = 'open';

-- name: others_taken_since
SELECT 1 FROM deliveries WHERE ledger = :ledger AND acknowledged > 0 AND created >= (
    SELECT min(d.created) FROM rejected r JOIN deliveries d ON d.id = r.delivery
    WHERE r.ledger = :ledger AND r.key = :key AND r.fingerprint = :fingerprint) LIMIT 1;

-- name: open_rejected
SELECT * FROM rejected WHERE ledger = :ledger AND state = 'open' ORDER BY number;

-- name: rejected_of_sync
SELECT * FROM rejected WHERE sync = :sync AND state = 'open' ORDER BY number LIMIT :limit;

-- name: open_rejected_of_key
SELECT number FROM rejected WHERE sync = :sync AND state = 'open' AND (identity = :key OR EXISTS (
    SELECT 1 FROM json_each(CASE WHEN json_valid(identity) THEN identity ELSE '{}' END) WHERE value = :key)) ORDER BY number;

-- name: rejected_of_delivery
SELECT * FROM rejected WHERE delivery = :delivery AND sequence IS NOT NULL;

-- name: rejected_by_identity
SELECT * FROM rejected WHERE ledger = :ledger AND identity = :identity ORDER BY number;

-- name: forget_old_rejected
DELETE FROM rejected WHERE state <> 'open' AND changed < :before;

-- name: forget_old_requests
UPDATE rejected SET request = NULL, response = NULL WHERE changed < :before AND request IS NOT NULL;

-- name: forget_old_progress
UPDATE runs SET progress = NULL WHERE ended < :before AND progress IS NOT NULL;

-- name: forget_old_batches
DELETE FROM batches WHERE delivery IN (
    SELECT id FROM deliveries WHERE state IN ('committed', 'abandoned') AND ended < :before);

-- name: delete_delivery
DELETE FROM deliveries WHERE id = :id;

-- name: old_deliveries
SELECT id FROM deliveries WHERE sync = :sync AND state IN ('committed', 'abandoned') AND ended < :before
    AND run NOT IN (
        SELECT newest.id FROM runs newest WHERE newest.sync = deliveries.sync ORDER BY newest.started DESC LIMIT 100)
    AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.ledger = deliveries.ledger AND instr(s.keys, deliveries.id) > 0)
    AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.delivery = deliveries.id)
    AND NOT EXISTS (SELECT 1 FROM rejected r WHERE r.delivery = deliveries.id AND r.state = 'open');

-- name: forget_old_runs
DELETE FROM runs WHERE ended < :before AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.run = runs.id)
    AND rowid NOT IN (
        SELECT newest.rowid FROM runs newest WHERE newest.sync = runs.sync ORDER BY newest.started DESC LIMIT 100);

-- name: setting
SELECT value FROM settings WHERE name = :name;

-- name: keep_setting
INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: set_setting
INSERT INTO settings (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value;

-- name: end_lost_runs
UPDATE runs SET state = 'failed', ended = :now, error = 'The process stopped unexpectedly (killed?).',
    remedy = 'Run again: what was not answered is sent again, with the same messageIds.'
WHERE sync = :sync AND state = 'running';

-- name: rejected_of_ledger
SELECT * FROM rejected WHERE ledger = :ledger ORDER BY number;

-- name: schedules
SELECT * FROM schedules;

-- name: keep_schedule
INSERT INTO schedules (sync, words, anchor, seen, failures, retry)
VALUES (:sync, :words, :anchor, :seen, :failures, :retry)
ON CONFLICT (sync) DO UPDATE SET words = :words, anchor = :anchor, seen = :seen, failures = :failures, retry = :retry;

-- name: last_starts
SELECT s.value AS sync, r.started FROM json_each(:syncs) s
JOIN runs r ON r.rowid = (SELECT rowid FROM runs WHERE sync = s.value AND state <> 'skipped' ORDER BY started DESC LIMIT 1);

-- name: data_version
PRAGMA data_version;

-- name: insert_skipped
INSERT INTO runs (id, sync, name, cause, state, started, ended, due, skipped, error)
VALUES (:id, :sync, :name, 'schedule', 'skipped', :first, :last, :first, :count, :reason);

-- name: newest_skipped
SELECT * FROM runs WHERE sync = :sync AND state = 'skipped' ORDER BY started DESC LIMIT 1;

-- name: add_skipped
UPDATE runs SET ended = :last, skipped = skipped + :count WHERE id = :id;

-- name: ends_of_runs
SELECT id, ended FROM runs WHERE id IN (SELECT value FROM json_each(:runs));

-- name: catch_up
UPDATE runs SET caught_up = :run WHERE sync = :sync AND state = 'skipped' AND caught_up IS NULL;

-- name: skipped_since
SELECT sync, sum(skipped) AS skipped FROM runs
WHERE state = 'skipped' AND started >= :since AND error IN (SELECT value FROM json_each(:reasons)) GROUP BY sync;

-- name: runs_since
SELECT s.value AS sync, (SELECT count(*) FROM runs r WHERE r.sync = s.value AND r.started >= :since AND r.state <> 'skipped')
    AS runs FROM json_each(:syncs) s;

-- name: daemon
SELECT * FROM daemon WHERE one = 1;

-- name: begin_daemon
INSERT INTO daemon (one, process, host, version, started, beat, workers)
VALUES (1, :process, :host, :version, :now, :now, :workers)
ON CONFLICT (one) DO UPDATE SET process = :process, host = :host, version = :version, started = :now, beat = :now,
    ended = NULL, workers = :workers, running = 0, waiting = 0;

-- name: beat
UPDATE daemon SET beat = :now, running = :running, waiting = :waiting WHERE one = 1;

-- name: end_daemon
UPDATE daemon SET ended = :now, beat = :now, running = 0, waiting = 0 WHERE one = 1;

-- name: ask
INSERT INTO requests (kind, sync, run, words, created) VALUES (:kind, :sync, :run, :words, :now) RETURNING number;

-- name: asked
SELECT * FROM requests WHERE answer IS NULL ORDER BY number;

-- name: request
SELECT * FROM requests WHERE number = :number;

-- name: answer
UPDATE requests SET answer = :answer WHERE number = :number;

-- name: forget_old_questions
DELETE FROM requests WHERE created < :before AND answer IS NOT NULL;

-- name: behind
SELECT DISTINCT sync FROM runs WHERE state = 'skipped' AND caught_up IS NULL;

-- name: last_ended_of_syncs
SELECT r.sync, r.id, r.state, r.started, r.ended, r.error, r.remedy FROM json_each(:syncs) s
JOIN runs r ON r.rowid = (SELECT rowid FROM runs WHERE sync = s.value AND state NOT IN ('skipped', 'running')
    AND error IS NOT :stopped ORDER BY started DESC LIMIT 1);

-- name: running
SELECT sync, id, started, process FROM runs WHERE state = 'running' ORDER BY started;

-- name: last_success_of_syncs
SELECT s.value AS sync, r.id, r.started, r.ended FROM json_each(:syncs) s
JOIN runs r ON r.rowid = (SELECT rowid FROM runs WHERE sync = s.value AND state IN ('succeeded', 'partial')
    ORDER BY started DESC LIMIT 1);

-- name: failures_of_syncs
SELECT s.value ->> 'sync' AS sync, count(*) AS failures, min(started) AS first FROM json_each(:syncs) s
JOIN runs r ON r.rowid IN (SELECT rowid FROM runs WHERE sync = s.value ->> 'sync' AND state <> 'skipped'
    AND error IS NOT :stopped AND started > s.value ->> 'after' AND started <= s.value ->> 'until' ORDER BY started DESC LIMIT 1000) GROUP BY 1;

-- name: refusals_of_runs
SELECT r.value AS run, sum(d.acknowledged) AS acknowledged, sum(d.rejected) AS rejected FROM json_each(:runs) r
JOIN deliveries d ON d.run = r.value GROUP BY r.value;

-- name: skipped_of_syncs
SELECT sync, sum(skipped) AS skipped, min(started) AS first, max(ended) AS last FROM runs
WHERE state = 'skipped' AND started >= :begun AND ended >= :since GROUP BY sync;

-- name: samples_of_run
SELECT c.*, r.identity, r.call, r.row FROM (
    SELECT reason, status, count(*) AS rows, min(number) AS first FROM rejected
    WHERE delivery IN (SELECT id FROM deliveries WHERE run = :run) GROUP BY reason, status
) c JOIN rejected r ON r.number = c.first ORDER BY c.rows DESC, c.first LIMIT :limit;

-- name: watched
SELECT * FROM watched;

-- name: watch
INSERT INTO watched (sync, since) VALUES (:sync, :since) ON CONFLICT (sync) DO UPDATE SET since = :since;

-- name: unwatch
DELETE FROM watched WHERE sync = :sync;

-- name: alert_standings
SELECT * FROM alerts WHERE NOT closed;

-- name: keep_alert
INSERT INTO alerts (alert, sync, kind, since, told, times, recovered, closed)
VALUES (:alert, :sync, :kind, :since, :told, :times, :recovered, :closed)
ON CONFLICT (alert, sync, kind) DO UPDATE SET since = :since, told = :told, times = :times, recovered = :recovered,
    closed = :closed;

-- name: alert_ways
SELECT * FROM alert_ways;

-- name: keep_alert_way
INSERT INTO alert_ways (alert, told, failures, retry, problem) VALUES (:alert, :told, :failures, :retry, :problem)
ON CONFLICT (alert) DO UPDATE SET told = :told, failures = :failures, retry = :retry, problem = :problem;

-- name: insert_notice
INSERT INTO notices (at, alert, trouble, text) VALUES (:at, :alert, :trouble, :text);

-- name: notices_after
SELECT * FROM notices WHERE number > :number ORDER BY number DESC LIMIT :limit;

-- name: last_notice
SELECT coalesce(max(number), 0) AS number FROM notices;

-- name: forget_old_notices
DELETE FROM notices WHERE at < :before;

-- name: forget_old_alerts
DELETE FROM alerts WHERE closed AND coalesce(recovered, since) < :before;

-- name: totals_of_syncs
SELECT s.value AS sync,
    (SELECT count(*) FROM runs WHERE sync = s.value) - (SELECT count(*) FROM runs WHERE sync = s.value AND state = 'skipped') AS runs,
    (SELECT coalesce(sum(skipped), 0) FROM runs WHERE sync = s.value AND state = 'skipped') AS skipped,
    (SELECT ended FROM runs WHERE sync = s.value AND state IN ('succeeded', 'partial') ORDER BY started DESC LIMIT 1) AS success,
    (SELECT coalesce(sum(acknowledged), 0) FROM deliveries WHERE sync = s.value) AS acknowledged,
    (SELECT coalesce(sum(rejected), 0) FROM deliveries WHERE sync = s.value) AS rejected
FROM json_each(:syncs) s;
