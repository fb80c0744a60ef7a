"""One message of an alert, with all that is due at once: a warehouse that is down fails a thousand syncs, and is one message.

As JSON (`document`), as Slack and its likes take it (`slack`: https://api.slack.com/reference/surfaces/formatting, which asks that
`&`, `<` and `>` be escaped, so that no text can mention a channel or hide a link), as the variables of a command, as a line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.alerts.texts import Notice
from core.formatting import counted, utc
from core.model import Alert
from core.quoting import slack

__all__ = ["Message"]

_SHOWN = 10
_MOST = 100
"""Notices that the JSON of one message holds; `count` says how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one alert tells now: one notice or more, of the project `project`, at Unix time `at`."""

    alert: Alert
    project: str
    at: float
    notices: tuple[Notice, ...]

    @property
    def bad(self) -> bool:
        """Return whether there is a trouble among it."""
        return any(notice.bad for notice in self.notices)

    @property
    def title(self) -> str:
        """Say in one line what it is about."""
        if len(self.notices) == 1:
            return f"{self.project}: {self.notices[0].says}"
        troubles = sum(notice.bad for notice in self.notices)
        parts = [f"{counted(troubles, 'problem')}"] if troubles else []
        rest = len(self.notices) - troubles
        parts += [f"{rest:,} recovered"] if rest else []
        return f"{self.project}: {', '.join(parts)}"

    @property
    def text(self) -> str:
        """Return all of it in lines."""
        if len(self.notices) == 1:
            return f"{self.project}: {self.notices[0].text}"
        lines = [f"{self.title}.", *(f"• {notice.text}" for notice in self.notices[:_SHOWN])]
        more = len(self.notices) - _SHOWN
        return "\n".join([*lines, f"• and {more:,} more: `backhaul status` shows them"] if more > 0 else lines)

    @property
    def document(self) -> dict[str, Any]:
        """Give it as our own JSON."""
        return {
            "alert": self.alert.name,
            "project": self.project,
            "at": utc(self.at),
            "title": self.title,
            "text": self.text,
            "count": len(self.notices),
            "notices": [notice.document for notice in self.notices[:_MOST]],
        }

    @property
    def slack(self) -> dict[str, Any]:
        """Give it as Slack's incoming webhooks take it."""
        sign = ":red_circle:" if self.bad else ":white_check_mark:"
        return {"text": f"{sign} {slack.text(self.text)}"}

    @property
    def variables(self) -> dict[str, str]:
        """Return what a command finds in its environment."""
        only = self.notices[0] if len(self.notices) == 1 else None
        return {
            "BACKHAUL_ALERT_NAME": self.alert.name,
            "BACKHAUL_ALERT_PROJECT": self.project,
            "BACKHAUL_ALERT_STATE": "trouble" if self.bad else "well",
            "BACKHAUL_ALERT_COUNT": str(len(self.notices)),
            "BACKHAUL_ALERT_TITLE": self.title,
            "BACKHAUL_ALERT_TEXT": self.text,
            "BACKHAUL_ALERT_SYNC": only.about if only else "",
            "BACKHAUL_ALERT_RUN": (only.run or "") if only else "",
        }

    @property
    def body(self) -> bytes:
        """Give it as a webhook is sent it, or a command reads it."""
        document = self.slack if self.alert.format == "slack" else self.document
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
