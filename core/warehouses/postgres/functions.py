"""Which functions a query reaches, as the server's catalogue has them, and which of them are refused before anything runs.

A list of dangerous functions never ends, and a read-only transaction does not hold back all that a function can do: call another
server, write a file, take a lock, signal a process, make a large object. The catalogue knows more: a function that is VOLATILE may
change something; one that is SECURITY DEFINER acts with its owner's rights; one in an untrusted language can do anything. These
are refused by name unless they are known to be harmless or the source's file allows them (`allow_functions`).

Names are resolved as the server does: by the schema that is written, else in all schemas of the path; where one of several functions
of a name may be meant by the number of arguments, it counts. From there the catalogue is followed, by number and not by name, through

- operators of the types that the query has to do with (also those that IN, LIKE, CASE and USING stand for), and an aggregate's functions;
- views and row-level policies, as they are stored, however deep; default arguments; what is computed while a query of a table is
  planned: calls of IMMUTABLE functions in its indexes, checks, partitions and statistics;
- the checks of domains, wherever they stand inside of a type that is named or that a function takes or returns. Those of a column's
  type count only where a new value of it may be made: by a polymorphic function or operator, or of a string that may be an array, a row or a range.
  To read a value checks nothing, and beside a plain string a domain is its base type;
- casts made in this database: of the types that are named or that columns of the relations have, and between the server's own types;
- bodies of functions in SQL and PL/pgSQL that are no part of an extension, by all that they name. One that cannot be read so (it
  runs text, is in another language, or is very long) is refused.

All of it is asked before the server sees the query: to parse a text can run the checks of domains already.

Not followed, since only a superuser makes them: input and output of base types, operator classes, methods of TABLESAMPLE. Foreign
tables are tables that an administrator made; what lies behind them is his choice. A function that an extension declares as STABLE or
IMMUTABLE is believed; so is a body that the file allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.errors import QueryFailedError
from core.quoting.sql import quoted_identifier
from core.warehouses.postgres.names import ANY_COUNT, AS_ATTRIBUTE, AS_TYPE, OF_A_VALUE, Name, Names, names_of
from core.warehouses.postgres.session_settings import on_own_path

if TYPE_CHECKING:
    import psycopg

__all__ = ["HARMLESS", "Reached", "check_functions", "refusal"]

_BUILTINS = """
    amvalidate array_sample array_shuffle bernoulli clock_timestamp current_query currtid2 currval gen_random_uuid lastval
    pg_available_wal_summaries pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery
    pg_control_system pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version
    pg_database_size pg_get_aios pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data
    pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state
    pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused
    pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn
    pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_partition_ancestors pg_partition_tree pg_prepared_xact
    pg_relation_size pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_show_replication_origin_status pg_sleep pg_sleep_for
    pg_sleep_until pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io
    pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
    pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
    pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
    pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned
    pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size pg_total_relation_size pg_wal_summary_contents
    pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status random random_normal setseed system timeofday txid_status
    uuidv4 uuidv7
    """
HARMLESS: Mapping[str, frozenset[str]] = {
    "": frozenset(_BUILTINS.split()),
    "citus": frozenset({"citus_relation_size", "citus_table_size", "citus_total_relation_size", "citus_version"}),
    "pg_buffercache": frozenset(
        {"pg_buffercache_pages", "pg_buffercache_summary", "pg_buffercache_usage_counts", "pg_buffercache_numa_pages"}
    ),
    "pg_freespacemap": frozenset({"pg_freespace"}),
    "pg_stat_statements": frozenset({"pg_stat_statements", "pg_stat_statements_info"}),
    "pg_uuidv7": frozenset({"uuid_generate_v7"}),
    "pg_visibility": frozenset({"pg_visibility", "pg_visibility_map", "pg_visibility_map_summary"}),
    "pgcrypto": frozenset(
        [
            "gen_random_bytes",
            "gen_random_uuid",
            "gen_salt",
            "pgp_pub_encrypt",
            "pgp_pub_encrypt_bytea",
            "pgp_sym_encrypt",
            "pgp_sym_encrypt_bytea",
        ]
    ),
    "pgrowlocks": frozenset({"pgrowlocks"}),
    "pgstattuple": frozenset(
        ["pg_relpages", "pgstatginindex", "pgstathashindex", "pgstatindex", "pgstattuple", "pgstattuple_approx"]
    ),
    "postgis": frozenset({"st_generatepoints"}),
    "sslinfo": frozenset(
        [
            "ssl_cipher",
            "ssl_client_cert_present",
            "ssl_client_dn",
            "ssl_client_dn_field",
            "ssl_client_serial",
            "ssl_extension_info",
            "ssl_is_used",
            "ssl_issuer_dn",
            "ssl_issuer_field",
            "ssl_version",
        ]
    ),
    "tablefunc": frozenset({"normal_rand"}),
    "timescaledb": frozenset(
        [
            "approximate_row_count",
            "chunk_columnstore_stats",
            "chunk_compression_stats",
            "chunks_detailed_size",
            "hypertable_approximate_size",
            "hypertable_approximate_detailed_size",
            "hypertable_columnstore_stats",
            "hypertable_compression_stats",
            "hypertable_detailed_size",
            "hypertable_index_size",
            "hypertable_size",
            "interpolate",
            "locf",
            "show_chunks",
            "time_bucket_gapfill",
        ]
    ),
    "tsm_system_rows": frozenset({"system_rows"}),
    "ulid": frozenset({"gen_monotonic_ulid", "gen_ulid"}),
    "uuid-ossp": frozenset({"uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"}),
}
"""VOLATILE functions that change nothing outside their session, by extension ("" for the server's own, as of 15 and 18).

pg_sleep stands here, too: it is refused in a query's text, where it only waits, but a view that calls it changes nothing.
"""

_LONGEST_BODY = 100_000
"""Characters of a body that is read; a longer one is refused."""

_LONGEST_NAME = 63

_NODES = r":(funcid|aggfnoid|winfnoid|opno|eqop|sortop|relid|resulttype|funcresulttype) (\d+)"
"""Numbers of functions, operators, relations and types in a stored tree (https://github.com/postgres/postgres nodes/primnodes.h)."""

_IN_SCHEMA = (
    "(n.nspname = w.schema OR (w.schema = 'pg_temp' AND n.nspname ~ '^pg_temp_')"
    f" OR (w.schema IN ('', '{OF_A_VALUE}') AND (w.anywhere OR {{of}} IN (SELECT oid FROM path))))"
)
"""That a name is looked up there. All temporary schemas count: behind a pooler, the query may run beside what another client left."""
_PLANNED = """
        SELECT part.tree FROM pg_index AS i CROSS JOIN unnest(ARRAY[i.indexprs::text, i.indpred::text]) AS part(tree)
        WHERE r.kind = 'r' AND i.indrelid = r.oid
        UNION ALL
        SELECT c.conbin::text FROM pg_constraint AS c WHERE r.kind = 'r' AND c.conrelid = r.oid AND c.contype = 'c'
        UNION ALL
        SELECT k.partexprs::text FROM pg_partitioned_table AS k WHERE r.kind = 'r' AND k.partrelid = r.oid
        UNION ALL
        SELECT to_jsonb(s) ->> 'stxexprs' FROM pg_statistic_ext AS s WHERE r.kind = 'r' AND s.stxrelid = r.oid
"""
"""Expressions that are simplified while a query of a table is planned."""

REACHED = rf"""
WITH RECURSIVE
  path AS (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = ANY (%(path)s::name[]) OR n.nspname ~ '^pg_temp_'),
  words AS (SELECT DISTINCT w.schema::name, w.name::name, w.arguments, w.is_type, w.via, w.anywhere
            FROM unnest(%(schemas)s::text[], %(names)s::text[], %(arguments)s::int4[], %(types)s::bool[], %(vias)s::text[],
                        %(anywhere)s::bool[]) AS w(schema, name, arguments, is_type, via, anywhere)),
  polymorphic AS (SELECT t.oid FROM pg_type AS t WHERE t.oid < 16384 AND t.typname ~ '^any.'),
  cast_rows AS (SELECT DISTINCT c.casttarget AS oid FROM pg_cast AS c JOIN pg_type AS t ON t.oid IN (c.castsource, c.casttarget)
                WHERE c.oid >= 16384 AND c.castcontext = 'i' AND t.typtype = 'c'),
  operators AS (SELECT DISTINCT o.oid, o.oprname, o.oprleft, o.oprright
                FROM unnest(%(operator_schemas)s::name[], %(operator_names)s::name[], %(operators_anywhere)s::bool[])
                     AS w(schema, name, anywhere)
                JOIN pg_operator AS o ON o.oprname = w.name JOIN pg_namespace AS n ON n.oid = o.oprnamespace
                WHERE o.oid >= 16384 AND {_IN_SCHEMA.format(of="o.oprnamespace")}),
  makes AS (SELECT %(containers)s OR EXISTS (
              SELECT FROM words AS w JOIN pg_proc AS p ON p.proname = w.name
              WHERE (w.arguments = {ANY_COUNT} OR w.arguments >= 2 OR (w.arguments <> {AS_TYPE} AND p.oid >= 16384))
                AND p.proargtypes::oid[] && ARRAY(SELECT oid FROM polymorphic)
            ) OR EXISTS (
              SELECT FROM operators AS o WHERE o.oprleft IN (SELECT oid FROM polymorphic) OR o.oprright IN (SELECT oid FROM polymorphic)
            ) AS values),
  start(kind, oid, via) AS (
    SELECT 'f', p.oid, w.via
    FROM words AS w
    JOIN pg_proc AS p ON p.proname = w.name
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    LEFT JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
    WHERE ({_IN_SCHEMA.format(of="p.pronamespace")}
           OR (w.arguments = {AS_ATTRIBUTE} AND w.schema <> '' AND (w.anywhere OR p.pronamespace IN (SELECT oid FROM path))))
      AND CASE w.arguments
            WHEN {ANY_COUNT} THEN true
            WHEN {AS_TYPE} THEN false
            WHEN {AS_ATTRIBUTE} THEN w.schema <> '' AND p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
                 AND (p.proargtypes[0] IN (SELECT oid FROM cast_rows) OR EXISTS (
                        SELECT FROM pg_type AS t WHERE t.oid = p.proargtypes[0] AND (w.schema = '{OF_A_VALUE}' OR t.typtype IN ('c', 'd', 'p'))
                          AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attname = w.name)))
            ELSE a.aggfnoid IS NOT NULL OR p.provariadic <> 0
                 OR w.arguments BETWEEN p.pronargs - p.pronargdefaults AND p.pronargs END
    UNION ALL
    SELECT 'o', o.oid, 'the operator ' || o.oprname FROM operators AS o WHERE o.oprleft < 16384 AND o.oprright < 16384
    UNION ALL
    SELECT 'r', r.oid, CASE WHEN w.via <> '' THEN w.via WHEN r.relkind = 'v' THEN 'the view ' || r.oid::regclass::text
                            ELSE 'the table ' || r.oid::regclass::text END
    FROM words AS w JOIN pg_class AS r ON r.relname = w.name JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE w.arguments <> {AS_TYPE} AND r.relkind IN ('v', 'r', 'p', 'm', 'f') AND {_IN_SCHEMA.format(of="r.relnamespace")}
    UNION ALL
    SELECT CASE WHEN w.is_type OR t.typtype <> 'c' THEN 't' ELSE 'c' END, t.oid,
           CASE WHEN w.via <> '' THEN w.via ELSE 'the type ' || t.oid::regtype::text END
    FROM words AS w JOIN pg_type AS t ON t.typname = w.name JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.oid >= 16384 AND {_IN_SCHEMA.format(of="t.typnamespace")}
    UNION ALL
    SELECT 'f', c.castfunc, 'the cast from ' || c.castsource::regtype::text || ' to ' || c.casttarget::regtype::text
    FROM pg_cast AS c WHERE c.oid >= 16384 AND c.castfunc >= 16384 AND c.castsource < 16384 AND c.casttarget < 16384
  ),
  reached(kind, oid, via) AS (
    SELECT kind, oid, via FROM start
    UNION
    SELECT next.kind, next.oid, CASE WHEN r.via = '' OR (r.kind IN ('t', 'c') AND next.via <> '') THEN next.via ELSE r.via END
    FROM reached AS r CROSS JOIN LATERAL (
      SELECT 'f' AS kind, o.oprcode::oid AS oid, '' AS via FROM pg_operator AS o WHERE r.kind = 'o' AND o.oid = r.oid AND o.oid >= 16384
      UNION ALL
      SELECT 'f', part.oid, 'the aggregate ' || a.aggfnoid::oid::regproc::text
      FROM pg_aggregate AS a
      CROSS JOIN unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                              a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]) AS part(oid)
      WHERE r.kind = 'f' AND r.oid >= 16384 AND a.aggfnoid = r.oid AND part.oid <> 0
      UNION ALL
      SELECT CASE found[1] WHEN 'relid' THEN 'r' WHEN 'resulttype' THEN 't' WHEN 'funcresulttype' THEN 't' WHEN 'opno' THEN 'o'
                           WHEN 'eqop' THEN 'o' WHEN 'sortop' THEN 'o' ELSE 'f' END, found[2]::oid, stored.via
      FROM (
        SELECT w.ev_action::text AS tree, '' AS via FROM pg_rewrite AS w WHERE r.kind = 'r' AND w.ev_class = r.oid AND w.ev_type = '1'
        UNION ALL
        SELECT y.polqual::text, '' FROM pg_policy AS y WHERE r.kind = 'r' AND y.polrelid = r.oid AND y.polqual IS NOT NULL
        UNION ALL
        SELECT v.adbin::text, '' FROM pg_attrdef AS v JOIN pg_attribute AS a ON a.attrelid = v.adrelid AND a.attnum = v.adnum
        WHERE r.kind = 'r' AND v.adrelid = r.oid AND to_jsonb(a) ->> 'attgenerated' = 'v'
        UNION ALL
        SELECT c.conbin::text, '' FROM pg_constraint AS c WHERE r.kind = 't' AND c.contypid = r.oid
        UNION ALL
        SELECT part.tree, 'the function ' || p.oid::regproc::text
        FROM pg_proc AS p CROSS JOIN unnest(ARRAY[p.proargdefaults::text, to_jsonb(p) ->> 'prosqlbody']) AS part(tree)
        WHERE r.kind = 'f' AND p.oid = r.oid AND p.oid >= 16384
      ) AS stored, regexp_matches(stored.tree, '{_NODES}', 'g') AS found
      WHERE found[1] NOT IN ('resulttype', 'funcresulttype') OR found[2]::int8 >= 16384
      UNION ALL
      SELECT 'f', p.oid, ''
      FROM ({_PLANNED}) AS planned, regexp_matches(planned.tree, ':(funcid|opfuncid) (\d+)', 'g') AS found
      JOIN pg_proc AS p ON p.oid = found[2]::oid
      WHERE p.oid >= 16384 AND p.provolatile = 'i'
      UNION ALL
      SELECT 'f', o.oprcode::oid, ''
      FROM ({_PLANNED}) AS planned, regexp_matches(planned.tree, ':opno (\d+)', 'g') AS found
      JOIN pg_operator AS o ON o.oid = found[1]::oid JOIN pg_proc AS p ON p.oid = o.oprcode::oid
      WHERE o.oid >= 16384 AND p.provolatile = 'i'
      UNION ALL
      SELECT 'r', i.inhrelid, '' FROM pg_inherits AS i WHERE r.kind = 'r' AND i.inhparent = r.oid
      UNION ALL
      SELECT 't', d.refobjid, ''
      FROM (
        SELECT 'pg_rewrite'::regclass AS class, w.oid FROM pg_rewrite AS w WHERE r.kind = 'r' AND w.ev_class = r.oid
        UNION ALL
        SELECT 'pg_policy'::regclass, y.oid FROM pg_policy AS y WHERE r.kind = 'r' AND y.polrelid = r.oid
        UNION ALL
        SELECT 'pg_attrdef'::regclass, v.oid FROM pg_attrdef AS v WHERE r.kind = 'r' AND v.adrelid = r.oid
        UNION ALL
        SELECT 'pg_constraint'::regclass, c.oid FROM pg_constraint AS c WHERE r.kind = 't' AND c.contypid = r.oid
        UNION ALL
        SELECT 'pg_proc'::regclass, r.oid WHERE r.kind = 'f' AND r.oid >= 16384
      ) AS stored JOIN pg_depend AS d ON d.classid = stored.class AND d.objid = stored.oid
      WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid >= 16384
      UNION ALL
      SELECT CASE WHEN makes.values THEN 't' ELSE 'c' END, a.atttypid, '' FROM makes JOIN pg_attribute AS a ON true
      WHERE r.kind = 'r' AND a.attrelid = r.oid AND a.attnum > 0 AND a.atttypid >= 16384
      UNION ALL
      SELECT part.kind, part.oid, ''
      FROM (SELECT g.*, coalesce((to_jsonb(g) ->> 'rngmultitypid')::oid, 0) AS many FROM pg_range AS g) AS g
      CROSS JOIN LATERAL (VALUES (r.kind, g.rngtypid), (r.kind, g.rngsubtype), (r.kind, g.many), ('f', g.rngcanonical::oid),
                                 ('f', g.rngsubdiff::oid)) AS part(kind, oid)
      WHERE r.kind IN ('t', 'c') AND part.oid >= 16384 AND r.oid IN (g.rngtypid, g.many)
      UNION ALL
      SELECT r.kind, part.oid, '' FROM pg_type AS t CROSS JOIN unnest(ARRAY[t.typbasetype, t.typelem, t.typarray]) AS part(oid)
      WHERE r.kind IN ('t', 'c') AND t.oid = r.oid AND part.oid >= 16384
      UNION ALL
      SELECT r.kind, a.atttypid, '' FROM pg_type AS t JOIN pg_attribute AS a ON a.attrelid = t.typrelid
      WHERE r.kind IN ('t', 'c') AND t.oid = r.oid AND a.attnum > 0 AND a.atttypid >= 16384
      UNION ALL
      SELECT 'o', o.oid, 'the operator ' || o.oprname FROM operators AS o
      WHERE r.kind IN ('t', 'c') AND (o.oprleft = r.oid OR o.oprright = r.oid)
      UNION ALL
      SELECT 'f', c.castfunc, 'the cast from ' || c.castsource::regtype::text || ' to ' || c.casttarget::regtype::text
      FROM pg_cast AS c
      WHERE r.kind IN ('t', 'c') AND c.castfunc >= 16384 AND (c.castsource = r.oid OR c.casttarget = r.oid)
      UNION ALL
      SELECT 't', part.oid, '' FROM pg_proc AS p
      CROSS JOIN unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{{}}'::oid[])) AS part(oid)
      WHERE r.kind = 'f' AND p.oid = r.oid AND part.oid >= 16384
    ) AS next
  )
SELECT DISTINCT n.nspname::text, p.proname::text, r.via, p.provolatile = 'v', p.prosecdef, l.lanname::text,
       l.lanpltrusted OR l.lanname IN ('internal', 'c'), coalesce(x.extname::text, ''),
       p.oid < 16384 AND n.nspname IN ('pg_catalog', 'information_schema'),
       CASE WHEN p.oid >= 16384 AND x.oid IS NULL AND l.lanname NOT IN ('internal', 'c') THEN left(p.prosrc, {_LONGEST_BODY + 1}) END,
       coalesce(p.proconfig::text, ''), coalesce(p.proargnames, '{{}}'::text[])
FROM (SELECT oid, min(via) AS via FROM reached WHERE kind = 'f' GROUP BY oid) AS r
JOIN pg_proc AS p ON p.oid = r.oid
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
LEFT JOIN pg_extension AS x ON x.oid = d.refobjid
WHERE p.provolatile = 'v' OR p.prosecdef OR NOT (l.lanpltrusted OR l.lanname IN ('internal', 'c'))
   OR p.proname ~ %(refused)s OR (p.oid >= 16384 AND x.oid IS NULL AND l.lanname NOT IN ('internal', 'c'))
ORDER BY 3, 1, 2
"""
"""One question for a query. Numbers from 16384 on are those of what was made in the database, not by initdb."""


PLAINLY = b"""
    SELECT pg_catalog.set_config('join_collapse_limit', '1', true), pg_catalog.set_config('from_collapse_limit', '1', true),
           CASE WHEN pg_catalog.current_setting('jit', true) IS NOT NULL THEN pg_catalog.set_config('jit', 'off', true) END
"""
"""Keeps the server from looking for a better order of the joins, and from compiling them, which took most of the time.

It holds for the transaction that describes; the query itself runs by another connection.
"""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A function that a query reaches, as the catalogue has it; `via` is what it is reached through, "" for the text itself."""

    schema: str
    name: str
    via: str
    is_volatile: bool
    is_definer: bool
    language: str
    is_trusted: bool
    extension: str
    is_builtin: bool
    body: str | None = None
    settings: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """Its name as `allow_functions` has it: a part with a dot stands in quotes."""
        return ".".join(quoted_identifier(part) if "." in part else part for part in (self.schema, self.name))

    @property
    def is_readable(self) -> bool:
        """Whether all that its body calls can be found in its text."""
        if self.body is None:
            return True
        if self.language not in ("sql", "plpgsql") or "standard_conforming_strings" in self.settings:
            return False
        if len(self.body) > _LONGEST_BODY:
            return False
        names = self.names
        return names.escaped is None and all(word.name != "execute" for word in names.words)

    @cached_property
    def names(self) -> Names:
        """What its body names."""
        return names_of(self.body or "", self.arguments)


def check_functions(connection: psycopg.Connection[Any], sql: str, allowed: Sequence[str], where: str) -> None:
    """Ask the catalogue which functions a query reaches. Raises QueryFailedError with the name of one that is refused."""
    names = names_of(sql)
    if names.escaped is not None:
        raise QueryFailedError(
            'A name is written as U&"...", which hides what it names.',
            offset=names.escaped,
            where=where,
            remedy="Write the name itself.",
        )
    texts = [_Text(names=names, anywhere=names.is_doubtful)]
    with on_own_path(connection) as path:
        connection.execute(PLAINLY)
        while True:
            reached = _reached(connection, path, texts)
            bodies = list(_bodies(reached, allowed))
            if all(each in texts for each in bodies):
                break
            texts = [texts[0], *bodies]
    error = refusal(reached, allowed, names.words, where)
    if error is not None:
        raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a text names: the query's, or a function's body. `anywhere` says that its names may be of any schema."""

    names: Names
    via: str = ""
    anywhere: bool = False


def _bodies(reached: Sequence[Reached], allowed: Sequence[str]) -> Iterator[_Text]:
    """Yield the bodies that have to be read. A function that sets a path sets it for all that it calls, too."""
    sets_path = any("search_path=" in each.settings for each in reached)
    for each in reached:
        is_read = each.body and not each.is_volatile and not each.is_definer and each.full_name not in allowed
        if is_read and each.is_readable:
            names = each.names
            yield _Text(names=names, via=f"the function {each.full_name}", anywhere=sets_path or names.is_doubtful)


def _reached(connection: psycopg.Connection[Any], path: Sequence[str], texts: Sequence[_Text]) -> list[Reached]:
    words = list(
        dict.fromkeys(
            (word.schema, word.name, word.arguments, word.may_be_type or text.via != "", text.via, text.anywhere)
            for text in texts
            for word in text.names.words
        )
    )
    operators = list(
        dict.fromkeys((each.schema, each.name, text.anywhere) for text in texts for each in text.names.operators)
    )
    columns = zip(*words, strict=True) if words else [()] * 6
    of_operators = zip(*operators, strict=True) if operators else [()] * 3
    asked = dict(zip(("schemas", "names", "arguments", "types", "vias", "anywhere"), map(list, columns), strict=True))
    asked |= dict(
        zip(("operator_schemas", "operator_names", "operators_anywhere"), map(list, of_operators), strict=True)
    )
    rows = connection.execute(
        REACHED.encode(),
        {
            **asked,
            "path": path,
            "containers": any(text.names.has_containers for text in texts),
            "refused": _refused_names(),
        },
    ).fetchall()
    return [
        Reached(
            schema=schema,
            name=name,
            via=via,
            is_volatile=is_volatile,
            is_definer=is_definer,
            language=language,
            is_trusted=is_trusted,
            extension=extension,
            is_builtin=is_builtin,
            body=body,
            settings=settings,
            arguments=tuple(arguments),
        )
        for schema, name, via, is_volatile, is_definer, language, is_trusted, extension, is_builtin, body, settings, arguments in rows
    ]


def refusal(
    reached: Sequence[Reached], allowed: Sequence[str], words: Sequence[Name], where: str
) -> QueryFailedError | None:
    """Return the error that names the first function that is refused, and the line that allows them all."""
    refused = {each.full_name: (each, reason) for each in reached if (reason := _reason(each, allowed))}
    if not refused:
        return None
    first, reason = next(iter(refused.values()))
    via = f", which {first.via} calls," if first.via else ""
    offset = None if first.via else next((word.start for word in words if _is_cut_to(word.name, first.name)), None)
    lines = sorted({*allowed, *(name for name, (each, _) in refused.items() if _may_be_allowed(each))})
    allow = f"allow_functions = [{', '.join(map(_quoted, lines))}]"
    remedy = (
        f"Leave it out. If you know that it only reads, put this line into the source's file: {allow}"
        if _may_be_allowed(first)
        else "Leave it out: Backhaul never runs it."
    )
    return QueryFailedError(
        f"The function {first.full_name}{via} is refused: {reason}.", offset=offset, where=where, remedy=remedy
    )


def _reason(function: Reached, allowed: Sequence[str]) -> str:
    """Say why a function is refused, or nothing."""
    from core.query.dangerous import reason_to_refuse  # it brings sqlglot, which whoever has a query has

    if function.name in HARMLESS.get(function.extension, ()) and (function.is_builtin or function.extension):
        return ""
    if _may_be_allowed(function) and function.full_name in allowed:
        return ""
    listed = reason_to_refuse("postgres", (function.schema, function.name))
    if listed and (
        function.is_builtin or function.extension
    ):  # of somebody's own function the catalogue knows more than its name
        return listed
    if function.is_definer and not function.is_builtin:
        return "it is SECURITY DEFINER, so it acts with the rights of its owner"
    if re.search(r"\b(role|session_authorization)=", function.settings):
        return "it acts as another role"
    if function.is_volatile:
        return "it is VOLATILE, so it may change something"
    if not function.is_trusted:
        return f"its language {function.language} is not trusted, so it can do anything"
    return "" if function.is_readable else "it runs text or is written in a way that cannot be checked"


def _is_cut_to(written: str, name: str) -> bool:
    """Tell whether the server may have cut a written name to this one: to 63 bytes, in its own encoding."""
    return written == name or (written.startswith(name) and len(written.encode()) > _LONGEST_NAME)


def _may_be_allowed(function: Reached) -> bool:
    from core.query.dangerous import reason_to_refuse

    return not (function.is_builtin and reason_to_refuse("postgres", (function.schema, function.name)))


def _refused_names() -> str:
    """Return the list of dangerous names as one pattern for Postgres; those behind a schema by their last part."""
    from core.query.dangerous import REFUSED

    return f"^({'|'.join(sorted(set(_patterns(REFUSED['postgres']))))})$"


def _patterns(names: Mapping[str, str]) -> Iterator[str]:
    for name in names:
        last = name.rpartition(".")[2]
        if last != "*":
            yield re.escape(last).replace(r"\*", ".*")


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
