SELECT user_id AS "userId",
    event_name AS event,
    ordered_at AS "timestamp",
    'order-' || id AS "messageId",
    id AS order_id,
    total AS value,
    'EUR' AS currency,
    products
FROM app.orders
WHERE ordered_at >= to_timestamp({{last_sync_time}})
