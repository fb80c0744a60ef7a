"""An event has neither a messageId nor a timestamp of its own.

Why it matters: what is no messageId of yours is made from the row's contents: a row that changes is another event, and one that comes again
after the ledger was lost is sent twice. Without a timestamp, all events of a first run happen in the minute in which they are sent.

An example:

    SELECT user_id AS "userId", 'Order Completed' AS "event", total AS "total" FROM orders

Fix: give the row's own id as messageId, and the time when it happened as timestamp.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.calls.fields import CALLS
from core.lint.base import Context
from core.lint.columns import field_of, mapped, select_span
from core.model import Finding, Severity
from core.query import Query, finding

SEVERITY = Severity.HINT


def check(query: Query, context: Context) -> Iterator[Finding]:
    """Find track, page and screen queries without both."""
    if context.call is None or not query.columns or not CALLS[context.call].own_message_id:
        return
    fields = {field_of(entry) for entry in mapped(query, context)}
    if not fields & {"messageId", "timestamp"}:
        message = "No messageId and no timestamp: a changed row is a new event, and each happened when it is sent."
        yield finding(query.text, "event-without-id", message, *select_span(query), severity=SEVERITY)
