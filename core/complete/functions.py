"""The functions that completion offers: those that analysts use, each in the dialects that have it. Not all that there are.

sqlglot knows names of functions, but of all dialects at once: on Postgres it would offer ARRAY_CONSTRUCT_COMPACT. Sources: the vendors'
lists of functions; a test asks a real DuckDB and a real Postgres whether each is there. The dangerous ones (core.query.dangerous) are left
out by a check, not by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from core.query.dangerous import reason_to_refuse

__all__ = ["functions"]

_EVERYWHERE = """
    abs avg cast ceil coalesce concat count dense_rank exp extract first_value floor greatest lag last_value lead least
    left length ln lower lpad ltrim max min mod nullif percent_rank power rank replace right round row_number rpad rtrim
    sign sqrt stddev substr sum trim upper variance
"""
_OWN: Mapping[str, str] = {
    "duckdb": """
        age any_value approx_count_distinct arg_max arg_min array_agg array_length bool_and bool_or concat_ws contains
        current_date date_diff date_part date_trunc datediff epoch epoch_ms format hash if ifnull json_extract
        json_extract_string json_object last_day len list list_aggregate list_contains make_date make_timestamp md5
        median mode now position printf quantile_cont random regexp_extract regexp_matches regexp_replace sha256 split_part
        starts_with strftime string_agg string_split strptime struct_pack substring to_json to_timestamp today translate
        try_cast unnest
    """,
    "postgres": """
        age array_agg array_length bool_and bool_or btrim char_length concat_ws date_part date_trunc encode format
        generate_series initcap json_agg json_build_object json_object_agg jsonb_agg jsonb_array_elements
        jsonb_build_object jsonb_extract_path_text jsonb_object_agg jsonb_strip_nulls make_date make_interval
        make_timestamp md5 now percentile_cont position random regexp_match regexp_matches regexp_replace row_to_json
        split_part starts_with statement_timestamp string_agg string_to_array strpos substring to_char to_date to_json
        to_jsonb to_number to_timestamp translate trunc unnest
    """,
    "redshift": """
        add_months any_value approximate array_concat btrim char_length convert_timezone date_part date_trunc dateadd
        datediff decode getdate initcap is_valid_json json_extract_array_element_text json_extract_path_text json_parse
        json_serialize json_typeof last_day len listagg md5 median months_between nvl nvl2 percentile_cont position random
        regexp_count regexp_instr regexp_replace regexp_substr sha2 split_part strpos substring sysdate to_char to_date
        to_number to_timestamp translate trunc try_cast
    """,
    "snowflake": """
        any_value approx_count_distinct array_agg array_construct array_contains array_size array_to_string boolor_agg
        charindex concat_ws contains convert_timezone current_date current_timestamp date_part date_trunc dateadd datediff
        dayofweek decode div0 endswith flatten get get_path hash iff ifnull initcap is_null_value last_day listagg
        max_by md5 median min_by monthname nvl nvl2 object_agg object_construct object_construct_keep_null parse_json
        percentile_cont position regexp_like regexp_replace regexp_substr sha2 split split_part startswith strtok
        substring time_slice to_char to_date to_number to_object to_timestamp to_timestamp_ntz to_timestamp_tz to_varchar
        to_variant translate trunc try_cast try_parse_json try_to_date try_to_number try_to_timestamp typeof uuid_string
        zeroifnull
    """,
    "bigquery": """
        any_value approx_count_distinct approx_quantiles array_agg array_concat array_length array_to_string byte_length
        char_length contains_substr countif current_date current_datetime current_timestamp date date_add date_diff
        date_sub date_trunc datetime datetime_diff datetime_trunc div ends_with farm_fingerprint format format_date
        format_timestamp generate_array generate_date_array generate_uuid if ifnull ieee_divide initcap instr
        json_extract_scalar json_object json_query json_value last_day logical_and logical_or max_by md5 min_by
        parse_date parse_json parse_timestamp regexp_contains regexp_extract regexp_replace reverse safe_cast safe_divide
        sha256 split starts_with string_agg strpos struct substring timestamp timestamp_add timestamp_diff
        timestamp_seconds timestamp_sub timestamp_trunc to_hex to_json to_json_string trunc unix_seconds unnest
    """,
}


@cache
def functions(dialect: str) -> tuple[str, ...]:
    """Return the names of a dialect's functions, in small letters."""
    names = {*_EVERYWHERE.split(), *_OWN[dialect].split()}
    return tuple(sorted(name for name in names if not reason_to_refuse(dialect, (name,))))
