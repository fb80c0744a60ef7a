"""Functions that read files or the network, run SQL from text, or change something although called in a SELECT.

Each entry is a pattern for a function's name, alone or behind its schema, in lower case, with the reason. Unknown
functions pass: a read-only session with few privileges is the other wall (each warehouse's `check` looks at it).

Sources: the function lists of each vendor's documents; for DuckDB, `duckdb_functions()` of version 2; for
Postgres, the volatile functions of `pg_proc`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

__all__ = ["ALLOWED", "FILE_ENDING", "REFUSED", "reason_to_refuse"]

_FILES = "it reads files"
_NETWORK = "it reaches the network"
_RUNS = "it runs SQL that is given as text, which cannot be checked"
_CHANGES = "it changes something"
_SERVER = "it acts on the server or on other sessions"
_MODEL = "it hands rows to a model, which is billed by what it reads"
_WAITS = "it holds the session up"

_POSTGRES: Mapping[str, str] = {
    "pg_read_*": _FILES,
    "pg_ls_*": _FILES,
    "pg_stat_file": _FILES,
    "pg_file_*": _FILES,
    "pg_logdir_ls": _FILES,
    "pg_current_logfile": _FILES,
    "pg_hba_file_rules": _FILES,
    "pg_ident_file_mappings": _FILES,
    "pg_show_all_file_settings": _FILES,
    "lo_*": "it reads or writes files and large objects",
    "loread": "it reads large objects",
    "lowrite": _CHANGES,
    "dblink*": _NETWORK,
    "http": _NETWORK,
    "http_*": _NETWORK,
    "aws_s3.*": _NETWORK,
    "aws_lambda.*": _NETWORK,
    "*_to_xml": _RUNS,
    "*_to_xmlschema": _RUNS,
    "*_to_xml_and_xmlschema": _RUNS,
    "ts_stat": _RUNS,
    "ts_rewrite": _RUNS,
    "crosstab*": _RUNS,
    "connectby": _RUNS,
    "xpath_table": _RUNS,
    "cron.*": _CHANGES,
    "nextval": _CHANGES,
    "setval": _CHANGES,
    "set_config": "it changes the session's settings",
    "pg_notify": _CHANGES,
    "pg_sleep*": _WAITS,
    "pg_advisory_*": _WAITS,
    "pg_try_advisory_*": _WAITS,
    "pg_terminate_backend": _SERVER,
    "pg_cancel_backend": _SERVER,
    "pg_reload_conf": _SERVER,
    "pg_rotate_logfile*": _SERVER,
    "pg_logical_*": _SERVER,
    "pg_replication_*": _SERVER,
    "pg_create_*": _SERVER,
    "pg_drop_*": _SERVER,
    "pg_copy_*": _SERVER,
    "pg_sync_replication_slots": _SERVER,
    "pg_switch_wal": _SERVER,
    "pg_switch_xlog": _SERVER,
    "pg_wal_replay_*": _SERVER,
    "pg_xlog_replay_*": _SERVER,
    "pg_start_backup": _SERVER,
    "pg_stop_backup": _SERVER,
    "pg_backup_*": _SERVER,
    "pg_promote": _SERVER,
    "pg_stat_reset*": _SERVER,
    "pg_stat_statements_reset": _SERVER,
    "pg_export_snapshot": _SERVER,
    "pg_import_system_collations": _SERVER,
    "pg_log_*": _SERVER,
    "pg_prewarm": _SERVER,
    "pg_nextoid": _SERVER,
    "pg_stop_making_pinned_objects": _SERVER,
    "pg_extension_config_dump": _SERVER,
    "binary_upgrade_*": _SERVER,
    "brin_*summarize*": _SERVER,
    "gin_clean_pending_list": _SERVER,
}

_SNOWFLAKE: Mapping[str, str] = {
    "system$*": _SERVER,
    "identifier": "it takes a name from text, which cannot be checked; write the name itself",
    "get_presigned_url": _FILES,
    "get_stage_location": _FILES,
    "build_stage_file_url": _FILES,
    "build_scoped_file_url": _FILES,
    "infer_schema": _FILES,
    "to_file": _FILES,
    "try_to_file": _FILES,
    "directory": _FILES,
    "nextval": _CHANGES,
    "getnextval": _CHANGES,
    "cortex.*": _MODEL,
    "ai_*": _MODEL,
}

_BIGQUERY: Mapping[str, str] = {
    "external_query": _RUNS,
    "ml.generate_*": _NETWORK,
    "ml.embed_*": _NETWORK,
    "ml.decode_image": _FILES,
    "ml.process_document": _NETWORK,
    "ml.transcribe": _NETWORK,
    "ml.translate": _NETWORK,
    "ml.annotate_image": _NETWORK,
    "ml.understand_text": _NETWORK,
    "ai.*": "it asks a model outside BigQuery, and costs by the row",
    "obj.*": _FILES,
}
"""Remote functions and remote models have names of their own: what a dry run says of them is looked at in the session."""

_DUCKDB: Mapping[str, str] = {
    "read_*": _FILES,
    "write_*": _CHANGES,
    "*_scan": "it reads files or other databases",
    "*_scan_*": "it reads files or other databases",
    "*_metadata": _FILES,
    "parquet_*": _FILES,
    "st_read*": _FILES,
    "glob": _FILES,
    "sniff_csv": _FILES,
    "query": _RUNS,
    "query_table": _RUNS,
    "json_execute_serialized_sql": _RUNS,
    "from_substrait*": _RUNS,
    "postgres_*": _NETWORK,
    "mysql_*": _NETWORK,
    "sqlite_*": _FILES,
    "iceberg_*": _FILES,
    "delta_*": _FILES,
    "http_*": _NETWORK,
    "load_aws_credentials": _FILES,
    "getenv": "it reads the environment, where secrets may be",
    "duckdb_secrets": "it lists secrets",
    "which_secret": "it lists secrets",
    "pragma_*": _SERVER,
    "nextval": _CHANGES,
    "setval": _CHANGES,
    "sleep_ms": _WAITS,
    "*external_resource*": _SERVER,
    "python_map_function": "it runs code",
    "checkpoint": _SERVER,
    "force_checkpoint": _SERVER,
    "enable_*": _SERVER,
    "disable_*": _SERVER,
    "truncate_duckdb_logs": _CHANGES,
    "add_parquet_key": _CHANGES,
    "sql_auto_complete": _SERVER,
}

REFUSED: Mapping[str, Mapping[str, str]] = {
    "postgres": _POSTGRES,
    "redshift": _POSTGRES,
    "snowflake": _SNOWFLAKE,
    "bigquery": _BIGQUERY,
    "duckdb": _DUCKDB,
}

ALLOWED: Mapping[str, frozenset[str]] = {
    "snowflake": frozenset(
        {
            "system$typeof",
            "system$clustering_depth",
            "system$clustering_information",
            "system$last_change_commit_time",
            "system$stream_has_data",
        }
    ),
}

FILE_ENDING = re.compile(
    r"\.(csv|tsv|txt|parquet|json|jsonl|ndjson|gz|zst|db|duckdb|ddb"
    r"|sqlite|xlsx|arrow|feather|avro|orc|vortex|shp|geojson|pq)$"
)
"""The end of a name by which DuckDB takes a table for a file."""


@functools.lru_cache(maxsize=4096)
def reason_to_refuse(dialect: str, path: tuple[str, ...]) -> str:
    """Say why a function may not be called, or nothing; `path` is its name behind its schemas."""
    names = tuple(_spellings(path))
    if any(name in ALLOWED.get(dialect, ()) for name in names):
        return ""
    for pattern, reason in REFUSED[dialect].items():
        if any(fnmatchcase(name, pattern) for name in names):
            return reason
    return ""


def _spellings(path: tuple[str, ...]) -> Iterator[str]:
    """Give the bare name, and the name behind its last schema."""
    lowered = tuple(part.lower() for part in path)
    yield lowered[-1]
    if len(lowered) > 1:
        yield ".".join(lowered[-2:])
