"""Why a delivery cannot go on now, in words: what happened, where, and what to do. Its plan is kept each time."""

from __future__ import annotations

from core.destinations.base import DestinationType
from core.errors import BackhaulError, DeliveryError

__all__ = ["PausedError", "asked_to_wait", "not_taken", "refused", "refuses_everything"]


class PausedError(Exception):
    """The delivery cannot go on now; its plan is kept. `cause` says why and what to do."""

    def __init__(self, cause: BackhaulError) -> None:
        super().__init__(cause.message)
        self.cause = cause


def not_taken(name: str, destination: DestinationType, attempts: int, reason: str) -> PausedError:
    """Say that all attempts at a batch are used up."""
    return _paused(
        f"{name} did not take a batch in {attempts} attempts: {reason}",
        destination,
        "Check that the destination can be reached. The plan is kept; run again to go on.",
    )


def refuses_everything(name: str, destination: DestinationType, reason: str) -> PausedError:
    """Say that many rows were refused and none was taken."""
    return _paused(
        f"{name} refuses everything: {reason[:300]}",
        destination,
        "Check the destination's settings and key. The plan is kept; run again to go on.",
    )


def asked_to_wait(name: str, destination: DestinationType, seconds: float, reason: str) -> PausedError:
    """Say that the destination asks for a pause that is too long to wait for."""
    return _paused(
        f"{name} asks for a pause of {seconds / 60:,.0f} minutes: {reason[:300]}",
        destination,
        "Run again after that; the plan is kept.",
    )


def refused(name: str, destination: DestinationType, status: int, reason: str) -> PausedError:
    """Say that the address, or the key, is wrong."""
    if status not in (401, 403):
        where = " at this address" if status == 404 else ""
        remedy = "Check the destination's file, then run again: the plan is kept."
        return _paused(f"{name} does not take calls{where}: {reason[:300]}", destination, remedy)
    needed = next(iter(destination.needs(destination.settings)), "")
    if not needed:
        remedy = "Say in the destination's file how it is told (`authorization`), then run again: the plan is kept."
        return _paused(f"{name} wants to know who sends: {reason[:300]}", destination, remedy)
    return _paused(
        f"{name} refused {destination.secrets[needed]}: {reason[:300]}",
        destination,
        f"Set it again with `backhaul secret set destinations/{name}.{needed}`, then run again: the plan is kept.",
    )


def _paused(message: str, destination: DestinationType, remedy: str) -> PausedError:
    return PausedError(DeliveryError(message, where=destination.host, remedy=remedy))
