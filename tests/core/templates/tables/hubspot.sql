CREATE TABLE hubspot.contact (id bigint, property_email varchar, property_firstname varchar, property_lastname varchar, property_company varchar, property_jobtitle varchar, property_lifecyclestage varchar, property_createdate timestamptz, property_lastmodifieddate timestamptz, _fivetran_deleted boolean);
INSERT INTO hubspot.contact VALUES
    (101, 'Ada@Example.com', 'Ada', 'Byron', 'Acme', 'Analyst', 'lead', '2025-03-01 07:00:00+00', '2026-11-09 10:00:00+00', FALSE),
    (102, 'bob@example.com', 'Bob', NULL, NULL, NULL, 'customer', '2025-04-01 07:00:00+00', '2026-11-09 10:00:00+00', FALSE),
    (103, 'cy@example.com', 'Cy', NULL, NULL, NULL, 'lead', '2025-04-01 07:00:00+00', '2026-11-09 10:00:00+00', TRUE),
    (104, NULL, 'Dan', NULL, NULL, NULL, 'lead', '2025-04-01 07:00:00+00', '2026-11-09 10:00:00+00', FALSE),
    (105, 'eve@example.com', 'Eve', NULL, NULL, NULL, 'lead', '2025-04-01 07:00:00+00', '2026-01-09 10:00:00+00', FALSE);
