-- Valid queries after DuckDB's documentation, page by page. A block is a query, or a comment that names what follows.
-- schema
-- CREATE TABLE users (id INTEGER, email VARCHAR, first_name VARCHAR, plan VARCHAR, score INTEGER, active BOOLEAN, created_at TIMESTAMP,
--   birthday DATE, nums INTEGER[], st STRUCT(a INTEGER, b VARCHAR), m MAP(VARCHAR, INTEGER), j JSON);
-- INSERT INTO users VALUES (1, 'a@x.com', 'Ada', 'free', 2, true, TIMESTAMP '2026-01-02 03:04:05', DATE '1990-01-01', [1, 2, 3],
--   {'a': 1, 'b': 'x'}, MAP {'k': 1}, '{"a": {"b": [1]}}');
-- CREATE TABLE orders (id INTEGER, user_id INTEGER, total DECIMAL(10, 2), status VARCHAR, created_at TIMESTAMP);
-- INSERT INTO orders VALUES (1, 1, 9.5, 'paid', TIMESTAMP '2026-01-01 00:00:00'), (2, 1, 1.5, 'open', TIMESTAMP '2026-01-02 00:00:00');
-- CREATE TABLE "odd.csv" (id INTEGER, csv VARCHAR);

-- literals

SELECT id AS "userId", 'it''s' AS x FROM users;

SELECT id AS "userId", E'tab\t\n\x41' AS x FROM users;

SELECT id AS "userId", $$dollar 'quoted'$$ AS x FROM users;

SELECT id AS "userId", $tag$with $$ inside$tag$ AS x FROM users;

SELECT id AS "userId", 42 AS x FROM users;

SELECT id AS "userId", 1_000_000 AS x FROM users;

SELECT id AS "userId", 1e5 AS x FROM users;

SELECT id AS "userId", .5 AS x FROM users;

SELECT id AS "userId", 3. AS x FROM users;

SELECT id AS "userId", '\xAA\xBB'::BLOB AS x FROM users;

SELECT id AS "userId", b'101' AS x FROM users;

SELECT id AS "userId", '101'::BIT AS x FROM users;

SELECT id AS "userId", x'1f' AS x FROM users;

SELECT id AS "userId", DATE '2026-01-02' AS x FROM users;

SELECT id AS "userId", TIMESTAMP '2026-01-02 03:04:05.123' AS x FROM users;

SELECT id AS "userId", TIMESTAMPTZ '2026-01-02 03:04:05+02' AS x FROM users;

SELECT id AS "userId", TIME '04:05:06' AS x FROM users;

SELECT id AS "userId", INTERVAL 1 YEAR AS x FROM users;

SELECT id AS "userId", INTERVAL '1' MONTH AS x FROM users;

SELECT id AS "userId", INTERVAL '1 day 2 hours' AS x FROM users;

SELECT id AS "userId", INTERVAL (score) DAY AS x FROM users;

SELECT id AS "userId", INTERVAL 5 MINUTES AS x FROM users;

SELECT id AS "userId", TRUE AND NOT FALSE OR NULL AS x FROM users;

SELECT id AS "userId", [1, 2, 3] AS x FROM users;

SELECT id AS "userId", [] AS x FROM users;

SELECT id AS "userId", {'a': 1, 'b': 'x'} AS x FROM users;

SELECT id AS "userId", {a: 1, "b c": [1]} AS x FROM users;

SELECT id AS "userId", MAP {'a': 1, 'b': 2} AS x FROM users;

SELECT id AS "userId", MAP {} AS x FROM users;

SELECT id AS "userId", MAP([1, 2], ['a', 'b']) AS x FROM users;

SELECT id AS "userId", (1, 'x', true) AS x FROM users;

SELECT id AS "userId", ROW(1, 'a') AS x FROM users;

SELECT id AS "userId", struct_pack(a := 1, b := 'x') AS x FROM users;

SELECT id AS "userId", union_value(num := 2) AS x FROM users;

-- casts and types

SELECT id AS "userId", CAST(score AS VARCHAR) AS x FROM users;

SELECT id AS "userId", score::VARCHAR AS x FROM users;

SELECT id AS "userId", TRY_CAST('x' AS INTEGER) AS x FROM users;

SELECT id AS "userId", '5'::INT AS x FROM users;

SELECT id AS "userId", '1'::TINYINT + '1'::SMALLINT + '1'::BIGINT + '1'::HUGEINT AS x FROM users;

SELECT id AS "userId", '1'::UTINYINT + '1'::UBIGINT AS x FROM users;

SELECT id AS "userId", '1.5'::DECIMAL(10, 2) AS x FROM users;

SELECT id AS "userId", '1.5'::DOUBLE + '1.5'::REAL AS x FROM users;

SELECT id AS "userId", [1, 2]::INTEGER[] AS x FROM users;

SELECT id AS "userId", [1, 2]::INTEGER[2] AS x FROM users;

SELECT id AS "userId", [[1], [2]]::INTEGER[][] AS x FROM users;

