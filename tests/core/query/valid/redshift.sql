-- Valid queries after Amazon Redshift's database developer guide, page by page. A block is a query, or a comment that names what follows.

-- literals

SELECT id AS user_id, 'it''s' AS x FROM users;

SELECT id AS user_id, 'back\\slash' AS x FROM users;

SELECT id AS user_id, 42 AS x FROM users;

SELECT id AS user_id, 3.14 AS x FROM users;

SELECT id AS user_id, .5 AS x FROM users;

SELECT id AS user_id, 1e10 AS x FROM users;

SELECT id AS user_id, -7 AS x FROM users;

SELECT id AS user_id, true AS x FROM users;

SELECT id AS user_id, NULL AS x FROM users;

SELECT id AS user_id, date '2026-01-02' AS x FROM users;

SELECT id AS user_id, timestamp '2026-01-02 03:04:05' AS x FROM users;

SELECT id AS user_id, timestamptz '2026-01-02 03:04:05+02' AS x FROM users;

SELECT id AS user_id, time '04:05:06' AS x FROM users;

SELECT id AS user_id, timetz '04:05:06+02' AS x FROM users;

SELECT id AS user_id, interval '1 day 2 hours' AS x FROM users;

SELECT id AS user_id, interval '1' day AS x FROM users;

SELECT id AS user_id, interval '5 minutes' AS x FROM users;

SELECT id AS user_id, interval '3-2' year to month AS x FROM users;

SELECT id AS user_id, interval '1 12:59:10' day to second AS x FROM users;

SELECT id AS user_id, interval 2 year AS x FROM users;

SELECT id AS user_id, timestamp 'epoch' + 1700000000 * interval '1 second' AS x FROM users;

SELECT id AS user_id, 'ABCD'::varbyte AS x FROM users;

-- types and casts

SELECT id AS user_id, cast(score as varchar(10)) AS x FROM users;

SELECT id AS user_id, score::varchar AS x FROM users;

SELECT id AS user_id, score::varchar(max) AS x FROM users;

SELECT id AS user_id, score::char(3) AS x FROM users;

SELECT id AS user_id, score::bpchar AS x FROM users;

SELECT id AS user_id, score::nvarchar(10) AS x FROM users;

SELECT id AS user_id, score::integer + score::int2 + score::int4 + score::int8 + score::smallint + score::bigint AS x FROM users;

SELECT id AS user_id, score::decimal(10, 2) AS x FROM users;

SELECT id AS user_id, score::numeric AS x FROM users;

SELECT id AS user_id, score::real + score::float4 + score::float8 + score::double precision AS x FROM users;

SELECT id AS user_id, score::boolean AS x FROM users;

SELECT id AS user_id, email::varbyte(10) AS x FROM users;

SELECT id AS user_id, email::super AS x FROM users;

SELECT id AS user_id, created_at::date AS x FROM users;

SELECT id AS user_id, created_at::timestamp without time zone AS x FROM users;

SELECT id AS user_id, created_at::timestamp with time zone AS x FROM users;

SELECT id AS user_id, created_at::timestamptz AS x FROM users;

SELECT id AS user_id, created_at::time AS x FROM users;

SELECT id AS user_id, email::pg_catalog.text AS x FROM users;

SELECT id AS user_id, cast(1 as pg_catalog.int4) AS x FROM users;

SELECT id AS user_id, email::pg_catalog.varchar AS x FROM users;

SELECT id AS user_id, geometry 'POINT(1 2)' AS x FROM users;

SELECT id AS user_id, convert(integer, '12') AS x FROM users;

SELECT id AS user_id, convert(timestamp, '2026-01-02') AS x FROM users;

SELECT id AS user_id, try_cast('x' as int) AS x FROM users;

SELECT id AS user_id, to_number('12,454.8-', '99G999D9S') AS x FROM users;

SELECT id AS user_id, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS x FROM users;

SELECT id AS user_id, to_char(-125.8, '999D99S') AS x FROM users;

SELECT id AS user_id, to_date('02 Jan 2026', 'DD Mon YYYY') AS x FROM users;

SELECT id AS user_id, to_date('20260102', 'YYYYMMDD', false) AS x FROM users;

