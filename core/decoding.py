"""Makes dataclasses of plain values and of JSON, with msgspec, from any thread.

msgspec reads the annotations of a class when it first meets it. Another thread that meets it meanwhile finds it half read, and
the process ends by a segmentation fault: four threads that convert to a new class at once do so each time (0.21). So each class is
read once, under a lock.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

__all__ = ["convert", "decode"]

_Shape = TypeVar("_Shape")

_LOCK = threading.Lock()
_READ: set[type[Any]] = set()


def convert(values: Any, shape: type[_Shape]) -> _Shape:
    """Make a `shape` of plain values of exactly its types. Raises msgspec.ValidationError."""
    import msgspec

    return msgspec.convert(values, _read(shape), strict=True)


def decode(text: bytes, shape: type[_Shape]) -> _Shape:
    """Make a `shape` of JSON. Raises msgspec.DecodeError, of which ValidationError is one."""
    import msgspec

    return msgspec.json.decode(text, type=_read(shape))


def _read(shape: type[_Shape]) -> type[_Shape]:
    import msgspec

    if shape not in _READ:
        with _LOCK:
            msgspec.json.Decoder(shape)
            _READ.add(shape)
    return shape
