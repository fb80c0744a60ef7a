"""The server: what of Snowflake's REST service its driver uses, on loopback, and `/_control` for the tests.

Started as `python -m tests.servers.snowflake.serve PORT_FILE`; it takes a free port, writes it into the file, and ends
with the process that started it. Two comments in a statement change how its result is delivered: `/* slow chunks */`
gives small chunks half a second apart, `/* broken chunks */` breaks the connection at each chunk after the first.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import secrets
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.serving import body_of, end_with_parent, serve
from tests.servers.snowflake import accounts, vendor, wire
from tests.servers.snowflake.accounts import RefusedError, User
from tests.servers.snowflake.engine import Engine, Outcome, Session, Statement
from tests.servers.snowflake.vendor import VendorError

IN_PROGRESS = "333334"
LONG_POLL = 2.0
SLOW_ROWS = 1_000
SLOW_SECONDS = 0.5


@dataclass
class Running:
    """A statement that was sent: the request that began it, what became of it, and the chunks of its result."""

    statement: Statement
    request: str
    chunks: list[str] = field(default_factory=list)
    task: asyncio.Task[dict[str, Any]] | None = None
    reply: dict[str, Any] | None = None


@dataclass
class Chunk:
    body: bytes
    slow: bool = False
    broken: bool = False


@dataclass
class Service:
    """All that the server knows."""

    engine: Engine = field(default_factory=Engine)
    users: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    queries: dict[str, Running] = field(default_factory=dict)
    chunks: dict[str, Chunk] = field(default_factory=dict)
    logins: list[dict[str, Any]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)


SERVICE = Service()


def answered(
    data: Any = None, code: str | None = None, message: str | None = None, *, status: int = 200
) -> JSONResponse:
    good = code is None or code == IN_PROGRESS
    body = {"data": data, "code": code, "message": message, "success": good}
    return JSONResponse(body | ({} if good else {"headers": None}), status_code=status)


def session_of(request: Request) -> Session:
    token = request.headers.get("authorization", "").removeprefix('Snowflake Token="').removesuffix('"')
    if token not in SERVICE.sessions:
        raise VendorError("390104", "User must login again to access the service.", status=401)
    return SERVICE.sessions[token]


def refused(error: VendorError) -> JSONResponse:
    data = {"errorCode": error.code, "sqlState": error.state, "internalError": False, "queryId": str(uuid.uuid4())}
    return answered(data, error.code, error.message, status=error.status)


async def login(request: Request) -> JSONResponse:
    data = (await body_of(request))["data"]
    SERVICE.logins.append({key: data.get(key) for key in ("ACCOUNT_NAME", "LOGIN_NAME", "AUTHENTICATOR", "TOKEN")})
    if str(data.get("ACCOUNT_NAME", "")).upper().split(".")[0] != accounts.ACCOUNT:
        return answered(None, "390404", "Not Found", status=404)
    asked = {
        name: (request.query_params.get(name) or "").strip('"').upper()
        for name in ("databaseName", "schemaName", "warehouse", "roleName")
    }
    try:
        user = accounts.verify(SERVICE.users, data)
        role = role_of(user, asked["roleName"])
    except RefusedError as error:
        next_step = {"nextAction": "RETRY_LOGIN", "authnMethod": "USERNAME_PASSWORD", "signInOptions": {}}
        return answered(next_step, error.code, error.message)
    session = session_for(user, role, asked, data)
    token = secrets.token_urlsafe(32)
    SERVICE.sessions[token] = session
    return answered(welcome(session, token))


def role_of(user: User, asked: str) -> str:
    """Return the role that a session of the user has. Raises RefusedError where the one that it asks for is not granted."""
    role = asked or user.roles[0]
    if role not in user.roles:
        text = (
            f"Role '{role}' specified in the connect string does not exist or not authorized. "
            "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC."
        )
        raise RefusedError("390189", text)
    return role


def session_for(user: User, role: str, asked: dict[str, str], data: dict[str, Any]) -> Session:
    """Begin a session; of the warehouse, database and schema that it asks for, it has in use what the user may use."""
    database = asked["databaseName"] if asked["databaseName"] not in user.hidden else None
    schema = asked["schemaName"] if f"{database}.{asked['schemaName']}" not in user.hidden else None
    given = {name.upper(): str(value) for name, value in (data.get("SESSION_PARAMETERS") or {}).items()}
    session = Session(
        user=user,
        name=str(data.get("LOGIN_NAME") or "").upper(),
        role=role,
        warehouse=asked["warehouse"] if asked["warehouse"] in user.warehouses else None,
        parameters={"TIMEZONE": "America/Los_Angeles"} | user.parameters | given,
    )
    SERVICE.engine.use(session, database or "", schema or "")
    return session


def welcome(session: Session, token: str) -> dict[str, Any]:
    """Return what Snowflake tells whom it has let in."""
    return {
        "token": token,
        "masterToken": secrets.token_urlsafe(32),
        "validityInSeconds": 3600,
        "masterValidityInSeconds": 14400,
        "displayUserName": session.name,
        "serverVersion": "9.30.0",
        "firstLogin": False,
        "remMeToken": None,
        "remMeValidityInSeconds": 0,
        "healthCheckInterval": 45,
        "sessionId": time.time_ns() // 1000,
        "newClientForUpgrade": None,
        "idToken": None,
        "idTokenValidityInSeconds": 0,
        "parameters": [{"name": "AUTOCOMMIT", "value": True}, *parameters(session)],
        "sessionInfo": session_info(session),
    }


def parameters(session: Session) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in session.parameters.items()]


def session_info(session: Session) -> dict[str, Any]:
    names = {"databaseName": session.database, "schemaName": session.schema}
    return names | {"warehouseName": session.warehouse, "roleName": session.role}


async def query(request: Request) -> JSONResponse:
    body = await body_of(request)
    try:
        session = session_of(request)
        if body.get("describeOnly"):
            outcome = await run_in_threadpool(SERVICE.engine.describe, session, body["sqlText"])
            return answered(described(outcome, session))
    except VendorError as error:
        return refused(error)
    number = str(uuid.uuid4())
    statement = Statement(session, body["sqlText"])
    running = SERVICE.queries[number] = Running(statement, request.query_params.get("requestId", ""))
    SERVICE.statements.append({"sql": body["sqlText"], "parameters": dict(session.parameters)})
    running.task = asyncio.create_task(run(running, number, request.url.netloc))
    if body.get("asyncExec"):
        return in_progress(number)
    reply = await running.task
    return JSONResponse(reply)


async def run(running: Running, number: str, here: str) -> dict[str, Any]:
    """Run a statement and keep its reply."""
    statement = running.statement
    try:
        outcome = await run_in_threadpool(SERVICE.engine.run, statement)
        if statement.aborted:
            raise vendor.canceled()
        reply = json.loads(answered(delivered(outcome, running, number, here)).body)
    except VendorError as error:
        reply = json.loads(refused(error).body)
        reply["data"]["queryId"] = number
    except Exception as error:  # noqa: BLE001 -- a fault of the stand-in: it is told, not waited for
        reply = json.loads(refused(vendor.translated(error, statement.sql)).body)
    running.reply = reply
    return reply


def described(outcome: Outcome, session: Session) -> dict[str, Any]:
    return {
        "parameters": parameters(session),
        "rowtype": outcome.columns,
        "rowsetBase64": "",
        "queryResultFormat": "arrow",
        "total": 0,
        "returned": 0,
        "queryId": str(uuid.uuid4()),
        "statementTypeId": outcome.statement_type,
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": session.warehouse,
        "finalRoleName": session.role,
        "sqlState": "00000",
        "numberOfBinds": 0,
        "arrayBindSupported": False,
        "version": 1,
    }


def delivered(outcome: Outcome, running: Running, number: str, here: str) -> dict[str, Any]:
    """Return the reply of a statement: its first chunk, and where the others are."""
    session, sql = running.statement.session, running.statement.sql
    slow, broken = "/* slow chunks */" in sql, "/* broken chunks */" in sql
    rows = SLOW_ROWS if slow or broken else wire.CHUNK_ROWS
    data = described(outcome, session) | {"queryId": number, "total": outcome.table.num_rows}
    parts = wire.chunks(outcome.table, outcome.columns, rows)
    first = next(parts, None)
    if first is None:
        return data
    data |= {"rowsetBase64": base64.b64encode(first[1]).decode(), "returned": outcome.table.num_rows}
    others = []
    for count, body in parts:
        key = secrets.token_hex(8)
        SERVICE.chunks[key] = Chunk(gzip.compress(body, 1), slow, broken)
        sizes = {"uncompressedSize": len(body), "compressedSize": len(SERVICE.chunks[key].body)}
        running.chunks.append(key)
        others.append({"url": f"http://{here}/chunk/{key}", "rowCount": count, **sizes})
    return data | ({"chunks": others, "chunkHeaders": {}, "qrmk": ""} if others else {})


def in_progress(number: str) -> JSONResponse:
    data = {
        "queryId": number,
        "getResultUrl": f"/queries/{number}/result",
        "queryAbortsAfterSecs": 300,
        "progressDesc": None,
    }
    return answered(data, IN_PROGRESS, "Query execution in progress. Please try again later.")


async def result(request: Request) -> JSONResponse:
    number = request.path_params["number"]
    running = SERVICE.queries.get(number)
    if running is None or running.task is None:
        return refused(VendorError("000709", f"Statement {number} not found", "02000"))
    try:
        return JSONResponse(await asyncio.wait_for(asyncio.shield(running.task), LONG_POLL))
    except TimeoutError:
        return in_progress(number)


async def monitor(request: Request) -> JSONResponse:
    running = SERVICE.queries.get(request.path_params["number"])
    if running is None:
        return answered({"queries": []})
    reply = running.reply
    status = "RUNNING" if reply is None else "SUCCESS" if reply["success"] else "FAILED_WITH_ERROR"
    if reply is not None and reply["code"] == "000604":
        status = "ABORTED"
    told = {"errorCode": None, "errorMessage": None}
    if reply is not None and not reply["success"]:
        told = {"errorCode": reply["code"], "errorMessage": reply["message"]}
    return answered({"queries": [{"id": request.path_params["number"], "status": status, "state": status, **told}]})


async def abort(request: Request) -> JSONResponse:
    """Abort by the query's number, or by the request that began it."""
    number = request.path_params.get("number")
    wanted = (await body_of(request)).get("requestId") if number is None else None
    found = [
        running
        for key, running in SERVICE.queries.items()
        if running.reply is None and (key == number or (wanted and running.request == wanted))
    ]
    if not found:
        return refused(VendorError("000605", "Identified SQL statement is not currently executing.", "02000"))
    for running in found:
        running.statement.abort()
    return answered()


