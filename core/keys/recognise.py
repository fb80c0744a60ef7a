"""Says what a text is, without opening it: which container, which algorithm where that shows, cut off or not, locked or not.

What a first line says is believed less than what stands below it: people put "BEGIN PRIVATE KEY" over any key.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from core.keys.der import declared_size, shape_of
from core.keys.openssh import MAGIC, read_openssh
from core.keys.pem import Block, blocks_of, bytes_of_base64
from core.keys.text import AROUND, MARKERS, Fix, decoded, fixed_text
from core.keys.values import Kind

__all__ = ["MOST_BYTES", "Recognised", "recognise"]

MOST_BYTES = 1_000_000
_MOST_KEY_BYTES = 20_000
"""A key of 16,384 bits, the longest that OpenSSL uses, has 9,300."""

_DEEPEST = 3
_BASE64 = Fix("The base64 around it was taken off.", "base64 -d")
_FRAME_MISSING = Fix("The first and the last line were missing and were added.", "base64 -d")
_SAME_TWICE = Fix("The same key stood there more than once.")
_OTHERS = Fix("Certificates and public keys beside it were left out.")
_BINARY = Fix("The binary form (DER) was made text.", "")
_LABEL_OTHER = Fix("The first line named another kind of key than the one below it.")
_TAIL = Fix("What stood behind the key's own end was left out.")
_FROM_JSON = Fix("The private_key of the JSON was taken.")

_PUBLIC_TEXT = re.compile(
    r"^[ \t]{0,80}(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w{1,20}|sk-[\w@.-]{1,60})[ \t]{1,10}AAAA", re.MULTILINE
)
_PUTTY = re.compile(r"PuTTY-User-Key-File-\d:\s*(ssh-rsa|ssh-dss|ssh-ed25519|ssh-ed448|ecdsa-sha2-\w+)?")
_PUTTY_ALGORITHMS = {"ssh-rsa": "RSA", "ssh-dss": "DSA", "ssh-ed25519": "Ed25519", "ssh-ed448": "Ed448"}
_PATH = re.compile(r"(?:[~./]|[A-Za-z]:\\)[^\n]{1,300}|[^\n/]{1,200}\.(?:pem|key|p8|p12|pfx|ppk|der|json)")
_ASSIGNED = re.compile(r"^\s*(?:export\s+|set\s+)?[\"']?[A-Za-z_][\w.-]{0,80}[\"']?\s*[:=]\s*")
_EXPECTED = {
    Kind.PKCS8: "PRIVATE KEY",
    Kind.ENCRYPTED_PKCS8: "ENCRYPTED PRIVATE KEY",
    Kind.PKCS1: "RSA PRIVATE KEY",
    Kind.SEC1: "EC PRIVATE KEY",
    Kind.DSA: "DSA PRIVATE KEY",
}
_PRIVATE = {*_EXPECTED, Kind.LEGACY_ENCRYPTED, Kind.OPENSSH, Kind.ENCRYPTED_OPENSSH}
_BY_LABEL = {"DSA": "DSA", "EC": "EC", "RSA": "RSA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a text is. `content` is the key's own bytes, `lock` the cipher and vector of a legacy encrypted key.

    `expected` and `held` are bytes, where a key is cut off; `label` that of its first line, "" where it had none.
    """

    kind: Kind
    content: bytes = field(default=b"", repr=False)
    algorithm: str = ""
    label: str = ""
    lock: tuple[str, str] | None = None
    fixes: tuple[Fix, ...] = ()
    is_binary: bool = False
    is_json: bool = False
    expected: int = 0
    count: int = 1
    rounds: int = 0


def recognise(material: bytes | str) -> Recognised:
    """Say what a text or a file's content is. Never raises."""
    if len(material) > MOST_BYTES:
        return Recognised(kind=Kind.UNKNOWN)
    if isinstance(material, bytes) and _is_binary(material):
        return _of_content(Block(label="", content=material), binary=True)
    text, fixes = decoded(material) if isinstance(material, bytes) else (material, ())
    return _plus(_of_text(text, _DEEPEST), fixes)


def _of_text(text: str, depth: int) -> Recognised:
    if text.lstrip("\ufeff \t\r\n").startswith("{") and (found := _of_json(text, depth)):
        return found
    plain, fixes = fixed_text(text)
    if not plain.strip():
        return Recognised(kind=Kind.EMPTY)
    return _plus(_of_plain(plain, depth), fixes)


def _of_plain(text: str, depth: int) -> Recognised:
    putty = _PUTTY.search(text)
    if putty:
        return Recognised(kind=Kind.PUTTY, algorithm=_PUTTY_ALGORITHMS.get(putty[1] or "", "EC" if putty[1] else ""))
    if MARKERS.search(text):
        return _of_blocks(blocks_of(text))
    if _PUBLIC_TEXT.search(text):
        return Recognised(kind=Kind.PUBLIC_KEY, label="ssh")
    return _of_base64(text, depth)


