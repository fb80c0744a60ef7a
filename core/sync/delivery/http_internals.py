"""What httpx does not offer and its private parts know; a test of each says when they have changed.

A connection is kept for the next request. Where a server (or what stands between) has sent more than one reply to a request, the rest
waits in the connection's buffer, and httpcore 1.0 takes it for the reply to the next request: rows would count as delivered that were
refused, or were never read. So a connection with such a rest is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

__all__ = ["close_if_more_came"]


async def close_if_more_came(reply: httpx.Response) -> bool:
    """Close the connection of a reply that was read to its end where more bytes came with it; return whether it was closed."""
    stream: Any = reply.stream
    for name in ("_stream", "_httpcore_stream", "_stream"):
        stream = getattr(stream, name, None)
    connection = getattr(stream, "_connection", None)
    state = getattr(connection, "_h11_state", None)
    if connection is None or state is None or not state.trailing_data[0]:
        return False
    await connection.aclose()
    return True