SELECT id AS user_id, to_timestamp('2026-01-02 03:04:05', 'YYYY-MM-DD HH24:MI:SS') AS x FROM users;

SELECT id AS user_id, to_hex(255) AS x FROM users;

SELECT id AS user_id, to_varbyte('abcd', 'hex') AS x FROM users;

SELECT id AS user_id, text_to_int_alt('123') AS x FROM users;

SELECT id AS user_id, text_to_numeric_alt('1.5', 10, 2) AS x FROM users;

-- operators

SELECT id AS user_id, score + 1 - 2 * 3 / 4 % 5 AS x FROM users;

SELECT id AS user_id, 2 ^ 3 AS x FROM users;

SELECT id AS user_id, |/ 25 AS x FROM users;

SELECT id AS user_id, ||/ 27 AS x FROM users;

SELECT id AS user_id, @ score AS x FROM users;

SELECT id AS user_id, @ -5 AS x FROM users;

SELECT id AS user_id, @(-5) AS x FROM users;

SELECT id AS user_id, -score AS x FROM users;

SELECT id AS user_id, score & 3 AS x FROM users;

SELECT id AS user_id, score | 4 AS x FROM users;

SELECT id AS user_id, score # 5 AS x FROM users;

SELECT id AS user_id, ~ score AS x FROM users;

SELECT id AS user_id, score << 2 >> 1 AS x FROM users;

SELECT id AS user_id, score <> 1 and score != 2 AS x FROM users;

SELECT id AS user_id, email || plan AS x FROM users;

SELECT id AS user_id, score between 1 and 3 AS x FROM users;

SELECT id AS user_id, score not between 1 and 3 AS x FROM users;

SELECT id AS user_id, score in (1, 2) AS x FROM users;

SELECT id AS user_id, score not in (select user_id from orders) AS x FROM users;

SELECT id AS user_id, (score, plan) in (select 1, 'free') AS x FROM users;

SELECT id AS user_id, score is null AS x FROM users;

SELECT id AS user_id, score is not null AS x FROM users;

SELECT id AS user_id, active is true AS x FROM users;

SELECT id AS user_id, active is not false AS x FROM users;

SELECT id AS user_id, active is unknown AS x FROM users;

SELECT id AS user_id, score = any (array(1, 2)) AS x FROM users;

SELECT id AS user_id, score > all (select user_id from orders) AS x FROM users;

SELECT id AS user_id, exists (select 1 from orders o where o.user_id = users.id) AS x FROM users;

SELECT id AS user_id, not exists (select 1 from orders) AS x FROM users;

SELECT id AS user_id, (select max(total) from orders o where o.user_id = users.id) AS x FROM users;

SELECT id AS user_id, case when score > 1 then 'a' else 'b' end AS x FROM users;

SELECT id AS user_id, case score when 1 then 'a' when 2 then 'b' end AS x FROM users;

SELECT id AS user_id, coalesce(email, plan, '') AS x FROM users;

SELECT id AS user_id, nvl(email, plan, '') AS x FROM users;

SELECT id AS user_id, nvl2(email, 'a', 'b') AS x FROM users;

SELECT id AS user_id, nullif(email, '') AS x FROM users;

SELECT id AS user_id, decode(score, 1, 'a', 2, 'b', 'c') AS x FROM users;

SELECT id AS user_id, decode(email, null, 'none') AS x FROM users;

SELECT id AS user_id, greatest(1, 2, score) AS x FROM users;

SELECT id AS user_id, least(1, 2, score) AS x FROM users;

-- patterns

SELECT id AS user_id, email like 'a%' AS x FROM users;

SELECT id AS user_id, email not like 'a%' AS x FROM users;

SELECT id AS user_id, email like 'a^%' escape '^' AS x FROM users;

SELECT id AS user_id, email ilike 'A%' AS x FROM users;

SELECT id AS user_id, email not ilike 'A%' AS x FROM users;

SELECT id AS user_id, email similar to '%(a|b)%' AS x FROM users;

SELECT id AS user_id, email not similar to 'a%' escape '^' AS x FROM users;

