-- Everyone with an account. Only who changed since the last sync is asked for.
SELECT id AS "userId",
    email,
    first_name,
    last_name,
    plan,
    is_active,
    lifetime_value,
    phone,
    signed_up_on AS "createdAt"
FROM app.users
WHERE updated_at >= to_timestamp({{last_sync_time}})