SELECT id AS "userId", {'a': 1}::STRUCT(a BIGINT) AS x FROM users;

SELECT id AS "userId", {'a': 1}::STRUCT(a BIGINT, "b" VARCHAR[]) AS x FROM users;

SELECT id AS "userId", MAP {'a': 1}::MAP(VARCHAR, BIGINT) AS x FROM users;

SELECT id AS "userId", 1::UNION(num INTEGER, str VARCHAR) AS x FROM users;

SELECT id AS "userId", 'happy'::ENUM('sad', 'happy') AS x FROM users;

SELECT id AS "userId", '2026-01-02'::DATE AS x FROM users;

SELECT id AS "userId", '1b4e28ba-2fa1-11d2-883f-0016d3cca427'::UUID AS x FROM users;

SELECT id AS "userId", '{"a": 1}'::JSON AS x FROM users;

SELECT id AS "userId", now()::TIMESTAMP AS x FROM users;

SELECT id AS "userId", now()::TIMESTAMP WITH TIME ZONE AS x FROM users;

SELECT id AS "userId", '12:00'::TIME WITH TIME ZONE AS x FROM users;

SELECT id AS "userId", CAST('2026-01-02' AS TIMESTAMP_NS) AS x FROM users;

SELECT id AS "userId", typeof(score) AS x FROM users;

-- operators

SELECT id AS "userId", score + 1 - 2 * 3 / 4 % 5 AS x FROM users;

SELECT id AS "userId", score // 2 AS x FROM users;

SELECT id AS "userId", 2 ** 3 AS x FROM users;

SELECT id AS "userId", 2 ^ 3 AS x FROM users;

SELECT id AS "userId", @ -5 AS x FROM users;

SELECT id AS "userId", @(-5) AS x FROM users;

SELECT id AS "userId", @ score AS x FROM users;

SELECT id AS "userId", - score AS x FROM users;

SELECT id AS "userId", ~ score AS x FROM users;

SELECT id AS "userId", score & 3 | 4 AS x FROM users;

SELECT id AS "userId", score << 2 >> 1 AS x FROM users;

SELECT id AS "userId", xor(score, 5) AS x FROM users;

SELECT id AS "userId", 3 ! AS x FROM users;

SELECT id AS "userId", score <> 1 AND score != 2 AS x FROM users;

SELECT id AS "userId", score = 1 OR score == 1 AS x FROM users;

SELECT id AS "userId", email || 'x' AS x FROM users;

SELECT id AS "userId", email ^@ 'a' AS x FROM users;

SELECT id AS "userId", score IS DISTINCT FROM NULL AS x FROM users;

SELECT id AS "userId", score IS NOT DISTINCT FROM 1 AS x FROM users;

SELECT id AS "userId", score IS NULL AS x FROM users;

SELECT id AS "userId", score ISNULL AS x FROM users;

SELECT id AS "userId", score NOTNULL AS x FROM users;

SELECT id AS "userId", score NOT NULL AS x FROM users;

SELECT id AS "userId", active IS TRUE AS x FROM users;

SELECT id AS "userId", active IS NOT FALSE AS x FROM users;

SELECT id AS "userId", score BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score NOT BETWEEN 1 AND 3 AS x FROM users;

SELECT id AS "userId", score IN (1, 2) AS x FROM users;

SELECT id AS "userId", score IN [1, 2] AS x FROM users;

SELECT id AS "userId", score NOT IN (1, 2) AS x FROM users;

SELECT id AS "userId", 1 IN nums AS x FROM users;

