-- Valid queries after Snowflake's reference, page by page. A block is a query, or a comment that names what follows.

-- literals

SELECT id AS "userId", 'it''s' AS x FROM users;

SELECT id AS "userId", 'tab\t\n\'quoted\' \u26c4 \x41' AS x FROM users;

SELECT id AS "userId", $$dollar 'quoted' \n$$ AS x FROM users;

SELECT id AS "userId", 42 AS x FROM users;

SELECT id AS "userId", 3.14 AS x FROM users;

SELECT id AS "userId", .5 AS x FROM users;

SELECT id AS "userId", 1.5e10 AS x FROM users;

SELECT id AS "userId", -7 AS x FROM users;

SELECT id AS "userId", TRUE AS x FROM users;

SELECT id AS "userId", NULL AS x FROM users;

SELECT id AS "userId", DATE '2026-01-02' AS x FROM users;

SELECT id AS "userId", TIME '10:03:56' AS x FROM users;

SELECT id AS "userId", TIMESTAMP '2026-01-02 03:04:05' AS x FROM users;

SELECT id AS "userId", TIMESTAMP_NTZ '2026-01-02 03:04:05' AS x FROM users;

SELECT id AS "userId", INTERVAL '1 day' AS x FROM users;

SELECT id AS "userId", x'1F' AS x FROM users;

SELECT id AS "userId", [1, 2, 'a'] AS x FROM users;

SELECT id AS "userId", [] AS x FROM users;

SELECT id AS "userId", {'a': 1, 'b': [1, 2]} AS x FROM users;

SELECT id AS "userId", {} AS x FROM users;

SELECT id AS "userId", {*} AS x FROM users;

SELECT id AS "userId", {* ILIKE 'e%'} AS x FROM users;

SELECT id AS "userId", {* EXCLUDE email} AS x FROM users;

SELECT id AS "userId", {*}:EMAIL AS x FROM users;

-- types and casts

SELECT id AS "userId", CAST(score AS NUMBER(10, 2)) AS x FROM users;

SELECT id AS "userId", score::NUMBER(38, 0) AS x FROM users;

SELECT id AS "userId", score::VARCHAR(10) AS x FROM users;

SELECT id AS "userId", score::STRING AS x FROM users;

SELECT id AS "userId", score::TEXT AS x FROM users;

SELECT id AS "userId", score::CHAR(3) AS x FROM users;

SELECT id AS "userId", score::DOUBLE PRECISION AS x FROM users;

SELECT id AS "userId", score::FLOAT AS x FROM users;

SELECT id AS "userId", score::DECIMAL(5, 1) AS x FROM users;

SELECT id AS "userId", score::INT AS x FROM users;

SELECT id AS "userId", score::BOOLEAN AS x FROM users;

SELECT id AS "userId", email::BINARY AS x FROM users;

SELECT id AS "userId", created_at::DATE AS x FROM users;

SELECT id AS "userId", created_at::TIMESTAMP_NTZ(3) AS x FROM users;

SELECT id AS "userId", created_at::TIMESTAMP_LTZ AS x FROM users;

SELECT id AS "userId", created_at::TIMESTAMP_TZ(9) AS x FROM users;

SELECT id AS "userId", created_at::TIME(0) AS x FROM users;

SELECT id AS "userId", v::VARIANT AS x FROM users;

SELECT id AS "userId", v::OBJECT AS x FROM users;

SELECT id AS "userId", v::ARRAY AS x FROM users;

SELECT id AS "userId", v::ARRAY(NUMBER) AS x FROM users;

SELECT id AS "userId", v::ARRAY(NUMBER NOT NULL) AS x FROM users;

SELECT id AS "userId", v::ARRAY(ARRAY(VARCHAR(10))) AS x FROM users;

SELECT id AS "userId", v::OBJECT(a NUMBER, b VARCHAR) AS x FROM users;

SELECT id AS "userId", v::OBJECT(a NUMBER NOT NULL, b OBJECT(c DATE)) AS x FROM users;

SELECT id AS "userId", v::MAP(VARCHAR, NUMBER) AS x FROM users;

SELECT id AS "userId", v::MAP(VARCHAR, NUMBER NOT NULL) AS x FROM users;

SELECT id AS "userId", CAST(v AS ARRAY(VARCHAR NOT NULL)) AS x FROM users;

SELECT id AS "userId", CAST(v::OBJECT(a INT) AS OBJECT(b INT) RENAME FIELDS) AS x FROM users;

SELECT id AS "userId", [1, 2]::VECTOR(FLOAT, 2) AS x FROM users;

SELECT id AS "userId", TRY_CAST('x' AS INT) AS x FROM users;

SELECT id AS "userId", TO_GEOGRAPHY('POINT(1 2)') AS x FROM users;

SELECT id AS "userId", v::GEOGRAPHY AS x FROM users;

SELECT id AS "userId", v::GEOMETRY AS x FROM users;

SELECT id AS "userId", TRY_CAST(email AS DATE) AS x FROM users;

SELECT id AS "userId", TO_VARCHAR(score, '999') AS x FROM users;

SELECT id AS "userId", TO_NUMBER('12.3', 10, 1) AS x FROM users;

SELECT id AS "userId", TO_DECIMAL('1.5', '99.9', 10, 2) AS x FROM users;

