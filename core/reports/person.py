"""What is known of a person: what this project's syncs had acknowledged, and what a destination that can be asked says.

"Known" is one who was acknowledged before, or whom a destination has. Where neither can be told, nothing is said to be fine.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import BackhaulError
from core.model import CallType, Project, Sync
from core.reports.explain import KeyLife, explain_key
from core.state.cancellation import Stopping
from core.sync.delivery.transport import HttpTransport, NoReplyError
from core.sync.preparation import Secrets, Target, build_target
from core.trust import require_trust

__all__ = ["Asked", "Person", "known_of"]

_STATES = (CallType.IDENTIFY, CallType.GROUP, CallType.ALIAS)
_SECONDS = 5.0
"""So long a destination is waited for: a person looks at a row meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a destination said of a person: whether it has one (None: it could not be asked, and `problem` says why)."""

    destination: str
    found: bool | None
    traits: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of a key: what each sync had acknowledged of it, and what destinations say."""

    key: str
    lives: tuple[tuple[str, KeyLife], ...]
    asked: tuple[Asked, ...]


def known_of(project: Project, sync: Sync, key: str, secrets: Secrets, *, stopping: Stopping | None = None) -> Person:
    """Look a key up in the ledgers of the project's syncs, and where the sync's destinations can be asked. Nothing is sent."""
    stopping = stopping or Stopping()
    others = [each for each in project.syncs.values() if each.name != sync.name and each.call in _STATES]
    lives = []
    for each in (sync, *others):
        stopping.check()
        with contextlib.suppress(BackhaulError):  # a sync whose settings are broken keeps no other from being looked at
            lives += [(each.name, life) for life in explain_key(project, each, key)]
    return Person(key=key, lives=tuple(lives), asked=tuple(_asked(project, sync, key, secrets)))


def _asked(project: Project, sync: Sync, key: str, secrets: Secrets) -> list[Asked]:
    require_trust(project, *(f"destinations/{name}" for name in sync.destinations))
    targets = [build_target(project, sync, name, secrets) for name in sync.destinations]
    return asyncio.run(_ask_all(targets, key))


async def _ask_all(targets: list[Target], key: str) -> list[Asked]:
    found = await asyncio.gather(*(_ask(target, key) for target in targets))
    return [each for each in found if each is not None]


async def _ask(target: Target, key: str) -> Asked | None:
    """Ask one destination; None where it cannot be asked at all."""
    try:
        request = target.plugin.profile_request(key)
        if request is None:
            return None
        limits = replace(target.limits, timeout=_SECONDS, connections=1)
        async with asyncio.timeout(_SECONDS), HttpTransport(limits, target.destination.network) as transport:
            profile = target.plugin.profile(await transport.send(request, None))
    except TimeoutError:
        said = f"{target.name} could not be asked: no whole reply in {_SECONDS:.0f} seconds."
        return Asked(destination=target.name, found=None, problem=said)
    except (BackhaulError, NoReplyError, ValueError) as error:
        said = error.message if isinstance(error, BackhaulError) else f"{target.name} could not be asked: {error}."
        return Asked(destination=target.name, found=None, problem=said)
    return Asked(destination=target.name, found=profile.found, traits=profile.traits)
