CREATE TABLE zendesk.users (id bigint, external_id varchar);
INSERT INTO zendesk.users VALUES (1, 'u1'), (2, 'u2'), (3, 'u3'), (4, NULL);
CREATE TABLE zendesk.tickets (id bigint, requester_id bigint, status varchar, created_at timestamptz, updated_at timestamptz);
INSERT INTO zendesk.tickets VALUES
    (11, 1, 'open', '2026-11-01 08:00:00+00', '2026-11-09 08:00:00+00'),
    (12, 1, 'pending', '2026-10-20 08:00:00+00', '2026-10-20 08:00:00+00'),
    (13, 1, 'closed', '2026-09-20 08:00:00+00', '2026-09-21 08:00:00+00'),
    (14, 2, 'solved', '2026-11-01 08:00:00+00', '2026-11-09 09:00:00+00'),
    (15, 3, 'open', '2026-01-01 08:00:00+00', '2026-01-01 09:00:00+00'),
    (16, 4, 'open', '2026-11-01 08:00:00+00', '2026-11-09 09:00:00+00');
