CREATE TABLE marketo.lead (id bigint, email varchar, lead_score bigint, unsubscribed boolean, created_at timestamptz, updated_at timestamptz);
INSERT INTO marketo.lead VALUES
    (1, 'ada@example.com', 40, FALSE, '2025-01-01 00:00:00+00', '2026-11-09 10:00:00+00'),
    (2, 'ADA@example.com', 75, TRUE, '2025-02-01 00:00:00+00', '2026-01-09 10:00:00+00'),
    (3, 'bob@example.com', 10, FALSE, '2025-03-01 00:00:00+00', '2026-01-09 10:00:00+00'),
    (4, 'stranger@example.com', 10, FALSE, '2025-03-01 00:00:00+00', '2026-11-09 10:00:00+00');