def _of_json(text: str, depth: int) -> Recognised | None:
    """Take the private key out of a JSON document; None where it is no JSON, or holds no key."""
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not depth:
        return None
    if isinstance(document.get("private_key"), str):
        inner = _of_text(document["private_key"], depth - 1)
        return replace(_plus(inner, (_FROM_JSON,)), is_json=True)
    for value in document.values():
        if isinstance(value, str) and "BEGIN" in value:
            return _plus(_of_text(value, depth - 1), (AROUND,))
    return None


def _of_base64(text: str, depth: int) -> Recognised:
    """Look at a text without a first or last line: base64 of a key's text, or of the key itself."""
    for candidate, fixes in ((text, ()), (_ASSIGNED.sub("", text, count=1), (AROUND,))):
        body = "".join(candidate.split()).strip("\"'`,;")
        if len(body) < 40 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", body):
            continue
        content = bytes_of_base64(body)
        if MARKERS.search(inner := decoded(content)[0]) and depth:
            return _plus(_of_text(inner, depth - 1), (*fixes, _BASE64))
        if declared_size(content) or content.startswith(MAGIC):
            return _plus(_of_content(Block(label="", content=content)), (*fixes, _FRAME_MISSING))
    return Recognised(kind=Kind.UNKNOWN, label="path" if _PATH.fullmatch(text.strip()) else "")


def _of_blocks(blocks: tuple[Block, ...]) -> Recognised:
    """Choose the private key among what a text holds."""
    found = [_of_content(block) for block in blocks if not block.label.endswith("PARAMETERS")]
    if not found:
        return Recognised(kind=Kind.UNKNOWN)
    private = [each for each in found if each.kind in _PRIVATE]
    if not private:
        broken = [each for each in found if "PRIVATE" in each.label]
        return (broken or found)[0]
    different = {each.content for each in private}
    if len(different) > 1:
        return Recognised(kind=Kind.SEVERAL, count=len(different))
    beside = (_SAME_TWICE,) if len(private) > 1 else (_OTHERS,) if len(found) > 1 else ()
    return _plus(private[0], beside)


def _of_content(block: Block, *, binary: bool = False) -> Recognised:
    """Say what a block is by its content, and by its label where the content is locked."""
    content, label = block.content, block.label
    base = Recognised(
        kind=Kind.UNKNOWN,
        label=label,
        fixes=(*block.fixes, *((_BINARY,) if binary and not _is_pkcs12(content) else ())),
        is_binary=binary,
    )
    if label.startswith("PGP"):
        return replace(base, kind=Kind.PGP)
    if label == "SSH2 PUBLIC KEY":
        return replace(base, kind=Kind.PUBLIC_KEY)
    if block.lock:
        algorithm = _BY_LABEL.get(label.partition(" ")[0], "")
        return replace(base, kind=Kind.LEGACY_ENCRYPTED, content=content, lock=block.lock, algorithm=algorithm)
    if content.startswith(MAGIC):
        return _of_openssh(base, content)
    return _of_der(base, content)


def _of_openssh(base: Recognised, content: bytes) -> Recognised:
    known = read_openssh(content)
    if known is None:
        return replace(base, kind=Kind.TRUNCATED)
    kind = Kind.ENCRYPTED_OPENSSH if known.encrypted else Kind.OPENSSH
    tail = (_TAIL,) if len(content) > known.size else ()
    found = replace(base, kind=kind, content=content[: known.size], algorithm=known.algorithm, rounds=known.rounds)
    return _plus(found, (), tail)


def _of_der(base: Recognised, content: bytes) -> Recognised:
    size = declared_size(content)
    if size is None:
        is_cut = "PRIVATE" in base.label and len(content) < 64
        return replace(base, kind=Kind.TRUNCATED) if is_cut else base
    if size > len(content):
        return replace(base, kind=Kind.TRUNCATED, expected=size, content=content)
    shape = shape_of(content[:size])
    if shape is None or (size > _MOST_KEY_BYTES and shape.kind in _PRIVATE):
        return base
    other = base.label not in {"", "ANY PRIVATE KEY"} and base.label != _EXPECTED.get(shape.kind, base.label)
    after = (*((_LABEL_OTHER,) if other else ()), *((_TAIL,) if len(content) > size else ()))
    found = replace(base, kind=shape.kind, content=content[:size], algorithm=shape.algorithm)
    return _plus(found, (), after)


def _is_binary(material: bytes) -> bool:
    """Return whether bytes are DER and no text: a sequence whose length needs more than one byte, or fits exactly."""
    size = declared_size(material)
    return size is not None and (0x81 <= material[1] <= 0x84 or size == len(material))


def _is_pkcs12(content: bytes) -> bool:
    shape = shape_of(content)
    return shape is not None and shape.kind is Kind.PKCS12


def _plus(found: Recognised, before: tuple[Fix, ...], after: tuple[Fix, ...] = ()) -> Recognised:
    fixes = dict.fromkeys((*before, *found.fixes, *after))  # each once, in order
    return replace(found, fixes=tuple(fixes))
