-- A small company. Every value follows from a row number: 7919, 104729 and 1299709 are primes that spread it about.
CREATE SCHEMA app;
CREATE SCHEMA salesforce;
CREATE SCHEMA zendesk;

CREATE TABLE app.companies AS
SELECT 'c_' || lpad(n::VARCHAR, 3, '0') AS id,
    ['Acme', 'Blue Harbour', 'Cedar', 'Dynamo', 'Elm Street', 'Fjord', 'Granite', 'Halcyon'][1 + n % 8] || ' '
        || ['Labs', 'Foods', 'Travel', 'Energy', 'Health'][1 + (n * 7919) % 5] AS name,
    ['software', 'retail', 'travel', 'energy', 'health'][1 + (n * 7919) % 5] AS industry,
    5 + (n * 104729) % 2000 AS employees,
    ((n * 1299709) % 900000)::DECIMAL(12, 2) / 100 AS monthly_spend,
    1 + n % 2 AS object_type_id,
    TIMESTAMPTZ '2026-01-05 08:00:00+00' + INTERVAL (n * 7919 % 20000) MINUTE AS last_updated
FROM range(1, 121) companies (n);

CREATE TABLE app.users AS
SELECT 'u_' || lpad(n::VARCHAR, 5, '0') AS id,
    strip_accents(lower(first_name || '.' || last_name)) || n || '@example.com' AS email,
    first_name, last_name,
    ['free', 'starter', 'team', 'enterprise'][1 + (n * 104729) % 4] AS plan,
    (n * 7919) % 7 <> 0 AS is_active,
    ((n * 1299709) % 250000)::DECIMAL(12, 2) / 100 AS lifetime_value,
    'c_' || lpad((1 + n % 120)::VARCHAR, 3, '0') AS company_id,
    CASE WHEN n % 9 = 0 THEN NULL ELSE '+49 30 ' || (1000000 + (n * 7919) % 8999999) END AS phone,
    DATE '2024-01-01' + ((n * 7919) % 900)::INTEGER AS signed_up_on,
    TIMESTAMPTZ '2026-02-01 00:00:00+00' + INTERVAL (n * 104729 % 200000) MINUTE AS updated_at
FROM (
    SELECT n,
        ['Ada', 'Ben', 'Chloé', 'Dmitri', 'Eda', 'Farid', 'Grace', 'Hugo', 'Inês', 'Jonas'][1 + n % 10] AS first_name,
        ['Larsen', 'Okafor', 'García', 'Nowak', 'Schmidt', 'Tanaka', 'Rossi'][1 + (n * 7919) % 7] AS last_name
    FROM range(1, 1501) people (n)
);

CREATE TABLE app.orders AS
SELECT 'o_' || lpad(n::VARCHAR, 6, '0') AS id,
    'u_' || lpad((1 + (n * 7919) % 1500)::VARCHAR, 5, '0') AS user_id,
    CASE WHEN n % 13 = 0 THEN 'Order Refunded' ELSE 'Order Completed' END AS event_name,
    ((n * 104729) % 50000)::DECIMAL(12, 2) / 100 AS total,
    [{'sku': 'sku_' || n % 40, 'quantity': 1 + n % 3}] AS products,
    TIMESTAMPTZ '2026-05-01 00:00:00+00' + INTERVAL (n * 97) MINUTE AS ordered_at
FROM range(1, 2001) orders (n);

CREATE TABLE app.page_views AS
SELECT 'p_' || lpad(n::VARCHAR, 6, '0') AS id,
    'u_' || lpad((1 + (n * 104729) % 1500)::VARCHAR, 5, '0') AS user_id,
    ['Home', 'Pricing', 'Docs', 'Blog'][1 + n % 4] AS title,
    'https://acme.example/' || ['', 'pricing', 'docs', 'blog'][1 + n % 4] AS url,
    1 + (n * 7919) % 300 AS seconds_on_page,
    TIMESTAMPTZ '2026-06-01 00:00:00+00' + INTERVAL (n * 53) MINUTE AS viewed_at
FROM range(1, 1001) views (n);

CREATE TABLE app.screen_views AS
SELECT 's_' || lpad(n::VARCHAR, 6, '0') AS id,
    'u_' || lpad((1 + (n * 1299709) % 1500)::VARCHAR, 5, '0') AS user_id,
    ['Inbox', 'Settings', 'Search'][1 + n % 3] AS screen_name,
    ['ios', 'android'][1 + n % 2] AS device,
    TIMESTAMPTZ '2026-06-01 00:00:00+00' + INTERVAL (n * 61) MINUTE AS viewed_at
FROM range(1, 801) views (n);

CREATE TABLE app.user_resolution AS
SELECT 'u_' || lpad((n * 30)::VARCHAR, 5, '0') AS id, 'web-' || md5(n::VARCHAR)[1:12] AS old_id,
    TIMESTAMPTZ '2026-03-01 00:00:00+00' + INTERVAL (n) HOUR AS resolved_at
FROM range(1, 41) merged (n);

CREATE TABLE salesforce.leads AS
SELECT '00Q' || lpad(n::VARCHAR, 9, '0') AS id,
    'u_' || lpad((n * 3)::VARCHAR, 5, '0') AS external_id_c,
    (n * 7919) % 100 AS lead_score_c, (n * 104729) % 365 AS lead_age_c,
    ['Open', 'Working', 'Qualified', 'Nurturing'][1 + n % 4] AS lead_status
FROM range(1, 401) leads (n);

CREATE TABLE zendesk.users AS
SELECT 900000 + n AS id, 'u_' || lpad((n * 5)::VARCHAR, 5, '0') AS external_id FROM range(1, 251) users (n);

CREATE TABLE zendesk.tickets AS
SELECT 5000 + n AS id, 900001 + (n * 7919) % 250 AS requester_id,
    ['new', 'open', 'pending', 'hold', 'solved', 'closed'][1 + n % 6] AS status,
    TIMESTAMPTZ '2026-06-01 00:00:00+00' + INTERVAL (n * 17) MINUTE AS last_updated
FROM range(1, 601) tickets (n);

CREATE TABLE app.feature_use AS
SELECT 'u_' || lpad((1 + (n * 7919) % 1500)::VARCHAR, 5, '0') AS user_id,
    ['Export', 'Import', 'Share', 'Invite'][1 + n % 4] AS feature,
    TIMESTAMPTZ '2026-06-01 00:00:00+00' + INTERVAL (n * 29) MINUTE AS used_at
FROM range(1, 501) used (n);
