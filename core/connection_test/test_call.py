"""One call to a destination, to see it acknowledged: only where a person asks for it, for it stays there.

It is an identify call for the person `backhaul-test`, with one trait. A file destination gets it in a file of its own.
"""

from __future__ import annotations

import asyncio
import json
import secrets as randomness
import time
from dataclasses import replace

from core.destinations import destination_type
from core.destinations.base import Batch, Outcome
from core.errors import BackhaulError
from core.model import CallType, Destination, Project, Step
from core.sync.delivery.transport import NoReplyError, open_transport
from core.sync.source import Secrets
from core.trust import require_trust

__all__ = ["TEST_PERSON", "send_test_call"]

TEST_PERSON = "backhaul-test"


def send_test_call(project: Project, destination: Destination, secrets: Secrets) -> Step:
    """Send the call, once; return what the destination said as a step of `check`."""
    began = time.monotonic()
    step = asyncio.run(_sent(project, destination, secrets))
    return replace(step, seconds=time.monotonic() - began)


async def _sent(project: Project, destination: Destination, secrets: Secrets) -> Step:
    name = f"destinations/{destination.name}"
    message = f"backhaul-test-{randomness.token_hex(8)}"
    call = {"type": "identify", "userId": TEST_PERSON, "traits": {"backhaul_test": True}, "messageId": message}
    text = json.dumps(call, separators=(",", ":")).encode()
    batch = Batch(call=CallType.IDENTIFY, calls=1, joined=lambda _separator: text)
    try:
        require_trust(project, name)
        plugin = destination_type(destination.type)(
            destination.settings, lambda secret: secrets(f"{name}.{secret}"), project.folder, TEST_PERSON
        )
        request = plugin.request(batch)
        async with open_transport(plugin.transport, destination.limits, destination.network) as transport:
            verdict = plugin.verdict(batch, await transport.send(request, await transport.position(request)))
    except NoReplyError as error:
        remedy = "The host answers, but not to this call. Try again; look whether a proxy or a firewall reads along."
        return Step(name="test call", passed=False, detail=f"There was no reply: {error}", remedy=remedy)
    except BackhaulError as error:
        return Step(name="test call", passed=False, detail=error.message, remedy=error.remedy)
    if verdict.outcome is Outcome.ACKNOWLEDGED and not verdict.refused:
        detail = f"acknowledged: the person {TEST_PERSON} is there now, and may be deleted"
        return Step(name="test call", passed=True, detail=detail)
    reason = verdict.reason or next(iter(verdict.refused.values()), "") or verdict.outcome.value
    remedies = {
        Outcome.PAUSE: "Check the key, and that it belongs to this region and this workspace.",
        Outcome.RETRY: "It is for now only: try again in a moment.",
    }
    remedy = remedies.get(verdict.outcome, "Look at what the destination said: it takes no call of this kind.")
    return Step(name="test call", passed=False, detail=f"not acknowledged: {reason}", remedy=remedy)