SELECT id AS user_id, email ~ '^a' AS x FROM users;

SELECT id AS user_id, email !~ '^a' AS x FROM users;

SELECT id AS user_id, email ~* 'A' AS x FROM users;

SELECT id AS user_id, email !~* 'A' AS x FROM users;

SELECT id AS user_id, email ~~ 'a%' AS x FROM users;

SELECT id AS user_id, email collate 'case_insensitive' = 'A' AS x FROM users;

SELECT id AS user_id, collate(email, 'case_insensitive') = 'A' AS x FROM users;

-- strings

SELECT id AS user_id, ascii('a') AS x FROM users;

SELECT id AS user_id, btrim(email, 'a') AS x FROM users;

SELECT id AS user_id, bttext_pattern_cmp('a', 'b') AS x FROM users;

SELECT id AS user_id, charindex('a', email) AS x FROM users;

SELECT id AS user_id, char_length(email) + character_length(email) + len(email) + length(email) + textlen(email) AS x FROM users;

SELECT id AS user_id, chr(65) AS x FROM users;

SELECT id AS user_id, concat(email, plan) AS x FROM users;

SELECT id AS user_id, crc32('a') AS x FROM users;

SELECT id AS user_id, difference('a', 'b') AS x FROM users;

SELECT id AS user_id, func_sha1('a') || sha('a') || sha1('a') || sha2('a', 256) || md5('a') AS x FROM users;

SELECT id AS user_id, fnv_hash(email) AS x FROM users;

SELECT id AS user_id, initcap(email) || lower(email) || upper(email) AS x FROM users;

SELECT id AS user_id, left(email, 2) || right(email, 2) AS x FROM users;

SELECT id AS user_id, lpad(email, 10, '0') || rpad(email, 10) AS x FROM users;

SELECT id AS user_id, ltrim(email, 'a') || rtrim(email) || trim(email) AS x FROM users;

SELECT id AS user_id, trim(both ' ' from email) AS x FROM users;

SELECT id AS user_id, trim(leading 'a' from email) AS x FROM users;

SELECT id AS user_id, octet_length(email) + octetindex('a', email) AS x FROM users;

SELECT id AS user_id, position('a' in email) AS x FROM users;

SELECT id AS user_id, strpos(email, 'a') AS x FROM users;

SELECT id AS user_id, quote_ident('a b') || quote_literal('a') AS x FROM users;

SELECT id AS user_id, regexp_count(email, '[a-z]', 1, 'i') AS x FROM users;

SELECT id AS user_id, regexp_instr(email, '@', 1, 1, 0) AS x FROM users;

SELECT id AS user_id, regexp_replace(email, '@.*$', '') AS x FROM users;

SELECT id AS user_id, regexp_replace(email, '(a)(b)', '$2$1', 1, 'p') AS x FROM users;

SELECT id AS user_id, regexp_substr(email, '@[^.]*', 1, 1, 'e') AS x FROM users;

SELECT id AS user_id, repeat('a', 3) || replicate('a', 3) AS x FROM users;

SELECT id AS user_id, replace(email, 'a', 'b') AS x FROM users;

SELECT id AS user_id, reverse(email) AS x FROM users;

SELECT id AS user_id, soundex('a') AS x FROM users;

SELECT id AS user_id, split_part(email, '@', 1) AS x FROM users;

SELECT id AS user_id, split_to_array(email, '@') AS x FROM users;

SELECT id AS user_id, substring(email, 1, 3) AS x FROM users;

SELECT id AS user_id, substring(email from 2 for 3) AS x FROM users;

SELECT id AS user_id, substr(email, 2) AS x FROM users;

SELECT id AS user_id, translate(email, 'ab', 'xy') AS x FROM users;

SELECT id AS user_id, from_hex('6162') AS x FROM users;

SELECT id AS user_id, uuid() AS x FROM users;

-- numbers

SELECT id AS user_id, abs(-1) + ceil(1.2) + ceiling(1.2) + floor(1.2) + round(1.255, 2) + trunc(1.9, 1) + sign(-1) AS x FROM users;

