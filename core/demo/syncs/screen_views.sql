SELECT user_id AS "userId",
    screen_name AS name,
    device AS "context.device.type",
    viewed_at AS "timestamp",
    'screen-' || id AS "messageId"
FROM app.screen_views
WHERE viewed_at >= to_timestamp({{last_sync_time}})
