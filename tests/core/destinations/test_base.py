"""What a reply says is found in any shape of JSON, and cut where it is none."""

from __future__ import annotations

import pytest

from core.destinations.base import Outcome, Response, verdict_of_status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "email is not valid"}', "400 email is not valid"),
        (
            b'{"errors": [{"reason": "INVALID_EMAIL", "field": "email", "message": "email is not valid"}]}',
            "400 email is not valid",
        ),
        (b'{"error": {"title": "Bad"}}', "400 Bad"),
        (b'{"errors": ["one", "two"]}', "400 one"),
        (b'{"meta": {"status": "x"}}', '400 {"meta": {"status": "x"}}'),
        (b"<html>\n  no  </html>", "400 <html> no </html>"),
        (b"", "400"),
        (b"\xff\xfe", "400 \ufffd\ufffd"),
        (b"[" * 19_000, "400 " + "[" * 500),
    ],
)
def test_a_reply_is_told_by_its_message(body: bytes, said: str) -> None:
    verdict = verdict_of_status(Response(status=400, headers={}, body=body))
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.reason == said
