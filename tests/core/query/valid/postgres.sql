-- Valid queries after PostgreSQL's manual, chapter by chapter. A block is a query, or a comment that names what follows.
-- schema
-- CREATE TYPE mood AS ENUM ('sad', 'happy');
-- CREATE TABLE users (id int PRIMARY KEY, email text, first_name text, plan text, score int, active boolean, created_at timestamptz,
--   updated_at timestamptz, birthday date, wake time, data jsonb, tags text[], nums int[], blob bytea, ip inet, mac macaddr, pt point, bx box,
--   rng int4range, bits bit(8), doc xml, amount money, tsv tsvector, mood mood);
-- CREATE TABLE orders (id int, user_id int, total numeric, status text, created_at timestamptz);

-- 4.1 literals

SELECT id AS "userId", 'it''s' || ' here' AS x FROM users;

SELECT id AS "userId", E'tab\tand \'quote\' \\ \x41 \u0041' AS x FROM users;

SELECT id AS "userId", U&'d\0061t\+000061' AS x FROM users;

SELECT id AS "userId", U&'d!0061t!+000061' UESCAPE '!' AS x FROM users;

SELECT id AS "userId", $$dollar 'quoted'$$ AS x FROM users;

SELECT id AS "userId", $tag$with $$ inside$tag$ AS x FROM users;

SELECT id AS "userId", B'1010' | B'0101' AS x FROM users;

SELECT id AS "userId", X'1FF' AS x FROM users;

SELECT id AS "userId", N'national' AS x FROM users;

SELECT id AS "userId", 42 AS x FROM users;

SELECT id AS "userId", 3.5 AS x FROM users;

SELECT id AS "userId", 4. AS x FROM users;

SELECT id AS "userId", .001 AS x FROM users;

SELECT id AS "userId", 5e2 AS x FROM users;

SELECT id AS "userId", 1.925e-3 AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", 1_500_000_000 AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", 0x_FF + 0o273 + 0b1010 AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", 1_000.000_5 AS x FROM users;

SELECT id AS "userId", 'foo' AS x FROM users;

SELECT id AS "userId", 'bar' AS x FROM users;

SELECT id AS "userId", text 'typed' AS x FROM users;

SELECT id AS "userId", date '2026-01-02' AS x FROM users;

SELECT id AS "userId", timestamp '2026-01-02 03:04:05' AS x FROM users;

SELECT id AS "userId", timestamp with time zone '2026-01-02 03:04:05+02' AS x FROM users;

SELECT id AS "userId", timestamptz(3) '2026-01-02 03:04:05.123456+02' AS x FROM users;

SELECT id AS "userId", time '04:05:06.789' AS x FROM users;

SELECT id AS "userId", time with time zone '04:05:06-08' AS x FROM users;

SELECT id AS "userId", interval '1 year 2 months 3 days' AS x FROM users;

SELECT id AS "userId", interval '3-2' year to month AS x FROM users;

SELECT id AS "userId", interval '1 12:59:10' day to second AS x FROM users;

SELECT id AS "userId", interval '10' minute AS x FROM users;

SELECT id AS "userId", interval(2) '1.2345 seconds' AS x FROM users;

SELECT id AS "userId", interval '1-2' + interval 'P1Y2M10DT2H30M' AS x FROM users;

SELECT id AS "userId", bit '101' || varbit '1' AS x FROM users;

SELECT id AS "userId", point '(1,2)' AS x FROM users;

SELECT id AS "userId", json '{"a": 1}' AS x FROM users;

SELECT id AS "userId", int4 '5' + float8 '2.5' AS x FROM users;

SELECT id AS "userId", 'infinity'::float8 AS x FROM users;

SELECT id AS "userId", true AND NOT false OR NULL IS TRUE AS x FROM users;

SELECT id AS "userId", 'yes'::boolean AS x FROM users;

-- 4.1 operators

SELECT id AS "userId", score + 1 - 2 * 3 / 4 % 5 AS x FROM users;

SELECT id AS "userId", 2 ^ 3 ^ 2 AS x FROM users;

SELECT id AS "userId", |/ 25.0 AS x FROM users;

SELECT id AS "userId", ||/ 27.0 AS x FROM users;

SELECT id AS "userId", @ -5.0 AS x FROM users;

SELECT id AS "userId", @ score AS x FROM users;

SELECT id AS "userId", @(-5) AS x FROM users;

SELECT id AS "userId", - score AS x FROM users;

SELECT id AS "userId", + score AS x FROM users;

SELECT id AS "userId", ~ score AS x FROM users;

SELECT id AS "userId", score & 3 | 4 # 5 AS x FROM users;

SELECT id AS "userId", score << 2 >> 1 AS x FROM users;

SELECT id AS "userId", score <> 1 AND score != 2 AS x FROM users;

SELECT id AS "userId", score OPERATOR(pg_catalog.+) 1 AS x FROM users;

SELECT id AS "userId", score OPERATOR(pg_catalog.<) 5 AND email OPERATOR(pg_catalog.||) 'x' > 'a' AS x FROM users;

SELECT id AS "userId", first_name ^@ 'A' AS x FROM users;

-- 4.2 value expressions

SELECT id AS "userId", nums[1] AS x FROM users;

SELECT id AS "userId", nums[1:2] AS x FROM users;

SELECT id AS "userId", nums[:2] AS x FROM users;

SELECT id AS "userId", nums[2:] AS x FROM users;

SELECT id AS "userId", nums[:] AS x FROM users;

SELECT id AS "userId", ('{{1,2},{3,4}}'::int[])[2][1] AS x FROM users;

SELECT id AS "userId", (ARRAY[[1,2],[3,4]])[1:2][1] AS x FROM users;

SELECT id AS "userId", ROW(1, 'two', true) AS x FROM users;

SELECT id AS "userId", (ROW(1, 2)) < ROW(1, 3) AS x FROM users;

SELECT id AS "userId", ROW(score, email) IS DISTINCT FROM ROW(1, 'x') AS x FROM users;

SELECT id AS "userId", (1, 2) = (1, 2) AS x FROM users;

SELECT id AS "userId", ARRAY[1, 2, 3 + 4] AS x FROM users;

SELECT id AS "userId", ARRAY[[1, 2], [3, 4]] AS x FROM users;

SELECT id AS "userId", ARRAY[]::text[] AS x FROM users;

SELECT id AS "userId", ARRAY(SELECT o.total FROM orders o WHERE o.user_id = users.id ORDER BY 1) AS x FROM users;

SELECT id AS "userId", CAST(score AS text) AS x FROM users;

SELECT id AS "userId", CAST('5' AS double precision) AS x FROM users;

SELECT id AS "userId", score::numeric(10, 2) AS x FROM users;

SELECT id AS "userId", score::character varying(10) AS x FROM users;

SELECT id AS "userId", email::varchar(3)::char(2) AS x FROM users;

SELECT id AS "userId", '{1,2}'::int array[3] AS x FROM users;

