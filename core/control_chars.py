r"""Makes text from outside harmless before it is drawn, copied or logged. The one sanitiser, for commands and console.

Control characters, escape sequences, C1 codes, bidirectional marks and what nobody can see become visible escapes
(`\x1b`, `\u202e`, `\U000e0041`): a cell of a warehouse or a reply of an API can neither move the cursor, write the clipboard, nor turn a
line around, look like another, or carry words that only a program reads. What is not seen by itself stays where it shapes what is beside it:
joiners (U+200C, U+200D) behind letters of the scripts that join, and emoji; one variation selector behind an emoji, a Han character or a
Mongolian letter; the tags of the three flags that are made of them.
"""

from __future__ import annotations

import re

__all__ = ["encodable", "escape_control_chars"]

_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"
_EMOJI = "\u2190-\u21ff\u2300-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINS = re.compile(
    f"[\u0600-\u08ff\u0900-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff{_EMOJI}]"
)
"""What a joiner may stand behind: letters of Arabic and its kin, of India and of its neighbours, and emoji."""

_BASES = (
    (re.compile("[\ufe0e\ufe0f]"), re.compile(f"[#*0-9\xa9\xae\u203c\u2049\u2122\u2139{_EMOJI}]")),
    (
        re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]"),
        re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    ),
    (re.compile("[\u180b-\u180d\u180f]"), re.compile("[\u1820-\u18aa]")),
)
"""Variation selectors, and what they may stand behind."""

_FLAG = "\U0001f3f4"
_FLAGS = tuple(
    "".join((_FLAG, *(chr(0xE0000 + ord(letter)) for letter in country), "\U000e007f"))
    for country in ("gbeng", "gbsct", "gbwls")
)
_LINE_BREAKS = re.compile("[\t\n]")


def escape_control_chars(text: object, *, most: int | None = None, lines: bool = False) -> str:
    """Return `text` without anything that a terminal would obey; at most `most` characters, the last an ellipsis where it is cut.

    Tabs and line breaks become visible too, unless `lines` says that they are wanted.
    """
    whole = str(text)
    plain = _SUSPECT.sub(_visible, whole if most is None else whole[: most + 1])
    if not lines:
        plain = _LINE_BREAKS.sub(lambda found: {"\t": "\\t", "\n": "\\n"}[found[0]], plain)
    return plain if most is None or len(plain) <= most else plain[: max(most - 1, 0)] + "…"


def encodable(text: str) -> str:
    r"""Return a text that every file, database and terminal takes: lone surrogates become visible escapes (`\ud83d`).

    JSON can hold them (what cutting a string in JavaScript yields), and so can the names of files; UTF-8 cannot.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(found: re.Match[str]) -> str:
    if _stays(found.string, found.start()):
        return found[0]
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _stays(text: str, at: int) -> bool:
    """Return whether a character that is not seen shapes what is before it, as it is meant to."""
    this, before = text[at], text[at - 1 : at]
    if this in _JOINERS:
        return bool(_JOINS.match(before)) or (before == "\ufe0f" and _stays(text, at - 1))
    if "\U000e0020" <= this <= "\U000e007f":
        start = text.rfind(_FLAG, max(0, at - 6), at)
        return start >= 0 and text.startswith(_FLAGS, start) and not text.startswith(_FLAG, at)
    return any(selectors.match(this) and bases.match(before) for selectors, bases in _BASES)
