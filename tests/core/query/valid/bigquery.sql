-- Valid queries after GoogleSQL's reference, page by page. A block is a query, or a comment that names what follows.

-- literals

SELECT id AS userId, 'it\'s' AS x FROM ds.users;

SELECT id AS userId, "double 'quoted'" AS x FROM ds.users;

SELECT id AS userId, '''three ' quotes''' AS x FROM ds.users;

SELECT id AS userId, """three " double""" AS x FROM ds.users;

SELECT id AS userId, r'raw\d' AS x FROM ds.users;

SELECT id AS userId, R"raw" AS x FROM ds.users;

SELECT id AS userId, b'bytes\x41' AS x FROM ds.users;

SELECT id AS userId, B"bytes" AS x FROM ds.users;

SELECT id AS userId, rb'raw\x' AS x FROM ds.users;

SELECT id AS userId, br"raw" AS x FROM ds.users;

SELECT id AS userId, Rb'''x''' AS x FROM ds.users;

SELECT id AS userId, 42 AS x FROM ds.users;

SELECT id AS userId, -7 AS x FROM ds.users;

SELECT id AS userId, 0x1F AS x FROM ds.users;

SELECT id AS userId, 3.14 AS x FROM ds.users;

SELECT id AS userId, .5 AS x FROM ds.users;

SELECT id AS userId, 1e10 AS x FROM ds.users;

SELECT id AS userId, 1.5E-3 AS x FROM ds.users;

SELECT id AS userId, TRUE AS x FROM ds.users;

SELECT id AS userId, NULL AS x FROM ds.users;

SELECT id AS userId, NUMERIC '1.5' AS x FROM ds.users;

SELECT id AS userId, BIGNUMERIC '1.5e10' AS x FROM ds.users;

SELECT id AS userId, DATE '2026-01-02' AS x FROM ds.users;

SELECT id AS userId, DATETIME '2026-01-02 03:04:05' AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP '2026-01-02 03:04:05+00' AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP "2026-01-02 03:04:05 Europe/Berlin" AS x FROM ds.users;

SELECT id AS userId, TIME '10:00:00' AS x FROM ds.users;

SELECT id AS userId, JSON '{"a": 1}' AS x FROM ds.users;

SELECT id AS userId, INTERVAL 5 DAY AS x FROM ds.users;

SELECT id AS userId, INTERVAL '1-2 3 4:5:6' YEAR TO SECOND AS x FROM ds.users;

SELECT id AS userId, INTERVAL '1 2' DAY TO HOUR AS x FROM ds.users;

SELECT id AS userId, RANGE<DATE> '[2026-01-01, UNBOUNDED)' AS x FROM ds.users;

SELECT id AS userId, [1, 2, 3] AS x FROM ds.users;

SELECT id AS userId, ARRAY[1, 2] AS x FROM ds.users;

SELECT id AS userId, ARRAY<INT64>[1, 2] AS x FROM ds.users;

SELECT id AS userId, ARRAY<STRUCT<a INT64, b STRING>>[(1, 'a'), (2, 'b')] AS x FROM ds.users;

SELECT id AS userId, [] AS x FROM ds.users;

SELECT id AS userId, STRUCT(1, 'a') AS x FROM ds.users;

SELECT id AS userId, STRUCT(1 AS a, 'x' AS b) AS x FROM ds.users;

SELECT id AS userId, STRUCT<INT64, STRING>(1, 'a') AS x FROM ds.users;

SELECT id AS userId, STRUCT<a INT64, b ARRAY<STRING>>(1, ['a']) AS x FROM ds.users;

SELECT id AS userId, (1, 'a') AS x FROM ds.users;

SELECT id AS userId, @@project_id AS x FROM ds.users;

SELECT id AS userId, @@session.time_zone AS x FROM ds.users;

-- types and casts

SELECT id AS userId, CAST(score AS STRING) AS x FROM ds.users;

SELECT id AS userId, CAST('1' AS INT64) AS x FROM ds.users;

SELECT id AS userId, CAST('1' AS BIGINT) AS x FROM ds.users;

SELECT id AS userId, CAST(1.5 AS NUMERIC) AS x FROM ds.users;

SELECT id AS userId, CAST(1.5 AS NUMERIC(10, 2)) AS x FROM ds.users;

SELECT id AS userId, CAST(1 AS BIGNUMERIC) AS x FROM ds.users;

SELECT id AS userId, CAST('1.5' AS FLOAT64) AS x FROM ds.users;

SELECT id AS userId, CAST(email AS BYTES FORMAT 'BASE64') AS x FROM ds.users;

SELECT id AS userId, CAST(created_at AS STRING FORMAT 'YYYY-MM-DD HH24:MI:SS' AT TIME ZONE 'UTC') AS x FROM ds.users;

SELECT id AS userId, CAST('18-12-03' AS DATE FORMAT 'YY-MM-DD') AS x FROM ds.users;

SELECT id AS userId, SAFE_CAST('x' AS INT64) AS x FROM ds.users;

SELECT id AS userId, SAFE_CAST('x' AS DATE FORMAT 'YYYY') AS x FROM ds.users;

SELECT id AS userId, CAST([1] AS ARRAY<STRING>) AS x FROM ds.users;

SELECT id AS userId, CAST(STRUCT(1) AS STRUCT<a INT64>) AS x FROM ds.users;

SELECT id AS userId, CAST(email AS STRING(10)) AS x FROM ds.users;

SELECT id AS userId, CAST(created_at AS DATETIME) AS x FROM ds.users;

SELECT id AS userId, CAST(NULL AS JSON) AS x FROM ds.users;

SELECT id AS userId, CAST('2026-01-02' AS TIMESTAMP) AS x FROM ds.users;

