-- The canonical form, number 1: how a value becomes JSON text, the same on every machine and with every version of every
-- library. Dates, times, floats, decimals, bytes and escapes are written by these macros, never by a cast's default.
-- Each macro takes one value that is not NULL. core.calls.canonical chooses among them by the kind of the column.
-- Change what one of them gives for a valid value, and FORM in core/calls/canonical.py must be raised.

-- A JSON string. Only the escapes that JSON demands (RFC 8259, 7): \" \\ \n \r \t, and \u00.. for other control characters.
CREATE OR REPLACE TEMP MACRO json_string(x) AS
    CASE WHEN regexp_matches(x, '[\x00-\x1f"\\]')
         THEN CASE WHEN regexp_matches(x, '[\x00-\x08\x0b\x0c\x0e-\x1f]')
                   THEN '"' || array_to_string(list_transform(string_split(x, ''), lambda character:
                            CASE WHEN character = '"' THEN '\"' WHEN character = '\' THEN '\\'
                                 WHEN character = chr(10) THEN '\n' WHEN character = chr(13) THEN '\r'
                                 WHEN character = chr(9) THEN '\t'
                                 WHEN unicode(character) < 32 THEN printf('\u%04x', unicode(character))
                                 ELSE character END), '') || '"'
                   ELSE '"' || replace(replace(replace(replace(replace(x, '\', '\\'), '"', '\"'),
                                chr(10), '\n'), chr(13), '\r'), chr(9), '\t') || '"' END
         ELSE '"' || x || '"' END;

-- Digits that read back as the same double, at most 17; whole numbers have no point; no negative zero. Between a
-- thousandth and 10^15 they are the shortest, which every library writes alike, without an exponent; outside, printf is
-- tried with 15 to 17, which are the shortest too but for subnormal numbers and some powers of two.
CREATE OR REPLACE TEMP MACRO json_double(x) AS
    CASE WHEN x = 0 THEN '0'
         WHEN abs(x) >= 0.001 AND abs(x) < 1e15
         THEN CASE WHEN x = trunc(x) THEN x::BIGINT::VARCHAR ELSE x::VARCHAR END
         WHEN printf('%.15g', x)::DOUBLE = x THEN printf('%.15g', x)
         WHEN printf('%.16g', x)::DOUBLE = x THEN printf('%.16g', x)
         ELSE printf('%.17g', x) END;

-- The same for a float of four bytes, which 6 to 9 digits identify.
CREATE OR REPLACE TEMP MACRO json_float(x) AS
    CASE WHEN x = 0 THEN '0'
         WHEN printf('%.6g', x::DOUBLE)::FLOAT = x THEN printf('%.6g', x::DOUBLE)
         WHEN printf('%.7g', x::DOUBLE)::FLOAT = x THEN printf('%.7g', x::DOUBLE)
         WHEN printf('%.8g', x::DOUBLE)::FLOAT = x THEN printf('%.8g', x::DOUBLE)
         ELSE printf('%.9g', x::DOUBLE) END;

-- A decimal number as text, exact, without zeros behind its last digit: 12.50 is 12.5, and -0.00 is 0.
CREATE OR REPLACE TEMP MACRO json_decimal(x) AS
    CASE WHEN ends_with(x, '0') AND contains(x, '.')
         THEN CASE WHEN rtrim(rtrim(x, '0'), '.') IN ('-0', '', '-') THEN '0' ELSE rtrim(rtrim(x, '0'), '.') END
         WHEN x = '-0' THEN '0'
         ELSE x END;

-- ISO 8601 in UTC from microseconds since 1970: no fraction, or three digits, or six; whichever is exact.
CREATE OR REPLACE TEMP MACRO iso_instant(microseconds) AS
    CASE WHEN microseconds % 1000000 = 0 THEN strftime(make_timestamp(microseconds), '%Y-%m-%dT%H:%M:%SZ')
         WHEN microseconds % 1000 = 0 THEN strftime(make_timestamp(microseconds), '%Y-%m-%dT%H:%M:%S.%gZ')
         ELSE strftime(make_timestamp(microseconds), '%Y-%m-%dT%H:%M:%S.%fZ') END;

-- The same with a distance from UTC, to the minute: for the hours whose moment in UTC is in the year 0 or 10000.
CREATE OR REPLACE TEMP MACRO iso_local(microseconds, distance) AS
    rtrim(iso_instant(microseconds), 'Z') || CASE WHEN distance < 0 THEN '-' ELSE '+' END
    || lpad((abs(round(distance / 60000000.0))::BIGINT // 60)::VARCHAR, 2, '0') || ':'
    || lpad((abs(round(distance / 60000000.0))::BIGINT % 60)::VARCHAR, 2, '0');

-- A whole number of a double, as an id: without an exponent, as far as a double tells whole numbers apart.
CREATE OR REPLACE TEMP MACRO id_double(x) AS
    CASE WHEN abs(x) <= 9007199254740992 AND x = trunc(x) THEN x::BIGINT::VARCHAR ELSE json_double(x) END;

-- ISO 8601 of a text that is it but for its zone or its seconds: RFC 3339 and JavaScript want "+00:00" for "+00", and seconds.
CREATE OR REPLACE TEMP MACRO iso_text(x) AS
    regexp_replace(regexp_replace(regexp_replace(replace(x, ' ', 'T'),
        '^(.{10}T[0-9]{2}:[0-9]{2})($|[Z+-])', '\1:00\2'),
        '([+-][0-9]{2})$', CASE WHEN contains(x, ':') THEN '\1:00' ELSE '\1' END), '([+-][0-9]{2})([0-9]{2})$', '\1:\2');

-- Whether a JSON text holds what json_minified has to write with care, or json_fault has to look at twice. Most do not: then
-- json() minifies it, and json_valid() is all that is to be asked.
CREATE OR REPLACE TEMP MACRO json_is_odd(x) AS
    regexp_matches(x, '[0-9][.eE]|-0|\\|(?i:nan|inf)|,\s*[\]}]');

-- JSON without the white space between its tokens; order of keys, numbers and escapes stay as they are. DuckDB's own
-- json() does it fifteen times as fast, but rewrites numbers with a point or an exponent, and escapes: so only without.
CREATE OR REPLACE TEMP MACRO json_minified(x) AS
    CASE WHEN regexp_matches(x, '[0-9][.eE]|-0|\\')
         THEN regexp_replace(x, '("(?:[^"\\]|\\.)*")|[ \t\r\n]+', '\1', 'g')
         ELSE try(json(x))::VARCHAR END;

-- Why a JSON text cannot travel, or NULL. Behind "!" the warehouse says why it cannot write the value (core.warehouses.base). DuckDB takes NaN, infinities and trailing commas for valid; JSON does not.
CREATE OR REPLACE TEMP MACRO json_fault(x) AS
    CASE WHEN NOT json_valid(x) THEN
              CASE WHEN starts_with(x, '!') THEN 'holds ' || x[2:]
                   WHEN regexp_matches(x, '\\u[dD][89a-fA-F]') THEN 'holds JSON with half a surrogate pair'
                   ELSE 'does not hold JSON' END
         WHEN regexp_matches(x, '(?i)nan|inf|,\s*[\]}]')
              AND regexp_matches(regexp_replace(x, '"(?:[^"\\]|\\.)*"', '0', 'g'), '(?i)nan|inf|,\s*[\]}]')
              THEN 'holds JSON with NaN, an infinity or a comma too many'
         WHEN contains(x, '\u0000') AND regexp_matches(x, '(?:^|[^\\])(?:\\\\)*\\u0000')
              THEN 'holds a NUL character'
         END;

-- 128 bits over a text: its MD5 digest, as a UUID (the digest's bytes in reverse order).
CREATE OR REPLACE TEMP MACRO fingerprint_of(x) AS md5_number(x)::UUID;
