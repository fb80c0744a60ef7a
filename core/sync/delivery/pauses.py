"""Why a delivery cannot go on now, in words: what happened, where, and what to do. Its plan is kept, or made again."""

from __future__ import annotations

from core.destinations.base import DestinationType
from core.errors import BackhaulError, DeliveryError
from core.formatting import counted, duration

__all__ = ["PausedError", "asked_to_wait", "not_taken", "refused", "refuses_everything"]

_DAY = 86_400


class PausedError(Exception):
    """The delivery cannot go on now. `cause` says why and what to do; `reason` is what the destination said, with its `status`
    (0 where there was no reply).

    `is_final` says that sending something else would not help; `replan` that the next run plans again what was not taken.
    """

    def __init__(
        self,
        cause: BackhaulError,
        *,
        reason: str = "",
        status: int = 0,
        is_final: bool = False,
        replan: bool = False,
    ) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.reason = reason or cause.message
        self.status = status
        self.is_final = is_final
        self.replan = replan

    def planning_anew(self) -> PausedError:
        """Return the same pause, after which the next run plans again."""
        return PausedError(self.cause, reason=self.reason, status=self.status, is_final=self.is_final, replan=True)

    def while_others_were_taken(self, taken: int) -> PausedError:
        """Return the same pause, with a remedy that says what is known: the key and the address were good for other calls."""
        if not taken or self.is_final:
            return self
        known = f"{counted(taken, 'call')} of this delivery {'was' if taken == 1 else 'were'} taken, so it may be about a row: the next run finds it by itself."
        cause = DeliveryError(self.cause.message, where=self.cause.where, remedy=f"{known} {self.cause.remedy}")
        return PausedError(cause, reason=self.reason, status=self.status, is_final=self.is_final, replan=self.replan)


def not_taken(name: str, destination: DestinationType, attempts: int, reason: str, *, status: int = 0) -> PausedError:
    """Return the pause after all attempts at a batch are used up."""
    return _paused(
        f"{name} did not take a batch in {attempts} attempts: {reason}",
        destination,
        "Check that the destination can be reached. The plan is kept; run again to continue.",
        reason=reason,
        status=status,
    )


def refuses_everything(name: str, destination: DestinationType, reason: str, *, taken: int = 0) -> PausedError:
    """Return the pause after many new rows were refused and none was taken, or none any more after `taken` calls were."""
    since = f", after {counted(taken, 'call')} of this delivery were taken" if taken else ""
    return _paused(
        f"{name} refuses everything{since}: {reason[:300]}",
        destination,
        "Check the destination's settings and key. These rows are not listed as rejected: the next run tries again with the rows as they are then.",
        reason=reason,
        replan=True,
    )


def asked_to_wait(name: str, destination: DestinationType, seconds: float, reason: str) -> PausedError:
    """Return the pause that the destination asks for, where it is too long to wait for; nobody waits longer than a day."""
    pause = "more than a day" if seconds >= _DAY else duration(round(seconds))
    return _paused(
        f"{name} asks for a pause of {pause}: {reason[:300]}",
        destination,
        "Run again after that; the plan is kept. The schedule tries again by itself.",
        reason=reason,
        is_final=True,
    )


def refused(name: str, destination: DestinationType, status: int, reason: str) -> PausedError:
    """Return the pause after a reply that is no row's fault: the address, the key, a quota, a lock."""
    if status not in (401, 403):
        where = _WHERE.get(status, "")
        remedy = _REMEDIES.get(status, "Check the destination's file, then run again: the plan is kept.")
        message = f"{name} does not take calls{where}: {reason[:300]}"
        return _paused(message, destination, remedy, reason=reason, status=status, is_final=status == _PROXY)
    needed = next(iter(destination.needs(destination.settings)), "")
    if not needed:
        remedy = "Set `authorization` in the destination's file, then run again: the plan is kept."
        message = f"{name} wants to know who sends: {reason[:300]}"
        return _paused(message, destination, remedy, reason=reason, status=status, is_final=status == _KEY)
    return _paused(
        f"{name} refused {destination.secrets[needed]}: {reason[:300]}",
        destination,
        f"Set it again with `backhaul secret set destinations/{name}.{needed}`, then run again: the plan is kept.",
        reason=reason,
        status=status,
        is_final=status == _KEY,
    )


_KEY, _PROXY = 401, 407
"""Statuses that no row can bring about; a 403 or a 404 can be a firewall's answer to what a row says."""

_WHERE = {404: " at this address", 405: " by this method", 410: " at this address any more", 415: " in this form"}
_REMEDIES = {
    402: "Its quota may be used up, or a bill unpaid. Run again after that; the plan is kept.",
    407: "The proxy wants to know who sends: set HTTPS_PROXY with user and password, then run again: the plan is kept.",
    415: "Check the destination's file; a gateway that takes no gzip needs compress = false under [network]. The plan is kept.",
    423: "It is locked. Run again later; the plan is kept.",
}


def _paused(
    message: str,
    destination: DestinationType,
    remedy: str,
    *,
    reason: str,
    status: int = 0,
    is_final: bool = False,
    replan: bool = False,
) -> PausedError:
    error = DeliveryError(message, where=destination.host, remedy=remedy)
    return PausedError(error, reason=reason, status=status, is_final=is_final, replan=replan)
