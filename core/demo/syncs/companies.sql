-- One call a person and company: it says what the company is, and who belongs to it.
SELECT c.id AS "groupId", -- backhaul: ignore last-sync-time-missing
    u.id AS "userId",
    c.object_type_id AS "objectTypeId",
    c.name,
    c.industry,
    c.employees,
    c.monthly_spend,
    {'role': CASE WHEN u.plan = 'enterprise' THEN 'admin' ELSE 'member' END} AS "relationshipAttributes"
FROM app.companies c
JOIN app.users u ON u.company_id = c.id
WHERE u.is_active
