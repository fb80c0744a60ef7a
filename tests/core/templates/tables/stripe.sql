CREATE TABLE stripe.charge (id varchar, customer_id varchar, amount bigint, amount_refunded bigint, currency varchar, status varchar, created timestamptz, _fivetran_synced timestamptz);
INSERT INTO stripe.charge VALUES
    ('ch_1', 'cus_1', 1999, 0, 'eur', 'succeeded', '2025-01-01 00:00:00+00', '2025-01-01 01:00:00+00'),
    ('ch_2', 'cus_1', 4900, 1000, 'eur', 'succeeded', '2026-11-09 00:00:00+00', '2026-11-09 01:00:00+00'),
    ('ch_3', 'cus_1', 9900, 0, 'eur', 'failed', '2026-11-10 00:00:00+00', '2026-11-10 01:00:00+00'),
    ('ch_4', 'cus_2', 9900, 0, 'eur', 'succeeded', '2025-11-10 00:00:00+00', '2025-11-10 01:00:00+00'),
    ('ch_5', 'cus_9', 9900, 0, 'eur', 'succeeded', '2026-11-10 00:00:00+00', '2026-11-10 01:00:00+00');
