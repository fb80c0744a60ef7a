CREATE TABLE shopify.orders (id bigint, customer__id bigint, total_price numeric(10, 2), currency varchar, financial_status varchar, created_at timestamptz, cancelled_at timestamptz);
INSERT INTO shopify.orders VALUES
    (9001, 501, 49.90, 'EUR', 'paid', '2026-11-09 10:15:00+00', NULL),
    (9002, 502, 20, 'EUR', 'pending', '2026-11-10 10:15:00+00', NULL),
    (9003, 502, 20, 'EUR', 'voided', '2026-11-10 10:15:00+00', '2026-11-10 11:15:00+00'),
    (9004, NULL, 20, 'EUR', 'paid', '2026-11-10 10:15:00+00', NULL),
    (9005, 501, 20, 'EUR', 'paid', '2026-01-10 10:15:00+00', NULL);