SELECT id AS "userId", '{1,2}'::integer array AS x FROM users;

SELECT id AS "userId", '{1,2}'::int[2] AS x FROM users;

SELECT id AS "userId", CAST('{1,2}' AS int array[2]) AS x FROM users;

SELECT id AS "userId", 'x'::pg_catalog.text AS x FROM users;

SELECT id AS "userId", CAST(1 AS pg_catalog.int4) AS x FROM users;

SELECT id AS "userId", CAST(1 AS pg_catalog.varchar) AS x FROM users;

SELECT id AS "userId", 1::pg_catalog.numeric(5, 2) AS x FROM users;

SELECT id AS "userId", 'a'::"char" AS x FROM users;

SELECT id AS "userId", 'users'::regclass::oid > 0 AS x FROM users;

SELECT id AS "userId", email COLLATE "C" < 'b' COLLATE "C" AS x FROM users;

SELECT id AS "userId", email COLLATE pg_catalog."C" AS x FROM users;

SELECT id AS "userId", 'a' < ('foo' COLLATE "POSIX") AS x FROM users;

SELECT id AS "userId", CASE WHEN score > 1 THEN 'one' WHEN score > 0 THEN 'two' ELSE 'three' END AS x FROM users;

SELECT id AS "userId", CASE score WHEN 1 THEN 'one' WHEN 2 THEN 'two' END AS x FROM users;

SELECT id AS "userId", coalesce(email, first_name, '(none)') AS x FROM users;

SELECT id AS "userId", nullif(email, '') AS x FROM users;

SELECT id AS "userId", greatest(score, 1, 2) AS x FROM users;

SELECT id AS "userId", least(score, 1, NULL) AS x FROM users;

