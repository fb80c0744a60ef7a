"""Refused rows: by cause and one by one in tables, and one whole: request, response, that person's history, what helps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.json_text import read_json
from tui.drawing import Line, Span, heading, line, wrapped
from tui.json_lines import json_lines
from tui.screens.life import history_lines
from tui.screens.summary import plain_reason
from tui.widgets.table import Column, Row

if TYPE_CHECKING:
    from core.reports.history import Cause

__all__ = ["CAUSES", "ROWS", "cause_row", "key_of", "refused_row", "row_lines"]

CAUSES = (
    Column(head="Rows", width=6, right=True),
    Column(head="Why", share=1, least=20, most=120, main=True),
    Column(head="What happens", most=24, rank=2),
    Column(head="Answer", right=True, most=10),
)
ROWS = (
    Column(head="Key", least=12, most=30),
    Column(head="Field", most=20, rank=3),
    Column(head="Sent", most=28, rank=4),
    Column(head="The destination said", share=1, least=16, most=120),
)


def cause_row(place: int, cause: Cause) -> Row:
    what = "refused for good" if cause.state == "open" else "settled since"
    return Row(
        str(place),
        (
            Span(f"{cause.rows:,}", "bold text"),
            Span(plain_reason(cause.reason, cause.status)),
            Span(what, "muted"),
            Span(str(cause.status) if cause.status else "not sent", "muted"),
        ),
    )


def refused_row(row: Mapping[str, Any]) -> Row:
    field, sent = field_of(row)
    answer = (
        f"{row['status']} {plain_reason(row['reason'], row['status'])}"
        if row["status"]
        else f"not sent: {row['reason']}"
    )
    return Row(
        str(row["number"]),
        (Span(key_of(row) or str(row["row"] or "")), Span(field, "muted"), Span(sent), Span(answer, "fail")),
    )


def key_of(row: Mapping[str, Any]) -> str:
    """Return who a rejected row is about."""
    try:
        identity = read_json(row["identity"] or "{}")
    except ValueError:
        return str(row["identity"] or "")
    return " ".join(str(value) for value in identity.values()) if isinstance(identity, dict) else str(identity)


def field_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the field that the destination's answer names, and what was sent in it; empty where it names none."""
    try:
        answer, call = read_json(row["response"] or "null"), read_json(row["call"] or "null")
    except ValueError:
        return "", ""
    name = _named(answer)
    if not name or not isinstance(call, dict):
        return name, ""
    for part in (call, call.get("traits"), call.get("properties")):
        if isinstance(part, dict) and name.rpartition(".")[2] in part:
            return name, json.dumps(part[name.rpartition(".")[2]], ensure_ascii=False)
    return name, ""


def _named(answer: Any) -> str:
    """Find the name of a field in an answer of any shape."""
    if isinstance(answer, list):
        return next((found for each in answer if (found := _named(each))), "")
    if isinstance(answer, dict):
        for key in ("field", "path", "property", "attribute"):
            if isinstance(answer.get(key), str):
                return str(answer[key])
        return next(
            (found for each in answer.values() if isinstance(each, dict | list) and (found := _named(each))), ""
        )
    return ""


def row_lines(row: Mapping[str, Any], lives: Sequence[Mapping[str, Any]] | None, edit: str, width: int) -> list[Line]:
    """Show a refused row; `lives` is what `explain` tells of its key, None while that is being read."""
    field, _sent = field_of(row)
    marked = {field, f"traits.{field}", f"properties.{field}"} if field else set()
    tries = "not sent" if not row["attempts"] else "1 try" if row["attempts"] == 1 else f"{row['attempts']} tries"
    lines = [heading("Request", (tries, "muted")), *_request(row, marked, width)]
    answer = str(row["status"] or "")
    lines += [Line(), heading("Response", (answer, "fail") if answer else ("none", "muted"))]
    lines += _payload(str(row["response"]), marked, width) if row["response"] else wrapped(str(row["reason"]), width)
    lines += [Line(), heading(f"{key_of(row) or 'This row'} so far"), *_history(row, lives)]
    lines += [Line(), heading("What helps"), *wrapped(what_helps(row, field), width)]
    return [*lines, line(Span(edit, "bold text"), (" opens the query", "muted"))]


def _request(row: Mapping[str, Any], marked: set[str], width: int) -> list[Line]:
    """Show the row's call; where there is none, the query's values."""
    if row["call"]:
        return json_lines(read_json(row["call"]), marked=marked, style="fail")
    return _payload(str(row["row"] or row["request"] or ""), marked, width)


def _history(row: Mapping[str, Any], lives: Sequence[Mapping[str, Any]] | None) -> list[Line]:
    if lives is None:
        return [line(("reading the history …", "muted"))]
    if not lives:
        return [line(("refused: " + plain_reason(str(row["reason"]), row["status"]), "muted"))]
    return history_lines(lives)


def _payload(text: str, marked: set[str], width: int) -> list[Line]:
    try:
        return json_lines(read_json(text), marked=marked, style="fail")
    except ValueError:
        return wrapped(text, width)


def what_helps(row: Mapping[str, Any], field: str) -> str:
    """Say what most often helps."""
    status = row["status"]
    if status is None:
        return "It was not sent, since the destination would have dropped it or its limits forbid it. Fix the value in the query; the row is sent when its content changes."
    if status == 413:
        return "The call is too large for the destination. Send fewer or shorter columns."
    if 400 <= status < 500:
        what = f"{field} " if field else "the value "
        return f"The destination does not take {what}as it is. Exclude such rows in the query, or send null instead; the row is sent when its content changes."
    return "The destination had a fault of its own. Sending the row again may be enough."
