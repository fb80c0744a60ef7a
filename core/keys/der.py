"""Just enough of DER to tell keys apart, and to see that one is cut off, before a library is asked to load it.

Facts: X.690 (tags and lengths); RFC 5208 and 5958 (PKCS#8), 8017 (PKCS#1), 5915 (SEC1), 7292 (PKCS#12), 5280 (certificates),
2986 (certificate requests), 8018 (PBKDF2), 7914 (scrypt).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.keys.values import Kind

__all__ = ["Shape", "declared_size", "shape_of", "would_take_too_long"]

_INTEGER, _BITS, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30
_CONSTRUCTED = 0x20
_DEEPEST = 12
_MOST_ROUNDS = 5_000_000
_SCRYPT = bytes.fromhex("2b06010401da47040b")
_MOST_SCRYPT = 1 << 24
"""Cost times block size times parallelism: 2 GB of memory, some ten seconds."""

_ALGORITHMS = {
    "2a864886f70d010101": "RSA",
    "2a864886f70d01010a": "RSA-PSS",
    "2a8648ce3d0201": "EC",
    "2a8648ce380401": "DSA",
    "2a864886f70d010301": "Diffie-Hellman",
    "2b6570": "Ed25519",
    "2b6571": "Ed448",
    "2b656e": "X25519",
    "2b656f": "X448",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a DER document is; `algorithm` is "" where it does not say."""

    kind: Kind
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    content: bytes
    end: int


def declared_size(data: bytes) -> int | None:
    """Return how many bytes a DER sequence says that it has, header included; None where this is no such thing."""
    if len(data) < 2 or data[0] != _SEQUENCE:
        return None
    header = _header(data, 0)
    return None if header is None else header[0] + header[1]


def shape_of(data: bytes) -> Shape | None:
    """Say what a whole DER document is, by its first elements; None where it is nothing that we know."""
    whole = _element(data, 0)
    if whole is None or whole.tag != _SEQUENCE or whole.end != len(data):
        return None
    parts = _children(whole.content)
    tags = tuple(part.tag for part in parts)
    match tags:
        case (0x02, 0x30, 0x04, *_) if parts[0].content in {b"\0", b"\1"}:
            return Shape(kind=Kind.PKCS8, algorithm=_algorithm(parts[1]))
        case (0x02, 0x30, *_) if parts[0].content == b"\3":
            return Shape(kind=Kind.PKCS12)
        case (0x02, 0x04, *_) if parts[0].content == b"\1":
            return Shape(kind=Kind.SEC1, algorithm="EC")
        case (0x30, 0x04):
            return Shape(kind=Kind.ENCRYPTED_PKCS8)
        case (0x30, 0x03):
            return Shape(kind=Kind.PUBLIC_KEY, algorithm=_algorithm(parts[0]))
        case (0x30, 0x30, 0x03):
            return Shape(kind=_signed(parts[0]))
        case _ if set(tags) == {_INTEGER}:
            return _numbers(len(tags))
    return None


def would_take_too_long(data: bytes) -> bool:
    """Return whether an encrypted document asks for so many rounds that trying one passphrase would keep a machine busy."""
    numbers = list(_small_numbers(data, _DEEPEST))
    if _SCRYPT in data:
        product = 1
        for number in numbers:
            product *= max(number, 1)
        return product > _MOST_SCRYPT
    return any(number > _MOST_ROUNDS for number in numbers)


def _numbers(count: int) -> Shape | None:
    """Tell documents apart that are nothing but numbers: RSA has nine (or two, the public key), DSA six."""
    match count:
        case 9:
            return Shape(kind=Kind.PKCS1, algorithm="RSA")
        case 6:
            return Shape(kind=Kind.DSA, algorithm="DSA")
        case 2:
            return Shape(kind=Kind.PUBLIC_KEY, algorithm="RSA")
    return None


def _signed(body: _Element) -> Kind:
    """Tell a certificate from a request for one: a request begins with version 0 and a name, and has a set of attributes."""
    parts = _children(body.content)
    is_request = len(parts) <= 4 and bool(parts) and parts[0].tag == _INTEGER and parts[0].content == b"\0"
    return Kind.REQUEST if is_request else Kind.CERTIFICATE


def _algorithm(identifier: _Element) -> str:
    parts = _children(identifier.content)
    if not parts or parts[0].tag != _OBJECT:
        return ""
    return _ALGORITHMS.get(parts[0].content.hex(), "")


def _small_numbers(data: bytes, depth: int) -> Iterator[int]:
    """Yield the numbers of up to eight bytes that stand in a document, also inside its octet strings."""
    for part in _children(data):
        if part.tag == _INTEGER and len(part.content) <= 8:
            yield int.from_bytes(part.content, "big")
        elif depth and (part.tag & _CONSTRUCTED or part.tag == _OCTETS):
            yield from _small_numbers(part.content, depth - 1)


def _children(content: bytes) -> list[_Element]:
    """Return the elements of a content; none where it is not whole elements from end to end."""
    found, offset = [], 0
    while offset < len(content):
        part = _element(content, offset)
        if part is None:
            return []
        found.append(part)
        offset = part.end
    return found


def _element(data: bytes, offset: int) -> _Element | None:
    header = _header(data, offset)
    if header is None:
        return None
    start, size = offset + header[0], header[1]
    if start + size > len(data):
        return None
    return _Element(data[offset], data[start : start + size], start + size)


def _header(data: bytes, offset: int) -> tuple[int, int] | None:
    """Return the sizes of an element's header and content; None where they cannot be read."""
    if offset + 2 > len(data):
        return None
    first = data[offset + 1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    if not 1 <= count <= 4 or offset + 2 + count > len(data):
        return None
    return 2 + count, int.from_bytes(data[offset + 2 : offset + 2 + count], "big")