SELECT id AS "userId", (SELECT max(total) FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", NOT EXISTS (SELECT FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", score IN (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", score NOT IN (1, 2, 3) AS x FROM users;

SELECT id AS "userId", (score, plan) IN (SELECT 1, 'free') AS x FROM users;

SELECT id AS "userId", score = ANY (nums) AS x FROM users;

SELECT id AS "userId", score = SOME (ARRAY[1, 2]) AS x FROM users;

SELECT id AS "userId", score <> ALL (nums) AS x FROM users;

SELECT id AS "userId", score > ALL (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", concat_ws(', ', VARIADIC ARRAY['a', 'b']) AS x FROM users;

SELECT id AS "userId", make_interval(days => 10, hours := 2) AS x FROM users;

SELECT id AS "userId", make_date(year => 2026, month => 1, day => 2) AS x FROM users;

-- 9.1 logic and comparison

SELECT id AS "userId", score BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score NOT BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score BETWEEN SYMMETRIC 3 AND 1 AS x FROM users;

SELECT id AS "userId", score NOT BETWEEN SYMMETRIC 3 AND 1 AS x FROM users;

SELECT id AS "userId", score IS DISTINCT FROM NULL AS x FROM users;

SELECT id AS "userId", score IS NOT DISTINCT FROM 1 AS x FROM users;

SELECT id AS "userId", score IS NULL AS x FROM users;

SELECT id AS "userId", score ISNULL AS x FROM users;

SELECT id AS "userId", score NOTNULL AS x FROM users;

SELECT id AS "userId", active IS TRUE AS x FROM users;

SELECT id AS "userId", active IS NOT TRUE AS x FROM users;

SELECT id AS "userId", active IS UNKNOWN AS x FROM users;

SELECT id AS "userId", active IS NOT UNKNOWN AS x FROM users;

SELECT id AS "userId", active IS NOT FALSE AS x FROM users;

SELECT id AS "userId", num_nonnulls(score, email) AS x FROM users;

SELECT id AS "userId", num_nulls(score, email) AS x FROM users;

-- 9.3 mathematics

SELECT id AS "userId", abs(-17.4) AS x FROM users;

SELECT id AS "userId", cbrt(64.0) AS x FROM users;

SELECT id AS "userId", ceil(42.2) + ceiling(-42.8) AS x FROM users;

SELECT id AS "userId", degrees(0.5) AS x FROM users;

SELECT id AS "userId", div(9, 4) AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", erf(1.0) AS x FROM users;

SELECT id AS "userId", exp(1.0) AS x FROM users;

SELECT id AS "userId", factorial(5) AS x FROM users;

SELECT id AS "userId", floor(-42.8) AS x FROM users;

SELECT id AS "userId", gcd(1071, 462) AS x FROM users;

SELECT id AS "userId", lcm(1071, 462) AS x FROM users;

SELECT id AS "userId", ln(2.0) AS x FROM users;

SELECT id AS "userId", log(100) AS x FROM users;

SELECT id AS "userId", log10(100) AS x FROM users;

SELECT id AS "userId", log(2.0, 64.0) AS x FROM users;

SELECT id AS "userId", min_scale(8.4100) AS x FROM users;

SELECT id AS "userId", mod(9, 4) AS x FROM users;

SELECT id AS "userId", pi() AS x FROM users;

SELECT id AS "userId", power(9, 3) AS x FROM users;

SELECT id AS "userId", radians(45.0) AS x FROM users;

SELECT id AS "userId", round(42.4382, 2) AS x FROM users;

SELECT id AS "userId", scale(8.4100) AS x FROM users;

SELECT id AS "userId", sign(-8.4) AS x FROM users;

SELECT id AS "userId", sqrt(2) AS x FROM users;

SELECT id AS "userId", trim_scale(8.4100) AS x FROM users;

SELECT id AS "userId", trunc(42.4382, 2) AS x FROM users;

SELECT id AS "userId", width_bucket(5.35, 0.024, 10.06, 5) AS x FROM users;

SELECT id AS "userId", width_bucket(now(), ARRAY['yesterday', 'today', 'tomorrow']::timestamptz[]) AS x FROM users;

SELECT id AS "userId", random() >= 0 AS x FROM users;

SELECT id AS "userId", acos(1) + acosd(0.5) + asin(0) + atan(1) + atan2(1, 0) + cos(0) + cot(0.5) + sin(1) + tan(1) AS x FROM users;

SELECT id AS "userId", sinh(1) + cosh(0) + tanh(1) + asinh(1) + acosh(1) + atanh(0.5) AS x FROM users;

-- 9.4 strings

SELECT id AS "userId", 'Value: ' || 42 AS x FROM users;

SELECT id AS "userId", btrim('xyxtrimyyx', 'xyz') AS x FROM users;

SELECT id AS "userId", 'a' IS NORMALIZED AS x FROM users;

SELECT id AS "userId", 'a' IS NFC NORMALIZED AS x FROM users;

SELECT id AS "userId", 'a' IS NFD NORMALIZED AS x FROM users;

SELECT id AS "userId", 'a' IS NOT NFKC NORMALIZED AS x FROM users;

SELECT id AS "userId", normalize('a', NFC) AS x FROM users;

SELECT id AS "userId", normalize(email) AS x FROM users;

SELECT id AS "userId", bit_length('jose') AS x FROM users;

SELECT id AS "userId", char_length('josé') + character_length('a') + octet_length('a') AS x FROM users;

SELECT id AS "userId", lower('TOM') || upper('tom') || initcap('hi THOMAS') AS x FROM users;

SELECT id AS "userId", overlay('Txxxxas' placing 'hom' from 2 for 4) AS x FROM users;

SELECT id AS "userId", overlay('Txxxxas' placing 'hom' from 2) AS x FROM users;

SELECT id AS "userId", position('om' in 'Thomas') AS x FROM users;

SELECT id AS "userId", substring('Thomas' from 2 for 3) AS x FROM users;

SELECT id AS "userId", substring('Thomas' from 3) AS x FROM users;

SELECT id AS "userId", substring('Thomas' for 2) AS x FROM users;

SELECT id AS "userId", substring('Thomas' for 2 from 2) AS x FROM users;

SELECT id AS "userId", substring('Thomas' from '...$') AS x FROM users;

SELECT id AS "userId", substring('Thomas' from '%#"o_a#"_' for '#') AS x FROM users;

SELECT id AS "userId", substring('Thomas' similar '%#"o_a#"_' escape '#') AS x FROM users;

SELECT id AS "userId", substring(email, 1, 3) AS x FROM users;

SELECT id AS "userId", trim(both 'xyz' from 'yxTomxx') AS x FROM users;

SELECT id AS "userId", trim(leading from '  x') AS x FROM users;

SELECT id AS "userId", trim(trailing 'x' from 'axx') AS x FROM users;

SELECT id AS "userId", trim(both from 'yxTomxx', 'xyz') AS x FROM users;

SELECT id AS "userId", trim('  x ') AS x FROM users;

SELECT id AS "userId", ascii('x') AS x FROM users;

SELECT id AS "userId", chr(65) AS x FROM users;

SELECT id AS "userId", concat('abcde', 2, NULL, 22) AS x FROM users;

SELECT id AS "userId", format('Hello %s, %1$s %I %L', 'World', 'a b') AS x FROM users;

SELECT id AS "userId", format('%-10s|', 'foo') AS x FROM users;

SELECT id AS "userId", left('abcde', 2) || right('abcde', 2) AS x FROM users;

SELECT id AS "userId", length('jose') AS x FROM users;

SELECT id AS "userId", lpad('hi', 5, 'xy') || rpad('hi', 5) AS x FROM users;

SELECT id AS "userId", ltrim('zzzytest', 'xyz') || rtrim('testxxzx', 'xyz') AS x FROM users;

SELECT id AS "userId", md5('abc') AS x FROM users;

SELECT id AS "userId", parse_ident('"SomeSchema".someTable') AS x FROM users;

SELECT id AS "userId", quote_ident('Foo bar') || quote_literal(42.5) || quote_nullable(NULL) AS x FROM users;

SELECT id AS "userId", regexp_count('123456789012', '\d\d\d', 2) AS x FROM users;

SELECT id AS "userId", regexp_instr('ABCDEF', 'c(.)(..)', 1, 1, 0, 'i') AS x FROM users;

SELECT id AS "userId", regexp_like('Hello World', 'world$', 'i') AS x FROM users;

SELECT id AS "userId", regexp_match('foobarbequebaz', '(bar)(beque)') AS x FROM users;

SELECT id AS "userId", regexp_replace('Thomas', '.[mN]a.', 'M') AS x FROM users;

SELECT id AS "userId", regexp_replace('A PostgreSQL function', 'a|e|i|o|u', 'X', 1, 3, 'i') AS x FROM users;

SELECT id AS "userId", regexp_split_to_array('hello world', '\s+') AS x FROM users;

SELECT id AS "userId", regexp_substr('ABCDEF', 'c(.)(..)', 1, 1, 'i', 2) AS x FROM users;

SELECT id AS "userId", repeat('Pg', 4) AS x FROM users;

SELECT id AS "userId", replace('abcdefabcdef', 'cd', 'XX') AS x FROM users;

SELECT id AS "userId", reverse('abcde') AS x FROM users;

SELECT id AS "userId", split_part('abc~@~def~@~ghi', '~@~', -2) AS x FROM users;

SELECT id AS "userId", starts_with('alphabet', 'alph') AS x FROM users;

SELECT id AS "userId", string_to_array('xx~~yy~~zz', '~~', 'yy') AS x FROM users;

SELECT id AS "userId", strpos('high', 'ig') AS x FROM users;

SELECT id AS "userId", substr('alphabet', 3, 2) AS x FROM users;

SELECT id AS "userId", to_ascii('Karel', 'latin1') AS x FROM users;

SELECT id AS "userId", to_hex(2147483647) AS x FROM users;

SELECT id AS "userId", translate('12345', '143', 'ax') AS x FROM users;

SELECT id AS "userId", unistr('d\0061t\+000061') AS x FROM users;

-- 9.5 binary, bits

SELECT id AS "userId", '\x123456'::bytea || '\x789a00bcde'::bytea AS x FROM users;

SELECT id AS "userId", bit_count('\x1234567890'::bytea) AS x FROM users;

SELECT id AS "userId", trim('\x9012'::bytea from '\x1234567890'::bytea) AS x FROM users;

SELECT id AS "userId", get_bit('\x1234567890'::bytea, 30) AS x FROM users;

SELECT id AS "userId", set_byte('\x1234567890'::bytea, 4, 64) AS x FROM users;

SELECT id AS "userId", sha256('abc'::bytea) AS x FROM users;

SELECT id AS "userId", encode('123\000\001', 'base64') AS x FROM users;

SELECT id AS "userId", decode('MTIzAAE=', 'base64') AS x FROM users;

SELECT id AS "userId", convert_from('text_in_utf8', 'UTF8') AS x FROM users;

SELECT id AS "userId", overlay('\x1234567890'::bytea placing '\002\003'::bytea from 2 for 3) AS x FROM users;

SELECT id AS "userId", position('\x5678'::bytea in '\x1234567890'::bytea) AS x FROM users;

SELECT id AS "userId", substring('\x1234567890'::bytea from 3 for 2) AS x FROM users;

SELECT id AS "userId", B'10001' & B'01101' AS x FROM users;

SELECT id AS "userId", B'10001' # B'01101' AS x FROM users;

SELECT id AS "userId", ~ B'10001' AS x FROM users;

SELECT id AS "userId", B'10001' << 3 AS x FROM users;

SELECT id AS "userId", 44::bit(10) AS x FROM users;

SELECT id AS "userId", bits & b'00001111' AS x FROM users;

SELECT id AS "userId", get_bit(B'101010', 4) AS x FROM users;

-- 9.7 patterns

SELECT id AS "userId", email LIKE '%@x.%' AS x FROM users;

SELECT id AS "userId", email NOT LIKE 'a\_%' ESCAPE '\' AS x FROM users;

SELECT id AS "userId", email ILIKE 'A%' AS x FROM users;

SELECT id AS "userId", email NOT ILIKE 'A%' ESCAPE '!' AS x FROM users;

SELECT id AS "userId", email ~~ 'a%' AND email !~~ 'b%' AND email ~~* 'A%' AND email !~~* 'B%' AS x FROM users;

SELECT id AS "userId", email SIMILAR TO '%(b|d)%' AS x FROM users;

SELECT id AS "userId", email NOT SIMILAR TO '(b|c)%' ESCAPE '\' AS x FROM users;

SELECT id AS "userId", email ~ '^a.*b$' AS x FROM users;

SELECT id AS "userId", email ~* 'A' AS x FROM users;

SELECT id AS "userId", email !~ 'x' AS x FROM users;

SELECT id AS "userId", email !~* 'X' AS x FROM users;

SELECT id AS "userId", email LIKE ANY (ARRAY['a%', 'b%']) AS x FROM users;

SELECT id AS "userId", email NOT LIKE ALL (ARRAY['a%', 'b%']) AS x FROM users;

SELECT id AS "userId", email ~ ANY (ARRAY['a', 'b']) AS x FROM users;

-- 9.8 formatting

SELECT id AS "userId", to_char(now(), 'HH12:MI:SS') AS x FROM users;

SELECT id AS "userId", to_char(interval '15h 2m 12s', 'HH24:MI:SS') AS x FROM users;

SELECT id AS "userId", to_char(-125.8, '999D99S') AS x FROM users;

SELECT id AS "userId", to_date('05 Dec 2000', 'DD Mon YYYY') AS x FROM users;

SELECT id AS "userId", to_number('12,454.8-', '99G999D9S') AS x FROM users;

SELECT id AS "userId", to_timestamp('05 Dec 2000', 'DD Mon YYYY') AS x FROM users;

SELECT id AS "userId", to_timestamp(1284352323) AS x FROM users;

-- 9.9 dates

SELECT id AS "userId", date '2001-09-28' + 7 AS x FROM users;

SELECT id AS "userId", date '2001-10-01' - date '2001-09-28' AS x FROM users;

SELECT id AS "userId", created_at - interval '23 hours' AS x FROM users;

SELECT id AS "userId", 900 * interval '1 second' AS x FROM users;

SELECT id AS "userId", age(timestamp '2001-04-10', timestamp '1957-06-13') AS x FROM users;

SELECT id AS "userId", age(birthday) AS x FROM users;

SELECT id AS "userId", clock_timestamp() >= now() AS x FROM users;

SELECT id AS "userId", current_date - birthday AS x FROM users;

SELECT id AS "userId", current_time(2) AS x FROM users;

SELECT id AS "userId", current_timestamp(0) AS x FROM users;

SELECT id AS "userId", localtime AS x FROM users;

SELECT id AS "userId", localtime(0) AS x FROM users;

SELECT id AS "userId", localtimestamp(2) AS x FROM users;

SELECT id AS "userId", date_bin('15 minutes', timestamp '2001-02-16 20:38:40', timestamp '2001-02-16 20:05:00') AS x FROM users;

SELECT id AS "userId", date_part('hour', created_at) AS x FROM users;

SELECT id AS "userId", date_trunc('hour', created_at) AS x FROM users;

SELECT id AS "userId", date_trunc('day', created_at, 'Australia/Sydney') AS x FROM users;

SELECT id AS "userId", extract(hour from created_at) AS x FROM users;

SELECT id AS "userId", extract(epoch from now() - created_at) AS x FROM users;

SELECT id AS "userId", extract('dow' from created_at) AS x FROM users;

SELECT id AS "userId", extract(month from interval '2 years 3 months') AS x FROM users;

SELECT id AS "userId", extract(microseconds from wake) AS x FROM users;

SELECT id AS "userId", isfinite(date '2001-02-16') AS x FROM users;

SELECT id AS "userId", justify_days(interval '1 year 65 days') + justify_hours(interval '50 hours') + justify_interval(interval '1 mon -1 hour') AS x FROM users;

SELECT id AS "userId", make_time(8, 15, 23.5) AS x FROM users;

SELECT id AS "userId", make_timestamp(2013, 7, 15, 8, 15, 23.5) AS x FROM users;

SELECT id AS "userId", make_timestamptz(2013, 7, 15, 8, 15, 23.5, 'America/New_York') AS x FROM users;

SELECT id AS "userId", statement_timestamp() AS x FROM users;

SELECT id AS "userId", timeofday() AS x FROM users;

SELECT id AS "userId", transaction_timestamp() AS x FROM users;

SELECT id AS "userId", created_at AT TIME ZONE 'UTC' AS x FROM users;

SELECT id AS "userId", created_at AT TIME ZONE INTERVAL '-08:00' AS x FROM users;

SELECT id AS "userId", created_at at time zone 'Europe/Berlin' at time zone 'UTC' AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", created_at AT LOCAL AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", timestamp '2001-02-16 20:38:40' AT LOCAL AS x FROM users;

SELECT id AS "userId", (birthday, birthday + 1) OVERLAPS (current_date, interval '1 day') AS x FROM users;

SELECT id AS "userId", (DATE '2001-02-16', DATE '2001-12-21') OVERLAPS (DATE '2001-10-30', DATE '2002-10-30') AS x FROM users;

SELECT id AS "userId", now() - 'yesterday'::timestamptz > interval '1 hour' AS x FROM users;

SELECT id AS "userId", timestamp 'epoch' + 5 * interval '1 second' AS x FROM users;

-- 9.10 enums, geometry, network, text search, xml

SELECT id AS "userId", enum_first(NULL::mood) AS x FROM users;

SELECT id AS "userId", enum_range(mood, 'happy'::mood) AS x FROM users;

SELECT id AS "userId", pt + point '(2.0,0)' AS x FROM users;

SELECT id AS "userId", bx # box '(0.5,0.5,2,2)' AS x FROM users;

SELECT id AS "userId", # path '((1,0),(0,1),(-1,0))' AS x FROM users;

SELECT id AS "userId", @-@ path '[(0,0),(1,0),(1,1)]' AS x FROM users;

SELECT id AS "userId", @@ box '(2,2),(0,0)' AS x FROM users;

SELECT id AS "userId", pt <-> point '(3,4)' AS x FROM users;

SELECT id AS "userId", pt ## lseg '[(0,0),(1,1)]' AS x FROM users;

SELECT id AS "userId", bx && box '(1,1),(0,0)' AS x FROM users;

SELECT id AS "userId", bx @> pt AND pt <@ bx AS x FROM users;

SELECT id AS "userId", box '((0,0),(1,1))' <<| box '((3,4),(5,6))' AS x FROM users;

SELECT id AS "userId", box '((0,0),(3,3))' &> box '((0,0),(2,2))' AS x FROM users;

SELECT id AS "userId", ?- lseg '[(-1,0),(1,0)]' AS x FROM users;

SELECT id AS "userId", ?| lseg '[(-1,0),(1,0)]' AS x FROM users;

SELECT id AS "userId", lseg '[(0,0),(0,1)]' ?-| lseg '[(0,0),(1,0)]' AS x FROM users;

SELECT id AS "userId", lseg '[(-1,0),(1,0)]' ?|| lseg '[(-1,2),(1,2)]' AS x FROM users;

SELECT id AS "userId", pt ~= point '(1,1)' AS x FROM users;

SELECT id AS "userId", lseg '[(-1,0),(1,0)]' ?# box '(2,2),(-2,-2)' AS x FROM users;

SELECT id AS "userId", area(bx) + diameter(circle '<(0,0),2>') AS x FROM users;

SELECT id AS "userId", ip << inet '192.168.1/24' AS x FROM users;

SELECT id AS "userId", ip <<= inet '192.168.1/24' AS x FROM users;

SELECT id AS "userId", ip >>= inet '192.168.1.5' AS x FROM users;

SELECT id AS "userId", ip && inet '192.168.1.80/28' AS x FROM users;

SELECT id AS "userId", ~ inet '192.168.1.6' & inet '0.0.0.255' AS x FROM users;

SELECT id AS "userId", host(ip) || text(netmask(inet '192.168.1.5/24')) AS x FROM users;

SELECT id AS "userId", trunc(mac) AS x FROM users;

SELECT id AS "userId", to_tsvector('english', email) @@ to_tsquery('fat & rat') AS x FROM users;

SELECT id AS "userId", to_tsquery('fat | rat') && to_tsquery('cat') AS x FROM users;

SELECT id AS "userId", !! to_tsquery('cat') AS x FROM users;

SELECT id AS "userId", to_tsquery('fat') <-> to_tsquery('rat') AS x FROM users;

SELECT id AS "userId", ts_rank(tsv, plainto_tsquery('rat')) AS x FROM users;

SELECT id AS "userId", ts_headline('The fat cat', 'cat'::tsquery) AS x FROM users;

SELECT id AS "userId", setweight(tsv, 'A') || tsv AS x FROM users;

SELECT id AS "userId", websearch_to_tsquery('english', '"fat rat" or cat') AS x FROM users;

SELECT id AS "userId", gen_random_uuid() IS NOT NULL AS x FROM users;

SELECT id AS "userId", xmlcomment('hello') AS x FROM users;

SELECT id AS "userId", xmlconcat('<abc/>'::xml, '<bar>foo</bar>'::xml) AS x FROM users;

SELECT id AS "userId", xmlelement(name foo, xmlattributes('xyz' as bar), 'cont', 'ent') AS x FROM users;

SELECT id AS "userId", xmlelement(name "foo$bar", xmlattributes(score, plan as p)) AS x FROM users;

SELECT id AS "userId", xmlforest(email, plan AS p) AS x FROM users;

SELECT id AS "userId", xmlpi(name php, 'echo "hello world";') AS x FROM users;

SELECT id AS "userId", xmlroot(xmlparse(document '<?xml version="1.1"?><content>abc</content>'), version '1.0', standalone yes) AS x FROM users;

SELECT id AS "userId", xmlroot('<a/>'::xml, version no value) AS x FROM users;

SELECT id AS "userId", xmlparse(document '<a/>') AS x FROM users;

SELECT id AS "userId", xmlparse(content 'abc<foo>bar</foo>') AS x FROM users;

SELECT id AS "userId", xmlserialize(content '<a/>'::xml AS text) AS x FROM users;

SELECT id AS "userId", xmlserialize(document '<a/>'::xml AS varchar(100)) AS x FROM users;

SELECT id AS "userId", '<a/>'::xml IS DOCUMENT AS x FROM users;

SELECT id AS "userId", '<a/>'::xml IS NOT DOCUMENT AS x FROM users;

SELECT id AS "userId", xmlexists('//town[text() = ''Toronto'']' PASSING BY VALUE '<towns><town>Toronto</town></towns>') AS x FROM users;

SELECT id AS "userId", xml_is_well_formed('<a/>') AS x FROM users;

SELECT id AS "userId", xpath('/my:a/text()', '<my:a xmlns:my="http://example.com">test</my:a>'::xml, ARRAY[ARRAY['my', 'http://example.com']]) AS x FROM users;

-- 9.16 json

SELECT id AS "userId", data -> 'a' -> 0 AS x FROM users;

SELECT id AS "userId", data ->> 'a' AS x FROM users;

SELECT id AS "userId", data #> '{a,b}' AS x FROM users;

SELECT id AS "userId", data #>> '{a,b}' AS x FROM users;

SELECT id AS "userId", data @> '{"b":2}'::jsonb AS x FROM users;

SELECT id AS "userId", '{"b":2}'::jsonb <@ data AS x FROM users;

SELECT id AS "userId", data ? 'b' AS x FROM users;

SELECT id AS "userId", data ?| array['b', 'd'] AS x FROM users;

SELECT id AS "userId", data ?& array['a', 'b'] AS x FROM users;

SELECT id AS "userId", data || '["a", "b"]'::jsonb AS x FROM users;

SELECT id AS "userId", data - 'a' AS x FROM users;

SELECT id AS "userId", data - '{a,c}'::text[] AS x FROM users;

SELECT id AS "userId", data #- '{1,b}' AS x FROM users;

SELECT id AS "userId", data @? '$.a[*] ? (@ > 2)' AS x FROM users;

SELECT id AS "userId", data @@ '$.a[*] > 2' AS x FROM users;

SELECT id AS "userId", data['a']['b'] AS x FROM users;

SELECT id AS "userId", data['a'][0] AS x FROM users;

SELECT id AS "userId", to_json('Fred said "Hi."'::text) AS x FROM users;

SELECT id AS "userId", array_to_json('{{1,5},{99,100}}'::int[], true) AS x FROM users;

SELECT id AS "userId", row_to_json(row(1, 'foo')) AS x FROM users;

SELECT id AS "userId", json_build_array(1, 2, 'foo') AS x FROM users;

SELECT id AS "userId", jsonb_build_object('foo', 1, 2, row(3, 'bar')) AS x FROM users;

SELECT id AS "userId", json_object('{{a,1},{b,2}}'::text[]) AS x FROM users;

SELECT id AS "userId", jsonb_object('{a,b}'::text[], '{1,2}'::text[]) AS x FROM users;

SELECT id AS "userId", jsonb_array_length('[1,2]') AS x FROM users;

SELECT id AS "userId", jsonb_extract_path_text(data, 'f4', 'f6') AS x FROM users;

SELECT id AS "userId", jsonb_set(data, '{a}', '[2,3,4]', false) AS x FROM users;

SELECT id AS "userId", jsonb_insert('{"a": [0,1,2]}', '{a, 1}', '"new_value"') AS x FROM users;

SELECT id AS "userId", jsonb_path_query_array(data, '$.a[*] ? (@ >= $min)', '{"min":2}') AS x FROM users;

SELECT id AS "userId", jsonb_path_exists(data, '$.a') AS x FROM users;

SELECT id AS "userId", jsonb_pretty(data) AS x FROM users;

SELECT id AS "userId", jsonb_strip_nulls(data) AS x FROM users;

SELECT id AS "userId", jsonb_typeof(data) AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", json_array(1, true, json '{"a":null}') AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", json_array(1, NULL NULL ON NULL RETURNING jsonb) AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", json_object('code' VALUE 'P123', 'title': 'Jaws' ABSENT ON NULL) AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", json_object('a': 1, 'b': 2 WITH UNIQUE KEYS RETURNING jsonb) AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", email IS JSON AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", email IS NOT JSON AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", email IS JSON OBJECT WITH UNIQUE KEYS AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", email IS JSON ARRAY AS x FROM users;

-- only lint: it needs version 16
SELECT id AS "userId", email IS JSON SCALAR AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_QUERY(data, '$.a' WITH WRAPPER) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_QUERY(data, '$.a' WITH CONDITIONAL ARRAY WRAPPER) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_QUERY(data, 'lax $[*][$off]' PASSING 1 AS off WITH CONDITIONAL WRAPPER) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_QUERY(data, '$.a' OMIT QUOTES) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_QUERY(data, '$.a' RETURNING text KEEP QUOTES ON SCALAR STRING NULL ON EMPTY ERROR ON ERROR) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_VALUE(data, '$.a' RETURNING float) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_VALUE(data, 'strict $[*]' DEFAULT 9 ON ERROR) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_VALUE(data, '$.a' PASSING 2 AS off RETURNING int DEFAULT 0 ON EMPTY) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_EXISTS(data, 'strict $.key1[*] ? (@ > $x)' PASSING 2 AS x) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_EXISTS(data, '$.a' TRUE ON ERROR) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON('{"a": 1}' WITH UNIQUE KEYS) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_SCALAR(123.45) AS x FROM users;

-- only lint: it needs version 17
SELECT id AS "userId", JSON_SERIALIZE('{"a": 1}' RETURNING bytea) AS x FROM users;

-- 9.18 arrays and ranges

SELECT id AS "userId", nums @> ARRAY[1] AS x FROM users;

SELECT id AS "userId", nums && ARRAY[1, 4] AS x FROM users;

SELECT id AS "userId", nums || 5 AS x FROM users;

SELECT id AS "userId", 0 || nums AS x FROM users;

SELECT id AS "userId", array_append(nums, 3) AS x FROM users;

SELECT id AS "userId", array_dims(nums) AS x FROM users;

SELECT id AS "userId", array_fill(11, ARRAY[2, 3]) AS x FROM users;

SELECT id AS "userId", array_length(nums, 1) AS x FROM users;

SELECT id AS "userId", array_position(tags, 'a') AS x FROM users;

SELECT id AS "userId", array_remove(nums, 2) AS x FROM users;

SELECT id AS "userId", array_replace(nums, 5, 3) AS x FROM users;

SELECT id AS "userId", array_to_string(nums, ',', '*') AS x FROM users;

SELECT id AS "userId", cardinality(nums) AS x FROM users;

SELECT id AS "userId", trim_array(nums, 1) AS x FROM users;

SELECT id AS "userId", rng @> 3 AS x FROM users;

SELECT id AS "userId", rng && int4range(1, 3) AS x FROM users;

SELECT id AS "userId", rng -|- int4range(10, 20) AS x FROM users;

SELECT id AS "userId", rng * int4range(10, 20) AS x FROM users;

SELECT id AS "userId", int4range(1, 10) << int4range(20, 30) AS x FROM users;

SELECT id AS "userId", lower(rng) + upper(rng) AS x FROM users;

SELECT id AS "userId", lower_inc(rng) AS x FROM users;

SELECT id AS "userId", isempty(rng) AS x FROM users;

SELECT id AS "userId", range_merge('[1,2)'::int4range, '[3,4)'::int4range) AS x FROM users;

SELECT id AS "userId", '{[3,7), [8,9)}'::int4multirange @> 5 AS x FROM users;

SELECT id AS "userId", tsrange('2026-01-01', '2026-02-01', '[]') AS x FROM users;

-- 9.25 sessions and casts

SELECT id AS "userId", current_user AS x FROM users;

SELECT id AS "userId", session_user AS x FROM users;

SELECT id AS "userId", user AS x FROM users;

SELECT id AS "userId", current_role AS x FROM users;

SELECT id AS "userId", current_catalog AS x FROM users;

SELECT id AS "userId", current_schema AS x FROM users;

SELECT id AS "userId", current_schema() AS x FROM users;

SELECT id AS "userId", version() AS x FROM users;

SELECT id AS "userId", pg_typeof(score) AS x FROM users;

SELECT id AS "userId", to_regclass('users') AS x FROM users;

SELECT id AS "userId", has_table_privilege('users', 'select') AS x FROM users;

SELECT id AS "userId", pg_column_size(email) AS x FROM users;

SELECT id AS "userId", format_type(23, NULL) AS x FROM users;

SELECT id AS "userId", col_description('users'::regclass, 1) AS x FROM users;

SELECT id AS "userId", obj_description('users'::regclass, 'pg_class') AS x FROM users;

SELECT id AS "userId", inet_client_addr() IS NULL AS x FROM users;

SELECT id AS "userId", pg_backend_pid() > 0 AS x FROM users;

SELECT id AS "userId", current_setting('TimeZone') AS x FROM users;

SELECT id AS "userId", txid_current_snapshot() IS NOT NULL AS x FROM users;

SELECT id AS "userId", amount * 2 AS x FROM users;

SELECT id AS "userId", amount::numeric AS x FROM users;

SELECT id AS "userId", users.email AS x FROM users;

SELECT id AS "userId", "users"."email" AS x FROM users;

SELECT id AS "userId", "email" AS x FROM users;

SELECT id AS "userId", (users).email AS x FROM users;

SELECT id AS "userId", (users.*) IS NULL AS x FROM users;

SELECT id AS "userId", public.users.email IS NULL AS x FROM users;

-- 7.2 table expressions

SELECT u.id AS "userId", o.total FROM users u CROSS JOIN orders o;

SELECT u.id AS "userId", o.total FROM users u INNER JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total FROM users u LEFT OUTER JOIN orders o ON u.id = o.user_id AND o.status = 'paid';

SELECT u.id AS "userId", o.total FROM users AS u RIGHT JOIN orders AS o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total FROM users u FULL JOIN orders o ON u.id = o.user_id;

SELECT id AS "userId", u.email, o.total FROM users u JOIN orders o USING (id);

SELECT j.id AS "userId", u.email FROM users u JOIN orders o USING (id) AS j;

SELECT id AS "userId", email FROM users NATURAL LEFT JOIN (SELECT id, total FROM orders) o;

SELECT u.id AS "userId", u.email FROM (users u JOIN orders o ON o.user_id = u.id) LEFT JOIN orders p ON p.id = o.id;

SELECT u.a AS "userId", u.b AS email FROM users AS u (a, b);

SELECT v.a AS "userId", v.b AS x FROM (VALUES (1, 'one'), (2, 'two')) AS v (a, b);

SELECT u.id AS "userId", t.total FROM users u, LATERAL (SELECT sum(total) AS total FROM orders o WHERE o.user_id = u.id) t;

SELECT u.id AS "userId", t.total FROM users u LEFT JOIN LATERAL (SELECT total FROM orders o WHERE o.user_id = u.id ORDER BY created_at DESC LIMIT 1) AS t ON true;

SELECT u.id AS "userId", tag FROM users u CROSS JOIN LATERAL unnest(u.tags) AS tag;

SELECT u.id AS "userId", t.tag, t.n FROM users u, unnest(u.tags) WITH ORDINALITY AS t (tag, n);

SELECT f.a AS "userId", f.b AS x FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS f (a, b, n);

SELECT g AS "userId", g * 2 AS x FROM generate_series(1, 10, 3) AS g;

SELECT r.a AS "userId", r.b AS x FROM json_to_recordset('[{"a":1,"b":"foo"}]') AS r (a int, b text);

SELECT e.key AS "userId", e.value AS x FROM users u, jsonb_each_text(u.data) AS e;

SELECT e.key AS "userId", value AS x FROM users, jsonb_each(users.data) AS e (key, value);

SELECT x.id AS "userId", x.name FROM users, XMLTABLE('/rows/row' PASSING users.doc COLUMNS id int PATH '@id', n FOR ORDINALITY, name text PATH 'name' DEFAULT 'none' NOT NULL) AS x;

SELECT x.id AS "userId", x.y FROM XMLTABLE(XMLNAMESPACES('http://example.com/x' AS x), '/x:a' PASSING ('<a/>'::xml) COLUMNS id int PATH '@id', y text PATH 'y') AS x;

-- only lint: it needs version 17
SELECT j.id AS "userId", j.kind FROM users, JSON_TABLE(data, '$.favorites[*]' COLUMNS (n FOR ORDINALITY, id int PATH '$.id', kind text PATH '$.kind' ERROR ON ERROR)) AS j;

-- only lint: it needs version 17
SELECT j.id AS "userId", j.title FROM users, JSON_TABLE(data, '$[*]' AS root PASSING 1 AS x COLUMNS (id int EXISTS PATH '$.id', NESTED PATH '$.films[*]' AS f COLUMNS (title text FORMAT JSON PATH '$.title' OMIT QUOTES))) AS j;

SELECT id AS "userId", email FROM ONLY users;

SELECT id AS "userId", email FROM ONLY (users);

SELECT id AS "userId", email FROM users *;

SELECT id AS "userId", email FROM users TABLESAMPLE SYSTEM (50);

SELECT id AS "userId", email FROM users AS u TABLESAMPLE BERNOULLI (50) REPEATABLE (7);

SELECT id AS "userId", email FROM public.users WHERE users.score > 1;

-- 7.2.3 grouping

SELECT user_id AS "userId", sum(total) AS total FROM orders GROUP BY user_id HAVING sum(total) > 0;

SELECT user_id AS "userId", sum(total) AS total FROM orders GROUP BY 1 ORDER BY 2 DESC;

SELECT user_id AS "userId", status, sum(total) AS total FROM orders GROUP BY GROUPING SETS ((user_id, status), (user_id), ());

SELECT user_id AS "userId", status, grouping(user_id, status) AS g FROM orders GROUP BY ROLLUP (user_id, status);

SELECT user_id AS "userId", status, count(*) AS n FROM orders GROUP BY CUBE (user_id, status);

SELECT user_id AS "userId", status, count(*) AS n FROM orders GROUP BY DISTINCT ROLLUP (user_id, status), ROLLUP (user_id);

SELECT user_id AS "userId", count(*) AS n FROM orders GROUP BY ALL user_id;

SELECT user_id AS "userId", count(DISTINCT status) AS n FROM orders GROUP BY user_id;

SELECT user_id AS "userId", count(*) FILTER (WHERE status = 'paid') AS n FROM orders GROUP BY user_id;

SELECT user_id AS "userId", array_agg(status ORDER BY created_at DESC NULLS LAST) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", array_agg(DISTINCT status ORDER BY status) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", string_agg(status, ',' ORDER BY created_at) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", jsonb_object_agg(id, total) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", json_agg(orders) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", json_agg(row_to_json((SELECT r FROM (SELECT id, total) r))) AS x FROM orders GROUP BY user_id, id, total;

SELECT user_id AS "userId", percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median FROM orders GROUP BY user_id;

SELECT user_id AS "userId", percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY total) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", mode() WITHIN GROUP (ORDER BY status) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", rank(5) WITHIN GROUP (ORDER BY total DESC) AS x FROM orders GROUP BY user_id;

SELECT user_id AS "userId", bool_and(total > 0) AS a, every(total > 1) AS b, bit_or(id) AS c FROM orders GROUP BY user_id;

SELECT user_id AS "userId", stddev_samp(total) AS a, var_pop(total) AS b, corr(total, id) AS c, regr_slope(total, id) AS d FROM orders GROUP BY user_id;

-- only lint: it needs version 16
SELECT user_id AS "userId", any_value(status) AS x FROM orders GROUP BY user_id;

-- only lint: it needs version 16
SELECT user_id AS "userId", json_objectagg(id VALUE total ABSENT ON NULL) AS x, json_arrayagg(total ORDER BY id NULL ON NULL) AS y FROM orders GROUP BY user_id;

SELECT user_id AS "userId", count(*) AS n FROM orders GROUP BY (user_id);

SELECT id AS "userId", email FROM users GROUP BY id;

-- 7.2.5 windows

SELECT user_id AS "userId", row_number() OVER (PARTITION BY user_id ORDER BY created_at) AS n FROM orders;

SELECT user_id AS "userId", sum(total) OVER w AS total FROM orders WINDOW w AS (PARTITION BY user_id);

SELECT user_id AS "userId", sum(total) OVER (w ORDER BY id) AS x FROM orders WINDOW w AS (PARTITION BY user_id), v AS (ORDER BY id);

SELECT user_id AS "userId", avg(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS x FROM orders;

SELECT user_id AS "userId", avg(total) OVER (ORDER BY id ROWS 2 PRECEDING) AS x FROM orders;

SELECT user_id AS "userId", avg(total) OVER (ORDER BY created_at RANGE BETWEEN '1 day'::interval PRECEDING AND '1 day' FOLLOWING) AS x FROM orders;

SELECT user_id AS "userId", avg(total) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS x FROM orders;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS x FROM orders;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP) AS x FROM orders;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE NO OTHERS) AS x FROM orders;

SELECT user_id AS "userId", lag(total, 1, 0::numeric) OVER (ORDER BY id) AS a, lead(total) OVER (ORDER BY id) AS b, first_value(total) OVER (ORDER BY id) AS c, nth_value(total, 2) OVER (ORDER BY id) AS d FROM orders;

SELECT user_id AS "userId", ntile(4) OVER (ORDER BY total) AS a, cume_dist() OVER (ORDER BY total) AS b, percent_rank() OVER (ORDER BY total) AS c, dense_rank() OVER (ORDER BY total) AS d FROM orders;

SELECT user_id AS "userId", count(*) FILTER (WHERE total > 1) OVER (PARTITION BY user_id) AS n FROM orders;

-- 7.3 select lists, 7.4 to 7.8

SELECT DISTINCT ON (user_id) user_id AS "userId", total FROM orders ORDER BY user_id, created_at DESC;

SELECT DISTINCT user_id AS "userId", status FROM orders;

SELECT ALL user_id AS "userId", status FROM orders;

SELECT id "userId", email mail FROM users;

SELECT id AS "userId", u.* FROM users AS u;

SELECT users.id AS "userId", (orders).total FROM users JOIN orders ON orders.user_id = users.id;

SELECT id AS "userId", email FROM users UNION SELECT user_id, status FROM orders;

SELECT id AS "userId", email FROM users INTERSECT ALL SELECT user_id, status FROM orders;

SELECT id AS "userId", email FROM users EXCEPT (SELECT user_id, status FROM orders UNION ALL SELECT 1, 'x');

(SELECT id AS "userId", email FROM users ORDER BY 1 LIMIT 1) UNION ALL (SELECT id, email FROM users ORDER BY 1 DESC LIMIT 1);

SELECT id AS "userId", email FROM users ORDER BY score USING >, email USING ~<~;

SELECT id AS "userId", email FROM users ORDER BY score USING OPERATOR(pg_catalog.<);

SELECT id AS "userId", email FROM users ORDER BY score DESC NULLS LAST, email COLLATE "C" ASC NULLS FIRST;

SELECT id AS "userId", email FROM users ORDER BY lower(email), 1;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT 10 OFFSET 5;

SELECT id AS "userId", email FROM users ORDER BY id OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY;

SELECT id AS "userId", email FROM users ORDER BY id FETCH FIRST ROW ONLY;

SELECT id AS "userId", email FROM users ORDER BY score FETCH FIRST 3 ROWS WITH TIES;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT ALL;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT NULL OFFSET 0;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT (SELECT 3);

WITH r AS (SELECT user_id, sum(total) AS t FROM orders GROUP BY 1) SELECT user_id AS "userId", t FROM r;

WITH r AS MATERIALIZED (SELECT 1 AS a), s AS NOT MATERIALIZED (SELECT a FROM r) SELECT a AS "userId", a AS x FROM s;

WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n AS "userId", n AS x FROM t;

WITH RECURSIVE t (n, m) AS (SELECT 1, 2 UNION ALL SELECT n + 1, m FROM t WHERE n < 5) SEARCH DEPTH FIRST BY n SET o SELECT n AS "userId", m AS x FROM t ORDER BY o;

WITH RECURSIVE t (n, m) AS (SELECT 1, 2 UNION ALL SELECT n + 1, m FROM t WHERE n < 5) SEARCH BREADTH FIRST BY n, m SET o SELECT n AS "userId", m AS x FROM t;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) CYCLE n SET is_cycle USING path SELECT n AS "userId", is_cycle FROM t;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) CYCLE n SET is_cycle TO 'Y' DEFAULT 'N' USING path SELECT n AS "userId", is_cycle FROM t;

