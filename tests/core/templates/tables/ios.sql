CREATE TABLE ios.screens (id varchar, user_id varchar, anonymous_id varchar, name varchar, context_app_version varchar, context_device_model varchar, timestamp timestamptz, received_at timestamptz);
INSERT INTO ios.screens VALUES
    ('s1', 'u1', 'a1', 'Home', '4.2', 'iPhone17,1', '2026-11-08 10:00:00+00', '2026-11-09 10:00:00+00'),
    ('s2', NULL, 'a2', 'Settings', NULL, NULL, '2026-11-09 11:00:00+00', '2026-11-09 11:00:01+00'),
    ('s3', NULL, 'a2', 'Home', NULL, NULL, '2026-01-09 11:00:00+00', '2026-01-09 11:00:01+00');
