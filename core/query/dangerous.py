"""Functions that read files or the network, run SQL from text, or change something although called in a SELECT.

Each entry is a pattern for a function's name, alone or behind its schema, in lower case, with the reason. Unknown
functions pass here: a read-only session with few privileges is the other wall (each warehouse's `check` looks at it), and on
Postgres and Redshift the catalogue, which knows what a function may do whatever its name (`core.warehouses.postgres.functions`).

Sources: the function lists of each vendor's documents; for DuckDB, `duckdb_functions()` of version 2; for
Postgres, the volatile functions of `pg_proc`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

__all__ = ["ALLOWED", "FILE_ENDING", "NAMED_BY_TEXT", "REFUSED", "reason_to_refuse"]

_FILES = "it reads files"
_NETWORK = "it reaches the network"
_RUNS = "it runs SQL that is given as text, which cannot be checked"
_CHECKS = "it runs what a type checks, and takes that type as text or as a number"
_CHANGES = "it changes something"
_SERVER = "it acts on the server or on other sessions"
_MODEL = "it hands rows to a model, which is billed by what it reads"
_WAITS = "it blocks the session"
NAMED_BY_TEXT = "it takes a name from text, which cannot be checked; write the name itself"

_OF_EXTENSIONS: Mapping[str, str] = {
    # pg_duckdb, pg_background, pg_graphql, pgRouting
    "duckdb.*": _RUNS,
    "read_csv": _FILES,
    "read_json": _FILES,
    "read_parquet": _FILES,
    "iceberg_*": _FILES,
    "delta_scan": _FILES,
    "pg_background_*": _RUNS,
    "graphql.resolve": _RUNS,
    "pgr_*": _RUNS,
    # Citus
    "run_command_on_*": _RUNS,
    "master_*": _CHANGES,
    "citus_*": _CHANGES,
    "create_distributed_*": _CHANGES,
    "create_reference_table": _CHANGES,
    "undistribute_table": _CHANGES,
    "alter_distributed_table": _CHANGES,
    "alter_table_set_access_method": _CHANGES,
    "alter_columnar_table_*": _CHANGES,
    "truncate_local_data_after_distributing_table": _CHANGES,
    "rebalance_table_shards": _CHANGES,
    "replicate_table_shards": _CHANGES,
    "isolate_tenant_to_new_shard": _CHANGES,
    "update_distributed_table_colocation": _CHANGES,
    "create_time_partitions": _CHANGES,
    "drop_old_time_partitions": _CHANGES,
    "worker_*_shard*": _CHANGES,
    "worker_apply_*": _RUNS,
    # clouds: Azure, Aurora and RDS, AlloyDB and Cloud SQL; pgai, pg_net, pg_vectorize
    "azure_storage.*": _NETWORK,
    "azure_ai.*": _NETWORK,
    "azure_cognitive.*": _NETWORK,
    "azure_ml.*": _NETWORK,
    "azure_openai.*": _NETWORK,
    "aws_bedrock.*": _NETWORK,
    "aws_comprehend.*": _NETWORK,
    "aws_sagemaker.*": _NETWORK,
    "google_ml.*": _NETWORK,
    "ml_predict_row": _NETWORK,
    "ai.*": _NETWORK,
    "net.*": _NETWORK,
    "vectorize.*": _NETWORK,
    # orafce and EDB
    "utl_file.*": _FILES,
    "utl_http.*": _NETWORK,
    "utl_mail.*": _NETWORK,
    "utl_smtp.*": _NETWORK,
    "utl_tcp.*": _NETWORK,
    "dbms_alert.*": _CHANGES,
    "dbms_aq*.*": _CHANGES,
    "dbms_job.*": _CHANGES,
    "dbms_lock.*": _WAITS,
    "dbms_pipe.*": _CHANGES,
    "dbms_scheduler.*": _CHANGES,
    "dbms_sql.*": _RUNS,
    "oracle_execute": _RUNS,
    # TimescaleDB
    "add_compression_policy": _CHANGES,
    "add_continuous_aggregate_policy": _CHANGES,
    "add_data_node": _CHANGES,
    "add_dimension": _CHANGES,
    "add_job": _CHANGES,
    "add_reorder_policy": _CHANGES,
    "add_retention_policy": _CHANGES,
    "alter_job": _CHANGES,
    "attach_data_node": _CHANGES,
    "attach_tablespace": _CHANGES,
    "compress_chunk": _CHANGES,
    "copy_chunk": _CHANGES,
    "create_hypertable": _CHANGES,
    "decompress_chunk": _CHANGES,
    "delete_data_node": _CHANGES,
    "delete_job": _CHANGES,
    "detach_data_node": _CHANGES,
    "detach_tablespace*": _CHANGES,
    "disable_chunk_skipping": _CHANGES,
    "distributed_exec": _RUNS,
    "drop_chunks": _CHANGES,
    "enable_chunk_skipping": _CHANGES,
    "merge_chunks": _CHANGES,
    "move_chunk": _CHANGES,
    "recompress_chunk": _CHANGES,
    "remove_*_policy": _CHANGES,
    "reorder_chunk": _CHANGES,
    "run_job": _RUNS,
    "set_adaptive_chunking": _CHANGES,
    "set_chunk_time_interval": _CHANGES,
    "set_integer_now_func": _CHANGES,
    "split_chunk": _CHANGES,
    "timescaledb_post_restore": _CHANGES,
    "timescaledb_pre_restore": _CHANGES,
    # pg_partman, queues, replication, repacking, masking
    "partman.*": _CHANGES,
    "create_parent": _CHANGES,
    "run_maintenance*": _CHANGES,
    "partition_data_*": _CHANGES,
    "undo_partition*": _CHANGES,
    "drop_partition_*": _CHANGES,
    "pgmq.*": _CHANGES,
    "pgq.*": _CHANGES,
    "pglogical.*": _SERVER,
    "bdr.*": _SERVER,
    "spock.*": _SERVER,
    "repack.*": _CHANGES,
    "squeeze.*": _CHANGES,
    "vault.create_secret": _CHANGES,
    "vault.update_secret": _CHANGES,
    "anon.add_noise_*": _CHANGES,
    "anon.anonymize_*": _CHANGES,
    "anon.init": _CHANGES,
    "anon.load*": _FILES,
    "anon.shuffle_*": _CHANGES,
    "anon.start_dynamic_masking": _CHANGES,
    "anon.stop_dynamic_masking": _CHANGES,
    # PostGIS
    "addgeometrycolumn": _CHANGES,
    "dropgeometrycolumn": _CHANGES,
    "dropgeometrytable": _CHANGES,
    "populate_geometry_columns": _CHANGES,
    "postgis_extensions_upgrade": _CHANGES,
    "topology.*": _CHANGES,
    "updategeometrysrid": _CHANGES,
}
"""Functions of extensions, as their documents list them; the catalogue check finds others."""

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
    "array_in": _CHECKS,
    "domain_in": _CHECKS,
    "record_in": _CHECKS,
    "range_in": _CHECKS,
    "multirange_in": _CHECKS,
    "pg_input_*": _CHECKS,
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
    "txid_current": "it uses up a number of a transaction",
    "pg_current_xact_id": "it uses up a number of a transaction",
    "pg_import_system_collations": _SERVER,
    "pg_log_*": _SERVER,
    "pg_prewarm": _SERVER,
    "pg_nextoid": _SERVER,
    "pg_stop_making_pinned_objects": _SERVER,
    "pg_extension_config_dump": _SERVER,
    "binary_upgrade_*": _SERVER,
    "brin_*summarize*": _SERVER,
    "gin_clean_pending_list": _SERVER,
    "pg_clear_*_stats": _CHANGES,
    "pg_restore_*_stats": _CHANGES,
    "autoprewarm_*": _SERVER,
    "heap_force_*": _CHANGES,
    "pg_truncate_visibility_map": _CHANGES,
    "pg_logfile_rotate": _SERVER,
    "postgres_fdw_disconnect*": _SERVER,
    "xslt_process": _FILES,
    **_OF_EXTENSIONS,
}

_REDSHIFT: Mapping[str, str] = {
    **_POSTGRES,
    "boost_query_priority": _SERVER,
    "cancel_*": _SERVER,
    "change_*_priority": _SERVER,
    "pg_terminate_session": _SERVER,
}

_SNOWFLAKE: Mapping[str, str] = {
    "system$*": _SERVER,
    "identifier": NAMED_BY_TEXT,
    "to_query": _RUNS,
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
    "st_regionstats": "it asks Earth Engine, and costs by what it reads",
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
    "airport_*": _NETWORK,
    "bigquery_*": _NETWORK,
    "cron": _RUNS,
    "ducklake_*": _CHANGES,
    "mongo_*": _NETWORK,
    "mssql_*": _NETWORK,
    "odbc_*": _NETWORK,
    "snowflake_*": _NETWORK,
    "start_ui*": _SERVER,
    "stop_ui*": _SERVER,
}

REFUSED: Mapping[str, Mapping[str, str]] = {
    "postgres": _POSTGRES,
    "redshift": _REDSHIFT,
    "snowflake": _SNOWFLAKE,
    "bigquery": _BIGQUERY,
    "duckdb": _DUCKDB,
}

_ALLOWED_OF_POSTGRES = frozenset(
    {
        "citus_relation_size",
        "citus_table_size",
        "citus_total_relation_size",
        "citus_version",
        "partman.check_default",
        "partman.show_partition_info",
        "partman.show_partition_name",
        "partman.show_partitions",
    }
)
ALLOWED: Mapping[str, frozenset[str]] = {
    "postgres": _ALLOWED_OF_POSTGRES,
    "redshift": _ALLOWED_OF_POSTGRES,
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