-- operators

SELECT id AS userId, score + 1 - 2 * 3 / 4 AS x FROM ds.users;

SELECT id AS userId, -score AS x FROM ds.users;

SELECT id AS userId, +score AS x FROM ds.users;

SELECT id AS userId, ~score AS x FROM ds.users;

SELECT id AS userId, score & 3 | 4 ^ 5 AS x FROM ds.users;

SELECT id AS userId, score << 2 >> 1 AS x FROM ds.users;

SELECT id AS userId, email || plan AS x FROM ds.users;

SELECT id AS userId, [1] || [2] AS x FROM ds.users;

SELECT id AS userId, score = 1 OR score <> 2 AND NOT score != 3 AS x FROM ds.users;

SELECT id AS userId, score BETWEEN 1 AND 3 AS x FROM ds.users;

SELECT id AS userId, score NOT BETWEEN 1 AND 3 AS x FROM ds.users;

SELECT id AS userId, score IN (1, 2) AS x FROM ds.users;

SELECT id AS userId, score IN UNNEST([1, 2]) AS x FROM ds.users;

SELECT id AS userId, score NOT IN UNNEST(nums) AS x FROM ds.users;

SELECT id AS userId, score IN (SELECT user_id FROM ds.orders) AS x FROM ds.users;

SELECT id AS userId, (score, plan) IN ((1, 'a')) AS x FROM ds.users;

SELECT id AS userId, score IS NULL AS x FROM ds.users;

SELECT id AS userId, score IS NOT NULL AS x FROM ds.users;

SELECT id AS userId, active IS TRUE AS x FROM ds.users;

SELECT id AS userId, active IS NOT FALSE AS x FROM ds.users;

SELECT id AS userId, score IS DISTINCT FROM 1 AS x FROM ds.users;

SELECT id AS userId, score IS NOT DISTINCT FROM NULL AS x FROM ds.users;

SELECT id AS userId, email LIKE 'a%' AS x FROM ds.users;

SELECT id AS userId, email NOT LIKE 'a%' AS x FROM ds.users;

SELECT id AS userId, email LIKE ANY ('a%', 'b%') AS x FROM ds.users;

SELECT id AS userId, email LIKE SOME ('a%', 'b%') AS x FROM ds.users;

SELECT id AS userId, email LIKE ALL ('a%', '%b') AS x FROM ds.users;

SELECT id AS userId, email NOT LIKE ANY ('a%') AS x FROM ds.users;

SELECT id AS userId, email LIKE ANY UNNEST(['a%']) AS x FROM ds.users;

SELECT id AS userId, EXISTS (SELECT 1 FROM ds.orders AS o WHERE o.user_id = users.id) AS x FROM ds.users;

SELECT id AS userId, EXISTS (SELECT 1 FROM UNNEST(nums) AS n WHERE n > 1) AS x FROM ds.users;

SELECT id AS userId, ARRAY(SELECT n * 2 FROM UNNEST(nums) AS n WITH OFFSET AS o WHERE n > 1 ORDER BY o) AS x FROM ds.users;

SELECT id AS userId, ARRAY(SELECT AS STRUCT n, 1 AS one FROM UNNEST(nums) AS n) AS x FROM ds.users;

SELECT id AS userId, (SELECT SUM(n) FROM UNNEST(nums) AS n) AS x FROM ds.users;

SELECT id AS userId, (SELECT AS STRUCT 1 AS a, 2 AS b) AS x FROM ds.users;

SELECT id AS userId, (SELECT MAX(total) FROM ds.orders AS o WHERE o.user_id = users.id) AS x FROM ds.users;

SELECT id AS userId, nums[0] AS x FROM ds.users;

SELECT id AS userId, nums[OFFSET(0)] AS x FROM ds.users;

SELECT id AS userId, nums[ORDINAL(1)] AS x FROM ds.users;

SELECT id AS userId, nums[SAFE_OFFSET(9)] AS x FROM ds.users;

SELECT id AS userId, nums[SAFE_ORDINAL(9)] AS x FROM ds.users;

SELECT id AS userId, st.a AS x FROM ds.users;

SELECT id AS userId, st.b.c AS x FROM ds.users;

SELECT id AS userId, doc.a.b AS x FROM ds.users;

SELECT id AS userId, doc['a']['b'] AS x FROM ds.users;

SELECT id AS userId, doc[0] AS x FROM ds.users;

SELECT id AS userId, doc.`odd name` AS x FROM ds.users;

SELECT id AS userId, CASE WHEN score > 1 THEN 'a' ELSE 'b' END AS x FROM ds.users;

SELECT id AS userId, CASE score WHEN 1 THEN 'a' WHEN 2 THEN 'b' END AS x FROM ds.users;

SELECT id AS userId, IF(score > 1, 'a', 'b') AS x FROM ds.users;

SELECT id AS userId, IFNULL(email, '') AS x FROM ds.users;

SELECT id AS userId, COALESCE(email, plan) AS x FROM ds.users;

SELECT id AS userId, NULLIF(email, '') AS x FROM ds.users;

SELECT id AS userId, NULLIFZERO(score) AS x FROM ds.users;

SELECT id AS userId, ZEROIFNULL(score) AS x FROM ds.users;

SELECT id AS userId, GREATEST(1, 2, score) AS x FROM ds.users;

SELECT id AS userId, LEAST(1, 2) AS x FROM ds.users;

SELECT id AS userId, WITH(a AS score + 1, b AS a * 2, a + b) AS x FROM ds.users;

SELECT id AS userId, created_at - INTERVAL 1 DAY AS x FROM ds.users;

SELECT id AS userId, DATE '2026-01-02' + 5 AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP '2026-01-02' - created_at AS x FROM ds.users;

