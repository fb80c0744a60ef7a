-- A draft. A track call needs an event; this query calls it a name, and asks for what is older than the last sync.
SELECT user_id AS "userId",
    feature AS name,
    used_at AS "timestamp"
FROM app.feature_use
WHERE used_at <= to_timestamp({{last_sync_time}})
