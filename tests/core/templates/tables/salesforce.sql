CREATE TABLE salesforce.lead (id varchar, email varchar, first_name varchar, last_name varchar, company varchar, lead_source varchar, status varchar, is_converted boolean, is_deleted boolean, system_modstamp timestamptz, external_id_c varchar, lead_score_c numeric(10, 1));
INSERT INTO salesforce.lead VALUES
    ('00Q1', 'ada@example.com', 'Ada', 'Byron', 'Acme', 'Web', 'Working', FALSE, FALSE, '2026-11-09 10:00:00+00', 'u1', 72.5),
    ('00Q2', 'bob@example.com', 'Bob', 'Böhm', NULL, NULL, 'New', TRUE, FALSE, '2026-11-10 10:00:00+00', 'u2', NULL),
    ('00Q3', 'cy@example.com', 'Cy', 'Young', 'Acme', 'Web', 'New', FALSE, TRUE, '2026-11-10 10:00:00+00', 'u3', 5),
    ('00Q4', 'dan@example.com', 'Dan', 'Old', 'Acme', 'Web', 'New', FALSE, FALSE, '2026-01-10 10:00:00+00', 'u4', 5),
    ('00Q5', 'eve@example.com', 'Eve', 'New', 'Acme', 'Web', 'New', FALSE, FALSE, '2026-11-10 10:00:00+00', NULL, 5);
CREATE TABLE salesforce.account (id varchar, name varchar, industry varchar, website varchar, type varchar, number_of_employees bigint, annual_revenue numeric(14, 2), is_deleted boolean, system_modstamp timestamptz);
INSERT INTO salesforce.account VALUES
    ('001A', 'Acme', 'Energy', 'acme.example', 'Customer', 120, 1500000.5, FALSE, '2026-11-09 10:00:00+00'),
    ('001B', 'Brook', NULL, NULL, 'Prospect', NULL, NULL, FALSE, '2026-01-09 10:00:00+00'),
    ('001C', 'Coast', NULL, NULL, 'Prospect', NULL, NULL, TRUE, '2026-11-09 10:00:00+00');
CREATE TABLE salesforce.contact (id varchar, account_id varchar, external_id_c varchar, is_deleted boolean, system_modstamp timestamptz);
INSERT INTO salesforce.contact VALUES
    ('003A', '001A', 'u1', FALSE, '2026-01-09 10:00:00+00'),
    ('003B', '001A', 'u2', FALSE, '2026-01-09 10:00:00+00'),
    ('003C', '001B', 'u3', FALSE, '2026-11-09 10:00:00+00'),
    ('003D', '001B', 'u4', FALSE, '2026-01-09 10:00:00+00'),
    ('003E', '001C', 'u5', FALSE, '2026-11-09 10:00:00+00'),
    ('003F', '001A', NULL, FALSE, '2026-11-09 10:00:00+00');