-- strings

SELECT id AS userId, CONCAT(email, '-', plan) AS x FROM ds.users;

SELECT id AS userId, LENGTH(email) + CHAR_LENGTH(email) + BYTE_LENGTH(email) + OCTET_LENGTH(email) AS x FROM ds.users;

SELECT id AS userId, LOWER(email) || UPPER(email) || INITCAP(email, ' ') AS x FROM ds.users;

SELECT id AS userId, TRIM(email) || LTRIM(email, 'a') || RTRIM(email, 'b') AS x FROM ds.users;

SELECT id AS userId, LPAD(email, 10, '0') || RPAD(email, 10) AS x FROM ds.users;

SELECT id AS userId, LEFT(email, 2) || RIGHT(email, 2) AS x FROM ds.users;

SELECT id AS userId, SUBSTR(email, 1, 3) || SUBSTRING(email, 2) AS x FROM ds.users;

SELECT id AS userId, REPLACE(email, 'a', 'b') AS x FROM ds.users;

SELECT id AS userId, REPEAT('a', 3) AS x FROM ds.users;

SELECT id AS userId, REVERSE(email) AS x FROM ds.users;

SELECT id AS userId, SPLIT(email, '@')[OFFSET(0)] AS x FROM ds.users;

SELECT id AS userId, SPLIT(email)[SAFE_OFFSET(1)] AS x FROM ds.users;

SELECT id AS userId, STARTS_WITH(email, 'a') AND ENDS_WITH(email, 'm') AS x FROM ds.users;

SELECT id AS userId, STRPOS(email, 'a') + INSTR(email, 'a', 1, 1) AS x FROM ds.users;

SELECT id AS userId, CONTAINS_SUBSTR(email, 'a') AS x FROM ds.users;

SELECT id AS userId, CONTAINS_SUBSTR((email, plan), 'a') AS x FROM ds.users;

SELECT id AS userId, REGEXP_CONTAINS(email, r'^a.*@') AS x FROM ds.users;

SELECT id AS userId, REGEXP_EXTRACT(email, r'@(.+)', 1, 1) AS x FROM ds.users;

SELECT id AS userId, REGEXP_EXTRACT_ALL(email, r'[a-z]+') AS x FROM ds.users;

SELECT id AS userId, REGEXP_INSTR(email, r'@') AS x FROM ds.users;

SELECT id AS userId, REGEXP_REPLACE(email, r'(a)(b)', r'\2\1') AS x FROM ds.users;

SELECT id AS userId, REGEXP_SUBSTR(email, r'a+') AS x FROM ds.users;

SELECT id AS userId, FORMAT('%s-%d-%t-%T', email, score, created_at, nums) AS x FROM ds.users;

SELECT id AS userId, FORMAT("%'d", 1234567) AS x FROM ds.users;

SELECT id AS userId, TO_BASE64(b'abc') || TO_HEX(b'abc') || TO_BASE32(b'abc') AS x FROM ds.users;

SELECT id AS userId, FROM_BASE64('YWJj') AS x FROM ds.users;

SELECT id AS userId, TO_CODE_POINTS('abc') AS x FROM ds.users;

SELECT id AS userId, CODE_POINTS_TO_STRING([65, 66]) AS x FROM ds.users;

SELECT id AS userId, ASCII('a') + UNICODE('b') AS x FROM ds.users;

SELECT id AS userId, CHR(65) AS x FROM ds.users;

SELECT id AS userId, NORMALIZE(email, NFC) AS x FROM ds.users;

SELECT id AS userId, NORMALIZE_AND_CASEFOLD(email, NFKD) AS x FROM ds.users;

SELECT id AS userId, SOUNDEX(email) AS x FROM ds.users;

SELECT id AS userId, EDIT_DISTANCE(email, plan) AS x FROM ds.users;

SELECT id AS userId, TRANSLATE(email, 'ab', 'xy') AS x FROM ds.users;

SELECT id AS userId, COLLATE(email, 'und:ci') AS x FROM ds.users;

SELECT id AS userId, SAFE_CONVERT_BYTES_TO_STRING(b'abc') AS x FROM ds.users;

SELECT id AS userId, MD5(email) AS x FROM ds.users;

SELECT id AS userId, SHA256(email) AS x FROM ds.users;

SELECT id AS userId, FARM_FINGERPRINT(email) AS x FROM ds.users;

SELECT id AS userId, GENERATE_UUID() AS x FROM ds.users;

SELECT id AS userId, NET.HOST('https://a.b/c') AS x FROM ds.users;

SELECT id AS userId, NET.REG_DOMAIN('https://a.b') AS x FROM ds.users;

SELECT id AS userId, NET.IP_FROM_STRING('1.2.3.4') AS x FROM ds.users;

-- numbers

SELECT id AS userId, ABS(-1) + CEIL(1.2) + CEILING(1.2) + FLOOR(1.2) + ROUND(1.255, 2) + TRUNC(1.9, 1) + SIGN(-1) AS x FROM ds.users;

SELECT id AS userId, ROUND(NUMERIC '2.5', 0, 'ROUND_HALF_EVEN') AS x FROM ds.users;

SELECT id AS userId, MOD(5, 3) + DIV(7, 2) + POW(2, 3) + POWER(2, 3) + SQRT(4) + CBRT(8) + EXP(1) + LN(2) + LOG(8, 2) + LOG10(100) AS x FROM ds.users;

SELECT id AS userId, SIN(1) + COS(1) + TAN(1) + ASIN(0.5) + ATAN2(1, 2) + SINH(1) + COT(1) + CSC(1) AS x FROM ds.users;

SELECT id AS userId, IEEE_DIVIDE(1, 0) AS x FROM ds.users;

