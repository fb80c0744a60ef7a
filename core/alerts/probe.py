"""Whether all is well, in one line, for a monitoring probe: `backhaul status --probe`.

    BACKHAUL OK - 5 syncs are well, the daemon runs | failing=0 stale=0 broken=0
    BACKHAUL CRITICAL - users failed; orders has not succeeded for 3.2 h; no daemon runs | failing=1 stale=1 broken=0

As monitoring plug-ins write it (https://www.monitoring-plugins.org/doc/guidelines.html): what a person reads, a bar, and numbers. It
only reads: someone else may ask as often as they like. A sync that is switched off is no trouble, whatever it last did.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.alerts.facts import Facts, look
from core.alerts.troubles import stale_since
from core.control_chars import escape_control_chars
from core.formatting import counted, took
from core.model import Alert, AlertTo, Project
from core.reports.history import daemon
from core.store import Store

__all__ = ["Health", "probe"]

_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a probe found: `problems`, each in a few words, and how many syncs fail or are stale, and how many files are broken."""

    syncs: int
    problems: tuple[str, ...]
    failing: int
    stale: int
    broken: int
    daemon: str

    @property
    def healthy(self) -> bool:
        return not self.problems

    @property
    def line(self) -> str:
        """Give it as monitoring plug-ins print it."""
        numbers = f"failing={self.failing} stale={self.stale} broken={self.broken}"
        if self.healthy:
            are = "is" if self.syncs == 1 else "are"
            told = f"{counted(self.syncs, 'sync')} {are} well" + (f", {self.daemon}" if self.daemon else "")
        else:
            more = len(self.problems) - _SHOWN
            told = "; ".join([*self.problems[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])
        # the bar ends what a person reads
        return f"BACKHAUL {'OK' if self.healthy else 'CRITICAL'} - {escape_control_chars(told).replace('|', '/')} | {numbers}"


def probe(project: Project, store: Store, now: float, *, stale: int | None, with_daemon: bool) -> Health:
    """Look whether all is well at Unix time `now`.

    `stale` is how old the last success of a sync may be, in seconds; where it is None, its schedule says it. `with_daemon`: it
    is a trouble where no daemon runs.
    """
    facts = look(project, store, now, watching=False)
    thresholds = Alert(name="probe", to=AlertTo.TERMINAL, fresh_within=stale)
    failing = [f"{each.sync.name} {_failed(each)}" for each in facts if each.failures]
    ages = [(each.sync.name, stale_since(thresholds, each, now)) for each in facts if not each.failures]
    old = [f"{name} has not succeeded for {took(now - since)}" for name, since in ages if since is not None]
    broken = sorted(
        file.relative_to(project.folder).as_posix() if file.is_relative_to(project.folder) else file.name
        for file in project.broken
    )
    found = daemon(store, now)
    state = "gone" if found is None else found.state
    said = {"running": "the daemon runs", "silent": "the daemon does not respond"}.get(state, "no daemon runs")
    trouble = [said] if with_daemon and state != "running" else []
    return Health(
        syncs=len(facts),
        problems=(*trouble, *failing, *old, *(f"{file} is broken" for file in broken)),
        failing=len(failing),
        stale=len(old),
        broken=len(broken),
        daemon=said if with_daemon else "",
    )


def _failed(facts: Facts) -> str:
    what = "was stopped by a guard" if facts.last and facts.last.state == "stopped" else "failed"
    return f"{what} ({facts.failures} in a row)" if facts.failures > 1 else what
