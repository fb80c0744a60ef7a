SELECT user_id AS "userId",
    title AS name,
    url,
    seconds_on_page,
    viewed_at AS "timestamp",
    'page-' || id AS "messageId"
FROM app.page_views
WHERE viewed_at >= to_timestamp({{last_sync_time}})