async def chunk(request: Request) -> Response:
    found = SERVICE.chunks[request.path_params["key"]]
    if found.slow:
        await asyncio.sleep(SLOW_SECONDS)
    if found.broken:
        return Response(found.body[:10], headers={"content-encoding": "gzip", "content-length": str(len(found.body))})
    return Response(found.body, headers={"content-encoding": "gzip"})


async def session(request: Request) -> JSONResponse:
    try:
        ended = session_of(request)
    except VendorError as error:
        return refused(error)
    if request.query_params.get("delete"):
        SERVICE.sessions = {token: one for token, one in SERVICE.sessions.items() if one is not ended}
        ended.end()
        forget_results(ended)
    return answered()


def forget_results(ended: Session) -> None:
    """Let go of what a session's statements gave: a benchmark would fill the memory with them."""
    for number, running in list(SERVICE.queries.items()):
        if running.statement.session is ended and running.reply is not None:
            del SERVICE.queries[number]
            for key in running.chunks:
                del SERVICE.chunks[key]


async def control(request: Request) -> JSONResponse:
    """Do what a test asks: set users, run statements as the owner, drop a database, tell what was seen."""
    body = await body_of(request)
    match request.path_params["what"]:
        case "users":
            SERVICE.users |= {name.upper(): User(**values) for name, values in body.items()}
            return answered()
        case "execute":
            try:
                rows = await run_in_threadpool(SERVICE.engine.administer, body["database"], body["statements"])
            except Exception as error:  # noqa: BLE001 -- the test is told, whatever it was
                return answered(None, "999999", f"{type(error).__name__}: {error}")
            return answered([[str(value) for value in row] for row in rows])
        case "drop":
            await run_in_threadpool(SERVICE.engine.drop, body["database"])
            return answered()
        case "forget":
            SERVICE.logins.clear()
            SERVICE.statements.clear()
            SERVICE.sessions.clear()
            return answered()
        case _:
            running = [number for number, one in SERVICE.queries.items() if one.reply is None]
            seen = {"logins": SERVICE.logins, "statements": SERVICE.statements, "running": running}
            return answered(seen | {"sessions": len(SERVICE.sessions)})


async def renew(_request: Request) -> JSONResponse:
    return answered(None, "390114", "Authentication token has expired.  The user must authenticate again.")


async def nothing(_request: Request) -> JSONResponse:
    return answered()


ROUTES = [
    Route("/session/v1/login-request", login, methods=["POST"]),
    Route("/session", session, methods=["POST"]),
    Route("/session/heartbeat", session, methods=["POST"]),
    Route("/queries/v1/query-request", query, methods=["POST"]),
    Route("/queries/v1/abort-request", abort, methods=["POST"]),
    Route("/queries/{number}/abort-request", abort, methods=["POST"]),
    Route("/queries/{number}/result", result),
    Route("/monitoring/queries/{number}", monitor),
    Route("/monitoring/queries//{number}", monitor),  # connector 5.2 writes the slash twice
    Route("/chunk/{key}", chunk),
    Route("/session/token-request", renew, methods=["POST"]),
    Route("/telemetry/send", nothing, methods=["POST"]),
    Route("/_control/{what}", control, methods=["POST"]),
]


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(serve(Starlette(routes=ROUTES), Path(sys.argv[1])))
