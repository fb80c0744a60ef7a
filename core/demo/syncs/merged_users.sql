SELECT old_id AS "previousId", id AS "userId"
FROM app.user_resolution
WHERE resolved_at >= to_timestamp({{last_sync_time}})
