CREATE TABLE web.pages (id varchar, user_id varchar, anonymous_id varchar, name varchar, title varchar, url varchar, path varchar, referrer varchar, timestamp timestamptz, received_at timestamptz);
INSERT INTO web.pages VALUES
    ('p1', 'u1', 'a1', 'Pricing', 'Acme: prices', 'https://acme.example/pricing', '/pricing', 'https://search.example', '2026-11-08 10:00:00+00', '2026-11-09 10:00:00+00'),
    ('p2', NULL, 'a2', NULL, NULL, 'https://acme.example/', '/', NULL, '2026-11-09 11:00:00+00', '2026-11-09 11:00:01+00'),
    ('p3', NULL, 'a2', NULL, NULL, 'https://acme.example/', '/', NULL, '2026-01-09 11:00:00+00', '2026-01-09 11:00:01+00');
