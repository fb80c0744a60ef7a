"""How a message leaves: to a webhook, to a command, to the consoles that are open. Each gives an `Answer`, and never raises.

A webhook is reached with the care that destinations are (core.sync.delivery.transport): https, or http on this machine; proxies and
authorities of the environment; no redirect is followed. It has ten seconds, three attempts, and its Retry-After is kept. Its address
is a secret, so that no message of ours names more of it than the host.

A command is a list of words, never a shell's line. It runs in the project's folder, without the secrets of our environment, in a process
group of its own that is killed after thirty seconds; the first lines that it prints are kept for the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.alerts.message import Message
from core.alerts.texts import clean
from core.control_chars import escape_control_chars
from core.errors import BackhaulError
from core.model import AlertTo, Limits, Project, Secret
from core.redaction import IN_ENVIRONMENT, remember_secret
from core.store import Store
from core.trust import LEAVES_NOTHING, require_trust

if TYPE_CHECKING:
    from core.destinations.base import Request
    from core.sync.delivery.transport import Transport

__all__ = ["Answer", "Sender"]

_ATTEMPTS = 3
_SECONDS = 10.0
_COMMAND_SECONDS = 30.0
_BACKOFF = 1.0
_LONGEST_WAIT = 20.0
"""A Retry-After that is longer is waited for until a later check."""

_PRINTED = 2_000
_PLAIN_HOST = re.compile(r"[\w.:-]+")
_NOT_PASSED = (
    *IN_ENVIRONMENT,
    "BACKHAUL_ALERT_",
    "BACKHAUL_KEY_PASSPHRASE",
    "BACKHAUL_WEB_TOKEN",
    "CREDENTIALS_DIRECTORY",
)
_SHORTEST_PATH = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a message arrived, and what was answered, in words; `retry_after` is in seconds, where someone said it."""

    arrived: bool
    said: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends messages of one project's alerts. `sleep` waits between attempts."""

    project: Project
    store: Store
    secrets: Callable[[str], Secret]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    command_seconds: float = _COMMAND_SECONDS

    async def send(self, message: Message) -> Answer:
        """Send a message the way that its alert goes."""
        try:
            await asyncio.to_thread(require_trust, self.project, f"alerts/{message.alert.name}")
            match message.alert.to:
                case AlertTo.WEBHOOK:
                    return await self._to_webhook(message)
                case AlertTo.COMMAND:
                    return await self._to_command(message)
                case AlertTo.TERMINAL:
                    return await asyncio.to_thread(self._to_terminal, message)
        except BackhaulError as error:
            return Answer(
                arrived=False, said=_hosts_only(escape_control_chars(f"{error.message} {error.remedy}".strip()))
            )
        except OSError as error:
            return Answer(arrived=False, said=f"{error.strerror or type(error).__name__}.")

    def _to_terminal(self, message: Message) -> Answer:
        with self.store.transaction():
            for notice in message.notices:
                self.store.do(
                    "insert_notice", at=message.at, alert=message.alert.name, trouble=int(notice.bad), text=notice.text
                )
        return Answer(arrived=True, said="The consoles that are open show it.")

    async def _to_webhook(self, message: Message) -> Answer:
        from core.destinations.base import Request
        from core.sync.delivery.transport import HttpTransport

        secret = await asyncio.to_thread(self.secrets, f"alerts/{message.alert.name}.url")
        url = secret.reveal()
        _remember_parts(url)
        request = Request(url=url, body=message.body, headers={"content-type": "application/json"}, compress=False)
        async with HttpTransport(Limits(timeout=_SECONDS, connections=1)) as transport:
            for attempt in range(1, _ATTEMPTS + 1):
                answer, again = await _post(transport, request)
                wait = _BACKOFF * 2 ** (attempt - 1) if answer.retry_after is None else answer.retry_after
                if not again or attempt == _ATTEMPTS or wait > _LONGEST_WAIT:
                    break
                await self.sleep(wait)
        return answer

    async def _to_command(self, message: Message) -> Answer:
        words = message.alert.command
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED)}
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.project.folder,
                env={**kept, **LEAVES_NOTHING, **message.variables},
                start_new_session=True,
            )
        except OSError as error:
            return Answer(arrived=False, said=escape_control_chars(f"{words[0]} did not start: {error.strerror}."))
        try:
            async with asyncio.timeout(self.command_seconds):
                printed = await _feed(process, message.body)
                code = await process.wait()
        except TimeoutError:
            return Answer(arrived=False, said=f"The command did not end within {self.command_seconds:g} seconds.")
        finally:
            await _end(process)
        said = f"The command ended with {code}.{f' It printed: {_words(printed)}' if printed else ''}"
        return Answer(arrived=code == 0, said=said)


async def _post(transport: Transport, request: Request) -> tuple[Answer, bool]:
    """Send a message to a webhook once; return what was answered, and whether to try again."""
    from core.destinations.base import Outcome, verdict_of_status
    from core.sync.delivery.transport import NoReplyError

    host = _host(request.url)
    try:
        async with asyncio.timeout(_SECONDS):
            response = await transport.send(request, None)
    except (NoReplyError, TimeoutError) as error:
        said = _words(str(error)) or f"no reply in {_SECONDS:.0f} seconds"
        return Answer(arrived=False, said=f"{host} gave no reply: {said}."), True
    verdict = verdict_of_status(response)
    if verdict.outcome is Outcome.ACKNOWLEDGED:
        return Answer(arrived=True, said=f"{host} answered {response.status}."), False
    said = f"{host} refused it: {_words(verdict.reason) or response.status}."
    again = verdict.outcome is Outcome.RETRY
    return Answer(arrived=False, said=said, retry_after=verdict.retry_after if again else None), again


async def _feed(process: asyncio.subprocess.Process, body: bytes) -> str:
    """Return a command its input, and the beginning of what it prints."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 -- both are pipes
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it need not read what it is given
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()
    printed = b""
    while part := await process.stdout.read(4096):
        printed = (printed + part)[:_PRINTED]
    return printed.decode("utf-8", "replace").strip()


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing of a command behind, also where it began others."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _host(url: str) -> str:
    """Return the host of an address, where it is one: of what is no address any part may be secret."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return host if _PLAIN_HOST.fullmatch(host) else "the webhook"


def _remember_parts(url: str) -> None:
    """Take note that what comes after the host of a webhook is secret by itself, too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    for part in (parts.path, parts.query, *parts.path.split("/")):
        if len(part) >= _SHORTEST_PATH:
            remember_secret(part)


def _words(text: str) -> str:
    """Return what was answered, without what belongs to a person."""
    return clean(_hosts_only(text))


def _hosts_only(text: str) -> str:
    """Return a text without addresses that go beyond their host."""
    return re.sub(r"(https?://[^/\s?]+)[/?][^\s,]*", r"\1/…", text)
