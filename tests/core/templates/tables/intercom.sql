CREATE TABLE intercom.contact_history (id varchar, updated_at timestamptz, external_id varchar, email varchar, name varchar, role varchar, signed_up_at timestamptz, last_replied_at timestamptz, unsubscribed_from_emails boolean, _fivetran_active boolean);
INSERT INTO intercom.contact_history VALUES
    ('i1', '2026-11-08 10:00:00+00', 'u1', 'old@example.com', 'Ada', 'lead', NULL, NULL, FALSE, FALSE),
    ('i1', '2026-11-09 10:00:00+00', 'u1', 'ada@example.com', 'Ada Byron', 'user', '2025-03-01 07:00:00+00', '2026-11-09 09:59:00+00', FALSE, TRUE),
    ('i2', '2026-11-09 10:00:00+00', 'u2', 'bob@example.com', NULL, 'user', NULL, NULL, TRUE, TRUE),
    ('i3', '2026-11-09 10:00:00+00', NULL, 'visitor@example.com', NULL, 'lead', NULL, NULL, FALSE, TRUE),
    ('i4', '2026-01-09 10:00:00+00', 'u4', 'dan@example.com', 'Dan', 'user', NULL, NULL, FALSE, TRUE);