SELECT id AS "userId", (WITH x AS (SELECT 1 AS y) SELECT y FROM x) AS x FROM users;

WITH r (a, b) AS (SELECT id, email FROM users) TABLE r;

-- comments and spaces

SELECT /* a /* nested */ comment */ id AS "userId", -- to the end
    email FROM users;

SELECT id AS "userId",email,plan FROM users WHERE(score)IN(1,2)AND(plan)='free';

SELECT id AS "userId", (SELECT 1) + (SELECT 2) AS x FROM users;

select id as "userId", plan as "a ""quoted"" name" from users;

SELECT U."userId", U.X FROM (SELECT id AS "userId", plan AS x FROM users) AS u;

SELECT id AS "userId", plan AS größe, plan AS été$1 FROM users;

SELECT id AS "userId", glob, qualify, "drop" AS x FROM (SELECT id, plan AS glob, plan AS qualify, plan AS "drop" FROM users) q;

SELECT id AS "userId", drop, rlike + 1 AS y FROM (SELECT id, plan AS drop, score AS rlike FROM users) q;

-- extensions that may be missing

-- only lint: it needs an extension
SELECT id AS "userId", embedding <#> '[1,2,3]' AS a, embedding <-> '[1,2,3]' AS b, embedding <=> '[1,2,3]' AS c, embedding <+> '[1,2,3]' AS d FROM items ORDER BY embedding <-> '[3,1,2]' LIMIT 5;

