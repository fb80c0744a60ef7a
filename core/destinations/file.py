"""A local file: one JSON call a line (https://jsonlines.org), a file a sync, in a folder of this machine.

For trying a sync out before it is sent anywhere, for audits, and for other programs to read. The file is only ever
appended to. Before each batch the store keeps the file's size; a batch whose answer was not recorded is cut off again on
resume and rewritten, so a crash leaves no half line and no line twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from core.destinations.base import Batch, Outcome, Profile, Request, Response, Verdict, semantic_deletion
from core.model import CallType, Limits, Secret

__all__ = ["Plugin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`folder` holds one `<sync>.jsonl` a sync; it is taken from the project's folder unless absolute."""

    folder: str = "delivered"


class Plugin:
    """A local file: a call a line, for trying out and for audits."""

    Settings: ClassVar[type[Any]] = Settings
    secrets: ClassVar[Mapping[str, str]] = {}
    where_to_find: ClassVar[Mapping[str, str]] = {
        "folder": "A folder of this machine; from the project's folder where it is no absolute path.",
    }
    limits: ClassVar[Limits] = Limits(
        columns=1_000, call_bytes=1_000_000, batch_bytes=4_000_000, batch_calls=10_000, requests=100_000, connections=1
    )
    profiles: ClassVar[Mapping[str, Limits]] = {}
    deduplicates_for: ClassVar[int] = 0
    transport: ClassVar[str] = "file"
    local_path: ClassVar[str] = "folder"
    email_identifies: ClassVar[bool] = True
    group_needs_user: ClassVar[bool] = False
    semantic_events: ClassVar[bool] = False

    @classmethod
    def needs(cls, settings: Any) -> tuple[str, ...]:  # noqa: ARG003 -- a file has no secret, whatever they say
        return ()

    def __init__(self, settings: Any, secrets: Callable[[str], Secret], folder: Path, sync: str) -> None:
        self.settings = settings
        self.file = _real(folder / settings.folder) / f"{sync}.jsonl"

    @property
    def host(self) -> str:
        """Return the folder as the file names it: a project that is moved with its folder is the same place."""
        return str(self.settings.folder)

    @property
    def account(self) -> Secret | None:
        return None

    def batch_limits(self, call: CallType, limits: Limits) -> Limits:
        return limits

    def request(self, batch: Batch) -> Request:
        return Request(url=self.file.as_uri(), body=batch.joined(b"\n") + b"\n", compress=False)

    def verdict(self, batch: Batch, response: Response) -> Verdict:
        return Verdict(outcome=Outcome.ACKNOWLEDGED)

    def deletion(self, call: CallType) -> Mapping[str, Any] | None:
        return semantic_deletion(call)

    def profile_request(self, user: str) -> Request | None:
        return None

    def profile(self, response: Response) -> Profile:
        return Profile(found=False)


def _real(folder: Path) -> Path:
    """Return where a folder is, links followed: as it was allowed (core.trust), so that whoever writes there follows none."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return folder.absolute()