SELECT id AS userId, SAFE_DIVIDE(1, 0) AS x FROM ds.users;

SELECT id AS userId, SAFE_ADD(1, 2) + SAFE_MULTIPLY(1, 2) + SAFE_NEGATE(1) + SAFE_SUBTRACT(1, 2) AS x FROM ds.users;

SELECT id AS userId, IS_NAN(1.5) OR IS_INF(1.5) AS x FROM ds.users;

SELECT id AS userId, RAND() AS x FROM ds.users;

SELECT id AS userId, RANGE_BUCKET(20, [0, 10, 20, 30]) AS x FROM ds.users;

SELECT id AS userId, BIT_COUNT(5) AS x FROM ds.users;

SELECT id AS userId, SAFE.LOG(-1) AS x FROM ds.users;

SELECT id AS userId, SAFE.SUBSTR(email, 0, -1) AS x FROM ds.users;

SELECT id AS userId, COSINE_DISTANCE([1.0, 2.0], [3.0, 4.0]) AS x FROM ds.users;

SELECT id AS userId, EUCLIDEAN_DISTANCE([1.0, 2.0], [3.0, 4.0]) AS x FROM ds.users;

-- dates

SELECT id AS userId, CURRENT_DATE AS x FROM ds.users;

SELECT id AS userId, CURRENT_DATE() AS x FROM ds.users;

SELECT id AS userId, CURRENT_DATE('Europe/Berlin') AS x FROM ds.users;

SELECT id AS userId, CURRENT_DATETIME() AS x FROM ds.users;

SELECT id AS userId, CURRENT_TIMESTAMP AS x FROM ds.users;

SELECT id AS userId, CURRENT_TIMESTAMP() AS x FROM ds.users;

SELECT id AS userId, CURRENT_TIME() AS x FROM ds.users;

SELECT id AS userId, DATE(2026, 1, 2) AS x FROM ds.users;

SELECT id AS userId, DATE(created_at, 'UTC') AS x FROM ds.users;

SELECT id AS userId, DATETIME(2026, 1, 2, 3, 4, 5) AS x FROM ds.users;

SELECT id AS userId, DATETIME(created_at) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP(DATE '2026-01-02', 'Europe/Berlin') AS x FROM ds.users;

SELECT id AS userId, TIME(10, 20, 30) AS x FROM ds.users;

SELECT id AS userId, DATE_ADD(birthday, INTERVAL 5 DAY) AS x FROM ds.users;

SELECT id AS userId, DATE_SUB(birthday, INTERVAL 1 QUARTER) AS x FROM ds.users;

SELECT id AS userId, DATE_DIFF(CURRENT_DATE(), birthday, WEEK(MONDAY)) AS x FROM ds.users;

SELECT id AS userId, DATE_TRUNC(birthday, MONTH) AS x FROM ds.users;

SELECT id AS userId, DATE_TRUNC(birthday, ISOWEEK) AS x FROM ds.users;

SELECT id AS userId, DATE_TRUNC(created_at, DAY, 'Europe/Berlin') AS x FROM ds.users;

SELECT id AS userId, DATETIME_ADD(DATETIME '2026-01-02', INTERVAL 10 MINUTE) AS x FROM ds.users;

SELECT id AS userId, DATETIME_DIFF(DATETIME '2026-01-02', DATETIME '2026-01-01', SECOND) AS x FROM ds.users;

SELECT id AS userId, DATETIME_TRUNC(DATETIME '2026-01-02', HOUR) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_ADD(created_at, INTERVAL 10 MINUTE) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 * 24 HOUR) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), created_at, MILLISECOND) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_TRUNC(created_at, WEEK(SUNDAY), 'UTC') AS x FROM ds.users;

SELECT id AS userId, TIME_ADD(TIME '10:00:00', INTERVAL 5 SECOND) AS x FROM ds.users;

SELECT id AS userId, TIME_DIFF(TIME '10:00:00', TIME '09:00:00', MINUTE) AS x FROM ds.users;

SELECT id AS userId, EXTRACT(YEAR FROM birthday) AS x FROM ds.users;

SELECT id AS userId, EXTRACT(ISOWEEK FROM created_at AT TIME ZONE 'Europe/Berlin') AS x FROM ds.users;

SELECT id AS userId, EXTRACT(DATE FROM created_at) AS x FROM ds.users;

SELECT id AS userId, EXTRACT(DAYOFWEEK FROM birthday) AS x FROM ds.users;

SELECT id AS userId, EXTRACT(WEEK(MONDAY) FROM birthday) AS x FROM ds.users;

SELECT id AS userId, EXTRACT(HOUR FROM INTERVAL '1 2' DAY TO HOUR) AS x FROM ds.users;

SELECT id AS userId, FORMAT_DATE('%Y-%m', birthday) AS x FROM ds.users;

SELECT id AS userId, FORMAT_TIMESTAMP('%F %T', created_at, 'UTC') AS x FROM ds.users;

SELECT id AS userId, FORMAT_DATETIME('%c', DATETIME '2026-01-02') AS x FROM ds.users;

SELECT id AS userId, PARSE_DATE('%Y%m%d', '20260102') AS x FROM ds.users;

SELECT id AS userId, PARSE_TIMESTAMP('%s', '1700000000') AS x FROM ds.users;

SELECT id AS userId, PARSE_DATETIME('%F', '2026-01-02') AS x FROM ds.users;

SELECT id AS userId, LAST_DAY(birthday, QUARTER) AS x FROM ds.users;

SELECT id AS userId, UNIX_SECONDS(created_at) + UNIX_MILLIS(created_at) + UNIX_MICROS(created_at) + UNIX_DATE(birthday) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_SECONDS(1700000000) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_MILLIS(1700000000000) AS x FROM ds.users;