SELECT id AS "userId", score IN (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", (score, plan) IN ((1, 'free'), (2, 'team')) AS x FROM users;

SELECT id AS "userId", score = ANY (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", score = ANY ([1, 2]) AS x FROM users;

SELECT id AS "userId", score > ALL (SELECT user_id FROM orders) AS x FROM users;

SELECT id AS "userId", EXISTS (FROM orders WHERE user_id = users.id) AS x FROM users;

SELECT id AS "userId", NOT EXISTS (SELECT 1 FROM orders) AS x FROM users;

SELECT id AS "userId", (SELECT max(total) FROM orders o WHERE o.user_id = users.id) AS x FROM users;

SELECT id AS "userId", ARRAY(SELECT total FROM orders ORDER BY 1) AS x FROM users;

SELECT id AS "userId", CASE WHEN score > 1 THEN 'one' ELSE 'two' END AS x FROM users;

SELECT id AS "userId", CASE score WHEN 1 THEN 'one' END AS x FROM users;

SELECT id AS "userId", coalesce(email, plan, '') AS x FROM users;

SELECT id AS "userId", ifnull(email, '') AS x FROM users;

SELECT id AS "userId", nullif(email, '') AS x FROM users;

SELECT id AS "userId", if(score > 1, 'a', 'b') AS x FROM users;

SELECT id AS "userId", greatest(1, 2, score) AS x FROM users;

SELECT id AS "userId", least(1, 2) AS x FROM users;

-- patterns

SELECT id AS "userId", email LIKE 'a%' AS x FROM users;

SELECT id AS "userId", email NOT LIKE 'a\_%' ESCAPE '\' AS x FROM users;

SELECT id AS "userId", email ILIKE 'A%' AS x FROM users;

SELECT id AS "userId", email NOT ILIKE 'A%' AS x FROM users;

SELECT id AS "userId", email GLOB 'a*' AS x FROM users;

SELECT id AS "userId", email ~ 'a.*' AS x FROM users;

SELECT id AS "userId", email !~ 'a.*' AS x FROM users;

SELECT id AS "userId", email ~~ 'a%' AS x FROM users;

SELECT id AS "userId", email !~~ 'a%' AS x FROM users;

SELECT id AS "userId", email ~~* 'A%' AS x FROM users;

SELECT id AS "userId", email !~~* 'A%' AS x FROM users;

SELECT id AS "userId", email ~~~ 'a*' AS x FROM users;

SELECT id AS "userId", email SIMILAR TO 'a.*' AS x FROM users;

SELECT id AS "userId", email NOT SIMILAR TO 'a.*' AS x FROM users;

SELECT id AS "userId", regexp_matches(email, 'A', 'i') AS x FROM users;

SELECT id AS "userId", regexp_full_match(email, '.*') AS x FROM users;

SELECT id AS "userId", regexp_replace(email, '(a)', '\1\1', 'g') AS x FROM users;

SELECT id AS "userId", regexp_extract(email, '(\w+)@(\w+)', 2) AS x FROM users;

SELECT id AS "userId", regexp_extract(email, '(\w+)@(\w+)', ['name', 'host']) AS x FROM users;

SELECT id AS "userId", regexp_extract_all(email, '[a-z]') AS x FROM users;

SELECT id AS "userId", regexp_split_to_array(email, '@') AS x FROM users;

-- lists, structs, maps

SELECT id AS "userId", nums[1] AS x FROM users;

SELECT id AS "userId", nums[-1] AS x FROM users;

SELECT id AS "userId", nums[1:2] AS x FROM users;

SELECT id AS "userId", nums[:2] AS x FROM users;

SELECT id AS "userId", nums[2:] AS x FROM users;

SELECT id AS "userId", nums[:-2] AS x FROM users;

SELECT id AS "userId", nums[1:-1:2] AS x FROM users;

SELECT id AS "userId", email[1] AS x FROM users;

SELECT id AS "userId", email[2:3] AS x FROM users;

SELECT id AS "userId", 'DuckDB'[5:] AS x FROM users;

SELECT id AS "userId", st.a AS x FROM users;

SELECT id AS "userId", st['a'] AS x FROM users;

SELECT id AS "userId", (st).b AS x FROM users;

SELECT id AS "userId", users.st.a AS x FROM users;

SELECT id AS "userId", {'x': 1}.x AS x FROM users;

SELECT id AS "userId", {'x': {'y': 2}}.x.y AS x FROM users;

SELECT id AS "userId", m['k'] AS x FROM users;

SELECT id AS "userId", m['missing'] AS x FROM users;

SELECT id AS "userId", map_keys(m) AS x FROM users;

SELECT id AS "userId", map_values(m) AS x FROM users;

SELECT id AS "userId", map_entries(m) AS x FROM users;

SELECT id AS "userId", element_at(m, 'k') AS x FROM users;

SELECT id AS "userId", cardinality(m) AS x FROM users;

SELECT id AS "userId", map_from_entries([('a', 1)]) AS x FROM users;

SELECT id AS "userId", list_value(1, 2) AS x FROM users;

SELECT id AS "userId", list_contains(nums, 1) AS x FROM users;

SELECT id AS "userId", list_has_any(nums, [1]) AS x FROM users;

SELECT id AS "userId", nums && [1] AS x FROM users;

SELECT id AS "userId", nums @> [1] AS x FROM users;

SELECT id AS "userId", [1] <@ nums AS x FROM users;

SELECT id AS "userId", nums || [4] AS x FROM users;

SELECT id AS "userId", list_concat(nums, [4]) AS x FROM users;

SELECT id AS "userId", list_append(nums, 4) AS x FROM users;

SELECT id AS "userId", list_prepend(0, nums) AS x FROM users;

SELECT id AS "userId", list_transform(nums, lambda x: x + 1) AS x FROM users;

SELECT id AS "userId", list_transform(nums, lambda x, i: x * i) AS x FROM users;

SELECT id AS "userId", list_filter(nums, lambda x: x > 1) AS x FROM users;

SELECT id AS "userId", list_reduce(nums, lambda x, y: x + y) AS x FROM users;

SELECT id AS "userId", list_apply(nums, lambda n: n * score) AS x FROM users;

SELECT id AS "userId", [x + 1 FOR x IN nums] AS x FROM users;

SELECT id AS "userId", [x FOR x IN nums IF x > 1] AS x FROM users;

SELECT id AS "userId", [x * i FOR x, i IN nums IF i > 1] AS x FROM users;

SELECT id AS "userId", [upper(s) FOR s IN ['a', 'b'] IF len(s) > 0] AS x FROM users;

SELECT id AS "userId", list_sort(nums, 'DESC', 'NULLS LAST') AS x FROM users;

SELECT id AS "userId", list_aggregate(nums, 'sum') AS x FROM users;

SELECT id AS "userId", list_sum(nums) AS x FROM users;

SELECT id AS "userId", list_distinct(nums) AS x FROM users;

SELECT id AS "userId", list_unique(nums) AS x FROM users;

SELECT id AS "userId", list_slice(nums, 1, 2) AS x FROM users;

SELECT id AS "userId", list_zip(nums, nums) AS x FROM users;

SELECT id AS "userId", list_position(nums, 2) AS x FROM users;

SELECT id AS "userId", list_reverse(nums) AS x FROM users;

SELECT id AS "userId", array_length(nums) AS x FROM users;

SELECT id AS "userId", len(nums) AS x FROM users;

SELECT id AS "userId", flatten([[1], [2]]) AS x FROM users;

SELECT id AS "userId", range(1, 5, 2) AS x FROM users;

SELECT id AS "userId", generate_series(1, 5) AS x FROM users;

SELECT id AS "userId", array_value(1.0::FLOAT, 2.0::FLOAT) AS x FROM users;

SELECT id AS "userId", array_cosine_similarity([1.0, 2.0]::FLOAT[2], [1.0, 2.0]::FLOAT[2]) AS x FROM users;

SELECT id AS "userId", array_distance([1.0]::FLOAT[1], [2.0]::FLOAT[1]) AS x FROM users;

SELECT id AS "userId", struct_extract(st, 'a') AS x FROM users;

SELECT id AS "userId", struct_insert(st, c := 3) AS x FROM users;

SELECT id AS "userId", struct_concat({'a': 1}, {'b': 2}) AS x FROM users;

SELECT id AS "userId", unnest([1, 2]) AS x FROM users;

SELECT id AS "userId", unnest(st, recursive := true) AS x FROM users;

SELECT id AS "userId", union_extract(union_value(k := 1), 'k') AS x FROM users;

SELECT id AS "userId", union_tag(union_value(k := 1)) AS x FROM users;

-- method chaining

SELECT id AS "userId", email.upper() AS x FROM users;

SELECT id AS "userId", email.upper().lower() AS x FROM users;

SELECT id AS "userId", 'hello'.upper().replace('L', 'x') AS x FROM users;

SELECT id AS "userId", (email).lower().string_split('@').list_transform(lambda p: p.upper()).list_aggr('string_agg', '+') AS x FROM users;

SELECT id AS "userId", nums.list_sum() AS x FROM users;

-- strings

SELECT id AS "userId", concat(email, '-', plan) AS x FROM users;

SELECT id AS "userId", concat_ws('-', email, plan) AS x FROM users;

SELECT id AS "userId", format('{} {:d}', email, score) AS x FROM users;

SELECT id AS "userId", printf('%s-%d', email, score) AS x FROM users;

SELECT id AS "userId", left(email, 2) || right(email, 2) AS x FROM users;

SELECT id AS "userId", length(email) + strlen(email) AS x FROM users;

SELECT id AS "userId", lower(email) || upper(email) AS x FROM users;

SELECT id AS "userId", lpad(email, 20, ' ') || rpad(email, 20, '.') AS x FROM users;

SELECT id AS "userId", ltrim('  x') || rtrim('x  ') || trim(' x ') AS x FROM users;

SELECT id AS "userId", trim('xxaxx', 'x') AS x FROM users;

SELECT id AS "userId", trim(BOTH 'x' FROM 'xax') AS x FROM users;

SELECT id AS "userId", md5(email) || sha256(email) AS x FROM users;

SELECT id AS "userId", position('a' IN email) AS x FROM users;

SELECT id AS "userId", instr(email, 'a') AS x FROM users;

SELECT id AS "userId", strpos(email, 'a') AS x FROM users;

SELECT id AS "userId", substring(email, 1, 2) AS x FROM users;

SELECT id AS "userId", substring(email FROM 2 FOR 3) AS x FROM users;

SELECT id AS "userId", substr(email, 2) AS x FROM users;

SELECT id AS "userId", overlay('abcdef' PLACING 'xx' FROM 2 FOR 2) AS x FROM users;

SELECT id AS "userId", repeat('a', 3) AS x FROM users;

SELECT id AS "userId", replace(email, 'a', 'b') AS x FROM users;

SELECT id AS "userId", reverse(email) AS x FROM users;

SELECT id AS "userId", split_part(email, '@', 1) AS x FROM users;

SELECT id AS "userId", string_split(email, '@') AS x FROM users;

SELECT id AS "userId", string_split_regex(email, '[@.]') AS x FROM users;

SELECT id AS "userId", starts_with(email, 'a') AS x FROM users;

SELECT id AS "userId", contains(email, 'a') AS x FROM users;

SELECT id AS "userId", prefix(email, 'a') OR suffix(email, 'm') AS x FROM users;

SELECT id AS "userId", translate(email, 'ab', 'xy') AS x FROM users;

SELECT id AS "userId", unicode('a') + ascii('b') AS x FROM users;

SELECT id AS "userId", chr(65) AS x FROM users;

SELECT id AS "userId", hex('a') AS x FROM users;

SELECT id AS "userId", unhex('61') AS x FROM users;

SELECT id AS "userId", base64(email::BLOB) AS x FROM users;

SELECT id AS "userId", from_base64('YQ==') AS x FROM users;

SELECT id AS "userId", strip_accents('ü') AS x FROM users;

SELECT id AS "userId", levenshtein('a', 'b') + editdist3('a', 'b') AS x FROM users;

SELECT id AS "userId", jaro_winkler_similarity('duck', 'duckdb') AS x FROM users;

SELECT id AS "userId", email COLLATE NOCASE = 'A@X.COM' AS x FROM users;

SELECT id AS "userId", email COLLATE NOCASE.NOACCENT AS x FROM users;

SELECT id AS "userId", nfc_normalize('a') AS x FROM users;

SELECT id AS "userId", bar(5, 0, 20, 10) AS x FROM users;

SELECT id AS "userId", formatReadableSize(16000) AS x FROM users;

SELECT id AS "userId", url_encode('a b') AS x FROM users;

SELECT id AS "userId", parse_path('/a/b.csv') AS x FROM users;

-- numbers

SELECT id AS "userId", abs(-1) + ceil(1.2) + floor(1.2) + round(1.234, 2) + trunc(1.9) AS x FROM users;

SELECT id AS "userId", sqrt(2) + cbrt(8) + exp(1) + ln(2) + log(10) + log2(8) + power(2, 3) AS x FROM users;

SELECT id AS "userId", sin(1) + cos(1) + tan(1) + asin(0.5) + acos(0.5) + atan(1) + atan2(1, 2) AS x FROM users;

SELECT id AS "userId", gcd(4, 6) + lcm(4, 6) + factorial(3) AS x FROM users;

SELECT id AS "userId", sign(-2) + mod(5, 3) + pi() + degrees(1) + radians(180) AS x FROM users;

SELECT id AS "userId", bit_count(5) + even(3.3) AS x FROM users;

SELECT id AS "userId", isnan('nan'::DOUBLE) OR isinf('inf'::DOUBLE) AS x FROM users;

SELECT id AS "userId", random() >= 0 AS x FROM users;

SELECT id AS "userId", hash(email) IS NOT NULL AS x FROM users;

-- dates

SELECT id AS "userId", current_date AS x FROM users;

SELECT id AS "userId", current_timestamp AS x FROM users;

SELECT id AS "userId", now() - INTERVAL 1 DAY AS x FROM users;

SELECT id AS "userId", today() AS x FROM users;

SELECT id AS "userId", get_current_timestamp() AS x FROM users;

SELECT id AS "userId", current_localtimestamp() AS x FROM users;

SELECT id AS "userId", birthday + 5 AS x FROM users;

SELECT id AS "userId", birthday - DATE '2020-01-01' AS x FROM users;

SELECT id AS "userId", created_at + INTERVAL '2 days' AS x FROM users;

SELECT id AS "userId", created_at - TIMESTAMP '2020-01-01' AS x FROM users;

SELECT id AS "userId", date_trunc('month', created_at) AS x FROM users;

SELECT id AS "userId", date_part('year', created_at) AS x FROM users;

SELECT id AS "userId", date_part(['year', 'month'], created_at) AS x FROM users;

SELECT id AS "userId", date_diff('day', birthday, current_date) AS x FROM users;

SELECT id AS "userId", datediff('month', birthday, current_date) AS x FROM users;

SELECT id AS "userId", date_sub('hour', created_at, created_at) AS x FROM users;

SELECT id AS "userId", date_add(birthday, INTERVAL 1 MONTH) AS x FROM users;

SELECT id AS "userId", extract(year FROM created_at) AS x FROM users;

SELECT id AS "userId", extract('epoch' FROM created_at) AS x FROM users;

SELECT id AS "userId", extract(isodow FROM birthday) AS x FROM users;

SELECT id AS "userId", year(birthday) + month(birthday) + day(birthday) + quarter(birthday) AS x FROM users;

SELECT id AS "userId", hour(created_at) + minute(created_at) + second(created_at) AS x FROM users;

SELECT id AS "userId", dayname(birthday) || monthname(birthday) AS x FROM users;

SELECT id AS "userId", last_day(birthday) AS x FROM users;

SELECT id AS "userId", make_date(2026, 1, 2) AS x FROM users;

SELECT id AS "userId", make_timestamp(2026, 1, 2, 3, 4, 5.6) AS x FROM users;

SELECT id AS "userId", epoch(created_at) AS x FROM users;

SELECT id AS "userId", epoch_ms(1700000000000) AS x FROM users;

SELECT id AS "userId", to_timestamp(1700000000) AS x FROM users;

SELECT id AS "userId", to_days(5) + to_hours(2) AS x FROM users;

SELECT id AS "userId", strftime(created_at, '%Y-%m-%d') AS x FROM users;

SELECT id AS "userId", strptime('02/03/2026', '%d/%m/%Y') AS x FROM users;

SELECT id AS "userId", try_strptime('x', ['%d', '%Y']) AS x FROM users;

SELECT id AS "userId", time_bucket(INTERVAL '1 week', birthday) AS x FROM users;

SELECT id AS "userId", age(created_at, TIMESTAMP '2020-01-01') AS x FROM users;

SELECT id AS "userId", created_at AT TIME ZONE 'UTC' AS x FROM users;

SELECT id AS "userId", timezone('UTC', created_at) AS x FROM users;

SELECT id AS "userId", isfinite(birthday) AS x FROM users;

SELECT id AS "userId", generate_series(DATE '2026-01-01', DATE '2026-01-03', INTERVAL 1 DAY) AS x FROM users;

-- json

SELECT id AS "userId", j -> 'a' AS x FROM users;

SELECT id AS "userId", j ->> 'a' AS x FROM users;

SELECT id AS "userId", j -> '$.a.b' AS x FROM users;

SELECT id AS "userId", j ->> '$.a[0]' AS x FROM users;

SELECT id AS "userId", j -> ['a', 'b'] AS x FROM users;

SELECT id AS "userId", json_extract(j, '$.a') AS x FROM users;

SELECT id AS "userId", json_extract_string(j, ['$.a', '$.b']) AS x FROM users;

SELECT id AS "userId", json_array_length(j) AS x FROM users;

SELECT id AS "userId", json_keys(j) AS x FROM users;

SELECT id AS "userId", json_type(j) AS x FROM users;

SELECT id AS "userId", json_valid('{}') AS x FROM users;

SELECT id AS "userId", json_object('a', 1, 'b', score) AS x FROM users;

SELECT id AS "userId", json_array(1, 'x', NULL) AS x FROM users;

SELECT id AS "userId", json_merge_patch(j, '{"b": 2}') AS x FROM users;

SELECT id AS "userId", json_contains(j, '1') AS x FROM users;

SELECT id AS "userId", to_json(st) AS x FROM users;

SELECT id AS "userId", from_json('{"a": 1}', '{"a": "INTEGER"}') AS x FROM users;

SELECT id AS "userId", json_transform('{"a": 1}', '{"a": "INTEGER"}') AS x FROM users;

SELECT id AS "userId", j.a AS x FROM users;

-- sessions

SELECT id AS "userId", current_schema() AS x FROM users;

SELECT id AS "userId", current_database() AS x FROM users;

SELECT id AS "userId", version() AS x FROM users;

SELECT id AS "userId", pg_typeof(1) AS x FROM users;

SELECT id AS "userId", current_setting('threads') IS NOT NULL AS x FROM users;

SELECT id AS "userId", uuid() IS NOT NULL AS x FROM users;

SELECT id AS "userId", alias(score) AS x FROM users;

-- FROM first, stars

FROM users SELECT id AS "userId", email;

FROM users;

FROM users WHERE score > 1;

FROM users u JOIN orders o ON u.id = o.user_id SELECT u.id AS "userId", o.total ORDER BY 1 LIMIT 5;

SELECT id AS "userId", * EXCLUDE (id) FROM users;

SELECT id AS "userId", * EXCLUDE id FROM users;

SELECT * REPLACE (lower(email) AS email) FROM users;

SELECT * RENAME (id AS "userId") FROM users;

SELECT id AS "userId", * EXCLUDE (id, email) REPLACE (score + 1 AS score) FROM users;

SELECT id AS "userId", * LIKE '%name' FROM users;

SELECT id AS "userId", * ILIKE '%NAME' FROM users;

SELECT id AS "userId", * NOT LIKE '%name' FROM users;

SELECT id AS "userId", * SIMILAR TO '.*name' FROM users;

SELECT id AS "userId", * GLOB '*name' FROM users;

SELECT id AS "userId", COLUMNS('.*name') FROM users;

SELECT id AS "userId", COLUMNS(* EXCLUDE (id)) FROM users;

SELECT id AS "userId", COLUMNS(lambda c: c LIKE '%name') FROM users;

SELECT id AS "userId", COLUMNS('(.*)name') AS 'n_\1' FROM users;

SELECT id AS "userId", coalesce(*COLUMNS(['email', 'plan'])) AS x FROM users;

SELECT min(id) AS "userId", max(COLUMNS(['score'])) FROM users;

SELECT u.id AS "userId", u.* FROM users AS u;

SELECT "userId": id, mail: email FROM users;

SELECT id AS "userId", score + 1 AS next, next * 2 AS twice FROM users;

-- joins

SELECT u.id AS "userId", o.total FROM users u LEFT JOIN orders o USING (id);

SELECT u.id AS "userId", o.total FROM users u CROSS JOIN orders o;

SELECT u.id AS "userId", o.total FROM users u FULL OUTER JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total FROM users u ASOF JOIN orders o ON u.id = o.user_id AND u.created_at >= o.created_at;

SELECT u.id AS "userId", o.total FROM users u ASOF LEFT JOIN orders o ON u.id = o.user_id AND u.created_at >= o.created_at;

SELECT u.id AS "userId", u.email FROM users u SEMI JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", u.email FROM users u ANTI JOIN orders o ON u.id = o.user_id;

SELECT u.id AS "userId", o.total FROM users u POSITIONAL JOIN orders o;

SELECT u.id AS "userId", t.x FROM users u, LATERAL (SELECT u.score + 1 AS x) t;

SELECT u.id AS "userId", t.x FROM users u, (SELECT u.score + 1 AS x) t;

SELECT u.id AS "userId", n FROM users u, unnest(u.nums) AS t (n);

SELECT u.id AS "userId", unnest(u.nums) AS n FROM users u;

SELECT u.id AS "userId", email FROM users u NATURAL JOIN (SELECT id FROM orders) o;

SELECT id AS "userId", x FROM (VALUES (1, 'a'), (2, 'b')) AS v (id, x);

SELECT i AS "userId", i * 2 AS x FROM range(5) AS t (i);

SELECT i AS "userId", i * 2 AS x FROM generate_series(1, 5) AS t (i);

SELECT i AS "userId", x FROM (SELECT unnest([1, 2]) AS i, unnest(['a', 'b']) AS x);

SELECT id AS "userId", email FROM main.users;

SELECT id AS "userId", email FROM valid.main.users;

SELECT id AS "userId", email FROM users WHERE rowid >= 0;

SELECT u.id AS "userId", u.e AS x FROM u: (SELECT id, email AS e FROM users);

SELECT id AS "userId", n FROM users, unnest(nums) WITH ORDINALITY AS t (n, o);

SELECT c.id AS "userId", c.csv AS x FROM "odd.csv" c;

-- grouping

SELECT user_id AS "userId", sum(total) AS t FROM orders GROUP BY ALL;

SELECT user_id AS "userId", sum(total) AS t FROM orders GROUP BY user_id HAVING t > 0;

SELECT user_id AS "userId", status, sum(total) AS t FROM orders GROUP BY GROUPING SETS ((user_id), (status), ());

SELECT user_id AS "userId", status, sum(total) AS t FROM orders GROUP BY ROLLUP (user_id, status);

SELECT user_id AS "userId", status, grouping_id(user_id, status) AS t FROM orders GROUP BY CUBE (user_id, status);

SELECT user_id AS "userId", count(*) FILTER (WHERE total > 1) AS n FROM orders GROUP BY 1;

SELECT user_id AS "userId", count(*) FILTER (total > 1) AS n FROM orders GROUP BY 1;

SELECT user_id AS "userId", count() AS n FROM orders GROUP BY user_id;

SELECT user_id AS "userId", list(total ORDER BY id DESC) AS l FROM orders GROUP BY user_id;

SELECT user_id AS "userId", array_agg(DISTINCT status) AS l FROM orders GROUP BY user_id;

SELECT user_id AS "userId", string_agg(status, ',' ORDER BY id) AS l FROM orders GROUP BY user_id;

SELECT user_id AS "userId", arg_max(status, created_at) AS a, arg_min(status, created_at) AS b, max(total, 2) AS c FROM orders GROUP BY user_id;

SELECT user_id AS "userId", any_value(status) AS a, first(status ORDER BY id) AS b, last(status) AS c FROM orders GROUP BY user_id;

SELECT user_id AS "userId", quantile_cont(total, 0.5) AS a, quantile_disc(total, [0.25, 0.75]) AS b, median(total) AS c, mode(status) AS d FROM orders GROUP BY user_id;

SELECT user_id AS "userId", percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS a FROM orders GROUP BY user_id;

SELECT user_id AS "userId", approx_count_distinct(status) AS a, histogram(status) AS b, approx_quantile(total, 0.5) AS c FROM orders GROUP BY user_id;

SELECT user_id AS "userId", bool_and(total > 0) AS a, bit_or(id) AS b, product(total) AS c, stddev(total) AS d FROM orders GROUP BY user_id;

SELECT user_id AS "userId", map(list(status), list(total)) AS m FROM (SELECT DISTINCT ON (status) * FROM orders) GROUP BY user_id;

SELECT user_id AS "userId", struct_pack(n := count(*), t := sum(total)) AS s FROM orders GROUP BY user_id;

-- windows

SELECT user_id AS "userId", row_number() OVER (PARTITION BY user_id ORDER BY created_at) AS n FROM orders;

SELECT user_id AS "userId", sum(total) OVER w AS t FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY id);

SELECT user_id AS "userId", total FROM orders QUALIFY row_number() OVER (PARTITION BY user_id ORDER BY created_at DESC) = 1;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS t FROM orders;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY created_at RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) AS t FROM orders;