SELECT id AS user_id, mod(5, 3) + power(2, 3) + pow(2, 3) + sqrt(4) + cbrt(8) + exp(1) + ln(2) + log(100) + dlog10(10) + dexp(1) AS x FROM users;

SELECT id AS user_id, sin(1) + cos(1) + tan(1) + asin(0.5) + acos(0.5) + atan(1) + atan2(1, 2) + cot(1) + degrees(1) + radians(1) + pi() AS x FROM users;

SELECT id AS user_id, random() >= 0 AS x FROM users;

SELECT id AS user_id, checksum(score) AS x FROM users;

-- dates

SELECT id AS user_id, current_date AS x FROM users;

SELECT id AS user_id, sysdate AS x FROM users;

SELECT id AS user_id, getdate() AS x FROM users;

SELECT id AS user_id, trunc(getdate()) AS x FROM users;

SELECT id AS user_id, trunc(sysdate) AS x FROM users;

SELECT id AS user_id, timeofday() AS x FROM users;

SELECT id AS user_id, add_months(created_at, 1) AS x FROM users;

SELECT id AS user_id, created_at at time zone 'UTC' AS x FROM users;

SELECT id AS user_id, convert_timezone('UTC', 'Europe/Berlin', created_at) AS x FROM users;

SELECT id AS user_id, convert_timezone('Europe/Berlin', created_at) AS x FROM users;

SELECT id AS user_id, timezone('Europe/Berlin', created_at) AS x FROM users;

SELECT id AS user_id, date_cmp(birthday, '2026-01-02') AS x FROM users;