SELECT id AS userId, DATE_FROM_UNIX_DATE(20000) AS x FROM ds.users;

SELECT id AS userId, GENERATE_DATE_ARRAY(DATE '2026-01-01', DATE '2026-02-01', INTERVAL 1 WEEK) AS x FROM ds.users;

SELECT id AS userId, GENERATE_TIMESTAMP_ARRAY(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-02', INTERVAL 1 HOUR) AS x FROM ds.users;

SELECT id AS userId, MAKE_INTERVAL(1, 2, day => 3) AS x FROM ds.users;

SELECT id AS userId, JUSTIFY_DAYS(INTERVAL 35 DAY) AS x FROM ds.users;

SELECT id AS userId, TIMESTAMP_BUCKET(created_at, INTERVAL 12 HOUR) AS x FROM ds.users;

SELECT id AS userId, DATE_BUCKET(birthday, INTERVAL 2 DAY) AS x FROM ds.users;

SELECT id AS userId, RANGE(DATE '2026-01-01', NULL) AS x FROM ds.users;

SELECT id AS userId, RANGE_CONTAINS(RANGE(DATE '2026-01-01', NULL), birthday) AS x FROM ds.users;

SELECT id AS userId, RANGE_START(RANGE<DATE> '[2026-01-01, 2026-02-01)') AS x FROM ds.users;

-- arrays, json, geography

SELECT id AS userId, ARRAY_LENGTH(nums) AS x FROM ds.users;

SELECT id AS userId, ARRAY_CONCAT(nums, [1]) AS x FROM ds.users;

SELECT id AS userId, ARRAY_TO_STRING(['a', NULL], ',', '?') AS x FROM ds.users;

SELECT id AS userId, ARRAY_REVERSE(nums) AS x FROM ds.users;

SELECT id AS userId, ARRAY_FIRST(nums) + ARRAY_LAST(nums) AS x FROM ds.users;

SELECT id AS userId, ARRAY_SLICE(nums, 0, 1) AS x FROM ds.users;

SELECT id AS userId, GENERATE_ARRAY(1, 10, 2) AS x FROM ds.users;

SELECT id AS userId, JSON_VALUE(doc, '$.a.b') AS x FROM ds.users;

SELECT id AS userId, JSON_QUERY(doc, '$.a') AS x FROM ds.users;

SELECT id AS userId, JSON_QUERY_ARRAY(doc, '$.a') AS x FROM ds.users;

SELECT id AS userId, JSON_VALUE_ARRAY(doc, "$['a b']") AS x FROM ds.users;

SELECT id AS userId, JSON_EXTRACT_SCALAR(email, '$.a') AS x FROM ds.users;

SELECT id AS userId, JSON_OBJECT('a', 1, 'b', [1, 2]) AS x FROM ds.users;

SELECT id AS userId, JSON_ARRAY(1, 'a', NULL) AS x FROM ds.users;

SELECT id AS userId, JSON_SET(doc, '$.a', 1, create_if_missing => FALSE) AS x FROM ds.users;

SELECT id AS userId, JSON_REMOVE(doc, '$.a', '$.b') AS x FROM ds.users;

SELECT id AS userId, JSON_STRIP_NULLS(doc, remove_empty => TRUE) AS x FROM ds.users;

SELECT id AS userId, JSON_TYPE(doc.a) AS x FROM ds.users;

SELECT id AS userId, JSON_KEYS(doc, 2, mode => 'lax recursive') AS x FROM ds.users;

SELECT id AS userId, PARSE_JSON('{"a": 1.5}', wide_number_mode => 'round') AS x FROM ds.users;

SELECT id AS userId, TO_JSON(STRUCT(1 AS a)) AS x FROM ds.users;

SELECT id AS userId, TO_JSON_STRING(st, TRUE) AS x FROM ds.users;

SELECT id AS userId, INT64(doc.a) + FLOAT64(doc.b, wide_number_mode => 'exact') AS x FROM ds.users;

SELECT id AS userId, STRING(doc.a) AS x FROM ds.users;

SELECT id AS userId, BOOL(doc.a) AS x FROM ds.users;

SELECT id AS userId, LAX_INT64(doc.a) AS x FROM ds.users;

SELECT id AS userId, LAX_STRING(doc.a) AS x FROM ds.users;

SELECT id AS userId, ST_GEOGPOINT(1.5, 2.5) AS x FROM ds.users;

SELECT id AS userId, ST_DISTANCE(ST_GEOGPOINT(1, 2), ST_GEOGPOINT(3, 4)) AS x FROM ds.users;

SELECT id AS userId, ST_GEOGFROMTEXT('POINT(1 2)', make_valid => TRUE) AS x FROM ds.users;

SELECT id AS userId, ST_DWITHIN(ST_GEOGPOINT(1, 2), ST_GEOGPOINT(3, 4), 100) AS x FROM ds.users;

SELECT id AS userId, HLL_COUNT.EXTRACT(b'') AS x FROM ds.users;

SELECT id AS userId, ERROR('never') IS NULL AS x FROM ds.users;

SELECT id AS userId, SESSION_USER() AS x FROM ds.users;

SELECT id AS userId, ds.my_function(score, email) AS x FROM ds.users;

SELECT id AS userId, `project.ds.my_function`(score) AS x FROM ds.users;

SELECT id AS userId, users.email AS x FROM ds.users;

SELECT id AS userId, `users`.`email` AS x FROM ds.users;

-- FROM

SELECT id AS userId, email FROM ds.users;

SELECT id AS userId, email FROM project.ds.users;

SELECT id AS userId, email FROM my-project.ds.users;

SELECT id AS userId, email FROM `my-project.ds.users` AS u;

SELECT id AS userId, email FROM `my-project`.`ds`.`users`;

SELECT id AS userId, email FROM `my-project.ds.events_*` WHERE _TABLE_SUFFIX BETWEEN '20260101' AND '20260131';

SELECT id AS userId, email FROM ds.users WHERE _PARTITIONTIME >= TIMESTAMP '2026-01-01';

SELECT id AS userId, email FROM ds.users FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR);

