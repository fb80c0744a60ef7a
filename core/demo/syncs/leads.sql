-- No {{last_sync_time}}: Salesforce's table does not say when a lead changed, so all are read and compared.
SELECT external_id_c AS user_id,
    lead_score_c AS lead_score,
    lead_age_c AS lead_age_days,
    lead_status
FROM salesforce.leads