SELECT user_id AS "userId", sum(total) OVER (ORDER BY id GROUPS 1 PRECEDING) AS t FROM orders;

SELECT user_id AS "userId", last_value(status IGNORE NULLS) OVER (ORDER BY id) AS t FROM orders;

SELECT user_id AS "userId", lag(total, 1, 0) OVER (ORDER BY id) AS a, lead(total) OVER (ORDER BY id) AS b, ntile(4) OVER (ORDER BY id) AS c, fill(total) OVER (ORDER BY id) AS d FROM orders;

SELECT user_id AS "userId", count(DISTINCT status) OVER (PARTITION BY user_id) AS n, sum(total) FILTER (WHERE total > 1) OVER () AS f FROM orders;

SELECT user_id AS "userId", rank() OVER (ORDER BY total DESC NULLS LAST) AS n, percent_rank() OVER (ORDER BY id) AS p FROM orders;

-- pivots

PIVOT orders ON status USING sum(total);

PIVOT orders ON status IN ('paid', 'open') USING sum(total) AS t, count(*) AS n GROUP BY user_id;

PIVOT orders ON status USING first(total) GROUP BY user_id ORDER BY user_id LIMIT 3;

PIVOT (SELECT user_id AS "userId", status, total FROM orders) ON status IN ('paid') USING sum(total);