SELECT id AS userId, email FROM ds.users TABLESAMPLE SYSTEM (10 PERCENT);

SELECT table_name AS userId, row_count AS n FROM ds.INFORMATION_SCHEMA.TABLES;

SELECT table_name AS userId, ddl FROM `region-eu`.INFORMATION_SCHEMA.TABLES;

SELECT job_id AS userId, query FROM `region-us`.INFORMATION_SCHEMA.JOBS_BY_PROJECT;

SELECT u.id AS userId, o.total FROM ds.users u JOIN ds.orders o ON u.id = o.user_id;

SELECT u.id AS userId, o.total FROM ds.users AS u LEFT JOIN ds.orders AS o ON u.id = o.user_id AND o.status = 'paid';

SELECT u.id AS userId, o.total FROM ds.users u FULL OUTER JOIN ds.orders o ON u.id = o.user_id;

SELECT u.id AS userId, o.total FROM ds.users u CROSS JOIN ds.orders o;

SELECT u.id AS userId, o.total FROM ds.users u, ds.orders o WHERE u.id = o.user_id;

SELECT id AS userId, o.total FROM ds.users u INNER JOIN ds.orders o USING (id);

SELECT u.id AS userId, i.sku FROM ds.users AS u, u.items AS i;

SELECT u.id AS userId, i.sku FROM ds.users AS u, UNNEST(u.items) AS i WITH OFFSET AS position;

SELECT u.id AS userId, i FROM ds.users u LEFT JOIN UNNEST(u.nums) i;

SELECT u.id AS userId, i FROM ds.users u CROSS JOIN UNNEST(u.nums) AS i WITH OFFSET;

SELECT u.id AS userId, n FROM ds.users u INNER JOIN UNNEST(u.nums) AS n ON n > 1;

SELECT n AS userId, n * 2 AS x FROM UNNEST(GENERATE_ARRAY(1, 5)) AS n;

SELECT s.a AS userId, s.b AS x FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, 'y')]) AS s;

SELECT a AS userId, b FROM UNNEST(ARRAY<STRUCT<a INT64, b STRING>>[(1, 'x')]);

SELECT u.id AS userId, i.x FROM ds.users u, u.a.b AS i;

SELECT id AS userId, email FROM (SELECT id, email FROM ds.users);

SELECT f.id AS userId, f.x FROM ds.my_function(1, name => 'a') AS f;

SELECT f.id AS userId, f.x FROM ds.fn(x => 1, y => TABLE ds.t) AS f;

SELECT f.id AS userId, f.x FROM ds.fn(TABLE ds.t, (SELECT 1 AS a)) AS f;

SELECT product AS userId, _CHANGE_TYPE AS t FROM APPENDS(TABLE ds.produce, NULL, NULL);

SELECT product AS userId, _CHANGE_TYPE AS t FROM APPENDS(TABLE `my-project.ds.produce`, TIMESTAMP '2026-01-01', NULL);

SELECT id AS userId, email FROM CHANGES(TABLE ds.users, NULL, TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 10 MINUTE));

SELECT p.id AS userId, p.predicted_label AS label FROM ML.PREDICT(MODEL `ds.m`, (SELECT * FROM ds.users)) AS p;

SELECT p.id AS userId, p.predicted_label AS label FROM ML.PREDICT(MODEL ds.m, TABLE ds.users, STRUCT(0.5 AS threshold)) AS p;

SELECT forecast_timestamp AS userId, forecast_value AS v FROM ML.FORECAST(MODEL ds.m, STRUCT(30 AS horizon, 0.8 AS confidence_level));

SELECT processed_input AS userId, weight FROM ML.WEIGHTS(MODEL ds.m);

SELECT iteration AS userId, loss FROM ML.TRAINING_INFO(MODEL `ds.m`);

SELECT query.id AS userId, base.id AS x, distance FROM VECTOR_SEARCH(TABLE ds.base, 'embedding', (SELECT id, embedding FROM ds.q), top_k => 5, distance_type => 'COSINE');

SELECT id AS userId, email FROM SEARCH_TABLE(TABLE ds.users) AS s;

SELECT a AS userId, value FROM GAP_FILL(TABLE ds.device_data, ts_column => 'time', bucket_width => INTERVAL 1 MINUTE, value_columns => [('signal', 'locf')]);

SELECT id AS userId, email FROM ds.users WHERE SEARCH(users, 'x');

SELECT device AS userId, e.start FROM RANGE_SESSIONIZE(TABLE ds.sensor, 'duration', ['device']) AS e;

SELECT id AS userId, m.x FROM ds.users MATCH_RECOGNIZE (PARTITION BY id ORDER BY ts MEASURES MAX(a.email) AS x, MATCH_NUMBER() AS n AFTER MATCH SKIP PAST LAST ROW PATTERN (a+ b? | c{2,3}) DEFINE a AS x > 1, b AS y < 2, c AS TRUE OPTIONS (use_longest_match = TRUE)) AS m;

-- pivots

SELECT * FROM (SELECT id AS userId, status, total FROM ds.orders) PIVOT (SUM(total) FOR status IN ('paid', 'open'));

