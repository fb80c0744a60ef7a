"""Alerts: someone is told when a sync fails, recovers, grows stale, skips or has rows rejected; once, and nothing secret.

    [alerts.team]                        # in backhaul.toml
    to = "webhook"                       # or "command", "terminal"
    format = "slack"                     # or "json"
    on = ["failure", "recovery", "freshness", "project", "rejected", "skipped"]
    fresh_within = "2 hours"

decide.py     what is due to be told: pure
looking.py    the facts, from the store; troubles.py which troubles they are
texts.py      what is said; message.py in which form
sending.py    webhook, command, terminal
checking.py   all of it together: `Alerts`
listing.py    the alerts as people look at them
"""

from core.alerts.check import Alerts, Log
from core.alerts.senders import Answer

__all__ = ["Alerts", "Answer", "Log"]