PIVOT orders ON status, user_id USING count(*);

PIVOT orders ON status || '_' || user_id USING count(*);

WITH p AS (PIVOT orders ON status IN ('paid') USING sum(total) GROUP BY user_id) SELECT user_id AS "userId", paid FROM p;

SELECT user_id AS "userId", paid FROM (PIVOT orders ON status IN ('paid') USING sum(total) GROUP BY user_id);

SELECT * FROM orders PIVOT (sum(total) FOR status IN ('paid', 'open') GROUP BY user_id);

SELECT * FROM (SELECT user_id AS "userId", status, total FROM orders) PIVOT (sum(total) AS t FOR status IN ('paid' AS p));

UNPIVOT (SELECT user_id, id, total::INTEGER AS t FROM orders) ON id, t INTO NAME n VALUE v;

UNPIVOT (SELECT user_id AS "userId", id, total::INTEGER AS t FROM orders) ON COLUMNS(* EXCLUDE ("userId"));

SELECT * FROM (SELECT user_id AS "userId", id, total::INTEGER AS t FROM orders) UNPIVOT (v FOR n IN (id, t));

SELECT * FROM (SELECT user_id AS "userId", id, total::INTEGER AS t FROM orders) UNPIVOT INCLUDE NULLS (v FOR n IN (id, t));