SELECT id AS user_id, date_cmp_timestamp(birthday, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(day, 5, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(month, -1, created_at) AS x FROM users;

SELECT id AS user_id, dateadd('hour', 1, getdate()) AS x FROM users;

SELECT id AS user_id, datediff(day, birthday, current_date) AS x FROM users;

SELECT id AS user_id, datediff(hours, created_at, getdate()) AS x FROM users;

SELECT id AS user_id, date_part(year, created_at) AS x FROM users;

SELECT id AS user_id, date_part('epoch', created_at) AS x FROM users;

SELECT id AS user_id, date_part(dow, created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('month', created_at) AS x FROM users;

SELECT id AS user_id, extract(year from created_at) AS x FROM users;

SELECT id AS user_id, extract(epoch from created_at) AS x FROM users;

SELECT id AS user_id, extract(dayofweek from created_at) AS x FROM users;

SELECT id AS user_id, interval_cmp('3 days', '1 year') AS x FROM users;

SELECT id AS user_id, last_day(created_at) AS x FROM users;

SELECT id AS user_id, months_between(created_at, birthday) AS x FROM users;

SELECT id AS user_id, next_day(created_at, 'Tue') AS x FROM users;

SELECT id AS user_id, timestamp_cmp(created_at, getdate()) AS x FROM users;

SELECT id AS user_id, to_timestamp('Wed 10 2026', 'DY DD YYYY') AS x FROM users;

SELECT id AS user_id, created_at + interval '1 day' AS x FROM users;

SELECT id AS user_id, created_at - interval '2 hours' AS x FROM users;

SELECT id AS user_id, birthday + 7 AS x FROM users;

SELECT id AS user_id, birthday - date '2020-01-01' AS x FROM users;

SELECT id AS user_id, getdate() - created_at AS x FROM users;

SELECT id AS user_id, current_date - 30 AS x FROM users;

SELECT id AS user_id, timestamp '2026-01-02' + '1 month'::interval AS x FROM users;

-- super and json

SELECT id AS user_id, data.a AS x FROM users;

SELECT id AS user_id, data.a.b AS x FROM users;

SELECT id AS user_id, data[0] AS x FROM users;

SELECT id AS user_id, data.a[0].b AS x FROM users;

SELECT id AS user_id, data."A b" AS x FROM users;

SELECT id AS user_id, data.a::varchar AS x FROM users;

SELECT id AS user_id, data.a::int AS x FROM users;

SELECT id AS user_id, data.items[0].price::decimal(10, 2) AS x FROM users;

SELECT id AS user_id, users.data.a AS x FROM users;

SELECT id AS user_id, json_parse('{"a": 1}') AS x FROM users;

SELECT id AS user_id, json_parse(email).a AS x FROM users;

SELECT id AS user_id, json_serialize(data) AS x FROM users;

SELECT id AS user_id, json_serialize_to_varbyte(data) AS x FROM users;

SELECT id AS user_id, json_size(data) AS x FROM users;

SELECT id AS user_id, json_typeof(data.a) AS x FROM users;

SELECT id AS user_id, json_extract_path_text(email, 'a', 'b', true) AS x FROM users;

SELECT id AS user_id, json_extract_array_element_text('[1,2]', 1) AS x FROM users;

SELECT id AS user_id, json_array_length('[1,2]', true) AS x FROM users;

SELECT id AS user_id, is_valid_json(email) AS x FROM users;

SELECT id AS user_id, is_valid_json_array(email) AS x FROM users;

SELECT id AS user_id, can_json_parse(email) AS x FROM users;

SELECT id AS user_id, array(1, 'a', null) AS x FROM users;

SELECT id AS user_id, array_concat(array(1), array(2)) AS x FROM users;

SELECT id AS user_id, array_flatten(array(array(1))) AS x FROM users;

SELECT id AS user_id, get_array_length(data) AS x FROM users;

SELECT id AS user_id, subarray(data, 1, 2) AS x FROM users;

SELECT id AS user_id, array_contains(data, 1) AS x FROM users;

SELECT id AS user_id, object('a', 1, 'b', 2) AS x FROM users;

SELECT id AS user_id, object_transform(data keep '"a"."b"' set '"c"', 1) AS x FROM users;

SELECT id AS user_id, is_array(data) or is_object(data) or is_scalar(data) or is_varchar(data) or is_integer(data) or is_null(data.a) AS x FROM users;

SELECT id AS user_id, is_bigint(data) or is_boolean(data) or is_char(data) or is_decimal(data) or is_float(data) or is_smallint(data) AS x FROM users;

SELECT id AS user_id, decimal_precision(data.a) + decimal_scale(data.a) AS x FROM users;

SELECT id AS user_id, upper_attributes(data) AS x FROM users;

SELECT id AS user_id, lower_attributes(data) AS x FROM users;

-- others

SELECT id AS user_id, current_user AS x FROM users;

SELECT id AS user_id, current_user_id AS x FROM users;

SELECT id AS user_id, session_user AS x FROM users;

SELECT id AS user_id, user AS x FROM users;

SELECT id AS user_id, current_database() AS x FROM users;

SELECT id AS user_id, current_schema() AS x FROM users;

SELECT id AS user_id, current_schemas(true) AS x FROM users;

SELECT id AS user_id, current_namespace AS x FROM users;

SELECT id AS user_id, has_table_privilege('users', 'select') AS x FROM users;

SELECT id AS user_id, has_schema_privilege('public', 'usage') AS x FROM users;

SELECT id AS user_id, pg_backend_pid() AS x FROM users;

SELECT id AS user_id, pg_last_query_id() AS x FROM users;

SELECT id AS user_id, pg_last_copy_id() AS x FROM users;

SELECT id AS user_id, slice_num() AS x FROM users;

SELECT id AS user_id, user_is_member_of('a', 'b') AS x FROM users;

SELECT id AS user_id, version() AS x FROM users;

SELECT id AS user_id, st_distance(st_point(1, 2), st_point(3, 4)) AS x FROM users;

SELECT id AS user_id, st_astext(st_geomfromtext('POINT(1 2)')) AS x FROM users;

SELECT id AS user_id, st_makepoint(1, 2) AS x FROM users;

SELECT id AS user_id, h3_fromlonglat(1.5, 2.5, 8) AS x FROM users;

SELECT id AS user_id, my_python_udf(score) AS x FROM users;

SELECT id AS user_id, public.my_udf(score, email) AS x FROM users;

SELECT id AS user_id, users.email AS x FROM users;

SELECT id AS user_id, "users"."email" AS x FROM users;

SELECT id AS user_id, public.users.email AS x FROM users;

-- dates by their parts

SELECT id AS user_id, extract(century from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(decade from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(quarter from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(month from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(week from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(day from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(hour from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(minute from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(second from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(millisecond from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(microsecond from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, extract(timezone from created_at::timestamptz) AS x FROM users;

SELECT id AS user_id, date_trunc('microseconds', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('milliseconds', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('second', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('minute', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('hour', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('day', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('week', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('quarter', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('year', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('decade', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('century', created_at) AS x FROM users;

SELECT id AS user_id, date_trunc('millennium', created_at) AS x FROM users;

SELECT id AS user_id, dateadd(yr, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(qtr, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(mon, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(wk, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(d, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(hr, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(mi, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(s, score, created_at) AS x FROM users;

SELECT id AS user_id, dateadd(ms, score, created_at) AS x FROM users;

SELECT id AS user_id, datediff(yrs, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(months, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(weeks, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(days, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(hrs, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(mins, created_at, sysdate) AS x FROM users;

SELECT id AS user_id, datediff(secs, created_at, sysdate) AS x FROM users;

-- casts of columns and texts

SELECT id AS user_id, cast(data.a as int) AS x FROM users;

SELECT id AS user_id, cast(data.a as bigint) AS x FROM users;

SELECT id AS user_id, cast(data.a as smallint) AS x FROM users;

SELECT id AS user_id, cast(data.a as decimal(18, 4)) AS x FROM users;

SELECT id AS user_id, cast(data.a as numeric(5)) AS x FROM users;

SELECT id AS user_id, cast(data.a as real) AS x FROM users;

SELECT id AS user_id, cast(data.a as double precision) AS x FROM users;

SELECT id AS user_id, cast(data.a as float) AS x FROM users;

SELECT id AS user_id, cast(data.a as boolean) AS x FROM users;

SELECT id AS user_id, cast(data.a as char(10)) AS x FROM users;

SELECT id AS user_id, cast(data.a as varchar(256)) AS x FROM users;

SELECT id AS user_id, cast(data.a as date) AS x FROM users;

SELECT id AS user_id, cast(data.a as timestamp) AS x FROM users;

SELECT id AS user_id, cast(data.a as timestamptz) AS x FROM users;

SELECT id AS user_id, cast(data.a as time) AS x FROM users;

SELECT id AS user_id, cast(data.a as timetz) AS x FROM users;

SELECT id AS user_id, cast(data.a as super) AS x FROM users;

SELECT id AS user_id, cast(data.a as varbyte(64)) AS x FROM users;

SELECT id AS user_id, cast(data.a as geometry) AS x FROM users;

SELECT id AS user_id, cast(data.a as hllsketch) AS x FROM users;

-- comparisons of dates

SELECT id AS user_id, created_at < dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at <= dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at > dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at >= dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at = dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at <> dateadd(day, -1, getdate()) AS x FROM users;

SELECT id AS user_id, created_at != dateadd(day, -1, getdate()) AS x FROM users;

-- FROM

SELECT id AS user_id, email FROM public.users;

SELECT id AS user_id, email FROM dev.public.users;

SELECT id AS user_id, email FROM spectrum.users;

SELECT id AS user_id, email FROM "my db"."my schema"."users" u;

SELECT u.id AS user_id, o.total FROM users u JOIN orders o ON u.id = o.user_id;

SELECT u.id AS user_id, o.total FROM users AS u LEFT OUTER JOIN orders AS o ON u.id = o.user_id AND o.status = 'paid';

SELECT u.id AS user_id, o.total FROM users u RIGHT JOIN orders o ON u.id = o.user_id;

SELECT u.id AS user_id, o.total FROM users u FULL JOIN orders o ON u.id = o.user_id;

SELECT u.id AS user_id, o.total FROM users u CROSS JOIN orders o;

SELECT u.id AS user_id, o.total FROM users u, orders o WHERE u.id = o.user_id;

SELECT u.id AS user_id, o.total FROM users u, orders o WHERE u.id = o.user_id (+);

SELECT u.id AS user_id, o.total FROM users u, orders o WHERE u.id (+) = o.user_id AND o.total > 1;

SELECT id AS user_id, o.total FROM users u INNER JOIN orders o USING (id);

SELECT id AS user_id, email FROM users NATURAL JOIN orders;

SELECT u.id AS user_id, i.sku FROM users u, u.data.items i;

SELECT u.id AS user_id, i.sku, n FROM users u, u.data.items AS i AT n;

SELECT u.id AS user_id, i FROM users AS u LEFT JOIN u.data.items AS i ON true;

SELECT u.id AS user_id, attr, val FROM users u, UNPIVOT u.data AS val AT attr;

SELECT u.id AS user_id, attr AS name, json_typeof(val) AS t FROM users u, UNPIVOT u.data[0] AS val AT attr WHERE u.id > 1;

SELECT u.id AS user_id, i.price FROM users u, u.data.orders o, o.items i;

SELECT id AS user_id, x FROM (SELECT id, email AS x FROM users) AS s;

SELECT s.a AS user_id, s.b AS x FROM (SELECT id, email FROM users) AS s (a, b);

SELECT n AS user_id, n * 2 AS x FROM generate_series(1, 5) AS n;

SELECT "table" AS user_id, size FROM svv_table_info;

SELECT query AS user_id, querytxt FROM stl_query WHERE userid > 1;

SELECT tablename AS user_id, "column" AS c FROM pg_table_def;

-- pivots

SELECT * FROM (SELECT user_id, status, total FROM orders) PIVOT (SUM(total) FOR status IN ('paid', 'open'));

SELECT * FROM (SELECT user_id, status, total FROM orders) PIVOT (SUM(total) AS t, COUNT(*) AS n FOR status IN ('paid' AS p, 'open' AS o)) AS x;

SELECT user_id, k, v FROM (SELECT user_id, jan, feb FROM sales) UNPIVOT (v FOR k IN (jan, feb));

SELECT user_id, k, v FROM sales UNPIVOT INCLUDE NULLS (v FOR k IN (jan AS january, feb)) AS u;

-- lists

SELECT DISTINCT id AS user_id, email FROM users;

SELECT ALL id AS user_id, email FROM users;

SELECT TOP 10 id AS user_id, email FROM users ORDER BY id;

SELECT id AS user_id, u.* FROM users u;

SELECT * EXCLUDE (plan) FROM users;

SELECT id AS user_id, * EXCLUDE email FROM users;

SELECT id user_id, email mail FROM users;

SELECT id AS user_id, score + 1 AS next, next * 2 AS twice FROM users;

SELECT id AS "user_id", email AS "the email" FROM users;

-- grouping

SELECT user_id, sum(total) AS t FROM orders GROUP BY user_id HAVING sum(total) > 0;

SELECT user_id, sum(total) AS t FROM orders GROUP BY 1 ORDER BY 2 DESC NULLS LAST;

SELECT user_id, sum(total) AS t FROM orders GROUP BY ALL;

SELECT user_id, status, sum(total) AS t FROM orders GROUP BY GROUPING SETS ((user_id, status), (user_id), ());

SELECT user_id, status, grouping(user_id) AS g, grouping_id(user_id, status) AS h FROM orders GROUP BY ROLLUP (user_id, status);

SELECT user_id, status, count(*) AS n FROM orders GROUP BY CUBE (user_id, status);

SELECT user_id, count(DISTINCT status) AS n, approximate count(DISTINCT status) AS a FROM orders GROUP BY user_id;

SELECT user_id, listagg(DISTINCT status, ', ') WITHIN GROUP (ORDER BY status) AS l FROM orders GROUP BY user_id;

SELECT user_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS m, median(total) AS d FROM orders GROUP BY user_id;

SELECT user_id, approximate percentile_disc(0.5) WITHIN GROUP (ORDER BY total) AS m FROM orders GROUP BY user_id;

SELECT user_id, any_value(status) AS a, bool_and(total > 1) AS b, bool_or(total > 1) AS c, bit_and(id) AS d FROM orders GROUP BY user_id;

SELECT user_id, stddev_samp(total) AS a, var_pop(total) AS b, hll(status) AS c, array_agg(status) AS d FROM orders GROUP BY user_id;

SELECT user_id, hll_cardinality(hll_combine(sketch)) AS c FROM sketches GROUP BY user_id;

SELECT user_id, max(total) AS a, min(total) AS b, avg(total::float) AS c, count(*) AS d FROM orders GROUP BY user_id;

SELECT user_id, sum(CASE WHEN status = 'paid' THEN total END) AS t FROM orders GROUP BY user_id;

-- windows

SELECT user_id, row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) AS n FROM orders;

SELECT user_id, total FROM orders QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) = 1;

SELECT user_id, sum(total) OVER (PARTITION BY user_id ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS t FROM orders;

SELECT user_id, sum(total) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS t FROM orders;

SELECT user_id, lag(total, 1) OVER (ORDER BY id) AS a, lead(total, 1) IGNORE NULLS OVER (ORDER BY id) AS b FROM orders;

SELECT user_id, first_value(status IGNORE NULLS) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS a FROM orders;

SELECT user_id, last_value(status) IGNORE NULLS OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS a FROM orders;

SELECT user_id, nth_value(status, 2) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS a, ntile(4) OVER (ORDER BY id) AS b FROM orders;

SELECT user_id, rank() OVER (ORDER BY total DESC) AS a, dense_rank() OVER (ORDER BY total) AS b, percent_rank() OVER (ORDER BY total) AS c, cume_dist() OVER (ORDER BY total) AS d FROM orders;

SELECT user_id, ratio_to_report(total) OVER (PARTITION BY user_id) AS a, listagg(status, ',') WITHIN GROUP (ORDER BY id) OVER (PARTITION BY user_id) AS b FROM orders;

SELECT user_id, median(total) OVER (PARTITION BY user_id) AS a, percentile_cont(0.5) WITHIN GROUP (ORDER BY total) OVER (PARTITION BY user_id) AS b FROM orders;

-- sets, WITH, order and limit

SELECT id AS user_id, email FROM users UNION ALL SELECT user_id, status FROM orders;

SELECT id AS user_id, email FROM users UNION SELECT user_id, status FROM orders;

SELECT id AS user_id, email FROM users INTERSECT SELECT user_id, status FROM orders;

SELECT id AS user_id, email FROM users EXCEPT SELECT user_id, status FROM orders;

SELECT id AS user_id, email FROM users MINUS SELECT user_id, status FROM orders;

(SELECT id AS user_id, email FROM users LIMIT 1) UNION ALL (SELECT user_id, status FROM orders LIMIT 1);

WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT y AS user_id, y AS x FROM b;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n AS user_id, n AS x FROM t;

SELECT id AS user_id, level AS l, title FROM employees START WITH title = 'CEO' CONNECT BY PRIOR id = manager_id;

SELECT id AS user_id, sys_connect_by_path(title, '/') AS p FROM employees START WITH manager_id IS NULL CONNECT BY manager_id = PRIOR id;

SELECT id AS user_id, email FROM users ORDER BY email ASC NULLS FIRST LIMIT 10 OFFSET 5;

SELECT id AS user_id, email FROM users ORDER BY id LIMIT ALL;

SELECT id AS user_id, email FROM users ORDER BY id LIMIT NULL;

SELECT id AS user_id, email FROM users ORDER BY id OFFSET 3;

SELECT id AS user_id, email FROM users WHERE updated_at >= '2026-01-01' AND updated_at < '2026-02-01'::timestamp;

SELECT id AS user_id, (SELECT count(*) FROM orders o WHERE o.user_id = users.id) AS n FROM users;

SELECT id AS user_id, /* comment /* nested */ */ -- to the end
    email FROM users;

SELECT id AS user_id, glob, rlike + 1 AS y FROM (SELECT id, plan AS glob, score AS rlike FROM users) q;

SELECT id AS user_id, plan AS größe, plan AS "a ""b""" FROM users;

SELECT id AS user_id, email FROM users WHERE (score) IN (1, 2) AND NOT (plan = 'x' OR plan IS NULL);

SELECT id AS user_id, predict_churn(age, score) AS churn FROM users;

SELECT id AS user_id, email FROM users WHERE id IN (SELECT user_id FROM orders GROUP BY user_id HAVING count(*) > 1);

SELECT id AS user_id, email FROM users u WHERE EXISTS (SELECT 1 FROM u.data.items i WHERE i.price > 1);
