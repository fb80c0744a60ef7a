"""The body of a reply as it was before its Content-Encoding (RFC 9110, 8.4).

An HTTP client that decodes by itself decodes every layer before a limit is looked at, and turns a body that is not what its header says
into an error, as if there were no reply, though its status is there. So one layer is decoded here, as far as the limit; what cannot be
decoded stays as it came.
"""

from __future__ import annotations

import zlib

__all__ = ["ACCEPTED", "decoded"]

ACCEPTED = "gzip, deflate"
"""What is said to be understood."""

_WINDOWS = {
    "gzip": (zlib.MAX_WBITS | 16,),
    "x-gzip": (zlib.MAX_WBITS | 16,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),  # some servers leave out zlib's head and tail
}


def decoded(body: bytes, encoding: str, *, most: int) -> bytes:
    """Return a body without its outermost encoding, at most so many bytes of it; as it is where that cannot be decoded."""
    name = encoding.rpartition(",")[2].strip().lower()
    for window in _WINDOWS.get(name, ()):
        try:
            return zlib.decompressobj(window).decompress(body, most)
        except zlib.error:
            continue
    return body[:most]
