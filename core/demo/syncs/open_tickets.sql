-- A draft. A timestamp is compared with a Unix time, and the id is spelled in another way.
SELECT DISTINCT u.external_id AS "userID",
    true AS has_open_ticket
FROM zendesk.tickets t
JOIN zendesk.users u ON u.id = t.requester_id
WHERE t.status IN ('new', 'open', 'pending', 'hold')
    AND t.last_updated >= {{last_sync_time}}
