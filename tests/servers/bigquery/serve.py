"""The server: what of BigQuery's REST service its driver uses, Google's token endpoint, and `/_control` for the tests.

Started as `python -m tests.servers.bigquery.serve PORT_FILE`; it takes free ports, writes them into the file (its own, and that of
the emulator's Storage API), and ends with the process that started it. Two comments in a query change how its result is
delivered: `/* slow pages */` gives small pages half a second apart, `/* broken pages */` breaks the connection at each
page after the first.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import structlog
from bqemulator.config import PersistenceMode, Settings
from bqemulator.server import EmulatorServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.bigquery.accounts import Account, RefusedError, Tokens
from tests.servers.bigquery.jobs import Jobs
from tests.servers.bigquery.vendor import VendorError
from tests.servers.serving import body_of, end_with_parent, serve

ROOT = "/bigquery/v2/projects/{project}"


class Service:
    """All that the server knows."""

    def __init__(self, emulator: httpx.AsyncClient) -> None:
        self.emulator = emulator
        self.accounts: dict[str, Account] = {}
        self.tokens = Tokens()
        self.jobs = Jobs(emulator)
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    def routes(self) -> list[Route]:
        answers = {
            f"{ROOT}/jobs": (self.insert, "POST"),
            f"{ROOT}/jobs/{{job}}": (self.get, "GET"),
            f"{ROOT}/jobs/{{job}}/cancel": (self.cancel, "POST"),
            f"{ROOT}/queries/{{job}}": (self.results, "GET"),
            f"{ROOT}/datasets": (self.datasets, "GET"),
            f"{ROOT}/datasets/{{dataset}}": (self.dataset, "GET"),
            f"{ROOT}/datasets/{{dataset}}/tables": (self.forward, "GET"),
            f"{ROOT}/datasets/{{dataset}}/routines/{{routine}}": (self.routine, "GET"),
            f"{ROOT}/datasets/{{dataset}}/tables/{{table}}:testIamPermissions": (self.permissions, "POST"),
            f"{ROOT}/datasets/{{dataset}}/tables/{{table}}": (self.forward, "GET"),
        }
        found = [Route(path, self.answered(answer), methods=[method]) for path, (answer, method) in answers.items()]
        return [
            Route("/token", self.token, methods=["POST"]),
            Route("/_control/{what}", self.control, methods=["POST"]),
            *found,
        ]

    def answered(self, answer: Any) -> Any:
        """Let only accounts with a token in, and return errors as BigQuery does."""

        async def reply(request: Request) -> Response:
            await self.goes_on.wait()
            try:
                email = self.tokens.whose(request.headers.get("authorization", ""))
                if email is None:
                    message = (
                        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
                        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
                    )
                    raise VendorError("authError", message)
                return JSONResponse(await answer(request, self.accounts[email]))
            except VendorError as error:
                body = error.body()
                return JSONResponse(body, status_code=body["error"]["code"])

        return reply

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            return JSONResponse(self.tokens.give(self.accounts, form, str(request.url)))
        except RefusedError as error:
            return JSONResponse({"error": error.error, "error_description": error.description}, status_code=400)

    async def insert(self, request: Request, account: Account) -> Any:
        return await self.jobs.insert(request.path_params["project"], account, await body_of(request))

    async def get(self, request: Request, account: Account) -> Any:
        return self.jobs.get(request.path_params["job"]).described()

    async def cancel(self, request: Request, account: Account) -> Any:
        return self.jobs.cancel(request.path_params["job"])

    async def results(self, request: Request, account: Account) -> Any:
        return await self.jobs.results(request.path_params["job"], dict(request.query_params))

    async def datasets(self, request: Request, account: Account) -> Any:
        project = request.path_params["project"]
        self.refuse(account, "datasets.list")
        listed = [
            {
                "kind": "bigquery#dataset",
                "id": f"{project}:{name}",
                "datasetReference": {"projectId": project, "datasetId": name},
                "location": self.jobs.places[name],
            }
            for name in account.datasets
            if name in self.jobs.places
        ]
        return {"kind": "bigquery#datasetList", "datasets": listed}

    async def dataset(self, request: Request, account: Account) -> Any:
        project, name = request.path_params["project"], request.path_params["dataset"]
        if name not in self.jobs.places:
            raise VendorError("notFound", f"Not found: Dataset {project}:{name}")
        if name not in account.datasets:
            message = f"Access Denied: Dataset {project}:{name}: Permission bigquery.datasets.get denied on dataset {project}:{name} (or it may not exist)."
            raise VendorError("accessDenied", message)
        reference = {"projectId": project, "datasetId": name}
        return {"kind": "bigquery#dataset", "datasetReference": reference, "location": self.jobs.places[name]}

    async def routine(self, request: Request, account: Account) -> Any:
        project, dataset, name = (request.path_params[part] for part in ("project", "dataset", "routine"))
        reference = {"projectId": project, "datasetId": dataset, "routineId": name}
        told = account.routines.get(f"{dataset}.{name}", {"hidden": True})
        if told.get("hidden"):
            message = f"Access Denied: Routine {project}:{dataset}.{name}: Permission bigquery.routines.get denied on routine {project}:{dataset}.{name} (or it may not exist)."
            raise VendorError("accessDenied", message)
        return {"routineReference": reference, "routineType": "SCALAR_FUNCTION", **told}

    async def permissions(self, request: Request, account: Account) -> Any:
        asked = (await body_of(request))["permissions"]
        return {"permissions": [name for name in asked if name in account.permissions]}

    async def forward(self, request: Request, account: Account) -> Any:
        project, name = request.path_params["project"], request.path_params["dataset"]
        if name not in account.datasets:
            message = f"Access Denied: Dataset {project}:{name}: Permission bigquery.tables.list denied on dataset {project}:{name} (or it may not exist)."
            raise VendorError("accessDenied", message)
        found = await self.emulator.get(request.url.path, params=dict(request.query_params))
        body: dict[str, Any] = found.json()
        if found.status_code >= 400:
            error = body["error"]
            raise VendorError(
                (error.get("errors") or [{}])[0].get("reason", "notFound"), error["message"], found.status_code
            )
        if body.get("type") == "TABLE":  # the emulator counts no rows that came by INSERT
            count = f"SELECT COUNT(*) FROM `{name}.{request.path_params['table']}`"
            counted = await self.jobs.administer(project, name, "", [count])
            body["numRows"] = counted[0]["f"][0]["v"]
        return body

    def refuse(self, account: Account, what: str) -> None:
        answer = account.answers.get(what)
        if answer is not None:
            raise VendorError(answer["reason"], answer["message"], answer.get("status", 0))

    async def control(self, request: Request) -> Response:
        """Do what the tests ask: make datasets and accounts, hang, tell what was sent."""
        what, body = request.path_params["what"], await body_of(request)
        try:
            return JSONResponse({"success": True, "data": await self._controlled(what, body)})
        except VendorError as error:
            return JSONResponse({"success": False, "message": error.message})

    async def _controlled(self, what: str, body: dict[str, Any]) -> Any:
        match what:
            case "execute":
                return await self.jobs.administer(
                    body["project"], body["dataset"], body["location"], body["statements"]
                )
            case "accounts":
                self.accounts |= {email: Account(**values) for email, values in body.items()}
            case "seen":
                seen, self.jobs.seen = self.jobs.seen, []
                return seen
            case "hang":
                (self.goes_on.clear if body["on"] else self.goes_on.set)()
        return None


def started_emulator() -> EmulatorServer:
    """Start the emulator in a thread of its own: it blocks its loop while a query runs."""
    settings = Settings(rest_port=0, grpc_port=0, persistence_mode=PersistenceMode.EPHEMERAL, log_level="error")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    server, ready = EmulatorServer(settings), threading.Event()

    async def run() -> None:
        await server.start()
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    if not ready.wait(60):
        raise SystemExit("the emulator did not start in 60 s")
    return server


async def main(port_file: Path) -> None:
    emulator = started_emulator()
    async with httpx.AsyncClient(base_url=emulator.rest_url, timeout=600, trust_env=False) as client:
        await serve(Starlette(routes=Service(client).routes()), port_file, more_ports=[emulator.grpc_port])


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(main(Path(sys.argv[1])))
