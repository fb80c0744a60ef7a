"""Slack's messages: `&`, `<` and `>` are escaped, so that no text mentions a channel or hides a link.

https://api.slack.com/reference/surfaces/formatting
"""

from __future__ import annotations

__all__ = ["text"]


def text(plain: str) -> str:
    """Write a text into a message."""
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