SELECT id AS "userId", TO_DOUBLE('1.5') AS x FROM users;

SELECT id AS "userId", TO_BOOLEAN('yes') AS x FROM users;

SELECT id AS "userId", TO_DATE('2026-01-02', 'YYYY-MM-DD') AS x FROM users;

SELECT id AS "userId", TO_TIMESTAMP_NTZ(1700000000) AS x FROM users;

SELECT id AS "userId", TO_TIMESTAMP_TZ('2026-01-02 03:04:05 +02:00') AS x FROM users;

SELECT id AS "userId", TO_TIME('10:00:00') AS x FROM users;

SELECT id AS "userId", TO_BINARY('61', 'HEX') AS x FROM users;

SELECT id AS "userId", TO_VARIANT(1) AS x FROM users;

SELECT id AS "userId", TO_ARRAY(1) AS x FROM users;

SELECT id AS "userId", TO_OBJECT(v) AS x FROM users;

SELECT id AS "userId", TO_JSON(v) AS x FROM users;

SELECT id AS "userId", TO_XML(v) AS x FROM users;

SELECT id AS "userId", TRY_TO_NUMBER('x') AS x FROM users;

SELECT id AS "userId", TRY_TO_TIMESTAMP('x') AS x FROM users;

-- operators

SELECT id AS "userId", score + 1 - 2 * 3 / 4 % 5 AS x FROM users;

SELECT id AS "userId", -score AS x FROM users;

SELECT id AS "userId", +score AS x FROM users;

SELECT id AS "userId", email || plan AS x FROM users;

SELECT id AS "userId", score = 1 OR score <> 2 AND NOT score != 3 AS x FROM users;

SELECT id AS "userId", score BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score NOT BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score IN (1, 2) AS x FROM users;