-- sets, WITH, order and limit

SELECT id AS "userId", email FROM users UNION ALL SELECT user_id, status FROM orders;

SELECT id AS "userId", email FROM users UNION BY NAME SELECT status AS email, user_id AS "userId" FROM orders;

SELECT id AS "userId", email FROM users UNION ALL BY NAME SELECT user_id AS "userId", 1 AS other FROM orders;

SELECT id AS "userId", email FROM users EXCEPT ALL SELECT user_id, status FROM orders;

SELECT id AS "userId", email FROM users INTERSECT SELECT user_id, status FROM orders;

(SELECT id AS "userId", email FROM users LIMIT 1) UNION ALL (FROM (VALUES (1, 'x')));

VALUES (1, 'a'), (2, 'b');

TABLE users;

WITH a AS (SELECT 1 AS x), b AS MATERIALIZED (FROM a), c AS NOT MATERIALIZED (FROM b) SELECT x AS "userId", x AS y FROM c;

WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n AS "userId", n AS x FROM t;

WITH RECURSIVE t (a, b) USING KEY (a) AS (SELECT 1, 2 UNION SELECT a, b + 1 FROM t WHERE b < 5) SELECT a AS "userId", b FROM t;

SELECT DISTINCT id AS "userId", email FROM users;

SELECT DISTINCT ON (user_id) user_id AS "userId", total FROM orders ORDER BY created_at DESC;