-- only lint: it needs an extension
SELECT id AS "userId", embedding <~> '101' AS a, embedding <%> '101' AS b FROM items;

-- only lint: it needs an extension
SELECT id AS "userId", point(1, 2) <@> point(3, 4) AS miles FROM users;

-- only lint: it needs an extension
SELECT id AS "userId", email % 'x' AS a, email <% 'x' AS b, email %> 'x' AS c, email <<% 'x' AS d, email <-> 'x' AS e, email <<-> 'x' AS f FROM users;

-- only lint: it needs an extension
SELECT id AS "userId", h -> 'a' AS a, h ? 'b' AS b, h ?& ARRAY['c'] AS c, h || 'd=>1'::hstore AS d FROM settings;

-- only lint: it needs an extension
SELECT id AS "userId", path @> 'a.b' AS a, path ~ '*.x.*'::lquery AS b, path @ 'x & y' AS c, path ?@> ARRAY['a'] AS d FROM trees;

-- only lint: it needs an extension
SELECT id AS "userId", ST_Distance(geom, ST_MakePoint(1, 2)::geography) AS d, geom && ST_MakeEnvelope(1, 2, 3, 4, 4326) AS e, geom <#> 'POINT(1 1)'::geometry AS f, geom ~= geom AS g FROM places;

-- only lint: it needs an extension
SELECT id AS "userId", cube(ARRAY[1, 2]) ~> 1 AS a, nums @@ '1&2'::query_int AS b, nums # 2 AS c FROM users;

-- only lint: it needs an extension
SELECT id AS "userId", embedding OPERATOR(extensions.<->) '[1,2,3]' AS x FROM items;

-- only lint: it needs an extension
SELECT id AS "userId", time_bucket('5 minutes', created_at) AS b, first(total, created_at) AS f FROM orders GROUP BY 1, 2;
