"""Finds the keys that stand in a text, whole or not: first line, base64, last line (RFC 7468), and fixes their frame."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from core.keys.text import AROUND, MARKERS, Fix

__all__ = ["Block", "blocks_of", "bytes_of_base64", "framed"]

_LINE = 64
_LONGEST_LINE = 76
_FOOTER_MISSING = Fix("The last line was missing and was added.")
_HEADER_MISSING = Fix("The first line was missing and was added.")
_FOOTER_OTHER = Fix("The last line named another kind of key than the first; it was made to match.")
_DASHES_MISSING = Fix("The dashes around BEGIN and END were fixed.")
_WRAPPED = Fix("Its lines were rewrapped.")
_FOREIGN = Fix("Characters that are not part of a key (quotes, punctuation) were removed.")
_SPACE_INSIDE = re.compile(r"[A-Za-z0-9+/=] [A-Za-z0-9+/=]")
_LOCK = re.compile(r"Proc-Type:\s*4,\s*ENCRYPTED\s+DEK-Info:\s*([A-Z0-9-]{3,20}),\s*([0-9A-Fa-f]{8,64})")
_BROKEN_FRAME = re.compile(r"^.{0,50}--.{0,50}$", re.MULTILINE)
_DASHES = re.compile(r"-{2,60}(?:BEGIN|END)?[A-Z ]{0,40}$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: .*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One key, certificate or the like that a text holds. `label` is that of its first line, else of its last.

    `lock` holds the cipher and the vector of a legacy encrypted key, as its `DEK-Info` line says them. `whole` says that
    both the first and the last line were there.
    """

    label: str
    content: bytes = field(repr=False)
    fixes: tuple[Fix, ...] = ()
    lock: tuple[str, str] | None = None
    whole: bool = True


def blocks_of(text: str) -> tuple[Block, ...]:
    """Return all that stands between first and last lines of a text; a missing first or last line is made up for."""
    marks = list(MARKERS.finditer(text))
    found = []
    for index, mark in enumerate(marks):
        following = marks[index + 1] if index + 1 < len(marks) else None
        previous = marks[index - 1] if index else None
        if mark[1] == "BEGIN":
            end = following.start() if following else len(text)
            last = following if following and following[1] == "END" else None
            found.append(_block(text[mark.end() : end], mark, last))
        elif previous is None or previous[1] == "END":
            found.append(_block(text[previous.end() if previous else 0 : mark.start()], None, mark))
    around = _has_more(text, marks)
    return tuple(_with(block, AROUND) if around else block for block in found)


def framed(label: str, content: bytes, lock: tuple[str, str] | None = None, *, line: int = _LINE) -> bytes:
    """Write PEM as libraries read it."""
    body = base64.b64encode(content).decode()
    lines = [body[start : start + line] for start in range(0, len(body), line)]
    head = ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: {lock[0]},{lock[1]}", ""] if lock else []
    return "\n".join([f"-----BEGIN {label}-----", *head, *lines, f"-----END {label}-----", ""]).encode()


def bytes_of_base64(text: str) -> bytes:
    """Decode base64, with what does not belong to it left out, and without the last characters of one that is cut off."""
    body = re.sub(r"[^A-Za-z0-9+/]", "", text)
    if len(body) % 4 == 1:
        body = body[:-1]
    return base64.b64decode(body + "=" * (-len(body) % 4))


def _block(body: str, first: re.Match[str] | None, last: re.Match[str] | None) -> Block:
    lock = _LOCK.search(body)
    if lock:
        body = body[: lock.start()] + body[lock.end() :]
    body = _ATTRIBUTE.sub("", body)
    if first is None or last is None:
        body = _DASHES.sub("", _BROKEN_FRAME.sub("", body))
    fixes = [
        (_HEADER_MISSING, first is None),
        (_FOOTER_MISSING, last is None),
        (_FOOTER_OTHER, bool(first and last and _label(first) != _label(last))),
        (_DASHES_MISSING, any(mark and not _five_dashes(mark[0]) for mark in (first, last))),
        (_WRAPPED, any(len(line) > _LONGEST_LINE for line in body.split("\n")) or bool(_SPACE_INSIDE.search(body))),
        (_FOREIGN, bool(re.search(r"[^A-Za-z0-9+/=\s]", body))),
    ]
    mark = first or last
    return Block(
        label=_label(mark) if mark else "",
        content=bytes_of_base64(body),
        fixes=tuple(fix for fix, is_so in fixes if is_so),
        lock=(lock[1], lock[2]) if lock else None,
        whole=first is not None and last is not None,
    )


def _with(block: Block, fix: Fix) -> Block:
    return Block(
        label=block.label, content=block.content, fixes=(fix, *block.fixes), lock=block.lock, whole=block.whole
    )


def _label(mark: re.Match[str]) -> str:
    return " ".join(mark[2].split())


def _five_dashes(mark: str) -> bool:
    return mark.startswith("-----B") | mark.startswith("-----E") and bool(re.search(r"\w-----$", mark))


def _has_more(text: str, marks: list[re.Match[str]]) -> bool:
    """Return whether something stands before the first line or after the last one."""
    if not marks:
        return False
    before = text[: marks[0].start()] if marks[0][1] == "BEGIN" else ""
    after = text[marks[-1].end() :] if marks[-1][1] == "END" else ""
    return bool(before.strip() or after.strip())
