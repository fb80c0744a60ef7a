"""A front for Postgres that stands in for Redshift: it speaks like it, and refuses what it refuses.

It reports version 8.0.2 and client_encoding UNICODE; lower-cases quoted names until the session sets
`enable_case_sensitive_identifier`; has `sysdate`, SUPER (json behind it), VARBYTE (bytea) and the views svv_tables and
svv_columns; answers FETCH of a single node with Redshift's error above 1,000 rows; refuses COPY to the client, scrollable cursors,
DEALLOCATE ALL, DISCARD, the types and clauses that Redshift lacks, and settings that it does not know. What
a real cluster does beyond this, see README.md.

It runs on a thread of the tests, on loopback; a refused statement fails inside the real server, so that the state of the
transaction stays true.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.servers.postgres import Database

__all__ = ["Redshift", "prepare", "redshift"]

REFUSED = (
    (r"^\s*deallocate\s+all", "42601", 'syntax error at or near "ALL"'),
    (r"\bcopy\b.*\bto\s+stdout", "0A000", "COPY TO STDOUT is not supported"),
    (r"\bcopy\b.*\bfrom\s+stdin", "0A000", "COPY FROM STDIN is not supported"),
    (
        r"^\s*declare\b[^(]*?\b(scroll|with\s+hold|insensitive|binary)\b.*?\bcursor\b",
        "0A000",
        "DECLARE option not supported",
    ),
    (r"\bpg_cursors\b|\bpg_prepared_statements\b", "42P01", "relation does not exist"),
    (r"\bdiscard\b", "42601", 'syntax error at or near "DISCARD"'),
    (r"\bpg_stat_ssl\b|\bpg_stat_wal_receiver\b|\bpg_is_in_recovery\b", "42883", "function does not exist"),
    (r"\bwith\s+ordinality\b", "42601", 'syntax error at or near "WITH ORDINALITY"'),
    (r"\b(jsonb|bytea)\b", "0A000", "type not supported"),
    (r"\bon\s+conflict\b|\bfor\s+update\b", "42601", "syntax error"),
    (
        r"default_transaction_read_only|idle_in_transaction_session_timeout|lock_timeout|client_connection_check_interval",
        "42704",
        "unrecognized configuration parameter",
    ),
    (r"^\s*savepoint\b", "0A000", "SAVEPOINT is not supported"),
)
SINGLE_NODE = "Fetch size {size} exceeds the limit of 1000 for a single node configuration. Reduce the client fetch/cache size or upgrade to a multi node installation."
"""As users of single-node clusters report it; Amazon documents the limit, not the text
(https://docs.aws.amazon.com/redshift/latest/dg/declare.html#declare-constraints).
"""
VERSION = "'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.98765'::varchar"
REWRITTEN = (
    (r"\bversion\(\)", VERSION),
    (r"\bsysdate\b", "(now() AT TIME ZONE 'UTC')"),
    (r"\bsuper\b", "json"),
    (r"\bvarbyte\b", "bytea"),
    (r"\b(set|show)\s+(enable_case_sensitive_identifier|query_group)\b", r"\1 redshift.\2"),
)
TYPES = {114: 4000, 17: 6551}  # json is SUPER, bytea VARBYTE
ASKS_FOR_TLS = 80877103, 80877104
CANCELS = 80877102
VIEWS = (
    "SET allow_system_table_mods = on",
    (
        "CREATE VIEW pg_catalog.svv_tables AS SELECT table_catalog, table_schema, table_name, table_type, NULL::text AS remarks"
        " FROM information_schema.tables"
    ),
    (
        "CREATE VIEW pg_catalog.svv_columns AS SELECT table_catalog, table_schema, table_name, column_name, ordinal_position,"
        " CASE data_type WHEN 'json' THEN 'super' WHEN 'bytea' THEN 'binary varying' ELSE data_type END AS data_type,"
        " character_maximum_length, numeric_precision, numeric_scale FROM information_schema.columns"
    ),
    "GRANT SELECT ON pg_catalog.svv_tables, pg_catalog.svv_columns TO PUBLIC",
)


def prepare(database: Database) -> None:
    """Return a database the views of Redshift's catalogue."""
    database.execute(*VIEWS)


@dataclass(slots=True)
class Redshift:
    """A running front. `nodes` is how many nodes it says to have; `seen` the statements that clients sent.

    With `refuses`, nobody is let in: who comes is told that text.
    """

    target: tuple[str, int]
    port: int = 0
    nodes: int = 2
    refuses: str = ""
    seen: list[str] = field(default_factory=list)
    host: str = "127.0.0.1"


@contextlib.contextmanager
def redshift(host: str, port: int) -> Iterator[Redshift]:
    """Start a front for a Postgres, and stop it afterwards."""
    front = Redshift((host, port))
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda *streams: _Conversation(front, *streams).hold(), "127.0.0.1", 0)
        front.port = server.sockets[0].getsockname()[1]
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()

    async def until_stopped() -> None:
        main.append(asyncio.ensure_future(serve()))
        await main[0]
        held = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)

    main: list[asyncio.Future[None]] = []
    thread = threading.Thread(target=loop.run_until_complete, args=(until_stopped(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield front
    finally:
        loop.call_soon_threadsafe(main[0].cancel)
        thread.join(10)
        loop.close()


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


class _Conversation:
    """One client, and its own connection to Postgres."""

    def __init__(self, front: Redshift, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.front = front
        self.client, self.to_client = client, to_client
        self.is_skipping = False
        self.keeps_case = False
        self.has_encoding = False

    async def hold(self) -> None:
        to_server = None
        try:
            opening = await self._opening()
            if self.front.refuses:
                self.to_client.write(message(b"E", f"SFATAL\0CXX000\0M{self.front.refuses}\0\0".encode()))
                await self.to_client.drain()
                return
            server, to_server = await asyncio.open_connection(*self.front.target)
            to_server.write(opening)
            if struct.unpack("!I", opening[4:8])[0] == CANCELS:
                await to_server.drain()
                await server.read()
                return
            ways = [asyncio.ensure_future(self._upwards(to_server)), asyncio.ensure_future(self._downwards(server))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for writer in (to_server, self.to_client):
                if writer is not None:
                    writer.close()

    async def _opening(self) -> bytes:
        """Read the first message, refusing TLS; return it as Postgres is sent it."""
        while True:
            size = struct.unpack("!I", await self.client.readexactly(4))[0]
            body = await self.client.readexactly(size - 4)
            code = struct.unpack("!I", body[:4])[0]
            if code not in ASKS_FOR_TLS:
                break
            self.to_client.write(b"N")
        self.has_encoding = b"client_encoding" in body
        return struct.pack("!I", size) + body

    async def _upwards(self, to_server: asyncio.StreamWriter) -> None:
        while True:
            kind, body = await read_message(self.client)
            if self.is_skipping:
                if kind != b"S":
                    continue
                self.is_skipping = False
            if kind in b"QP":
                name, sql, rest = self._parts(kind, body)
                self.front.seen.append(sql)
                if fault := self._fault(sql):
                    to_server.write(self._failing(kind, *fault))
                    self.is_skipping = kind == b"P"
                    await to_server.drain()
                    continue
                body = name + self._rewritten(sql).encode() + rest
            to_server.write(message(kind, body))
            await to_server.drain()

    @staticmethod
    def _parts(kind: bytes, body: bytes) -> tuple[bytes, str, bytes]:
        """Split a Query or a Parse message into what stands before its statement, the statement, and what stands behind."""
        start = 0 if kind == b"Q" else body.index(b"\0") + 1
        end = body.index(b"\0", start)
        return body[:start], body[start:end].decode("utf-8", "replace"), body[end:]

    def _fault(self, sql: str) -> tuple[str, str] | None:
        lowered = sql.lower()
        asked = re.match(r"\s*fetch\s+forward\s+(\d+)", lowered)
        if asked and self.front.nodes == 1 and int(asked[1]) > 1000:
            return "XX000", SINGLE_NODE.format(size=asked[1])
        return next(((code, text) for pattern, code, text in REFUSED if re.search(pattern, lowered, re.DOTALL)), None)

    @staticmethod
    def _failing(kind: bytes, code: str, text: str) -> bytes:
        """Return messages that make Postgres itself fail with this error."""
        quoted = text.replace("'", "''")
        block = f"do $$begin raise exception using errcode='{code}',message='{quoted}';end$$".encode() + b"\0"
        if kind == b"Q":
            return message(b"Q", block)
        return message(b"P", b"\0" + block + b"\0\0") + message(b"B", b"\0" * 8) + message(b"E", b"\0" * 5)

    def _rewritten(self, sql: str) -> str:
        if re.search(r"(?i)set\s+enable_case_sensitive_identifier\s+to\s+true", sql):
            self.keeps_case = True
        for pattern, text in REWRITTEN:
            sql = re.sub(f"(?i){pattern}", text, sql)
        if not self.keeps_case:
            sql = re.sub(r'"[^"]*"', lambda found: found[0].lower(), sql)
        return sql

    async def _downwards(self, server: asyncio.StreamReader) -> None:
        while True:
            kind, body = await read_message(server)
            if kind == b"S":
                name, value, _ = body.split(b"\0")
                if name == b"server_version":
                    body = b"server_version\x008.0.2\0"
                if name == b"client_encoding" and not self.has_encoding:
                    body = name + b"\0UNICODE\0"
                del value
            if kind == b"T":
                body = described(body)
            self.to_client.write(message(kind, body))
            await self.to_client.drain()


def described(body: bytes) -> bytes:
    """Return a row description with Redshift's numbers of types."""
    count = struct.unpack("!H", body[:2])[0]
    found, place = bytearray(body), 2
    for _ in range(count):
        place = found.index(0, place) + 1 + 6
        oid = struct.unpack("!I", found[place : place + 4])[0]
        found[place : place + 4] = struct.pack("!I", TYPES.get(oid, oid))
        place += 12
    return bytes(found)
