"""What an alert says: what happened to which sync, since when, what to do, and the command that shows more.

Nothing in it is secret and nothing is of a person: errors and reasons pass core.redaction, core.masking and core.control_chars, and of
rejected rows only counts and reasonsare shown. Times are UTC, since whoever reads it may be elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.alerts.decide import News
from core.alerts.facts import Facts
from core.control_chars import escape_control_chars
from core.formatting import counted, took, utc
from core.masking import names_in, values_of, without_people
from core.model import Alert, Project, Sync, Trouble
from core.project import dialect_of
from core.redaction import blacked_out
from core.store import Store

__all__ = ["Case", "Notice", "clean", "notice_of_project", "notice_of_test"]

_LONGEST = 300
_CAUSES = 3
_TOO_TIGHT = "Its runs take longer than its schedule leaves them: let it run less often, or let its query read less."
_STALE = "See whether the daemon runs (`backhaul status`) and what its last run reports."
_ASKED = "Look at what it asks, then run it with --yes where it is meant."
_REPLAY_AFTER_FIX = "Fix the data or the query; `backhaul replay` then sends the rows again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell. `about` is the sync's name, or the project's file; `since` and `at` are Unix seconds.

    `says` is one sentence, `remedy` what to do (empty where there is nothing), `look` the command that shows more. `trouble` is
    None for a test.
    """

    trouble: Trouble | None
    news: News
    about: str
    run: str | None
    since: float
    at: float
    says: str
    remedy: str = ""
    look: str = ""

    @property
    def bad(self) -> bool:
        """Return whether it tells of a trouble, and not of the end of one."""
        return self.news in (News.NEW, News.AGAIN)

    @property
    def text(self) -> str:
        """Give it as one line."""
        look = f"Look: {self.look}" if self.look else ""
        return " ".join(part for part in (self.says, self.remedy, look) if part)

    @property
    def document(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "trouble": self.trouble,
            "news": self.news,
            "about": self.about,
            "run": self.run,
            "since": utc(self.since),
            "at": utc(self.at),
            "says": self.says,
            "remedy": self.remedy,
            "look": self.look,
        }


def clean(
    text: str, *, sync: Sync | None = None, project: Project | None = None, row: Mapping[str, Any] | None = None
) -> str:
    """Return a text that may leave this machine: no secret, no value of a person, nothing that a terminal obeys.

    Names of the project and of the sync's query may stay in quotes; values of the `row` that it is about go.
    """
    names = frozenset[str]()
    if sync and project:
        names = names_in(sync.query, dialect_of(project, sync)) | {*sync.columns, *sync.columns.values()}
        names |= {*project.syncs, *project.sources, *project.destinations}
    values = values_of(row["identity"], row["call"], row["row"]) if row else frozenset()
    told = without_people(blacked_out(text), known=names, values=values - names)
    return escape_control_chars(" ".join(told.split()), most=_LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A trouble of a sync, or its end, that is to be put into words. `since` and `now` are Unix seconds."""

    project: Project
    store: Store
    facts: Facts
    trouble: Trouble
    news: News
    since: float
    now: float

    def notice(self) -> Notice:
        """Put it into words."""
        name, run = self.facts.sync.name, self._run()
        says, remedy = (self._recovered(), "") if self.news is News.RECOVERED else self._told()
        return Notice(
            trouble=self.trouble,
            news=self.news,
            about=name,
            run=run,
            since=self.since,
            at=self.now,
            says=escape_control_chars(f"{name} {says}"),
            remedy=remedy,
            look=f"backhaul show {run}" if run else f"backhaul runs {name}",
        )

    def _run(self) -> str | None:
        """Return the run that shows it; skipped moments are seen in the list of runs."""
        if self.trouble is Trouble.SKIPPED:
            return None
        if self.trouble is Trouble.REJECTED or self.news is News.RECOVERED:
            return self.facts.delivered
        return self.facts.last.id if self.facts.last else None

    def _told(self) -> tuple[str, str]:
        """Return what happened, as what follows the sync's name, and what to do."""
        match self.trouble:
            case Trouble.FAILURE:
                return self._failure()
            case Trouble.REJECTED:
                return self._rejected()
            case Trouble.SKIPPED:
                many = counted(self.facts.skipped, "scheduled run")
                last = utc(self.facts.skipped_last)
                return f"missed {many} in the last day, the last of them at {last}.", _TOO_TIGHT
            case _:
                again = "" if self.facts.success is None else " again"
                span = took(self.now - self.since)
                return f"has not succeeded{again} for {span}, since {utc(self.since)}.", _STALE

    def _failure(self) -> tuple[str, str]:
        last, failures = self.facts.last, self.facts.failures
        assert last is not None  # noqa: S101 -- there is no failure without a run
        many = f" {counted(failures, 'run')} failed in a row, since {utc(self.since)}." if failures > 1 else ""
        if last.state == "stopped":
            found = self.store.row("run", id=last.id)
            asked = json.loads(found["questions"] or "[]") if found else []
            why = self._clean(str(asked[0]["message"])) if asked else "it asks for a look"
            return f"{_sentence(f'was stopped by a guard at {utc(last.ended)}: {why}')}{many}", _ASKED
        why = self._clean(last.error) or "without a message"
        return f"{_sentence(f'failed at {utc(last.ended)}: {why}')}{many}", self._clean(last.remedy)

    def _rejected(self) -> tuple[str, str]:
        rejected, calls = self.facts.rejected, self.facts.acknowledged + self.facts.rejected
        causes = self.store.rows("samples_of_run", run=self.facts.delivered, limit=_CAUSES)
        reasons = ", ".join(f"{row['rows']:,} × {self._clean(row['reason'], dict(row))}" for row in causes)
        what = f"had {rejected:,} of {counted(calls, 'call')} rejected ({rejected / calls:.1%}) at {utc(self.since)}"
        return _sentence(f"{what}: {reasons}" if reasons else what), _REPLAY_AFTER_FIX

    def _recovered(self) -> str:
        span = took(max(0.0, self.now - self.since))
        match self.trouble:
            case Trouble.REJECTED:
                return f"has recovered: its last delivery was accepted. It had rejected rows for {span}."
            case Trouble.SKIPPED:
                return "has recovered: no scheduled run was missed for a day."
            case Trouble.FRESHNESS:
                return f"is fresh again, after {span} without a success."
            case _:
                return f"has recovered, after {span}: its last run succeeded."

    def _clean(self, text: str, row: Mapping[str, Any] | None = None) -> str:
        return clean(text, sync=self.facts.sync, project=self.project, row=row)


def notice_of_project(file: str, problem: str, news: News, since: float, now: float) -> Notice:
    """Return the notice of a file of the project that is broken, or was fixed."""
    says = (
        f"{file} is fixed; what it describes runs again."
        if news is News.RECOVERED
        else _sentence(f"{file} cannot be used: {escape_control_chars(blacked_out(problem), most=_LONGEST)}")
    )
    remedy = "" if news is News.RECOVERED else "What it describes does not run until the file is fixed."
    return Notice(
        trouble=Trouble.PROJECT,
        news=news,
        about=escape_control_chars(file),
        run=None,
        since=since,
        at=now,
        says=escape_control_chars(says),
        remedy=remedy,
        look="backhaul status",
    )


def notice_of_test(alert: Alert, now: float) -> Notice:
    """Return a notice that says that it is a test."""
    says = f"This is a test of the alert {alert.name}. It is sent on {', '.join(alert.on)}."
    return Notice(trouble=None, news=News.TEST, about=alert.name, run=None, since=now, at=now, says=says)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