SELECT * FROM (SELECT id AS userId, status, total FROM ds.orders) PIVOT (SUM(total) AS t, COUNT(*) AS n FOR status IN ('paid' AS p, 'open' AS o)) AS x;

SELECT * FROM ds.orders PIVOT (SUM(total) FOR EXTRACT(MONTH FROM created_at) IN (1, 2));

SELECT id AS userId, q, sales FROM ds.produce UNPIVOT (sales FOR q IN (q1, q2, q3, q4));

SELECT id AS userId, q, a, b FROM ds.produce UNPIVOT INCLUDE NULLS ((a, b) FOR q IN ((q1, q2) AS 's1', (q3, q4) AS 's2'));

SELECT id AS userId, q, sales FROM ds.produce UNPIVOT EXCLUDE NULLS (sales FOR q IN (q1 AS 1, q2 AS 2)) AS u;

-- lists

SELECT id AS userId, * EXCEPT (id) FROM ds.users;

SELECT id AS userId, * REPLACE (LOWER(email) AS email) FROM ds.users;

SELECT id AS userId, u.* EXCEPT (id, email) REPLACE (score + 1 AS score) FROM ds.users AS u;

SELECT id AS userId, st.* FROM ds.users;

SELECT DISTINCT id AS userId, email FROM ds.users;

SELECT ALL id AS userId, email FROM ds.users;

SELECT AS STRUCT id AS userId, email FROM ds.users;

SELECT AS VALUE STRUCT(id AS userId, email) FROM ds.users;

SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 10, delta = .01, privacy_unit_column = id) plan AS userId, COUNT(*) AS n FROM ds.users GROUP BY plan;

SELECT id userId, email mail FROM ds.users;

SELECT id AS userId, email, FROM ds.users;

SELECT id AS `userId`, email AS `e mail` FROM ds.users;

-- grouping

SELECT user_id AS userId, SUM(total) AS t FROM ds.orders GROUP BY user_id HAVING SUM(total) > 0;

SELECT user_id AS userId, SUM(total) AS t FROM ds.orders GROUP BY ALL;

SELECT user_id AS userId, SUM(total) AS t FROM ds.orders GROUP BY 1 ORDER BY 2 DESC NULLS LAST;

SELECT user_id AS userId, status, SUM(total) AS t FROM ds.orders GROUP BY ROLLUP (user_id, status);

SELECT user_id AS userId, status, SUM(total) AS t FROM ds.orders GROUP BY GROUPING SETS (user_id, (user_id, status), ());

SELECT user_id AS userId, status, GROUPING(status) AS g FROM ds.orders GROUP BY CUBE (user_id, status);

SELECT user_id AS userId, COUNT(DISTINCT status) AS n, COUNTIF(total > 1) AS m, APPROX_COUNT_DISTINCT(status) AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, ARRAY_AGG(status IGNORE NULLS ORDER BY created_at DESC LIMIT 3) AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, ARRAY_AGG(DISTINCT status RESPECT NULLS) AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, ARRAY_AGG(STRUCT(id, total) ORDER BY id LIMIT 1)[OFFSET(0)].total AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, ARRAY_AGG(o ORDER BY id DESC LIMIT 1)[SAFE_OFFSET(0)].* FROM ds.orders AS o GROUP BY user_id;

SELECT user_id AS userId, STRING_AGG(DISTINCT status, ', ' ORDER BY status LIMIT 5) AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, ANY_VALUE(status HAVING MAX created_at) AS a, MAX_BY(status, created_at) AS b, MIN_BY(status, total) AS c FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, SUM(total HAVING MIN created_at) AS a FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, LOGICAL_OR(total > 1) AS a, LOGICAL_AND(total > 1) AS b, BIT_AND(id) AS c, ARRAY_CONCAT_AGG(tags) AS d FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, APPROX_QUANTILES(total, 100)[OFFSET(50)] AS a, APPROX_TOP_COUNT(status, 3) AS b, APPROX_TOP_SUM(status, total, 2) AS c FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, STDDEV(total) AS a, VAR_POP(total) AS b, CORR(total, id) AS c, COVAR_SAMP(total, id) AS d FROM ds.orders GROUP BY user_id;

SELECT user_id AS userId, HLL_COUNT.INIT(status, 15) AS a, HLL_COUNT.MERGE(sketch) AS b, KLL_QUANTILES.EXTRACT_INT64(kll, 2) AS c FROM ds.orders GROUP BY user_id, kll;

SELECT user_id AS userId, ST_UNION_AGG(geo) AS a, GROUPING(user_id) AS b FROM ds.orders GROUP BY user_id;

-- windows

SELECT user_id AS userId, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS n FROM ds.orders;

SELECT user_id AS userId, total FROM ds.orders WHERE TRUE QUALIFY ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC) = 1;

SELECT user_id AS userId, SUM(total) OVER w AS t FROM ds.orders WINDOW w AS (PARTITION BY user_id ORDER BY id), v AS (w ROWS 2 PRECEDING);

SELECT user_id AS userId, SUM(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) AS t FROM ds.orders;

SELECT user_id AS userId, SUM(total) OVER (ORDER BY UNIX_SECONDS(created_at) RANGE BETWEEN 60 PRECEDING AND CURRENT ROW) AS t FROM ds.orders;

SELECT user_id AS userId, LAG(total, 1, 0) OVER (ORDER BY id) AS a, FIRST_VALUE(total IGNORE NULLS) OVER (ORDER BY id) AS b, NTH_VALUE(total, 2) OVER (ORDER BY id) AS c FROM ds.orders;

SELECT user_id AS userId, PERCENTILE_CONT(total, 0.5) OVER (PARTITION BY user_id) AS a, PERCENTILE_DISC(total, 0.5) OVER () AS b, NTILE(4) OVER (ORDER BY id) AS c FROM ds.orders;