SELECT id AS "userId", score NOT IN (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", (score, plan) IN ((1, 'a'), (2, 'b')) AS x FROM users;

SELECT id AS "userId", score IS NULL AS x FROM users;

SELECT id AS "userId", score IS NOT NULL AS x FROM users;

SELECT id AS "userId", score IS DISTINCT FROM 1 AS x FROM users;

SELECT id AS "userId", score IS NOT DISTINCT FROM NULL AS x FROM users;

SELECT id AS "userId", active IS TRUE AS x FROM users;

SELECT id AS "userId", score = ANY (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", score > ALL (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", email LIKE 'a%' AS x FROM users;

SELECT id AS "userId", email LIKE 'a^%' ESCAPE '^' AS x FROM users;

SELECT id AS "userId", email NOT LIKE 'a%' AS x FROM users;

SELECT id AS "userId", email ILIKE 'A%' AS x FROM users;

SELECT id AS "userId", email NOT ILIKE 'A%' ESCAPE '!' AS x FROM users;

SELECT id AS "userId", email LIKE ANY ('a%', 'b%') AS x FROM users;

SELECT id AS "userId", email LIKE ALL ('a%', '%b') AS x FROM users;

SELECT id AS "userId", email ILIKE ANY ('A%', 'B%') AS x FROM users;

SELECT id AS "userId", email NOT LIKE ANY ('a%', 'b%') AS x FROM users;

SELECT id AS "userId", email LIKE ANY ('a!%', 'b!%') ESCAPE '!' AS x FROM users;

SELECT id AS "userId", email RLIKE 'a.*' AS x FROM users;

SELECT id AS "userId", email REGEXP 'a.*' AS x FROM users;

SELECT id AS "userId", email NOT RLIKE 'a.*' AS x FROM users;

SELECT id AS "userId", email COLLATE 'en-ci' = 'A' AS x FROM users;

SELECT id AS "userId", COLLATE(email, 'en_US-trim') AS x FROM users;

SELECT id AS "userId", CASE WHEN score > 1 THEN 'a' ELSE 'b' END AS x FROM users;

SELECT id AS "userId", CASE score WHEN 1 THEN 'a' WHEN 2 THEN 'b' END AS x FROM users;

SELECT id AS "userId", IFF(score > 1, 'a', 'b') AS x FROM users;

SELECT id AS "userId", IFNULL(email, '') AS x FROM users;

SELECT id AS "userId", NVL(email, '') AS x FROM users;

SELECT id AS "userId", NVL2(email, 'a', 'b') AS x FROM users;

SELECT id AS "userId", COALESCE(email, plan, '') AS x FROM users;

SELECT id AS "userId", NULLIF(email, '') AS x FROM users;

SELECT id AS "userId", NULLIFZERO(score) AS x FROM users;

SELECT id AS "userId", ZEROIFNULL(score) AS x FROM users;

SELECT id AS "userId", DECODE(score, 1, 'a', 2, 'b', 'c') AS x FROM users;

SELECT id AS "userId", EQUAL_NULL(score, 1) AS x FROM users;

SELECT id AS "userId", GREATEST(1, 2, score) AS x FROM users;

SELECT id AS "userId", LEAST_IGNORE_NULLS(1, NULL) AS x FROM users;

SELECT id AS "userId", BITAND(score, 3) + BITOR(score, 4) + BITXOR(score, 5) + BITNOT(score) + BITSHIFTLEFT(score, 1) AS x FROM users;

SELECT id AS "userId", BOOLAND(score, 1) AS x FROM users;

SELECT id AS "userId", DIV0(score, 0) AS x FROM users;

SELECT id AS "userId", DIV0NULL(score, 0) AS x FROM users;

-- semi-structured

SELECT id AS "userId", v:a AS x FROM users;

SELECT id AS "userId", v:a.b.c AS x FROM users;

SELECT id AS "userId", v:a[0].b AS x FROM users;

SELECT id AS "userId", v:a['b'] AS x FROM users;

SELECT id AS "userId", v:"a b"."c" AS x FROM users;

SELECT id AS "userId", v['a']['b'] AS x FROM users;

SELECT id AS "userId", v[0] AS x FROM users;

SELECT id AS "userId", v:a::STRING AS x FROM users;

SELECT id AS "userId", v:a.b::NUMBER(10, 2) AS x FROM users;

SELECT id AS "userId", (v:a)::DATE AS x FROM users;

SELECT id AS "userId", users.v:a:b AS x FROM users;

SELECT id AS "userId", v:a IS NULL AS x FROM users;

SELECT id AS "userId", GET(v, 'a') AS x FROM users;

SELECT id AS "userId", GET_PATH(v, 'a.b[0]') AS x FROM users;

SELECT id AS "userId", GET_IGNORE_CASE(v, 'A') AS x FROM users;

SELECT id AS "userId", PARSE_JSON('{"a": 1}'):a AS x FROM users;

SELECT id AS "userId", TRY_PARSE_JSON('x') AS x FROM users;

SELECT id AS "userId", PARSE_XML('<a/>') AS x FROM users;

SELECT id AS "userId", XMLGET(PARSE_XML('<a><b/></a>'), 'b') AS x FROM users;

SELECT id AS "userId", CHECK_JSON('x') AS x FROM users;

SELECT id AS "userId", STRIP_NULL_VALUE(v:a) AS x FROM users;

SELECT id AS "userId", TYPEOF(v:a) AS x FROM users;

SELECT id AS "userId", IS_ARRAY(v) OR IS_OBJECT(v) OR IS_NULL_VALUE(v:a) OR IS_INTEGER(v) AS x FROM users;

SELECT id AS "userId", AS_VARCHAR(v:a) AS x FROM users;

SELECT id AS "userId", AS_INTEGER(v:a) AS x FROM users;

SELECT id AS "userId", OBJECT_CONSTRUCT('a', 1, 'b', NULL) AS x FROM users;

SELECT id AS "userId", OBJECT_CONSTRUCT_KEEP_NULL('a', NULL) AS x FROM users;

SELECT id AS "userId", OBJECT_CONSTRUCT(*) AS x FROM users;

SELECT id AS "userId", OBJECT_CONSTRUCT(* EXCLUDE email) AS x FROM users;

SELECT id AS "userId", OBJECT_INSERT(v, 'k', 1, TRUE) AS x FROM users;

SELECT id AS "userId", OBJECT_DELETE(v, 'a', 'b') AS x FROM users;

SELECT id AS "userId", OBJECT_PICK(v, 'a') AS x FROM users;

SELECT id AS "userId", OBJECT_KEYS(v) AS x FROM users;

SELECT id AS "userId", ARRAY_CONSTRUCT(1, 2) AS x FROM users;

SELECT id AS "userId", ARRAY_CONSTRUCT_COMPACT(1, NULL) AS x FROM users;

SELECT id AS "userId", ARRAY_APPEND(v, 1) AS x FROM users;

SELECT id AS "userId", ARRAY_CAT(v, v) AS x FROM users;

SELECT id AS "userId", ARRAY_COMPACT(v) AS x FROM users;

SELECT id AS "userId", ARRAY_CONTAINS('a'::VARIANT, v) AS x FROM users;

SELECT id AS "userId", ARRAY_DISTINCT(v) AS x FROM users;

SELECT id AS "userId", ARRAY_EXCEPT(v, [1]) AS x FROM users;

SELECT id AS "userId", ARRAY_FLATTEN([[1], [2]]) AS x FROM users;

SELECT id AS "userId", ARRAY_INTERSECTION(v, v) AS x FROM users;

SELECT id AS "userId", ARRAY_MAX(v) AS x FROM users;

SELECT id AS "userId", ARRAY_POSITION(1::VARIANT, v) AS x FROM users;

SELECT id AS "userId", ARRAY_SIZE(v) AS x FROM users;

SELECT id AS "userId", ARRAY_SLICE(v, 0, 2) AS x FROM users;

SELECT id AS "userId", ARRAY_SORT(v, FALSE) AS x FROM users;

SELECT id AS "userId", ARRAY_TO_STRING(v, ',') AS x FROM users;

SELECT id AS "userId", ARRAY_GENERATE_RANGE(1, 5) AS x FROM users;

SELECT id AS "userId", ARRAYS_OVERLAP(v, v) AS x FROM users;

SELECT id AS "userId", ARRAYS_TO_OBJECT(['a'], [1]) AS x FROM users;

SELECT id AS "userId", ARRAYS_ZIP([1], ['a']) AS x FROM users;

SELECT id AS "userId", FILTER(v, x -> x > 1) AS x FROM users;

SELECT id AS "userId", FILTER(v, x INT -> x > 1) AS x FROM users;

SELECT id AS "userId", TRANSFORM(v, x INT -> x * 2) AS x FROM users;

SELECT id AS "userId", TRANSFORM(v, (x VARIANT) -> x:a) AS x FROM users;

SELECT id AS "userId", REDUCE([1, 2], 0, (acc, x) -> acc + x) AS x FROM users;

SELECT id AS "userId", MAP_KEYS(v::MAP(VARCHAR, NUMBER)) AS x FROM users;

SELECT id AS "userId", MAP_CAT(v::MAP(VARCHAR, INT), v::MAP(VARCHAR, INT)) AS x FROM users;

-- strings

SELECT id AS "userId", CONCAT(email, '-', plan) AS x FROM users;

SELECT id AS "userId", CONCAT_WS('-', email, plan) AS x FROM users;

SELECT id AS "userId", CONTAINS(email, 'a') AS x FROM users;

SELECT id AS "userId", STARTSWITH(email, 'a') AS x FROM users;

SELECT id AS "userId", ENDSWITH(email, 'm') AS x FROM users;

SELECT id AS "userId", CHARINDEX('a', email, 1) AS x FROM users;

SELECT id AS "userId", POSITION('a', email, 1) AS x FROM users;

SELECT id AS "userId", POSITION('a' IN email) AS x FROM users;

SELECT id AS "userId", SUBSTR(email, 1, 3) AS x FROM users;

SELECT id AS "userId", SUBSTRING(email, 2) AS x FROM users;

SELECT id AS "userId", LEFT(email, 2) || RIGHT(email, 2) AS x FROM users;

SELECT id AS "userId", LENGTH(email) + LEN(email) + OCTET_LENGTH(email) AS x FROM users;

SELECT id AS "userId", LOWER(email) || UPPER(email) || INITCAP(email, ' ') AS x FROM users;

SELECT id AS "userId", LPAD(email, 10, '0') || RPAD(email, 10) AS x FROM users;

SELECT id AS "userId", LTRIM(email, '0') || RTRIM(email) || TRIM(email, 'x') AS x FROM users;

SELECT id AS "userId", REPEAT('a', 3) AS x FROM users;

SELECT id AS "userId", REPLACE(email, 'a', 'b') AS x FROM users;

SELECT id AS "userId", REVERSE(email) AS x FROM users;

SELECT id AS "userId", SPLIT(email, '@')[0] AS x FROM users;

SELECT id AS "userId", SPLIT_PART(email, '@', -1) AS x FROM users;

SELECT id AS "userId", STRTOK(email, '@', 1) AS x FROM users;

SELECT id AS "userId", STRTOK_TO_ARRAY(email, '@') AS x FROM users;

SELECT id AS "userId", TRANSLATE(email, 'ab', 'xy') AS x FROM users;

SELECT id AS "userId", INSERT('abc', 1, 2, 'Z') AS x FROM users;

SELECT id AS "userId", ASCII('a') + UNICODE('b') AS x FROM users;

SELECT id AS "userId", CHR(65) || CHAR(66) AS x FROM users;

SELECT id AS "userId", MD5(email) || SHA1(email) || SHA2(email, 256) AS x FROM users;

SELECT id AS "userId", HASH(email, plan) AS x FROM users;

SELECT id AS "userId", HASH(*) AS x FROM users;

SELECT id AS "userId", HEX_ENCODE(email) || BASE64_ENCODE(email) AS x FROM users;

SELECT id AS "userId", REGEXP_COUNT(email, 'a', 1, 'i') AS x FROM users;

SELECT id AS "userId", REGEXP_INSTR(email, 'a', 1, 1, 0, 'i') AS x FROM users;

SELECT id AS "userId", REGEXP_LIKE(email, 'a.*', 'i') AS x FROM users;

SELECT id AS "userId", REGEXP_REPLACE(email, '(a)', '\\1x') AS x FROM users;

SELECT id AS "userId", REGEXP_SUBSTR(email, '([a-z]+)@', 1, 1, 'e', 1) AS x FROM users;

SELECT id AS "userId", REGEXP_SUBSTR_ALL(email, 'a') AS x FROM users;

SELECT id AS "userId", EDITDISTANCE(email, plan) AS x FROM users;

SELECT id AS "userId", JAROWINKLER_SIMILARITY(email, plan) AS x FROM users;

SELECT id AS "userId", SOUNDEX(email) AS x FROM users;

SELECT id AS "userId", SPACE(3) AS x FROM users;

SELECT id AS "userId", PARSE_URL('https://a.b/c?d=1'):host AS x FROM users;

SELECT id AS "userId", PARSE_IP('1.2.3.4', 'INET') AS x FROM users;

SELECT id AS "userId", UUID_STRING() AS x FROM users;

SELECT id AS "userId", RANDSTR(5, RANDOM()) AS x FROM users;

-- numbers

SELECT id AS "userId", ABS(-1) + CEIL(1.2) + FLOOR(1.25, 1) + ROUND(1.255, 2) + TRUNC(1.9, 0) + SIGN(-1) AS x FROM users;

SELECT id AS "userId", ROUND(1.255, 2, 'HALF_TO_EVEN') AS x FROM users;

SELECT id AS "userId", MOD(5, 3) + POWER(2, 3) + SQRT(4) + CBRT(8) + EXP(1) + LN(2) + LOG(10, 100) + SQUARE(2) + FACTORIAL(3) AS x FROM users;

SELECT id AS "userId", SIN(1) + COS(1) + TAN(1) + ATAN2(1, 2) + DEGREES(1) + RADIANS(1) + PI() AS x FROM users;

SELECT id AS "userId", WIDTH_BUCKET(5, 0, 10, 5) AS x FROM users;

SELECT id AS "userId", RANDOM(42) AS x FROM users;

SELECT id AS "userId", UNIFORM(1, 10, RANDOM()) AS x FROM users;

SELECT id AS "userId", HAVERSINE(1, 2, 3, 4) AS x FROM users;

-- dates

SELECT id AS "userId", CURRENT_DATE AS x FROM users;

SELECT id AS "userId", CURRENT_DATE() AS x FROM users;

SELECT id AS "userId", CURRENT_TIMESTAMP AS x FROM users;

SELECT id AS "userId", CURRENT_TIMESTAMP(3) AS x FROM users;

SELECT id AS "userId", CURRENT_TIME() AS x FROM users;

SELECT id AS "userId", LOCALTIMESTAMP AS x FROM users;

SELECT id AS "userId", SYSDATE() AS x FROM users;

SELECT id AS "userId", GETDATE() AS x FROM users;

SELECT id AS "userId", DATEADD(day, 5, created_at) AS x FROM users;

SELECT id AS "userId", DATEADD('month', -1, created_at) AS x FROM users;

SELECT id AS "userId", DATEDIFF(day, birthday, CURRENT_DATE()) AS x FROM users;

SELECT id AS "userId", TIMESTAMPADD(hour, 1, created_at) AS x FROM users;

SELECT id AS "userId", TIMESTAMPDIFF(minute, created_at, CURRENT_TIMESTAMP()) AS x FROM users;

SELECT id AS "userId", TIMEADD(second, 1, created_at) AS x FROM users;

SELECT id AS "userId", DATE_TRUNC('month', created_at) AS x FROM users;

SELECT id AS "userId", DATE_TRUNC(week, created_at) AS x FROM users;

SELECT id AS "userId", TRUNC(created_at, 'MONTH') AS x FROM users;

SELECT id AS "userId", DATE_PART(year, created_at) AS x FROM users;

SELECT id AS "userId", DATE_PART('epoch_second', created_at) AS x FROM users;

SELECT id AS "userId", EXTRACT(year FROM created_at) AS x FROM users;

SELECT id AS "userId", EXTRACT(dayofweek_iso FROM created_at) AS x FROM users;

SELECT id AS "userId", YEAR(created_at) + MONTH(created_at) + DAY(created_at) + QUARTER(created_at) + WEEKISO(created_at) AS x FROM users;

SELECT id AS "userId", HOUR(created_at) + MINUTE(created_at) + SECOND(created_at) AS x FROM users;

SELECT id AS "userId", DAYNAME(created_at) || MONTHNAME(created_at) AS x FROM users;

SELECT id AS "userId", LAST_DAY(created_at, 'quarter') AS x FROM users;

SELECT id AS "userId", NEXT_DAY(created_at, 'fr') AS x FROM users;

SELECT id AS "userId", PREVIOUS_DAY(created_at, 'fr') AS x FROM users;

SELECT id AS "userId", ADD_MONTHS(created_at, 1) AS x FROM users;

SELECT id AS "userId", MONTHS_BETWEEN(created_at, birthday) AS x FROM users;

SELECT id AS "userId", DATE_FROM_PARTS(2026, 1, 2) AS x FROM users;

SELECT id AS "userId", TIMESTAMP_FROM_PARTS(2026, 1, 2, 3, 4, 5) AS x FROM users;

SELECT id AS "userId", TIMESTAMP_NTZ_FROM_PARTS(birthday, TIME '10:00:00') AS x FROM users;

SELECT id AS "userId", TIME_SLICE(created_at, 15, 'MINUTE', 'START') AS x FROM users;

SELECT id AS "userId", CONVERT_TIMEZONE('UTC', 'Europe/Berlin', created_at) AS x FROM users;

SELECT id AS "userId", CONVERT_TIMEZONE('Europe/Berlin', created_at) AS x FROM users;

SELECT id AS "userId", TO_CHAR(created_at, 'YYYY-MM-DD HH24:MI:SS') AS x FROM users;

SELECT id AS "userId", created_at + INTERVAL '1 year, 3 quarters, 4 months' AS x FROM users;

SELECT id AS "userId", created_at - INTERVAL '2 hours' AS x FROM users;

SELECT id AS "userId", created_at::DATE - 7 AS x FROM users;

SELECT id AS "userId", created_at AT TIME ZONE 'UTC' AS x FROM users;

-- context, geography, others

SELECT id AS "userId", CURRENT_USER() AS x FROM users;

SELECT id AS "userId", CURRENT_USER AS x FROM users;

SELECT id AS "userId", CURRENT_ROLE() AS x FROM users;

SELECT id AS "userId", CURRENT_DATABASE() || CURRENT_SCHEMA() AS x FROM users;

SELECT id AS "userId", CURRENT_WAREHOUSE() AS x FROM users;

SELECT id AS "userId", CURRENT_ACCOUNT() AS x FROM users;

SELECT id AS "userId", CURRENT_SESSION() AS x FROM users;

SELECT id AS "userId", CURRENT_VERSION() AS x FROM users;

SELECT id AS "userId", IS_ROLE_IN_SESSION('X') AS x FROM users;

SELECT id AS "userId", SYSTEM$TYPEOF(score) AS x FROM users;

SELECT id AS "userId", ST_DISTANCE(ST_MAKEPOINT(1, 2), ST_MAKEPOINT(3, 4)) AS x FROM users;

SELECT id AS "userId", ST_ASGEOJSON(TO_GEOGRAPHY('POINT(1 2)')):type AS x FROM users;

SELECT id AS "userId", H3_LATLNG_TO_CELL(1.5, 2.5, 8) AS x FROM users;

SELECT id AS "userId", VECTOR_L2_DISTANCE([1, 2]::VECTOR(FLOAT, 2), [1, 3]::VECTOR(FLOAT, 2)) AS x FROM users;

SELECT id AS "userId", VECTOR_COSINE_SIMILARITY(e, [1.5, 2]::VECTOR(FLOAT, 2)) AS x FROM users;

SELECT id AS "userId", COMPRESS(email, 'SNAPPY') AS x FROM users;

SELECT id AS "userId", NORMAL(0, 1, RANDOM()) AS x FROM users;

SELECT id AS "userId", SEQ4() AS x FROM users;

SELECT id AS "userId", users.email AS x FROM users;

SELECT id AS "userId", "EMAIL" AS x FROM users;

SELECT id AS "userId", public.users.email AS x FROM users;

SELECT id AS "userId", (SELECT MAX(total) FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", MD5_NUMBER_LOWER64(email) AS x FROM users;

-- FROM

SELECT id AS "userId", email AS "email" FROM users;

SELECT id AS "userId", email AS "email" FROM db.public.users;

SELECT id AS "userId", email AS "email" FROM db..users;

SELECT id AS "userId", email AS "email" FROM "DB"."PUBLIC"."USERS" AS u;

SELECT u.id AS "userId", o.total AS "total" FROM users u INNER JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total AS "total" FROM users u LEFT OUTER JOIN orders o ON u.id = o.user_id AND o.status = 'paid';

SELECT u.id AS "userId", o.total AS "total" FROM users u FULL OUTER JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total AS "total" FROM users u CROSS JOIN orders o;

SELECT id AS "userId", o.total AS "total" FROM users u JOIN orders o USING (id);

SELECT id AS "userId", o.total AS "total" FROM users u NATURAL JOIN orders o;

SELECT u.id AS "userId", o.total AS "total" FROM users u ASOF JOIN orders o MATCH_CONDITION (u.created_at >= o.created_at) ON u.id = o.user_id;

SELECT u.id AS "userId", o.total AS "total" FROM users u DIRECTED JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", f.value:a::STRING AS "a" FROM users u, LATERAL FLATTEN(input => u.v:items) f;

SELECT u.id AS "userId", f.value AS "a", f.index AS "i", f.this AS "t" FROM users u, LATERAL FLATTEN(input => u.v, path => 'a.b', outer => TRUE, recursive => FALSE, mode => 'ARRAY') AS f;

SELECT u.id AS "userId", f.value AS "a" FROM users u, TABLE(FLATTEN(u.v)) f;

SELECT u.id AS "userId", s.value AS "a" FROM users u, LATERAL SPLIT_TO_TABLE(u.email, '@') s;

SELECT u.id AS "userId", t.total AS "total" FROM users u, LATERAL (SELECT SUM(total) AS total FROM orders o WHERE o.user_id = u.id) t;

SELECT u.id AS "userId", t.total AS "total" FROM users u LEFT JOIN LATERAL (SELECT total FROM orders o WHERE o.user_id = u.id) t;

SELECT t.x AS "userId", t.y AS "y" FROM TABLE(my_function(1, 'a')) t;

SELECT t.x AS "userId", t.y AS "y" FROM users u, TABLE(my_function(u.id, u.email) OVER (PARTITION BY u.plan ORDER BY u.id)) t;

SELECT t.x AS "userId", t.y AS "y" FROM TABLE(db.public.my_function(arg => 1)) t;

SELECT SEQ4() AS "userId", 1 AS "x" FROM TABLE(GENERATOR(ROWCOUNT => 10));

SELECT query_id AS "userId", query_text AS "t" FROM TABLE(information_schema.query_history(dateadd('hours', -1, current_timestamp()), current_timestamp()));

SELECT $1 AS "userId", $2 AS "x" FROM (VALUES (1, 'a'), (2, 'b'));

SELECT v.a AS "userId", v.b AS "x" FROM (VALUES (1, 'a'), (2, 'b')) AS v (a, b);

SELECT column1 AS "userId", column2 AS "x" FROM VALUES (1, 'a'), (2, 'b');

SELECT id AS "userId", email AS "email" FROM users AT (TIMESTAMP => '2026-01-02 03:04:05'::TIMESTAMP_LTZ);

SELECT id AS "userId", email AS "email" FROM users AT (OFFSET => -60 * 5);

SELECT id AS "userId", email AS "email" FROM users BEFORE (STATEMENT => '8e5d0ca9-005e-44e6-b858-a8f5b37c5726') AS u;

SELECT id AS "userId", email AS "email" FROM users CHANGES (INFORMATION => DEFAULT) AT (TIMESTAMP => '2026-01-02'::TIMESTAMP_LTZ);

SELECT id AS "userId", email AS "email" FROM users CHANGES (INFORMATION => APPEND_ONLY) AT (OFFSET => -60) END (OFFSET => -10);

SELECT id AS "userId", email AS "email" FROM users SAMPLE (10);

SELECT id AS "userId", email AS "email" FROM users TABLESAMPLE BERNOULLI (20.3) SEED (82);

SELECT id AS "userId", email AS "email" FROM users SAMPLE SYSTEM (3) REPEATABLE (5);

SELECT id AS "userId", email AS "email" FROM users SAMPLE ROW (10 ROWS);

SELECT id AS "userId", metadata$action AS "action", metadata$isupdate AS "is", metadata$row_id AS "row" FROM users_stream;

SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID(-1)));

SELECT id AS "userId", email AS "email" FROM TABLE('users');

SELECT d.n AS "userId", 1 AS "x" FROM (SELECT 1 AS n FROM dual) d;

SELECT id AS "userId", "total" FROM SEMANTIC_VIEW(sales METRICS orders.total DIMENSIONS customer.id);

SELECT m.match_no AS "userId", m.price AS "price" FROM stock MATCH_RECOGNIZE (PARTITION BY company ORDER BY price_date MEASURES MATCH_NUMBER() AS match_no, LAST(price) AS price, CLASSIFIER() AS c ONE ROW PER MATCH AFTER MATCH SKIP TO LAST row_with_increase PATTERN (row_before row_with_decrease+ row_with_increase*?) DEFINE row_with_decrease AS price < LAG(price), row_with_increase AS price > LAG(price)) AS m;

SELECT * FROM stock MATCH_RECOGNIZE (ORDER BY d MEASURES FINAL LAST(a.x) AS "userId" ALL ROWS PER MATCH OMIT EMPTY MATCHES PATTERN (^ a {2,5} (b | c) $) DEFINE a AS TRUE);

-- pivots

SELECT * FROM orders PIVOT (SUM(total) FOR status IN ('paid', 'open'));

SELECT * FROM orders PIVOT (SUM(total) FOR status IN ('paid', 'open')) AS p (user_id, paid, opened);

SELECT * FROM orders PIVOT (SUM(total) FOR status IN (ANY ORDER BY status));

SELECT * FROM orders PIVOT (SUM(total) FOR status IN (ANY));

SELECT * FROM orders PIVOT (SUM(total) FOR status IN (SELECT DISTINCT status FROM orders));

SELECT * FROM orders PIVOT (SUM(total) FOR status IN ('paid', 'open') DEFAULT ON NULL (0)) ORDER BY 1;

SELECT * FROM orders PIVOT (SUM(total) FOR status IN ('paid' AS paid, 'open' AS opened));

SELECT id AS "userId", k AS "k", v AS "v" FROM users UNPIVOT (v FOR k IN (jan, feb, mar));

SELECT id AS "userId", k AS "k", v AS "v" FROM users UNPIVOT INCLUDE NULLS (v FOR k IN (jan AS january, feb));

SELECT id AS "userId", k AS "k", v AS "v" FROM users UNPIVOT EXCLUDE NULLS (v FOR k IN (jan, feb)) u;

-- lists

SELECT id AS "userId", u.* FROM users u;

SELECT id AS "userId", * EXCLUDE (email, plan) FROM users;

SELECT id AS "userId", * EXCLUDE email FROM users;

SELECT * RENAME (id AS "userId", email AS "email") FROM users;

SELECT * EXCLUDE plan RENAME id AS "userId" FROM users;

SELECT id AS "userId", * REPLACE (UPPER(email) AS email) FROM users;

SELECT id AS "userId", * ILIKE '%name%' FROM users;

SELECT id AS "userId", * ILIKE '%id%' RENAME (a AS b) FROM users;

SELECT id AS "userId", users.* EXCLUDE (id) FROM users;

SELECT DISTINCT id AS "userId", email AS "email" FROM users;

SELECT TOP 10 id AS "userId", email AS "email" FROM users ORDER BY id;

SELECT id AS "userId", score + 1 AS "next", "next" * 2 AS "twice" FROM users;

SELECT id AS "userId", email AS "email", FROM users;

SELECT id "userId", email "email" FROM users;

-- grouping

SELECT user_id AS "userId", SUM(total) AS "t" FROM orders GROUP BY user_id HAVING SUM(total) > 0;

SELECT user_id AS "userId", SUM(total) AS "t" FROM orders GROUP BY ALL;

SELECT user_id AS "userId", SUM(total) AS "t" FROM orders GROUP BY 1 ORDER BY 2 DESC NULLS LAST;

SELECT user_id AS "userId", status AS "s", SUM(total) AS "t" FROM orders GROUP BY GROUPING SETS ((user_id, status), user_id, ());

SELECT user_id AS "userId", status AS "s", GROUPING(user_id) AS "g", GROUPING_ID(user_id, status) AS "h" FROM orders GROUP BY ROLLUP (user_id, status);

SELECT user_id AS "userId", status AS "s", COUNT(*) AS "n" FROM orders GROUP BY CUBE (user_id, status);

SELECT user_id AS "userId", COUNT(DISTINCT status, total) AS "n", COUNT_IF(total > 1) AS "m", APPROX_COUNT_DISTINCT(status) AS "a" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", ARRAY_AGG(DISTINCT status) WITHIN GROUP (ORDER BY status DESC) AS "a" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", LISTAGG(DISTINCT status, ', ') WITHIN GROUP (ORDER BY status) AS "a" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", OBJECT_AGG(status, total::VARIANT) AS "a", ANY_VALUE(status) AS "b", MODE(status) AS "c", MEDIAN(total) AS "d" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY total) AS "a", PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY total) AS "b", APPROX_PERCENTILE(total, 0.5) AS "c" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", MAX_BY(status, created_at) AS "a", MIN_BY(status, created_at, 3) AS "b", BOOLOR_AGG(total > 1) AS "c", BITAND_AGG(id) AS "d", HASH_AGG(*) AS "e" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", STDDEV(total) AS "a", VARIANCE_POP(total) AS "b", CORR(total, id) AS "c", KURTOSIS(total) AS "d", HLL(status) AS "e" FROM orders GROUP BY user_id;

SELECT user_id AS "userId", SUM(total) FILTER (WHERE status = 'paid') AS "t" FROM orders GROUP BY user_id;

-- windows

SELECT user_id AS "userId", ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS "n" FROM orders;

SELECT user_id AS "userId", total AS "t" FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC) = 1;

