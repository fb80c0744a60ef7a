-- Salesforce's table does not say when a lead changed, so each run reads all of them and compares.
SELECT external_id_c AS user_id, -- backhaul: ignore last-sync-time-missing
    lead_score_c AS lead_score,
    lead_age_c AS lead_age_days,
    lead_status
FROM salesforce.leads