SELECT user_id AS userId, COUNT(DISTINCT status) OVER (PARTITION BY user_id) AS n, RANK() OVER w AS r FROM ds.orders WINDOW w AS (ORDER BY total);

-- sets, WITH, order and limit

SELECT id AS userId, email FROM ds.users UNION ALL SELECT user_id, status FROM ds.orders;

SELECT id AS userId, email FROM ds.users UNION DISTINCT SELECT user_id, status FROM ds.orders;

SELECT id AS userId, email FROM ds.users INTERSECT DISTINCT SELECT user_id, status FROM ds.orders;

SELECT id AS userId, email FROM ds.users EXCEPT DISTINCT SELECT user_id, status FROM ds.orders;

SELECT id AS userId, email FROM ds.users UNION ALL BY NAME SELECT status AS email, user_id AS userId FROM ds.orders;

SELECT id AS userId, email FROM ds.users UNION ALL CORRESPONDING SELECT status AS email, user_id AS userId FROM ds.orders;

SELECT id AS userId, email FROM ds.users LEFT UNION ALL BY NAME SELECT user_id AS userId FROM ds.orders;

SELECT id AS userId, email FROM ds.users FULL OUTER UNION ALL BY NAME ON (userId) SELECT user_id AS userId FROM ds.orders;

(SELECT id AS userId, email FROM ds.users LIMIT 1) UNION ALL (SELECT user_id, status FROM ds.orders);

WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x AS userId, x AS y FROM b;

WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n AS userId, n AS x FROM t;

WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) WITH DEPTH AS d BETWEEN 1 AND 3 SELECT n AS userId, d FROM t;

SELECT id AS userId, email FROM ds.users ORDER BY email COLLATE 'und:ci' ASC NULLS FIRST LIMIT 10 OFFSET 5;

SELECT id AS userId, (WITH x AS (SELECT 1 AS y) SELECT y FROM x) AS x FROM ds.users;

SELECT id AS userId, # a comment; with "quotes" -- to the end
    email FROM ds.users;

SELECT id AS userId, glob, rlike, `xor` FROM (SELECT id, a AS glob, b AS rlike, c AS `xor` FROM ds.users);

SELECT id AS userId, email AS e FROM ds.users AS users WHERE users.score > 1;

-- pipes

FROM ds.users |> SELECT id AS userId, email;

FROM ds.users |> WHERE score > 1 |> SELECT id AS userId, email |> ORDER BY userId DESC |> LIMIT 5 OFFSET 1;

FROM ds.users |> EXTEND score + 1 AS next, LOWER(email) AS mail |> SELECT id AS userId, next, mail;

FROM ds.users |> SET email = LOWER(email), score = score + 1 |> SELECT id AS userId, email, score;

FROM ds.users |> RENAME id AS userId, email AS mail;

FROM ds.users |> SELECT id, email, plan |> DROP plan |> RENAME id AS userId;

FROM ds.users |> SELECT id AS userId, email, plan |> DROP plan;

FROM ds.users AS u |> JOIN ds.orders AS o ON u.id = o.user_id |> SELECT u.id AS userId, o.total;

FROM ds.users AS u |> LEFT JOIN ds.orders AS o USING (id) |> SELECT id AS userId, o.total;

FROM ds.users |> CROSS JOIN UNNEST(nums) AS n |> SELECT id AS userId, n;

FROM ds.orders |> AGGREGATE SUM(total) AS t, COUNT(*) AS n GROUP BY user_id AS userId;

FROM ds.orders |> AGGREGATE SUM(total) AS t GROUP AND ORDER BY user_id DESC |> SELECT user_id AS userId, t;

FROM ds.orders |> AGGREGATE COUNT(*) AS n |> SELECT 1 AS userId, n;

FROM ds.users |> AS u |> SELECT u.id AS userId, u.email;

FROM ds.users |> SELECT id AS userId, email |> UNION ALL (SELECT user_id, status FROM ds.orders);

FROM ds.users |> SELECT id AS userId, email |> EXCEPT DISTINCT (SELECT user_id, status FROM ds.orders);

FROM ds.users |> SELECT id AS userId, email |> DISTINCT;

FROM ds.users |> WINDOW ROW_NUMBER() OVER (PARTITION BY plan ORDER BY id) AS n |> WHERE n = 1 |> SELECT id AS userId, n;

FROM ds.users |> TABLESAMPLE SYSTEM (1 PERCENT) |> SELECT id AS userId, email;

FROM ds.users |> ASSERT score > 0, 'bad score', score |> SELECT id AS userId, email;

FROM ds.orders |> SELECT user_id AS userId, status, total |> PIVOT (SUM(total) FOR status IN ('paid', 'open'));

FROM ds.produce |> UNPIVOT (sales FOR q IN (q1, q2)) |> SELECT id AS userId, q, sales;

FROM ds.users |> CALL ds.my_tvf(1, x => 'a') |> SELECT id AS userId, email;

FROM ds.users |> WITH x AS (SELECT 1 AS a) |> SELECT id AS userId, email;

WITH x AS (FROM ds.users |> WHERE score > 1) FROM x |> SELECT id AS userId, email;

SELECT id AS userId, email FROM ds.users |> WHERE userId > 1 |> LIMIT 3;

(FROM ds.users |> SELECT id AS userId, email);

SELECT userId, t FROM (FROM ds.orders |> AGGREGATE SUM(total) AS t GROUP BY user_id AS userId);

FROM ds.users |> SELECT * EXCEPT (plan) |> SET email = UPPER(email) |> RENAME id userId;

FROM ds.users |> WHERE plan = 'a |> b' |> SELECT id AS userId, email;