SELECT user_id AS "userId", SUM(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "t" FROM orders;

SELECT user_id AS "userId", SUM(total) OVER (ORDER BY created_at RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) AS "t" FROM orders;

SELECT user_id AS "userId", LAG(total, 1, 0) IGNORE NULLS OVER (ORDER BY id) AS "a", LEAD(total) OVER (ORDER BY id) AS "b" FROM orders;

SELECT user_id AS "userId", FIRST_VALUE(status) RESPECT NULLS OVER (ORDER BY id) AS "a", NTH_VALUE(status, 2) FROM FIRST OVER (ORDER BY id) AS "b" FROM orders;

SELECT user_id AS "userId", LAST_VALUE(status IGNORE NULLS) OVER (ORDER BY id) AS "a", RATIO_TO_REPORT(total) OVER (PARTITION BY user_id) AS "b" FROM orders;

SELECT user_id AS "userId", RANK() OVER (ORDER BY total) AS "a", NTILE(4) OVER (ORDER BY total) AS "b", CUME_DIST() OVER (ORDER BY total) AS "c", CONDITIONAL_TRUE_EVENT(total > 1) OVER (ORDER BY id) AS "d" FROM orders;

SELECT user_id AS "userId", COUNT(DISTINCT status) OVER (PARTITION BY user_id) AS "n" FROM orders;

-- sets, WITH, order and limit

SELECT id AS "userId", email AS "email" FROM users UNION ALL SELECT user_id, status FROM orders;

SELECT id AS "userId", email AS "email" FROM users UNION BY NAME SELECT status AS "email", user_id AS "userId" FROM orders;

SELECT id AS "userId", email AS "email" FROM users UNION ALL BY NAME SELECT user_id AS "userId", status AS "email" FROM orders;

SELECT id AS "userId", email AS "email" FROM users MINUS SELECT user_id, status FROM orders;

SELECT id AS "userId", email AS "email" FROM users EXCEPT (SELECT user_id, status FROM orders INTERSECT SELECT 1, 'x');

WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT y AS "userId", y AS "x" FROM b;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n AS "userId", n AS "x" FROM t;

WITH t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n AS "userId", n AS "x" FROM t;

SELECT id AS "userId", LEVEL AS "level", SYS_CONNECT_BY_PATH(title, ' -> ') AS "path" FROM employees START WITH title = 'President' CONNECT BY manager_id = PRIOR id ORDER BY id;

SELECT id AS "userId", CONNECT_BY_ROOT title AS "root" FROM employees START WITH manager_id IS NULL CONNECT BY PRIOR id = manager_id;

SELECT id AS "userId", email AS "email" FROM users ORDER BY ALL;

SELECT id AS "userId", email AS "email" FROM users ORDER BY email ASC NULLS FIRST LIMIT 10 OFFSET 5;

SELECT id AS "userId", email AS "email" FROM users ORDER BY id OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY;

SELECT id AS "userId", email AS "email" FROM users ORDER BY id FETCH FIRST 10;

SELECT id AS "userId", email AS "email" FROM users ORDER BY id LIMIT NULL OFFSET 2;

VALUES (1, 'a'), (2, 'b');

SELECT id AS "userId", email AS "email" /* a // b */ FROM users;

SELECT id AS "userId", /* comment */ -- to the end
    email FROM users;

SELECT id AS "userId", (WITH x AS (SELECT 1 AS y) SELECT y FROM x) AS "x" FROM users;

SELECT id AS "userId", notnull AS "x", xor AS "y" FROM (SELECT id, a AS notnull, b AS xor FROM users);

(SELECT id AS "userId", email AS "email" FROM users) ORDER BY 1 LIMIT 3;
