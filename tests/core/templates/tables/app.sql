CREATE TABLE app.users (id varchar, email varchar, stripe_customer_id varchar);
INSERT INTO app.users VALUES
    ('u1', 'Ada@example.com', 'cus_1'),
    ('u2', 'bob@example.com', 'cus_2'),
    ('u3', 'cy@example.com', NULL);
CREATE TABLE app.tracks (id varchar, user_id varchar, event varchar, timestamp timestamptz, received_at timestamptz);
INSERT INTO app.tracks VALUES
    ('e1', 'u1', 'report_exported', '2099-01-01 10:00:00+00', '2099-01-01 10:00:05+00'),
    ('e2', 'u1', 'signed_in', '2099-01-01 12:00:00+00', '2099-01-01 12:00:05+00'),
    ('e3', 'u1', 'signed_in', '2099-01-02 08:30:00+00', '2099-01-02 08:30:05+00'),
    ('e4', 'u2', 'signed_in', '2099-01-03 08:30:00+00', '2099-01-03 08:30:05+00'),
    ('e5', 'u2', 'report_exported', '2020-01-03 08:30:00+00', '2020-01-03 08:30:05+00'),
    ('e6', NULL, 'signed_in', '2099-01-03 08:30:00+00', '2099-01-03 08:30:05+00');
CREATE TABLE app.companies (id bigint, name varchar, plan varchar, employees bigint, is_trial boolean, created_at timestamptz, updated_at timestamptz);
INSERT INTO app.companies VALUES
    (1, 'Acme', 'pro', 120, FALSE, '2024-02-01 00:00:00+00', '2026-11-10 00:00:00+00'),
    (2, 'Brook', 'free', NULL, TRUE, '2026-01-15 09:30:00+00', '2026-01-15 09:30:00+00');
CREATE TABLE app.memberships (user_id varchar, company_id bigint, updated_at timestamptz);
INSERT INTO app.memberships VALUES
    ('u1', 1, '2025-01-01 00:00:00+00'),
    ('u2', 1, '2025-01-01 00:00:00+00'),
    ('u2', 2, '2025-01-01 00:00:00+00'),
    ('u3', 2, '2026-11-12 00:00:00+00');
CREATE TABLE app.courses (id varchar, title varchar);
INSERT INTO app.courses VALUES ('c1', 'SQL for all'), ('c2', 'Charts');
CREATE TABLE app.enrolments (user_id varchar, course_id varchar, role varchar, progress bigint, is_finished boolean, updated_at timestamptz);
INSERT INTO app.enrolments VALUES
    ('u1', 'c1', 'learner', 80, FALSE, '2026-11-10 00:00:00+00'),
    ('u2', 'c1', 'teacher', NULL, TRUE, '2026-11-11 00:00:00+00'),
    ('u3', 'c2', 'learner', 5, FALSE, '2026-01-01 00:00:00+00');
CREATE TABLE app.deleted_users (id bigint, user_id varchar, deleted_at timestamptz);
INSERT INTO app.deleted_users VALUES
    (1, 'u8', '2026-01-01 00:00:00+00'),
    (2, 'u9', '2026-11-09 12:00:00+00');
CREATE TABLE app.privacy_requests (id bigint, user_id varchar, kind varchar, requested_at timestamptz);
INSERT INTO app.privacy_requests VALUES
    (1, 'u1', 'suppress', '2026-01-01 00:00:00+00'),
    (2, 'u1', 'unsuppress', '2026-11-09 12:00:00+00'),
    (3, 'u2', 'suppress', '2026-11-10 12:00:00+00'),
    (4, 'u3', 'copy of data', '2026-11-10 13:00:00+00');
CREATE TABLE app.merged_users (old_id varchar, new_id varchar, merged_at timestamptz);
INSERT INTO app.merged_users VALUES
    ('u5', 'u1', '2026-11-09 12:00:00+00'),
    ('u6', 'u6', '2026-11-09 12:00:00+00'),
    ('u7', 'u2', '2026-01-01 00:00:00+00');
CREATE TABLE app.devices (user_id varchar, push_token varchar, platform varchar, last_used_at timestamptz);
INSERT INTO app.devices VALUES
    ('u1', 'token-1', 'ios', '2026-11-09 12:00:00+00'),
    ('u2', 'token-2', 'android', '2026-11-10 12:00:00+00'),
    ('u2', NULL, 'ios', '2026-11-10 12:00:00+00'),
    ('u3', 'token-3', 'watch', '2026-11-10 12:00:00+00');
