"""Finds `{{last_sync_time}}`, and everything that only looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from core.model import Finding, Fix, Severity
from core.query.place import finding, fix
from core.scan import Piece, PieceKind

__all__ = ["NAME", "PLACEHOLDER", "Placeholders", "find"]

MOST = 1_000
"""A query has a few placeholders; how those of one condition hang together takes time that grows with their square."""

NAME = "last_sync_time"
PLACEHOLDER = "{{" + NAME + "}}"

_REAL = re.compile(r"\{\{[ \t]*" + NAME + r"[ \t]*\}\}")
_LIKE = re.compile(
    r"\{\{(?P<double>[^{}\n]*)\}\}"
    r"|\{%(?P<block>[^\n]*?)%\}"
    r"|\$\{(?P<dollar>[^{}\n]*)\}"
    r"|\{[ \t]*(?P<single>[A-Za-z_][A-Za-z0-9_]*)[ \t]*\}"
    r"|(?P<open>\{\{|\{%|\{\#|\$\{)"
)
_GLUE = re.compile(r"[\w$@#.'\"`{}]")


_MOST_TOLD = 100
"""Of so many that only look like one is told; of a text that is full of them the rest says nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """The spans of the real placeholders, those of what only looks like one, and what was found about the latter.

    `too_many` says that there are more of both than are looked at; the others are then left out.
    """

    spans: tuple[tuple[int, int], ...]
    others: tuple[tuple[int, int], ...]
    findings: tuple[Finding, ...]
    too_many: Finding | None = None


def find(text: str, pieces: tuple[Piece, ...]) -> Placeholders:
    """Find the placeholders of a text that was cut into pieces."""
    spans: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    findings: list[Finding] = []
    for piece in pieces:
        if piece.kind is not PieceKind.CODE:
            findings += _in_text(text, piece)
            continue
        for match in _LIKE.finditer(text, piece.start, piece.end):
            if not _REAL.fullmatch(match.group()):
                others.append(match.span())
                findings += [_unknown(text, match)] if len(others) <= _MOST_TOLD else []
            elif glue := _glued(text, match):
                findings.append(glue)
                others.append(match.span())
            else:
                spans.append(match.span())
            if len(spans) + len(others) > MOST:
                message = f"The query has more than {MOST:,} placeholders; a text with so many is not read."
                too_many = finding(text, "query-too-complex", message, match.start(), match.end())
                return Placeholders(spans=(), others=(), findings=(), too_many=too_many)
    return Placeholders(spans=tuple(spans), others=tuple(others), findings=tuple(findings))


def _glued(text: str, match: re.Match[str]) -> Finding | None:
    """Refuse what would join the value to its neighbour: `table_{{last_sync_time}}` names another table each time."""
    before, after = text[max(match.start() - 1, 0) : match.start()], text[match.end() : match.end() + 1]
    if not (_GLUE.match(before) or _GLUE.match(after)):
        return None
    message = f"{PLACEHOLDER} is a number of its own and cannot be joined to what stands beside it."
    return finding(text, "unknown-placeholder", message, match.start(), match.end())


def _unknown(text: str, match: re.Match[str]) -> Finding:
    if match.group("open"):
        message = f"{match.group()!r} opens a placeholder that is not closed on its line; there is one: {PLACEHOLDER}."
        return finding(text, "unknown-placeholder", message, match.start(), match.end())
    name = next(group for group in match.groups() if group is not None).strip()
    close = bool(get_close_matches(name.lower(), [NAME, "last_time_sync"], n=1, cutoff=0.75))
    hint = f" Did you mean {PLACEHOLDER}?" if close else f" The only one is {PLACEHOLDER}."
    suggested = fix(f"write {PLACEHOLDER}", match.start(), match.end(), PLACEHOLDER) if close else None
    message = f"There is no placeholder {match.group()}.{hint}"
    return finding(text, "unknown-placeholder", message, match.start(), match.end(), fix=suggested)


def _in_text(text: str, piece: Piece) -> Iterator[Finding]:
    """Find placeholders that stand where no value is put in: strings, quoted identifiers, comments."""
    comment = piece.kind is PieceKind.COMMENT
    for match in _REAL.finditer(text, piece.start, piece.end):
        what = "left as it is" if comment else "not replaced by a value"
        message = f"{PLACEHOLDER} inside a {piece.kind.value} is {what}."
        yield finding(
            text,
            "placeholder-in-text",
            message,
            match.start(),
            match.end(),
            severity=Severity.WARNING if comment else Severity.ERROR,
            fix=_unquoted(text, piece, match),
        )


def _unquoted(text: str, piece: Piece, match: re.Match[str]) -> Fix | None:
    """Offer to take the quotes away, only where they hold nothing else and nothing is joined to them."""
    if piece.kind is PieceKind.COMMENT or text[piece.start + 1 : piece.end - 1].strip() != match.group():
        return None
    if _GLUE.match(text[max(piece.start - 1, 0) : piece.start]) or _GLUE.match(text[piece.end : piece.end + 1]):
        return None
    return fix("take the quotes away", piece.start, piece.end, match.group())