SELECT id AS "userId", email FROM users ORDER BY ALL;

SELECT id AS "userId", email FROM users ORDER BY ALL DESC NULLS LAST;

SELECT id AS "userId", email FROM users ORDER BY COLUMNS('(id|email)');

SELECT id AS "userId", email FROM users ORDER BY email COLLATE NOCASE LIMIT 5 OFFSET 1;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT 10%;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT (SELECT 3);

SELECT id AS "userId", email FROM users ORDER BY id LIMIT ALL;

SELECT id AS "userId", email FROM users ORDER BY id LIMIT NULL;

SELECT id AS "userId", email FROM users USING SAMPLE 10%;

SELECT id AS "userId", email FROM users USING SAMPLE reservoir(50 ROWS) REPEATABLE (100);

SELECT id AS "userId", email FROM users TABLESAMPLE 10 PERCENT (bernoulli);

SELECT id AS "userId", email FROM users TABLESAMPLE reservoir(20%);

SELECT id AS "userId", email, FROM users;

SELECT id AS "userId", /* comment */ email -- to the end
    email FROM users;

SELECT id AS "userId", drop, rlike + 1 AS x FROM (SELECT id, plan AS drop, score AS rlike FROM users) q;

SELECT id AS "userId", plan AS größe, plan AS "a ""b""" FROM users;
